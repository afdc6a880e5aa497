"""Routes that use what they must: of each element asked for, some route uses a span.

Where the routes that are best without this happen to use it all, they are the answer. One route over one element is
found by a search of its own. Else answers are made of the routes there are, one of them led past what is missing, and
an integer program looks for better ones as long as it may.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from cni.topology.engine.corridor import outside
from cni.topology.engine.nearby import spans_between
from cni.topology.engine.search import find_routes, sites_along
from cni.topology.engine.view import Int32s, Mask, View
from cni.topology.routing.asked import Asked
from cni.topology.routing.conflicts import shared_groups
from cni.topology.routing.pairs import MOST_IN_PROGRAM, Best, Sought, closed_around, strict_task
from cni.topology.routing.passing import over_each, shortest_over
from cni.topology.routing.programs import Level, solve


def missing_from(asked: Asked, routes: Sequence[Int32s]) -> list[Int32s]:
    """Return what has to be used and is not: for each element the spans that would use it."""
    if not asked.must_use:
        return []
    used = np.concatenate(routes)
    return [each for each in asked.must_use if not np.isin(used, each).any()]


def one_over(asked: Asked, missing: Sequence[Int32s], closed: Mask) -> Int32s | None:
    """Return a route over all that is missing: the shortest, if that is one element; None if none was found."""
    if len(missing) == 1:
        return shortest_over(asked.view, asked.ends, missing[0], closed)
    return over_each(asked.view, asked.ends, missing, closed)


def find_using(asked: Asked, sought: Sought, without: Sequence[Int32s]) -> Best:
    """Return the routes of least total length among those sought that use something of each element.

    `without`: the best routes if they need not use it.
    """
    cheapest = find_routes(sought.view, asked.ends, sought.count, sought.closed, apart_at_sites=sought.apart_at_sites)
    known = [
        routes
        for start in (without, cheapest)
        for routes in _led_past(asked, sought, start)
        if _holds(asked, sought, routes)
    ]
    best = min(known, key=lambda routes: _length_um(asked.view, routes), default=None)
    if sought.count == 1 and len(asked.must_use) == 1:
        return Best(best, 0 if best is None else _length_um(asked.view, best), is_proven=True)
    return _by_program(asked, sought, cheapest, best)


def pairs_using(asked: Asked, without: Sequence[Int32s]) -> list[tuple[Int32s, ...]]:
    """Return pairs of routes that use something of each element, however much they share; they may coincide."""
    led = one_over(asked, missing_from(asked, without), asked.closed)
    pairs = [] if led is None else [(led, other) for other in (led, *without)]
    return [
        pair
        for pair in pairs
        if asked.holds_two[np.intersect1d(pair[0], pair[1])].all() and not missing_from(asked, pair)
    ]


def _led_past(asked: Asked, sought: Sought, start: Sequence[Int32s]) -> Iterator[tuple[Int32s, ...]]:
    """Yield routes of which one is led past what is missing; the others are as they were, or go round it."""
    for wanted in (missing_from(asked, start), asked.must_use):
        for number in range(sought.count if wanted else 0):
            others = [route for place, route in enumerate(start) if place != number]
            closed = sought.closed
            for other in others:
                closed = closed_around(sought, asked.ends, other, closed)
            led = one_over(asked, wanted, closed)
            if led is not None:
                yield (*others, led)
        led = one_over(asked, wanted, sought.closed) if wanted and sought.count == 2 else None
        if led is not None:
            closed = closed_around(sought, asked.ends, led, sought.closed)
            yield from ((led, other) for other in find_routes(asked.view, asked.ends, 1, closed, apart_at_sites=False))


def _holds(asked: Asked, sought: Sought, routes: Sequence[Int32s]) -> bool:
    """Tell whether routes are as sought and use all that they must."""
    sites = [sites_along(asked.view, asked.ends[0], route)[1:-1] for route in routes]
    apart = [np.concatenate(routes), *([np.concatenate(sites)] if sought.apart_at_sites else [])]
    return (
        all(len(np.unique(each)) == len(each) for each in apart)
        and not shared_groups(sought.kept, routes)
        and not missing_from(asked, routes)
    )


def _length_um(view: View, routes: Sequence[Int32s]) -> int:
    return sum(int(view.length_um[route].sum()) for route in routes)


def _by_program(asked: Asked, sought: Sought, cheapest: Sequence[Int32s], best: tuple[Int32s, ...] | None) -> Best:
    """Return what a program finds, or the best known if that is no worse, with what none can be below."""
    view, closed = asked.view, sought.closed
    bound_um = _length_um(view, cheapest)
    most_um = None if best is None else _length_um(view, best)
    if best is not None and sought.apart_at_sites:
        slack = sum(int(view.arrays.cost[route].sum()) for route in best)
        slack -= sum(int(view.arrays.cost[route].sum()) for route in cheapest)
        closed = closed | outside(view, asked.ends, cheapest, closed, slack)
    spans = spans_between(view, asked.ends, closed, sought.count, most_um)
    places = [np.flatnonzero(np.isin(spans, each)).astype(np.int32) for each in asked.must_use]
    if not all(map(len, places)):
        return Best(best, bound_um, is_proven=best is None)
    if len(spans) * sought.count > MOST_IN_PROGRAM:
        return Best(best, bound_um, is_proven=False)
    found = solve(strict_task(sought, spans, places), [Level.LENGTH], sought.time_limit_s)
    if found.routes is None or missing_from(asked, found.routes):
        return Best(best, bound_um, is_proven=found.is_proven and found.routes is None and best is None)
    if best is not None and _length_um(view, best) <= _length_um(view, found.routes):
        return Best(best, max(bound_um, found.bound_um), found.is_proven)
    return Best(found.routes, max(bound_um, found.bound_um), found.is_proven)
