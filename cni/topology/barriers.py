"""What keeps several routes from being one more: spans and sites, as many as the routes, of which each has to use one.

Those that one more route could get to, going back along the routes there are where that makes way for it, are marked
from a on. What leads out of them is a barrier; the next is looked for beyond it, up to z.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cni.topology.compiled import compiled
from cni.topology.search import sites_along
from cni.topology.view import Arrays, Int32s, Mask, View

FREE = -1


@dataclass(frozen=True, slots=True)
class Barrier:
    """Spans and sites (numbers) that one route each may use, and that every route has to use one of."""

    spans: tuple[int, ...]
    sites: tuple[int, ...]


class _Marks(NamedTuple):
    """States as in the kernel: twice the number of a site, plus one if pinned there."""

    leads_to: Int32s
    """m: the site that the route over a span goes to, -1 where it is free"""
    crossed: Mask
    """n: 1 where a route passes and none other may"""
    reached: Mask
    """2 n"""
    waiting: Int32s
    """2 n: a stack"""


def find_barriers(
    view: View, ends: tuple[int, int], routes: Sequence[Int32s], closed: Mask, *, apart_at_sites: bool
) -> list[Barrier]:
    """Return what stops one more route than these, which must be all there are, from a towards z.

    With one route these are all the bridges and, `apart_at_sites`, all the sites that every route passes.
    """
    marks = _marks(view, ends[0], routes, apart_at_sites=apart_at_sites)
    return list(_barriers(view, ends, routes, closed, marks))


def _marks(view: View, a: int, routes: Sequence[Int32s], *, apart_at_sites: bool) -> _Marks:
    sites, spans = len(view.site_ids), len(view.span_ids)
    marks = _Marks(
        np.full(spans, FREE, np.int32),
        np.zeros(sites, np.uint8),
        np.zeros(2 * sites, np.uint8),
        np.empty(2 * sites, np.int32),
    )
    for route in routes:
        visited = sites_along(view, a, route)
        marks.leads_to[route] = visited[1:]
        if apart_at_sites:
            marks.crossed[visited[1:-1]] = 1
    return marks


def _barriers(
    view: View, ends: tuple[int, int], routes: Sequence[Int32s], closed: Mask, marks: _Marks
) -> Iterator[Barrier]:
    used = np.concatenate(routes)
    to = marks.leads_to[used]
    left = np.where(view.arrays.end_a[used] == to, view.arrays.end_z[used], view.arrays.end_a[used])
    arrivals = 2 * to + marks.crossed[to]
    beyond = np.array([2 * ends[0]], np.int32)
    while len(beyond):
        _spread(view.arrays, closed, marks, beyond)
        if marks.reached[2 * ends[1]]:
            return
        outward = (marks.reached[2 * left] == 1) & (marks.reached[arrivals] == 0)
        pinned = np.flatnonzero((marks.reached[1::2] == 1) & (marks.reached[::2] == 0))
        beyond = np.concatenate([arrivals[outward], 2 * pinned]).astype(np.int32)
        if len(beyond):
            yield Barrier(tuple(sorted(used[outward].tolist())), tuple(pinned.tolist()))


@compiled
def _spread(graph: Arrays, closed: Mask, marks: _Marks, starts: Int32s) -> None:
    """Mark all that one more route could get to from these states."""
    waiting = 0
    for state in starts:
        if not marks.reached[state]:
            marks.reached[state] = 1
            marks.waiting[waiting] = state
            waiting += 1
    while waiting > 0:
        waiting -= 1
        state = marks.waiting[waiting]
        site, pinned = state >> 1, state & 1
        if marks.crossed[site] and not pinned:
            waiting = _mark(marks, state + 1, waiting)
        for arc in range(graph.first_arc[site], graph.first_arc[site + 1]):
            onward = _step(marks, state, graph.arc_span[arc], graph.arc_site[arc])
            if onward != FREE and not closed[graph.arc_span[arc]]:
                waiting = _mark(marks, onward, waiting)


@compiled
def _step(marks: _Marks, state: int, span: int, other: int) -> int:
    """Return the state to which a span leads from a state, -1 if one more route may not go that way."""
    site, pinned = state >> 1, state & 1
    if marks.leads_to[span] == FREE:
        return FREE if pinned else 2 * other + marks.crossed[other]
    return 2 * other if marks.leads_to[span] == site and pinned == marks.crossed[site] else FREE


@compiled
def _mark(marks: _Marks, state: int, waiting: int) -> int:
    """Mark a state and put it on the stack, unless it was; return how many the stack has."""
    if marks.reached[state]:
        return waiting
    marks.reached[state] = 1
    marks.waiting[waiting] = state
    return waiting + 1
