"""Spans of different owners that run side by side without anybody having said so: diverse on paper only.

Two spans run together where one lies within some metres of the other; each must do so far enough, all such places of
the two taken together. Only lines that were drawn count: the straight line between two ends stands in for one and
proves nothing. Crossing each other, or meeting at a site, comes to a few times the metres between them: hence the
limits of `refuse_limits`. What touches on the ground becomes one proposal.

The strip round a line is a polygon; at its ends and bends, where an arc of 90° has eight sides, it is up to 0.5 % of
its width too narrow (5 cm of 10 m), elsewhere exact. Metres are those of the plane, within 0.15 % in the United
Kingdom: see `plane`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cni.primitives.errors import Problem, refuse_if_any
from cni.primitives.geo import Position
from cni.topology.ground.geometry import MILLIMETRE, Ground, ground_of
from cni.topology.ground.plane import Numbers, Plane, Shapes
from cni.topology.network import Network

WITHIN_M = 10.0
ALONG_M = 100.0
WIDEST_M = 100.0
LEAST_TIMES_WITHIN = 4
"""Two lines that cross at 30° are within so many times the metres of each other."""
SIDES_OF_QUARTER = 8


@dataclass(frozen=True, slots=True)
class HiddenRisk:
    """Spans, by id in order, of two or more owners that run together for some metres and have no risk group for it.

    `lines` are where they do, the longest first, as (longitude, latitude); `position` is half-way along that one.
    """

    spans: tuple[str, ...]
    owners: tuple[str, ...]
    metres: float
    within_m: float
    lines: tuple[tuple[Position, ...], ...]
    position: Position

    @property
    def sentence(self) -> str:
        """What was found, in a sentence."""
        owners = f"{', '.join(self.owners[:-1])} and {self.owners[-1]}"
        return (
            f"The spans {', '.join(self.spans)} of {owners} run within {self.within_m:g} m of each other"
            f" for {self.metres:,.0f} m, and no risk group says so."
        )


class Together(NamedTuple):
    """Two spans, by number, that run together, and the part of the first one's line, on the plane, where they do."""

    first: int
    second: int
    shape: shapely.Geometry


def find_hidden_risks(
    network: Network, owners: Mapping[str, str], within_m: float = WITHIN_M, along_m: float = ALONG_M
) -> list[HiddenRisk]:
    """Return the places where spans of different owners run within `within_m` for more than `along_m`, undeclared.

    `owners` names the owner of each span by its id; spans without one are left out. The longest first.

    Raises:
        Invalid: the metres make no sense.
    """
    refuse_limits(within_m, along_m)
    ground = ground_of(network)
    pairs = _undeclared_pairs(network, ground, owners, within_m, along_m)
    found = list(_running_together(ground, pairs, within_m, along_m))
    groups = _touching([together.shape for together in found], within_m)
    risks = [_hidden_risk(network, owners, [found[pair] for pair in group], within_m) for group in groups]
    return sorted(risks, key=lambda risk: (-risk.metres, risk.spans))


def refuse_limits(within_m: float, along_m: float) -> None:
    """Refuse metres by which nothing could be told, or by which spans that only cross would count.

    Raises:
        Invalid: each that is out of bounds.
    """
    problems = []
    if not (isfinite(within_m) and 1 <= within_m <= WIDEST_M):
        message = f"Spans cannot be looked for within {within_m:g} m of each other."
        problems.append(Problem("out_of_range", message, f"Give metres from 1 to {WIDEST_M:g}.", "within_m"))
    elif not (isfinite(along_m) and along_m >= LEAST_TIMES_WITHIN * within_m):
        message = f"Spans that only cross would be found too: {along_m:g} m is too short for {within_m:g} m apart."
        remedy = f"Give {LEAST_TIMES_WITHIN * within_m:g} m or more, or fewer metres apart."
        problems.append(Problem("out_of_range", message, remedy, "along_m"))
    refuse_if_any(problems)


def _undeclared_pairs(
    network: Network, ground: Ground, owners: Mapping[str, str], within_m: float, along_m: float
) -> Numbers:
    """Return the pairs (n x 2) of drawn spans of different owners, near somewhere, that share no risk group."""
    view = network.view
    kinds = {owner: number for number, owner in enumerate(sorted(set(owners.values())))}
    owner = np.array([kinds.get(owners.get(id, ""), -1) for id in view.span_ids])
    drawn = {view.span_numbers[id] for *_, id, line in network.graph.edges(keys=True, data="line") if line}
    counts = (owner >= 0) & (shapely.length(ground.shapes) > along_m)
    counts[[number for number in range(len(counts)) if number not in drawn]] = False
    candidates = np.flatnonzero(counts)
    shapes = ground.shapes[candidates]
    found = candidates[shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=within_m).T]
    pairs = found[(found[:, 0] < found[:, 1]) & (owner[found[:, 0]] != owner[found[:, 1]])]
    risks = [frozenset(view.risks_of_spans.members(span).tolist()) for span in range(len(view.span_ids))]
    undeclared = [risks[first].isdisjoint(risks[second]) for first, second in pairs.tolist()]
    return np.asarray(pairs[np.array(undeclared, bool)])


