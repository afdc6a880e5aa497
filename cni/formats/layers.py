"""What a file holds, as plain values: layers, and the features of one of them.

Coordinates stay as the file gives them, x (longitude or easting) first; nothing here knows what a column means.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from cni.primitives.errors import Invalid, Problem


class Geometry(StrEnum):
    """The sort of geometry that a layer has."""

    POINT = "point"
    LINE = "line"
    MIXED = "mixed"
    OTHER = "other"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer (a table, a sheet, a folder) of a file.

    `crs` is "EPSG:27700" or, without such a number, the name that the file gives; None if the file does not say.
    `notes` are sentences about how it was read that a person should know.
    """

    name: str
    geometry: Geometry
    features: int
    fields: tuple[str, ...]
    crs: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """The features of one layer, in the order of the file: four columns of one length.

    `rows` counts as the member's own program does: the header of a CSV file or a spreadsheet is row 1 and its first
    row of data row 2; everywhere else the first feature is 1. `values` are text by field, stripped, "" for nothing,
    48.0 as "48". `geometry` holds two-dimensional Shapely geometries in the file's own CRS, None where there is none.
    """

    layer: Layer
    rows: NDArray[np.int64]
    values: dict[str, list[str]]
    geometry: NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """What a file holds, layer by layer. `format` is the word that people use: "GeoPackage", "Shapefile", "CSV" …"""

    format: str
    features: tuple[Features, ...]

    @property
    def layers(self) -> tuple[Layer, ...]:
        """What is said of the layers, in their order."""
        return tuple(each.layer for each in self.features)

    def of(self, layer: str) -> Features:
        """Return the features of the layer of a name, which is one of `layers`."""
        return next(each for each in self.features if each.layer.name == layer)


class FileRefused(Invalid):
    """A file that is not read; `problems` holds one problem, which says why and how to mend it."""


def refused_file(
    code: str, message: str, remedy: str, row: int | None = None, column: str | None = None
) -> FileRefused:
    """Return the refusal of a file for one problem; the one who opened it adds the file's name."""
    return FileRefused(message, [Problem(code, message, remedy, row=row, column=column)])
