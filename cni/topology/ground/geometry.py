"""How far apart routes are on the ground, and which spans are too near each other.

All routes meet at their ends, so nothing within a radius of those is measured, nor within that radius of any other
site that both pass: circles are cut out of the lines, and what is left is measured. That spans or sites are shared is
said by the answer itself; two rules follow from it here: where both use the same span, they are 0 m apart, however
near an end; where lines cross away from a shared site, they are 0 m apart too.

There is no distance, None, where a span or a site that counts has no place, and where a route lies wholly within the
circles. Distances are geodesic, to the millimetre: see `plane`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, combinations
from weakref import WeakKeyDictionary

import networkx as nx
import numpy as np
import shapely
from numpy.typing import NDArray

from cni.primitives.geo import Position
from cni.topology.engine.view import View
from cni.topology.ground.plane import Floats, Numbers, Pieces, Plane, Shapes, pieces_of, select_pieces, shapes_of, trim
from cni.topology.network import Network

TRIM_RADIUS_M = 100
"""Round each end and shared site, unless a greater separation is asked for: then that many metres."""
PAIRS_AT_ONCE = 50_000
"""So that the pieces of a national network's lines, taken pair by pair, fit into memory."""
MILLIMETRE = 0.001
PLACELESS = np.array([[np.nan, np.nan]])


@dataclass(frozen=True, slots=True)
class Separation:
    """Where two routes come nearest to each other: how many metres apart, which span of each, and half-way between.

    `radius_m`: how much was left out round shared sites.
    """

    metres: float
    radius_m: float
    spans: tuple[str, str]
    position: Position


def trim_radius_m(separation_m: float | None = None) -> float:
    """Return how much is left out round shared sites when routes shall stay so many metres apart."""
    return max(TRIM_RADIUS_M, separation_m or 0)


def separation(network: Network, routes: Sequence[Sequence[str]], radius_m: float = TRIM_RADIUS_M) -> float | None:
    """Return the least metres between any two routes, given by their span ids, away from the sites that they share.

    None: there are not two routes, something of them has no place, or they lie wholly within `radius_m` of such sites.
    """
    nearest = nearest_places(network, routes, radius_m)
    return None if nearest is None else nearest.metres


def nearest_places(
    network: Network, routes: Sequence[Sequence[str]], radius_m: float = TRIM_RADIUS_M
) -> Separation | None:
    """Return where any two of the routes come nearest to each other; None: see `separation`."""
    ground = ground_of(network)
    if any(network.line(span) is None for route in routes for span in route):
        return None
    found: list[Separation] = []
    for pair in combinations(routes, 2):
        common = set(pair[0]).intersection(pair[1])
        if common:
            return _along(network, min(common), radius_m)
        shared = ground.sites_of(pair[0]) & ground.sites_of(pair[1])
        centres = ground.site_points[sorted(shared)]
        if np.isnan(centres).any():
            return None
        found += _nearest(ground, [_trimmed(network, route, centres, radius_m) for route in pair], pair, radius_m)
    return min(found, key=lambda each: (each.metres, each.spans), default=None)


def close_spans(network: Network, metres: float, radius_m: float, ends: Sequence[str]) -> list[tuple[int, int]]:
    """Return the pairs of spans, by number in the view, that no two routes so many metres apart can use between them.

    They come nearer to each other than `metres` outside the circles of `radius_m` round the two `ends` (site ids) and
    round the sites where both spans end. Spans without a place are in no pair: see `placeless_spans`. What doesn't
    depend on the ends is worked out once for a network, `metres` and `radius_m`.
    """
    ground = ground_of(network)
    key = (float(metres), float(radius_m))
    pairs = ground.close_pairs.get(key)
    if pairs is None:
        pairs = _close_anywhere(ground, metres, radius_m)
        ground.close_pairs.clear()  # one at a time: a co-op asks for the same separation again and again
        ground.close_pairs[key] = pairs
    centres = ground.site_points[[ground.site_numbers[end] for end in ends]]
    near_ends = ground.spans_near(centres, radius_m)
    trimmed_there = near_ends[pairs].any(axis=1)
    at_ends = pairs[trimmed_there]
    kept = np.vstack([pairs[~trimmed_there], at_ends[_is_close(ground, at_ends, metres, radius_m, centres)]])
    return [(first, second) for first, second in kept[np.lexsort(kept.T[::-1])].tolist()]


def placeless_spans(network: Network) -> list[int]:
    """Return the spans, by number in the view, that have neither a line nor two ends with a place: nobody can tell how
    far from others they are."""
    placed = np.zeros(len(network.view.span_ids), dtype=bool)
    placed[ground_of(network).pieces.line] = True
    return [int(span) for span in np.flatnonzero(~placed)]


