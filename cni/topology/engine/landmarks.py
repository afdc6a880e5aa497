"""Landmarks: sites far apart, with the cost of the cheapest route from each to everywhere.

Two of these costs bound the way between two sites from below (triangle inequality), which leads a search towards its
goal. Closing spans only makes ways dearer, so the bounds hold under every mask.

Source: Goldberg and Harrelson, Computing the Shortest Path: A* Search Meets Graph Theory (SODA 2005).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cni.topology.engine.compiled import compiled_in_place
from cni.topology.engine.heap import drop_first, push

LANDMARKS = 16
UNREACHED = -1

Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]


def landmark_distances(first_arc: Int32s, arc_site: Int32s, arc_span: Int32s, cost: Int64s) -> Int64s:
    """Return, for each of n sites, the cost of the cheapest route to each of 16 landmarks: n × 16, -1 unreachable.

    The first landmark is as far as can be from where a walk begins, each further one as far as can be from those
    there are. All lie in the component of one of the sites with the most spans, elsewhere there is nothing to lead by.
    """
    site_count = len(first_arc) - 1
    found = np.full((site_count, LANDMARKS), UNREACHED, np.int64)
    if site_count == 0:
        return found
    space = (
        np.empty(site_count, np.int64),
        np.empty(len(arc_site) + 1, np.int64),
        np.empty(len(arc_site) + 1, np.int32),
    )
    arcs = (first_arc, arc_site, arc_span)
    spread_from(int(np.argmax(np.diff(first_arc))), arcs, cost, space)
    nearest = space[0].copy()
    for number in range(LANDMARKS):
        spread_from(int(np.argmax(nearest)), arcs, cost, space)
        found[:, number] = space[0]
        nearest = space[0].copy() if number == 0 else np.minimum(nearest, space[0])
    return found


@compiled_in_place
def spread_from(
    start: int, arcs: tuple[Int32s, Int32s, Int32s], cost: Int64s, space: tuple[Int64s, Int64s, Int32s]
) -> None:
    """Write into `space[0]` the cost of the cheapest route from `start` to every site; the rest is a heap."""
    first_arc, arc_site, arc_span = arcs
    best, keys, states = space
    best[:] = UNREACHED
    best[start] = 0
    size = push(keys, states, 0, 0, start)
    while size > 0:
        key, site = keys[0], states[0]
        size = drop_first(keys, states, size)
        if key > best[site]:
            continue
        for arc in range(first_arc[site], first_arc[site + 1]):
            other, through = arc_site[arc], key + cost[arc_span[arc]]
            if best[other] == UNREACHED or through < best[other]:
                best[other] = through
                size = push(keys, states, size, through, other)
