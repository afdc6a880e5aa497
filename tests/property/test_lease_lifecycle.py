"""Whatever people do to leases, in whatever order, no fibre pair is held twice and none is lost."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from cni.leases.allocation import FibreTaken
from cni.leases.lifecycle import LeaseAction, LeaseStatus, WrongState
from cni.leases.models import Allocation, Lease, LeaseSpan
from cni.leases.queries import open_network
from cni.operations import leasing
from cni.operations.ordering import NoSuchRoutes
from cni.primitives.errors import Invalid
from cni.primitives.period import Period
from tests.conftest import NOW
from tests.leases import START, make_coop

HOLDING = (LeaseStatus.REQUESTED, LeaseStatus.RESERVED, LeaseStatus.ACCEPTED)
OFFERED = 3
PLANT = f"A-B 100 x{OFFERED}, B-Z 100 x{OFFERED}, A-Z 500 x{OFFERED}"
DAYS = st.integers(0, 800).map(lambda days: START + timedelta(days=days))

asks = st.tuples(st.just("ask"), st.integers(1, OFFERED), st.integers(0, 500).map(lambda n: START + timedelta(days=n)))
acts = st.tuples(st.sampled_from(LeaseAction), st.integers(0, 3), DAYS)


@pytest.fixture
def coop(session):
    return make_coop(session, PLANT)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(asks | acts, max_size=10))
def test_no_pair_is_held_twice_and_none_is_lost(coop, steps):
    savepoint = coop.session.begin_nested()
    leases: list[Lease] = []
    try:
        for step in steps:
            _take(coop, leases, *step)
            _check(coop.session, leases)
    finally:
        savepoint.rollback()
        coop.session.expire_all()


def _take(coop, leases, what, number, day) -> None:
    """Take one step; what the state of things is against is refused, and then nothing may have changed."""
    try:
        if what == "ask":
            leases.append(coop.requested(pairs=number, starts_on=day, term_months=12))
        elif number < len(leases):
            _act(coop, what, leases[number].reference, day)
            coop.session.flush()
    except (FibreTaken, Invalid, NoSuchRoutes, WrongState):
        coop.session.flush()


def _act(coop, action, reference, day) -> None:
    match action:
        case LeaseAction.APPROVE:
            leasing.approve_lease(coop.session, coop.steward, reference, at=NOW)
        case LeaseAction.REFUSE:
            leasing.refuse_lease(coop.session, coop.steward, reference, "The duct is full.", at=NOW)
        case LeaseAction.CANCEL:
            leasing.cancel_lease(coop.session, coop.planner, reference, at=NOW)
        case LeaseAction.ACCEPT:
            leasing.accept_lease(coop.session, coop.planner, reference, NOW.date(), at=NOW)
        case LeaseAction.END:
            leasing.end_lease(coop.session, coop.planner, reference, day, at=NOW)


def _check(session, leases) -> None:
    held = session.scalars(select(Allocation)).all()
    spans = Counter(session.scalars(select(LeaseSpan.lease_id)))
    for lease in leases:
        own = [allocation for allocation in held if allocation.lease_id == lease.id]
        assert len(own) == (lease.pairs * spans[lease.id] if lease.status in HOLDING else 0)
        assert {(part.period.lower, part.period.upper) for part in own} <= {(lease.starts_on, lease.ends_on)}
    doubles = (
        "SELECT count(*) FROM allocations a JOIN allocations b ON a.fibre_pair_id = b.fibre_pair_id AND a.id < b.id"
    )
    assert session.scalar(text(f"{doubles} AND a.period && b.period")) == 0
    _check_day(session, held, START + timedelta(days=200))
    _check_day(session, held, date(2028, 6, 1))


def _check_day(session, held, day) -> None:
    """Free and held pairs add up to those offered, span by span."""
    network = open_network(session, Period(day, day + timedelta(days=1)))
    free = sum(span.pairs or 0 for span in network.spans.values())
    on_day = [part for part in held if part.period.lower <= day and (not part.period.upper or day < part.period.upper)]
    assert free + len(on_day) == OFFERED * len(network.spans)