@dataclass(frozen=True, eq=False)
class Ground:
    """The lines of a network's spans on a plane, by the numbers of its view; made as far as it is needed.

    It doesn't hold the view itself, which would keep both in memory for ever (see `ground_of`).
    """

    graph: nx.MultiGraph
    site_numbers: Mapping[str, int]
    span_numbers: Mapping[str, int]
    ends: Numbers
    """The two sites of each span, by number (spans x 2)."""
    plane: Plane
    site_points: Floats
    """x and y of each site, not-a-number without a place; one row more, for no site."""
    close_pairs: dict[tuple[float, float], Numbers] = field(default_factory=dict)
    """By metres and radius: what `close_spans` keeps."""

    @classmethod
    def under(cls, network: Network) -> Ground:
        """Return the ground of a network."""
        graph, view = network.graph, network.view
        positions = np.full((len(view.site_ids), 2), np.nan)
        for id, given in graph.nodes(data=True):
            if "lon" in given:
                positions[view.site_numbers[id]] = given["lon"], given["lat"]
        placed = positions[~np.isnan(positions).any(axis=1)]
        plane = Plane.over(placed if len(placed) else _corners(graph))
        ends = np.column_stack([view.arrays.end_a, view.arrays.end_z]).astype(np.int64)
        points = np.vstack([plane.project(positions), PLACELESS])
        return cls(graph, view.site_numbers, view.span_numbers, ends, plane, points)

    @cached_property
    def pieces(self) -> Pieces:
        """The straight pieces of all lines; none of a span without a place."""
        drawn = {self.span_numbers[id]: line for *_, id, line in self.graph.edges(keys=True, data="line") if line}
        along = pieces_on(self.plane, drawn)
        straight = self.site_points[self.ends].reshape(-1, 4)
        straight[[*drawn]] = np.nan
        undrawn = np.flatnonzero(~np.isnan(straight).any(axis=1))
        span = np.concatenate([along.line, undrawn])
        order = np.argsort(span, kind="stable")
        return Pieces(np.vstack([along.ends, straight[undrawn]])[order], span[order])

    @cached_property
    def shapes(self) -> Shapes:
        """The lines as geometries, None without a place."""
        return shapes_of(self.pieces, len(self.ends))

    @cached_property
    def tree(self) -> shapely.STRtree:
        """An index over the lines."""
        return shapely.STRtree(self.shapes)

    def sites_of(self, route: Sequence[str]) -> set[int]:
        """Return the sites that a route passes, by number, its ends too."""
        return set(self.ends[[self.span_numbers[span] for span in route]].ravel().tolist())

    def shared_sites(self, pairs: Numbers) -> Numbers:
        """Return the one or two sites where both spans of each pair end (2 x pairs), -1 for none."""
        first, second = self.ends[pairs[:, 0]], self.ends[pairs[:, 1]]
        is_shared = (first[:, :, None] == second[:, None, :]).any(axis=2)
        return np.where(is_shared, first, -1).T

    def trimmed_at(self, sites: Numbers, spans: Numbers, radius_m: float) -> Shapes:
        """Return spans, each without what lies within a radius of a site where it ends.

        Every span is trimmed once at either end, for nearly all pairs of near spans are two that meet at a site.
        """
        at_a, at_z = (
            shapes_of(trim(self.pieces, self.site_points[ends], radius_m), len(self.ends)) for ends in self.ends.T
        )
        return np.where(self.ends[spans, 0] == sites, at_a[spans], at_z[spans])

    def spans_near(self, centres: Floats, radius_m: float) -> NDArray[np.bool_]:
        """Tell for each span whether it comes within a radius of any of these points."""
        near = np.zeros(len(self.ends), dtype=bool)
        placed = centres[~np.isnan(centres).any(axis=1)]
        near[self.tree.query(shapely.points(placed), predicate="dwithin", distance=radius_m)[1]] = True
        return near


_grounds: WeakKeyDictionary[View, Ground] = WeakKeyDictionary()


def ground_of(network: Network) -> Ground:
    """Return the ground of a network, made at the first call for its view."""
    if network.view not in _grounds:
        _grounds[network.view] = Ground.under(network)
    return _grounds[network.view]


def pieces_on(plane: Plane, lines: Mapping[int, Sequence[Position]]) -> Pieces:
    """Return the pieces of lines, given by their numbers, on a plane."""
    positions = np.array(list(chain.from_iterable(lines.values())), float).reshape(-1, 2)
    numbers = np.repeat(np.array([*lines], np.int64), [len(line) for line in lines.values()])
    return pieces_of(plane.project(positions), numbers)


