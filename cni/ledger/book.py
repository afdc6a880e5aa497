"""The only writer of journals: every amount in the books gets there through `post`.

PostgreSQL checks all of it again on commit (migration 0005); what is refused here is refused in words.
Locks are always taken in the same order (a month, then the end of the chain), so that writers wait but never deadlock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or_keep
from sqlalchemy.orm import Session, selectinload

from cni.ledger.chart import heading_of
from cni.ledger.entries import JournalDraft, Posting, reversal
from cni.ledger.models import Account, JournalRow, JournalSeal, LedgerPeriod, NumberSeries, PostingRow
from cni.members.models import Member
from cni.primitives.errors import Conflict
from cni.primitives.period import Month, in_words

CHAIN_LOCK = 2_041_977
"""The lock that the seal's trigger takes too: a chain has one end."""
MONTH_LOCK = 2_041_978


class PeriodIsClosed(Conflict):
    """The month is closed: nothing more is posted in it."""

    code = "period_closed"
    title = "The month is closed"


class AlreadyReversed(Conflict):
    """A journal is taken back once."""

    code = "already_reversed"
    title = "Already reversed"


class KeyTaken(Conflict):
    """Something else was posted under this key."""

    code = "key_taken"
    title = "Already posted differently"


def lock_month(session: Session, month: Month) -> None:
    """Let one transaction at a time approve, issue or close a month; call it before reading what it decides on."""
    session.execute(select(func.pg_advisory_xact_lock(MONTH_LOCK, month.year * 12 + month.number)))


def lock_chain(session: Session) -> None:
    """Let one transaction at a time extend the chain, until it ends."""
    session.execute(select(func.pg_advisory_xact_lock(CHAIN_LOCK)))


def ensure_period(session: Session, month: Month) -> LedgerPeriod:
    """Return a month of the books, opened if it is new."""
    days = month.period
    new = insert_or_keep(LedgerPeriod).values(starts_on=days.start, ends_on=days.end)
    session.execute(new.on_conflict_do_nothing())
    return session.scalars(select(LedgerPeriod).where(LedgerPeriod.starts_on == days.start)).one()


def ensure_accounts(session: Session, codes: Iterable[str]) -> dict[str, int]:
    """Return the accounts' numbers by code; those that are not there yet are opened."""
    wanted = sorted(set(codes))
    slugs = {code.partition(":")[2] for code in wanted} - {""}
    members = dict(session.execute(select(Member.slug, Member.id).where(Member.slug.in_(slugs))).all())
    rows = [_account(code, members) for code in wanted]
    if rows:
        session.execute(insert_or_keep(Account).on_conflict_do_nothing(), rows)
    found = select(Account.code, Account.id).where(Account.code.in_(wanted))
    return dict(session.execute(found).all())


def post(session: Session, draft: JournalDraft, *, actor_id: int | None, at: datetime) -> JournalRow:
    """Write and seal a journal; the same draft again gives the journal that is there.

    Raises:
        PeriodIsClosed: it is dated in a closed month.
        KeyTaken: its key stands for something else.
    """
    lock_chain(session)
    existing = _posted(session, draft)
    if existing is not None:
        return existing
    period = _open_period(session, draft.effective_on)
    accounts = ensure_accounts(session, (posting.account for posting in draft.postings))
    journal = JournalRow(
        kind=draft.kind.value,
        period_id=period.id,
        effective_on=draft.effective_on,
        recorded_at=at,
        actor_id=actor_id,
        memo=draft.memo,
        key=draft.key,
        reverses_id=draft.reverses_id,
    )
    session.add(journal)
    session.flush()
    rows = [
        {
            "journal_id": journal.id,
            "position": position,
            "account_id": accounts[posting.account],
            "amount_pence": posting.amount_pence,
        }
        for position, posting in enumerate(draft.postings, start=1)
    ]
    session.execute(insert(PostingRow), rows)
    session.execute(insert(JournalSeal), [{"journal_id": journal.id}])
    return journal


def reverse(
    session: Session, journal: JournalRow, *, on: date, reason: str, actor_id: int | None, at: datetime
) -> JournalRow:
    """Take a journal back by one that mirrors it, dated `on`; asked again for the same reason, return that one.

    Raises:
        AlreadyReversed: it has been taken back on another day or for another reason.
        PeriodIsClosed: `on` lies in a closed month.
    """
    draft = reversal(journal.id, postings_of_journal(session, journal.id), on=on, reason=reason)
    try:
        return post(session, draft, actor_id=actor_id, at=at)
    except KeyTaken as error:
        raise AlreadyReversed("This journal has been reversed already; a reversal happens once.") from error


def close_period(session: Session, month: Month, *, actor_id: int, at: datetime) -> bool:
    """Close a month for good; return whether it was open. Whoever is posting in it is waited for, then shut out."""
    period = ensure_period(session, month)
    session.refresh(period, with_for_update=True)
    if period.closed_at is not None:
        return False
    period.closed_at, period.closed_by_id = at, actor_id
    session.flush()
    return True


def take_number(session: Session, series: str) -> str:
    """Return the next number of a series, such as `INV-000042`. It is given back if the transaction fails: no gaps.

    Source: VAT Regulations 1995 reg. 14(1)(a): sequential numbers that identify the document.
    """
    first = insert_or_keep(NumberSeries).values(name=series, next_number=2)
    taken = first.on_conflict_do_update(
        index_elements=[NumberSeries.name], set_={"next_number": NumberSeries.next_number + 1}
    ).returning(NumberSeries.next_number - 1)
    return f"{series}-{session.scalar(taken):06d}"


def postings_of_journal(session: Session, journal_id: int) -> Sequence[Posting]:
    """Return a journal's postings in their order."""
    rows = session.execute(
        select(Account.code, PostingRow.amount_pence)
        .join(PostingRow.account)
        .where(PostingRow.journal_id == journal_id)
        .order_by(PostingRow.position)
    )
    return [Posting(code, pence) for code, pence in rows]


def _posted(session: Session, draft: JournalDraft) -> JournalRow | None:
    """Return the journal of this key, if there is one, which must then be this very draft."""
    found = session.scalars(
        select(JournalRow)
        .where(JournalRow.key == draft.key)
        .options(selectinload(JournalRow.postings).joinedload(PostingRow.account))
    ).one_or_none()
    if found is None:
        return None
    postings = tuple(Posting(row.account.code, row.amount_pence) for row in found.postings)
    same = (found.kind, found.effective_on, found.memo, found.reverses_id, postings)
    if same != (draft.kind, draft.effective_on, draft.memo, draft.reverses_id, draft.postings):
        raise KeyTaken(f"Something else is already posted as {draft.key}.")
    return found


def _open_period(session: Session, on: date) -> LedgerPeriod:
    period = ensure_period(session, Month.of(on))
    session.refresh(period, with_for_update={"read": True})
    if period.closed_at is not None:
        raise PeriodIsClosed(f"{in_words(on)} lies in a month that is closed; correct it in an open one.")
    return period


def _account(code: str, members: dict[str, int]) -> dict[str, object]:
    heading, slug = heading_of(code), code.partition(":")[2]
    name = f"{heading.name}: {slug}" if slug else heading.name
    return {"code": code, "name": name, "kind": heading.kind, "member_id": members[slug] if slug else None}
