"""Routes as an integer program, for what searches leave open.

Each route is a flow of one from a to z: for each span and direction a variable that says whether the route goes that
way. Others say which groups a route uses, and which groups, sites and spans two routes share. The program is solved by
HiGHS (`scipy.optimize.milp`), up to its own tolerance; lengths of what it finds are added up again in whole
micrometres.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cni.topology.engine.view import Int32s, View

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

Floats = NDArray[np.float64]
LONGEST = 1000.0
"""What the longest span is in the program, whatever its length: numbers of a size that the solver is made for."""
TOLERANCE = 1e-6
"""Of a length: how far the solver may be from it."""
MOST_MENDED = 30
"""How often a program is solved again because a circle went round what has to be used."""


class Level(IntEnum):
    """What is made least, one after the other."""

    GROUPS = 0
    SITES = 1
    SPANS = 2
    LENGTH = 3


@dataclass(frozen=True, eq=False)
class Task:
    """What a program decides: `count` routes over these `spans`, by number in the view, in ascending order.

        `holds` and `site_holds` say how many of the routes can use each span, and each site of the view. `groups` are
    groups of spans, as places in `spans`; `may_share` says whether routes may use the same group, which then counts.
        Some route uses one at least of each of `must_use`, also places.
    """

    view: View
    ends: tuple[int, int]
    count: int
    spans: Int32s
    holds: Int32s
    site_holds: Int32s
    groups: Sequence[Int32s] = ()
    may_share: bool = False
    must_use: Sequence[Int32s] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """The routes found, None if none, and the least that their total length can be, in micrometres.

    `is_proven`: nothing is better, or, without routes, there are none.
    """

    routes: tuple[Int32s, ...] | None
    bound_um: int
    is_proven: bool


def solve(task: Task, levels: Sequence[Level], time_limit_s: float) -> Solution:
    """Return the routes that are best at the first level, of these at the second, and so on; `LENGTH` comes last.

    The time is shared evenly between the levels.
    """
    program = _Program(task)
    best, proven, bound_um = None, True, 0
    for level in levels:
        result = program.least(level, time_limit_s / len(levels))
        if result.x is None:
            return Solution(best, bound_um, proven and best is None and result.status == INFEASIBLE)
        best, proven = program.routes(result.x), proven and result.status == OPTIMAL
        if level is Level.LENGTH:
            bound_um = program.bound_um(result, proven, best)
        else:
            program.hold(level, round(result.fun))
    return Solution(best, bound_um, proven)


OPTIMAL, INFEASIBLE = 0, 2


class _Rows:
    """Rows of a sparse matrix, each with the bounds between which it has to stay."""

    def __init__(self) -> None:
        self._entries: list[tuple[NDArray[np.int64], NDArray[np.int64], Floats]] = []
        self._low: list[Floats] = []
        self._high: list[Floats] = []
        self.count = 0

    def add(
        self, entries: Sequence[tuple[NDArray[np.int64], NDArray[np.int64], float]], low: Floats, high: Floats
    ) -> None:
        """Add rows, as many as `low` and `high` have; entries are (rows from 0, columns, weight)."""
        for rows, columns, weight in entries:
            self._entries.append((rows + self.count, columns, np.full(len(columns), weight)))
        self._low.append(np.asarray(low, float))
        self._high.append(np.asarray(high, float))
        self.count += len(low)

    def constraint(self, width: int) -> object:
        """Return the rows as scipy wants them."""
        from scipy.optimize import LinearConstraint
        from scipy.sparse import csr_array

        rows, columns, weights = (np.concatenate(column) for column in zip(*self._entries, strict=True))
        matrix = csr_array((weights, (rows, columns)), shape=(self.count, width))
        return LinearConstraint(matrix, np.concatenate(self._low), np.concatenate(self._high))


class _Places(NamedTuple):
    """Where in the list of variables each kind begins."""

    group_used: int
    group_shared: int
    site_shared: int
    span_shared: int
    end: int


class _Program:
    """A task as rows and columns. Sites are numbered anew; arcs are all spans forwards, then all backwards."""

    def __init__(self, task: Task) -> None:
        self._task = task
        arrays, spans = task.view.arrays, task.spans
        ends = np.concatenate([arrays.end_a[spans], arrays.end_z[spans]])
        self._sites, local = np.unique(np.concatenate([ends, np.array(task.ends)]), return_inverse=True)
        self._from, self._to = local[: 2 * len(spans)], np.roll(local[: 2 * len(spans)], -len(spans))
        self._a, self._z = int(local[-2]), int(local[-1])
        self._arcs, self._width = 2 * len(spans), task.count * 2 * len(spans)
        self._lengths = task.view.length_um[spans]
        self._scale = LONGEST / max(int(self._lengths.max(initial=0)), 1)
        groups, sites = len(task.groups), len(self._sites)
        used, shared = self._width, self._width + task.count * groups
        self._at = _Places(used, shared, shared + groups, shared + groups + sites, shared + groups + sites + len(spans))
        self._rows = _Rows()
        self._flows()
        self._limits()
        self._group_rows()
        self._must_use_rows()
        self._tell_routes_apart()

    def least(self, level: Level, time_limit_s: float) -> OptimizeResult:
        """Return scipy's result for making one level least."""
        from scipy.optimize import Bounds, milp

        weights = self._weights(level)
        integral = np.ones(self._at.end)
        integral[self._at.group_shared :] = 0
        for number in range(MOST_MENDED):
            result = milp(
                weights,
                integrality=integral,
                bounds=Bounds(0, self._highest()),
                constraints=self._rows.constraint(self._at.end),
                options={"time_limit": time_limit_s / 2 ** (number + bool(self._task.must_use)), "mip_rel_gap": 0},
            )
            if result.x is None or not self._shut_out_circles(result.x):
                break
        return result

    def hold(self, level: Level, value: int) -> None:
        """Keep a level at this value from now on."""
        columns = np.flatnonzero(self._weights(level))
        if len(columns):
            entry = (np.zeros(len(columns), np.int64), columns, 1.0)
            self._rows.add([entry], np.array([-np.inf]), np.array([value + 0.5]))

    def routes(self, values: Floats) -> tuple[Int32s, ...]:
        """Return the routes that the variables say, without circles."""
        return tuple(self._task.spans[self._walk(flow) % len(self._task.spans)] for flow in self._flows_of(values))

    def bound_um(self, result: OptimizeResult, proven: bool, best: Sequence[Int32s]) -> int:
        """Return what no total is below, in whole micrometres."""
        total = int(sum(self._task.view.length_um[route].sum() for route in best))
        if proven:
            return total
        bound = result.mip_dual_bound
        return min(total, int(max(bound, 0) / self._scale * (1 - TOLERANCE))) if bound is not None else 0

    def _weights(self, level: Level) -> Floats:
        weights, task = np.zeros(self._at.end), self._task
        if level is Level.LENGTH:
            weights[: self._width] = np.tile(self._lengths * self._scale, 2 * task.count)
        elif level is Level.GROUPS:
            weights[self._at.group_shared : self._at.site_shared] = 1
        elif level is Level.SITES:
            weights[self._at.site_shared : self._at.span_shared] = 1
        else:
            weights[self._at.span_shared :] = 1
        return weights

    def _highest(self) -> Floats:
        task, at = self._task, self._at
        highest = np.ones(at.end)
        wrong_way = (self._to == self._a) | (self._from == self._z) | (self._from == self._to)
        highest[: self._width] = np.tile(np.where(wrong_way, 0, 1), task.count)
        highest[at.group_shared : at.site_shared] = task.count - 1 if task.may_share else 0
        highest[at.site_shared : at.span_shared] = np.minimum(task.site_holds[self._sites], task.count) - 1
        highest[at.span_shared :] = np.minimum(task.holds, task.count) - 1
        return highest

    def _each_route(self) -> Iterator[int]:
        """Yield the first column of each route."""
        yield from range(0, self._width, self._arcs)

    def _flows(self) -> None:
        """What comes to a site leaves it, but at a one starts and at z one ends; no route passes a site twice."""
        balance = np.zeros(len(self._sites))
        balance[self._a], balance[self._z] = 1, -1
        arcs = np.arange(self._arcs)
        for first in self._each_route():
            self._rows.add([(self._from, arcs + first, 1), (self._to, arcs + first, -1)], balance, balance)
            self._go_straight_on(first)
            if self._task.must_use:
                self._rows.add([(self._to, arcs + first, 1)], np.zeros(len(balance)), np.ones(len(balance)))

    def _go_straight_on(self, first: int) -> None:
        """Where two spans end, what comes by the one leaves by the other: so the solver takes them together."""
        order = np.argsort(self._from, kind="stable")
        begins = np.searchsorted(self._from[order], np.arange(len(self._sites) + 1))
        through = np.diff(begins) == 2
        through[[self._a, self._z]] = False
        one, other = order[begins[:-1][through]], order[begins[:-1][through] + 1]
        for out, back in ((one, other), (other, one)):
            coming = (back + self._arcs // 2) % self._arcs
            entries = [(np.arange(len(out)), coming + first, 1.0), (np.arange(len(out)), out + first, -1.0)]
            self._rows.add(entries, np.zeros(len(out)), np.zeros(len(out)))

    def _limits(self) -> None:
        """As many routes use a span, and a site, as it holds; all but the first are counted as sharing it."""
        spans, sites = len(self._task.spans), len(self._sites)
        arcs = np.arange(self._arcs)
        entries = [(arcs % spans, arcs + first, 1.0) for first in self._each_route()]
        shared = (np.arange(spans), np.arange(spans) + self._at.span_shared, -1.0)
        self._rows.add([*entries, shared], np.full(spans, -np.inf), np.ones(spans))
        entries = [(self._to, arcs + first, 1.0) for first in self._each_route()]
        shared = (np.arange(sites), np.arange(sites) + self._at.site_shared, -1.0)
        high = np.ones(sites)
        high[[self._a, self._z]] = np.inf
        self._rows.add([*entries, shared], np.full(sites, -np.inf), high)

    def _group_rows(self) -> None:
        """A route that uses a span uses its groups; one route uses a group, all others are counted as sharing it."""
        task, groups = self._task, len(self._task.groups)
        if not groups:
            return
        places = np.concatenate(task.groups).astype(np.int64)
        group_of = np.repeat(np.arange(groups), [len(group) for group in task.groups])
        rows, nothing = np.arange(len(places)), np.zeros(len(places))
        for number, first in enumerate(self._each_route()):
            used = self._at.group_used + number * groups
            ways = [(rows, places + first, 1.0), (rows, places + len(task.spans) + first, 1.0)]
            self._rows.add([*ways, (rows, group_of + used, -1.0)], np.full(len(places), -np.inf), nothing)
        each = np.arange(groups)
        entries = [(each, each + self._at.group_used + number * groups, 1.0) for number in range(task.count)]
        entries.append((each, each + self._at.group_shared, -1.0))
        self._rows.add(entries, np.full(groups, -np.inf), np.ones(groups))

    def _tell_routes_apart(self) -> None:
        """Of routes that may change places, let the first be the one that uses the largest group."""
        task, groups = self._task, len(self._task.groups)
        if groups and not task.may_share:
            largest = max(range(groups), key=lambda number: (len(task.groups[number]), -number))
            others = self._at.group_used + largest + groups * np.arange(1, task.count)
            self._rows.add([(np.zeros(len(others), np.int64), others, 1.0)], np.zeros(1), np.zeros(1))

    def _must_use_rows(self) -> None:
        spans = len(self._task.spans)
        for places in self._task.must_use:
            columns = np.concatenate([places, places + spans]).astype(np.int64)
            entries = [(np.zeros(len(columns), np.int64), columns + first, 1.0) for first in self._each_route()]
            self._rows.add(entries, np.ones(1), np.full(1, np.inf))

    def _flows_of(self, values: Floats) -> list[Int32s]:
        """Return the arcs that each route goes."""
        return [
            np.flatnonzero(values[first : first + self._arcs] > 0.5).astype(np.int32) for first in self._each_route()
        ]

    def _walk(self, flow: Int32s) -> Int32s:
        """Return the arcs of a route in order: from a along the flow, leaving out each circle as it closes."""
        onward: dict[int, list[int]] = {}
        for arc in flow.tolist():
            onward.setdefault(int(self._from[arc]), []).append(arc)
        route: list[int] = []
        sites = [self._a]
        while sites[-1] != self._z:
            arc = onward[sites[-1]].pop(0)
            site = int(self._to[arc])
            if site in sites:
                kept = sites.index(site)
                del sites[kept + 1 :], route[kept:]
            else:
                sites.append(site)
                route.append(arc)
        return np.array(route, np.int32)

    def _shut_out_circles(self, values: Floats) -> bool:
        """If only a circle beside its route makes up for what must be used, forbid such circles; tell whether so."""
        walks = [self._walk(flow) for flow in self._flows_of(values)]
        used = set((np.concatenate(walks) % len(self._task.spans)).tolist())
        if all(used.intersection(places.tolist()) for places in self._task.must_use):
            return False
        for flow, walk in zip(self._flows_of(values), walks, strict=True):
            self._enter_before_passing(np.unique(self._to[np.setdiff1d(flow, walk)]))
        return True

    def _enter_before_passing(self, sites: NDArray[np.int64]) -> None:
        """A route that passes one of these sites comes to them from others."""
        inside = np.isin(self._to, sites)
        coming = np.flatnonzero(inside & ~np.isin(self._from, sites))
        for first in self._each_route():
            for site in sites.tolist():
                passing = np.flatnonzero(self._to == site)
                entries = [
                    (np.zeros(len(coming), np.int64), coming + first, 1.0),
                    (np.zeros(len(passing), np.int64), passing + first, -1.0),
                ]
                self._rows.add(entries, np.zeros(1), np.full(1, np.inf))
