"""Withdrawing spans: an owner gives notice; leases run on to their own end; what none holds leaves the plant.

No lease is ever ended here. From the notice on nobody can newly lease past its day, so that a span empties.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from cni.assets import terms
from cni.assets.models import FibrePair, Span
from cni.assets.terms import NOTICE_MONTHS, Withdrawal, WithdrawalSpan
from cni.db.paging import read_page
from cni.events.kinds import SpanWithdrawn, WithdrawalGiven
from cni.events.record import record
from cni.leases.allocation import lock_spans
from cni.leases.holding import HeldPair, held_pairs
from cni.leases.models import Allocation, Lease
from cni.leases.queries import leases_of
from cni.members.policy import Actor, Permission, may, require, require_found
from cni.operations._own_plant import own_member, own_spans
from cni.operations.tasks import Task
from cni.primitives.errors import Problem, refuse_if_any
from cni.primitives.ids import Chooser, new_reference
from cni.primitives.paging import FIRST_PAGE, Page, PageRequest
from cni.primitives.period import Period, add_months, in_words, london_date

TASKS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice as it was given: codes of spans, the day on which they shall leave (None: at once), and why."""

    spans: tuple[str, ...]
    effective_on: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class Leaving:
    """How a span leaves: `effective_on` is the first day on which nobody can newly lease it, with the leases on it.

    Of each lease one held pair, by reference, with the lease's end.
    """

    span: Span
    effective_on: date
    leases: tuple[HeldPair, ...]

    @property
    def last_day(self) -> date:
        """The last day of its notice."""
        return self.effective_on - timedelta(days=1)

    @property
    def leaves_on(self) -> date | None:
        """The first day on which it is in the plant no more, as far as leases say today; None: one has no end."""
        ends = [each.ends_on for each in self.leases]
        return None if None in ends else max([self.effective_on, *filter(None, ends)])


@dataclass(frozen=True, slots=True)
class WithdrawalFile:
    """A withdrawal, span by span."""

    withdrawal: Withdrawal
    leaving: list[Leaving]


def give_notice(session: Session, actor: Actor, given: NewNotice, *, at: datetime, chooser: Chooser) -> Withdrawal:
    """Give notice that spans of the actor's member leave the co-op.

    A span that no lease holds leaves on the day asked for, or at once. One that is held begins its notice: it leaves no
    sooner than the months that its terms say, and not before the last lease on it has ended.

    Permission: plant:keep. Event: WithdrawalGiven.
    Raises:
        Invalid: with every problem: no span or reason is given, a span is not the member's own live fibre or under
            notice already, the day has passed.
    """
    require(actor, Permission.PLANT_KEEP)
    owner_id, today = own_member(actor), london_date(at)
    # Judged once they are locked: a span that was split meanwhile has left the plant.
    lock_spans(session, [span.id for span in own_spans(session, owner_id, given.spans)])
    leaving = _foresee(session, owner_id, given, today)
    withdrawal = Withdrawal(
        reference=new_reference("WDR", chooser),
        member_id=owner_id,
        reason=given.reason.strip(),
        given_by_id=actor.person_id,
        given_at=at,
        spans=[WithdrawalSpan(span_id=each.span.id, effective_on=each.effective_on) for each in leaving],
    )
    for each in leaving:
        if not each.leases and each.effective_on <= today:
            each.span.retired_on = today
    session.add(withdrawal)
    told = WithdrawalGiven(
        subject=withdrawal.reference,
        member_id=owner_id,
        spans=[each.span.code for each in leaving],
        leases=sorted({held.lease for each in leaving for held in each.leases}),
    )
    record(session, actor, told, at=at)
    return withdrawal


def check_notice(session: Session, actor: Actor, given: NewNotice, *, on: date) -> list[Leaving]:
    """Say what a notice given on a day would do: when each span would leave, which leases hold it. Nothing is saved.

    Permission: plant:keep.
    Raises:
        Invalid: with every problem, as when it is given.
    """
    require(actor, Permission.PLANT_KEEP)
    return _foresee(session, own_member(actor), given, on)


def list_withdrawals(session: Session, actor: Actor, page: PageRequest = FIRST_PAGE) -> Page[Withdrawal]:
    """Return a page of the withdrawals that the actor may see, the newest first.

    Permission: plant:inspect.
    """
    require(actor, Permission.PLANT_INSPECT)
    return read_page(session, terms.withdrawals(actor.member_id), Withdrawal.id, page, newest_first=True)


def find_withdrawal(session: Session, actor: Actor, reference: str, *, on: date) -> WithdrawalFile:
    """Return a withdrawal with the leases that hold its spans on a day or after it.

    Permission: plant:inspect.
    Raises:
        NotFound: there is none, or it is another member's.
    """
    require(actor, Permission.PLANT_INSPECT)
    found = terms.withdrawal_by_reference(session, reference)
    withdrawal = require_found(actor, Permission.PLANT_INSPECT, found)
    held = _leases_by_span(session, [notice.span_id for notice in withdrawal.spans], on)
    leaving = [Leaving(notice.span, notice.effective_on, held.get(notice.span_id, ())) for notice in withdrawal.spans]
    return WithdrawalFile(withdrawal, leaving)


