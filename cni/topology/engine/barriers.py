"""What keeps several routes from being one more: spans and sites, as many as the routes, of which each has to use one.

Those that one more route could get to, going back along the routes there are where that makes way for it, are marked
from a on. What leads out of them is a barrier; the next is looked for beyond it, up to z.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cni.topology.engine.compiled import compiled
from cni.topology.engine.flows import NOWHERE, Flow, flow_of, step
from cni.topology.engine.view import Arrays, Int32s, Mask, View


@dataclass(frozen=True, slots=True)
class Barrier:
    """Spans and sites (numbers) that one route each may use, and that every route has to use one of."""

    spans: tuple[int, ...]
    sites: tuple[int, ...]


def find_barriers(
    view: View, ends: tuple[int, int], routes: Sequence[Int32s], closed: Mask, *, apart_at_sites: bool
) -> list[Barrier]:
    """Return what stops one more route than these, which must be all there are, from a towards z.

    With one route these are all the bridges and, `apart_at_sites`, all the sites that every route passes.
    """
    flow = flow_of(view, ends[0], routes, apart_at_sites=apart_at_sites)
    return list(_barriers(view, ends, np.concatenate(routes), closed, flow))


def _barriers(view: View, ends: tuple[int, int], used: Int32s, closed: Mask, flow: Flow) -> Iterator[Barrier]:
    to = flow.leads_to[used]
    left = np.where(view.arrays.end_a[used] == to, view.arrays.end_z[used], view.arrays.end_a[used])
    arrivals = 2 * to + flow.crossed[to]
    reached = np.zeros(2 * len(view.site_ids), np.uint8)
    waiting = np.empty(len(reached), np.int32)
    beyond = np.array([2 * ends[0]], np.int32)
    while len(beyond):
        _spread(view.arrays, closed, flow, beyond, reached, waiting)
        if reached[2 * ends[1]]:
            return
        outward = (reached[2 * left] == 1) & (reached[arrivals] == 0)
        pinned = np.flatnonzero((reached[1::2] == 1) & (reached[::2] == 0))
        beyond = np.concatenate([arrivals[outward], 2 * pinned]).astype(np.int32)
        if len(beyond):
            yield Barrier(tuple(sorted(used[outward].tolist())), tuple(pinned.tolist()))


@compiled
def _spread(graph: Arrays, closed: Mask, flow: Flow, starts: Int32s, reached: Mask, waiting: Int32s) -> None:
    """Mark all that one more route could get to from these states; `waiting` is a stack."""
    size = 0
    for state in starts:
        size = _mark(reached, waiting, size, state)
    while size > 0:
        size -= 1
        state = waiting[size]
        site = state >> 1
        if flow.crossed[site] and not state & 1:
            size = _mark(reached, waiting, size, state + 1)
        for arc in range(graph.first_arc[site], graph.first_arc[site + 1]):
            onward = step(flow, state, graph.arc_span[arc], graph.arc_site[arc])
            if onward != NOWHERE and not closed[graph.arc_span[arc]]:
                size = _mark(reached, waiting, size, onward)


@compiled
def _mark(reached: Mask, waiting: Int32s, size: int, state: int) -> int:
    """Mark a state and put it on the stack, unless it was; return how many the stack has."""
    if reached[state]:
        return size
    reached[state] = 1
    waiting[size] = state
    return size + 1
