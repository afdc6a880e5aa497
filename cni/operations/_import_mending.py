"""A file that has to be mended, given back with what is wrong beside its rows: to be mended and brought again."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count

import shapely

from cni.assets.imports.crs import WGS84, srid_of, to_wgs84
from cni.assets.imports.judging import Judged
from cni.assets.imports.mapping import guess_columns
from cni.assets.imports.reading import Brought
from cni.assets.imports.values import Choices
from cni.formats.layers import Features
from cni.formats.tabular import SEPARATORS, WKT_COLUMNS
from cni.primitives.errors import Problem
from cni.primitives.formulas import formula_safe

Place = tuple[str | None, int | None]
"""The file, as problems name it, and the row."""

SHAPE, PROBLEM = "geometry", "problem"
"""The headings of our own: the shape of each row, and what is wrong with it."""

COMPLETED = {
    "name", "kind", "owner", "length_m", "length_basis", "fibre_owner", "duct_owner", "fibres", "reserved_pairs",
    "offered_pairs", "risks",
}  # fmt: skip
"""What is taken from plant that stands where a layer has no column of it."""

NO_SEPARATORS = str.maketrans(dict.fromkeys(f"{SEPARATORS}\r\n", " "))
"""In a heading they could pass for what parts the columns."""


def held_back(brought: Brought, judged: Judged, standing: Collection[str]) -> tuple[Problem, ...]:
    """Return what to say of each span whose own row is right, but not the row of a site where it ends.

    `standing`: the casefolded ids of the sites that stand without the file.
    """
    faulty = {(problem.file, problem.row) for problem in judged.problems}
    right = {site.code.casefold() for site in judged.drafts.sites if (site.file, site.row) not in faulty} | {*standing}
    found = []
    for given in brought.spans if faulty else ():
        for row in given.rows:
            lacking = [end for end in (row.cells["a"], row.cells["z"]) if end.casefold() not in right]
            if lacking and (given.file, row.number) not in faulty:
                message = f"This row is right, but not the row of {' and '.join(lacking)}, where it ends."
                found.append(Problem("end_to_mend", message, "Mend that row.", None, given.file, row.number, "a"))
    return tuple(found)


def as_csv(
    brought: Brought, problems: Sequence[Problem], choices: Choices, kept: Mapping[str, str], *, every_row: bool
) -> str:
    """Return a file as one table in CSV, with all that is wrong with a row beside it.

    Columns that are read are called by our names for them, so that nothing has to be said again when the file comes
    back; all others are called as in the file, so far as they will not be read then. `every_row`: the rows that are
    right too, so that the file does the whole job once it is mended. `kept`: the field of each column as the member
    read its like the last time.
    """
    wrong = _wrong(problems)
    layers = _layers(brought, choices, kept)
    names = list(dict.fromkeys(name for layer in layers for name in layer.texts))
    system = _one_system(layers)
    shape = [SHAPE] if any(layer.has_shapes or layer.drawn for layer in layers) else []
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow([formula_safe(name) for name in (*names, *shape, PROBLEM)])
    for layer in layers:
        file = brought.file_of(layer.features)
        told = [wrong.get((file, row), "") for row in layer.features.rows.tolist()]
        taken = [place for place, words in enumerate(told) if words or every_row]
        cells = [_taken(layer.texts.get(name), taken) for name in names]
        shapes = [layer.shapes(taken, system)] if shape else []
        writer.writerows(zip(*cells, *shapes, _taken(told, taken), strict=True))
    return sheet.getvalue()


def _wrong(problems: Sequence[Problem]) -> dict[Place, str]:
    """Return all that is wrong with each row, in words."""
    found: dict[Place, list[str]] = {}
    for problem in problems:
        found.setdefault((problem.file, problem.row), []).append(f"{problem.message} {problem.remedy}".strip())
    return {place: " ".join(words) for place, words in found.items()}


@dataclass(frozen=True, eq=False)
class _Layer:
    """One layer on its way into the table: the text of each cell by heading, and of each shape that is only `drawn`."""

    features: Features
    system: str | None
    texts: Mapping[str, Sequence[str]]
    drawn: Sequence[str] | None

    @property
    def has_shapes(self) -> bool:
        """Whether any of its features has a shape."""
        return bool((shapely.get_type_id(self.features.geometry) >= 0).any())

    def shapes(self, places: Sequence[int], system: str) -> list[str]:
        """Return the shapes at these places as text in a system, with its number."""
        found = self.features.geometry[list(places)]
        if self.system and self.system != system:
            found = to_wgs84(found, self.system)
        written = shapely.to_wkt(found, rounding_precision=-1).tolist()
        drawn = _taken(self.drawn, places)
        return [f"{srid_of(system)}{text}" if text else cell for text, cell in zip(written, drawn, strict=True)]


def _layers(brought: Brought, choices: Choices, kept: Mapping[str, str]) -> list[_Layer]:
    """Return the layers as the table has them: what each lacks and another has is said as it was read."""
    read = [guess_columns(features.layer.fields, choices.columns, kept) for features in brought.layers]
    fields = _fields(brought, read, choices)
    layers = []
    for features, columns, system in zip(brought.layers, read, brought.systems, strict=True):
        column_of = {field: column for column, field in columns.items()}
        if "owner" in column_of:  # of a span, the owner is that of the fibre
            column_of.setdefault("fibre_owner", column_of["owner"])
        cells = _cells_of(brought, features)
        told = {field: _told(features, field, column_of.get(field), cells, choices) for field in fields}
        free = [name for name in features.values if name not in columns and name.casefold() != PROBLEM]
        own = {heading: features.values[name] for heading, name in _called(free, fields).items()}
        drawn = features.values[column_of[SHAPE]] if SHAPE in column_of else None
        layers.append(_Layer(features, system, told | own, drawn))
    return layers


def _fields(brought: Brought, read: Sequence[Mapping[str, str]], choices: Choices) -> list[str]:
    """Return the fields that are columns of the table: those that any layer has, and those without which rows of one
    layer would be read otherwise beside those of another.
    """
    found = dict.fromkeys(field for columns in read for field in (*columns.values(), *choices.values))
    found |= dict.fromkeys(["kind"] if brought.sites else [])
    is_owned = "owner" in found and any("owner" not in columns.values() for columns in read)
    found |= dict.fromkeys(["fibre_owner"] if is_owned and brought.spans else [])
    return [field for field in found if field != SHAPE]


def _cells_of(brought: Brought, features: Features) -> dict[int, Mapping[str, str]]:
    """Return the cells of a layer's rows as they were read, by the number of the row."""
    given = [each for each in (*brought.sites, *brought.spans) if each.features is features]
    return {row.number: row.cells for each in given for row in each.rows}


