"""What is left when routes have been taken: whether one more would fit, and whether the same number could be shorter.

The two textbook facts of flows, in the plainest form: there is no further route exactly if none leads from a to z
through what is left; and routes have the least total length exactly if what is left holds no circle of negative length.
Each span is two arcs, one a direction; taking an arc opens the opposite one at minus its length. Written to be
believed rather than to be fast.

Source: Ahuja, Magnanti and Orlin, Network Flows (1993), theorems 6.3 and 9.1.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush

MANY = 1 << 30
IN, OUT = 0, 1
Point = tuple[str, int]
"""A site as it is come to, or as it is left."""


class Leftover:
    """What routes between the ends leave. `apart_at_sites`: no two routes may pass one site, the ends aside."""

    def __init__(self, ends: tuple[str, str], *, apart_at_sites: bool) -> None:
        self._start, self._goal = (ends[0], OUT), (ends[1], IN)
        self._ends, self._apart = ends, apart_at_sites
        self._leads_to: list[Point] = []
        self._room: list[int] = []
        self._length: list[int] = []
        self._arcs: dict[Point, list[int]] = {}
        self._arc_of: dict[tuple[str, str], int] = {}
        """By (span, site that it is left from)."""
        self._arc_across: dict[str, int] = {}
        self._routes: list[list[int]] = []

    def add_site(self, site: str) -> None:
        """Let routes pass a site."""
        if site not in self._ends:
            self._arc_across[site] = len(self._leads_to)
            self._add_arc((site, IN), (site, OUT), 1 if self._apart else MANY, 0)

    def add_span(self, span: str, ends: tuple[str, str], room: int, length: int) -> None:
        """Let so many routes use a span."""
        for here, there in (ends, ends[::-1]):
            self._arc_of[span, here] = len(self._leads_to)
            self._add_arc((here, OUT), (there, IN), room, length)

    def take(self, spans: Sequence[str], sites: Sequence[str]) -> None:
        """Take one route, which must be open."""
        route = []
        for span, here, there in zip(spans, sites, sites[1:], strict=False):
            route.append(self._arc_of[span, here])
            if there not in self._ends:
                route.append(self._arc_across[there])
        for arc in route:
            self._push(arc)
        self._routes.append(route)

    def take_one_more(self) -> bool:
        """Take any further route that fits, turning others aside where need be; tell whether there is one."""
        came_by: dict[Point, int] = {self._start: -1}
        waiting = deque([self._start])
        while waiting and self._goal not in came_by:
            point = waiting.popleft()
            for arc in self._arcs.get(point, ()):
                if self._room[arc] and self._leads_to[arc] not in came_by:
                    came_by[self._leads_to[arc]] = arc
                    waiting.append(self._leads_to[arc])
        if self._goal not in came_by:
            return False
        point = self._goal
        while came_by[point] >= 0:
            arc = came_by[point]
            self._push(arc)
            point = self._leads_to[arc ^ 1]
        return True

    def can_be_shortened(self) -> bool:
        """Tell whether as many routes of less total length exist: whether what is left has a circle below nothing.

        Walks from the goal through what is left, cheapest first. Back along the routes that costs less than nothing,
        and every circle below nothing has such a part, so all of them are met; but only by ways that come to nothing
        at most, since on each route a point that costs nothing or less is known from the start.
        """
        cost, came_by = self._back_along_routes()
        waiting = [(each, point) for point, each in cost.items()]
        heapify(waiting)
        while waiting and waiting[0][0] <= 0:
            here, point = heappop(waiting)
            for arc in self._open_arcs(point) if here == cost[point] else ():
                reached, through = self._leads_to[arc], here + self._length[arc]
                if reached in cost and through >= cost[reached]:
                    continue
                if self._length[arc] < 0 and self._comes_from(point, reached, came_by):
                    return True
                cost[reached], came_by[reached] = through, arc
                heappush(waiting, (through, reached))
        return False

    def _back_along_routes(self) -> tuple[dict[Point, int], dict[Point, int]]:
        """Return what each point of a route costs from the goal, back along it, and the arc that leads there."""
        cost, came_by = {self._goal: 0}, dict[Point, int]()
        for route in self._routes:
            back = 0
            for arc in reversed(route):
                point, back = self._leads_to[arc ^ 1], back - self._length[arc]
                if back < cost.get(point, 1):
                    cost[point], came_by[point] = back, arc ^ 1
        return cost, came_by

    def _comes_from(self, point: Point, sought: Point, came_by: dict[Point, int]) -> bool:
        """Tell whether the way to a point leads over another one; or round in a circle, which is below nothing then."""
        for _ in range(len(self._arcs)):
            if point == sought:
                return True
            if point not in came_by:
                return False
            point = self._leads_to[came_by[point] ^ 1]
        return True

    def _open_arcs(self, point: Point) -> Iterable[int]:
        return (arc for arc in self._arcs[point] if self._room[arc])

    def _add_arc(self, here: Point, there: Point, room: int, length: int) -> None:
        """Add an arc, and after it the opposite one by which it is given back: its number differs in the last bit."""
        for leaves, reaches, free, cost in ((here, there, room, length), (there, here, 0, -length)):
            self._arcs.setdefault(leaves, []).append(len(self._leads_to))
            self._leads_to.append(reaches)
            self._room.append(free)
            self._length.append(cost)

    def _push(self, arc: int) -> None:
        self._room[arc] -= 1
        self._room[arc ^ 1] += 1
