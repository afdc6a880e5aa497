"""Tables: CSV files and the sheets of XLSX workbooks. A row has the spreadsheet's number; a formula is its result."""

from __future__ import annotations

import csv
import io
import mimetypes
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import shapely

from cni.formats.archives import unpack
from cni.formats.cells import cell_text
from cni.formats.found import Found, countable, refuse_many
from cni.formats.layers import FileRefused, refused_file
from cni.formats.limits import MOST_FEATURES, MOST_FIELDS, MOST_TEXT
from cni.formats.text import clean_xml, decoded
from cni.primitives.formulas import without_guard

SEPARATORS = ",;\t|"
WKT_COLUMNS = ("geometry", "wkt", "geom", "the_geom", "geometry_wkt", "wkt_geom", "shape_wkt", "geography")
EWKT = re.compile(r"\s*SRID\s*=\s*(\d{1,6})\s*;\s*", re.IGNORECASE)
WKT = re.compile(r"\s*(SRID\s*=\s*\d+\s*;\s*)?(MULTI)?(POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION)\b", re.IGNORECASE)

Cells = Sequence[str]


def read_csv(data: bytes) -> list[Found]:
    """Return the table of a CSV file, called "table".

    Raises:
        FileRefused: it is no CSV, has no header, or a row has more cells than the header.
    """
    text, notes = decoded(data)
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        raise refused_file("bad_encoding", "The file holds bytes that are no text.", "Save it as CSV (UTF-8).")
    header = text[: text.find("\n") + 1] or text
    separator = max(SEPARATORS, key=header.count)
    csv.field_size_limit(MOST_TEXT)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        return countable([_table("table", enumerate(rows, 1), notes)])
    except csv.Error as error:
        remedy = "Save it as CSV from the program that made it; a quote inside of a cell is written twice."
        raise refused_file("not_csv", f"The file is not CSV: {error}.", remedy) from error


def read_xlsx(data: bytes) -> list[Found]:
    """Return the sheets of a workbook that are not empty.

    Raises:
        FileRefused: it is damaged or locked, holds entities, or a formula without a result.
    """
    parts = unpack(data, ("",))
    plain = {name: clean_xml(part) if name.endswith((".xml", ".rels")) else part for name, part in parts.items()}
    has_formulas = any(b"<f" in part for name, part in plain.items() if "/worksheets/" in name)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, part in plain.items():
            archive.writestr(name, part)
    mimetypes.knownfiles.clear()  # it would read lists of the machine
    import openpyxl  # late: it takes a quarter of a second

    try:
        with warnings.catch_warnings(action="ignore"):
            book = openpyxl.load_workbook(packed, read_only=True, data_only=True, keep_links=False)
            formulas = openpyxl.load_workbook(packed, read_only=True, keep_links=False) if has_formulas else None
            found = [_sheet(sheet, formulas[sheet.title] if formulas else None) for sheet in book.worksheets]
    except FileRefused:
        raise
    except Exception as error:  # openpyxl fails in many ways on a workbook that is not as it should be
        message = "The workbook is damaged, or not as spreadsheets write it."
        raise refused_file("unreadable", message, "Open it in a spreadsheet and save it again as .xlsx.") from error
    return countable([each for each in found if each])


def _sheet(sheet: Any, formulas: Any) -> Found | None:
    sheet.reset_dimensions()  # what the sheet says of its size need not be so
    rows = sheet.iter_rows(values_only=True)
    if formulas is not None:
        formulas.reset_dimensions()
        rows = _with_results(rows, formulas.iter_rows(values_only=True))
    numbered = enumerate(([cell_text(value) for value in row] for row in rows), 1)
    try:
        return _table(sheet.title, numbered, ())
    except _Empty:
        return None


def _with_results(values: Iterable[Sequence[Any]], formulas: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """Yield rows of values, and refuse the first formula that has none."""
    from openpyxl.utils import get_column_letter

    for number, (row, said) in enumerate(zip(values, formulas, strict=False), 1):
        for place, (value, text) in enumerate(zip(row, said, strict=False), 1):
            if value is None and text is not None:
                cell = f"{get_column_letter(place)}{number}"
                message = f"Cell {cell} holds a formula whose result was not saved."
                remedy = "Open it in a spreadsheet and save it again, or paste the values in place of formulas."
                raise refused_file("formula_without_result", message, remedy, number, get_column_letter(place))
        yield row


class _Empty(FileRefused):
    pass


def _table(name: str, numbered: Iterator[tuple[int, Cells]], notes: tuple[str, ...]) -> Found:
    filled = ((number, row) for number, row in numbered if any(cell.strip() for cell in row))
    _, header = next(filled, (0, None))
    if header is None:
        problem = refused_file("empty", "The file is empty.", "Give it a header row with the names of its columns.")
        raise _Empty(problem.detail, problem.problems)
    fields = _named(header)
    refuse_many(len(fields), MOST_FIELDS, "columns")
    rows, cells = [], []
    for number, row in filled:
        if len(row) != len(fields):
            row = _as_wide(row, len(fields), number)
        rows.append(number)
        cells.append(row)
        if len(rows) > MOST_FEATURES:
            refuse_many(len(rows), MOST_FEATURES, "rows")
    columns = ([without_guard(cell.strip()) for cell in column] for column in zip(*cells, strict=True))
    values = dict(zip(fields, columns, strict=True)) if cells else {field: [] for field in fields}
    wkb, crs = _geometry(values, rows)
    return Found(name, values, wkb, rows, crs, notes)


def _named(header: Cells) -> list[str]:
    """Return the names of columns, each once: one that is missing or there already gets a number."""
    while header and not header[-1].strip():
        header = header[:-1]
    names: list[str] = []
    for place, cell in enumerate(header, 1):
        name = without_guard(cell.strip()) or f"column {place}"
        names.append(name if name not in names else f"{name} ({place})")
    return names


def _as_wide(row: Cells, width: int, number: int) -> Cells:
    if any(cell.strip() for cell in row[width:]):
        message = f"Row {number} has {len(row)} cells, but the header has {width}."
        raise refused_file("wrong_width", message, "Put quotes around a cell that holds a separator.", number)
    return [*row[:width], *[""] * (width - len(row))]


def _geometry(values: dict[str, list[str]], rows: list[int]) -> tuple[list[bytes | None], str | None]:
    """Take the column of WKT, if there is one, out of the values."""
    named = {name.lower(): name for name in reversed(values)}
    column = next((named[name] for name in WKT_COLUMNS if name in named and _is_wkt(values[named[name]])), None)
    if column is None:
        return [None] * len(rows), None
    texts = values.pop(column)
    numbers = {found[1] for text in texts if (found := EWKT.match(text))}
    plain = np.array([EWKT.sub("", text) or None for text in texts], dtype=object)
    shapes = shapely.from_wkt(plain, on_invalid="ignore")
    for row, text, shape in zip(rows, texts, shapes, strict=True):
        if text and shape is None:
            message = f"In row {row} its geometry cannot be read."
            raise refused_file("bad_geometry", message, "Write it like LINESTRING (-2.1 53.4, -2.2 53.5).", row, column)
    crs = f"EPSG:{numbers.pop()}" if len(numbers) == 1 else None
    return list(shapely.to_wkb(shapes)), crs


def _is_wkt(texts: list[str]) -> bool:
    first = next(filter(None, texts), "")
    return bool(WKT.match(first))
