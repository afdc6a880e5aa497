"""Candidates between sites that lie near each other."""

from __future__ import annotations

from itertools import pairwise

import pytest

from cni.primitives.errors import Invalid
from cni.primitives.geo import distance_m
from cni.topology.failures import proposals
from cni.topology.failures.proposals import propose_spans
from cni.topology.network import Site, Span, build_network
from cni.topology.questions import Diversity

STEP = 0.001
"""Of a degree of longitude at 53.5° north: about 66 m."""


def row(names, *spans, risks=()):
    """Sites side by side from west to east, and spans such as "AB" between them."""
    sites = [Site(name, None, -2.2 + STEP * index, 53.5) for index, name in enumerate(names)]
    return build_network(
        sites, [Span(f"{a}{z}-{index}", a, z, 100, risks=tuple(risks)) for index, (a, z) in enumerate(spans)]
    )


def pairs(network, within_m, against=Diversity.SPAN):
    return [(each.a, each.z) for each in propose_spans(network, within_m, against)]


def test_sites_across_a_bridge_are_proposed_up_to_the_distance():
    network = row("ABCD", "AB", "BC", "CD")

    assert pairs(network, 70) == [("A", "B"), ("B", "C"), ("C", "D")]
    assert pairs(network, 140) == [("A", "B"), ("A", "C"), ("B", "C"), ("B", "D"), ("C", "D")]
    assert pairs(network, 60) == []


def test_the_length_is_straight_and_rounded_up():
    (only,) = propose_spans(row("AB", "AB"), 100, Diversity.SPAN)

    exact = distance_m((-2.2, 53.5), (-2.2 + STEP, 53.5))
    assert exact <= only.length_m < exact + 1


def test_sites_that_no_single_failure_of_the_kind_parts_are_left_out():
    ring_and_ear = row("ABCDE", "AB", "BC", "CA", "CD", "DE", "EC")  # C alone parts the two rings

    assert pairs(ring_and_ear, 70) == []
    assert pairs(ring_and_ear, 140, Diversity.SITE) == [("B", "D")]
    assert ("B", "D") in pairs(ring_and_ear, 140, Diversity.RISK)
    assert ("A", "B") not in pairs(ring_and_ear, 140, Diversity.RISK)


def test_sites_that_no_route_joins_or_without_a_place_are_left_out():
    assert pairs(row("ABCD", "AB", "CD"), 70) == [("A", "B"), ("C", "D")]
    assert pairs(build_network([Site("A"), Site("B")], [Span("AB", "A", "B", 10)]), 1000) == []


def test_too_many_candidates_are_refused_with_a_remedy(monkeypatch):
    monkeypatch.setattr(proposals, "MOST_PROPOSED", 3)
    names = "ABCDEF"

    with pytest.raises(Invalid, match="5 pairs of sites"):
        pairs(row(names, *(a + z for a, z in pairwise(names))), 70)
