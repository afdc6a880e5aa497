"""The availability of routes, against adding up every state that their things can be in."""

from __future__ import annotations

from itertools import product
from math import prod

import pytest

from cni.topology.availability import DEMONSTRATION, FailureFigures, availability, availability_as_json
from tests.notation import network

BAD = FailureFigures(
    cuts_a_year_per_1000_km=90_000, hours_to_mend_a_span=12, failures_a_year_of_a_risk=50, hours_to_mend_a_risk=40
)
"""Everything fails so often that a mistake would show."""


def by_all_states(drawn, routes):
    works = {id: BAD.of_span(span.length_m) for id, span in drawn.spans.items()}
    works |= dict.fromkeys(drawn.risk_ids, BAD.of_risk)
    total = 0.0
    for state in product((True, False), repeat=len(works)):
        up = dict(zip(works, state, strict=True))
        needed = [[*route, *(risk for span in route for risk in drawn.spans[span].risks)] for route in routes]
        if any(all(up[each] for each in things) for things in needed):
            total += prod(works[each] if up[each] else 1 - works[each] for each in works)
    return total


@pytest.mark.parametrize(
    "routes",
    [
        [["A-B", "B-Z"]],
        [["A-B", "B-Z"], ["A-C", "C-Z"]],
        [["A-B", "B-Z"], ["A-B", "B-C", "C-Z"]],
        [["A-B", "B-Z"], ["A-B", "B-Z"]],
    ],
)
def test_the_closed_form_is_what_all_states_add_up_to(routes):
    drawn = network("A-B 1200 [K1 K2], B-Z 900, A-C 1500, C-Z 1100 [K1], B-C 300 [K3]")
    found = availability(drawn, routes, BAD)
    assert found.together == pytest.approx(by_all_states(drawn, routes), rel=1e-12)
    assert found.of_routes == pytest.approx([by_all_states(drawn, [route]) for route in routes], rel=1e-12)


def test_a_second_route_is_worth_more_the_less_it_shares():
    drawn = network("A-B 12000 [K1], B-Z 9000, A-C 15000, C-Z 11000 [K1], A-Z 30000")
    single, half, whole = (
        availability(drawn, routes).minutes_down_a_year
        for routes in ([["A-B", "B-Z"]], [["A-B", "B-Z"], ["A-C", "C-Z"]], [["A-B", "B-Z"], ["A-Z"]])
    )
    assert whole < half < single


def test_ten_kilometres_of_cable_are_down_for_a_quarter_of_an_hour_a_year():
    found = availability(network("A-Z 10000"), [["A-Z"]])
    assert found.minutes_down_a_year == pytest.approx(10 / 1000 * 2.13 * 12 * 60, rel=1e-4)


def test_the_assumptions_stand_with_the_figures():
    told = availability_as_json(availability(network("A-Z 10"), [["A-Z"]]))
    assert told["assumptions"] == list(DEMONSTRATION.assumptions)
    assert "2.13 times a year" in told["assumptions"][0]


def test_there_is_no_closed_form_for_three_routes():
    with pytest.raises(ValueError, match="3 routes"):
        availability(network("A-Z 10"), [["A-Z"]] * 3)
