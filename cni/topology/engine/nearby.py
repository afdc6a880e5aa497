"""The part of a network in which an answer can lie: all that a program for it needs to know of."""

from __future__ import annotations

import numpy as np

from cni.topology.engine.compiled import compiled
from cni.topology.engine.heap import drop_first, push
from cni.topology.engine.labels import label_plant
from cni.topology.engine.search import find_routes
from cni.topology.engine.view import Arrays, Int32s, Int64s, Mask, View

FAR = np.iinfo(np.int64).max // 4
"""Stands for the length of a route that there is not; two of them can be added."""


def spans_between(
    view: View, ends: tuple[int, int], closed: Mask, count: int = 1, most_um: int | None = None
) -> Int32s:
    """Return the spans that simple routes between the ends can use, when `count` are `most_um` long together at most.

    A route through a span is as long as the way to it and on from it at least, and each other route as the shortest.
    """
    if most_um is not None:
        lengths = view.length_um
        from_a, from_z = (distances(view.arrays, closed, lengths, end) for end in ends)
        end_a, end_z = view.arrays.end_a, view.arrays.end_z
        through = np.minimum(from_a[end_a] + from_z[end_z], from_a[end_z] + from_z[end_a]) + lengths
        shortest = int(from_a[ends[1]])
        closed = closed | (through > most_um - (count - 1) * shortest).view(np.uint8)
    found = find_routes(view, ends, 1, closed, apart_at_sites=False)
    if not found:
        return np.empty(0, np.int32)
    blocks = label_plant(view.arrays, closed).block
    return np.flatnonzero(np.isin(blocks, blocks[found[0]]) & (closed == 0)).astype(np.int32)


def distances(graph: Arrays, closed: Mask, lengths: Int64s, start: int) -> Int64s:
    """Return the length of the shortest route from a site to every other, `FAR` where there is none."""
    best = np.full(len(graph.first_arc) - 1, FAR, np.int64)
    heap = (np.empty(len(graph.arc_site) + 1, np.int64), np.empty(len(graph.arc_site) + 1, np.int32))
    _spread(graph, closed, lengths, start, best, heap)
    return best


@compiled
def _spread(
    graph: Arrays, closed: Mask, lengths: Int64s, start: int, best: Int64s, heap: tuple[Int64s, Int32s]
) -> None:
    keys, sites = heap
    best[start] = 0
    size = push(keys, sites, 0, 0, start)
    while size > 0:
        key, site = keys[0], sites[0]
        size = drop_first(keys, sites, size)
        if key > best[site]:
            continue
        for arc in range(graph.first_arc[site], graph.first_arc[site + 1]):
            other, through = graph.arc_site[arc], key + lengths[graph.arc_span[arc]]
            if not closed[graph.arc_span[arc]] and through < best[other]:
                best[other] = through
                size = push(keys, sites, size, through, other)
