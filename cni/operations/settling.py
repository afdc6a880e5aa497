"""Settle a month: preview what everyone owes and earns, approve the figures, issue them. Leases and ledger meet here.

A month's figures are approved by their digest and issued by another person. Issuing freezes the charge lines, posts the
month's journal and issues each document that lacks nothing; what is withheld is issued by issuing again later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby

from sqlalchemy.orm import Session

from cni.events.kinds import SettlementApproved, SettlementIssued
from cni.events.record import record
from cni.leases.billing import BillingFacts, billing_facts
from cni.leases.charging import ChargeLine, charge_lines, reserve_of
from cni.leases.pricing import in_force
from cni.leases.workings import Billed, working_of
from cni.ledger import book, issuing, lines, queries, settlement
from cni.ledger.documents import DocumentDraft
from cni.ledger.issuing import Signing
from cni.ledger.lines import Difference, SettledLine
from cni.ledger.queries import RunView
from cni.ledger.settlement import Settlement
from cni.members.policy import Actor, Permission, SamePerson, may, require
from cni.operations.tasks import Task
from cni.primitives.errors import Conflict, Forbidden
from cni.primitives.money import share_by_largest_remainder
from cni.primitives.period import Month, in_words

NEW_FOR_DAYS = 31
"""How long a document counts as new on the start page."""


class MonthNotOver(Conflict):
    """The month still has days to come: it may be previewed, not approved."""

    code = "month_not_over"
    title = "The month is not over"


class NotApproved(Conflict):
    """Nobody has approved the month's figures."""

    code = "not_approved"
    title = "Not approved yet"


class FiguresChanged(Conflict):
    """The figures are not those of the digest that was given."""

    code = "figures_changed"
    title = "The figures have changed"


class SettlementState(StrEnum):
    """How far a month has come."""

    APPROVED = "approved"
    ISSUED = "issued"
    OPEN = "open"
    PROVISIONAL = "provisional"


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A document that a month calls for; `number` once it is issued, `withheld` while something is missing for it."""

    kind: str
    member: str
    net_pence: int
    vat_pence: int
    gross_pence: int
    number: str | None = None
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """A month's figures: as computed now, or, once issued, as issued, with what would differ if computed now."""

    settlement: Settlement
    state: SettlementState
    documents: tuple[DocumentLine, ...]
    differences: tuple[Difference, ...] = ()
    run: RunView | None = None

    @property
    def is_provisional(self) -> bool:
        """Tell whether days of the month are still to come."""
        return self.state is SettlementState.PROVISIONAL


@dataclass(frozen=True, slots=True)
class MonthView:
    """A month in the list of settlements; `withheld` counts the documents that it still lacks."""

    month: Month
    state: SettlementState
    run: RunView | None
    withheld: int = 0


def list_settlements(session: Session, actor: Actor, *, today: date) -> list[MonthView]:
    """Return the months from the first one that was settled (else: the last one that is over) to this, newest first.

    Permission: settlements:preview.
    """
    require(actor, Permission.SETTLEMENTS_PREVIEW)
    runs = {view.month: view for view in queries.runs(session)}
    withheld = queries.withheld_by_month(session)
    month, oldest = Month.of(today), min([*runs, Month.of(today).previous()])
    months = []
    while month >= oldest:
        run = runs.get(month)
        months.append(MonthView(month, state_of(month, run, today), run, withheld.get(month, 0)))
        month = month.previous()
    return months


def preview_settlement(session: Session, actor: Actor, month: Month, *, today: date) -> Preview:
    """Return a month's figures, its documents as they would be if issued today.

    Permission: settlements:preview.
    """
    require(actor, Permission.SETTLEMENTS_PREVIEW)
    return _preview(session, month, today)


def approve_settlement(
    session: Session, actor: Actor, month: Month, digest: str, *, at: datetime, today: date
) -> Preview:
    """Approve a month's figures by their digest. Approving the same figures again changes nothing.

    Permission: settlements:approve. Event: SettlementApproved.
    Raises:
        MonthNotOver: there are days to come.
        FiguresChanged: the figures are not those of the digest.
    """
    require(actor, Permission.SETTLEMENTS_APPROVE)
    signing = _signing(actor, at, today)
    book.lock_month(session, month)
    preview = _preview(session, month, today)
    if preview.is_provisional:
        raise MonthNotOver(f"{month} is over on {in_words(month.period.end)}; it can be approved from then on.")
    _check_digest(preview.settlement, digest)
    if preview.state is SettlementState.OPEN:
        run = preview.run.run if preview.run else None
        issuing.approve_run(session, run, preview.settlement, signing)
        record(session, actor, SettlementApproved(subject=str(month), digest=digest), at=at)
        return _preview(session, month, today, preview.settlement)
    return preview


