"""Plant as features on the web: what may be asked, and how it is answered.

Source: OGC API – Features, Part 1: Core 1.0.1 (17-069r4) and Part 2: Coordinate Reference Systems by Reference 1.0.1
(18-058r1); RFC 7946 (GeoJSON).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cni.assets import planes
from cni.assets.seen_plant import Numbers, SeenPlant, within
from cni.assets.words import SiteKind
from cni.primitives.errors import Invalid, Problem

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
WGS84 = "http://www.opengis.net/def/crs/EPSG/0/4326"
GRID = "http://www.opengis.net/def/crs/EPSG/0/27700"
SYSTEMS = (CRS84, WGS84, GRID)

USUAL_LIMIT, GREATEST_LIMIT = 1000, 10_000
FORMATS = ("json", "html")

Positions = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of features: `fields` say what JSON type each property has."""

    id: str
    title: str
    description: str
    fields: Mapping[str, str]
    filters: Mapping[str, str]


COLLECTIONS = {
    "sites": Collection(
        "sites",
        "Sites",
        "Places where fibre meets or ends.",
        dict.fromkeys(("id", "name", "kind", "owner", "tier"), "string"),
        {"owner": "owner", "kind": "kind"},
    ),
    "spans": Collection(
        "spans",
        "Spans",
        "Fibre between two neighbouring sites.",
        {
            "id": "string",
            "a": "string",
            "z": "string",
            "length_m": "number",
            "length_basis": "string",
            "fibre_owner": "string",
            "duct_owner": "string",
            "offered_pairs": "integer",
            "fibres": "integer",
            "risks": "string",
            "reserved_pairs": "integer",
            "tier": "string",
        },
        {"owner": "fibre_owner"},
    ),
}


@dataclass(frozen=True, slots=True)
class ItemsQuery:
    """Which features are asked for, and how: `box` in degrees or, with `is_grid_box`, in metres of the grid."""

    limit: int = USUAL_LIMIT
    offset: int = 0
    box: tuple[float, float, float, float] | None = None
    is_grid_box: bool = False
    crs: str = CRS84
    filters: Mapping[str, str] = field(default_factory=dict)


def read_items_query(collection: Collection, given: Mapping[str, list[str]]) -> ItemsQuery:
    """Return what the parameters of an address ask for.

    Raises:
        Invalid: a parameter is unknown, given twice, or cannot be read; every problem.
    """
    known = {"limit", "offset", "bbox", "bbox-crs", "crs", "f", *collection.filters}
    problems = list(unknown_parameters(given, known))
    asked = {name: values[0].strip() for name, values in given.items() if name in known}
    limit = _whole(asked.get("limit"), "limit", (1, None), USUAL_LIMIT, problems)
    offset = _whole(asked.get("offset"), "offset", (0, None), 0, problems)
    crs = _system(asked.get("crs"), "crs", problems)
    box_crs = _system(asked.get("bbox-crs"), "bbox-crs", problems)
    box = _box(asked["bbox"], box_crs, problems) if "bbox" in asked else None
    filters = {collection.filters[name]: asked[name] for name in collection.filters if name in asked}
    if "kind" in filters and filters["kind"] not in [kind.value for kind in SiteKind]:
        kinds = ", ".join(SiteKind)
        message = f"There is no kind “{asked['kind']}”."
        problems.append(Problem("unknown_kind", message, f"Give one of: {kinds}.", "kind"))
    if problems:
        raise Invalid.from_problems(problems)
    return ItemsQuery(min(limit, GREATEST_LIMIT), offset, box, box_crs == GRID, crs, filters)


def read_crs(given: Mapping[str, list[str]]) -> str:
    """Return in which reference system one feature is asked for.

    Raises:
        Invalid: a parameter is unknown, or the system is.
    """
    problems = list(unknown_parameters(given, {"crs", "f"}))
    crs = _system(given.get("crs", [""])[0], "crs", problems)
    if problems:
        raise Invalid.from_problems(problems)
    return crs


def unknown_parameters(given: Mapping[str, list[str]], known: set[str]) -> Iterator[Problem]:
    """Yield what is wrong with parameters that are not known, or are given twice, and with an unknown format."""
    for name, values in given.items():
        if name not in known:
            remedy = f"Known here: {', '.join(sorted(known))}."
            yield Problem("unknown_parameter", f"There is no parameter “{name}” here.", remedy, name)
        elif len(values) > 1:
            yield Problem("given_twice", f"The parameter “{name}” is given {len(values)} times.", "Give it once.", name)
    wanted = given.get("f", ["json"])[0]
    if "f" in known and wanted not in FORMATS:
        yield Problem("unknown_format", f"There is no format “{wanted}” here.", "Give f=json or f=html.", "f")


def _whole(text: str | None, name: str, bounds: tuple[int, int | None], usual: int, problems: list[Problem]) -> int:
    if text is None:
        return usual
    if text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= bounds[0]:
        return int(text)
    message = f"The parameter “{name}” is not a whole number from {bounds[0]} on."
    problems.append(Problem("not_a_number", message, f"Give for example {name}={usual or 1000}.", name))
    return usual


def _system(text: str | None, name: str, problems: list[Problem]) -> str:
    if not text or text in SYSTEMS:
        return text or CRS84
    remedy = f"Give one of: {', '.join(SYSTEMS)}."
    problems.append(Problem("unknown_crs", f"The reference system in “{name}” is not known here.", remedy, name))
    return CRS84


