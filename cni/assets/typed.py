"""A span as a person draws or types it in a form, turned into the same rows as a file gives. Pure.

One form holds one span and, where an end is no registered site yet, the new site there: fields `a_id`, `a_name`,
`a_kind`, `a_where` (and `z_…`), which count while the field `a` (`z`) is empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import shapely
from shapely.errors import ShapelyError

from cni.assets.importing import UPLOAD_SPAN_COLUMNS, PlantTables, Submission, Table
from cni.primitives.errors import Problem
from cni.primitives.tables import Row

ENDS = ("a", "z")
SITES, SPAN = "sites", "span"
GRID_METRES_ABOVE = 360
"""Figures above it are metres of the National Grid, not degrees."""

LABELS = {
    "id": "The id",
    "name": "The name of the new site",
    "kind": "The kind of the new site",
    "where": "The place of the new site",
    "a": "The site where the span begins",
    "z": "The site where the span ends",
    "fibres": "The number of fibres",
    "length_m": "The length",
    "fibre_owner": "The owner of the fibre",
}


def read_form(values: Mapping[str, str], risks: Sequence[str] = ()) -> Submission:
    """Return the plant of a filled-in form; `risks` are the codes of the risk groups that were ticked."""
    given = {name: value.strip() for name, value in values.items()}
    sites = [_site_row(number, end, given) for number, end in enumerate(ENDS, start=1) if _is_new(end, given)]
    cells = {name: given.get(name, "") for name in UPLOAD_SPAN_COLUMNS.required + UPLOAD_SPAN_COLUMNS.optional}
    cells |= {end: given[f"{end}_id"] for end in ENDS if _is_new(end, given)}
    cells |= {"risks": ";".join(risks), "bends": given.get("bends", "")}
    return Submission(PlantTables(sites=Table(SITES, tuple(sites)), spans=Table(SPAN, (Row(1, cells),))))


def at_fields(problems: Sequence[Problem]) -> list[Problem]:
    """Return the problems of a form at its fields, in the form's own words."""
    return [_at_field(problem) for problem in problems]


def _is_new(end: str, given: Mapping[str, str]) -> bool:
    return not given.get(end) and bool(given.get(f"{end}_id"))


def _site_row(number: int, end: str, given: Mapping[str, str]) -> Row:
    where = given.get(f"{end}_where") or _end_of_line(end, given.get("geometry", ""))
    cells = dict.fromkeys(("latitude", "longitude", "easting", "northing", "grid_ref", "owner"), "")
    cells |= {column: given.get(f"{end}_{column}", "") for column in ("id", "name", "kind")}
    return Row(number, cells | dict(_place_cells(where)))


def _place_cells(where: str) -> Iterator[tuple[str, str]]:
    """Yield the cells that say where a site is: a grid reference, or two numbers with a comma between them."""
    first, comma, second = (part.strip() for part in where.partition(","))
    if not comma:
        yield "grid_ref", where
    elif _is_metres(first) and _is_metres(second):
        yield from (("easting", first), ("northing", second))
    else:
        yield from (("latitude", first), ("longitude", second))


def _is_metres(text: str) -> bool:
    try:
        return abs(float(text)) > GRID_METRES_ABOVE
    except ValueError:
        return False


def _end_of_line(end: str, geometry: str) -> str:
    """Return where a drawn line begins (a) or ends (z), as latitude and longitude; empty where there is no line."""
    try:
        line = shapely.from_wkt(geometry) if geometry else None
    except ShapelyError:
        return ""
    if line is None or line.geom_type != "LineString" or line.is_empty:
        return ""
    longitude, latitude = line.coords[0 if end == "a" else -1][:2]
    return f"{latitude!r}, {longitude!r}"


def _at_field(problem: Problem) -> Problem:
    column = problem.column or ""
    place = column
    if problem.file == SITES:
        column = "where" if column in ("latitude", "longitude", "easting", "northing", "grid_ref") else column
        place = f"{ENDS[(problem.row or 1) - 1]}_{column}"
    message = problem.message
    if problem.code == "missing" and column in LABELS:
        message = f"{LABELS[column]} is missing."
    return replace(problem, message=message, place=place or None, file=None, row=None, column=None)