def issue_settlement(
    session: Session, actor: Actor, month: Month, digest: str, *, at: datetime, today: date
) -> Preview:
    """Issue a month's approved figures: freeze its lines, post it, issue each document that lacks nothing.

    Issuing again changes nothing, but for documents that were withheld and lack nothing any more: those are issued.

    Permission: settlements:issue. Event: SettlementIssued.
    Raises:
        NotApproved: nobody has approved it.
        FiguresChanged: the figures are not those of the digest, or are not those that were approved.
        SamePerson: it was this person who approved it.
    """
    require(actor, Permission.SETTLEMENTS_ISSUE)
    signing = _signing(actor, at, today)
    book.lock_month(session, month)
    preview = _preview(session, month, today)
    run = preview.run
    if run is None:
        raise NotApproved(f"{month} has not been approved; another person approves its figures first.")
    _check_digest(preview.settlement, digest)
    if preview.state is SettlementState.OPEN:
        raise FiguresChanged(f"The figures of {month} are not those that were approved; they need a new approval.")
    if run.run.approved_by_id == actor.person_id:
        raise SamePerson(f"You approved {month} yourself; the figures are issued by somebody else.")
    is_first = preview.state is SettlementState.APPROVED
    if is_first:
        issuing.issue_run(session, run.run, preview.settlement, signing)
    numbers = _issue_documents(session, run, preview.settlement, signing)
    if is_first or numbers:
        record(session, actor, SettlementIssued(subject=str(month), digest=digest, documents=numbers), at=at)
        return _preview(session, month, today, preview.settlement if is_first else None)
    return preview


def todo(session: Session, actor: Actor, today: date) -> list[Task]:
    """Return what waits: months to approve and to issue, documents withheld; for finance, new documents."""
    if may(actor, Permission.SETTLEMENTS_PREVIEW):
        months = list_settlements(session, actor, today=today)
        return [task for month in months for task in _tasks_of(actor, month)]
    if may(actor, Permission.DOCUMENTS_READ) and actor.member_id is not None:
        since = today - timedelta(days=NEW_FOR_DAYS)
        count = queries.documents_since(session, since, member_id=actor.member_id)
        title = "A new document" if count == 1 else "New documents"
        return [Task(about="documents", title=title, count=count, text="Issued in the last month.")] if count else []
    return []


def _tasks_of(actor: Actor, view: MonthView) -> Iterator[Task]:
    name = f"{view.month.period.start:%B %Y}"
    reference = str(view.month)
    if view.state is SettlementState.OPEN and may(actor, Permission.SETTLEMENTS_APPROVE):
        yield Task(about="settlement", reference=reference, title=f"Approve the settlement of {name}", tone="now")
    if view.state is SettlementState.APPROVED and may(actor, Permission.SETTLEMENTS_ISSUE):
        yield Task(about="settlement", reference=reference, title=f"Issue the settlement of {name}", tone="now")
    if view.state is SettlementState.OPEN and may(actor, Permission.SETTLEMENTS_ISSUE):
        text = "Check the figures; then the second approver approves them."
        yield Task(about="settlement", reference=reference, title=f"Prepare the settlement of {name}", text=text)
    if view.withheld and may(actor, Permission.SETTLEMENTS_ISSUE):
        title = f"Documents withheld for {name}"
        text = "Mend what they lack, then issue the month again."
        yield Task(about="settlement", reference=reference, title=title, text=text, count=view.withheld, tone="soon")


def _preview(session: Session, month: Month, today: date, computed: Settlement | None = None) -> Preview:
    """Return a month's figures; `computed` are those from the leases, where the caller has them already."""
    run = queries.run_of(session, month)
    computed = computed or _computed(session, month, today=today)
    if run is not None and run.run.issued_at is not None:
        return _issued(session, run, computed, today)
    state = state_of(month, run, today)
    if state is SettlementState.APPROVED and run is not None and run.run.digest != computed.digest:
        state = SettlementState.OPEN  # what was approved is not what would be issued
    return Preview(computed, state, tuple(_document_line(draft) for draft in computed.documents), run=run)