def leaving_on(session: Session, actor: Actor, codes: Collection[str]) -> dict[str, date]:
    """Return the days from which spans are withdrawn, by code, of these that are under notice.

    Permission: plant:read.
    """
    require(actor, Permission.PLANT_READ)
    return terms.notices_given(session, codes)


def finish_withdrawals(session: Session, actor: Actor, *, at: datetime) -> list[str]:
    """Take out of the plant the spans whose notice has run out and that no lease holds any more; return their codes.

    Permission: coop:maintain. Event: SpanWithdrawn, for each.
    """
    require(actor, Permission.COOP_MAINTAIN)
    today = london_date(at)
    waiting = terms.due(session, today)
    lock_spans(session, [notice.span_id for notice in waiting])
    held = _leases_by_span(session, [notice.span_id for notice in waiting], today)
    gone = [notice for notice in waiting if notice.span_id not in held]
    for notice in gone:
        notice.span.retired_on = today
        told = SpanWithdrawn(subject=notice.span.code, member_id=notice.withdrawal.member_id)
        record(session, actor, told, at=at)
    return [notice.span.code for notice in gone]


def todo(session: Session, actor: Actor, today: date) -> list[Task]:
    """Return to a user's planner which of its leases run on a span past the day of its owner's notice."""
    if actor.member_id is None or not may(actor, Permission.LEASES_REQUEST):
        return []
    no_end, last = func.upper_inf(Allocation.period), func.upper(Allocation.period)
    past = (
        select(Allocation.lease_id)
        .join(FibrePair, FibrePair.id == Allocation.fibre_pair_id)
        .join(WithdrawalSpan, WithdrawalSpan.span_id == FibrePair.span_id)
        .join(Span, Span.id == WithdrawalSpan.span_id)
        .where(Span.retired_on.is_(None))
        .where(or_(no_end, (last > WithdrawalSpan.effective_on) & (last > today)))
    )
    affected = session.scalars(leases_of(actor.member_id).where(Lease.id.in_(past)).order_by(Lease.id)).all()
    return [
        Task(
            about="lease",
            title=f"A span of lease {lease.reference} is being withdrawn",
            reference=lease.reference,
            text=f"{lease.from_site.name} to {lease.to_site.name}: the lease runs on until its end. Plan what follows.",
            tone="soon",
        )
        for lease in affected[:TASKS_SHOWN]
    ]


def _foresee(session: Session, owner_id: int, given: NewNotice, today: date) -> list[Leaving]:
    """Return how the spans of a notice given today would leave.

    Raises:
        Invalid: with every problem.
    """
    spans = [span for span in own_spans(session, owner_id, given.spans) if span.fibre_owner_id == owner_id]
    noticed = set(session.scalars(select(Span.code).join(WithdrawalSpan, WithdrawalSpan.span_id == Span.id)))
    refuse_if_any(_problems(given, {span.code for span in spans}, noticed, today))
    asked = given.effective_on or today
    numbers = [span.id for span in spans]
    now, then = (_leases_by_span(session, numbers, day) for day in (today, asked))
    months = terms.notices_of(session, list(then))
    notice_ends = {number: add_months(today, months.get(number, NOTICE_MONTHS)) for number in then}
    return [Leaving(span, max(asked, notice_ends.get(span.id, asked)), now.get(span.id, ())) for span in spans]


def _problems(given: NewNotice, own: Collection[str], noticed: Collection[str], today: date) -> Iterator[Problem]:
    if not given.spans:
        yield Problem("missing", "No span is given.", "Give the id of at least one.", "spans")
    known = {code.casefold() for code in own}
    under_notice = {code.casefold() for code in noticed}
    for code in given.spans:
        if code.casefold() not in known:
            message = f"Your organisation has no live fibre {code}."
            yield Problem("unknown_plant", message, "Give ids of your own spans, as the map says them.", "spans")
        elif code.casefold() in under_notice:
            yield Problem("under_notice", f"Span {code} is under notice already.", "Leave it out.", "spans")
    if not given.reason.strip():
        yield Problem("missing", "The reason is missing.", "Say why, for the co-operative’s staff.", "reason")
    if given.effective_on is not None and given.effective_on < today:
        message = f"{in_words(given.effective_on)} has passed."
        yield Problem("day_not_possible", message, f"Give {in_words(today)} or a later day.", "effective_on")


def _leases_by_span(session: Session, span_ids: Collection[int], on: date) -> dict[int, tuple[HeldPair, ...]]:
    """Return the leases that hold these spans on a day or after it, each with one of its pairs, by span."""
    found: dict[int, dict[str, HeldPair]] = {}
    for each in held_pairs(session, span_ids, Period(on)):
        found.setdefault(each.span_id, {}).setdefault(each.lease, each)
    return {span: tuple(leases[reference] for reference in sorted(leases)) for span, leases in found.items()}
