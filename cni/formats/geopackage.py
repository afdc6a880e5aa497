"""GeoPackages, read as the SQLite databases that they are: plain tables alone, so that nothing in the file is run.

A view could call functions and a virtual table could open other files; a trigger fires when something is written.
Here only columns of ordinary tables are selected, read-only, under an authorizer that allows nothing else.

Source: OGC 12-128r19, GeoPackage encoding standard 1.4, §2.1.
"""

from __future__ import annotations

import contextlib
import sqlite3
import struct
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from cni.formats.cells import cell_text, column_texts, instant_text
from cni.formats.found import Found, countable, refuse_many
from cni.formats.layers import FileRefused, refused_file
from cni.formats.limits import MOST_FEATURES, MOST_FIELDS, MOST_LAYERS

ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ}
ENVELOPE_BYTES = (0, 32, 48, 48, 64, 0, 0, 0)
VIEWS_LEFT_OUT = "The views of the file were left out: only tables are read."
MOST_CELLS = 20_000_000

LAYERS = """
    SELECT table_name, column_name, organization, organization_coordsys_id, srs_name
    FROM gpkg_contents LEFT JOIN gpkg_geometry_columns USING (table_name)
    LEFT JOIN gpkg_spatial_ref_sys ON gpkg_spatial_ref_sys.srs_id = gpkg_geometry_columns.srs_id
    WHERE data_type IN ('features', 'attributes')"""


class _Column(NamedTuple):
    name: str
    kind: str
    is_key: bool


def read_geopackage(data: bytes) -> list[Found]:
    """Return the layers of a GeoPackage.

    Raises:
        FileRefused: it is cut short or damaged.
    """
    size, pages = struct.unpack(">H", data[16:18])[0], struct.unpack(">I", data[28:32])[0]
    if len(data) < pages * (65536 if size == 1 else size):
        message = f"The GeoPackage is cut short: it says {pages:,} pages, and {len(data):,} bytes came."
        raise refused_file("truncated", message, "Close it in the program that made it, and send it again, whole.")
    Path("upload.gpkg").write_bytes(data)
    try:
        with contextlib.closing(sqlite3.connect("file:upload.gpkg?mode=ro&immutable=1", uri=True)) as database:
            return _layers(database)
    except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
        raise _damaged() from error


def _layers(database: sqlite3.Connection) -> list[Found]:
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA cell_size_check = ON")
    tables = {
        name.lower(): kind if str(sql).upper().startswith("CREATE TABLE") else "other"
        for name, kind, sql in database.execute(
            "SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view')"
        )
    }
    listed = [layer for layer in database.execute(LAYERS) if isinstance(layer[0], str)]
    plain = [layer for layer in listed if tables.get(layer[0].lower()) == "table"]
    refuse_many(len(plain), MOST_LAYERS, "layers")
    columns = {layer[0]: _columns(database, layer[0]) for layer in plain}
    database.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in ALLOWED else sqlite3.SQLITE_DENY)
    notes = (VIEWS_LEFT_OUT,) if len(plain) < len(listed) else ()
    return countable([_layer(database, layer, columns[layer[0]], notes) for layer in plain])


def _columns(database: sqlite3.Connection, table: str) -> list[_Column]:
    found = database.execute(f"PRAGMA table_info({_quoted(table)})")
    return [_Column(name, kind.upper(), bool(key)) for _, name, kind, _, _, key in islice(found, MOST_FIELDS + 3)]


def _layer(database: sqlite3.Connection, layer: Any, columns: list[_Column], notes: tuple[str, ...]) -> Found:
    table, geometry, organization, number, crs_name = layer
    fields = [each for each in columns if each.name != geometry and not (each.is_key and each.kind == "INTEGER")]
    selected = [each.name for each in fields] + ([geometry] if geometry else [])
    count = min(MOST_FEATURES, MOST_CELLS // max(1, len(selected)))
    names = ", ".join(map(_quoted, selected)) or "rowid"
    rows = database.execute(f"SELECT {names} FROM {_quoted(table)}").fetchmany(count + 1)
    refuse_many(len(rows), count, "features")
    cells = list(zip(*rows, strict=True)) or [()] * len(selected)
    values = {each.name: _texts(cells[place], each.kind) for place, each in enumerate(fields)}
    wkb = list(map(_wkb, cells[-1])) if geometry else [None] * len(rows)
    is_known = isinstance(number, int) and number > 0 and organization
    crs = f"{organization}:{number}".upper() if is_known else crs_name if number and number > 0 else None
    return Found(table, values, wkb, range(1, len(rows) + 1), crs, notes)


def _texts(values: Sequence[Any], kind: str) -> list[str]:
    if kind == "BOOLEAN":
        return ["" if value is None else "yes" if value else "no" for value in values]
    if kind in ("DATE", "DATETIME"):
        return [instant_text(cell_text(value)) for value in values]
    return column_texts(values)


def _wkb(blob: Any) -> bytes | None:
    """Return the WKB in a GeoPackage's geometry: after two letters, version, flags, CRS and an envelope, if any."""
    if blob is None:
        return None
    if not isinstance(blob, bytes) or blob[:2] != b"GP" or len(blob) < 8:
        raise _damaged()
    return blob[8 + ENVELOPE_BYTES[blob[3] >> 1 & 7] :]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _damaged() -> FileRefused:
    message = "The GeoPackage is damaged: its tables cannot be read."
    return refused_file("unreadable", message, "Export it again from the program that made it.")
