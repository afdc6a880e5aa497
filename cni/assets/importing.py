"""Plant that is brought: which columns each kind has, and JSON objects turned into the same rows as tables.

Whatever the door (a folder, a file, a form, the API), plant comes as rows of text, which `checks.read_plant` judges by
one set of rules. Files are read by `cni.formats`, and arranged by `cni.assets.imports`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape

from cni.primitives.errors import Problem
from cni.primitives.tables import Columns, Row, echoed

SITE_COLUMNS = Columns(
    required=("id", "name", "kind"),
    optional=("latitude", "longitude", "easting", "northing", "grid_ref", "owner"),
)
RISK_COLUMNS = Columns(required=("id", "name", "kind"))
SPAN_COLUMNS = Columns(
    required=("id", "a", "z", "fibre_owner", "fibres"),
    optional=("length_m", "length_basis", "duct_owner", "reserved_pairs", "offered_pairs", "risks", "geometry"),
)
RACK_COLUMNS = Columns(required=("id", "site", "units"), optional=("owner", "power_kw"))

UPLOAD_SPAN_COLUMNS = Columns(
    required=("id", "a", "z", "fibres"),
    optional=("fibre_owner", *SPAN_COLUMNS.optional),
)
"""In a member's own upload, an absent or empty `fibre_owner` is that member."""

SPAN_COLUMN_ORDER = (
    "id", "a", "z", "length_m", "length_basis", "fibre_owner", "duct_owner", "fibres", "reserved_pairs",
    "offered_pairs", "risks", "geometry",
)  # fmt: skip
"""The columns of spans.csv in the order in which people know them."""

MOST_ROWS = 10_000
"""So many sites and spans together may be sent at once."""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one file.

    `places`, by the number of the row: positions of sites, and lines of spans from a to z, that were found to be right
    already. Such a row's own cells do not say where it is.
    """

    file: str
    rows: tuple[Row, ...] = ()
    places: Mapping[int, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlantTables:
    """Plant as rows, by kind."""

    sites: Table = Table("sites.csv")
    risks: Table = Table("risks.csv")
    spans: Table = Table("spans.csv")
    racks: Table = Table("racks.csv")


@dataclass(frozen=True, slots=True)
class Submission:
    """Plant as a member sends it, and what is wrong with its form before any row is judged."""

    tables: PlantTables
    problems: tuple[Problem, ...] = ()


def _too_many(count: int, file: str | None) -> Submission:
    """Return a submission of more rows than are judged at once: nothing but that problem."""
    message = f"There are {count:,} sites and spans; {MOST_ROWS:,} can be sent at once."
    remedy = f"Split them into parts of {MOST_ROWS:,} or fewer; larger ones cannot be taken yet."
    return Submission(PlantTables(), (Problem("too_many_rows", message, remedy, file=file),))


def read_objects(sites: Sequence[Mapping[str, Any]], spans: Sequence[Mapping[str, Any]]) -> Submission:
    """Return plant given as JSON objects whose fields are named like the columns; a row is an object, from 1.

    A span's `geometry` may be WKT or a GeoJSON LineString.
    """
    if len(sites) + len(spans) > MOST_ROWS:
        return _too_many(len(sites) + len(spans), None)
    problems: list[Problem] = []
    tables = PlantTables(
        sites=_table_of("sites", sites, SITE_COLUMNS, problems),
        spans=_table_of("spans", spans, UPLOAD_SPAN_COLUMNS, problems),
    )
    return Submission(tables, tuple(problems))


def _table_of(file: str, objects: Sequence[Mapping[str, Any]], columns: Columns, problems: list[Problem]) -> Table:
    rows = []
    for number, fields in enumerate(objects, start=1):
        place = _Place(file, number)
        problems += _unknown_names(fields, columns, place)
        cells = _cells(fields, columns)
        if isinstance(fields.get("geometry"), dict):
            kind, part = _geometry_of(fields["geometry"])
            cells["geometry"] = _wkt(part) if kind == "LineString" else ""
            if kind != "LineString":
                problems.append(_not_a_line(kind, place))
        rows.append(Row(number, cells))
    return Table(file, tuple(rows))


class _Place(NamedTuple):
    """Where a row stands."""

    file: str
    row: int

    def problem(self, code: str, column: str | None, message: str, remedy: str) -> Problem:
        """Return a problem of this row."""
        return Problem(code, message, remedy, None, self.file, self.row, column)


def _not_a_line(kind: str, place: _Place) -> Problem:
    message = f"There is {kind}; a span is a LineString, a site a Point."
    return place.problem("bad_geometry", "geometry", message, "Draw it as one line or one point.")


def _unknown_names(fields: Mapping[str, Any], columns: Columns, place: _Place) -> list[Problem]:
    known = columns.required + columns.optional
    remedy = f"Remove it, or name it one of: {', '.join(known)}."
    return [
        place.problem("unknown_column", echoed(str(name)), f"There is no property {echoed(str(name))!r}.", remedy)
        for name in fields
        if name not in known
    ]


def _geometry_of(geometry: Any) -> tuple[str, Any]:
    """Return a geometry's kind and shape, a collection of one part as that part; or words for what is wrong with it."""
    if not isinstance(geometry, dict):
        return "no geometry", None
    try:
        part = shape(geometry)
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        return "a geometry that cannot be read", None
    if part.is_empty:
        return "an empty geometry", None
    parts = list(_parts(part))
    if len(parts) > 1:
        return f"a {part.geom_type} of {len(parts)} parts", None
    return (parts[0].geom_type if parts[0].geom_type in ("Point", "LineString") else f"a {part.geom_type}"), parts[0]


def _parts(part: Any) -> Iterator[Any]:
    yield from part.geoms if hasattr(part, "geoms") else [part]


def _wkt(part: Any) -> str:
    """Return a line as WKT with all its figures."""
    return str(shapely.to_wkt(part, rounding_precision=-1, output_dimension=2))


def _cells(properties: Mapping[str, Any], columns: Columns) -> dict[str, str]:
    return {name: text_of(properties.get(name)) for name in columns.required + columns.optional}


def text_of(value: Any) -> str:
    """Return a JSON value as the cell of a table would say it: lists joined by `;`, 48.0 as 48, null empty."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ";".join(text_of(part) for part in value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
