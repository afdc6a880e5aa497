"""From the live plant to the graph that routes are sought in, and back again when the plant has changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from threading import Barrier, BrokenBarrierError
from uuid import uuid4

import pytest
from sqlalchemy import text

from cni.assets.disclosure import Reason, Sight, Tier
from cni.assets.drawing import draw_routes
from cni.assets.snapshot import PlantsInMemory, live_plant, plant_revision, read_plant
from cni.assets.words import PairState
from cni.leases.allocation import NewLease, RouteSpan, add_lease
from cni.leases.lifecycle import LeaseStatus
from cni.leases.queries import open_network
from cni.primitives.geo import wkb_of
from cni.primitives.period import Period
from tests.conftest import NOW
from tests.factories import make_member
from tests.plant import lay

YEAR = Period(date(2027, 1, 1), date(2028, 1, 1))

EXACT_SIGHT = Sight(Tier.PARTY, everything=Reason.OWNER)


def hold(session, spans, *, starts_on, ends_on, pairs=1):
    """Hold pairs of these spans, as one route, for a member made for it."""
    new = NewLease(
        reference=f"LSE-{starts_on}-{len(spans)}-{pairs}",
        member_id=make_member(session).id,
        from_site_id=spans[0].a_id,
        to_site_id=spans[-1].z_id,
        routes=(tuple(RouteSpan(span.code, 1000) for span in spans),),
        pairs=pairs,
        starts_on=starts_on,
        ends_on=ends_on,
        term_months=12,
        status=LeaseStatus.RESERVED,
        requested_at=NOW,
    )
    lease = add_lease(session, new)
    session.flush()
    return lease


def test_the_network_has_the_names_lengths_and_risks_of_the_plant(session):
    lay(session, "A-B 1200.5 [K1 K2], B-C 900 [K1]")
    network = open_network(session, YEAR)
    assert {id: (span.a, span.z, span.length_m, span.risks) for id, span in network.spans.items()} == {
        "A-B": ("A", "B", 1200.5, ("K1", "K2")),
        "B-C": ("B", "C", 900, ("K1",)),
    }
    assert network.site_name("A") == "Site A"
    assert network.risk_name("K1") == "Risk K1"


def test_proposed_plant_does_not_enter_nor_does_a_span_that_ends_at_it(session):
    lay(session, "A-B 1")
    lay(session, "X-Y 1", live=False)
    lay(session, "A-X 1")
    assert list(open_network(session, YEAR).spans) == ["A-B"]
    assert [site.code for site in live_plant(session).sites] == ["A", "B"]


def test_only_offered_pairs_are_free(session):
    spans = lay(session, "A-B 1 x3")
    offered = [pair for pair in spans["A-B"].pairs if pair.state is PairState.OFFERED]
    offered[0].state = PairState.BROKEN
    session.flush()
    assert open_network(session, YEAR).spans["A-B"].pairs == 2


def test_a_pair_is_free_when_its_leases_end_before_the_window_or_begin_after_it(session):
    spans = lay(session, "A-B 1 x2")
    hold(session, [spans["A-B"]], starts_on=date(2026, 1, 1), ends_on=date(2027, 1, 1))
    hold(session, [spans["A-B"]], starts_on=date(2028, 1, 1), ends_on=None)
    assert open_network(session, YEAR).spans["A-B"].pairs == 2


def test_a_pair_that_is_held_on_one_day_of_the_window_is_not_free(session):
    spans = lay(session, "A-B 1 x2, B-C 1 x2")
    hold(session, [spans["A-B"]], starts_on=date(2027, 12, 31), ends_on=None)
    assert {id: span.pairs for id, span in open_network(session, YEAR).spans.items()} == {"A-B": 1, "B-C": 2}


def test_a_span_without_offered_pairs_stays_in_the_network_with_none_free(session):
    lay(session, "A-B 1 x0")
    assert open_network(session, YEAR).spans["A-B"].pairs == 0


def test_two_statements_read_the_network_again_however_large(session, count_queries):
    lay(session, "A-B 1 [K1], B-C 1, C-D 1 [K1], D-A 1")
    open_network(session, YEAR)
    session.expire_all()
    with count_queries() as statements:
        network = open_network(session, YEAR)
    assert len(statements) == 2
    assert len(network.spans) == 4


def test_nine_statements_read_it_after_a_change(session, count_queries):
    spans = lay(session, "A-B 1 [K1], B-C 1, C-D 1 [K1], D-A 1")
    open_network(session, YEAR)
    spans["A-B"].length_m = 2
    session.flush()
    with count_queries() as statements:
        network = open_network(session, YEAR)
    assert network.spans["A-B"].length_m == 2
    assert len(statements) == 9


def test_a_span_without_a_drawn_line_is_shown_straight(session):
    spans = lay(session, "A-B 1, B-C 1")
    spans["B-C"].geometry = wkb_of([(-2.2, 53.4), (-2.21, 53.41), (-2.22, 53.4)])
    session.flush()
    straight, drawn = draw_routes(session, [["A-B", "B-C"]], EXACT_SIGHT)
    assert drawn.line == [(-2.2, 53.4), (-2.21, 53.41), (-2.22, 53.4)]
    assert [latitude for _, latitude in straight.line] == [53.48, 53.48]


def test_where_two_routes_meet_is_told_on_their_spans(session, count_queries):
    lay(session, "A-M 1, M-Z 1 [K1], A-N 1 [K1], N-M 1, M-Z 2")
    with count_queries() as statements:
        drawn = draw_routes(session, [["A-M", "M-Z"], ["A-N", "N-M", "M-Z.2"]], EXACT_SIGHT)
    assert [(span.route, span.code, span.shared) for span in drawn] == [
        (1, "A-M", ("Site M",)),
        (1, "M-Z", ("Duct K1", "Site M")),
        (2, "A-N", ("Duct K1",)),
        (2, "N-M", ("Site M",)),
        (2, "M-Z.2", ("Site M",)),
    ]
    assert len(statements) == 2


def test_a_transaction_sees_the_plant_that_it_has_changed_itself_and_not_what_it_took_back(session):
    lay(session, "A-B 1")
    before = live_plant(session)
    savepoint = session.begin_nested()
    lay(session, "B-C 1")
    assert set(live_plant(session).network.spans) == {"A-B", "B-C"}
    savepoint.rollback()
    assert live_plant(session) is before


PLANT = {
    "contributions": "status",
    "sites": "name",
    "risk_groups": "name",
    "spans": "length_m",
    "span_risks": "span_id",
    "fibre_pairs": "state",
}


@pytest.mark.parametrize("table", PLANT)
def test_every_change_of_plant_gives_it_another_revision(session, table):
    lay(session, "A-B 1 [K1]")
    seen = [plant_revision(session)]
    for change in (f"UPDATE {table} SET {PLANT[table]} = {PLANT[table]}", f"DELETE FROM {table} WHERE false"):
        session.execute(text(change))
        seen.append(plant_revision(session))
    assert len(set(seen)) == 3


def test_a_member_that_is_renamed_is_renamed_as_an_owner(session):
    owner = make_member(session, "irwell-council")
    lay(session, "A-B 1", owner=owner)
    assert live_plant(session).owner_names == {"irwell-council": "Irwell Council"}
    owner.name = "Irwell Borough Council"
    session.flush()
    assert live_plant(session).owner_names == {"irwell-council": "Irwell Borough Council"}


def test_a_span_belongs_to_the_owner_of_its_fibre_and_to_that_of_its_duct(session):
    spans = lay(session, "A-B 1, B-C 1", owner=make_member(session, "irwell-council"))
    spans["B-C"].duct_owner_id = make_member(session, "tramway-ducts").id
    session.flush()
    assert live_plant(session).spans_of_owners == {"irwell-council": ("A-B", "B-C"), "tramway-ducts": ("B-C",)}


def test_leases_are_not_plant(session):
    spans = lay(session, "A-B 1 x2")
    before = live_plant(session)
    hold(session, [spans["A-B"]], starts_on=date(2027, 1, 1), ends_on=None)
    assert live_plant(session) is before
    assert open_network(session, YEAR).spans["A-B"].pairs == 1
    assert before.network.spans["A-B"].pairs == 2


def test_two_threads_that_want_the_same_plant_read_it_once(session):
    lay(session, "A-B 1")
    revision, plant = read_plant(session)
    memory, both_ask, both_read, reads = PlantsInMemory(), Barrier(2), Barrier(2), []

    def read():
        reads.append(revision)
        with suppress(BrokenBarrierError):
            both_read.wait(timeout=0.5)  # long enough for the other thread to come here too, if nothing keeps it
        return revision, plant

    def ask(_):
        both_ask.wait()
        return memory.at(revision, read)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(ask, range(2))) == [plant, plant]
    assert reads == [revision]


def test_a_process_keeps_the_last_two_plants(session):
    lay(session, "A-B 1")
    _, plant = read_plant(session)
    memory, reads = PlantsInMemory(), []
    revisions = [(uuid4(),) for _ in range(3)]
    for revision in (*revisions, revisions[2], revisions[1], revisions[0]):
        memory.at(revision, lambda now=revision: (reads.append(now), (now, plant))[1])
    assert reads == [*revisions, revisions[0]]
