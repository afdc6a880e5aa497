"""Where plant is, as people write it: degrees, grid metres, grid references, lines in well-known text.

Each reader notes what is wrong at the row's `Cells` and returns None then.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import shapely
from shapely.errors import ShapelyError

from cni.assets.words import LengthBasis
from cni.primitives.coordinates import is_irish_reference
from cni.primitives.geo import Position, distance_m, from_grid, is_in_uk, is_swapped, length_m, parse_grid_reference
from cni.primitives.tables import Cells, decimal_number, echoed

ENDS_WITHIN_M = 25
"""How far, in metres, a line's end may lie from its site."""

SHORTEST = 0.99
"""Of the straight way between the sites; no cable is shorter, and 1 % is left for where exactly a site is."""

SHORTER, LONGER = 0.95, 1.3
"""A surveyed cable is as long as its line, and somewhat longer with slack; beyond these shares, one should ask."""

LONGEST = 3
"""So many times its line no cable is long, however its length came about: a slip of the hand."""

ONE_WAY = "Give latitude and longitude, or easting and northing, or a grid reference, and nothing else."
LINE_REMEDY = "Write it as LINESTRING (longitude latitude, longitude latitude, …), in WGS84."


def site_position(cells: Cells) -> Position | None:
    """Return where a site is, said in exactly one way."""
    ways = [
        ("latitude", cells.is_given("latitude") or cells.is_given("longitude"), _degrees),
        ("easting", cells.is_given("easting") or cells.is_given("northing"), _grid_metres),
        ("grid_ref", cells.is_given("grid_ref"), _grid_reference),
    ]
    given = [(column, read) for column, is_given, read in ways if is_given]
    if not given:
        cells.problem("no_position", "latitude", "Nothing says where the site is.", ONE_WAY)
        return None
    if len(given) > 1:
        message = f"The site says where it is in {len(given)} ways."
        cells.problem("several_positions", given[-1][0], message, ONE_WAY)
        return None
    column, read = given[0]
    position = read(cells)
    if position is not None and not is_in_uk(position):
        _note_stray(position, cells, column)
        return None
    return position


def _degrees(cells: Cells) -> Position | None:
    latitude = cells.decimal("latitude", required=True)
    longitude = cells.decimal("longitude", required=True)
    return None if latitude is None or longitude is None else (float(longitude), float(latitude))


def _grid_metres(cells: Cells) -> Position | None:
    easting = cells.decimal("easting", required=True)
    northing = cells.decimal("northing", required=True)
    if easting is None or northing is None:
        return None
    try:
        return from_grid(float(easting), float(northing))
    except ValueError as error:
        cells.problem("outside_uk", "easting", f"{str(error).capitalize()}.", "Give both in whole metres.")
        return None


def _grid_reference(cells: Cells) -> Position | None:
    text = cells.text("grid_ref") or ""
    if is_irish_reference(text):
        message = f"{echoed(text)} is a reference of the Irish Grid, which is not read."
        cells.problem("irish_grid", "grid_ref", message, "Give latitude and longitude (WGS84) instead.")
        return None
    metres = cells.parsed("grid_ref", parse_grid_reference, "Write two letters and two to ten figures: SJ 931 997.")
    return None if metres is None else from_grid(*metres)


def line(cells: Cells, column: str = "geometry") -> tuple[Position, ...] | None:
    """Return a line given as WKT in WGS84 degrees; heights are left out."""
    text = cells.text(column)
    if text is None:
        return None
    try:
        shape = shapely.from_wkt(text)
    except ShapelyError:
        cells.problem("bad_geometry", column, f"{echoed(text)!r} cannot be read as a line.", LINE_REMEDY)
        return None
    if shape.geom_type != "LineString" or shape.is_empty:
        found = "empty" if shape.is_empty else f"a {shape.geom_type.upper()}"
        cells.problem("bad_geometry", column, f"The geometry is {found}; a span is one LINESTRING.", LINE_REMEDY)
        return None
    positions = tuple((float(point[0]), float(point[1])) for point in shape.coords)
    strays = [position for position in positions if not is_in_uk(position)]
    if strays:
        _note_stray(strays[0], cells, column)
        return None
    if len(set(positions)) == 1:
        cells.problem("bad_geometry", column, "The line has no length: all its points are one.", LINE_REMEDY)
        return None
    return positions


