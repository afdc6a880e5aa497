"""What one failure would do to a site."""

from __future__ import annotations

import itertools
import random

import networkx as nx
import pytest

from cni.topology.exposure import Standing, core_of, cut_off_sites, explain_exposure, find_exposure
from tests.notation import network

RING = "A-B 1, B-C 1, C-A 1"


def test_the_core_is_the_largest_set_that_any_one_span_leaves_joined():
    assert core_of(network(f"{RING}, C-D 1, D-E 1, E-D 1")) == {"A", "B", "C"}
    assert core_of(network("A-B 1, A-B 1, B-C 1")) == {"A", "B"}  # parallel spans are two
    assert core_of(network("A-B 1, B-C 1")) == frozenset()
    assert core_of(network("")) == frozenset()


def test_a_site_behind_a_bridge_is_told_each_thing_between_it_and_the_core():
    exposure = find_exposure(network(f"{RING}, C-D 1, D-E 1 [K], E-D 1 [K]"), "E")

    assert exposure.standing is Standing.SPAN
    assert (exposure.spans, exposure.sites, exposure.risks) == (("C-D",), ("D", "C"), ("K",))


def test_a_site_on_two_spans_to_one_site_depends_on_that_site():
    exposure = find_exposure(network(f"{RING}, C-D 1, C-D 1"), "D")

    assert exposure.standing is Standing.SITE
    assert (exposure.spans, exposure.sites) == ((), ("C",))


def test_a_site_whose_spans_all_lie_in_one_duct_depends_on_it():
    exposure = find_exposure(network("A-B 1, B-C 1, C-A 1, A-D 1 [K], B-D 1 [K]"), "D")

    assert exposure.standing is Standing.RISK
    assert exposure.risks == ("K",)
    assert find_exposure(network("A-B 1, B-C 1, C-A 1, A-D 1 [K], B-D 1"), "D").standing is Standing.SOUND


def test_a_site_that_no_route_joins_to_the_core_is_unjoined():
    assert find_exposure(network(f"{RING}, site X"), "X").standing is Standing.UNJOINED
    assert find_exposure(network("A-B 1"), "A").standing is Standing.UNJOINED  # there is no core
    with pytest.raises(KeyError):
        find_exposure(network(RING), "X")


def test_what_fails_together_cuts_off_what_lies_behind():
    plant = network(f"{RING}, C-D 1, D-E 1, site X")

    assert cut_off_sites(plant, core_of(plant), ["C-D"], []) == ["D", "E"]
    assert cut_off_sites(plant, core_of(plant), [], ["D"]) == ["E"]
    assert cut_off_sites(plant, core_of(plant), ["A-B"], []) == []


def test_every_single_failure_is_found_as_by_trying_each_on_random_networks():
    chance = random.Random(20261122)
    for _ in range(120):
        sites = "ABCDEFG"[: chance.randint(3, 7)]
        spans = [
            f"{a}-{z} 1" + (f" [{chance.choice('KLM')}]" if chance.random() < 0.5 else "")
            for a, z in chance.choices(list(itertools.combinations(sites, 2)), k=chance.randint(2, 11))
        ]
        plant = network(", ".join([*spans, *(f"site {site}" for site in sites)]))
        core = core_of(plant)
        for site in sites:
            found = find_exposure(plant, site, core)
            assert set(found.spans) == {s for s in plant.spans if _is_cut_off(plant, site, core, {s}, None)}
            assert set(found.sites) == {o for o in set(sites) - {site} if _is_cut_off(plant, site, core, set(), o)}
            assert set(found.risks) == {
                risk
                for risk in plant.risk_ids
                if _is_cut_off(plant, site, core, {s for s in plant.spans if risk in plant.spans[s].risks}, None)
            }


def _is_cut_off(plant, site, core, spans, gone):
    """By the definition: it reached the core before, and reaches no other site of what is left of it now."""
    graph = plant.graph.copy()
    reached_before = nx.node_connected_component(graph, site) & (core - {site})
    graph.remove_edges_from([(plant.spans[s].a, plant.spans[s].z, s) for s in spans])
    graph.remove_nodes_from([gone] if gone else [])
    goals = core - {site, gone}
    return bool(reached_before) and bool(goals) and not nx.node_connected_component(graph, site) & goals


def test_the_sentences_name_each_thing_that_stands_alone_in_the_way():
    plant = network(f"{RING}, C-D 1 [K]")

    assert explain_exposure(plant, find_exposure(plant, "D")) == (
        "Every route from D to the core crosses span C-D (C – D).",
        "Every route from D to the core passes C.",
        "Every route from D to the core uses the risk group K.",
    )
    assert explain_exposure(plant, find_exposure(plant, "A")) == (
        "No single span, site or risk group that fails cuts A off from the core,"
        " 3 sites that stay joined whichever span fails.",
    )
    assert explain_exposure(network("A-B 1"), find_exposure(network("A-B 1"), "A")) == (
        "The network has no core: no two of its sites stay joined whichever span fails.",
    )
    apart = network(f"{RING}, site X")
    assert explain_exposure(apart, find_exposure(apart, "X")) == (
        "No route leads from X to the core, 3 sites that stay joined whichever span fails.",
    )
