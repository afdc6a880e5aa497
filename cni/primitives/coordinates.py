"""Coordinates as people bring them: degrees in many spellings, and numbers whose system has to be guessed or changed.

Nothing is guessed silently: `possible_systems` says what numbers look like, a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from cni.primitives.geo import Position, is_in_uk
from cni.primitives.grid import ACCURACY, from_grid_many

Floats = NDArray[np.float64]

WGS84 = "EPSG:4326"
BRITISH_GRID = "EPSG:27700"
IRISH_SYSTEMS = frozenset({"EPSG:29900", "EPSG:29901", "EPSG:29902", "EPSG:29903", "EPSG:2157", "EPSG:2158"})
IRISH_WORDS = ("irish", "irenet", "tm65", "tm75")
IRISH_GRID_REFUSED = (
    "Irish Grid is not taken: OSTN15 ends at the coast of Great Britain, and Irish coordinates read like British ones "
    "of a place some 200 km away. Give longitude and latitude (WGS84) instead."
)

NUMBER = r"\d+(?:[.,]\d+)?"
ANGLE = re.compile(
    rf"\s*(?P<before>[NSEW])?\s*(?P<sign>[+-])?\s*(?P<degrees>{NUMBER})\s*(?:°|º|deg\.?|d|:|\s)?\s*"
    rf"(?:(?P<minutes>{NUMBER})\s*(?:'|’|′|min\.?|m|:|\s|$|(?=[NSEW]))\s*)?"
    rf"(?:(?P<seconds>{NUMBER})\s*(?:\"|”|″|''|’’|′′|sec\.?|s(?![A-Z]))?\s*)?(?P<after>[NSEW])?\s*",
    re.IGNORECASE,
)
IRISH_REFERENCE = re.compile(r"[A-HJ-Z](?:\d\d){1,5}")

BRITISH_LAND = (
    "012345", "123456", "123456", "23456", "2345", "12345", "1234", "0123", "01234", "0123", "1234", "34", "4"
)  # fmt: skip
"""Which squares of 100 km hold land, by their easting, from the south; Source: Ordnance Survey, the National Grid."""


class System(StrEnum):
    """What coordinates look like; the value is said to a person."""

    DEGREES = "longitude and latitude in degrees"
    DEGREES_SWAPPED = "latitude and longitude in degrees, the other way round"
    BRITISH_GRID = "British National Grid"
    BRITISH_GRID_SWAPPED = "British National Grid, northing before easting"
    WEB_MERCATOR = "Web Mercator"
    IRISH_GRID = "Irish Transverse Mercator"


class Placed(NamedTuple):
    """Longitudes and latitudes in WGS84 degrees, not-a-number where there are none; and how good they are, in words."""

    longitudes: Floats
    latitudes: Floats
    accuracy: str


def parse_degrees(text: str) -> float:
    """Return an angle in degrees, south and west negative, from decimals or degrees, minutes and seconds.

    Raises:
        ValueError: it is no angle that can be told for certain.

    >>> parse_degrees("2°06'04.3\\"W")
    -2.101194...
    """
    match = ANGLE.fullmatch(text.replace("−", "-"))
    if match is None or (match["before"] and match["after"]):
        raise ValueError(f"{text!r} is not an angle; write it like 53.4873 or 53°29'14.2\"N")
    letter = (match["before"] or match["after"] or "").upper()
    parts = [float((match[part] or "0").replace(",", ".")) for part in ("degrees", "minutes", "seconds")]
    given = [part for part in ("degrees", "minutes", "seconds") if match[part]]
    broken = any(match[part] and not float(match[part].replace(",", ".")).is_integer() for part in given[:-1])
    if broken or parts[1] >= 60 or parts[2] >= 60 or (letter and match["sign"]) or parts[0] > _most(letter):
        raise ValueError(f"{text!r} is not an angle: look at its degrees, minutes and seconds")
    degrees = parts[0] + parts[1] / 60 + parts[2] / 3600
    return -degrees if match["sign"] == "-" or letter in ("S", "W") else degrees


def _most(letter: str) -> int:
    return 90 if letter in ("N", "S") else 180


def parse_position(text: str) -> Position:
    """Return the position that two angles in one text name: latitude first, or either way round with N, S, E and W.

    Raises:
        ValueError: they are not two angles, or not in the United Kingdom whichever way round.

    >>> parse_position("53.4873, -2.1012")
    (-2.1012, 53.4873)
    """
    for first, second in _halves(text):
        try:
            a, z = parse_degrees(first), parse_degrees(second)
        except ValueError:
            continue
        letters = [set(part.upper()) & set("NSEW") for part in (first, second)]
        if letters[0] & set("EW") or letters[1] & set("NS"):
            a, z = z, a
        if is_in_uk((z, a)):
            return z, a
        if is_in_uk((a, z)) and not any(letters):
            return a, z
    raise ValueError(f"{text!r} is not a position in the United Kingdom; write it like 53.4873, -2.1012")


def _halves(text: str) -> Iterator[tuple[str, str]]:
    """Yield the ways to cut a text in two: at a separator, after a letter that closes an angle, at any space."""
    cuts = [re.finditer(r"[;,]\s*", text), re.finditer(r"(?<=[NSEWnsew])\s*(?=[\d+-])|\s*(?=[NSEWnsew])", text)]
    for found in (*cuts, re.finditer(r"\s+", text)):
        yield from ((text[: each.start()], text[each.end() :]) for each in found if 0 < each.start() < len(text))


def is_irish_reference(text: str) -> bool:
    """Tell whether a text is a grid reference of Ireland, which has one letter: "J 340 740"."""
    return bool(IRISH_REFERENCE.fullmatch(re.sub(r"\s", "", text).upper()))


def possible_systems(xs: ArrayLike, ys: ArrayLike) -> tuple[System, ...]:
    """Return what coordinates may be, the likeliest first; judged by their middle, so that strays do not count.

    Around Manchester easting and northing are alike, and Irish Grid falls on Wales: only a place that is known decides.
    """
    x, y = _middle(xs), _middle(ys)
    found = {
        System.DEGREES: is_in_uk((x, y)),
        System.DEGREES_SWAPPED: is_in_uk((y, x)),
        System.BRITISH_GRID: _is_on_land(x, y),
        System.BRITISH_GRID_SWAPPED: _is_on_land(y, x),
        System.WEB_MERCATOR: -1_001_900 <= x <= 233_800 and 6_411_000 <= y <= 8_627_000,
        System.IRISH_GRID: 400_000 <= x <= 780_000 and 500_000 <= y <= 990_000 and not _is_on_land(x, y),
    }
    return tuple(system for system, fits in found.items() if fits)


def _middle(values: ArrayLike) -> float:
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[np.isfinite(numbers)]
    return float(np.median(numbers)) if numbers.size else float("nan")


def _is_on_land(easting: float, northing: float) -> bool:
    if not (1_000 <= easting < 700_000 and 1_000 <= northing < 1_300_000):
        return False
    return str(int(easting // 100_000)) in BRITISH_LAND[int(northing // 100_000)]


def to_wgs84(xs: ArrayLike, ys: ArrayLike, crs: str) -> Placed:
    """Return coordinates, x (easting, longitude) first, in WGS84.

    Raises:
        ValueError: the system is Irish, or none that we know; the sentence says so.
    """
    x, y = (np.atleast_1d(np.asarray(values, dtype=np.float64)) for values in (xs, ys))
    name = crs.upper()
    if name in IRISH_SYSTEMS:
        raise ValueError(IRISH_GRID_REFUSED)
    if name == WGS84:
        return Placed(x, y, "As given, in WGS84.")
    if name == BRITISH_GRID:
        return Placed(*from_grid_many(x, y), ACCURACY)
    return _by_proj(x, y, crs)


def _by_proj(x: Floats, y: Floats, crs: str) -> Placed:
    try:
        system = CRS.from_user_input(crs)
        transformer = Transformer.from_crs(system, WGS84, always_xy=True)
        longitudes, latitudes = transformer.transform(x, y)
    except (CRSError, ProjError) as error:
        raise ValueError(f"{crs!r} is not a coordinate system that we know; give its EPSG number") from error
    if any(word in system.name.lower() for word in IRISH_WORDS):
        raise ValueError(IRISH_GRID_REFUSED)
    known = np.isfinite(longitudes) & np.isfinite(latitudes)
    accuracy = f"From {system.name}, {_goodness(transformer.accuracy)}."
    return Placed(np.where(known, longitudes, np.nan), np.where(known, latitudes, np.nan), accuracy)


def _goodness(accuracy_m: float) -> str:
    if accuracy_m < 0:
        return "to an accuracy that is not stated"
    return f"to about {accuracy_m:g} m" if accuracy_m else "without loss"
