"""Writing a GeoPackage: tables with points, with lines, or with neither.

Source: OGC 12-128r18 (GeoPackage 1.3), through GDAL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

WGS84 = "EPSG:4326"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table to write: `columns` by name, of equal length, None for no value.

    `geometry` is "Point" or "LineString", in WGS84 degrees, longitude first; None: the table has no geometry.
    """

    name: str
    columns: Mapping[str, list[Any]]
    geometry: str | None = None
    geometries: NDArray[np.object_] | None = None


def write_geopackage(tables: list[Table]) -> bytes:
    """Return a GeoPackage with these tables, the first of which has geometry."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "plant.gpkg"
        for number, table in enumerate(tables):
            _write(path, table, append=number > 0)
        return path.read_bytes()


def _write(path: Path, table: Table, *, append: bool) -> None:
    import pyogrio  # late: GDAL takes half a second to load, and few processes write files

    about = {} if table.geometry is None else {"geometry_type": table.geometry, "crs": WGS84}
    columns = list(table.columns.values())
    pyogrio.raw.write(
        path,
        geometry=None if table.geometries is None else shapely.to_wkb(table.geometries),
        field_data=[_column(values) for values in columns],
        field_mask=[np.array([value is None for value in values], dtype=bool) for values in columns],
        fields=list(table.columns),
        layer=table.name,
        driver="GPKG",
        append=append,
        **about,
    )


def _column(values: list[Any]) -> NDArray[Any]:
    """Return a column as GDAL takes it: whole numbers, numbers, or else text; 0 stands where there is none."""
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {int, float}:
        sort = np.int64 if kinds == {int} else np.float64
        return np.array([0 if value is None else value for value in values], dtype=sort)
    return np.array(values, dtype=object)
