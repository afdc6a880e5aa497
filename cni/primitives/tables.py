"""Tables that people bring as CSV: read whole, with every problem by row and column.

RFC 4180 in UTF-8, with or without a byte-order mark; a header row; columns in any order. A row's number is the
spreadsheet's: the header is 1. `read_table` finds what is wrong with the file, `Cells` with the cells of one row.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from typing import TypeVar

from cni.primitives.errors import Problem
from cni.primitives.period import parse_date

MOST_ECHOED = 40
MOST_DIGITS = 15
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs"}

Value = TypeVar("Value")
Kind = TypeVar("Kind", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Columns:
    """What columns a table has: those that must be there, and those that may be absent."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its number in the spreadsheet, and its cells by column, stripped; absent ones are empty.

    `is_whole` is False where it has too few or too many cells: that is its one problem, and no cell is judged.
    """

    number: int
    cells: dict[str, str]
    is_whole: bool = True


def read_table(data: bytes, file: str, columns: Columns) -> tuple[list[Row], list[Problem]]:
    """Return the rows of a CSV file, blank ones left out, and the problems of the file as a whole.

    A file whose header is wrong has no rows: its cells cannot be told apart.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return [], [_bad_encoding(data, error, file)]
    unfit = _text_problem(text, file)
    if unfit:
        return [], [unfit]
    try:
        lines = list(_numbered_lines(text))
    except csv.Error as error:
        return [], [_whole(file, "not_csv", f"The file is not CSV: {error}.", "Save it as CSV (UTF-8) and try again.")]
    if not lines:
        return [], [_whole(file, "empty", "The file is empty.", "Give it a header row with the names of its columns.")]
    header = [name.strip() for name in lines[0][1]]
    problems = _header_problems(header, file, columns)
    if problems:
        return [], problems
    rows = []
    for number, cells in lines[1:]:
        if len(cells) != len(header):
            problems.append(_wrong_width(number, len(cells), len(header), file))
        values = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        named = {name: values.get(name, "") for name in columns.required + columns.optional}
        rows.append(Row(number, named, is_whole=len(cells) == len(header)))
    return rows, problems


def _text_problem(text: str, file: str) -> Problem | None:
    """Return a problem where the text holds a NUL, or its header row is separated by something else than commas."""
    if "\0" in text:
        return _whole(file, "not_text", "The file holds a NUL character.", "Save it as CSV (UTF-8) and try again.")
    header = re.split(r"[\r\n]", text.lstrip("\r\n"), maxsplit=1)[0]
    if "," in header:
        return None
    for separator, name in OTHER_SEPARATORS.items():
        if separator in header.strip():
            message = f"The columns are separated by {name}, not by commas."
            return Problem("wrong_separator", message, "Save it as CSV (comma-separated).", None, file, 1)
    return None


def _numbered_lines(text: str) -> Iterable[tuple[int, list[str]]]:
    """Yield the rows that hold anything, numbered as a spreadsheet numbers them, blank rows counted."""
    for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), start=1):
        if any(cell.strip() for cell in cells):
            yield number, cells


def _header_problems(header: list[str], file: str, columns: Columns) -> list[Problem]:
    known = columns.required + columns.optional
    problems = []
    for name in dict.fromkeys(header):
        if name not in known:
            remedy = f"Remove it, or name it one of: {', '.join(known)}."
            problems.append(
                Problem("unknown_column", f"There is no column {echoed(name)!r}.", remedy, None, file, 1, echoed(name))
            )
        elif header.count(name) > 1:
            problems.append(
                Problem("duplicate_column", f"The column {name} stands twice.", "Keep one.", None, file, 1, name)
            )
    for name in columns.required:
        if name not in header:
            problems.append(Problem("missing_column", f"The column {name} is missing.", "Add it.", None, file, 1, name))
    return problems


def _bad_encoding(data: bytes, error: UnicodeDecodeError, file: str) -> Problem:
    row = data.count(b"\n", 0, error.start) + 1
    return Problem(
        "encoding",
        f"The file is not UTF-8: byte {error.start + 1} is 0x{data[error.start]:02X}.",
        "Save it as CSV (UTF-8) and try again.",
        file=file,
        row=row,
    )


def _wrong_width(number: int, found: int, expected: int, file: str) -> Problem:
    return Problem(
        "wrong_width",
        f"The row has {found} cells, the header {expected}.",
        "Put text that holds a comma between double quotes, and give each column its cell.",
        file=file,
        row=number,
    )


def _whole(file: str, code: str, message: str, remedy: str) -> Problem:
    return Problem(code, message, remedy, file=file)


