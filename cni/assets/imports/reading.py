"""From the layers of a file to rows of sites and rows of spans, in the columns and the coordinates of our own files.

Source: interfaces, Files in.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from cni.assets.imports.crs import (
    BRITISH,
    IRISH_REASON,
    OFFERED,
    SWAPPED,
    WGS84,
    are_in_uk,
    are_irish,
    likely_systems,
    system_of,
    to_wgs84,
)
from cni.assets.imports.mapping import SITE_FIELDS, SPAN_FIELDS, guess_columns
from cni.assets.imports.values import Ask, Choices, OpenQuestion, Question
from cni.formats.layers import Features, Geometry, Layer
from cni.primitives.coordinates import IRISH_SYSTEMS
from cni.primitives.errors import Invalid, Problem
from cni.primitives.grid import ACCURACY
from cni.primitives.tables import Row, echoed

Shapes = NDArray[np.object_]

TABLES = ("CSV", "XLSX")
"""Formats whose coordinates are in WGS84 unless they say otherwise, as in a co-op's own files."""

POINT, LINE = 0, 1
KNOWN = "WGS84 (EPSG:4326), the British National Grid (EPSG:27700) and Web Mercator (EPSG:3857)"
PLACED = ("latitude", "longitude", "easting", "northing", "grid_ref")


@dataclass(eq=False)
class Given:
    """The sites or the spans that a layer gives: its rows, and of spans their lines in WGS84, None where there is none.

    `mapped` are the fields that the layer has at all. `features` and `numbers` say where each row comes from.
    """

    file: str
    features: Features
    mapped: frozenset[str]
    numbers: NDArray[np.int64]
    rows: list[Row]
    shapes: Shapes


@dataclass(eq=False)
class Brought:
    """What a file brings: its sites and spans by layer, and what is wrong with features before any cell is judged."""

    format: str
    system: str | None = None
    sites: list[Given] = field(default_factory=list)
    spans: list[Given] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    layers: list[Features] = field(default_factory=list)
    systems: list[str | None] = field(default_factory=list)
    """In which the shapes of each layer are, None where it has none."""

    unread: set[str] = field(default_factory=set)
    """Casefolded ids of rows that were not read for a fault, so that others may name them."""

    file: str = ""

    def file_of(self, features: Features) -> str:
        """Return how problems name the layer: by the file, and the layer where there are several."""
        return self.file if len(self.layers) == 1 else f"{self.file}, {features.layer.name}"

    @cached_property
    def count(self) -> int:
        """How many features there are."""
        return sum(len(features.rows) for features in self.layers)


def choose_layers(layers: Sequence[Layer], choices: Choices, remembered: Mapping[str, str]) -> list[str]:
    """Return the names of the layers to take: those chosen, or all if at most one gives sites and one gives spans.

    Raises:
        OpenQuestion: it is not clear which to take.
    """
    filled = [layer for layer in layers if layer.features] or list(layers)
    names = tuple(layer.name for layer in filled)
    if choices.layers:
        by_name = {layer.name.casefold(): layer.name for layer in layers}
        strange = [name for name in choices.layers if name.casefold() not in by_name]
        if strange:
            message = f"The file has no layer {echoed(strange[0])}."
            raise OpenQuestion(Question(Ask.LAYER, message, names))
        return list(dict.fromkeys(by_name[name.casefold()] for name in choices.layers))
    if len(filled) == 1:
        return list(names)
    for wanted in (_fits, _fits_fully):
        fitting = [(layer, wanted(layer, choices, remembered)) for layer in filled]
        taken = [layer.name for layer, roles in fitting if roles]
        if taken and all(sum(role in roles for _, roles in fitting) <= 1 for role in ("sites", "spans")):
            return taken
    message = f"The file has {len(names)} layers, and several may be sites or spans. Which are to be brought in?"
    raise OpenQuestion(Question(Ask.LAYER, message, names))


def _fits(layer: Layer, choices: Choices, remembered: Mapping[str, str]) -> set[str]:
    """Return what a layer may give: sites, spans or both."""
    if layer.geometry is not Geometry.NONE:
        roles = {Geometry.POINT: {"sites"}, Geometry.LINE: {"spans"}, Geometry.MIXED: {"sites", "spans"}}
        return roles.get(layer.geometry, set())
    fields = set(guess_columns(layer.fields, choices.columns, remembered).values())
    if {"a", "z"} <= fields:
        return {"spans"}
    return {"sites"} if fields & {"kind", *PLACED} else set()


def _fits_fully(layer: Layer, choices: Choices, remembered: Mapping[str, str]) -> set[str]:
    """Return what a layer may give for which it has columns too: an id, and a kind or a count of fibres."""
    fields = {*guess_columns(layer.fields, choices.columns, remembered).values(), *choices.values}
    needed = {"sites": {"id", "kind"}, "spans": {"id", "fibres"}}
    return {role for role in _fits(layer, choices, remembered) if needed[role] <= fields}


