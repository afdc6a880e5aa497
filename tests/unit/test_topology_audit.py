"""The audit of a network, against taking things out of it one by one and looking what is left."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import combinations
from random import Random

import networkx as nx
import numpy as np
import pytest

from cni.topology.engine import sketch
from cni.topology.engine.labels import label_open, open_plant
from cni.topology.failures.audit import audit, audit_as_json, explain_audit
from cni.topology.network import Network, Site, Span, build_network
from tests.notation import network


def random_network(random: Random, most_sites: int, density: float) -> Network:
    """A network, as likely as not in pieces, with parallel spans, a few loops, and risk groups of up to five spans."""
    sites = [f"S{number}" for number in range(random.randint(1, most_sites))]
    ends = [(random.choice(sites), random.choice(sites)) for _ in range(round(len(sites) * density))]
    ends = [(a, z) for i, (a, z) in enumerate(ends) if a != z or i % 5 == 0]
    groups = {f"R{i}": random.choices(range(len(ends)), k=random.randint(1, 5)) for i in range(6)} if ends else {}
    risks = [tuple(risk for risk, spans in groups.items() if i in spans) for i in range(len(ends))]
    return build_network(
        map(Site, sites), [Span(f"K{i}", a, z, 1, risks=risks[i]) for i, (a, z) in enumerate(ends)], {"R9": "Empty"}
    )


class Oracle:
    """The same network, from which things are taken out."""

    def __init__(self, drawn: Network, closed: Collection[str] = ()) -> None:
        self.graph = without(drawn.graph, closed)
        self.spans = sorted(id for *_, id in self.graph.edges(keys=True))
        self.risks = {risk: {id for id in self.spans if risk in drawn.spans[id].risks} for risk in drawn.risk_ids}
        self.parts = nx.number_connected_components(self.graph)

    def divides(self, spans: Collection[str]) -> bool:
        return nx.number_connected_components(without(self.graph, spans)) > self.parts

    @property
    def bridges(self) -> list[str]:
        return [id for id in self.spans if self.divides({id})]

    @property
    def cuts(self) -> list[list[str]]:
        inner = [id for id in self.spans if id not in self.bridges]
        return [list(pair) for pair in combinations(inner, 2) if self.divides(pair)]

    @property
    def core(self) -> set[str]:
        """The most sites that no single site and no bridge stands between; of as many, those with the first id."""
        inner = without(self.graph, self.bridges)
        inner.remove_edges_from(list(nx.selfloop_edges(inner, keys=True)))
        found = list(nx.biconnected_components(nx.Graph(inner)))
        return set(min(found, key=lambda block: (-len(block), sorted(block)), default=()))

    def standing(self, site: str) -> str:
        core = self.core
        if not core or not nx.has_path(self.graph, site, min(core)):
            return "unjoined"
        others = [other for other in self.graph if other != site]
        singles = (
            ("span", (without(self.graph, {span}) for span in self.spans)),
            ("site", (self.graph.subgraph([each for each in self.graph if each != other]) for other in others)),
            ("risk", (without(self.graph, spans) for spans in self.risks.values())),
        )
        return next((word for word, left in singles if any(self.loses(site, each, core) for each in left)), "sound")

    @staticmethod
    def loses(site: str, left: nx.MultiGraph, core: set[str]) -> bool:
        return 2 * len(core & nx.node_connected_component(left, site)) <= len(core & set(left))


def without(graph: nx.MultiGraph, spans: Collection[str]) -> nx.MultiGraph:
    kept = nx.MultiGraph()
    kept.add_nodes_from(graph)
    kept.add_edges_from((a, z, id) for a, z, id in graph.edges(keys=True) if id not in spans)
    return kept


def mask(drawn: Network, closed: Iterable[str]) -> np.ndarray:
    return np.isin(drawn.view.span_ids, sorted(closed)).astype(np.uint8)


def assert_true(drawn: Network, closed: Collection[str] = ()) -> None:
    told = audit_as_json(audit(drawn, mask(drawn, closed) if closed else None), with_cuts=True)
    oracle = Oracle(drawn, closed)

    assert told["bridges"] == oracle.bridges
    assert told["articulation_sites"] == sorted(nx.articulation_points(nx.Graph(oracle.graph)))
    assert told["single_point_risks"] == sorted(risk for risk, spans in oracle.risks.items() if oracle.divides(spans))
    inner = without(oracle.graph, oracle.bridges)
    assert told["two_edge_connected_components"] == nx.number_connected_components(inner)
    assert told["two_span_cuts"] == {"count": len(oracle.cuts), "cuts": sorted(oracle.cuts)}
    standings = {site: word for word, sites in told["sites_by_resilience"].items() for site in sites}
    assert standings == {site: oracle.standing(site) for site in drawn.graph}


@pytest.mark.parametrize("seed", range(150))
def test_an_audit_finds_what_taking_things_out_finds(seed):
    random = Random(seed)
    drawn = random_network(random, most_sites=9, density=random.choice([1, 1.3, 1.6, 2]))
    assert_true(drawn)
    assert_true(drawn, [id for id in drawn.spans if random.random() < 0.1])


@pytest.mark.parametrize("seed", range(6))
def test_an_audit_of_a_larger_network_too(seed):
    assert_true(random_network(Random(f"larger {seed}"), most_sites=40, density=1.4))


def test_a_ring_is_divided_by_any_two_of_its_spans():
    found = audit(network("A-B 1, B-C 1, C-D 1, D-A 1"))
    assert found.two_span_cuts == 6
    assert len(found.bridges) == 0


def test_a_large_risk_group_is_judged_by_trying_it():
    """Two rings of 30 sites, joined by a span from each site to its like: those together divide them."""
    ring = [f"{side}{i}-{side}{(i + 1) % 30} 1" for side in "NS" for i in range(30)]
    rungs = [f"N{i}-S{i} 1 [{'R ALL' if i else 'ALL'}]" for i in range(30)]
    told = audit_as_json(audit(network(", ".join(ring + rungs))))
    assert told["single_point_risks"] == ["ALL"]

    doubled = [f"N{i}-S{i} 1 [ALL]" for i in range(30)]
    told = audit_as_json(audit(network(", ".join(ring + rungs + doubled))))
    assert told["single_point_risks"] == ["ALL"]
    assert len(told["sites_by_resilience"]["risk"]) == 60  # each side is left with half of the core, not with most


def test_words_that_are_alike_by_chance_are_found_out():
    drawn = network("A-B 1, B-C 1, C-D 1, D-A 1, A-C 1, B-D 1")
    plant = open_plant(drawn.view.arrays, drawn.view.nothing_closed)
    labels = label_open(plant)
    certain = set()
    for salt in range(60):
        words = sketch.random_words(6, salt) & np.uint64(1)
        _, is_certain = sketch.find_alike(labels.walk, sketch.climb_tree(labels.walk, words), words)
        certain.add(is_certain)
    assert certain == {False}  # no two spans of this one divide it, and six words of one bit cannot all differ


def test_words_are_tried_again_until_none_are_alike_by_chance(monkeypatch):
    tried = []

    def poor_words(count, salt):
        tried.append(salt)
        return words(count, salt) & np.uint64(1 if salt < 3 else 2**64 - 1)

    words = sketch.random_words
    monkeypatch.setattr(sketch, "random_words", poor_words)
    assert audit(network("A-B 1, B-C 1, C-D 1, D-A 1, A-C 1, B-D 1")).two_span_cuts == 0
    assert tried == [0, 1, 2, 3]


def test_an_audit_says_in_words_what_it_found():
    sentences = explain_audit(audit(network("A-B 1, B-C 1, C-A 1, C-D 1 [R], site E")))
    assert sentences[0] == "1 span whose failure alone divides the network: bridges."
    assert "Of 5 sites, 3 keep most of the core" in sentences[-1]


def test_an_audit_tells_its_stages():
    stages = []
    audit(network("A-B 1"), on_progress=stages.append)
    assert stages == ["bridges and articulation sites", "pairs of spans", "risk groups"]


def test_there_is_nothing_to_find_where_there_is_nothing():
    told = audit_as_json(audit(build_network([], [])), with_cuts=True)
    assert told["bridges"] == []
    assert told["two_span_cuts"] == {"count": 0, "cuts": []}
