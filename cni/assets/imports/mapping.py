"""Which column of a file is which of our fields, guessed from its name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from cni.assets.importing import SITE_COLUMNS, SPAN_COLUMN_ORDER
from cni.primitives.errors import Invalid, Problem
from cni.primitives.tables import echoed

SITE_FIELDS = SITE_COLUMNS.required + SITE_COLUMNS.optional
SPAN_FIELDS = SPAN_COLUMN_ORDER
FIELDS = tuple(dict.fromkeys((*SITE_FIELDS, *SPAN_FIELDS)))

SHAPEFILE_LETTERS = 10
"""A Shapefile cuts the names of its columns to so many letters."""

OURS = "cni_"
"""How the fields begin that an export of ours adds to a standard's own."""

WORDS = {
    "id": "id code ref reference identifier spanid siteid nodeid cableid linkid assetid spancode sitecode uid",
    "name": "name title label sitename nodename",
    "kind": "kind type sitekind sitetype nodetype",
    "latitude": "latitude lat",
    "longitude": "longitude long lon lng",
    "easting": "easting eastings east xcoord bngx osx osgbx",
    "northing": "northing northings north ycoord bngy osy osgby",
    "grid_ref": "gridref gridreference ngr osgr osgridref osgridreference",
    "owner": "owner siteowner nodeowner",
    "a": "a start from aend enda asite sitea startsite fromsite startnode fromnode nodea anode source fromid startid "
    "aid",
    "z": "z b end to zend endz bend endb zsite sitez siteb endsite tosite endnode tonode nodez nodeb znode bnode "
    "target toid endid zid",
    "length_m": "lengthm length lengthmetres lengthmeters metres meters cablelength routelength",
    "length_basis": "lengthbasis basis lengthsource measuredby",
    "fibre_owner": "fibreowner fiberowner cableowner spanowner owner",
    "duct_owner": "ductowner",
    "fibres": "fibres fibers fibrecount fibercount fibrescount nooffibres cores corecount noofcores strands "
    "strandcount",
    "reserved_pairs": "reservedpairs reserved ownpairs",
    "offered_pairs": "offeredpairs offered sparepairs availablepairs",
    "risks": "risks risk riskgroups srlg",
    "geometry": "geometry geom wkt thegeom wktgeom",
}  # fmt: skip


def guess_columns(
    columns: Sequence[str], given: Mapping[str, str], remembered: Mapping[str, str], fields: Sequence[str] = FIELDS
) -> dict[str, str]:
    """Return the field that each column is, of those that are any: as `given`, else as `remembered`, else by its name.

    Names compare without case and separators; "" means that a column is left out. A name cut as a Shapefile cuts it
    will do, and so will the words that people commonly use. Where no column is the id, one called name is.
    """
    free = list(columns)
    found: dict[str, str] = {}
    for said in (given, remembered):
        by_name = {column.casefold(): field for column, field in said.items()}
        for column in list(free):
            meant = by_name.get(column.casefold())
            if meant is not None and (not meant or meant not in found.values()):
                free.remove(column)
                found |= {column: meant} if meant else {}
    ignored = {column.casefold() for column in [*given, *remembered]}
    free = [column for column in free if column.casefold() not in ignored]
    for rank in range(3):
        for field in fields:
            named = _named(field, rank, free) if field not in found.values() else None
            if named is not None:
                found[named] = field
                free.remove(named)
    if "id" not in found.values():
        found |= {column: "id" for column, field in found.items() if field == "name"}
    return found


def _named(field: str, rank: int, free: Collection[str]) -> str | None:
    """Return the free column that a field's name fits: by itself, cut short, or by a common word."""
    names = [[_plain(field)], [_plain(field[:SHAPEFILE_LETTERS])], WORDS[field].split()][rank]
    by_name = {_plain(column): column for column in reversed(list(free))}
    return next((by_name[name] for name in names if name in by_name), None)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold().removeprefix(OURS))


def refuse_wrong_columns(given: Mapping[str, str], columns: Collection[str]) -> None:
    """Refuse choices that name columns that the file has not, or fields that there are not.

    Raises:
        Invalid: with every such choice.
    """
    problems = list(_wrong_columns(given, columns))
    if problems:
        raise Invalid.from_problems(problems)


def _wrong_columns(given: Mapping[str, str], columns: Collection[str]) -> Iterator[Problem]:
    there = {column.casefold() for column in columns}
    for column, field in given.items():
        if column.casefold() not in there:
            remedy = f"It has: {', '.join(map(echoed, columns))}."
            yield Problem("unknown_column", f"The file has no column {echoed(column)}.", remedy, "columns")
        if field and field not in FIELDS:
            yield unknown_field(field, "columns")


def unknown_field(field: str, place: str) -> Problem:
    """Return the problem of a field that there is not."""
    return Problem("unknown_field", f"There is no field {echoed(field)}.", f"Name one of: {', '.join(FIELDS)}.", place)
