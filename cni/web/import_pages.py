"""What the pages of the import wizard show: which page is next, columns, guesses of a reference system, the check."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from flask import url_for
from numpy.typing import NDArray

from cni.assets.exporting import feature
from cni.assets.imports.crs import (
    BRITISH,
    MERCATOR,
    OFFERED,
    SWAPPED,
    WGS84,
    are_in_uk,
    likely_systems,
    system_of,
    to_wgs84,
)
from cni.assets.imports.mapping import SITE_FIELDS, SPAN_FIELDS
from cni.assets.imports.values import Ask, Change, Choices, DryRun
from cni.formats.layers import Geometry
from cni.operations.importing import LookedInto
from cni.operations.previewing import FirstRows
from cni.primitives.errors import Problem
from cni.primitives.geo import Position
from cni.web.import_choices import address_of
from cni.web.marks import Marks, marks

ROWS_SHOWN = 50
"""So many rows of each table stand on one page: more are tiring on a telephone, where each is a card."""
PROBLEMS_SHOWN = ROWS_SHOWN
MAP_SHOWN = 1_000
"""So many spans, and so many sites, does the map of a check draw at most."""

PAGE_OF = {
    "problems": "page", "held_back": "held_page", "spans": "spans_page", "sites": "sites_page",
    "differences": "changes_page", "left_alone": "left_page", "remarks": "remarks_page",
}  # fmt: skip
"""What says in an address which page of a table is shown."""

STEPS = ("layers", "columns", "coordinates")
STEP_OF = {Ask.LAYER: "layers", Ask.COLUMNS: "columns", Ask.CRS: "coordinates"}

GEOMETRY_WORDS = {
    Geometry.POINT: "Points", Geometry.LINE: "Lines", Geometry.MIXED: "Points and lines", Geometry.OTHER: "Areas",
    Geometry.NONE: "None: a table",
}  # fmt: skip
SYSTEM_WORDS = {
    WGS84: "Longitude and latitude (WGS84, EPSG:4326)",
    BRITISH: "British National Grid (EPSG:27700)",
    MERCATOR: "Web Mercator (EPSG:3857)",
}
FIELD_WORDS = {
    "id": "Id", "name": "Name", "kind": "Kind of site", "latitude": "Latitude", "longitude": "Longitude",
    "easting": "Easting", "northing": "Northing", "grid_ref": "Grid reference", "owner": "Owner of the site",
    "a": "Site where it begins", "z": "Site where it ends", "length_m": "Length in metres",
    "length_basis": "Where the length comes from", "fibre_owner": "Owner of the fibre",
    "duct_owner": "Owner of the duct", "fibres": "Fibres (strands)", "reserved_pairs": "Pairs reserved",
    "offered_pairs": "Pairs offered", "risks": "Risk groups", "geometry": "Line as text (WKT)",
}  # fmt: skip
FIELD_GROUPS = (
    ("Sites and spans", ("id",)),
    ("Spans", tuple(name for name in SPAN_FIELDS if name != "id")),
    ("Sites", tuple(name for name in SITE_FIELDS if name != "id")),
)
NEW, CHANGED = "New", "Changed"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: its first values and the field that it is, "" if none."""

    name: str
    samples: list[str]
    field: str
    guess: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page of a table: its rows, how many there are on all pages, and which page of how many it is, from 1."""

    rows: Sequence[Any]
    count: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Guess:
    """A reference system that the coordinates may be in, and where the first place would then lie."""

    crs: str
    words: str
    position: Position | None


def next_step(looked: LookedInto, after: str = "") -> str:
    """Return the page that comes after another: the next with something to say, else the one with a question, else
    the check.
    """
    waiting = STEPS[STEPS.index(after) + 1 :] if after else STEPS
    question = STEP_OF[looked.question.ask] if looked.question else None
    for step in waiting:
        if step == question or (step == "layers" and len(looked.contents.layers) > 1):
            return step
        if step == "columns" and question != "layers" and not _are_ours(looked):
            return step
    return question or "check"


def step_address(step: str, upload: str, choices: Choices) -> str:
    """Return the address of a page of the wizard, with what was answered so far."""
    return url_for(f"imports.{step}", upload=upload, **address_of(choices))


def _are_ours(looked: LookedInto) -> bool:
    """Tell whether all columns are named as in the co-op's own files: then there is nothing to ask."""
    return all(
        looked.columns[layer.name].get(column) == column.casefold()
        for layer in looked.contents.layers
        if layer.name in looked.columns
        for column in layer.fields
    )


def columns_of(looked: LookedInto, guessed: LookedInto, rows: FirstRows) -> list[Column]:
    """Return the columns of the layers taken, each once, with what it is by the choices and by a guess alone."""
    now = _fields_by_column(looked)
    guesses = _fields_by_column(guessed)
    return [
        Column(name, rows.values.get(name, []), now.get(name, ""), guesses.get(name, ""))
        for name in dict.fromkeys(
            name for layer in looked.contents.layers if layer.name in looked.columns for name in layer.fields
        )
    ]


