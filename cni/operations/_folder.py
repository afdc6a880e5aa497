"""A co-op's folder read into drafts, file by file, with every problem of every row. Pure.

What is wrong between files and with what the database holds already is the affair of `loading`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, Generic, TypeVar

from cni.assets.importing import (
    RACK_COLUMNS,
    RISK_COLUMNS,
    SITE_COLUMNS,
    SPAN_COLUMNS,
    PlantTables,
    Table,
)
from cni.leases.importing import (
    LEASE_COLUMNS,
    RACK_LEASE_COLUMNS,
    LeaseDraft,
    RackLeaseDraft,
    TariffDraft,
    lease_draft,
    rack_lease_draft,
    read_tariff,
)
from cni.members.importing import (
    MEMBER_COLUMNS,
    PERSON_COLUMNS,
    MemberDraft,
    PersonDraft,
    account_number,
    member_draft,
    person_draft,
    sort_code,
    vat_number,
)
from cni.primitives.errors import Problem
from cni.primitives.tables import Cells, Columns, Row, read_table

Draft = TypeVar("Draft")

TABLES = (
    "members.csv",
    "people.csv",
    "sites.csv",
    "risks.csv",
    "spans.csv",
    "racks.csv",
    "leases.csv",
    "rack_leases.csv",
)
FILES = (*TABLES, "tariff.json", "coop.json")
COOP_KEYS = ("name", "registered_number", "vat_number", "address", "postcode", "sort_code", "account_number")


@dataclass(frozen=True, slots=True)
class Placed(Generic[Draft]):
    """A draft and the row that it stands in."""

    draft: Draft
    row: int


@dataclass(slots=True)
class Sheet(Generic[Draft]):
    """A file's good rows, the faulty ones as they stand, and the ids of all of them, in small letters."""

    file: str
    rows: list[Placed[Draft]] = field(default_factory=list)
    faulty: list[Row] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Folder:
    """All that a folder holds."""

    members: Sheet[MemberDraft]
    people: Sheet[PersonDraft]
    plant: PlantTables
    leases: Sheet[LeaseDraft]
    rack_leases: Sheet[RackLeaseDraft]
    tariff: TariffDraft | None
    coop: dict[str, str] | None
    problems: list[Problem]


def read_folder(files: Mapping[str, bytes], today: date) -> Folder:
    """Return the drafts in a folder's files, by file name, and all that is wrong with each row by itself."""
    problems: list[Problem] = []
    if not set(files) & set(FILES):
        names = ", ".join(FILES)
        problems.append(
            Problem("empty_folder", "The folder holds none of a co-op's files.", f"Put in some of: {names}.")
        )

    def sheet(file: str, columns: Columns, read: Callable[[Cells], Draft | None]) -> Sheet[Draft]:
        return _sheet(files, file, columns, read, problems)

    return Folder(
        members=sheet("members.csv", MEMBER_COLUMNS, member_draft),
        people=sheet("people.csv", PERSON_COLUMNS, person_draft),
        plant=PlantTables(
            sites=_table(files, "sites.csv", SITE_COLUMNS, problems),
            risks=_table(files, "risks.csv", RISK_COLUMNS, problems),
            spans=_table(files, "spans.csv", SPAN_COLUMNS, problems),
            racks=_table(files, "racks.csv", RACK_COLUMNS, problems),
        ),
        leases=sheet("leases.csv", LEASE_COLUMNS, partial(lease_draft, today=today)),
        rack_leases=sheet("rack_leases.csv", RACK_LEASE_COLUMNS, partial(rack_lease_draft, today=today)),
        tariff=_document(files, "tariff.json", read_tariff, problems),
        coop=_document(files, "coop.json", _read_coop, problems),
        problems=problems,
    )


def _table(files: Mapping[str, bytes], file: str, columns: Columns, problems: list[Problem]) -> Table:
    """Read one table of plant as rows: what they give depends on each other, so `assets.checks` makes the drafts."""
    rows, found = read_table(files[file], file, columns) if file in files else ([], [])
    problems += found
    return Table(file, tuple(rows))


def _sheet(
    files: Mapping[str, bytes],
    file: str,
    columns: Columns,
    read: Callable[[Cells], Draft | None],
    problems: list[Problem],
) -> Sheet[Draft]:
    """Read one table; the first of its required columns is its key."""
    sheet: Sheet[Draft] = Sheet(file)
    if file not in files:
        return sheet
    rows, found = read_table(files[file], file, columns)
    problems += found
    key = columns.required[0]
    first_rows: dict[str, int] = {}
    for row in rows:
        cells = Cells(row, file)
        draft = read(cells)
        _note_repeated(cells, key, first_rows)
        problems += cells.problems
        if draft is not None and row.is_whole and not cells.problems:
            sheet.rows.append(Placed(draft, row.number))
        elif row.is_whole:
            sheet.faulty.append(row)
    sheet.ids = set(first_rows)
    return sheet


def _note_repeated(cells: Cells, key: str, first_rows: dict[str, int]) -> None:
    """Report an id that stood in an earlier row, at this later one; ids compare without case."""
    row: Row = cells.row
    name = row.cells[key].casefold()
    if name in first_rows:
        message = f"{row.cells[key]} stands in row {first_rows[name]} already."
        cells.problem("duplicate_id", key, message, "Give it an id of its own, or remove the row.")
    elif name:
        first_rows[name] = row.number


def _document(
    files: Mapping[str, bytes],
    file: str,
    read: Callable[[bytes, str], tuple[Draft | None, list[Problem]]],
    problems: list[Problem],
) -> Draft | None:
    if file not in files:
        return None
    draft, found = read(files[file], file)
    problems += found
    return draft


def _read_coop(data: bytes, file: str) -> tuple[dict[str, str] | None, list[Problem]]:
    try:
        given = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError) as error:
        return None, [Problem("not_json", f"The file is not JSON: {error}.", "Mend it at that place.", file=file)]
    if not isinstance(given, dict):
        return None, [Problem("not_a_coop", "The file holds no co-op.", "Begin with {.", file=file)]
    problems = list(_coop_problems(given, file))
    if problems:
        return None, problems
    read = {"vat_number": vat_number, "sort_code": sort_code, "account_number": account_number}
    return {key: read.get(key, str.strip)(value) for key, value in given.items() if value}, []


def _coop_problems(given: Mapping[str, Any], file: str) -> Iterator[Problem]:
    readers = {"vat_number": vat_number, "sort_code": sort_code, "account_number": account_number}
    if not given.get("name"):
        yield Problem("missing", "name is missing.", "Give the co-op's name.", None, file, None, "name")
    for key, value in given.items():
        if key not in COOP_KEYS:
            remedy = f"Remove it, or name it one of: {', '.join(COOP_KEYS)}."
            yield Problem("unknown_key", f"There is no {key!r} here.", remedy, None, file, None, key)
        elif value is not None and not isinstance(value, str):
            yield Problem(f"bad_{key}", f"{value!r} is not text.", "Give it as text.", None, file, None, key)
        elif value and key in readers:
            try:
                readers[key](value)
            except ValueError as error:
                yield Problem(f"bad_{key}", f"{error}.", "Write it as it stands on paper.", None, file, None, key)
