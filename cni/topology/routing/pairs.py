"""Routes that share no risk group: the least total length, proven, or the best found with what none can be below.

No fast way is known that always finds them, so this goes from cheap to dear. Routes that share no site are a bound from
below, and the answer if they share no group. A *conflict* is a group that two of them use, over one span each. Every
answer leaves out the one span, or the other, or has both on one route: the first two are searched again, the bounded
best first; the third stays open with a bound of its own. Each search may also turn up an answer, which bounds from
above. What is then still open below the best answer is left to an integer program over the spans that can matter.

Source: Suurballe's bound and branching on conflicts after Xu, Chen, Li and Luo, Trap avoidance and protection schemes
in networks with shared risk link groups, JLT 21 (2003); the program after Hu, Diverse routing in optical mesh networks,
IEEE Trans. Commun. 51 (2003).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

import numpy as np

from cni.topology.engine.corridor import outside
from cni.topology.engine.nearby import spans_between
from cni.topology.engine.search import find_routes, sites_along
from cni.topology.engine.view import Groups, Int32s, Mask, View
from cni.topology.routing.conflicts import Conflict, KeptApart, find_conflict
from cni.topology.routing.programs import Level, Task, solve
from cni.topology.routing.ways import Legs, Way

MOST_SEARCHES = 150
"""Searches before the rest is left to a program."""
LEAST_SEARCHES = 60
"""Searches before a program is asked, though it is needed anyway: the better the best found, the smaller it is."""
MOST_IN_PROGRAM = 60_000
"""Spans (times routes) that a program can be made of within a few seconds."""
MOST_PER_SECOND = 2_000
"""The same, for each second that it may take: of larger ones none was solved in time, and the solver, which does not
look at the time during a round of cuts, overran it by up to as much again."""


@dataclass(frozen=True, eq=False)
class Sought:
    """`count` routes over a way, of which no two use the same counted group; more than two only over an open way."""

    view: View
    way: Way
    count: int
    apart_at_sites: bool
    closed: Mask
    kept: KeptApart
    time_limit_s: float
    first: Legs | None = None
    """The routes of each stretch that have least cost, conflicts or not, if they are known."""


class Measure(NamedTuple):
    """How long routes are together: micrometres, then what the searches add up."""

    length_um: int
    cost: int


@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """The best routes found, None if none were, and the length in micrometres that no others can be below.

    `is_proven`: none are better, or, without routes, there are none.
    """

    routes: tuple[Int32s, ...] | None
    bound_um: int
    is_proven: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Relaxed:
    """Routes for each stretch without what was removed there, conflicts or not."""

    legs: Legs
    removed: tuple[frozenset[int], ...]
    measure: Measure


def find_apart(sought: Sought) -> Best:
    """Return the routes of least total length that conflict nowhere."""
    return _Branching(sought).run()


class _Branching:
    """One search for routes without conflicts."""

    def __init__(self, sought: Sought) -> None:
        self._sought, self._searches = sought, 0
        self._known: dict[tuple[int, frozenset[int]], Sequence[Int32s] | None] = {
            (number, frozenset()): leg for number, leg in enumerate(sought.first or ())
        }
        self._best: tuple[Int32s, ...] | None = None
        self._least = self._root = Measure(0, 0)
        self._waiting: list[tuple[int, int, _Relaxed]] = []
        self._nodes = count()
        self._open: list[Measure] = []

    def run(self) -> Best:
        """Return the best routes."""
        nothing: frozenset[int] = frozenset()
        self._add((nothing,) * len(self._sought.way.stretches))
        self._root = self._waiting[0][-1].measure if self._waiting else self._least
        while self._waiting and self._searches < MOST_SEARCHES and not self._is_left_to_program():
            self._look_at(heappop(self._waiting)[-1])
        waiting = [node.measure for *_, node in self._waiting]
        still_open = [each for each in (*self._open, *waiting) if self._beats(each)]
        if not still_open:
            return Best(self._best, self._least.length_um, is_proven=True)
        bound_um = min(each.length_um for each in still_open)
        return self._by_program(bound_um)

    def _is_left_to_program(self) -> bool:
        """Tell whether what stays open anyway is no longer than all that could still be searched."""
        if self._searches < LEAST_SEARCHES:
            return False
        still_open = [each.cost for each in self._open if self._beats(each)]
        return self._best is not None and bool(still_open) and min(still_open) <= self._waiting[0][0]

    def _beats(self, measure: Measure) -> bool:
        """Tell whether something so long could be better than the best there is."""
        return self._best is None or (measure.length_um < self._least.length_um and measure.cost < self._least.cost)

    def _add(self, removed: tuple[frozenset[int], ...]) -> None:
        """Put the routes without these spans on the list of what to look at, if there are any that could be better."""
        legs = [self._leg(number, gone) for number, gone in enumerate(removed)]
        found = [leg for leg in legs if leg is not None]
        if len(found) < len(legs):
            return
        bridges = [self._sought.way.bridges] * self._sought.count
        node = _Relaxed(found, removed, self._measure([*bridges, *(route for leg in found for route in leg)]))
        if self._beats(node.measure):
            heappush(self._waiting, (node.measure.cost, next(self._nodes), node))

    def _leg(self, stretch: int, removed: frozenset[int]) -> Sequence[Int32s] | None:
        """Return the routes over a stretch without some spans; None if there are too few."""
        key = (stretch, removed)
        if key not in self._known:
            sought = self._sought
            closed = _with_closed(sought.closed, removed)
            ends = sought.way.stretches[stretch]
            found = find_routes(sought.view, ends, sought.count, closed, apart_at_sites=sought.apart_at_sites)
            self._searches += 1
            self._known[key] = found if len(found) == sought.count else None
        return self._known[key]

    def _look_at(self, node: _Relaxed) -> None:
        """Take routes without a conflict for the best; else branch on one."""
        if not self._beats(node.measure):
            return
        conflict = self._take(node.legs)
        if conflict is None:
            return
        if conflict.stretches[0] == conflict.stretches[1]:
            self._try_around(node, conflict.stretches[0])
        self._leave_open(node, conflict)
        for span, stretch in zip(conflict.spans, conflict.stretches, strict=True):
            removed = list(node.removed)
            removed[stretch] = removed[stretch] | {span}
            self._add(tuple(removed))

    def _take(self, legs: Legs) -> Conflict | None:
        """Take routes for the best if they are; return the conflict that forbids it, if there is one."""
        found = find_conflict(self._sought.kept, legs)
        if isinstance(found, Conflict):
            return found
        routes = self._sought.way.join(legs, found)
        measure = self._measure(routes)
        if self._beats(measure):
            self._best, self._least = routes, measure
        return None

    def _try_around(self, node: _Relaxed, stretch: int) -> None:
        """Look for an answer that has one of these routes: the other goes round its sites and its groups."""
        if self._sought.count != 2:
            return
        for route in node.legs[stretch]:
            other = self._around(stretch, node.removed[stretch], route)
            if other is not None:
                legs = list(node.legs)
                legs[stretch] = [route, other]
                self._take(legs)

    def _around(self, stretch: int, removed: frozenset[int], route: Int32s) -> Int32s | None:
        sought, ends = self._sought, self._sought.way.stretches[stretch]
        closed = closed_around(sought, ends, route, _with_closed(sought.closed, removed))
        self._searches += 1
        found = find_routes(sought.view, ends, 1, closed, apart_at_sites=False)
        return found[0] if found else None

    def _leave_open(self, node: _Relaxed, conflict: Conflict) -> None:
        """Keep in mind what is not searched: both spans on one route, so that all others do without the group."""
        measure, stretch = node.measure, conflict.stretches[0]
        is_within = stretch == conflict.stretches[1]
        if is_within and self._meet_at_an_end(stretch, conflict.spans):
            return
        if self._sought.count == 2 and is_within:
            avoiding = self._without_group(stretch, node.removed[stretch], conflict.group)
            if avoiding is None:
                return
            here = self._measure(node.legs[stretch])
            through = self._through(stretch, conflict.spans)
            measure = Measure(
                measure.length_um - here.length_um + max(here.length_um, avoiding.length_um),
                measure.cost - here.cost + max(here.cost, avoiding.cost + through),
            )
        if self._beats(measure):
            self._open.append(measure)

    def _meet_at_an_end(self, stretch: int, spans: tuple[int, int]) -> bool:
        """Tell whether two spans end at the same end of a stretch: a route uses only one span there."""
        arrays = self._sought.view.arrays
        one, other = ({int(arrays.end_a[span]), int(arrays.end_z[span])} for span in spans)
        return bool(one & other & set(self._sought.way.stretches[stretch]))

    def _without_group(self, stretch: int, removed: frozenset[int], group: int) -> Measure | None:
        closed = _with_closed(self._sought.closed, removed)
        closed[self._sought.kept.spans_of.members(group)] = 1
        self._searches += 1
        ends = self._sought.way.stretches[stretch]
        found = find_routes(self._sought.view, ends, 1, closed, apart_at_sites=False)
        return self._measure(found) if found else None

    def _through(self, stretch: int, spans: tuple[int, int]) -> int:
        """Return a cost that no route over both spans is below."""
        view = self._sought.view
        cost, (a, z) = view.arrays.cost, self._sought.way.stretches[stretch]
        ends = [(int(view.arrays.end_a[span]), int(view.arrays.end_z[span])) for span in spans]
        least = min(
            self._apart(a, first[0]) + self._apart(first[1], second[0]) + self._apart(second[1], z)
            for one, two in (ends, ends[::-1])
            for first in (one, one[::-1])
            for second in (two, two[::-1])
        )
        return least + int(cost[list(spans)].sum())

    def _apart(self, site: int, other: int) -> int:
        """Return a cost that no route between two sites is below."""
        landmarks = self._sought.view.arrays.landmarks
        return int(np.abs(landmarks[site] - landmarks[other]).max())

    def _measure(self, routes: Sequence[Int32s]) -> Measure:
        view, spans = self._sought.view, np.concatenate(routes)
        return Measure(int(view.length_um[spans].sum()), int(view.arrays.cost[spans].sum()))

    def _by_program(self, bound_um: int) -> Best:
        """Leave the rest to a program, if that can be done in time."""
        sought = self._sought
        most_um = None if self._best is None else self._least.length_um
        spans = spans_between(sought.view, sought.way.ends, self._closed_for_program(), sought.count, most_um)
        if len(spans) * sought.count > self._most_in_program():
            return Best(self._best, bound_um, is_proven=False)
        found = solve(strict_task(sought, spans), [Level.LENGTH], sought.time_limit_s)
        if found.routes is None:
            if found.is_proven:
                return Best(self._best, self._least.length_um, is_proven=True)
            return Best(self._best, bound_um, is_proven=False)
        total_um = self._measure(found.routes).length_um
        if self._best is not None and self._least.length_um <= total_um:
            return Best(self._best, max(bound_um, found.bound_um), found.is_proven)
        return Best(found.routes, max(bound_um, found.bound_um), found.is_proven)

    def _most_in_program(self) -> float:
        """Return how large a program is worth a try; if nothing was found so far, any that can be made is."""
        return (
            MOST_IN_PROGRAM if self._best is None else min(MOST_IN_PROGRAM, MOST_PER_SECOND * self._sought.time_limit_s)
        )

    def _closed_for_program(self) -> Mask:
        """Return the mask with all that no better routes than the best can use, as far as that is known."""
        sought, closed = self._sought, self._sought.closed
        if self._best is None or not sought.apart_at_sites:
            return closed
        slack = self._least.cost - self._root.cost
        nothing: frozenset[int] = frozenset()
        beside = np.ones(len(closed), np.uint8)
        beside[sought.way.bridges] = 0
        for number, ends in enumerate(sought.way.stretches):
            beside &= outside(sought.view, ends, self._known[number, nothing] or (), closed, slack)
        return closed | beside


def closed_around(sought: Sought, ends: tuple[int, int], route: Int32s, closed: Mask) -> Mask:
    """Return the mask, and closed with it all that no other route may use beside this one."""
    closed = closed.copy()
    closed[route] = 1
    if sought.apart_at_sites:
        closed[spans_at(sought.view, sites_along(sought.view, ends[0], route)[1:-1])] = 1
    closed[sought.kept.spans_of.all_members(sought.kept.on(route)[0])[0]] = 1
    return closed


def strict_task(sought: Sought, spans: Int32s, must_use: Sequence[Int32s] = ()) -> Task:
    """Return the program for routes over these spans that share nothing but what their way makes them share."""
    view, way = sought.view, sought.way
    holds = np.ones(len(spans), np.int32)
    holds[np.isin(spans, way.bridges)] = sought.count
    site_holds = np.full(len(view.site_ids), 1 if sought.apart_at_sites else sought.count, np.int32)
    site_holds[[*way.ends, *way.sites]] = sought.count
    groups = [group for group in groups_among(sought.kept, spans) if not _meet(view, spans[group], site_holds)]
    return Task(view, way.ends, sought.count, spans, holds, site_holds, groups, must_use=must_use)


def _meet(view: View, spans: Int32s, site_holds: Int32s) -> bool:
    """Tell whether all these spans end at one site that only one route can pass: then only one can use them anyway."""
    ends = zip(view.arrays.end_a[spans].tolist(), view.arrays.end_z[spans].tolist(), strict=True)
    common = set.intersection(*map(set, ends))
    return len(spans) == 1 or any(site_holds[site] == 1 for site in common)


def groups_among(kept: KeptApart, spans: Int32s) -> list[Int32s]:
    """Return the counted groups on these spans, each as the places in `spans` of its own."""
    groups, places = kept.on(spans)
    order = np.argsort(groups, kind="stable")
    return [part for part in np.split(places[order], np.flatnonzero(np.diff(groups[order])) + 1) if len(part)]


def spans_at(view: View, sites: Int32s) -> Int32s:
    """Return the spans that end at any of these sites."""
    return Groups(view.arrays.first_arc, view.arrays.arc_span).all_members(sites)[0]


def _with_closed(closed: Mask, spans: frozenset[int]) -> Mask:
    more = closed.copy()
    more[list(spans)] = 1
    return more
