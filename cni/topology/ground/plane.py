"""Lines on flat ground: projected to metres, trimmed around places, and measured.

The projection is Lambert's azimuthal equal-area one on the WGS84 ellipsoid, about the middle of the network. At c
radians from the middle a short distance comes out between cos(c/2) and 1/cos(c/2) times its true value: within 0.15 %
up to 700 km away, so anywhere in the United Kingdom. It only decides which points are nearest; the distance between
those is measured again on the ellipsoid, so a distance that is reported is geodesic. Between two positions a line runs
straight in the plane, within about 3 m of the geodesic over 100 km, and within millimetres over a few.

Source: Snyder, Map projections: a working manual (USGS 1987), chapter 24; geodesics: see `cni.primitives.geo`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import asin, cos
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Proj

from cni.primitives.geo import Position

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
Shapes = NDArray[np.object_]
"""Shapely geometries in plane metres; None where there is no line."""

EARTH_RADIUS_M = 6_000_000.0
"""Less than it is, so that angles from the middle come out large enough, for lines that stray beyond the sites too."""
MEASURED_DECIMALS = 3
"""Distances are told to the millimetre; no plant is surveyed as well as that."""
FARTHEST = 0.99
"""Sine of half the angle beyond which the plane is no guide: the other side of the Earth."""


class Pieces(NamedTuple):
    """Straight pieces of lines: x and y of both ends (pieces x 4), and the number of the line of each, ascending."""

    ends: Floats
    line: Numbers


@dataclass(frozen=True, eq=False)
class Plane:
    """A flat map in metres about `middle`; what is put on it lies within `reach_m` of the middle, or hardly beyond."""

    middle: Position
    reach_m: float

    @classmethod
    def over(cls, positions: Floats) -> Plane:
        """Return the plane about the middle of the box around positions (n x 2, longitude first)."""
        if not len(positions):
            return cls((0.0, 0.0), 0.0)
        west, south = positions.min(axis=0)
        east, north = positions.max(axis=0)
        plane = cls(((west + east) / 2, (south + north) / 2), 0.0)
        return cls(plane.middle, float(np.hypot(*plane.project(positions).T).max()))

    @cached_property
    def stretch(self) -> float:
        """By how much, at most, a short distance on the plane may be longer or shorter than the true one: a factor."""
        half_angle = asin(min(self.reach_m / (2 * EARTH_RADIUS_M), FARTHEST))
        return 1 / cos(half_angle)

    def project(self, positions: Floats) -> Floats:
        """Return positions (n x 2, longitude first) as x and y in metres."""
        x, y = self._projection(positions[:, 0], positions[:, 1])
        return np.column_stack([x, y])

    def position(self, x: float, y: float) -> Position:
        """Return the position of a point of the plane."""
        longitude, latitude = self._projection(x, y, inverse=True)
        return float(longitude), float(latitude)

    def distances_m(self, shortest: Shapes) -> Floats:
        """Return the geodesic metres between the ends of two-point lines, to the millimetre."""
        ends = shapely.get_coordinates(shortest)
        longitude, latitude = self._projection(ends[:, 0], ends[:, 1], inverse=True)
        _, _, metres = self._ellipsoid.inv(longitude[::2], latitude[::2], longitude[1::2], latitude[1::2])
        return np.asarray(np.round(metres, MEASURED_DECIMALS))

    @cached_property
    def _projection(self) -> Any:
        longitude, latitude = self.middle
        return Proj(proj="laea", lon_0=longitude, lat_0=latitude, datum="WGS84")

    @cached_property
    def _ellipsoid(self) -> Any:
        return Geod(ellps="WGS84")


def pieces_of(points: Floats, line: Numbers) -> Pieces:
    """Return the pieces between neighbouring points (n x 2) of the same line; `line` is ascending."""
    joined = line[1:] == line[:-1]
    return Pieces(np.hstack([points[:-1], points[1:]])[joined], line[1:][joined])


def select_pieces(pieces: Pieces, count: int, lines: Numbers) -> Pieces:
    """Return the pieces of some of `count` lines, which are numbered anew in the order of `lines`; one may recur."""
    first = np.searchsorted(pieces.line, np.arange(count + 1))
    begin, counts = first[lines], first[lines + 1] - first[lines]
    line = np.repeat(np.arange(len(lines)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return Pieces(pieces.ends[np.repeat(begin, counts) + within], line)


def trim(pieces: Pieces, centres: Floats, radius_m: float) -> Pieces:
    """Return what lies outside a circle: exact, no polygon stands in for it.

    `centres` (lines x 2): the middle of each line's own circle, not-a-number where it has none.
    """
    start = pieces.ends[:, :2] - centres[pieces.line]
    along = pieces.ends[:, 2:] - pieces.ends[:, :2]
    # Where start + t along meets the circle: t = (-b ± sqrt(b² - ac)) / a.
    a = np.einsum("ij,ij->i", along, along)
    b = np.einsum("ij,ij->i", start, along)
    c = np.einsum("ij,ij->i", start, start) - radius_m**2
    with np.errstate(invalid="ignore", divide="ignore"):
        root = np.sqrt(np.maximum(b * b - a * c, 0))
        enters, leaves = ((-b - root) / a)[:, None], ((-b + root) / a)[:, None]
        is_cut = (b * b > a * c) & (leaves[:, 0] > 0) & (enters[:, 0] < 1)
        is_whole = ~is_cut & ~((a == 0) & (c < 0))  # a piece without length lies inside or outside
    has_before, has_after = is_cut & (enters[:, 0] > 0), is_cut & (leaves[:, 0] < 1)
    before = np.hstack([pieces.ends[:, :2], pieces.ends[:, :2] + enters * along])[has_before]
    after = np.hstack([pieces.ends[:, :2] + leaves * along, pieces.ends[:, 2:]])[has_after]
    number = np.concatenate([np.flatnonzero(kept) for kept in (is_whole, has_before, has_after)])
    order = np.argsort(number, kind="stable")
    return Pieces(np.vstack([pieces.ends[is_whole], before, after])[order], pieces.line[number[order]])


def shapes_of(pieces: Pieces, count: int) -> Shapes:
    """Return `count` lines made of these pieces, None where nothing is left of one."""
    shapes = np.full(count, None, dtype=object)
    if not len(pieces.line):
        return shapes
    is_first = np.ones(len(pieces.line), dtype=bool)
    goes_on = (pieces.ends[1:, :2] == pieces.ends[:-1, 2:]).all(axis=1)
    is_first[1:] = ~goes_on | (pieces.line[1:] != pieces.line[:-1])
    runs = _lines_through(pieces, is_first)
    lines, of_run, counts = np.unique(pieces.line[is_first], return_inverse=True, return_counts=True)
    is_single = counts == 1
    shapes[lines[is_single]] = runs[is_single[of_run]]
    if not is_single.all():
        broken = ~is_single[of_run]
        of_broken = np.unique(of_run[broken], return_inverse=True)[1]
        shapes[lines[~is_single]] = shapely.multilinestrings(runs[broken], indices=of_broken)
    return shapes


def _lines_through(pieces: Pieces, is_first: NDArray[np.bool_]) -> Shapes:
    """Return a line for each run of pieces that join up."""
    run = np.cumsum(is_first) - 1
    points = np.empty((len(pieces.line) + run[-1] + 1, 2))
    begins = np.arange(len(pieces.line)) + run  # each run before this one has one point more than pieces
    points[begins] = pieces.ends[:, :2]
    points[begins + 1] = pieces.ends[:, 2:]
    lines: Shapes = shapely.linestrings(points, indices=np.repeat(np.arange(run[-1] + 1), np.bincount(run) + 1))
    return lines
