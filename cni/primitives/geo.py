"""Places and lengths on the Earth.

Coordinates are WGS84 decimal degrees, longitude first in tuples; lengths are geodesic metres on that ellipsoid.
British National Grid goes through OSTN15: see `cni.primitives.grid`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from math import isnan

import shapely
from pyproj import Geod, Transformer
from shapely.geometry import LineString

from cni.primitives.grid import from_grid_many, to_grid_many

Position = tuple[float, float]
"""(longitude, latitude) in WGS84 decimal degrees."""

UK_LONGITUDE = (-9.0, 2.1)
UK_LATITUDE = (49.8, 61.0)
GRID_SQUARE_M = 100_000


@cache
def _ellipsoid() -> Geod:
    return Geod(ellps="WGS84")


def length_m(positions: Sequence[Position]) -> float:
    """Return the geodesic length in metres of a line through `positions`.

    Source: Karney, Algorithms for geodesics (2013), by way of pyproj.
    """
    longitudes, latitudes = zip(*positions, strict=True)
    return float(_ellipsoid().line_length(longitudes, latitudes))


def distance_m(a: Position, z: Position) -> float:
    """Return the geodesic distance in metres between two positions."""
    return length_m([a, z])


def is_in_uk(position: Position) -> bool:
    """Tell whether a position lies in the box around the United Kingdom."""
    longitude, latitude = position
    return UK_LONGITUDE[0] <= longitude <= UK_LONGITUDE[1] and UK_LATITUDE[0] <= latitude <= UK_LATITUDE[1]


def is_swapped(position: Position) -> bool:
    """Tell whether a position is in the United Kingdom only when read as latitude, longitude."""
    longitude, latitude = position
    return not is_in_uk(position) and is_in_uk((latitude, longitude))


def from_grid(easting: float, northing: float) -> Position:
    """Return the position of British National Grid metres.

    Raises:
        ValueError: the point lies outside the grid's area.
    """
    longitudes, latitudes = from_grid_many(easting, northing)
    longitude, latitude = float(longitudes[0]), float(latitudes[0])
    if isnan(longitude):
        raise ValueError(f"easting {easting:g}, northing {northing:g} lies outside the British National Grid")
    return longitude, latitude


def to_grid(position: Position) -> tuple[float, float]:
    """Return easting and northing in metres of a position; where OSTN15 ends, far out at sea, good to about 5 m."""
    eastings, northings = to_grid_many(*position)
    easting, northing = float(eastings[0]), float(northings[0])
    return _beyond_the_grid().transform(*position) if isnan(easting) else (easting, northing)


@cache
def _beyond_the_grid() -> Transformer:
    return Transformer.from_crs(4326, 27700, always_xy=True)


def parse_grid_reference(text: str) -> tuple[int, int]:
    """Return easting and northing in metres of the south-west corner of the square that a grid reference names.

    Two letters, then two to ten figures in equal halves; spaces are free.

    Raises:
        ValueError: it is no grid reference of Great Britain.
    Source: Ordnance Survey, A guide to coordinate systems in Great Britain, §7; rules to the penny, loading 4.

    >>> parse_grid_reference("SJ 931 997")
    (393100, 399700)
    """
    match = re.fullmatch(r"([A-HJ-Z])([A-HJ-Z])((?:\d\d){1,5})", re.sub(r"\s", "", text).upper())
    if not match:
        raise ValueError(f"{text!r} is not a grid reference; write it like SJ 931 997")
    first, second = ("ABCDEFGHJKLMNOPQRSTUVWXYZ".index(letter) for letter in match.group(1, 2))
    # The lettering starts 1,000 km west and 500 km south of the grid's origin, rows counted from the north.
    east_square = (first % 5) * 5 + second % 5 - 10
    north_square = (4 - first // 5) * 5 + (4 - second // 5) - 5
    if not (0 <= east_square < 7 and 0 <= north_square < 13):
        raise ValueError(f"{text!r} is not in Great Britain; squares there begin with H, N, O, S or T")
    half = len(match[3]) // 2
    step = 10 ** (5 - half)
    return (
        east_square * GRID_SQUARE_M + int(match[3][:half]) * step,
        north_square * GRID_SQUARE_M + int(match[3][half:]) * step,
    )


def grid_reference(position: Position, figures: int = 6) -> str:
    """Return the grid reference of a position, cut to `figures` figures: "SJ 931 997"."""
    easting, northing = (int(metres) for metres in to_grid(position))
    east_square, north_square = easting // GRID_SQUARE_M + 10, northing // GRID_SQUARE_M + 5
    letters = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
    first = letters[(4 - north_square // 5) * 5 + east_square // 5]
    second = letters[(4 - north_square % 5) * 5 + east_square % 5]
    half = figures // 2
    step = 10 ** (5 - half)
    return f"{first}{second} {easting % GRID_SQUARE_M // step:0{half}d} {northing % GRID_SQUARE_M // step:0{half}d}"


def line_of(wkb: bytes) -> list[Position]:
    """Return the positions of a line stored as WKB."""
    return [(x, y) for x, y in shapely.get_coordinates(shapely.from_wkb(wkb)).tolist()]


def wkb_of(positions: Sequence[Position]) -> bytes:
    """Return a line as WKB, as it is stored."""
    return bytes(LineString(positions).wkb)
