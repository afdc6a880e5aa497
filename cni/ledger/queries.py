"""What the books say: balances, journals, settlements, documents. Nothing here writes, or says who may read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from cni.db.paging import read_page
from cni.ledger.chart import AccountKind
from cni.ledger.lines import SettledLine
from cni.ledger.models import (
    Account,
    ChargeLineRow,
    DocumentRow,
    JournalRow,
    JournalSeal,
    LedgerPeriod,
    PostingRow,
    SettlementRunRow,
)
from cni.ledger.parties import Party
from cni.members.models import Cooperative, Member, Person
from cni.primitives.paging import Page, PageRequest
from cni.primitives.period import Month, Period


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account comes to on a day: a debit is positive, a credit negative."""

    code: str
    name: str
    kind: AccountKind
    amount_pence: int

    @property
    def debit_pence(self) -> int | None:
        """The amount, where it is a debit."""
        return self.amount_pence if self.amount_pence >= 0 else None

    @property
    def credit_pence(self) -> int | None:
        """The amount without its sign, where it is a credit."""
        return -self.amount_pence if self.amount_pence < 0 else None


@dataclass(frozen=True, slots=True)
class RunView:
    """How far a month's settlement has come, and by whom."""

    run: SettlementRunRow
    month: Month
    approved_by: str
    issued_by: str | None


def coop(session: Session) -> Party | None:
    """Return the co-op as its documents name it, or None where it was never entered."""
    row = session.scalars(select(Cooperative)).one_or_none()
    if row is None:
        return None
    return Party(
        slug="",
        name=row.name,
        address=row.address,
        postcode=row.postcode,
        vat_number=row.vat_number,
        registered_number=row.registered_number,
        sort_code=row.sort_code,
        account_number=row.account_number,
    )


def parties(session: Session) -> dict[str, Party]:
    """Return every member as its documents name it, by slug."""
    return {row.slug: _party(row) for row in session.scalars(select(Member))}


def run_of(session: Session, month: Month) -> RunView | None:
    """Return a month's settlement run, or None where nobody has approved it yet."""
    found = _run_views(session, _runs().where(LedgerPeriod.starts_on == month.period.start))
    return found[0] if found else None


def runs(session: Session) -> list[RunView]:
    """Return all settlement runs, newest month first."""
    return _run_views(session, _runs().order_by(LedgerPeriod.starts_on.desc()))


def lines_of(session: Session, run_id: int) -> tuple[SettledLine, ...]:
    """Return the charge lines of an issued run, in their order."""
    rows = session.scalars(select(ChargeLineRow).where(ChargeLineRow.run_id == run_id).order_by(ChargeLineRow.position))
    return tuple(settled_line(row) for row in rows)


def settled_line(row: ChargeLineRow) -> SettledLine:
    """Return an issued line as a value."""
    return SettledLine(**{name: getattr(row, name) for name in SettledLine.__slots__})


def charge_line(session: Session, month: Month, position: int) -> SettledLine | None:
    """Return one issued line of a month."""
    row = session.scalars(
        select(ChargeLineRow)
        .join(SettlementRunRow, SettlementRunRow.id == ChargeLineRow.run_id)
        .join(LedgerPeriod, LedgerPeriod.id == SettlementRunRow.period_id)
        .where(LedgerPeriod.starts_on == month.period.start, ChargeLineRow.position == position)
    ).one_or_none()
    return settled_line(row) if row else None


def lines_of_member(session: Session, slug: str, month: Month) -> list[tuple[int, SettledLine]]:
    """Return a month's issued lines that a member owes or earns of, each with its position, in their order."""
    rows = session.scalars(
        select(ChargeLineRow)
        .join(SettlementRunRow, SettlementRunRow.id == ChargeLineRow.run_id)
        .join(LedgerPeriod, LedgerPeriod.id == SettlementRunRow.period_id)
        .where(LedgerPeriod.starts_on == month.period.start)
        .where((ChargeLineRow.contributor == slug) | (ChargeLineRow.user == slug))
        .order_by(ChargeLineRow.position)
    )
    return [(row.position, settled_line(row)) for row in rows]


