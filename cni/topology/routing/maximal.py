"""The two routes that share as little as can be, where no two are as diverse as asked for.

First the fewest risk groups (exempt ones aside), then the fewest sites, then the fewest spans, then the least length.
What every route passes is shared by every two: the bridges and sites of the way, the risk groups on those bridges, and
each risk group without which there is no route at all. Two routes that share nothing else are the best at every level
at once; only if there are none does an integer program weigh one level after another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cni.topology.engine.nearby import spans_between
from cni.topology.engine.search import find_routes, sites_along
from cni.topology.engine.view import Int32s
from cni.topology.routing.asked import Asked
from cni.topology.routing.conflicts import KeptApart, risks_apart, shared_groups
from cni.topology.routing.pairs import MOST_IN_PROGRAM, Sought, find_apart, groups_among
from cni.topology.routing.programs import Level, Task, solve
from cni.topology.routing.ways import Legs, Way

STRICT_TIME = 0.8
"""The part of a question's time for routes that share only what they must; the rest is for weighing what to share."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two routes, None if there are none, over a way; `unavoidable` are the counted risk groups that every route uses.

    `is_proven`: none share less, or as little and are shorter; `bound_um`: no others that share as little are shorter.
    """

    routes: tuple[Int32s, ...] | None
    way: Way
    unavoidable: tuple[int, ...]
    bound_um: int
    is_proven: bool


def find_pair(asked: Asked, way: Way, legs: Legs) -> Pair:
    """Return the most diverse pair of routes over a way; `legs` are the two routes of least cost over each stretch.

    If the way is open and no risk group is unavoidable, these routes share no site, span or counted risk group, where
    that is possible.
    """
    if not asked.holds_two[way.bridges].all():
        return Pair(None, way, (), 0, is_proven=True)
    unavoidable = _unavoidable_risks(asked, way, legs)
    counted = asked.counted.copy()
    counted[list(unavoidable)] = 0
    kept = risks_apart(asked, counted)
    limit_s = asked.time_limit_s * STRICT_TIME
    best = find_apart(Sought(asked.view, way, 2, True, asked.closed, kept, limit_s, legs))
    if best.routes is not None:
        return Pair(best.routes, way, unavoidable, best.bound_um, best.is_proven)
    return weigh(asked, way, unavoidable, [_as_one(way, legs)])


def _unavoidable_risks(asked: Asked, way: Way, legs: Legs) -> tuple[int, ...]:
    """Return the counted risk groups that every route uses: on a bridge, or on all that goes over some stretch."""
    kept = risks_apart(asked, asked.counted)
    found = set(kept.on(way.bridges)[0].tolist())
    for leg, ends in zip(legs, way.stretches, strict=True):
        for risk in shared_groups(kept, leg):
            if risk not in found and not _can_avoid(asked, ends, risk):
                found.add(risk)
    return tuple(sorted(found))


def _can_avoid(asked: Asked, ends: tuple[int, int], risk: int) -> bool:
    closed = asked.closed.copy()
    closed[asked.view.spans_of_risks.members(risk)] = 1
    return bool(find_routes(asked.view, ends, 1, closed, apart_at_sites=False))


def _as_one(way: Way, legs: Legs) -> tuple[Int32s, ...]:
    return way.join(legs, (False,) * len(legs))


def weigh(
    asked: Asked,
    way: Way,
    unavoidable: Sequence[int],
    known: Sequence[tuple[Int32s, ...]],
    must_use: Sequence[Int32s] = (),
) -> Pair:
    """Return the pair that a program finds, weighing what to share level by level, or else the best of those known."""
    counted = asked.counted.copy()
    counted[list(unavoidable)] = 0
    kept = risks_apart(asked, counted)
    best = min(known, key=lambda routes: _levels(asked, kept, routes), default=None)
    shortest = find_routes(asked.view, way.ends, 1, asked.closed, apart_at_sites=False)[0]
    bound_um = 2 * int(asked.view.length_um[shortest].sum())
    spans = spans_between(asked.view, way.ends, asked.closed)
    if 2 * len(spans) > MOST_IN_PROGRAM:
        return Pair(best, way, tuple(unavoidable), bound_um, is_proven=False)
    places = [np.flatnonzero(np.isin(spans, each)).astype(np.int32) for each in must_use]
    if not all(map(len, places)):
        return Pair(None, way, tuple(unavoidable), 0, is_proven=True)
    limit_s = asked.time_limit_s * (1 - STRICT_TIME)
    found = solve(_weighing(asked, way, kept, spans, places), list(Level), limit_s)
    if found.routes is None:
        return Pair(best, way, tuple(unavoidable), bound_um, is_proven=found.is_proven and best is None)
    if best is not None and _levels(asked, kept, best) < _levels(asked, kept, found.routes):
        return Pair(best, way, tuple(unavoidable), bound_um, is_proven=False)
    return Pair(found.routes, way, tuple(unavoidable), max(bound_um, found.bound_um), found.is_proven)


def _weighing(asked: Asked, way: Way, kept: KeptApart, spans: Int32s, must_use: Sequence[Int32s]) -> Task:
    """Return the program in which two routes may share whatever can hold both."""
    view = asked.view
    return Task(
        view,
        way.ends,
        2,
        spans,
        holds=1 + asked.holds_two[spans].astype(np.int32),
        site_holds=np.full(len(view.site_ids), 2, np.int32),
        groups=groups_among(kept, spans),
        may_share=True,
        must_use=must_use,
    )


def _levels(asked: Asked, kept: KeptApart, routes: Sequence[Int32s]) -> tuple[int, int, int, int]:
    """Return what is made least, in order: shared risk groups, sites, spans; the total length in micrometres."""
    a = asked.ends[0]
    sites = [sites_along(asked.view, a, route)[1:-1] for route in routes]
    total_um = sum(int(asked.view.length_um[route].sum()) for route in routes)
    return (
        len(shared_groups(kept, routes)),
        len(np.intersect1d(sites[0], sites[1])),
        len(np.intersect1d(routes[0], routes[1])),
        total_um,
    )
