"""Read and look after the books: balances, journals, months; reverse a journal, close a month, verify, export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from cni.events.kinds import JournalReversed, PeriodClosed
from cni.events.record import record
from cni.ledger import book, exports, queries, verification
from cni.ledger.chain import Verification
from cni.ledger.checks import Check
from cni.ledger.entries import JournalKind
from cni.ledger.exports import ExportedJournal
from cni.ledger.queries import Balance, DocumentRow, JournalRow, LedgerPeriod
from cni.members.policy import Actor, Permission, require
from cni.operations import settling
from cni.operations.settling import SettlementState
from cni.primitives.errors import Conflict, Forbidden, Invalid, NotFound, Problem
from cni.primitives.paging import FIRST_PAGE, Page, PageRequest
from cni.primitives.period import Month, in_words


class DocumentStands(Conflict):
    """A document stands on this journal; it would be left without its posting."""

    code = "document_stands"
    title = "A document stands on this journal"


class SettlementStands(Conflict):
    """A month is settled once: its journal is never taken back."""

    code = "settlement_stands"
    title = "A settlement is not taken back"


class MonthNotSettled(Conflict):
    """The month cannot be closed before its settlement is issued."""

    code = "month_not_settled"
    title = "The month is not settled"


@dataclass(frozen=True, slots=True)
class JournalView:
    """A journal with what it takes back, what took it back, and the documents that stand on it."""

    journal: JournalRow
    actor_name: str | None
    reverses: JournalRow | None
    reversed_by: JournalRow | None
    documents: Sequence[DocumentRow]

    @property
    def can_be_reversed(self) -> bool:
        """Tell whether it may be taken back."""
        return self.reversed_by is None and not self.documents and self.journal.kind != JournalKind.SETTLEMENT


@dataclass(frozen=True, slots=True)
class BooksReport:
    """What came of reading all the books back: the chain of seals, and the sums against charge lines and documents."""

    chain: Verification
    checks: Sequence[Check]

    @property
    def holds(self) -> bool:
        """Tell whether nothing is wrong."""
        return self.chain.first_wrong is None and all(check.holds for check in self.checks)


def trial_balance(session: Session, actor: Actor, *, on: date) -> list[Balance]:
    """Return what each account comes to at the end of a day, by code; they sum to zero.

    Permission: ledger:read.
    """
    require(actor, Permission.LEDGER_READ)
    return queries.balances(session, on)


def list_journals(
    session: Session, actor: Actor, page: PageRequest = FIRST_PAGE, *, month: Month | None = None
) -> Page[JournalRow]:
    """Return a page of journals, the latest first: of a month of the books, or of all.

    Permission: ledger:read.
    """
    require(actor, Permission.LEDGER_READ)
    return queries.journals(session, page, month=month)


def find_journal(session: Session, actor: Actor, number: int) -> JournalView:
    """Return a journal by its number in the chain.

    Permission: ledger:read.
    Raises:
        NotFound: there is none of that number.
    """
    require(actor, Permission.LEDGER_READ)
    journal = queries.journal(session, number)
    if journal is None:
        raise NotFound(f"There is no journal {number}.")
    return JournalView(
        journal=journal,
        actor_name=queries.people_names(session, {journal.actor_id}).get(journal.actor_id or 0),
        reverses=queries.journal_by_id(session, journal.reverses_id) if journal.reverses_id else None,
        reversed_by=queries.reversal_of(session, journal.id),
        documents=queries.documents_of_journal(session, journal.id),
    )


def list_periods(session: Session, actor: Actor) -> Sequence[LedgerPeriod]:
    """Return the months of the books, newest first.

    Permission: ledger:read.
    """
    require(actor, Permission.LEDGER_READ)
    return queries.periods(session)


def verify_books(session: Session, actor: Actor) -> BooksReport:
    """Read all the books back and return what is right and what is not.

    Permission: ledger:read.
    """
    require(actor, Permission.LEDGER_READ)
    return BooksReport(verification.verify_chain(session), verification.check_sums(session))


def export_books(session: Session, actor: Actor, form: str) -> str:
    """Return all journals as text, in one of `exports.FORMATS`.

    Permission: ledger:read.
    Raises:
        Invalid: there is no such format.
    """
    require(actor, Permission.LEDGER_READ)
    if form not in exports.FORMATS:
        remedy = f"Choose one of {', '.join(exports.FORMATS)}."
        raise Invalid.from_problems([Problem("unknown_format", f"There is no format “{form}”.", remedy, "format")])
    journals = [
        ExportedJournal(
            number=journal.seal.chain_number,
            effective_on=journal.effective_on,
            kind=journal.kind,
            memo=journal.memo,
            hash=journal.seal.hash,
            postings=[(posting.account.code, posting.amount_pence) for posting in journal.postings],
        )
        for journal in queries.all_journals(session)
    ]
    return exports.FORMATS[form](journals)


def reverse_journal(
    session: Session, actor: Actor, number: int, reason: str, *, at: datetime, today: date
) -> JournalView:
    """Take a journal back by one that mirrors it, dated today, the reason as its memo; asked again, change nothing.

    Permission: ledger:reverse. Event: JournalReversed.
    Raises:
        NotFound: there is none of that number.
        Invalid: no reason is given.
        SettlementStands: it is a month's settlement.
        DocumentStands: an issued document stands on it.
        AlreadyReversed: it has been taken back before.
    """
    require(actor, Permission.LEDGER_REVERSE)
    if not reason.strip():
        remedy = "Say in a sentence why it was wrong."
        raise Invalid.from_problems([Problem("missing", "The reason is missing.", remedy, "reason")])
    book.lock_chain(session)
    view = find_journal(session, actor, number)
    if view.journal.kind == JournalKind.SETTLEMENT:
        raise SettlementStands("A month is settled once. It is corrected by the difference, in an open month.")
    if view.documents:
        numbers = ", ".join(document.number for document in view.documents)
        raise DocumentStands(f"{numbers} stands on this journal. An issued document is corrected by another document.")
    reversal = book.reverse(session, view.journal, on=today, reason=reason.strip(), actor_id=actor.person_id, at=at)
    if view.reversed_by is None:
        record(session, actor, JournalReversed(subject=f"journal {number}", reason=reason.strip()), at=at)
    session.refresh(reversal, ["seal"])
    return find_journal(session, actor, reversal.seal.chain_number)


def close_month(session: Session, actor: Actor, month: Month, *, at: datetime, today: date) -> LedgerPeriod:
    """Close a month of the books for good. Closing it again changes nothing.

    Permission: ledger:close. Event: PeriodClosed.
    Raises:
        MonthNotOver: there are days to come.
        MonthNotSettled: its settlement is not issued.
    """
    require(actor, Permission.LEDGER_CLOSE)
    if actor.person_id is None:
        raise Forbidden("A month is closed by a person, not by the server: say who, with --as.")
    if today < month.period.end:
        raise settling.MonthNotOver(f"{month} is over on {in_words(month.period.end)}; it can be closed from then on.")
    book.lock_month(session, month)
    run = queries.run_of(session, month)
    if settling.state_of(month, run, today) is not SettlementState.ISSUED:
        raise MonthNotSettled(f"The settlement of {month} is not issued; nothing could be posted in it any more.")
    if book.close_period(session, month, actor_id=actor.person_id, at=at):
        record(session, actor, PeriodClosed(subject=str(month)), at=at)
    period = queries.period(session, month)
    assert period is not None  # close_period opens it if it was not there
    return period
