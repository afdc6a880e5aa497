"""The two planes that plant is laid out on, and how each is cut into tiles: Web Mercator and the National Grid.

Source: EPSG:3857 and OGC 17-083r4, annexe E (WebMercatorQuad); EPSG:27700 through OSTN15. The tiles of the National
Grid are ours: at zoom 14 they are 1,024 m wide, and tile 0, 0 of each zoom has its north-west corner at easting 0,
northing 2,097,152.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cni.primitives.grid import from_grid_many, to_grid_many

Positions = NDArray[np.float64]
Bounds = tuple[float, float, float, float]
"""West, south, east and north, in metres of a plane."""

EDGE_STEPS = 20
"""Into how many pieces each side of a box is cut, so that degrees follow it closely enough."""
MARGIN_DEGREES = 0.001
EARTH = shapely.box(-180, -90, 180, 90)
RADIUS_M = 6_378_137


@dataclass(frozen=True, slots=True)
class Plane:
    """A plane: `project` and `back` take and return (n, 2) positions, degrees being longitude first.

    `corner` is the north-west corner of tile 0, 0 of every zoom, `width_m` how wide the tile of zoom 0 is.
    """

    project: Callable[[Positions], Positions]
    back: Callable[[Positions], Positions]
    corner: tuple[float, float]
    width_m: float

    def tile(self, zoom: int, column: int, row: int) -> Bounds:
        """Return where a tile lies."""
        width = self.width_m / 2**zoom
        west, north = self.corner[0] + column * width, self.corner[1] - row * width
        return west, north - width, west + width, north

    def in_degrees(self, bounds: Bounds) -> BaseGeometry:
        """Return a box in degrees around one on the plane, a little wider; the whole Earth where the plane ends."""
        west, south, east, north = bounds
        along = np.linspace(0, 1, EDGE_STEPS + 1)
        sides = (
            np.meshgrid(west + (east - west) * along, [south, north]),
            np.meshgrid([west, east], south + (north - south) * along),
        )
        edges = np.concatenate([np.stack([axis.ravel() for axis in side], axis=1) for side in sides])
        around = self.back(edges)
        if not np.isfinite(around).all():
            return EARTH
        return shapely.box(*around.min(axis=0) - MARGIN_DEGREES, *around.max(axis=0) + MARGIN_DEGREES)


def _to_mercator(positions: Positions) -> Positions:
    longitudes, latitudes = np.radians(positions).T
    return np.stack([RADIUS_M * longitudes, RADIUS_M * np.log(np.tan(math.pi / 4 + latitudes / 2))], axis=1)


def _from_mercator(positions: Positions) -> Positions:
    x, y = positions.T / RADIUS_M
    degrees: Positions = np.degrees(np.stack([x, 2 * np.arctan(np.exp(y)) - math.pi / 2], axis=1))
    return degrees


def _to_grid(positions: Positions) -> Positions:
    return np.stack(to_grid_many(*positions.T), axis=1)


def _from_grid(positions: Positions) -> Positions:
    return np.stack(from_grid_many(*positions.T), axis=1)


_HALF_M = math.pi * RADIUS_M
MERCATOR = Plane(_to_mercator, _from_mercator, (-_HALF_M, _HALF_M), 2 * _HALF_M)
GRID = Plane(_to_grid, _from_grid, (0, 2.0**21), 2.0**24)
PLANES = {"mercator": MERCATOR, "grid": GRID}
