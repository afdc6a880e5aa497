"""The search: routes of least total length that have no span, or no site, in common.

Successive shortest paths. The first search finds the shortest route; each later one may also *undo* a span that an
earlier route uses, at minus its cost, and so turns earlier routes aside where that is cheaper in total. A span has one
state (free, or used in one direction), never two copies. Where routes may not meet at a site, who arrives at a used
site over a free span is *pinned* there, and may only go back along the route that passes.

Sites and spans are numbered in the order of their ids, so that answers do not depend on the order of insertion. What
a span costs is its length, then one for the span itself: of equal lengths, fewest spans win; of those, what the search
meets first in the order of ids. That one also makes every cost positive, so a span of no length needs no special care.

Source: Suurballe and Tarjan, Networks 14 (1984); Bhandari, Survivable Networks (1999), chapter 3; potentials: Ahuja,
Magnanti and Orlin, Network Flows (1993), section 9.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

COST_PER_MICROMETRE = 1 << 24
"""Keeps length first and the number of spans second while an answer has fewer than 16 million spans."""

Step = tuple[int, int, int | None]
"""(point reached, cost, span walked or undone; None where a used site is only stepped across)"""


@dataclass(frozen=True, slots=True)
class SearchGraph:
    """The immutable view that searches run on: everything by number, numbers in the order of ids."""

    site_ids: Sequence[str]
    site_numbers: dict[str, int]
    span_ids: Sequence[str]
    span_numbers: dict[str, int]
    lengths_um: Sequence[int]
    costs: Sequence[int]
    incident: Sequence[Sequence[tuple[int, int]]]
    """For each site, its (span, site at the other end) in span order."""

    @classmethod
    def of(cls, site_ids: Iterable[str], spans: Iterable[tuple[str, str, str, int]]) -> SearchGraph:
        """Return the view of sites and of spans (id, a, z, length in micrometres)."""
        sites, ordered = sorted(site_ids), sorted(spans)
        site_numbers = {id: number for number, id in enumerate(sites)}
        incident: list[list[tuple[int, int]]] = [[] for _ in sites]
        for number, (_, a, z, _) in enumerate(ordered):
            for here, there in ((a, z), (z, a)):
                incident[site_numbers[here]].append((number, site_numbers[there]))
        lengths = [length for *_, length in ordered]
        span_ids = [id for id, *_ in ordered]
        return cls(
            site_ids=sites,
            site_numbers=site_numbers,
            span_ids=span_ids,
            span_numbers={id: number for number, id in enumerate(span_ids)},
            lengths_um=lengths,
            costs=[length * COST_PER_MICROMETRE + 1 for length in lengths],
            incident=incident,
        )


@dataclass(frozen=True, slots=True)
class Search:
    """What is sought: `count` routes between two sites (by number) that share no span, or no site if so asked.

    `costs` has one for each span, at least 1, or None for a span that is closed.
    """

    a: int
    z: int
    count: int
    apart_at_sites: bool
    costs: Sequence[int | None]


@dataclass(frozen=True, slots=True)
class Cut:
    """Spans and sites (numbers) that one route each may use, and that every route has to use one of."""

    spans: tuple[int, ...]
    sites: tuple[int, ...]


def find_flow(graph: SearchGraph, search: Search) -> Flow:
    """Return the routes of least total cost, as many as there are up to the count that is sought."""
    flow = Flow(graph, search)
    while flow.count < search.count and flow.add_route():
        pass
    return flow


class Flow:
    """Routes from a to z found so far, as spans with a direction.

    A *point* is where a search can be: twice the number of a site, plus one if the search is pinned there.
    """

    def __init__(self, graph: SearchGraph, search: Search) -> None:
        self._incident, self._search = graph.incident, search
        self._start, self._goal = 2 * search.a, 2 * search.z
        self._potentials: dict[int, int] = {}
        self._crossed: set[int] = set()
        self.uses: dict[int, tuple[int, int]] = {}
        """For each span in use, the sites that its route goes from and to over it."""
        self.count = 0

    def add_route(self) -> bool:
        """Make one more route at the least extra cost; tell whether that was possible."""
        arrived = self._cheapest_walk()
        if self._goal not in arrived:
            return False
        self._turn_aside_along(arrived)
        self.count += 1
        return True

    def routes(self) -> list[list[int]]:
        """Return the routes, each as its spans in order from a to z.

        Where routes meet, the first goes on over the lowest span. No route visits a site twice: each span costs
        something, so a flow of least cost has no circle in it.
        """
        onward: dict[int, list[tuple[int, int]]] = {}
        for span in sorted(self.uses):
            left, reached = self.uses[span]
            onward.setdefault(left, []).append((span, reached))
        return [self._follow(onward) for _ in range(self.count)]

    def cuts(self) -> Iterator[Cut]:
        """Yield what stops one more route, from a towards z; nothing if no span leads there at all.

        Each cut has as many spans and sites as there are routes. With one route these are all the bridges and all the
        sites that every route passes.
        """
        reached: set[int] = set()
        beyond = {self._start}
        while beyond:
            self._spread(beyond, reached)
            if self._goal in reached:
                return
            spans = {span: self._arrival(other) for span, other in self._outward(reached)}
            sites = [point // 2 for point in reached if point % 2 and point - 1 not in reached]
            beyond = {*spans.values(), *(2 * site for site in sites)}
            if beyond:
                yield Cut(tuple(sorted(spans)), tuple(sorted(sites)))

    def _arrival(self, site: int) -> int:
        """Return the point that a free span leads to."""
        return 2 * site + (site in self._crossed)

    def _steps(self, point: int) -> Iterator[Step]:
        site, pinned = divmod(point, 2)
        crossed = site in self._crossed
        for span, other in self._incident[site]:
            cost = self._search.costs[span]
            if cost is None:
                continue
            if span not in self.uses:
                if not pinned:
                    yield self._arrival(other), cost, span
            elif self.uses[span][1] == site and pinned == crossed:
                yield 2 * other, -cost, span
        if crossed and not pinned:
            yield point + 1, 0, None

    def _cheapest_walk(self) -> dict[int, tuple[int, int | None]]:
        """Return, for each point reached, the point before it and the span between; stops at the goal.

        Dijkstra on costs that the potentials keep from being negative.
        """
        arrived: dict[int, tuple[int, int | None]] = {}
        best, settled = {self._start: 0}, dict[int, int]()
        heap = [(0, self._start)]
        potential = self._potentials.get
        while heap and self._goal not in settled:
            distance, point = heappop(heap)
            if point in settled:
                continue
            settled[point] = distance
            from_here = distance + potential(point, 0)
            for reached, cost, span in self._steps(point):
                through = from_here + cost - potential(reached, 0)
                if reached not in best or through < best[reached]:
                    best[reached] = through
                    arrived[reached] = (point, span)
                    heappush(heap, (through, reached))
        if self._goal in settled:
            self._lower_potentials(settled)
        return arrived

    def _lower_potentials(self, settled: dict[int, int]) -> None:
        # Points further than the goal count as being as far as the goal, so those not settled keep what they have.
        for point, distance in settled.items():
            self._potentials[point] = self._potentials.get(point, 0) + distance - settled[self._goal]

    def _turn_aside_along(self, arrived: dict[int, tuple[int, int | None]]) -> None:
        point = self._goal
        while point != self._start:
            before, span = arrived[point]
            if span is not None and self.uses.pop(span, None) is None:
                self.uses[span] = (before // 2, point // 2)
            point = before
        if self._search.apart_at_sites:
            crossed_before = self._crossed
            self._crossed = {left for left, _ in self.uses.values()} - {self._search.a}
            for site in self._crossed - crossed_before:
                self._potentials[2 * site + 1] = self._potentials.get(2 * site, 0)

    def _follow(self, onward: dict[int, list[tuple[int, int]]]) -> list[int]:
        route, site = [], self._search.a
        while site != self._search.z:
            span, site = onward[site].pop(0)
            route.append(span)
        return route

    def _spread(self, points: Iterable[int], reached: set[int]) -> None:
        """Add to `reached` all that one more route could get to from `points`."""
        waiting = list(points)
        while waiting:
            point = waiting.pop()
            if point not in reached:
                reached.add(point)
                waiting.extend(step[0] for step in self._steps(point))

    def _outward(self, reached: set[int]) -> Iterator[tuple[int, int]]:
        """Yield the (span, other end) in use that lead from what is reached to what is not."""
        for span, (left, other) in self.uses.items():
            if 2 * left in reached and self._arrival(other) not in reached:
                yield span, other