def _corners(graph: nx.MultiGraph) -> Floats:
    """Return the positions of all lines, for a network none of whose sites has a place."""
    lines = (line for *_, line in graph.edges(data="line") if line)
    return np.array(list(chain.from_iterable(lines)), float).reshape(-1, 2)


def _along(network: Network, span: str, radius_m: float) -> Separation:
    line = network.line(span) or ()
    return Separation(0.0, radius_m, (span, span), line[len(line) // 2])


def _trimmed(network: Network, route: Sequence[str], centres: Floats, radius_m: float) -> Shapes:
    ground = ground_of(network)
    pieces = pieces_on(ground.plane, {number: network.line(span) or () for number, span in enumerate(route)})
    for centre in centres:
        pieces = trim(pieces, np.tile(centre, (len(route), 1)), radius_m)
    return shapes_of(pieces, len(route))


def _nearest(
    ground: Ground, trimmed: Sequence[Shapes], routes: Sequence[Sequence[str]], radius_m: float
) -> Iterator[Separation]:
    """Yield where two routes are nearest, if anything is left of both; places as near as the plane can tell, each."""
    first, second = trimmed
    tree = shapely.STRtree(second)
    _, distances = tree.query_nearest(first, return_distance=True, all_matches=False)
    if not len(distances):
        return
    doubtful_m = float(distances.min()) * ground.plane.stretch**2 + MILLIMETRE
    pairs = tree.query(first, predicate="dwithin", distance=doubtful_m)
    shortest = shapely.shortest_line(first[pairs[0]], second[pairs[1]])
    for one, other, line, metres in zip(*pairs, shortest, ground.plane.distances_m(shortest), strict=True):
        (x1, y1), (x2, y2) = line.coords
        position = ground.plane.position((x1 + x2) / 2, (y1 + y2) / 2)
        yield Separation(float(metres), radius_m, (routes[0][one], routes[1][other]), position)


def _close_anywhere(ground: Ground, metres: float, radius_m: float) -> Numbers:
    """Return the pairs (n x 2) of spans closer than `metres` outside the sites where both end."""
    within_m = metres * ground.plane.stretch + MILLIMETRE
    found = ground.tree.query(ground.shapes, predicate="dwithin", distance=within_m).T
    pairs = np.ascontiguousarray(found[found[:, 0] < found[:, 1]])
    shared = ground.shared_sites(pairs)
    counts = (shared >= 0).sum(axis=0)
    close = np.zeros(len(pairs), dtype=bool)
    first, second = ground.shapes[pairs[counts == 0].T]
    close[counts == 0] = _are_nearer(ground.plane, first, second, metres)
    forks, sites = pairs[counts == 1], shared[:, counts == 1].max(axis=0)
    first, second = np.split(ground.trimmed_at(np.tile(sites, 2), forks.T.ravel(), radius_m), 2)
    close[counts == 1] = _are_nearer(ground.plane, first, second, metres)
    close[counts == 2] = _is_close(ground, pairs[counts == 2], metres, radius_m, PLACELESS)
    return pairs[close]


def _is_close(ground: Ground, pairs: Numbers, metres: float, radius_m: float, centres: Floats) -> NDArray[np.bool_]:
    """Tell for each pair whether the two come nearer than `metres` outside all circles of theirs."""
    close = np.zeros(len(pairs), dtype=bool)
    for begin in range(0, len(pairs), PAIRS_AT_ONCE):
        some = pairs[begin : begin + PAIRS_AT_ONCE]
        shared = ground.shared_sites(some)
        circles = [ground.site_points[site] for site in shared]
        circles += [np.tile(centre, (len(some), 1)) for centre in centres if not np.isnan(centre).any()]
        sides = []
        for side in some.T:
            pieces = select_pieces(ground.pieces, len(ground.ends), side)
            for circle in circles:
                pieces = trim(pieces, circle, radius_m)
            sides.append(shapes_of(pieces, len(some)))
        close[begin : begin + PAIRS_AT_ONCE] = _are_nearer(ground.plane, sides[0], sides[1], metres)
    return close


def _are_nearer(plane: Plane, first: Shapes, second: Shapes, metres: float) -> NDArray[np.bool_]:
    distances = shapely.distance(first, second)  # not-a-number where nothing is left: never near
    near: NDArray[np.bool_] = distances < metres / plane.stretch - MILLIMETRE
    doubtful = np.flatnonzero((distances <= metres * plane.stretch + MILLIMETRE) & ~near)
    shortest = shapely.shortest_line(first[doubtful], second[doubtful])
    near[doubtful] = plane.distances_m(shortest) < metres
    return near
