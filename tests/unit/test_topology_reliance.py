"""What a lease relies on."""

from __future__ import annotations

import pytest

from cni.topology.failures.reliance import find_reliance
from cni.topology.questions import Diversity
from tests.notation import network

PLANT = network("A-B 1 [K], B-Z 1, A-C 1 [K], C-Z 1, C-B 1, B-Z 1 [M], A-D 1, D-Z 1")


def test_a_single_route_relies_on_all_of_it():
    relies = find_reliance(PLANT, "Z", [["B-Z", "C-B", "A-C"]])

    assert (relies.ends, relies.spans, relies.sites, relies.risks) == (
        ("Z", "A"),
        ("B-Z", "C-B", "A-C"),
        ("B", "C"),
        ("K",),
    )
    assert relies.diversity is None


@pytest.mark.parametrize(
    ("routes", "shared", "diversity"),
    [
        ((["A-B", "B-Z"], ["A-D", "D-Z"]), ((), (), ()), Diversity.RISK),
        ((["A-B", "B-Z"], ["A-C", "C-Z"]), ((), (), ("K",)), Diversity.SITE),
        ((["A-B", "B-Z"], ["A-C", "C-B", "B-Z.2"]), ((), ("B",), ("K",)), Diversity.SPAN),
        ((["A-B", "B-Z"], ["A-C", "C-B", "B-Z"]), (("B-Z",), ("B",), ("K",)), None),
    ],
)
def test_two_routes_rely_on_what_both_have_and_are_as_diverse_as_that_leaves_them(routes, shared, diversity):
    relies = find_reliance(PLANT, "A", routes)

    assert (relies.spans, relies.sites, relies.risks) == shared
    assert relies.diversity is diversity