def _fields_by_column(looked: LookedInto) -> dict[str, str]:
    found: dict[str, str] = {}
    for columns in looked.columns.values():
        found = dict(columns) | found
    return found


def system_words(system: str) -> str:
    """Return what a reference system is called on pages."""
    name = system.removesuffix(SWAPPED)
    words = SYSTEM_WORDS.get(name, name)
    return f"{words}, the two the other way round" if system.endswith(SWAPPED) else words


def guesses_of(looked: LookedInto, places: NDArray[np.float64], chosen: str | None) -> list[Guess]:
    """Return the systems to choose from, the likeliest first, each with where the first place would lie."""
    offered = [chosen, *(looked.question.choices if looked.question and looked.question.ask is Ask.CRS else ())]
    offered += [*(likely_systems(places) if len(places) else ()), *OFFERED]
    return [
        Guess(system, system_words(system), _first(turned_into(places, system)))
        for system in dict.fromkeys(filter(None, (system_of(name) for name in offered if name)))
    ]


def turned_into(places: NDArray[np.float64], system: str) -> NDArray[np.float64]:
    """Return those of the places that lie in the United Kingdom if they are in a system, in WGS84."""
    with np.errstate(all="ignore"):
        turned = shapely.get_coordinates(to_wgs84(shapely.points(places), system)) if len(places) else places
    return turned[are_in_uk(turned)] if len(turned) else turned


def _first(turned: NDArray[np.float64]) -> Position | None:
    return (float(turned[0, 0]), float(turned[0, 1])) if len(turned) else None


def drawn_places(places: NDArray[np.float64], system: str) -> dict[str, Any]:
    """Return the first places as a map draws them, if they are in a system."""
    facts = {"type": "site", "kind": "chamber", "status": "proposed", "owner": ""}
    features = [
        feature("Point", (round(x, 6), round(y, 6)), facts | {"code": str(number), "name": f"Place {number}"})
        for number, (x, y) in enumerate(turned_into(places, system).tolist(), start=1)
    ]
    return {"type": "FeatureCollection", "features": features}


def check_facts(run: DryRun, asked: Mapping[str, int]) -> dict[str, Any]:
    """Return what the page of a check shows beside the dry run itself; `asked` are the pages of its tables, from 1."""
    spans = [*((NEW, span) for span in run.added_spans), *((CHANGED, span) for span in run.changed_spans)]
    sites = [*((NEW, site) for site in run.added_sites), *((CHANGED, site) for site in run.changed_sites)]
    files = {problem.file for problem in (*run.problems, *run.remarks)}
    tables: dict[str, Sequence[Any]] = {
        "problems": _told(sorted(run.problems, key=lambda each: (each.file or "", each.row or 0)), files),
        "held_back": _told(run.held_back, files),
        "spans": spans,
        "sites": sites,
        "differences": list(_differences(run.changes)),
        "left_alone": run.left_alone,
        "remarks": _told(run.remarks, files),
    }
    return {
        "tables": {name: leaf_of(rows, asked.get(name, 1)) for name, rows in tables.items()},
        "most_drawn": MAP_SHOWN, "more_drawn": max(len(spans), len(sites)) > MAP_SHOWN, "marks": _marks(run),
    }  # fmt: skip


def _told(problems: Sequence[Problem], files: Collection[str | None]) -> list[Problem]:
    """Return problems that name their file only where there are several."""
    return [replace(each, file=each.file if len(files) > 1 else None) for each in problems]


def leaf_of(rows: Sequence[Any], page: int) -> Leaf:
    """Return a page of rows; the nearest there is."""
    page, pages = nearest_page(page, len(rows))
    return Leaf(rows[(page - 1) * ROWS_SHOWN : page * ROWS_SHOWN], len(rows), page, pages)


def nearest_page(page: int, count: int) -> tuple[int, int]:
    """Return the page of so many rows that is nearest to the one asked for, and how many pages there are."""
    pages = max(1, math.ceil(count / ROWS_SHOWN))
    return min(max(page, 1), pages), pages


def _differences(changes: Sequence[Change]) -> Iterator[tuple[Change, str, str, str]]:
    for change in changes:
        for column, after in change.after.items():
            yield change, column, change.before.get(column, ""), after


def _marks(run: DryRun) -> Marks:
    return marks(
        {"rerouted": "Span that would change", "few_users": "Site that would change"},
        spans=[(span.code, "rerouted") for span in run.changed_spans],
        sites=[(site.code, "few_users") for site in run.changed_sites],
        fit=False,
    )
