"""What becomes of a requested lease: the network steward approves or refuses it, its user cancels, accepts or ends it.

Each locks the lease before it looks at it, so that of two people at once the second one sees what the first has done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from cni.db.paging import read_page
from cni.events.kinds import LeaseAccepted, LeaseApproved, LeaseCancelled, LeaseEnded, LeaseRefused
from cni.events.models import EventRow
from cni.events.record import record
from cni.leases import queries
from cni.leases.allocation import release, shorten
from cni.leases.lifecycle import ACTIONS, LeaseAction, LeaseState, LeaseStatus, require_action, state_on
from cni.leases.models import Lease, QuoteRow
from cni.members.policy import Actor, Permission, may, require, require_found
from cni.operations._books import lock_month_of, settled_month_problems
from cni.operations.tasks import Task
from cni.primitives.errors import Invalid, Problem, refuse_if_any
from cni.primitives.paging import FIRST_PAGE, Page, PageRequest
from cni.primitives.period import Period, in_words, london_date

ACCEPTANCE_DAYS = 14
"""How many days back an acceptance may be dated: the time in which a delivered lease is tested (domain.md)."""

EXPIRING_DAYS = 7
"""A quote is called to mind when it can be requested for so many days only."""

PERMISSIONS = {
    LeaseAction.ACCEPT: Permission.LEASES_ACCEPT,
    LeaseAction.APPROVE: Permission.LEASES_APPROVE,
    LeaseAction.CANCEL: Permission.LEASES_CANCEL,
    LeaseAction.END: Permission.LEASES_END,
    LeaseAction.REFUSE: Permission.LEASES_APPROVE,
}
"""The permission that each action needs."""


@dataclass(frozen=True, slots=True)
class LeaseEntry:
    """A lease in a list, and its state on the day."""

    lease: Lease
    state: LeaseState


class LeasedSpan(NamedTuple):
    """A span on a route of a lease: the names of its sites, the metres paid for, the numbers of the pairs held."""

    code: str
    a: str
    z: str
    metres: int
    pairs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LeaseFile:
    """All about one lease on a day: the row, its state, what the actor may do to it now, and what happened so far."""

    lease: Lease
    on: date
    state: LeaseState
    actions: frozenset[LeaseAction]
    history: list[EventRow]

    @property
    def routes(self) -> list[list[LeasedSpan]]:
        """Its routes on the day, each as its spans in order with the fibre pairs held on them."""
        numbers: dict[tuple[int, int], list[int]] = {}
        for held in self.lease.allocations:
            numbers.setdefault((held.route, held.fibre_pair.span_id), []).append(held.fibre_pair.number)
        routes: dict[int, list[LeasedSpan]] = {}
        for use in self.lease.spans_on(self.on):
            pairs = tuple(sorted(numbers.get((use.route, use.span_id), ())))
            spans = routes.setdefault(use.route, [])
            spans.append(LeasedSpan(use.span.code, use.span.a.name, use.span.z.name, use.metres, pairs))
        return list(routes.values())


def approve_lease(session: Session, actor: Actor, reference: str, *, at: datetime) -> Lease:
    """Approve a request: what it holds is reserved for its user.

    Permission: leases:approve. Event: LeaseApproved.
    Raises:
        NotFound: there is no such lease.
        WrongState: it is not a request any more.
    """
    lease = _take_up(session, actor, reference, LeaseAction.APPROVE, at)
    _decide(lease, LeaseStatus.RESERVED, actor, at)
    record(session, actor, LeaseApproved(subject=lease.reference, member_id=lease.member_id), at=at)
    return lease


def refuse_lease(session: Session, actor: Actor, reference: str, reason: str, *, at: datetime) -> Lease:
    """Refuse a request and say why; its fibre pairs are free again.

    Permission: leases:approve. Event: LeaseRefused.
    Raises:
        NotFound: there is no such lease.
        WrongState: it is not a request any more.
        Invalid: no reason is given.
    """
    lease = _take_up(session, actor, reference, LeaseAction.REFUSE, at)
    if not reason.strip():
        problem = Problem("missing", "The reason is missing.", "Say why, in words that help the user.", "reason")
        raise Invalid.from_problems([problem])
    _decide(lease, LeaseStatus.REFUSED, actor, at)
    lease.decision_note = reason.strip()
    release(session, lease)
    refused = LeaseRefused(subject=lease.reference, member_id=lease.member_id, reason=reason.strip())
    record(session, actor, refused, at=at)
    return lease


def cancel_lease(session: Session, actor: Actor, reference: str, *, at: datetime) -> Lease:
    """Take a request back before acceptance; its fibre pairs are free again.

    Permission: leases:cancel. Event: LeaseCancelled.
    Raises:
        NotFound: the member has no such lease.
        WrongState: it was accepted already, or is over.
    """
    lease = _take_up(session, actor, reference, LeaseAction.CANCEL, at)
    lease.status = LeaseStatus.CANCELLED
    release(session, lease)
    record(session, actor, LeaseCancelled(subject=lease.reference, member_id=lease.member_id), at=at)
    return lease


def accept_lease(session: Session, actor: Actor, reference: str, accepted_on: date, *, at: datetime) -> Lease:
    """Accept the fibre as delivered: billing starts on this day, or on the lease's first day if that is later.

    Permission: leases:accept. Event: LeaseAccepted.
    Raises:
        NotFound: the member has no such lease.
        WrongState: it is not reserved.
        Invalid: the day is to come, is more than 14 days ago, before the approval, or billing would start in a month
            that is issued or closed.
    """
    lease = _take_up(session, actor, reference, LeaseAction.ACCEPT, at)
    days = {"earliest": _earliest_acceptance(lease, at), "latest": london_date(at)}
    problems = [*_day_problems("accepted_on", accepted_on, **days)]
    billing_starts_on = max(lease.starts_on, accepted_on)
    refuse_if_any(problems)
    lock_month_of(session, billing_starts_on)
    refuse_if_any(settled_month_problems(session, billing_starts_on, "accepted_on"))
    lease.status, lease.accepted_on, lease.accepted_by_id = LeaseStatus.ACCEPTED, accepted_on, actor.person_id
    accepted = LeaseAccepted(subject=lease.reference, member_id=lease.member_id, accepted_on=accepted_on.isoformat())
    record(session, actor, accepted, at=at)
    return lease


def end_lease(session: Session, actor: Actor, reference: str, ends_on: date, *, at: datetime) -> Lease:
    """End a lease early; `ends_on` is the first day not charged, from which on its fibre pairs are free.

    Permission: leases:end. Event: LeaseEnded.
    Raises:
        NotFound: the member has no such lease.
        WrongState: it was not accepted, or has ended.
        Invalid: the day is not to come, or not before the end agreed so far.
    """
    lease = _take_up(session, actor, reference, LeaseAction.END, at)
    earliest = max(london_date(at), lease.starts_on) + timedelta(days=1)
    latest = None if lease.ends_on is None else lease.ends_on - timedelta(days=1)
    refuse_if_any(_day_problems("ends_on", ends_on, earliest=earliest, latest=latest))
    lease.ends_on = ends_on
    shorten(session, lease, ends_on)
    ended = LeaseEnded(subject=lease.reference, member_id=lease.member_id, ends_on=ends_on.isoformat())
    record(session, actor, ended, at=at)
    return lease


def leases(session: Session, actor: Actor, page: PageRequest = FIRST_PAGE, *, on: date) -> Page[LeaseEntry]:
    """Return the leases that the actor may see, with the state of each on a day, the newest first.

    Permission: leases:read.
    """
    require(actor, Permission.LEASES_READ)
    found = read_page(session, queries.leases_of(actor.member_id), Lease.id, page, newest_first=True)
    return Page([LeaseEntry(lease, state_of(lease, on)) for lease in found.items], found.next)


def lease_file(session: Session, actor: Actor, reference: str, *, on: date) -> LeaseFile:
    """Return all about one lease.

    Permission: leases:read.
    Raises:
        NotFound: there is none, or it is another member's.
    """
    require(actor, Permission.LEASES_READ)
    lease = require_found(actor, Permission.LEASES_READ, queries.find_lease(session, reference))
    state = state_of(lease, on)
    possible = frozenset(action for action in ACTIONS[state] if may(actor, PERMISSIONS[action], lease.member_id))
    happened = select(EventRow).where(EventRow.subject == lease.reference).order_by(EventRow.id)
    return LeaseFile(lease, on, state, possible, list(session.scalars(happened)))


def todo(session: Session, actor: Actor, today: date) -> list[Task]:
    """Return what waits for the actor: leases to accept, requests to decide, quotes that expire soon.

    Permission: each part asks for that of its action; to those who have none nothing is told.
    """
    tasks: list[Task] = []
    if actor.member_id is not None and may(actor, Permission.LEASES_ACCEPT):
        reserved = queries.leases_in(session, LeaseStatus.RESERVED, actor.member_id)
        tasks += [_task("Accept lease", lease) for lease in reserved]
    if may(actor, Permission.LEASES_APPROVE):
        requested = queries.leases_in(session, LeaseStatus.REQUESTED, None)
        tasks += [_task("Decide on the request", lease, lease.member.name) for lease in requested]
    if actor.member_id is not None and may(actor, Permission.LEASES_REQUEST):
        soon = Period(today, today + timedelta(days=EXPIRING_DAYS))
        tasks += [_expiring(quote) for quote in queries.quotes_expiring(session, actor.member_id, soon)]
    return tasks


def state_of(lease: Lease, on: date) -> LeaseState:
    """Return what a lease is on a day."""
    return state_on(lease.status, on, starts_on=lease.starts_on, ends_on=lease.ends_on, accepted_on=lease.accepted_on)


def _take_up(session: Session, actor: Actor, reference: str, action: LeaseAction, at: datetime) -> Lease:
    """Return a lease, locked, to which the actor may do this now."""
    # Whoever may not even see the lease is told that there is none, whatever they wanted to do to it.
    require(actor, Permission.LEASES_READ)
    lease = require_found(actor, Permission.LEASES_READ, queries.lock_lease(session, reference))
    require(actor, PERMISSIONS[action], member_id=lease.member_id)
    require_action(state_of(lease, london_date(at)), action)
    return lease


def _task(title: str, lease: Lease, who: str = "") -> Task:
    ends = f"{lease.from_site.name} to {lease.to_site.name}"
    return Task(
        about="lease",
        title=f"{title} {lease.reference}",
        reference=lease.reference,
        text=f"{who}: {ends}" if who else ends,
        due=f"from {in_words(lease.starts_on)}",
        tone="now",
    )


def _expiring(quote: QuoteRow) -> Task:
    return Task(
        about="quote",
        title=f"Quote {quote.reference} expires soon",
        reference=quote.reference,
        text=f"{quote.from_site.name} to {quote.to_site.name}",
        due=f"until {in_words(min(quote.expires_on, quote.starts_on))}",
        tone="soon",
    )


def _decide(lease: Lease, status: LeaseStatus, actor: Actor, at: datetime) -> None:
    lease.status, lease.decided_at, lease.decided_by_id = status, at, actor.person_id


def _earliest_acceptance(lease: Lease, at: datetime) -> date:
    earliest = london_date(at) - timedelta(days=ACCEPTANCE_DAYS)
    return earliest if lease.decided_at is None else max(earliest, london_date(lease.decided_at))


def _day_problems(place: str, day: date, *, earliest: date, latest: date | None) -> Iterator[Problem]:
    if day < earliest or (latest is not None and day > latest):
        until = "or a later day" if latest is None else f"or a later day, {in_words(latest)} at the latest"
        remedy = f"Give {in_words(earliest)} {until}."
        yield Problem("day_not_possible", f"{in_words(day)} is not possible.", remedy, place)
