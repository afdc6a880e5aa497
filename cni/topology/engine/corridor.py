"""The spans that can be part of routes not much dearer than the cheapest ones: all others can be left out of a program.

Let some routes be the cheapest that share no site, and others dearer by `slack` at most. Where the others differ, they
leave the first ones at some site, run over spans of their own and come back at another; that detour, and what going
back along the first ones saves, cost no more than the slack. What is saved between two states is at most the
difference of their *potentials*: what going back along the routes there are, as far as it pays, gets a state down to.

Source: reduced-cost fixing, as in Ahuja, Magnanti and Orlin, Network Flows (1993), sections 9.2 and 16.4.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cni.topology.engine.compiled import compiled
from cni.topology.engine.flows import NOWHERE, Flow, flow_of, step
from cni.topology.engine.heap import drop_first, push
from cni.topology.engine.search import sites_along
from cni.topology.engine.view import Arrays, Int32s, Int64s, Mask, View

FAR = np.iinfo(np.int64).max // 8
"""Stands for a cost that there is not; some of them can be added."""


def outside(view: View, ends: tuple[int, int], routes: Sequence[Int32s], closed: Mask, slack: int) -> Mask:
    """Return the mask of the spans that no such routes can use which cost `slack` more at most.

    `routes` are the cheapest between the ends, under this mask, that share no site.
    """
    flow = flow_of(view, ends[0], routes, apart_at_sites=True)
    visited = np.unique(np.concatenate([sites_along(view, ends[0], route) for route in routes]))
    potential = np.zeros(2 * len(view.site_ids), np.int64)
    arrays, heap = view.arrays, _heap(view)
    _lower(arrays, closed, flow, _ways_back(view, ends[0], routes, potential), potential, heap)
    leaving, arriving = (np.full(len(view.site_ids), FAR, np.int64) for _ in range(2))
    leaving[visited] = potential[2 * visited]
    arriving[visited] = -potential[2 * visited + flow.crossed[visited]]
    for cost in (leaving, arriving):
        _spread_beside(arrays, closed, visited.astype(np.int32), cost, heap)
    forth = leaving[arrays.end_a] + arriving[arrays.end_z]
    back = leaving[arrays.end_z] + arriving[arrays.end_a]
    dear: Mask = (np.minimum(forth, back) + arrays.cost > slack).view(np.uint8)
    dear[np.concatenate(routes)] = 0
    return dear


def _heap(view: View) -> tuple[Int64s, Int32s]:
    size = 4 * len(view.span_ids) + 4 * len(view.site_ids) + 1
    return np.empty(size, np.int64), np.empty(size, np.int32)


def _ways_back(view: View, a: int, routes: Sequence[Int32s], potential: Int64s) -> Int32s:
    """Set the potentials along the routes to what going back from their end gets them down to; return these states."""
    states = []
    for route in routes:
        sites = sites_along(view, a, route)[:-1]
        rest = np.cumsum(view.arrays.cost[route][::-1])[::-1]
        for state in (2 * sites, 2 * sites[1:] + 1):
            potential[state] = np.minimum(potential[state], -rest[len(rest) - len(state) :])
            states.append(state)
    return np.unique(np.concatenate(states)).astype(np.int32)


@compiled
def _lower(
    graph: Arrays, closed: Mask, flow: Flow, states: Int32s, potential: Int64s, heap: tuple[Int64s, Int32s]
) -> None:
    """Lower potentials until no step leads to a lower one than it may."""
    keys, waiting = heap
    size = 0
    for state in states:
        size = push(keys, waiting, size, potential[state], state)
    while size > 0:
        key, state = keys[0], waiting[0]
        size = drop_first(keys, waiting, size)
        if key > potential[state]:
            continue
        site = state >> 1
        if flow.crossed[site] and not state & 1 and key < potential[state + 1]:
            potential[state + 1] = key
            size = push(keys, waiting, size, key, state + 1)
        for arc in range(graph.first_arc[site], graph.first_arc[site + 1]):
            span = graph.arc_span[arc]
            onward = step(flow, state, span, graph.arc_site[arc])
            if onward == NOWHERE or closed[span]:
                continue
            through = key + graph.cost[span] if flow.leads_to[span] == NOWHERE else key - graph.cost[span]
            if through < potential[onward]:
                potential[onward] = through
                size = push(keys, waiting, size, through, onward)


@compiled
def _spread_beside(graph: Arrays, closed: Mask, starts: Int32s, cost: Int64s, heap: tuple[Int64s, Int32s]) -> None:
    """Spread the costs of the sites to start from over all others, never through one of them."""
    keys, waiting = heap
    size = 0
    is_start = np.zeros(len(cost), np.uint8)
    for site in starts:
        is_start[site] = 1
        size = push(keys, waiting, size, cost[site], site)
    while size > 0:
        key, site = keys[0], waiting[0]
        size = drop_first(keys, waiting, size)
        if key > cost[site]:
            continue
        for arc in range(graph.first_arc[site], graph.first_arc[site + 1]):
            other, through = graph.arc_site[arc], key + graph.cost[graph.arc_span[arc]]
            if not closed[graph.arc_span[arc]] and not is_start[other] and through < cost[other]:
                cost[other] = through
                size = push(keys, waiting, size, through, other)
