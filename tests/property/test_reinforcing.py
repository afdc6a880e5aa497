"""Advice on candidates against all sets of them: what can be cured is cured, for the least money."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from itertools import chain, combinations

import networkx as nx
import pytest

from cni.topology.failures.candidates import Candidate
from cni.topology.failures.reinforce import reinforce
from cni.topology.network import Network
from cni.topology.questions import Diversity, Element, ElementKind
from tests.notation import network


def poor_network(chance: random.Random) -> Network:
    """Up to 8 sites, in one piece or several, with bridges, parallel spans and risk groups."""
    names = "ABCDEFGH"[: chance.randint(3, 8)]
    spans = []
    for number in range(chance.randint(2, len(names) + 3)):
        a, z = chance.sample(names, 2)
        risks = chance.choice(["", "", " [K1]", " [K2]", " [K1 K2]"])
        spans.append(f"S{number}: {a}-{chance.choice([z] * 9 + [a])} {chance.randint(0, 9)}{risks}")  # few lead back
    return network(", ".join([*(f"site {name}" for name in names), *spans]))


def some_candidates(chance: random.Random, net: Network) -> list[Candidate]:
    sites = sorted(net.graph)
    return [
        Candidate(row, *chance.sample(sites, 2), chance.choice([0, 5, 5, 7, 20]))
        for row in range(2, 2 + chance.randint(1, 7))
    ]


def remaining_graph(net: Network, failed: Element) -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(net.graph)
    for span in net.spans.values():
        if (failed.kind, failed.id) not in (("span", span.id), *(("risk", risk) for risk in span.risks)):
            graph.add_edge(span.a, span.z)
    if failed.kind == "site":
        graph.remove_node(failed.id)
    return graph


def divides(net: Network, failed: Element, built: Collection[Candidate] = ()) -> bool:
    """Whether two sites that hang together today no longer do when this fails, with these candidates built."""
    graph = remaining_graph(net, failed)
    graph.add_edges_from((each.a, each.z) for each in built if each.a in graph and each.z in graph)
    part = {site: number for number, sites in enumerate(nx.connected_components(graph)) for site in sites}
    return any(
        len({part[site] for site in sites if site in part}) > 1
        for sites in nx.connected_components(nx.Graph(net.graph))
    )


def failures(net: Network, against: Diversity) -> Iterator[Element]:
    ids = {"span": net.spans, "site": net.graph, "risk": net.risk_ids}[against]
    yield from (Element(ElementKind(against), id) for id in ids)


@pytest.mark.parametrize("against", Diversity)
def test_no_set_of_candidates_cures_as_much_for_less(against):
    chance = random.Random(f"reinforce {against}")
    cured = cheaper_than_all = 0
    for _ in range(150):
        net = poor_network(chance)
        candidates = some_candidates(chance, net)

        found = reinforce(net, candidates, against)

        dividing = {each for each in failures(net, against) if divides(net, each)}
        curable = {each for each in dividing if not divides(net, each, candidates)}
        sets = chain.from_iterable(combinations(candidates, size) for size in range(len(candidates) + 1))
        curing = [built for built in sets if not any(divides(net, each, built) for each in curable)]
        least = min(sum(each.cost_pence for each in built) for built in curing)
        assert (set(found.cured), {each.element for each in found.remaining}) == (curable, dividing - curable)
        assert not any(divides(net, each, found.chosen) for each in curable)
        assert found.cost_pence == least
        assert found.proven_optimal
        assert found.lower_bound_pence == found.cost_pence
        cured += len(curable)
        cheaper_than_all += len(found.chosen) < len(candidates)
    assert cured > 40
    assert cheaper_than_all > 60