class Cells:
    """The cells of one row, read one by one; what is wrong with them gathers in `problems`.

    Each reader returns None for a cell that is empty or faulty; `required=True` makes an empty one a problem.
    """

    def __init__(self, row: Row, file: str) -> None:
        self.row = row
        self.file = file
        self.problems: list[Problem] = []

    def problem(self, code: str, column: str | None, message: str, remedy: str) -> None:
        """Note a problem at one of the row's cells (None: at the row)."""
        if self.row.is_whole:
            self.problems.append(Problem(code, message, remedy, None, self.file, self.row.number, column))

    def is_given(self, column: str) -> bool:
        """Tell whether the cell holds anything."""
        return bool(self.row.cells[column])

    def text(self, column: str, *, required: bool = False) -> str | None:
        """Return the cell as it stands."""
        value = self.row.cells[column]
        if value:
            return value
        if required:
            self.problem("missing", column, f"{column} is empty.", "Fill it in.")
        return None

    def parsed(
        self, column: str, parse: Callable[[str], Value], remedy: str, *, required: bool = False
    ) -> Value | None:
        """Return the cell as `parse` reads it; its ValueError becomes the problem's sentence."""
        value = self.text(column, required=required)
        if value is None:
            return None
        try:
            return parse(value)
        except ValueError as error:
            message = str(error).replace(repr(value), repr(echoed(value))).replace(value, echoed(value))
            self.problem(f"bad_{column}", column, f"{message.rstrip('.')}.", remedy)
            return None

    def word(self, column: str, words: type[Kind], *, required: bool = False) -> Kind | None:
        """Return the cell as one of the words of an enumeration."""
        return self.parsed(column, lambda text: word_of(text, words), _choice(words), required=required)

    def words(self, column: str, words: type[Kind], *, required: bool = False) -> tuple[Kind, ...]:
        """Return the words in a cell, joined by `;`, each once, in their order."""
        found = self.parsed(
            column, lambda text: tuple(word_of(part, words) for part in split(text)), _choice(words), required=required
        )
        return tuple(dict.fromkeys(found or ()))

    def whole(self, column: str, *, least: int, required: bool = False) -> int | None:
        """Return the cell as a whole number, `least` at the least."""
        return self.parsed(column, lambda text: whole_number(text, least), _at_least(least), required=required)

    def decimal(self, column: str, *, above: int | None = None, required: bool = False) -> Decimal | None:
        """Return the cell as a decimal number, greater than `above` where that is given."""
        remedy = "Write a number, with a point before decimals." + ("" if above is None else f" Above {above}.")
        return self.parsed(column, lambda text: decimal_number(text, above), remedy, required=required)

    def day(self, column: str, *, required: bool = False) -> date | None:
        """Return the cell as a date."""
        return self.parsed(column, parse_date, "Write a day that exists, like 2026-11-22.", required=required)


def echoed(text: str) -> str:
    """Return a value as a sentence may say it back: 40 characters at most."""
    return text if len(text) <= MOST_ECHOED else f"{text[: MOST_ECHOED - 1]}…"


def split(text: str) -> list[str]:
    """Return the parts of a cell that are joined by `;`, stripped, empty ones left out."""
    return [part.strip() for part in text.split(";") if part.strip()]


def word_of(text: str, words: type[Kind]) -> Kind:
    """Return the word that `text` is.

    Raises:
        ValueError: it is none of them.
    """
    try:
        return words(text)
    except ValueError:
        raise ValueError(f"{text!r} is not one of the known words") from None


def whole_number(text: str, least: int) -> int:
    """Return the whole number that `text` is.

    Raises:
        ValueError: it is none, or less than `least`, or beyond reason.
    """
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdecimal():
        raise ValueError(f"{text!r} is not a whole number")
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"{text} is too {'small' if text.startswith('-') else 'large'}")
    if int(text) < least:
        raise ValueError(f"{text} is less than {least}")
    return int(text)


def decimal_number(text: str, above: int | None = None) -> Decimal:
    """Return the finite decimal number that `text` is.

    Raises:
        ValueError: it is none, or not above `above`, or beyond reason.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a number") from None
    if not number.is_finite() or abs(number) >= 1_000_000_000 or "_" in text:
        raise ValueError(f"{text!r} is not a number that can stand here")
    if above is not None and number <= above:
        raise ValueError(f"{text} is not above {above}")
    return number


def first_of_each(
    rows: Sequence[Value], key: Callable[[Value], str | None]
) -> tuple[dict[str, Value], list[tuple[Value, Value]]]:
    """Return what stands first under each key, without regard to case, and each later one with what it repeats."""
    first: dict[str, Value] = {}
    repeated = []
    for row in rows:
        name = key(row)
        if name is None:
            continue
        if name.casefold() in first:
            repeated.append((row, first[name.casefold()]))
        else:
            first[name.casefold()] = row
    return first, repeated


@cache
def _choice(words: type[StrEnum]) -> str:
    return f"Write one of: {', '.join(sorted(words))}."


def _at_least(least: int) -> str:
    return f"Write a whole number, {least} or more."
