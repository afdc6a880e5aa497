"""The lines of many spans beside their sites, all at once: which are plainly right, and which ask for a closer look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from cni.assets.imports.crs import are_in_uk
from cni.assets.imports.reading import LINE, Given
from cni.assets.places import ENDS_WITHIN_M
from cni.primitives.geo import Position

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

EARTH_M = 6_371_000
NOWHERE = (np.nan, np.nan)

SURELY = 0.9
"""Metres on a plane are good to a part in a hundred where it matters: what is within this share of a limit keeps it."""

CLEARLY = 2
"""A line runs the way in which its farther end is so many times nearer; far away, a plane is no better than that."""


def apart_m(points: Floats | Position, others: Floats | Position) -> Floats:
    """Return metres between positions that are near each other, good to a part in a hundred."""
    one, other = np.asarray(points), np.asarray(others)
    east = (one[..., 0] - other[..., 0]) * np.cos(np.radians(other[..., 1]))
    return np.asarray(np.hypot(east, one[..., 1] - other[..., 1]) * np.radians(1) * EARTH_M)


@dataclass(frozen=True, eq=False)
class Reach:
    """How many metres off a and off z each line ends (n x 2), read as it is drawn and from its other end.

    Not a number where there is no line, or it is not known where a site is.
    """

    forward: Floats
    backward: Floats

    @classmethod
    def of(cls, given: Given, places: Mapping[str, Position | None]) -> Reach:
        """Return that of the spans of a layer, whose sites are at `places`, by casefolded id."""
        a, z = (
            np.array([places.get(row.cells[end].casefold()) or NOWHERE for row in given.rows]).reshape(-1, 2)
            for end in ("a", "z")
        )
        first, last = (_points(given, place) for place in (0, -1))
        return cls(
            np.column_stack([apart_m(first, a), apart_m(last, z)]),
            np.column_stack([apart_m(last, a), apart_m(first, z)]),
        )


def _points(given: Given, place: int) -> Floats:
    points = shapely.get_point(given.shapes, place)
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


def positions_of(given: Given) -> dict[int, Position]:
    """Return the positions of the points of a layer that lie in the United Kingdom, by the number of the row."""
    points, number = shapely.get_coordinates(given.shapes, return_index=True)
    rows = [given.rows[place].number for place in number.tolist()]
    is_there = are_in_uk(points).tolist()
    return {row: (x, y) for row, (x, y), fits in zip(rows, points.tolist(), is_there, strict=True) if fits}


def plain_lines(
    given: Given, places: Mapping[str, Position | None], within_m: Mapping[str, int]
) -> dict[int, tuple[Position, ...]]:
    """Return the lines of a layer that are plainly right, turned from a to z, by the number of the row.

    They are those of which `checks.read_plant` would find the same with more pains; one that leads nowhere runs neither
    way, and is not plain. `within_m`: how far sites may really be from where they are said to be.
    """
    reach = Reach.of(given, places)
    forward, backward = reach.forward.max(axis=1), reach.backward.max(axis=1)
    is_turned = forward > CLEARLY * backward
    off = np.where(is_turned[:, None], reach.backward, reach.forward)
    is_plain = (
        (is_turned | (backward > CLEARLY * forward))
        & (off <= SURELY * _allowed_m(given, within_m)).all(axis=1)
        & _lie_in_uk(given)
    )
    points, line = shapely.get_coordinates(given.shapes, return_index=True)
    starts = np.searchsorted(line, np.arange(len(given.rows) + 1)).tolist()
    positions = list(zip(points[:, 0].tolist(), points[:, 1].tolist(), strict=True))
    found = {}
    for number in np.flatnonzero(is_plain).tolist():
        drawn = tuple(positions[starts[number] : starts[number + 1]])
        found[given.rows[number].number] = drawn[::-1] if is_turned[number] else drawn
    return found


def _allowed_m(given: Given, within_m: Mapping[str, int]) -> Floats:
    if not within_m:
        return np.full((len(given.rows), 2), float(ENDS_WITHIN_M))
    extra = [[within_m.get(row.cells[end].casefold(), 0) for end in ("a", "z")] for row in given.rows]
    return ENDS_WITHIN_M + np.array(extra, dtype=float).reshape(-1, 2)


def _lie_in_uk(given: Given) -> Truths:
    points, line = shapely.get_coordinates(given.shapes, return_index=True)
    lies = np.asarray(shapely.get_type_id(given.shapes) == LINE)
    lies[line[~are_in_uk(points)]] = False
    return lies
