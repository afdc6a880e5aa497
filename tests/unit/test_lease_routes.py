"""Which runs of spans are the routes of a lease."""

from __future__ import annotations

import pytest

from cni.leases.route_checks import check_routes, sites_along

ENDS = {
    "AB": ("A", "B"),
    "BZ": ("B", "Z"),
    "CA": ("C", "A"),
    "CZ": ("C", "Z"),
    "AB2": ("A", "B"),
    "BD": ("B", "D"),
    "DB": ("D", "B"),
}


def codes(*routes):
    return [(problem.code, problem.place) for problem in check_routes([route.split() for route in routes], ENDS)]


@pytest.mark.parametrize("route", ["AB", "AB BZ", "BZ AB", "BZ AB CA", "CA CZ"])
def test_a_run_of_spans_that_joins_up_is_a_route_in_either_direction(route):
    assert codes(route) == []


def test_two_routes_between_the_same_sites_are_a_pair_whichever_way_they_are_written():
    assert codes("AB BZ", "CA CZ") == codes("AB BZ", "CZ CA") == []
    assert codes("AB", "AB2") == []


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ([""], [("missing_route", "spans")]),
        (["AB XX"], [("unknown_span", "spans")]),
        (["AB CZ"], [("broken_route", "spans")]),
        (["AB AB"], [("repeated_span", "spans")]),
        (["AB AB2"], [("broken_route", "spans")]),
        (["AB BD DB BZ"], [("broken_route", "spans")]),
        (["AB BZ", "CA XX"], [("unknown_span", "second_spans")]),
        (["AB BZ", "CA"], [("other_ends", "second_spans")]),
        (["AB BZ", "AB2 BZ"], [("shared_span", "second_spans")]),
        (["AB CZ", "XX"], [("broken_route", "spans"), ("unknown_span", "second_spans")]),
    ],
)
def test_what_is_no_route_is_told_at_its_place(routes, expected):
    assert codes(*routes) == expected


def test_the_sites_along_a_route_are_in_its_order():
    assert sites_along(["BZ", "AB", "CA"], ENDS) == ["Z", "B", "A", "C"]
    assert sites_along(["AB"], ENDS) == ["A", "B"]
    assert sites_along(["AB", "CZ"], ENDS) is None