def _running_together(ground: Ground, pairs: Numbers, within_m: float, along_m: float) -> Iterator[Together]:
    """Yield the pairs of which each runs beside the other far enough."""
    pairs = pairs[~_merely_meet(ground, pairs, within_m, along_m)]
    parts = _parts_within(ground.shapes, pairs[:, 0], pairs[:, 1], within_m)
    is_far = shapely.length(parts) > along_m
    pairs, parts = pairs[is_far], parts[is_far]
    other_way = _parts_within(ground.shapes, pairs[:, 1], pairs[:, 0], within_m)
    for number in np.flatnonzero(shapely.length(other_way) > along_m).tolist():
        first, second = pairs[number].tolist()
        yield Together(first, second, parts[number])


def _merely_meet(ground: Ground, pairs: Numbers, within_m: float, along_m: float) -> NDArray[np.bool_]:
    """Tell for each pair whether they meet at one site and are certain not to run together far from it.

    They are near each other only in a circle in which the first is too short. Most pairs are such, and this is ten
    times as quick as measuring how far they run together.
    """
    shared = ground.shared_sites(pairs)
    meets: NDArray[np.bool_] = (shared >= 0).sum(axis=0) == 1
    first, second = pairs[meets].T
    outside = ground.trimmed_at(shared[:, meets].max(axis=0), first, along_m - MILLIMETRE)
    inside_m = shapely.length(ground.shapes[first]) - shapely.length(outside)
    meets[meets] = (inside_m < along_m) & ~(shapely.distance(outside, ground.shapes[second]) <= within_m)
    return meets


def _parts_within(shapes: Shapes, spans: Numbers, others: Numbers, within_m: float) -> Shapes:
    """Return the part of each span that lies within some metres of the other one."""
    used, number = np.unique(others, return_inverse=True)
    parts: Shapes = shapely.intersection(shapes[spans], _strips(shapes[used], within_m)[number])
    return parts


def _strips(shapes: Shapes, within_m: float) -> Shapes:
    strips: Shapes = shapely.buffer(shapes, within_m, quad_segs=SIDES_OF_QUARTER)
    return strips


def _touching(shapes: Sequence[shapely.Geometry], within_m: float) -> list[list[int]]:
    """Return the numbers of shapes that hang together, each within some metres of another one of its group."""
    if not shapes:
        return []
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=within_m)
    joined = coo_array((np.ones(len(one), bool), (one, other)), shape=(len(shapes), len(shapes)))
    groups = defaultdict(list)
    for number, group in enumerate(connected_components(joined, directed=False)[1].tolist()):
        groups[group].append(number)
    return list(groups.values())


def _hidden_risk(network: Network, owners: Mapping[str, str], group: Sequence[Together], within_m: float) -> HiddenRisk:
    """Return the proposal of one group. It is as long as it is along the spans of that owner along whose it is longest:
    with several cables of each side by side, all their metres together would count the same trench twice."""
    plane, ids = ground_of(network).plane, network.view.span_ids
    along: dict[str, list[shapely.Geometry]] = defaultdict(list)
    for span, part in _parts_of(ground_of(network).shapes, group, within_m):
        along[owners[ids[span]]].append(part)
    metres = {owner: round(float(shapely.length(parts).sum()), 1) for owner, parts in along.items()}
    longest = min(along, key=lambda owner: (-metres[owner], owner))
    lines = sorted(_lines(along[longest]), key=lambda line: -line.length)
    return HiddenRisk(
        spans=tuple(sorted({ids[span] for together in group for span in together[:2]})),
        owners=tuple(sorted(along)),
        metres=metres[longest],
        within_m=within_m,
        lines=tuple(_positions(plane, line) for line in lines),
        position=_positions(plane, lines[0].interpolate(0.5, normalized=True))[0],
    )


def _parts_of(shapes: Shapes, group: Sequence[Together], within_m: float) -> Iterator[tuple[int, shapely.Geometry]]:
    """Yield each span of a group with the part of it that runs beside any of those that it runs together with."""
    beside = defaultdict(list)
    for first, second, _ in group:
        beside[first].append(second)
        beside[second].append(first)
    for span, others in sorted(beside.items()):
        yield span, shapely.intersection(shapes[span], shapely.union_all(_strips(shapes[others], within_m)))


def _lines(parts: Sequence[shapely.Geometry]) -> list[shapely.LineString]:
    """Return what parts of lines consist of, put together where one goes on from another."""
    pieces = [piece for piece in shapely.get_parts(shapely.get_parts(parts)) if piece.length > 0]
    return list(shapely.get_parts(shapely.line_merge(shapely.multilinestrings(pieces))))


def _positions(plane: Plane, shape: shapely.Geometry) -> tuple[Position, ...]:
    return tuple(plane.position(x, y) for x, y in shapely.get_coordinates(shape).tolist())
