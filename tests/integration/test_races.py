"""Several at once on the same fibre: real connections, real commits.

Random load does not find these faults; threads that wait for each other do.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from sqlalchemy import ARRAY, BigInteger, Engine, any_, bindparam, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cni.assets.models import FibrePair, Span
from cni.assets.words import PairState
from cni.db.engine import session_factory
from cni.leases import allocation
from cni.leases.allocation import FibreTaken, NewLease, RouteSpan, add_lease
from cni.leases.lifecycle import LeaseStatus, WrongState
from cni.leases.models import Allocation, Lease
from cni.members.policy import Role
from cni.operations import leasing, ordering
from cni.operations.ordering import QuoteUsed
from cni.primitives.period import add_months
from tests.conftest import NOW
from tests.factories import make_actor, make_member
from tests.leases import START, Coop, make_coop

CLIENTS = 16
LETTERS = "ABCDEFGHIJKLM"
TWELVE_SPANS = ", ".join(f"{a}-{z} 100 x1" for a, z in pairwise(LETTERS))
"""One route of twelve spans with one pair left on each."""


@pytest.fixture
def sessions(own_database: Engine):
    """Sessions that commit for real, each on a connection of its own."""
    return session_factory(own_database)


def at_once(*doings: Callable[[], object]) -> list[object]:
    """Do all of these in threads that start together; return what each returned or raised."""
    together = threading.Barrier(len(doings))

    def do(doing: Callable[[], object]) -> object:
        together.wait()
        try:
            return doing()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(doings)) as pool:
        return list(pool.map(do, doings))


def quotes_of_all(session: Session, coop: Coop) -> list[tuple]:
    """Make a quote for each of sixteen members, every second one in the opposite direction."""
    asked = []
    for number in range(CLIENTS):
        planner = make_actor(session, make_member(session, roles="user"), Role.PLANNER)
        a, z = ("A", "M") if number % 2 else ("M", "A")
        asked.append((planner, coop.quote(planner=planner, a=a, z=z).reference))
    return asked


def deadlocks(session: Session) -> int:
    session.execute(text("SELECT pg_stat_force_next_flush()"))
    return session.scalar(text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))


def test_of_sixteen_who_request_the_last_pair_of_a_route_one_gets_it(sessions):
    with sessions.begin() as session:
        asked = quotes_of_all(session, make_coop(session, TWELVE_SPANS))

    def request(planner, reference):
        def doing():
            with sessions.begin() as session:
                chance = random.Random(reference)
                return ordering.request_lease(session, planner, reference, at=NOW, chooser=chance).reference

        return doing

    outcomes = at_once(*(request(*one) for one in asked))
    assert Counter(type(outcome) for outcome in outcomes) == {str: 1, FibreTaken: CLIENTS - 1}
    taken = next(outcome for outcome in outcomes if isinstance(outcome, FibreTaken))
    assert {problem.place for problem in taken.problems} == {f"{a}-{z}" for a, z in pairwise(LETTERS)}
    with sessions() as session:
        lease = session.scalars(select(Lease)).one()
        pairs = session.scalars(select(Allocation.fibre_pair_id).where(Allocation.lease_id == lease.id)).all()
        assert len(set(pairs)) == 12
        assert session.scalars(select(Allocation.lease_id).distinct()).all() == [lease.id]
        assert session.scalars(text("SELECT count(*) FROM events WHERE kind = 'LeaseRequested'")).one() == 1
        assert deadlocks(session) == 0


def test_two_who_request_the_same_quote_get_one_lease(sessions):
    with sessions.begin() as session:
        coop = make_coop(session)
        quote = coop.quote().reference

    def request():
        with sessions.begin() as session:
            return ordering.request_lease(session, coop.planner, quote, at=NOW, chooser=random.Random()).reference

    outcomes = at_once(request, request)
    assert Counter(type(outcome) for outcome in outcomes) == {str: 1, QuoteUsed: 1}


def test_of_approving_and_refusing_at_once_the_second_sees_the_first(sessions):
    with sessions.begin() as session:
        coop = make_coop(session)
        reference = coop.requested().reference

    def decide(decision, actor):
        def doing():
            with sessions.begin() as session:
                return decision(session, actor, reference, at=NOW).status

        return doing

    def refuse(session, actor, reference, *, at):
        return leasing.refuse_lease(session, actor, reference, "The duct is full.", at=at)

    outcomes = at_once(decide(leasing.approve_lease, coop.steward), decide(refuse, coop.steward))
    assert Counter(type(outcome) for outcome in outcomes) == {LeaseStatus: 1, WrongState: 1}
    with sessions() as session:
        lease = session.scalars(select(Lease)).one()
        held = session.scalars(select(Allocation)).all()
        assert (lease.status, len(held)) in ((LeaseStatus.RESERVED, 2), (LeaseStatus.REFUSED, 0))


def new_lease(session: Session, coop: Coop, spans: list[Span], reference: str) -> NewLease:
    return NewLease(
        reference=reference,
        member_id=coop.user.id,
        from_site_id=spans[0].a_id,
        to_site_id=spans[-1].z_id,
        routes=(tuple(RouteSpan(span.code, 100) for span in spans),),
        pairs=1,
        starts_on=START,
        ends_on=add_months(START, 12),
        term_months=12,
        status=LeaseStatus.REQUESTED,
        requested_at=NOW,
    )


def test_who_waited_for_the_lock_sees_what_was_sold_meanwhile(sessions):
    """The stale-snapshot trap: the second one waits while the first sells, and must look again after its wait."""
    with sessions.begin() as session:
        coop = make_coop(session, "A-Z 100 x1")
    spans = [coop.spans["A-Z"]]
    first_has_sold, second_waits = threading.Event(), threading.Event()

    def first():
        with sessions.begin() as session:
            add_lease(session, new_lease(session, coop, spans, "LSE-FIRST"))
            session.flush()
            first_has_sold.set()
            assert second_waits.wait(10)
            with sessions() as watching:
                while not watching.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                    watching.rollback()

    def second():
        assert first_has_sold.wait(10)
        with sessions.begin() as session:
            second_waits.set()
            add_lease(session, new_lease(session, coop, spans, "LSE-SECOND"))

    sold, refused = at_once(first, second)
    assert sold is None
    assert isinstance(refused, FibreTaken)


def test_routes_that_cross_in_opposite_directions_do_not_wait_for_each_other(sessions):
    with sessions.begin() as session:
        coop = make_coop(session, "A-B 100 x40, B-C 100 x40, C-D 100 x40")
    there = [coop.spans[code] for code in ("A-B", "B-C", "C-D")]

    def lease_ten(name, spans):
        def doing():
            for number in range(10):
                with sessions.begin() as session:
                    add_lease(session, new_lease(session, coop, spans, f"LSE-{name}-{number}"))

        return doing

    outcomes = at_once(lease_ten("THERE", there), lease_ten("BACK", there[::-1]))
    assert outcomes == [None, None]
    with sessions() as session:
        assert len(set(session.scalars(select(Allocation.fibre_pair_id)))) == 60
        assert deadlocks(session) == 0


def test_postgresql_refuses_the_same_pair_twice_even_from_code_that_does_not_ask(sessions):
    with sessions.begin() as session:
        lease = make_coop(session, "A-Z 100 x1").requested()
        lease_id, pair_id = lease.id, lease.allocations[0].fibre_pair_id
    columns = "lease_id, route, fibre_pair_id, period"
    insert = text(f"INSERT INTO allocations ({columns}) VALUES (:lease, 1, :pair, daterange(:start, :end))")
    given = {"lease": lease_id, "pair": pair_id}
    with pytest.raises(IntegrityError, match="ex_allocations_no_overlap"), sessions.begin() as session:
        session.execute(insert, given | {"start": lease.ends_on.replace(day=1, month=11), "end": None})
    with sessions.begin() as session:
        session.execute(insert, given | {"start": lease.ends_on, "end": None})


def test_without_the_second_look_the_constraint_still_stands(sessions, monkeypatch):
    """Were the search for free pairs to see too many, PostgreSQL would refuse the lease as a whole."""
    with sessions.begin() as session:
        coop = make_coop(session, "A-B 100 x1, B-Z 100 x1")
        coop.requested()
    on_route = FibrePair.span_id == any_(bindparam("span_ids", type_=ARRAY(BigInteger)))
    columns = select(FibrePair.span_id, FibrePair.number, FibrePair.id)
    blind = columns.where(on_route, FibrePair.state == PairState.OFFERED)
    monkeypatch.setattr(allocation, "FREE_PAIRS", blind)
    spans = list(coop.spans.values())
    with pytest.raises(IntegrityError, match="ex_allocations_no_overlap"), sessions.begin() as session:
        add_lease(session, new_lease(session, coop, spans, "LSE-TWICE"))
    with sessions() as session:
        assert len(session.scalars(select(Lease)).all()) == 1
