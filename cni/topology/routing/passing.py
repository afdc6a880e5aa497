"""One route that passes where it must: over a span, or through a site.

A simple route from a over a span to z is two routes without a common site, from the two ends of the span to a and z:
which one goes where, the search may choose. So two helper sites are added, one beside the span's ends, one beside a
and z, and the kernel finds two routes between them: the least total, proven.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, permutations

import numpy as np

from cni.topology.engine.search import find_routes, sites_along
from cni.topology.engine.view import Arrays, Int32s, Mask, View
from cni.topology.routing.pairs import spans_at

MOST_ORDERS = 6
"""In how many orders several places are tried."""


def shortest_over(view: View, ends: tuple[int, int], spans: Int32s, closed: Mask) -> Int32s | None:
    """Return the shortest route between the ends over one at least of these spans; None if there is none."""
    found = [_over(view, ends, span, closed) for span in np.unique(spans).tolist() if not closed[span]]
    routes = [route for route in found if route is not None]
    return min(routes, key=lambda route: int(view.arrays.cost[route].sum()), default=None)


def over_each(view: View, ends: tuple[int, int], places: Sequence[Int32s], closed: Mask) -> Int32s | None:
    """Return a short route over a span at least of each of these places, which may not be the shortest."""
    found = [_in_order(view, ends, order, closed) for order in islice(permutations(places), MOST_ORDERS)]
    routes = [route for route in found if route is not None]
    return min(routes, key=lambda route: int(view.arrays.cost[route].sum()), default=None)


def _over(view: View, ends: tuple[int, int], span: int, closed: Mask) -> Int32s | None:
    sides = int(view.arrays.end_a[span]), int(view.arrays.end_z[span])
    if sides[0] == sides[1]:
        return None
    helped = _with_helpers(view, sides, ends)
    start = len(view.site_ids)
    more = np.concatenate([closed, np.zeros(4, np.uint8)])
    more[span] = 1
    found = find_routes(helped, (start, start + 1), 2, more, apart_at_sites=True)
    if len(found) < 2:
        return None
    to_z = len(view.span_ids) + 3
    towards_a, towards_z = sorted(found, key=lambda route: bool(route[-1] == to_z))
    middle = np.array([span], np.int32)
    return np.concatenate([towards_a[1:-1][::-1], middle, towards_z[1:-1]]).astype(np.int32)


def _with_helpers(view: View, sides: tuple[int, int], ends: tuple[int, int]) -> View:
    """Return the view with two more sites, each with short spans to two sites; nothing leads searches there."""
    sites, old = len(view.site_ids), view.arrays
    end_a = np.concatenate([old.end_a, np.array([*sides, *ends], np.int32)])
    end_z = np.concatenate([old.end_z, np.array([sites, sites, sites + 1, sites + 1], np.int32)])
    spans, leaving = len(end_a), np.concatenate([end_a, end_z])
    order = np.argsort(leaving, kind="stable")
    arrays = Arrays(
        first_arc=np.searchsorted(leaving[order], np.arange(sites + 3)).astype(np.int32),
        arc_site=np.concatenate([end_z, end_a])[order],
        arc_span=(order % spans).astype(np.int32),
        end_a=end_a,
        end_z=end_z,
        id_rank=np.concatenate([old.id_rank, np.arange(spans - 4, spans, dtype=np.int32)]),
        cost=np.concatenate([old.cost, np.ones(4, np.int64)]),
        landmarks=np.zeros((sites + 2, 1), np.int64),
    )
    return replace(view, site_ids=[*view.site_ids, "", ""], span_ids=[*view.span_ids, "", "", "", ""], arrays=arrays)


def _in_order(view: View, ends: tuple[int, int], places: Sequence[Int32s], closed: Mask) -> Int32s | None:
    """Return a route that passes the places in this order, each by the shortest way that is left."""
    here, route, shut = ends[0], np.empty(0, np.int32), closed.copy()
    shut[spans_at(view, np.array(ends[1:], np.int32))] = 1  # z comes last
    for place in places:
        if np.isin(route, place).any():
            continue
        leg = _shortest_leg(view, here, place, shut)
        if leg is None:
            return None
        passed = sites_along(view, here, leg)
        shut[spans_at(view, passed[:-1])] = 1
        here, route = int(passed[-1]), np.concatenate([route, leg])
    open_at_z = np.setdiff1d(spans_at(view, np.array(ends[1:], np.int32)), np.flatnonzero(closed))
    shut[open_at_z] = 0
    if len(route):
        shut[spans_at(view, sites_along(view, ends[0], route)[:-1])] = 1
    last = find_routes(view, (here, ends[1]), 1, shut, apart_at_sites=False) if here != ends[1] else []
    return np.concatenate([route, last[0]]) if last else None


def _shortest_leg(view: View, here: int, place: Int32s, closed: Mask) -> Int32s | None:
    """Return the shortest way from a site over a span of a place, which ends with that span."""
    legs = []
    for span in np.unique(place).tolist():
        for near in {int(view.arrays.end_a[span]), int(view.arrays.end_z[span])}:
            to = [np.empty(0, np.int32)]
            if near != here:
                to = find_routes(view, (here, near), 1, closed, apart_at_sites=False)
            far = int(view.arrays.end_a[span]) + int(view.arrays.end_z[span]) - near
            if to and not closed[span] and far not in sites_along(view, here, to[0]).tolist():
                legs.append(np.concatenate([to[0], np.array([span], np.int32)]))
    return min(legs, key=lambda leg: int(view.arrays.cost[leg].sum()), default=None)
