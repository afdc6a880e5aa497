"""What a reader found in one layer, on its way out of the cage: checked, counted, and in the order of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from cni.formats.layers import Features, Geometry, Layer, refused_file
from cni.formats.limits import MOST_FEATURES, MOST_FIELDS, MOST_LAYERS, MOST_VERTICES, MOST_VERTICES_OF_ONE

POINTS, LINES = {0, 4}, {1, 2, 5}
MULTIPLE = (4, 5, 6)


@dataclass(frozen=True, slots=True)
class Found:
    """One layer as it was read: cells by field, geometries as WKB or None, the number of each row."""

    name: str
    values: dict[str, list[str]]
    wkb: Sequence[bytes | None]
    rows: Sequence[int]
    crs: str | None = None
    notes: tuple[str, ...] = field(default=())


def checked(found: Found) -> Features:
    """Return a layer with its geometries made, in two dimensions; several parts that are one become that one.

    Raises:
        FileRefused: it has more than is read, or coordinates that are no numbers.
    """
    refuse_many(len(found.rows), MOST_FEATURES, "features")
    refuse_many(len(found.values), MOST_FIELDS, "columns")
    shapes = shapely.from_wkb(np.array(list(found.wkb), dtype=object), on_invalid="ignore")
    rows = np.array(found.rows, dtype=np.int64)
    given = np.array([each is not None for each in found.wkb], dtype=bool)
    _refuse_at(rows, given & shapely.is_missing(shapes), "bad_geometry", "its geometry cannot be read")
    _refuse_vertices(shapes, rows)
    shapes = _alone(shapely.force_2d(shapes) if shapely.has_z(shapes).any() else shapes)
    shapes[shapely.is_empty(shapes)] = None
    layer = Layer(found.name, _sort_of(shapes), len(rows), tuple(found.values), found.crs, found.notes)
    return Features(layer, rows, found.values, shapes)


def refuse_many(count: int, most: int, what: str) -> None:
    """Refuse a file that has more of something than is read.

    Raises:
        FileRefused: it has.
    """
    if count > most:
        message = f"The file has more {what} than are read: {most:,} at most."
        raise refused_file("too_large", message, "Bring it in parts.")


def countable(layers: list[Found]) -> list[Found]:
    """Return the layers of a file, if there are some and not too many.

    Raises:
        FileRefused: there are too many, or none at all.
    """
    refuse_many(len(layers), MOST_LAYERS, "layers")
    if not layers:
        raise refused_file("empty", "The file holds no layer that can be read.", "Export the layer again.")
    return layers


def _refuse_vertices(shapes: NDArray[np.object_], rows: NDArray[np.int64]) -> None:
    counts = shapely.get_num_coordinates(shapes)
    if counts.sum() > MOST_VERTICES:
        message = f"The layer has {counts.sum():,} points; {MOST_VERTICES:,} are read at most."
        raise refused_file("too_many_vertices", message, "Simplify the lines to about 1 m, or bring it in parts.")
    if (over := np.flatnonzero(counts > MOST_VERTICES_OF_ONE)).size:
        row, count = int(rows[over[0]]), int(counts[over[0]])
        message = f"The geometry in row {row} has {count:,} points; {MOST_VERTICES_OF_ONE:,} are read at most."
        raise refused_file("too_many_vertices", message, "Simplify it to about 1 m.", row)
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    unfit = np.zeros(len(shapes), dtype=bool)
    unfit[owner[~np.isfinite(coordinates).all(axis=1)]] = True
    _refuse_at(rows, unfit, "bad_coordinates", "a coordinate is infinite or not a number")


def _refuse_at(rows: NDArray[np.int64], unfit: NDArray[np.bool_], code: str, what: str) -> None:
    if unfit.any():
        row, more = int(rows[unfit][0]), int(unfit.sum()) - 1
        message = f"In row {row}{f' and {more:,} more' if more else ''} {what}."
        raise refused_file(code, message, "Draw it again, or leave it out.", row)


def _alone(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    alone = np.isin(shapely.get_type_id(shapes), MULTIPLE) & (shapely.get_num_geometries(shapes) == 1)
    shapes[alone] = shapely.get_geometry(shapes[alone], 0)
    return shapes


def _sort_of(shapes: NDArray[np.object_]) -> Geometry:
    kinds = {int(each) for each in np.unique(shapely.get_type_id(shapes))} - {-1}
    if not kinds:
        return Geometry.NONE
    if kinds <= POINTS:
        return Geometry.POINT
    if kinds <= LINES:
        return Geometry.LINE
    return Geometry.MIXED if kinds & (POINTS | LINES) else Geometry.OTHER