def months_of_member(session: Session, slug: str) -> list[Month]:
    """Return the issued months in which a member owes or earns, newest first."""
    rows = session.scalars(
        select(LedgerPeriod.starts_on)
        .join(SettlementRunRow, SettlementRunRow.period_id == LedgerPeriod.id)
        .join(ChargeLineRow, ChargeLineRow.run_id == SettlementRunRow.id)
        .where((ChargeLineRow.contributor == slug) | (ChargeLineRow.user == slug))
        .distinct()
        .order_by(LedgerPeriod.starts_on.desc())
    )
    return [Month.of(starts_on) for starts_on in rows]


def documents_of_run(session: Session, run_id: int) -> Sequence[DocumentRow]:
    """Return the documents issued for a run, by number."""
    return session.scalars(
        select(DocumentRow)
        .where(DocumentRow.run_id == run_id)
        .options(joinedload(DocumentRow.member))
        .order_by(DocumentRow.number)
    ).all()


def documents(session: Session, page: PageRequest, *, member_id: int | None) -> Page[DocumentRow]:
    """Return a page of documents, the latest first: a member's, or everybody's."""
    wanted = select(DocumentRow).options(joinedload(DocumentRow.member))
    if member_id is not None:
        wanted = wanted.where(DocumentRow.member_id == member_id)
    return read_page(session, wanted, DocumentRow.id, page, newest_first=True)


def documents_since(session: Session, day: date, *, member_id: int) -> int:
    """Return how many documents a member was issued on a day or later."""
    wanted = select(func.count()).where(DocumentRow.member_id == member_id, DocumentRow.issued_on >= day)
    return session.scalar(wanted.select_from(DocumentRow)) or 0


def document(session: Session, number: str) -> DocumentRow | None:
    """Return a document by its number."""
    return session.scalars(select(DocumentRow).where(func.lower(DocumentRow.number) == number.lower())).one_or_none()


def documents_of_journal(session: Session, journal_id: int) -> Sequence[DocumentRow]:
    """Return the documents that stand on a journal: its own, or those of the settlement that it posted."""
    run = aliased(SettlementRunRow)
    return session.scalars(
        select(DocumentRow)
        .outerjoin(run, run.id == DocumentRow.run_id)
        .where((DocumentRow.journal_id == journal_id) | (run.journal_id == journal_id))
    ).all()


def balances(session: Session, on: date | None = None, *, member_id: int | None = None) -> list[Balance]:
    """Return what each account comes to at the end of a day (None: of all days), by code; a member's alone if asked.

    Accounts with nothing on them are left out.
    """
    total = func.sum(PostingRow.amount_pence)
    wanted = (
        select(Account.code, Account.name, Account.kind, total)
        .join(PostingRow, PostingRow.account_id == Account.id)
        .join(JournalRow, JournalRow.id == PostingRow.journal_id)
        .group_by(Account.id)
        .having(total != 0)
        .order_by(Account.code)
    )
    if on is not None:
        wanted = wanted.where(JournalRow.effective_on <= on)
    if member_id is not None:
        wanted = wanted.where(Account.member_id == member_id)
    # PostgreSQL adds bigints up to a numeric, which arrives as a Decimal.
    return [Balance(code, name, kind, int(pence)) for code, name, kind, pence in session.execute(wanted)]


def journals(session: Session, page: PageRequest, *, month: Month | None = None) -> Page[JournalRow]:
    """Return a page of journals with their seals and postings, the latest first: of a month, or of all."""
    wanted = _journals()
    if month is not None:
        wanted = wanted.where(LedgerPeriod.starts_on == month.period.start)
    # Journals are numbered under the chain's lock, so that their numbers stand in the order of the chain.
    return read_page(session, wanted, JournalRow.id, page, newest_first=True)


def journal(session: Session, chain_number: int) -> JournalRow | None:
    """Return a journal by its number in the chain."""
    return session.scalars(_journals().where(JournalSeal.chain_number == chain_number)).one_or_none()


def reversal_of(session: Session, journal_id: int) -> JournalRow | None:
    """Return the journal that took this one back, if one did."""
    return session.scalars(_journals().where(JournalRow.reverses_id == journal_id)).one_or_none()


