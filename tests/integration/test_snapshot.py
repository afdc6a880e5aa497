"""From the live plant to the graph that routes are sought in."""

from __future__ import annotations

from datetime import date

from cni.assets.snapshot import draw_routes, live_sites
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


def hold(session, spans, *, starts_on, ends_on, pairs=1):
    """Hold pairs of these spans, as one route, for a member made for it."""
    new = NewLease(
        reference=f"LSE-{starts_on}-{len(spans)}-{pairs}",
        member_id=make_member(session).id,
        from_site_id=spans[0].a_id,
        to_site_id=spans[-1].z_id,
        routes=(tuple(RouteSpan(span.id, span.code, 1000) for span in spans),),
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
    assert [site.code for site in live_sites(session)] == ["A", "B"]


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


def test_four_statements_read_the_network_however_large(session, count_queries):
    lay(session, "A-B 1 [K1], B-C 1, C-D 1 [K1], D-A 1")
    session.expire_all()
    with count_queries() as statements:
        open_network(session, YEAR)
    assert len(statements) == 4


def test_a_span_without_a_drawn_line_is_shown_straight(session):
    spans = lay(session, "A-B 1, B-C 1")
    spans["B-C"].geometry = wkb_of([(-2.2, 53.4), (-2.21, 53.41), (-2.22, 53.4)])
    session.flush()
    straight, drawn = draw_routes(session, [["A-B", "B-C"]])
    assert drawn.line == [(-2.2, 53.4), (-2.21, 53.41), (-2.22, 53.4)]
    assert [latitude for _, latitude in straight.line] == [53.48, 53.48]


def test_where_two_routes_meet_is_told_on_their_spans(session, count_queries):
    lay(session, "A-M 1, M-Z 1 [K1], A-N 1 [K1], N-M 1, M-Z 2")
    with count_queries() as statements:
        drawn = draw_routes(session, [["A-M", "M-Z"], ["A-N", "N-M", "M-Z.2"]])
    assert [(span.route, span.code, span.shared) for span in drawn] == [
        (1, "A-M", ("Site M",)),
        (1, "M-Z", ("Duct K1", "Site M")),
        (2, "A-N", ("Duct K1",)),
        (2, "N-M", ("Site M",)),
        (2, "M-Z.2", ("Site M",)),
    ]
    assert len(statements) == 2