def _issued(session: Session, run: RunView, computed: Settlement, today: date) -> Preview:
    """Return what was issued; documents that are still withheld are shown as they would be issued today."""
    frozen = queries.lines_of(session, run.run.id)
    settled = settlement.settle(run.month, frozen, queries.parties(session), queries.coop(session), today)
    issued = {
        (row.kind, row.member.slug): DocumentLine(
            row.kind, row.member.slug, row.net_pence, row.vat_pence, row.gross_pence, number=row.number
        )
        for row in queries.documents_of_run(session, run.run.id)
    }
    withheld = [draft for draft in settled.documents if _key(draft) not in issued]
    return Preview(
        settlement=settled.warning_only_of(withheld),
        state=SettlementState.ISSUED,
        documents=tuple(issued.get(_key(draft)) or _document_line(draft) for draft in settled.documents),
        differences=lines.differences(frozen, computed.lines),
        run=run,
    )


def _computed(session: Session, month: Month, *, today: date) -> Settlement:
    """Return a month's settlement computed from the leases as they are; documents as if issued today."""
    facts = billing_facts(session, month.period)
    computed = [line for billed in facts.billed for line in _settled_lines(billed, month, facts)]
    return settlement.settle(month, computed, queries.parties(session), queries.coop(session), today)


def _settled_lines(billed: Billed, month: Month, facts: BillingFacts) -> Iterator[SettledLine]:
    """Yield a lease's lines of a month, each with its part of the reserve and its working."""
    charged = charge_lines(billed.lease, month.period, facts.policies, facts.entitled)
    for _segment, group in groupby(charged, key=lambda line: (line.start, line.end, line.code)):
        segment = list(group)
        policy = in_force(facts.policies, segment[0].start)
        charge_pence = sum(line.charge_pence for line in segment)
        reserve_pence = reserve_of(charge_pence, policy)
        # By the margins, so that no line's reserve is more than its margin.
        shares = share_by_largest_remainder(reserve_pence, {n: line.margin_pence for n, line in enumerate(segment)})
        for number, line in enumerate(segment):
            yield _settled(line, shares[number], working_of(line, billed, policy, charge_pence))


def _settled(line: ChargeLine, reserve_pence: int, working: dict[str, object]) -> SettledLine:
    return SettledLine(
        lease=line.lease,
        span=line.span,
        contributor=line.contributor,
        user=line.user,
        code=line.code,
        starts_on=line.start,
        ends_on=line.end,
        days=line.days,
        charge_pence=line.charge_pence,
        fee_pence=line.fee_pence,
        margin_pence=line.margin_pence,
        reserve_pence=reserve_pence,
        working=working,
    )


def _issue_documents(session: Session, run: RunView, settled: Settlement, signing: Signing) -> list[str]:
    """Issue what lacks nothing and is not issued yet; return its numbers."""
    coop = queries.coop(session)
    issued = {(row.kind, row.member.slug) for row in queries.documents_of_run(session, run.run.id)}
    ready = [draft for draft in settled.documents if not draft.is_withheld and _key(draft) not in issued]
    if not ready or coop is None:
        return []
    book.lock_chain(session)  # before any number is taken: writers take their locks in one order
    return [issuing.issue_document(session, run.run, settled, draft, coop, signing).number for draft in ready]


def _document_line(draft: DocumentDraft) -> DocumentLine:
    return DocumentLine(
        kind=draft.kind.value,
        member=draft.party.slug,
        net_pence=draft.net_pence,
        vat_pence=draft.vat.pence,
        gross_pence=draft.gross_pence,
        withheld=draft.is_withheld,
    )


def _key(draft: DocumentDraft) -> tuple[str, str]:
    return draft.kind.value, draft.party.slug


def state_of(month: Month, run: RunView | None, today: date) -> SettlementState:
    """Return how far a month has come, by its run (None: nobody has approved it) and the day."""
    if today < month.period.end:
        return SettlementState.PROVISIONAL
    if run is None:
        return SettlementState.OPEN
    return SettlementState.APPROVED if run.run.issued_at is None else SettlementState.ISSUED


def _check_digest(settled: Settlement, digest: str) -> None:
    if settled.digest != digest:
        raise FiguresChanged(
            f"The figures of {settled.month} are not those of this digest. Preview the month again and take its digest."
        )


def _signing(actor: Actor, at: datetime, today: date) -> Signing:
    if actor.person_id is None:
        raise Forbidden("A settlement is approved and issued by people, not by the server: say who, with --as.")
    return Signing(actor.person_id, at, today)