def journal_by_id(session: Session, journal_id: int) -> JournalRow | None:
    """Return a journal by the number that other journals refer to it by."""
    return session.scalars(_journals().where(JournalRow.id == journal_id)).one_or_none()


def all_journals(session: Session) -> Sequence[JournalRow]:
    """Return every journal with seal, period, postings and accounts, in the order of the chain."""
    return session.scalars(_journals().order_by(JournalSeal.chain_number)).all()


def periods(session: Session) -> Sequence[LedgerPeriod]:
    """Return the months of the books, newest first."""
    return session.scalars(select(LedgerPeriod).order_by(LedgerPeriod.starts_on.desc())).all()


def period(session: Session, month: Month) -> LedgerPeriod | None:
    """Return a month of the books, or None where nothing ever happened in it."""
    return session.scalars(select(LedgerPeriod).where(LedgerPeriod.starts_on == month.period.start)).one_or_none()


def people_names(session: Session, ids: set[int | None]) -> dict[int, str]:
    """Return the names of people by their number."""
    return dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(ids - {None}))).all())


def postings_by_journal(session: Session, first: int, last: int) -> dict[int, list[tuple[int, str, int]]]:
    """Return (position, account, pence) of the journals with numbers `first` to `last`, by journal, in order."""
    rows = session.execute(
        select(PostingRow.journal_id, PostingRow.position, Account.code, PostingRow.amount_pence)
        .join(Account, Account.id == PostingRow.account_id)
        .where(PostingRow.journal_id.between(first, last))
        .order_by(PostingRow.journal_id, PostingRow.position)
    )
    found: defaultdict[int, list[tuple[int, str, int]]] = defaultdict(list)
    for journal_id, position, code, pence in rows:
        found[journal_id].append((position, code, pence))
    return found


def withheld_by_month(session: Session) -> dict[Month, int]:
    """Return how many documents each issued month still lacks, months that lack none left out."""
    # A settlement's journal posts once to each member that it owes a document: far fewer rows than its charge lines.
    due = (
        select(func.count())
        .select_from(PostingRow)
        .join(PostingRow.account)
        .where(PostingRow.journal_id == SettlementRunRow.journal_id, Account.member_id.is_not(None))
        .scalar_subquery()
    )
    issued = select(func.count()).where(DocumentRow.run_id == SettlementRunRow.id).scalar_subquery()
    rows = session.execute(
        select(LedgerPeriod.starts_on, due - issued)
        .join(SettlementRunRow, SettlementRunRow.period_id == LedgerPeriod.id)
        .where(due > issued)
        .order_by(LedgerPeriod.starts_on)
    )
    return {Month.of(starts_on): count for starts_on, count in rows}


def _party(row: Member) -> Party:
    agreed = row.self_billing_from
    return Party(
        slug=row.slug,
        name=row.name,
        address=row.address,
        postcode=row.postcode,
        vat_number=row.vat_number,
        registered_number=row.company_number,
        sort_code=row.sort_code,
        account_number=row.account_number,
        self_billing=Period.open_ended(agreed, row.self_billing_to) if agreed else None,
        member_id=row.id,
    )


def _runs() -> Select[SettlementRunRow]:
    return select(SettlementRunRow).join(SettlementRunRow.period).options(joinedload(SettlementRunRow.period))


def _run_views(session: Session, wanted: Select[SettlementRunRow]) -> list[RunView]:
    # Whoever waited for the month's lock may hold rows from before: read them anew.
    found = session.scalars(wanted.execution_options(populate_existing=True)).all()
    names = people_names(session, {number for run in found for number in (run.approved_by_id, run.issued_by_id)})
    return [
        RunView(
            run=run,
            month=Month.of(run.period.starts_on),
            approved_by=names[run.approved_by_id],
            issued_by=names[run.issued_by_id] if run.issued_by_id else None,
        )
        for run in found
    ]


def _journals() -> Select[JournalRow]:
    return (
        select(JournalRow)
        .join(JournalRow.period)
        .join(JournalSeal, JournalSeal.journal_id == JournalRow.id)
        .options(
            joinedload(JournalRow.period),
            joinedload(JournalRow.seal),
            selectinload(JournalRow.postings).joinedload(PostingRow.account),
        )
    )
