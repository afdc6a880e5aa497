"""How available one route is, or a pair of them."""

from __future__ import annotations

import math

import pytest

from cni.primitives.errors import Invalid
from cni.topology.failures.availability import FailureFigures, availability
from tests.notation import network

# 1 km of span is mended as long as it works, so it works half the time; so does a risk group.
EVEN = FailureFigures(
    span_failures_per_km_year=1, span_repair_hours=8760, group_failures_per_year=1, group_repair_hours=8760
)


@pytest.mark.parametrize(
    ("plant", "routes", "fraction"),
    [
        ("A-Z 1000", [["A-Z"]], 1 / 2),
        ("A-Z 3000", [["A-Z"]], 1 / 4),
        ("A-Z 0", [["A-Z"]], 1),
        ("A-B 1000, B-Z 1000", [["A-B", "B-Z"]], 1 / 4),
        ("A-Z 1000 [K]", [["A-Z"]], 1 / 4),
        ("A-B 1000 [K], B-Z 1000 [K]", [["A-B", "B-Z"]], 1 / 8),  # one group, however many of its spans
        ("A-Z 1000, A-Z 1000", [["A-Z"], ["A-Z.2"]], 3 / 4),
        ("A-Z 1000 [K], A-Z 1000 [L]", [["A-Z"], ["A-Z.2"]], 1 - (3 / 4) ** 2),
        ("A-Z 1000 [K], A-Z 1000 [K]", [["A-Z"], ["A-Z.2"]], 1 / 2 * 3 / 4),  # K is shared
        ("A-B 1000, B-Z 1000, B-Z 1000", [["A-B", "B-Z"], ["A-B", "B-Z.2"]], 1 / 2 * 3 / 4),  # as A-B is here
        ("A-Z 1000 [K L], A-Z 1000 [K]", [["A-Z"], ["A-Z.2"]], 1 / 2 * (1 - 3 / 4 * 1 / 2)),
        ("A-Z 1000", [["A-Z"], ["A-Z"]], 1 / 2),  # twice the same route is one
    ],
)
def test_what_is_shared_counts_once_and_either_of_the_rest_is_enough(plant, routes, fraction):
    assert availability(network(plant), routes, EVEN).fraction == pytest.approx(fraction, abs=1e-15)


def test_minutes_are_those_of_a_year_at_which_nothing_works():
    found = availability(network("A-Z 1000"), [["A-Z"]], EVEN)

    assert found.minutes_a_year == 525_600 / 2


def test_by_what_is_assumed_100_km_are_down_for_three_and_a_quarter_hours_a_year():
    found = availability(network("A-Z 100000"), [["A-Z"]])

    # 0.27 failures of 12 hours
    assert found.minutes_a_year == pytest.approx(0.27 * 12 * 60, rel=0.001)
    assert found.assumptions == (
        "A span fails 0.0027 times a year for each kilometre, and is mended in 12 hours.",
        "A risk group fails as a whole 0.01 times a year, and is mended in 48 hours.",
        "Spans and risk groups fail independently of each other.",
        "Sites and the members' own equipment never fail.",
    )


def test_of_a_pair_it_is_said_besides_what_that_takes_for_granted():
    said = availability(network("A-Z 1, A-Z 1"), [["A-Z"], ["A-Z.2"]]).assumptions

    assert said[2] == "Spans and risk groups fail independently of each other; what both routes cross counts once."
    assert said[-1] == "The change from one route to the other takes no time."


@pytest.mark.parametrize(
    ("routes", "said"),
    [
        ([], "There are 0 routes."),
        ([["A-Z"]] * 3, "There are 3 routes."),
        ([[]], "Route 1 has no span."),
        ([["A-Z", "Q"]], "There is no span Q in the network."),
    ],
)
def test_what_are_no_routes_is_refused(routes, said):
    with pytest.raises(Invalid) as refused:
        availability(network("A-Z 1"), routes)

    assert [problem.message for problem in refused.value.problems] == [said]


@pytest.mark.parametrize("wrong", [-1.0, math.inf, math.nan])
def test_a_figure_that_cannot_be_is_refused(wrong):
    with pytest.raises(Invalid) as refused:
        availability(network("A-Z 1"), [["A-Z"]], FailureFigures(group_repair_hours=wrong))

    assert refused.value.problems[0].place == "group_repair_hours"
