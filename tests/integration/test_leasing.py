"""What becomes of a requested lease."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from cni.events.models import EventRow
from cni.leases.lifecycle import LeaseAction, LeaseState, LeaseStatus, WrongState
from cni.leases.models import Allocation
from cni.leases.queries import open_network
from cni.ledger.book import close_period
from cni.members.policy import Role
from cni.operations import leasing, settling
from cni.primitives.errors import Forbidden, Invalid, NotFound
from cni.primitives.period import Month, Period
from tests.conftest import NOW
from tests.factories import make_actor, make_member
from tests.leases import SITE_DIVERSE, START, make_coop

TODAY = NOW.date()


@pytest.fixture
def coop(session):
    return make_coop(session)


def held(session, lease):
    return session.scalar(select(func.count(Allocation.id)).where(Allocation.lease_id == lease.id))


def free(session, start, end):
    network = open_network(session, Period(start, end))
    return {id: span.pairs for id, span in network.spans.items()}


def act(coop, action, lease, *, actor=None, at=NOW):
    """Do to a lease what a button does, as the one whose button it is."""
    steward, planner, session = actor or coop.steward, actor or coop.planner, coop.session
    match action:
        case LeaseAction.APPROVE:
            leasing.approve_lease(session, steward, lease.reference, at=at)
        case LeaseAction.REFUSE:
            leasing.refuse_lease(session, steward, lease.reference, "The duct is full.", at=at)
        case LeaseAction.CANCEL:
            leasing.cancel_lease(session, planner, lease.reference, at=at)
        case LeaseAction.ACCEPT:
            leasing.accept_lease(session, planner, lease.reference, at.date(), at=at)
        case LeaseAction.END:
            leasing.end_lease(session, planner, lease.reference, date(2027, 6, 1), at=at)


def in_state(coop, state):
    """Return a lease in this state, and the instant at which it is in it."""
    match state:
        case LeaseState.REQUESTED:
            return coop.requested(), NOW
        case LeaseState.RESERVED:
            return coop.reserved(), NOW
        case LeaseState.ACCEPTED:
            return coop.accepted(), NOW
        case LeaseState.ACTIVE:
            return coop.accepted(), datetime.combine(START, NOW.timetz())
        case LeaseState.ENDED:
            return coop.accepted(), NOW.replace(year=2029, month=12, day=1)
        case LeaseState.REFUSED:
            lease = coop.requested()
            act(coop, LeaseAction.REFUSE, lease)
            return lease, NOW
        case LeaseState.CANCELLED:
            lease = coop.requested()
            act(coop, LeaseAction.CANCEL, lease)
            return lease, NOW


POSSIBLE = {
    (LeaseState.REQUESTED, LeaseAction.APPROVE): LeaseStatus.RESERVED,
    (LeaseState.REQUESTED, LeaseAction.REFUSE): LeaseStatus.REFUSED,
    (LeaseState.REQUESTED, LeaseAction.CANCEL): LeaseStatus.CANCELLED,
    (LeaseState.RESERVED, LeaseAction.CANCEL): LeaseStatus.CANCELLED,
    (LeaseState.RESERVED, LeaseAction.ACCEPT): LeaseStatus.ACCEPTED,
    (LeaseState.ACCEPTED, LeaseAction.END): LeaseStatus.ACCEPTED,
    (LeaseState.ACTIVE, LeaseAction.END): LeaseStatus.ACCEPTED,
}


@pytest.mark.parametrize("action", LeaseAction)
@pytest.mark.parametrize("state", LeaseState)
def test_each_state_allows_its_own_actions_and_no_other(coop, state, action):
    lease, at = in_state(coop, state)
    coop.session.flush()
    before = (lease.status, lease.ends_on, held(coop.session, lease))
    if (state, action) in POSSIBLE:
        act(coop, action, lease, at=at)
        assert lease.status is POSSIBLE[state, action]
    else:
        with pytest.raises(WrongState, match=str(state)):
            act(coop, action, lease, at=at)
        coop.session.flush()
        assert (lease.status, lease.ends_on, held(coop.session, lease)) == before


@pytest.mark.parametrize("action", LeaseAction)
def test_a_foreign_planner_finds_no_such_lease(coop, action):
    lease = coop.requested()
    foreign = make_actor(coop.session, make_member(coop.session), Role.PLANNER, Role.NETWORK_STEWARD)
    with pytest.raises(NotFound):
        act(coop, action, lease, actor=foreign)


@pytest.mark.parametrize("action", LeaseAction)
def test_without_the_role_nothing_is_done(coop, action):
    lease = coop.requested()
    with pytest.raises(Forbidden):
        act(coop, action, lease, actor=make_actor(coop.session, coop.user, Role.FINANCE))


def test_a_planner_cannot_approve_their_own_request(coop):
    lease = coop.requested()
    with pytest.raises(Forbidden):
        act(coop, LeaseAction.APPROVE, lease, actor=coop.planner)


@pytest.mark.parametrize(
    ("action", "event"),
    [
        (LeaseAction.APPROVE, "LeaseApproved"),
        (LeaseAction.REFUSE, "LeaseRefused"),
        (LeaseAction.CANCEL, "LeaseCancelled"),
    ],
)
def test_each_decision_leaves_one_event(coop, action, event):
    lease = coop.requested()
    coop.session.flush()
    before = coop.session.scalar(select(func.count(EventRow.id)))
    act(coop, action, lease)
    kinds = coop.session.scalars(select(EventRow.kind).order_by(EventRow.id)).all()
    assert kinds[before:] == [event]


@pytest.mark.parametrize("action", [LeaseAction.REFUSE, LeaseAction.CANCEL])
def test_fibre_of_a_refused_or_cancelled_request_is_free_again(coop, action):
    before = free(coop.session, START, date(2030, 1, 1))
    lease = coop.requested(**SITE_DIVERSE)
    act(coop, action, lease)
    assert held(coop.session, lease) == 0
    assert free(coop.session, START, date(2030, 1, 1)) == before


def test_a_refusal_says_why(coop):
    lease = coop.requested()
    with pytest.raises(Invalid) as refusal:
        leasing.refuse_lease(coop.session, coop.steward, lease.reference, " ", at=NOW)
    assert refusal.value.problems[0].place == "reason"
    act(coop, LeaseAction.REFUSE, lease)
    assert lease.decision_note == "The duct is full."


def test_references_compare_without_case(coop):
    lease = coop.requested()
    leasing.approve_lease(coop.session, coop.steward, lease.reference.lower(), at=NOW)
    assert lease.status is LeaseStatus.RESERVED


# Acceptance


def accept(coop, lease, accepted_on, at=NOW):
    return leasing.accept_lease(coop.session, coop.planner, lease.reference, accepted_on, at=at)


def refused_day(refusal, place):
    (problem,) = refusal.value.problems
    assert problem.place == place
    return problem.remedy


def test_acceptance_may_be_dated_back_fourteen_days_but_not_before_the_approval(coop):
    old = coop.reserved()
    old.decided_at = NOW - timedelta(days=60)
    assert accept(coop, old, TODAY - timedelta(days=14)).accepted_on == date(2026, 11, 8)
    with pytest.raises(Invalid) as refusal:
        accept(coop, coop.reserved(), TODAY - timedelta(days=1))
    assert refused_day(refusal, "accepted_on").startswith("Give 22 November 2026")


@pytest.mark.parametrize("days", [-15, 1])
def test_acceptance_is_dated_neither_too_far_back_nor_ahead(coop, days):
    lease = coop.reserved()
    lease.decided_at = NOW - timedelta(days=60)
    with pytest.raises(Invalid) as refusal:
        accept(coop, lease, TODAY + timedelta(days=days))
    assert refused_day(refusal, "accepted_on") == "Give 8 November 2026 or a later day, 22 November 2026 at the latest."


def test_acceptance_does_not_start_billing_in_a_month_whose_books_are_closed(coop):
    lease = coop.reserved()
    lease.decided_at, lease.starts_on = NOW - timedelta(days=60), date(2026, 11, 25)
    lease_on = datetime(2026, 12, 5, 12, tzinfo=NOW.tzinfo)
    close_period(coop.session, Month(2026, 11), at=lease_on, actor_id=None)
    with pytest.raises(Invalid) as refusal:
        accept(coop, lease, date(2026, 11, 30), at=lease_on)
    assert refused_day(refusal, "accepted_on") == "Give 1 December 2026 or a later day."
    assert accept(coop, lease, date(2026, 12, 1), at=lease_on).status is LeaseStatus.ACCEPTED


def test_acceptance_does_not_start_billing_in_a_month_that_is_issued(coop):
    lease = coop.reserved()
    lease.decided_at, lease.starts_on = NOW - timedelta(days=60), date(2026, 11, 25)
    in_december = datetime(2026, 12, 5, 12, tzinfo=NOW.tzinfo)
    issue_month(coop.session, Month(2026, 11), at=in_december)

    with pytest.raises(Invalid) as refusal:
        accept(coop, lease, date(2026, 11, 30), at=in_december)

    assert [problem.code for problem in refusal.value.problems] == ["month_issued"]
    assert accept(coop, lease, date(2026, 12, 1), at=in_december).status is LeaseStatus.ACCEPTED


def test_acceptance_before_the_first_day_minds_only_the_month_in_which_billing_starts(coop):
    lease = coop.reserved()
    lease.decided_at, lease.starts_on = NOW - timedelta(days=60), date(2026, 12, 10)
    in_december = datetime(2026, 12, 5, 12, tzinfo=NOW.tzinfo)
    issue_month(coop.session, Month(2026, 11), at=in_december)

    assert accept(coop, lease, date(2026, 11, 30), at=in_december).status is LeaseStatus.ACCEPTED


def issue_month(session, month, *, at):
    """Issue a month in which nothing was charged, as two people would."""
    approver = make_actor(session, None, Role.SECOND_APPROVER)
    treasurer = make_actor(session, None, Role.TREASURER)
    digest = settling.preview_settlement(session, approver, month, today=at.date()).settlement.digest
    for act, person in ((settling.approve_settlement, approver), (settling.issue_settlement, treasurer)):
        act(session, person, month, digest, at=at, today=at.date())


# Ending


def end(coop, lease, ends_on, at=NOW, actor=None):
    return leasing.end_lease(coop.session, actor or coop.planner, lease.reference, ends_on, at=at)


def test_from_the_day_of_its_end_the_fibre_of_a_lease_is_free(coop):
    lease = coop.accepted()
    taken = free(coop.session, date(2027, 5, 31), date(2027, 6, 1))
    end(coop, lease, date(2027, 6, 1))
    assert free(coop.session, date(2027, 5, 31), date(2027, 6, 1)) == taken
    assert free(coop.session, date(2027, 6, 1), date(2030, 1, 1)) == {"A-B": 4, "B-Z": 4, "A-C": 4, "C-Z": 4}


def test_a_lease_that_rolls_on_can_be_ended_too(coop):
    lease = coop.accepted()
    lease.ends_on = None
    coop.session.flush()
    assert end(coop, lease, date(2040, 1, 1), actor=coop.steward).ends_on == date(2040, 1, 1)


@pytest.mark.parametrize("ends_on", [TODAY, START, date(2029, 12, 1)])
def test_an_end_is_to_come_and_before_the_one_agreed(coop, ends_on):
    lease = coop.accepted()
    with pytest.raises(Invalid) as refusal:
        end(coop, lease, ends_on)
    assert refused_day(refusal, "ends_on") == "Give 2 December 2026 or a later day, 30 November 2029 at the latest."


# Reading


def test_a_lease_file_shows_state_actions_and_history(coop):
    lease = coop.reserved(**SITE_DIVERSE)
    coop.session.flush()
    coop.session.expire_all()
    file = leasing.lease_file(coop.session, coop.planner, lease.reference, on=TODAY)
    assert file.state is LeaseState.RESERVED
    assert file.actions == {LeaseAction.ACCEPT, LeaseAction.CANCEL}
    assert [event.kind for event in file.history] == ["LeaseRequested", "LeaseApproved"]
    assert [[(span.code, span.pairs) for span in route] for route in file.routes] == [
        [("A-B", (3,)), ("B-Z", (3,))],
        [("A-C", (3,)), ("C-Z", (3,))],
    ]


def test_a_steward_sees_the_actions_of_a_steward(coop):
    lease = coop.requested()
    file = leasing.lease_file(coop.session, coop.steward, lease.reference, on=TODAY)
    assert file.actions == {LeaseAction.APPROVE, LeaseAction.REFUSE}


def test_members_see_their_own_leases_and_staff_all(coop):
    lease = coop.requested()
    foreign = make_actor(coop.session, make_member(coop.session), Role.PLANNER)
    with pytest.raises(NotFound):
        leasing.lease_file(coop.session, foreign, lease.reference, on=TODAY)
    assert leasing.leases(coop.session, foreign, on=TODAY).items == []
    (entry,) = leasing.leases(coop.session, coop.steward, on=TODAY).items
    assert (entry.lease, entry.state) == (lease, LeaseState.REQUESTED)


def test_a_lease_is_read_in_four_statements(coop, count_queries):
    reference = coop.requested(**SITE_DIVERSE).reference
    coop.session.flush()
    coop.session.expire_all()
    with count_queries() as statements:
        leasing.lease_file(coop.session, coop.steward, reference, on=TODAY)
    assert len(statements) == 4


# What waits


def test_what_waits_is_told_to_those_who_can_do_it(coop):
    requested, reserved = coop.requested(), coop.reserved()
    quote = coop.quote(starts_on=TODAY + timedelta(days=3))
    coop.session.flush()
    waiting = {actor: leasing.todo(coop.session, actor, TODAY) for actor in (coop.steward, coop.planner)}
    assert [(task.about, task.reference) for task in waiting[coop.steward]] == [("lease", requested.reference)]
    assert [(task.about, task.reference) for task in waiting[coop.planner]] == [
        ("lease", reserved.reference),
        ("quote", quote.reference),
    ]
    finance = make_actor(coop.session, coop.user, Role.FINANCE)
    assert leasing.todo(coop.session, finance, TODAY) == []