def arrange(form: str, file: str, layers: Sequence[Features], choices: Choices, kept: Mapping[str, str]) -> Brought:
    """Return the sites and spans that layers give, read by the choices, else by `kept`, a field for each column.

    Raises:
        OpenQuestion: a reference system or a column is not clear.
        Invalid: the coordinates are in a system that is not read.
    """
    brought = Brought(form, layers=list(layers), file=file)
    for features in layers:
        columns = guess_columns(features.layer.fields, choices.columns, kept)
        brought.ignored += [name for name in features.layer.fields if name not in columns]
        brought.systems.append(None)
        name = brought.file_of(features)
        brought.remarks += [Problem("read_so", note, "", file=name) for note in features.layer.notes]
        _Layer(brought, features, name, columns, choices).arrange()
    return brought


class _Layer:
    """One layer being arranged."""

    def __init__(
        self, brought: Brought, features: Features, file: str, columns: Mapping[str, str], choices: Choices
    ) -> None:
        self.brought, self.features, self.file, self.choices = brought, features, file, choices
        self.fields = {field: column for column, field in columns.items()}
        if "id" in self.fields and self.fields["id"] == self.fields.get("name"):
            del self.fields["name"]  # it stands for both

    def arrange(self) -> None:
        shapes = _single(self.features.geometry)
        shapes = self._in_wgs84(shapes)
        kinds = shapely.get_type_id(shapes)
        has_ends = np.array([bool(text) for text in self._cells("a")], dtype=bool)
        bare = kinds < 0
        is_span = (kinds == LINE) | (bare & (has_ends if self._says_sites() else np.ones_like(has_ends)))
        is_site = (kinds == POINT) | (bare & ~is_span)
        odd = ~is_span & ~is_site
        for number in np.flatnonzero(odd).tolist():
            kind = shapes[number].geom_type
            message = f"There is a {kind}; a span is a line of one piece, a site a point."
            self._problem(number, "bad_geometry", message, "Draw it as one line or one point.")
        astray = self._astray(shapes) & ~odd
        self._take(np.flatnonzero(is_site & ~astray), shapes, SITE_FIELDS, self.brought.sites)
        self._take(np.flatnonzero(is_span & ~astray), shapes, SPAN_FIELDS, self.brought.spans)
        ids = self._cells("id")
        self.brought.unread |= {ids[number].casefold() for number in np.flatnonzero(odd | astray)}

    def _says_sites(self) -> bool:
        """Whether features without geometry may be sites: the layer has a column of kinds or of places, or no ends."""
        return bool(self.fields.keys() & {"kind", *PLACED}) or not self.fields.keys() & {"a", "z", "fibres"}

    def _take(self, numbers: NDArray[np.int64], shapes: Shapes, fields: Sequence[str], into: list[Given]) -> None:
        if not len(numbers):
            return
        self._ask_for_missing(fields)
        taken = shapes[numbers]
        if fields is SPAN_FIELDS and "owner" in self.fields:  # of a span, the owner is that of the fibre
            self.fields.setdefault("fibre_owner", self.fields["owner"])
        cells = {name: self._cells(name) for name in fields}
        places = numbers.tolist()
        picked = [[cells[name][place] for place in places] for name in fields]
        rows = [
            Row(row, dict(zip(fields, texts, strict=True)))
            for row, texts in zip(self.features.rows[numbers].tolist(), zip(*picked, strict=True), strict=True)
        ]
        if fields is SITE_FIELDS:
            _place(rows, taken)
        mapped = frozenset({*self.fields, *self.choices.values})
        into.append(Given(self.file, self.features, mapped, numbers, rows, taken))

    def _cells(self, name: str) -> list[str]:
        """Return a field's cells, those that are empty as the choices fill them."""
        default = self.choices.values.get(name, "")
        if name not in self.fields:
            return [default] * len(self.features.rows)
        texts = self.features.values[self.fields[name]]
        if name == "risks":
            texts = [_joined(text) for text in texts]
        return [text or default for text in texts] if default else texts

    def _ask_for_missing(self, fields: Sequence[str]) -> None:
        """Ask which column is the id, if none is."""
        if "id" not in self.fields:
            what = "site" if fields is SITE_FIELDS else "span"
            message = f"No column of {self.features.layer.name} is the id of each {what}. Which is it?"
            raise OpenQuestion(
                Question(Ask.COLUMNS, message, self.features.layer.fields, "id", self.features.layer.name)
            )

    def _in_wgs84(self, shapes: Shapes) -> Shapes:
        """Return the shapes in WGS84; ask where the file doesn't say in which system they are, or seems to be wrong."""
        if not (shapely.get_type_id(shapes) >= 0).any():
            return shapes
        points = shapely.get_coordinates(shapes)
        is_swapped = self.choices.crs == SWAPPED.strip()
        said = self.features.layer.crs if is_swapped else self.choices.crs or self.features.layer.crs
        placed = points[:, ::-1] if is_swapped else points
        if said is None and self.brought.format in TABLES and are_in_uk(placed).mean() > 0:
            said = WGS84
        self._refuse_irish(said, placed)
        if said is None:
            raise self._which("The file does not say in which reference system its coordinates are.", points)
        system = system_of(f"{said}{SWAPPED}" if is_swapped else said)
        if system is None:
            message = f"No reference system {echoed(said)} is known here; {KNOWN} are, and others by their EPSG number."
            raise self._which(message, points)
        turned = to_wgs84(shapes, system)
        if are_in_uk(shapely.get_coordinates(turned)).mean() < MOSTLY_IN_UK and (likely := likely_systems(points)):
            x, y = points[0]
            message = f"The coordinates, {x:g}, {y:g} for one, do not fit {system}; they fit {' or '.join(likely)}."
            raise self._which(message, points)
        self.brought.system, self.brought.systems[-1] = self.brought.system or system, system
        if system.startswith("EPSG:27700") and all(remark.code != "accuracy" for remark in self.brought.remarks):
            self.brought.remarks.append(Problem("accuracy", ACCURACY, "", file=self.brought.file))
        return turned

    def _refuse_irish(self, said: str | None, points: NDArray[np.float64]) -> None:
        """Refuse coordinates that are Irish, by their system, or by their numbers where that is not known or British.

        Raises:
            Invalid: they are.
        """
        system = (system_of(said or "") or "").removesuffix(SWAPPED)
        if system in IRISH_SYSTEMS or (system in ("", BRITISH) and are_irish(points)):
            remedy = "Export it again in WGS84 (EPSG:4326), as the program that made it can."
            raise Invalid.from_problems([Problem("irish_grid", IRISH_REASON, remedy, file=self.file)])

    def _which(self, message: str, points: NDArray[np.float64]) -> OpenQuestion:
        choices = tuple(dict.fromkeys([*likely_systems(points), *OFFERED]))
        return OpenQuestion(Question(Ask.CRS, message, choices, layer=self.features.layer.name))

    def _astray(self, shapes: Shapes) -> NDArray[np.bool_]:
        """Tell which features lie outside the United Kingdom, in whole or in part, and note them."""
        points, of = shapely.get_coordinates(shapes, return_index=True)
        astray = np.zeros(len(shapes), dtype=bool)
        astray[of[~are_in_uk(points)]] = True
        raw = self.features.geometry
        for number in np.flatnonzero(astray).tolist():
            x, y = shapely.get_coordinates(raw[number])[0]
            likely = likely_systems(shapely.get_coordinates(raw[number]))
            code = "swapped_coordinates" if any(SWAPPED in name for name in likely) else "outside_uk"
            code = "wrong_crs" if likely and code == "outside_uk" else code
            message = f"Its coordinates, {x:g}, {y:g} for one, lie outside the United Kingdom."
            remedy = f"They look like {likely[0]}." if likely else "Check the figures and the minus sign of longitudes."
            self._problem(number, code, message, remedy)
        return astray

    def _problem(self, number: int, code: str, message: str, remedy: str) -> None:
        row = int(self.features.rows[number])
        self.brought.problems.append(Problem(code, message, remedy, None, self.file, row, "geometry"))


