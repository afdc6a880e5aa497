"""Other libraries' searches, for comparison: each on the same plant, in the order of sites that it is fastest with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import igraph
import networkx as nx
import numpy as np
import rustworkx

from benchmarks.networks import Int64s, Plant

AS_GIVEN, Z_CURVE = ORDERS = ("as given", "Z-curve")
TRIED_PAIRS = 9
"""How many pairs decide which order a library is fastest with."""


@dataclass(frozen=True)
class Rival:
    """A library's graph of a plant; `number` is where each site of the plant is in it."""

    graph: Any
    number: Int64s
    search: Callable[[Any, int, int], object]
    order: str

    def shortest(self, pair: tuple[int, int]) -> object:
        """Find the shortest route between two sites of the plant."""
        return self.search(self.graph, int(self.number[pair[0]]), int(self.number[pair[1]]))


def rustworkx_graph(plant: Plant) -> rustworkx.PyGraph:
    """Return the plant with its lengths in metres."""
    graph = rustworkx.PyGraph()
    graph.add_nodes_from(range(plant.sites))
    graph.add_edges_from(_edges(plant))
    return graph


def igraph_graph(plant: Plant) -> igraph.Graph:
    """Return the plant with its lengths in metres."""
    graph = igraph.Graph(plant.sites, edges=list(zip(plant.a.tolist(), plant.z.tolist(), strict=True)))
    graph.es["length_m"] = (plant.length_mm / 1000).tolist()
    return graph


def networkx_graph(plant: Plant) -> nx.MultiGraph:
    """Return the plant with its lengths in metres."""
    graph: nx.MultiGraph = nx.MultiGraph()
    graph.add_nodes_from(range(plant.sites))
    graph.add_weighted_edges_from(_edges(plant), weight="length_m")
    return graph


def _edges(plant: Plant) -> list[tuple[int, int, float]]:
    return list(zip(plant.a.tolist(), plant.z.tolist(), (plant.length_mm / 1000).tolist(), strict=True))


def _search_rustworkx(graph: rustworkx.PyGraph, a: int, z: int) -> object:
    """Find the length alone: the function that gives the route as well takes five times as long."""
    return rustworkx.dijkstra_shortest_path_lengths(graph, a, float, goal=z)


def _search_igraph(graph: igraph.Graph, a: int, z: int) -> object:
    return graph.get_shortest_path(a, z, weights="length_m", output="epath")


def _search_networkx(graph: nx.MultiGraph, a: int, z: int) -> object:
    return nx.bidirectional_dijkstra(graph, a, z, weight="length_m")


LIBRARIES: dict[str, tuple[Callable[[Plant], Any], Callable[[Any, int, int], object]]] = {
    "rustworkx": (rustworkx_graph, _search_rustworkx),
    "igraph": (igraph_graph, _search_igraph),
    "networkx": (networkx_graph, _search_networkx),
}


def rival(library: str, plant: Plant, order: str) -> Rival:
    """Return a library with the plant in an order: as given, or along a Z-curve."""
    make, search = LIBRARIES[library]
    places = plant.morton_order() if order == Z_CURVE else np.arange(plant.sites)
    number = np.empty_like(places)
    number[places] = np.arange(plant.sites)
    return Rival(make(plant.in_order(places)), number, search, order)


def fastest_rival(library: str, plant: Plant, pairs: Int64s) -> Rival:
    """Return a library with the plant in the order that it finds its way faster in."""
    return min((rival(library, plant, order) for order in ORDERS), key=lambda each: _tried_ms(each, pairs))


def _tried_ms(candidate: Rival, pairs: Int64s) -> float:
    spent = []
    for pair in pairs[:TRIED_PAIRS].tolist():
        began = time.perf_counter()
        candidate.shortest(pair)
        spent.append(time.perf_counter() - began)
    return median(spent)
