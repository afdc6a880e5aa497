"""What every route between two sites has to cross, found by walking along one of them.

From each site of the route in turn, all that can be reached without treading on the route is marked, and how far along
the route that leads. Where nothing so far leads past a site, every route passes it; where nothing but the route's own
span leads past the span, every route crosses it. Each site is marked once, so the whole takes one look at each span.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cni.topology.engine.compiled import compiled_in_place
from cni.topology.engine.view import Arrays, Int32s, Mask

UNSEEN = -1
SEEN = -2


class Findings(NamedTuple):
    """For each span and each site of a route, 1 where every route crosses it; the ends are not told."""

    spans: Mask
    sites: Mask


class Marks(NamedTuple):
    """For each site its place on the route, -1 where unseen, -2 where seen beside the route; and a stack of sites."""

    place: Int32s
    waiting: Int32s


def new_findings(span_count: int) -> Findings:
    """Return findings for a route of so many spans."""
    return Findings(np.zeros(span_count, np.uint8), np.zeros(span_count + 1, np.uint8))


def new_marks(site_count: int) -> Marks:
    """Return marks for so many sites."""
    return Marks(np.full(site_count, UNSEEN, np.int32), np.empty(site_count, np.int32))


@compiled_in_place
def follow(graph: Arrays, a: int, route: Int32s, sites: Int32s) -> None:
    """Write the sites along a route from `a` into `sites`."""
    sites[0] = a
    for number in range(len(route)):
        span = route[number]
        here = sites[number]
        sites[number + 1] = graph.end_z[span] if graph.end_a[span] == here else graph.end_a[span]


@compiled_in_place
def find_cuts(graph: Arrays, closed: Mask, route: tuple[Int32s, Int32s], marks: Marks, found: Findings) -> None:
    """Write what every route crosses into `found`; `route` is its spans and its sites."""
    spans, sites = route
    for number in range(len(sites)):
        marks.place[sites[number]] = number
    detour = 0
    for number in range(len(spans)):
        if number > 0 and detour <= number:
            found.sites[number] = 1
        detour = max(detour, look_beside(graph, closed, spans[number], sites[number], marks))
        if detour <= number:
            found.spans[number] = 1


@compiled_in_place
def look_beside(graph: Arrays, closed: Mask, onward: int, site: int, marks: Marks) -> int:
    """Mark what can be reached from a site of the route, but not over the span `onward` and not across the route.

    Returns the furthest place on the route that it leads to.
    """
    first_arc, arc_site, arc_span = graph.first_arc, graph.arc_site, graph.arc_span
    place, waiting = marks.place, marks.waiting
    furthest, count = 0, 1
    waiting[0] = site
    while count > 0:
        count -= 1
        here = waiting[count]
        for arc in range(first_arc[here], first_arc[here + 1]):
            span, other = arc_span[arc], arc_site[arc]
            if closed[span] or span == onward:
                continue
            if place[other] == UNSEEN:
                place[other] = SEEN
                waiting[count] = other
                count += 1
            else:
                furthest = max(furthest, place[other])
    return furthest