MOSTLY_IN_UK = 0.5


def _single(shapes: Shapes) -> Shapes:
    """Return shapes with those of one part as that part, lines of parts that join up as one, empty ones as None."""
    found = np.array(shapes, dtype=object)
    found[shapely.is_empty(found)] = None
    kinds = shapely.get_type_id(found)
    for number in np.flatnonzero(kinds > LINE):
        shape = found[number]
        if kinds[number] == MULTI_LINE:
            shape = shapely.line_merge(shape)
        if shapely.get_num_geometries(shape) == 1:
            shape = shapely.get_geometry(shape, 0)
        found[number] = shape
    return found


MULTI_LINE = 5


def _joined(text: str) -> str:
    """Return a list that a file keeps as JSON as a cell says it."""
    if not text.startswith("["):
        return text
    try:
        return ";".join(str(part) for part in json.loads(text))
    except ValueError:
        return text


def _place(rows: Sequence[Row], points: Shapes) -> None:
    """Write where points are into the cells of their sites, in place of what other columns say."""
    for row, x, y, is_there in zip(rows, shapely.get_x(points), shapely.get_y(points), points != None, strict=True):  # noqa: E711
        if is_there:
            row.cells.update(dict.fromkeys(PLACED, ""), longitude=repr(float(x)), latitude=repr(float(y)))


def duplicates(given: Sequence[Given]) -> Iterator[Problem]:
    """Yield a problem for each id of a layer that stood in an earlier layer; within one, the rows' own rules see it."""
    first: dict[str, tuple[str, int]] = {}
    for layer in given:
        for row in layer.rows:
            name = row.cells["id"].casefold()
            there = first.get(name)
            if there and there[0] != layer.file:
                message = f"{echoed(row.cells['id'])} is already in row {there[1]} of {there[0]}."
                remedy = "Give each its own id, or remove one of the two."
                yield Problem("duplicate_id", message, remedy, None, layer.file, row.number, "id")
        first |= {row.cells["id"].casefold(): (layer.file, row.number) for row in layer.rows if row.cells["id"]}


def ids_of(given: Collection[Given]) -> list[str]:
    """Return the casefolded ids that rows give, each once, in the order of the file: so lines end where they did."""
    return list(dict.fromkeys(row.cells["id"].casefold() for layer in given for row in layer.rows if row.cells["id"]))