def _told(
    features: Features, field: str, column: str | None, cells: Mapping[int, Mapping[str, str]], choices: Choices
) -> Sequence[str]:
    """Return a field's texts: the column's, empty ones as the choices fill them; without one, as rows were read."""
    texts = features.values[column] if column else [""] * len(features.rows)
    default = choices.values.get(field, "")
    if column and not default:
        return texts
    rest = {row: read.get(field, "") if field in COMPLETED else "" for row, read in cells.items()}
    if default:  # of a site's fields in the row of a site, and in one that was not read at all
        rest = {row: default if field in read else "" for row, read in cells.items()}
    return [text or rest.get(row, default) for row, text in zip(features.rows.tolist(), texts, strict=True)]


def _called(names: Sequence[str], fields: Sequence[str]) -> dict[str, str]:
    """Return columns that are not read, by headings under which none will be: with a number, where one would."""
    found: dict[str, str] = {}
    for name in names:
        plain = name.translate(NO_SEPARATORS)
        tries = chain([plain], (f"{plain} ({number})" for number in count(2)))
        heading = next(each for each in tries if each not in found and not _is_read(each, fields))
        found[heading] = name
    return found


def _is_read(heading: str, fields: Sequence[str]) -> bool:
    return heading.lower() in WKT_COLUMNS or heading in guess_columns([heading, *fields, SHAPE], {}, {})


def _one_system(layers: Sequence[_Layer]) -> str:
    """Return the system of all shapes of the table: the layers' own, if it is one and has a number; else WGS84."""
    systems = {layer.system for layer in layers if layer.system}
    systems |= {WGS84 for layer in layers if layer.drawn}
    own = next(iter(systems), WGS84)
    return own if len(systems) == 1 and srid_of(own) else WGS84


def _taken(texts: Sequence[str] | None, places: Sequence[int]) -> list[str]:
    return [formula_safe(texts[place]) if texts else "" for place in places]
