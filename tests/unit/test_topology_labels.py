"""What holds together, against networkx on random plant with parallel spans, loops and closed spans."""

from __future__ import annotations

from random import Random

import networkx as nx
import numpy as np
import pytest

from cni.topology.engine.labels import label_plant
from cni.topology.engine.view import View, compile_view
from cni.topology.network import Network, Site, Span, build_network
from tests.notation import network


def random_network(random: Random, most_sites: int = 9) -> Network:
    """A small network, as likely as not in pieces, with parallel spans and, now and then, a loop."""
    sites = [f"S{number}" for number in range(random.randint(1, most_sites))]
    count = random.randint(0, len(sites) * 2)
    ends = [(random.choice(sites), random.choice(sites)) for _ in range(count)]
    spans = [Span(f"K{i}", a, z, random.randint(0, 9)) for i, (a, z) in enumerate(ends) if a != z or i % 4 == 0]
    return build_network(map(Site, sites), spans)


def view_of(drawn: Network) -> View:
    return compile_view(drawn.graph, ())


def mask_of(view: View, closed: set[str]) -> np.ndarray:
    return np.array([id in closed for id in view.span_ids], np.uint8)


def open_graph(drawn: Network, closed: set[str]) -> nx.MultiGraph:
    """The same without the closed spans, and without loops, which some functions of networkx refuse."""
    graph = drawn.graph.copy()
    graph.remove_edges_from([(a, z, id) for a, z, id in drawn.graph.edges(keys=True) if id in closed or a == z])
    return graph


def together(ids, labels) -> set[frozenset[str]]:
    """Which ids have the same label."""
    groups: dict[int, set[str]] = {}
    for id, label in zip(ids, labels.tolist(), strict=True):
        groups.setdefault(label, set()).add(id)
    return set(map(frozenset, groups.values()))


def blocks(graph: nx.MultiGraph) -> set[frozenset[str]]:
    found = list(nx.biconnected_component_edges(nx.Graph(graph)))
    return {frozenset(id for a, z in block for id in graph[a][z]) for block in found}


@pytest.mark.parametrize("seed", range(400))
def test_labels_say_what_networkx_says(seed):
    random = Random(seed)
    drawn = random_network(random)
    closed = {id for id in drawn.spans if random.random() < 0.15}
    view, graph = view_of(drawn), open_graph(drawn, closed)
    labels = label_plant(view.arrays, mask_of(view, closed))
    bridges = {id for a, z, id in graph.edges(keys=True) if _divides(graph, a, z, id)}
    inner = graph.copy()
    inner.remove_edges_from([(a, z, id) for a, z, id in graph.edges(keys=True) if id in bridges])
    loops = {id for id in set(drawn.spans) - closed if drawn.spans[id].a == drawn.spans[id].z}

    assert together(view.site_ids, labels.component) == set(map(frozenset, nx.connected_components(graph)))
    assert {id for id, is_bridge in zip(view.span_ids, labels.is_bridge, strict=True) if is_bridge} == bridges
    assert together(view.site_ids, labels.two_edge) == set(map(frozenset, nx.connected_components(inner)))
    assert {id for id, cut in zip(view.site_ids, labels.is_articulation, strict=True) if cut} == set(
        nx.articulation_points(nx.Graph(graph))
    )
    opened = [number for number, id in enumerate(view.span_ids) if id not in closed]
    assert together([view.span_ids[number] for number in opened], labels.block[opened]) == blocks(graph) | {
        frozenset({id}) for id in loops
    }
    assert (labels.block[mask_of(view, closed) == 1] == -1).all()


def _divides(graph: nx.MultiGraph, a: str, z: str, id: str) -> bool:
    without = graph.copy()
    without.remove_edge(a, z, key=id)
    return not nx.has_path(without, a, z)


def test_two_parallel_spans_are_no_bridges_until_one_of_them_is_closed():
    drawn = network("A-B 1, A-B 2, B-C 1")
    view = view_of(drawn)

    def bridges(closed):
        labels = label_plant(view.arrays, mask_of(view, closed))
        return {id for id, is_bridge in zip(view.span_ids, labels.is_bridge, strict=True) if is_bridge}

    assert bridges(set()) == {"B-C"}
    assert bridges({"A-B"}) == {"A-B.2", "B-C"}


def test_the_walk_meets_every_site_once_and_after_the_one_it_was_entered_from():
    view = view_of(network("A-B 1, B-C 1, C-A 1, C-D 1, site E, F-G 2"))
    walk = label_plant(view.arrays, view.nothing_closed).walk
    entered = [place for place in range(7) if walk.entered_by[place] >= 0]

    assert sorted(walk.order.tolist()) == list(range(7))
    assert len(entered) == 7 - 3  # three components
    for place in entered:
        span, above = walk.entered_by[place], walk.above[place]
        assert above < place
        assert {view.arrays.end_a[span], view.arrays.end_z[span]} == {walk.order[place], walk.order[above]}
    in_tree = {view.span_ids[span] for span in walk.entered_by.tolist() if span >= 0}
    assert {view.span_ids[span] for span in walk.outside.tolist()} == set(view.span_ids) - in_tree


def test_a_plant_without_sites_has_no_labels():
    view = view_of(build_network([], []))
    assert [len(labels) for labels in label_plant(view.arrays, view.nothing_closed)[:5]] == [0] * 5