def _box(text: str, crs: str, problems: list[Problem]) -> tuple[float, float, float, float] | None:
    """Return west, south, east and north; heights of a box with six numbers don't count."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        remedy = "Give west,south,east,north, for example bbox=-2.4,53.4,-2.0,53.6."
        problems.append(Problem("bad_bbox", "The bbox is not four numbers between commas.", remedy, "bbox"))
        return None
    west, south, east, north = numbers if crs != WGS84 else (numbers[1], numbers[0], numbers[3], numbers[2])
    if south > north or (west > east and crs == GRID):
        remedy = "Give the least corner first, then the greatest."
        problems.append(Problem("bad_bbox", "The bbox ends before it begins.", remedy, "bbox"))
        return None
    return west, south, east, north


# What is found


def matching(seen: SeenPlant, collection: Collection, query: ItemsQuery) -> Numbers:
    """Return the numbers of the features that are asked for, all of them, in order."""
    tree, geometries, _facts = parts_of(seen, collection)
    numbers = np.arange(len(geometries)) if query.box is None else _in_box(tree, geometries, query)
    for name, value in query.filters.items():
        values = _column(seen, collection, name)
        numbers = numbers[[values[number] == value for number in numbers.tolist()]] if len(numbers) else numbers
    return numbers


def parts_of(
    seen: SeenPlant, collection: Collection
) -> tuple[shapely.STRtree, NDArray[np.object_], Callable[[int], Any]]:
    """Return of a collection: the tree, the geometries, and the function that tells the facts by number."""
    if collection.id == "sites":
        return seen.site_tree, seen.sites, seen.site_facts
    return seen.span_tree, seen.spans, seen.span_facts


def _in_box(tree: shapely.STRtree, geometries: NDArray[np.object_], query: ItemsQuery) -> Numbers:
    west, south, east, north = query.box or (0.0, 0.0, 0.0, 0.0)
    if query.is_grid_box:
        box = shapely.box(west, south, east, north)
        near = within(tree, planes.GRID.in_degrees((west, south, east, north)))
        return near[shapely.intersects(in_system(geometries[near], GRID), box)]
    if west <= east:
        return within(tree, shapely.box(west, south, east, north))
    both = shapely.union(shapely.box(west, south, 180, north), shapely.box(-180, south, east, north))
    return within(tree, both)


def _column(seen: SeenPlant, collection: Collection, name: str) -> list[Any]:
    records: list[Any] = list(seen.records.sites if collection.id == "sites" else seen.records.spans)
    return [str(getattr(record, name)) for record in records]


def in_system(geometries: NDArray[np.object_], crs: str) -> NDArray[np.object_]:
    """Return geometries, given in longitude and latitude, in the order of axes of a reference system.

    Source: EPSG:4326 has latitude first; EPSG:27700 through OSTN15, none where that does not reach.
    """
    if crs == CRS84:
        return geometries
    if crs == WGS84:
        return np.asarray(shapely.transform(geometries, lambda positions: positions[:, ::-1]))
    return np.asarray(shapely.transform(geometries, planes.GRID.project))


# How it is answered

GRID_DECIMALS = {"public": 0, "members": 0, "party": 2}


def features_of(seen: SeenPlant, collection: Collection, numbers: Numbers, crs: str) -> list[dict[str, Any]]:
    """Return features by their numbers, in a reference system."""
    _tree, geometries, facts = parts_of(seen, collection)
    placed = in_system(geometries[numbers], crs)
    features = []
    for number, geometry in zip(numbers.tolist(), placed, strict=True):
        told = facts(number)
        decimals = GRID_DECIMALS[told["tier"]] if crs == GRID else None
        features.append(
            {"type": "Feature", "id": told["id"], "geometry": _as_geojson(geometry, decimals), "properties": told}
        )
    return features


def _as_geojson(geometry: BaseGeometry, decimals: int | None) -> dict[str, Any] | None:
    positions = shapely.get_coordinates(geometry)
    if not np.isfinite(positions).all():
        return None
    listed = (positions if decimals is None else np.round(positions, decimals)).tolist()
    kind = geometry.geom_type
    return {"type": kind, "coordinates": listed[0] if kind == "Point" else listed}


def extent_of(geometries: NDArray[np.object_]) -> list[float]:
    """Return west, south, east and north of all of it, in degrees; of nothing, those of the Earth."""
    if not len(geometries):
        return [-180.0, -90.0, 180.0, 90.0]
    bounds: list[float] = shapely.total_bounds(geometries).tolist()
    return bounds


def schema_of(collection: Collection, address: str) -> dict[str, Any]:
    """Return the JSON Schema of the properties of a collection's features."""
    geometry = "geometry-point" if collection.id == "sites" else "geometry-linestring"
    properties: dict[str, Any] = {"geometry": {"x-ogc-role": "primary-geometry", "format": geometry}}
    properties |= _fields_of(collection)
    properties["id"] |= {"x-ogc-role": "id"}
    return _schema(collection, address, properties) | {"additionalProperties": False}


def feature_schema_of(collection: Collection, address: str) -> dict[str, Any]:
    """Return the JSON Schema of a collection's features as GeoJSON: what GDAL takes the types of fields from.

    Else it takes them from the first features, where a number that nobody is told looks like a text. A value that is
    not told is null; the schema does not say so, because GDAL reads no list of types. Of two ids it would make two
    fields: the one among the properties is not in the schema.
    """
    fields = _fields_of(collection)
    del fields["id"]
    parts = {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "string"},
        "geometry": {"type": ["object", "null"]},
        "properties": {"type": "object", "properties": fields},
    }
    return _schema(collection, address, parts)


def _fields_of(collection: Collection) -> dict[str, Any]:
    return {name: {"type": kind} for name, kind in collection.fields.items()}


def _schema(collection: Collection, address: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "type": "object",
        "title": collection.title,
        "properties": properties,
    }