def bends(cells: Cells, column: str = "bends") -> tuple[Position, ...] | None:
    """Return the points of a line between its sites, typed one to a line: a grid reference, or latitude, longitude."""
    positions = []
    for number, words in enumerate(cells.row.cells.get(column, "").splitlines(), start=1):
        try:
            position = _typed_position(words) if words.strip() else None
        except ValueError as error:
            reason = str(error).replace(words, echoed(words)).rstrip(".")
            message = f"Line {number}: {reason}."
            cells.problem("bad_geometry", column, message, "Write SJ 931 997, or 53.4873, -2.1012.")
            return None
        if position is not None and not is_in_uk(position):
            _note_stray(position, cells, column)
            return None
        positions += [position] if position else []
    return tuple(positions)


def _typed_position(words: str) -> Position:
    """Return the position that a line of text says: latitude and longitude with a comma, or a grid reference.

    Raises:
        ValueError: it says neither.
    """
    if "," not in words:
        return from_grid(*parse_grid_reference(words))
    latitude, _, longitude = words.partition(",")
    return float(decimal_number(longitude.strip())), float(decimal_number(latitude.strip()))


def _note_stray(position: Position, cells: Cells, column: str) -> None:
    """Note a position that does not lie in the United Kingdom, and what it probably is."""
    x, y = position
    if is_swapped(position):
        message = f"Latitude and longitude are swapped: {y:g} stands as the latitude, {x:g} as the longitude."
        cells.problem("swapped_coordinates", column, message, "Exchange them; in a line, longitude comes first.")
    elif _is_grid(position):
        message = f"{x:g}, {y:g} are metres of a grid, not degrees of WGS84."
        is_site = column == "latitude"
        remedy = "Write them under easting and northing." if is_site else "Export it again in WGS84 (EPSG:4326)."
        cells.problem("wrong_crs", column, message, remedy)
    else:
        message = f"Latitude {y:g}, longitude {x:g} lies outside the United Kingdom."
        cells.problem("outside_uk", column, message, "Check the figures and the minus sign of the longitude.")


def _is_grid(position: Position) -> bool:
    return all(math.isfinite(metres) for metres in position) and max(map(abs, position)) > 360


def from_a_to_z(positions: tuple[Position, ...], a: Position, z: Position) -> tuple[Position, ...]:
    """Return a line turned so that it runs from a to z, whichever way it was given."""
    if _farther_end_m(positions, a, z) <= _farther_end_m(positions[::-1], a, z):
        return positions
    return positions[::-1]


def ends_off_m(positions: tuple[Position, ...], a: Position, z: Position) -> tuple[float, float]:
    """Return how far in metres a line's two ends lie from a and from z."""
    return _apart_m(positions[0], a), _apart_m(positions[-1], z)


def _farther_end_m(positions: tuple[Position, ...], a: Position, z: Position) -> float:
    return max(ends_off_m(positions, a, z))


def _apart_m(one: Position, other: Position) -> float:
    """Return the metres between two positions: geodesic, where it is not clear that they are too near to matter."""
    east = (one[0] - other[0]) * math.cos(math.radians(other[1]))
    metres = math.hypot(east, one[1] - other[1]) * METRES_OF_A_DEGREE
    return metres if metres < CLEARLY_WITHIN_M else distance_m(one, other)


METRES_OF_A_DEGREE = 111_200
CLEARLY_WITHIN_M = ENDS_WITHIN_M / 2
"""Nearer than this, a figure good to a part in a hundred is good enough."""


def length_remark(
    metres: float, basis: LengthBasis, ends: tuple[Position, Position], line: Sequence[Position] | None
) -> str | None:
    """Return what is odd about a span's length beside its sites and its line, without being wrong; None: nothing."""
    straight_m = distance_m(*ends)
    if metres < straight_m * SHORTEST:
        return f"Its length is less than the straight line between its sites, {straight_m:,.0f} m."
    if line is None:
        if 0 < straight_m * LONGEST < metres:
            return f"Its length is more than {LONGEST} times the straight line between its sites, {straight_m:,.0f} m."
        return "No line is given, only the two ends."
    return _remark_beside_line(metres, basis, length_m(line))


def _remark_beside_line(metres: float, basis: LengthBasis, drawn_m: float) -> str | None:
    if metres > drawn_m * LONGEST:
        return f"Its length is more than {LONGEST} times that of the line, {drawn_m:,.0f} m."
    if basis is LengthBasis.DRAWN:
        return None
    if metres < drawn_m * SHORTER:
        return f"Its length is less than that of the line, {drawn_m:,.0f} m."
    if metres > drawn_m * LONGER:
        return f"Its length is much more than that of the line, {drawn_m:,.0f} m."
    return None
