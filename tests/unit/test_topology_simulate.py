"""What becomes of leases when things fail."""

from __future__ import annotations

from datetime import date

import pytest

from cni.primitives.errors import Invalid, NotFound
from cni.topology.leased_routes import LeasedRoutes, read_leased_routes
from cni.topology.questions import Element, ElementKind
from cni.topology.simulate import Order, explain_simulation, read_cuts, simulate, simulation_as_json
from tests.notation import network

SPAN, SITE, RISK = ElementKind

SQUARE = "A-B 1 x0 [DUCT], B-Z 1 x0, A-C 2 x1, C-Z 2 x1 [DUCT], A-Z 9 x5"


def lease(reference, *routes, pairs=1, starts_on=None):
    return LeasedRoutes(reference, tuple(tuple(route.split()) for route in routes), pairs, starts_on)


def fates(drawn, leases, *cuts, order=Order.START):
    found = simulate(network(drawn), leases, read_cuts(network(drawn), cuts), order)
    told = {each.reference: "survives on " + " ".join(each.route) for each in found.survivors}
    told |= {each.reference: "over " + " ".join(each.route.spans) for each in found.rerouted}
    return told | {each.reference: " ".join(each.why) for each in found.stranded}


def test_a_lease_with_a_second_route_survives_on_it():
    diverse = lease("L1", "A-B B-Z", "A-C C-Z")
    assert fates(SQUARE, [diverse], "span:B-Z") == {"L1": "survives on A-C C-Z"}
    assert fates(SQUARE, [diverse], "span:A-C", "span:A-Z") == {"L1": "survives on A-B B-Z"}


def test_a_risk_group_takes_both_routes_and_the_lease_is_led_another_way():
    assert fates(SQUARE, [lease("L1", "A-B B-Z", "A-C C-Z")], "risk:DUCT") == {"L1": "over A-Z"}


def test_leases_that_are_not_touched_are_counted_and_not_told():
    found = simulate(network(SQUARE), [lease("L1", "A-B"), lease("L2", "B-Z")], [Element(SPAN, "A-B")])
    assert found.unaffected == 1
    assert simulation_as_json(found)["failed"] == ["L1"]


def test_what_one_lease_takes_is_gone_for_those_after_it():
    early, late = (lease(f"L{n}", "A-B B-Z", starts_on=date(2026, n, 1)) for n in (1, 2))
    drawn = SQUARE.replace("x5", "x0")
    told = fates(drawn, [late, early], "span:B-Z")
    assert told["L1"] == "over A-C C-Z"
    assert "0 free pairs; 1 asked for" in told["L2"]


def test_the_order_says_who_comes_first():
    leases = [
        lease("L1", "A-B B-Z", starts_on=date(2026, 3, 1)),
        lease("L2", "A-B B-Z", starts_on=date(2026, 1, 1)),
        lease("L3", "A-B B-Z", pairs=2, starts_on=date(2026, 2, 1)),
    ]
    drawn = SQUARE.replace("x5", "x0").replace("x1", "x2")
    assert [key for key, fate in fates(drawn, leases, "span:B-Z").items() if fate.startswith("over")] == ["L2", "L1"]
    assert fates(drawn, leases, "span:B-Z", order=Order.PAIRS)["L3"] == "over A-C C-Z"
    by_reference = fates(drawn, leases, "span:B-Z", order=Order.REFERENCE)
    assert [key for key, fate in by_reference.items() if fate.startswith("over")] == ["L1", "L2"]


def test_a_failed_lease_may_use_its_own_pairs_again_and_nobody_else_may():
    drawn = "A-B 1 x0, B-C 1 x0, B-C 2 x1, A-C 9 x0"
    leases = [lease("L1", "A-B B-C"), lease("L2", "B-C")]
    assert fates(drawn, leases[:1], "span:B-C") == {"L1": "over A-B B-C.2"}  # A-B has no pair free but its own
    told = fates(drawn, [lease("L1", "B-C"), lease("L2", "A-B B-C")], "span:B-C")
    assert told["L1"] == "over B-C.2"
    assert "0 free pairs" in told["L2"]


def test_without_regard_to_pairs_more_leases_can_be_led_another_way():
    leases = [lease(f"L{n}", "A-B B-Z") for n in (1, 2, 3)]
    told = simulation_as_json(simulate(network(SQUARE.replace("x5", "x0")), leases, [Element(SPAN, "B-Z")]))
    assert [each["lease"] for each in told["rerouted"]] == ["L1"]
    assert told["reroutable_without_regard_to_pairs"] == {"count": 3, "leases": ["L1", "L2", "L3"]}


def test_a_lease_that_ends_at_a_site_that_fails_cannot_be_led_another_way():
    assert fates(SQUARE, [lease("L1", "A-B B-Z"), lease("L2", "A-B")], "site:B") == {
        "L1": "over A-C C-Z",
        "L2": "It ends at B, which fails.",
    }


def test_a_lease_that_nothing_joins_any_more_is_told_why():
    told = fates("A-B 1, B-C 1", [lease("L1", "A-B B-C")], "span:B-C")
    assert told["L1"] == "Without span B-C (B – C), which was left out, no run of spans leads from A to C."


def test_a_lease_over_plant_that_is_not_there_is_left_aside():
    found = simulate(network(SQUARE), [lease("L1", "A-B GONE"), lease("L2", "A-C A-B B-Z")], [Element(SPAN, "A-B")])
    assert found.elsewhere == ("L1",)
    assert found.rerouted[0].reference == "L2"  # from C to Z by way of A and B; now straight
    assert "L1" in explain_simulation(found)[-1]


@pytest.mark.parametrize(
    ("words", "error", "codes"),
    [
        (["span:NOWHERE", "risk:NONE"], NotFound, ["unknown", "unknown"]),
        (["span:NOWHERE", "A-B"], Invalid, ["unknown", "bad_cut"]),
        (["owner:X"], Invalid, ["bad_cut"]),
        ([], Invalid, ["missing"]),
    ],
)
def test_what_cannot_fail_is_refused(words, error, codes):
    with pytest.raises(error) as refused:
        read_cuts(network(SQUARE), words)
    assert [problem.code for problem in refused.value.problems] == codes


def test_leases_are_read_as_a_folder_has_them():
    table = (
        b"reference,member,spans,second_spans,pairs,starts_on,ends_on,term_months,accepted_on,quoted_annual_pence\n"
        b"LSE-1,spindle,A-B;B-Z,A-C;C-Z,2,2026-01-15,,12,,\n"
    )
    assert read_leased_routes(network(SQUARE), table) == [
        lease("LSE-1", "A-B B-Z", "A-C C-Z", pairs=2, starts_on=date(2026, 1, 15))
    ]


def test_every_fault_of_a_table_of_leases_is_told_by_row_and_column():
    table = b"reference,spans,second_spans,pairs\nL1,A-B;GONE,,1\nL2,A-B;C-Z,,1\nL3,A-B,A-C,0\nL1,,,1\n"
    with pytest.raises(Invalid) as refused:
        read_leased_routes(network(SQUARE), table)
    told = [(problem.row, problem.column) for problem in refused.value.problems]
    assert told == [(2, "spans"), (3, "spans"), (4, "pairs"), (4, "second_spans"), (5, "spans"), (5, "reference")]
