"""Networks in the Open Fibre Data Standard: the nodes and the spans of a JSON file, as two layers.

What is nested becomes a column with a path, as in the standard's own CSV: "physicalInfrastructureProvider/name".

Source: Open Fibre Data Standard 0.4, reference, Network, Node and Span.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape

from cni.formats.cells import BETWEEN, cell_text
from cni.formats.found import Found, countable, refuse_many
from cni.formats.layers import FileRefused, refused_file
from cni.formats.limits import MOST_FEATURES, MOST_FIELDS
from cni.formats.text import decoded

GEOMETRY = {"nodes": "location", "spans": "route"}
DEEPEST = 4
CRS = "EPSG:4326"
"""The standard allows no other than longitude and latitude."""
NOT_OFDS = "The file is not JSON of the Open Fibre Data Standard"
REMEDY = "Write it as a network package: {“networks”: [{“nodes”: […], “spans”: […]}]}."


def read_ofds(data: bytes) -> list[Found]:
    """Return the nodes and the spans of every network of a file.

    Raises:
        FileRefused: it is no JSON, or none of this standard.
    """
    text, notes = decoded(data)
    try:
        networks = json.loads(text)["networks"]
        every = {layer: [row for network in networks for row in network.get(layer, [])] for layer in GEOMETRY}
        return countable([_layer(name, rows, notes) for name, rows in every.items()])
    except json.JSONDecodeError as error:
        is_cut = error.pos >= len(text.rstrip())
        message = f"The file stops in the middle, in line {error.lineno}." if is_cut else f"{NOT_OFDS}: {error}."
        raise refused_file("truncated" if is_cut else "unreadable", message, "Export it again.") from error
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise refused_file("unreadable", f"{NOT_OFDS}: it has no list of networks.", REMEDY) from error


def _layer(name: str, items: list[dict[str, Any]], notes: tuple[str, ...]) -> Found:
    refuse_many(len(items), MOST_FEATURES, "features")
    rows = [dict(_cells(item, GEOMETRY[name])) for item in items]
    fields = list(dict.fromkeys(field for row in rows for field in row))
    refuse_many(len(fields), MOST_FIELDS, "columns")
    wkb = [_wkb(item.get(GEOMETRY[name]), number) for number, item in enumerate(items, 1)]
    values = {field: [row.get(field, "") for row in rows] for field in fields}
    return Found(name, values, wkb, range(1, len(rows) + 1), CRS, notes)


def _cells(item: dict[str, Any], geometry: str = "", path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    for key, value in item.items():
        if path + key == geometry:
            continue
        if isinstance(value, dict) and depth < DEEPEST:
            yield from _cells(value, "", f"{path}{key}/", depth + 1)
        elif isinstance(value, list):
            yield path + key, BETWEEN.join(filter(None, map(_named, value)))
        else:
            yield path + key, cell_text(value)


def _named(value: Any) -> str:
    """Return an element of a list as text: an object by its name or id."""
    if isinstance(value, dict):
        value = next((value[key] for key in ("name", "id", "href") if key in value), "")
    return "" if isinstance(value, dict | list) else cell_text(value)


def _wkb(geometry: Any, number: int) -> bytes | None:
    if geometry is None:
        return None
    try:
        return bytes(shapely.to_wkb(shape(geometry)))
    except (ShapelyError, AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise _bad(number) from error


def _bad(number: int) -> FileRefused:
    message = f"In row {number} its geometry cannot be read."
    return refused_file("bad_geometry", message, "Draw it again, or leave it out.", number)
