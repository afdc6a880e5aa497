"""A file that has to be mended, given back with what is wrong beside its rows: to be mended and brought again."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import shapely

from cni.assets.imports.crs import srid_of
from cni.assets.imports.judging import Judged
from cni.assets.imports.mapping import guess_columns
from cni.assets.imports.reading import Brought
from cni.assets.imports.values import Choices
from cni.formats.layers import Features
from cni.primitives.errors import Problem
from cni.primitives.formulas import formula_safe

Place = tuple[str | None, int | None]
"""The file, as problems name it, and the row."""


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
    """Return a file as CSV in its own columns, with all that is wrong with a row beside it.

    `every_row`: those that are right too, so that the file does the whole job once it is mended. `kept`: the field of
    each column as the member read its like the last time.
    """
    wrong = _wrong(problems)
    headings = list(_headings(brought.layers, choices, kept))
    names = list(dict.fromkeys(heading for each in headings for heading in each.values()))
    shape = ["wkt" if "geometry" in names else "geometry"] if any(map(_has_shapes, brought.layers)) else []
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow([formula_safe(name) for name in (*names, *shape, "problem")])
    for features, heading in zip(brought.layers, headings, strict=True):
        columns = {heading[name]: values for name, values in features.values.items()}
        told = [wrong.get((brought.file_of(features), row), "") for row in features.rows.tolist()]
        taken = [place for place, words in enumerate(told) if words or every_row]
        cells = [_taken(columns.get(name), taken) for name in names]
        shapes = [_texts(features, choices, taken)] if shape else []
        writer.writerows(zip(*cells, *shapes, (formula_safe(told[place]) for place in taken), strict=True))
    return sheet.getvalue()


def _wrong(problems: Sequence[Problem]) -> dict[Place, str]:
    """Return all that is wrong with each row, in words."""
    found: dict[Place, list[str]] = {}
    for problem in problems:
        found.setdefault((problem.file, problem.row), []).append(f"{problem.message} {problem.remedy}".strip())
    return {place: " ".join(words) for place, words in found.items()}


def _headings(layers: Sequence[Features], choices: Choices, kept: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield what each layer's columns are called where all stand in one table: as in the file, but a field that layers
    call differently is called by its own name.
    """
    read = [guess_columns(features.layer.fields, choices.columns, kept) for features in layers]
    called: dict[str, set[str]] = {}
    for columns in read:
        for column, field in columns.items():
            called.setdefault(field, set()).add(column)
    for features, columns in zip(layers, read, strict=True):
        differing = {column: field for column, field in columns.items() if len(called[field]) > 1}
        yield {name: differing.get(name, name) for name in features.values}


def _has_shapes(features: Features) -> bool:
    return bool((shapely.get_type_id(features.geometry) >= 0).any())


def _taken(texts: Sequence[str] | None, places: Sequence[int]) -> list[str]:
    return [formula_safe(texts[place]) if texts else "" for place in places]


def _texts(features: Features, choices: Choices, places: Sequence[int]) -> list[Any]:
    """Return shapes as text in the file's own coordinates, each with the number of their system, where it has one."""
    srid = srid_of(choices.crs or features.layer.crs)
    texts = shapely.to_wkt(features.geometry[list(places)], rounding_precision=-1)
    return [text and f"{srid}{text}" for text in texts]
