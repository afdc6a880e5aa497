"""What one failure would do to a site."""

from __future__ import annotations

import itertools
import random

import networkx as nx
import pytest

from cni.topology.failures.exposure import Standing, core_of, cut_off_sites, explain_exposure, find_exposure
from tests.notation import network

RING = "A-B 1, B-C 1, C-A 1"


def exposed(plant, site):
    return find_exposure(plant, site, plant.risk_ids)


def test_the_core_is_the_largest_part_that_no_single_span_or_site_divides():
    assert core_of(network(f"{RING}, C-D 1, D-E 1, E-D 1")) == {"A", "B", "C"}
    assert core_of(network(f"{RING}, C-D 1, D-E 1, E-F 1, F-C 1")) == {"C", "D", "E", "F"}
    assert core_of(network("A-B 1, A-B 1, B-C 1")) == {"A", "B"}  # parallel spans are two
    assert core_of(network(f"{RING}, C-D 1, C-E 1, D-E 1")) == {"A", "B", "C"}  # equally large: the first by id
    assert core_of(network("A-B 1, B-C 1")) == frozenset()
    assert core_of(network("")) == frozenset()


def test_a_site_behind_a_bridge_is_told_each_thing_between_it_and_the_core():
    exposure = exposed(network(f"{RING}, C-D 1, D-E 1 [K], E-D 1 [K]"), "E")

    assert exposure.standing is Standing.SPAN
    assert (exposure.spans, exposure.sites, exposure.risks) == (("C-D",), ("D", "C"), ("K",))


def test_a_site_on_two_spans_to_one_site_depends_on_that_site():
    exposure = exposed(network(f"{RING}, C-D 1, C-D 1"), "D")

    assert exposure.standing is Standing.SITE
    assert (exposure.spans, exposure.sites) == ((), ("C",))


def test_a_site_whose_spans_all_lie_in_one_duct_depends_on_it():
    exposure = exposed(network("A-B 1, B-C 1, C-A 1, A-D 1 [K], B-D 1 [K]"), "D")

    assert exposure.standing is Standing.RISK
    assert exposure.risks == ("K",)
    assert exposed(network("A-B 1, B-C 1, C-A 1, A-D 1 [K], B-D 1"), "D").standing is Standing.SOUND


def test_a_site_that_no_route_joins_to_the_core_is_unjoined():
    assert exposed(network(f"{RING}, site X"), "X").standing is Standing.UNJOINED
    assert exposed(network("A-B 1"), "A").standing is Standing.UNJOINED  # there is no core
    with pytest.raises(KeyError):
        exposed(network(RING), "X")


def test_what_fails_together_cuts_off_what_lies_behind():
    plant = network(f"{RING}, C-D 1, D-E 1, site X")
    core = core_of(plant)

    assert cut_off_sites(plant, core, ["C-D"], []) == ["D", "E"]
    assert cut_off_sites(plant, core, [], ["D"]) == ["E"]
    assert cut_off_sites(plant, core, ["A-B"], []) == []
    assert cut_off_sites(plant, core, ["A-B", "C-A"], []) == ["A"]
    assert cut_off_sites(plant, frozenset(), ["A-B"], []) == []


def test_every_single_failure_is_found_as_by_trying_each_on_random_networks():
    chance = random.Random(20261122)
    standings = set()
    for _ in range(150):
        sites = "ABCDEFGH"[: chance.randint(3, 8)]
        spans = [
            f"{a}-{z} 1" + (f" [{chance.choice('KLM')}]" if chance.random() < 0.5 else "")
            for a, z in chance.choices(list(itertools.combinations(sites, 2)), k=chance.randint(2, 13))
        ]
        plant = network(", ".join([*spans, *(f"site {site}" for site in sites)]))
        core = core_of(plant)
        for site in sites:
            found = exposed(plant, site)
            standings.add(found.standing)
            assert set(found.spans) == {s for s in plant.spans if _is_cut_off(plant, site, core, {s}, None)}
            assert set(found.risks) == {
                risk
                for risk in plant.risk_ids
                if _is_cut_off(plant, site, core, {s for s in plant.spans if risk in plant.spans[s].risks}, None)
            }
            if site not in core:
                assert set(found.sites) == {o for o in sites if o != site and _loses_all(plant, site, core, o)}
    assert standings == set(Standing)


def _is_cut_off(plant, site, core, spans, gone):
    """By the definition: it was joined to the core, and reaches no more than half of the core's sites now."""
    return bool(_core_reached(plant, site, core, set(), None)) and 2 * len(
        _core_reached(plant, site, core, spans, gone)
    ) <= len(core)


def _loses_all(plant, site, core, gone):
    """Without a site, another outside the core reaches nothing else of it."""
    return bool(_core_reached(plant, site, core, set(), None)) and not _core_reached(plant, site, core, set(), gone)


def _core_reached(plant, site, core, spans, gone):
    graph = plant.graph.copy()
    graph.remove_edges_from([(plant.spans[s].a, plant.spans[s].z, s) for s in spans])
    graph.remove_nodes_from([gone] if gone else [])
    return nx.node_connected_component(graph, site) & core


def test_the_sentences_name_each_thing_that_stands_alone_in_the_way():
    plant = network(f"{RING}, C-D 1 [K]")

    assert explain_exposure(plant, exposed(plant, "D")) == (
        "Every route from D to the core crosses the span C-D (C – D).",
        "Every route from D to the core passes C.",
        "Every route from D to the core uses the risk group K.",
    )
    row = network(f"{RING}, C-D 1, D-E 1")
    assert explain_exposure(row, exposed(row, "E")) == (
        "Every route from E to the core crosses the spans D-E (D – E) and C-D (C – D).",
        "Every route from E to the core passes D and C.",
    )
    assert explain_exposure(plant, exposed(plant, "A")) == (
        "No single span, site or risk group that fails cuts A off from the core,"
        " 3 sites that no single span or site divides.",
    )
    assert explain_exposure(network("A-B 1"), exposed(network("A-B 1"), "A")) == (
        "The network has no core: every span that fails divides it.",
    )
    apart = network(f"{RING}, site X")
    assert explain_exposure(apart, exposed(apart, "X")) == (
        "No route leads from X to the core, 3 sites that no single span or site divides.",
    )
