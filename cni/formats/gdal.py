"""Layers that GDAL reads, each format by its one driver; imported in the cage alone, once the driver is chosen.

GDAL looks at content, not at names, and some drivers open whatever file they are told to. So all but one are left out
before it starts, and what it is given lies under names of our own.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from cni.formats.cells import cell_text, column_texts, instant_text
from cni.formats.found import Found, refuse_many
from cni.formats.layers import refused_file
from cni.formats.limits import MOST_FEATURES, MOST_LAYERS

DRIVERS = (
    "PCIDSK", "PDS4", "VICAR", "PDF", "MBTiles", "EEDA", "OGCAPI", "GDALG", "ESRI Shapefile", "MapInfo File", "LVBAG",
    "S57", "DGN", "OGR_VRT", "CSV", "GML", "GPX", "LIBKML", "KML", "GeoJSON", "GeoJSONSeq", "ESRIJSON", "TopoJSON",
    "OGR_GMT", "GPKG", "SQLite", "WAsP", "OpenFileGDB", "DXF", "FlatGeobuf", "GeoRSS", "VFK", "PGDUMP", "OSM",
    "GPSBabel", "OGR_PDS", "WFS", "OAPIF", "EDIGEO", "Idrisi", "ODS", "XLSX", "Elasticsearch", "Carto", "AmigoCloud",
    "SXF", "Selafin", "JML", "PLSCENES", "CSW", "VDV", "MVT", "NGW", "MapML", "GTFS", "PMTiles", "JSONFG",
    "MiraMonVector", "ADBC", "AVCBin", "AVCE00", "AIVector", "HTTP"
)  # fmt: skip
"""All that GDAL 3.12 as delivered has; one that it has and this has not is noticed, and nothing is read."""
ALWAYS_THERE = {"MEM"}

SETTINGS = {
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_EXPOSE_GML_ID": "NO",
    "GML_FIELDTYPES": "ALWAYS_STRINGS",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "OGR_GEOJSON_DATE_AS_STRING": "YES",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{nothing}",
    "GDAL_NUM_THREADS": "1",
    "LIBKML_ID_FIELD": "kml_id",
}
"""Nothing is fetched; what looks like a number stays as it was written, where the file has no types.
What KML numbers its places by stands beside an `id` that people gave them, not in its stead."""

NOTHING = {"", "-1", "0"}


def choose(driver: str) -> None:
    """Leave one driver in this process, for good.

    Raises:
        RuntimeError: GDAL has others too.
    """
    os.environ.update(SETTINGS, OGR_SKIP=",".join(each for each in DRIVERS if each != driver))
    import pyogrio  # late: it registers its drivers when it is imported

    if set(pyogrio.list_drivers()) - ALWAYS_THERE != {driver}:
        raise RuntimeError(f"GDAL offers other drivers than {driver}")


def read_by_gdal(driver: str, path: str, name: str | None = None) -> list[Found]:
    """Return the layers of a file; one that is given a `name` has only one, and is not asked for them.

    Raises:
        FileRefused: GDAL cannot read it, or not to its end.
    """
    choose(driver)
    from pyogrio import errors, list_layers, raw

    try:
        with warnings.catch_warnings(action="ignore"):
            if name is not None:
                return [_layer(raw.read, path, None, name)]
            names = [str(each) for each in list_layers(path)[:, 0]]
            refuse_many(len(names), MOST_LAYERS, "layers")
            return [_layer(raw.read, path, each, each) for each in names]
    except (errors.DataSourceError, errors.DataLayerError, errors.FeatureError, errors.GeometryError) as error:
        if "Unrecognized number" in str(error):
            message = "The file holds a number that is infinite or larger than any coordinate."
            raise refused_file("bad_coordinates", message, "Look at its coordinates, and export it again.") from error
        message = "The file is damaged, cut short, or not what it seems: it cannot be read to its end."
        raise refused_file("unreadable", message, "Export it again from the program that made it.") from error


def _layer(read: Callable[..., Any], path: str, inside: str | None, name: str) -> Found:
    about, _, wkb, columns = read(
        path, layer=inside, force_2d=True, datetime_as_string=True, max_features=MOST_FEATURES + 1
    )
    geometry = wkb if wkb is not None else [None] * (len(columns[0]) if columns else 0)
    refuse_many(len(geometry), MOST_FEATURES, "features")
    texts = (_texts(column, kind) for column, kind in zip(columns, about["dtypes"], strict=True))
    values = dict(zip((str(each) for each in about["fields"]), texts, strict=True))
    return Found(name, values, geometry, range(1, len(geometry) + 1), _crs(about["crs"]))


def _texts(column: Any, kind: str) -> list[str]:
    if kind.startswith("datetime"):
        return [instant_text(cell_text(value)) for value in column.tolist()]
    return column_texts(column.tolist())


def without_empty(found: Found, columns: Collection[str]) -> Found:
    """Return a layer without those of `columns`, which GDAL adds, that the file says nothing in."""
    values = {name: cells for name, cells in found.values.items() if name not in columns or not set(cells) <= NOTHING}
    return replace(found, values=values)


def _crs(told: str | None) -> str | None:
    """Return a CRS by its EPSG number, which MapInfo and old Shapefiles leave out, or else by its name."""
    if not told or told.startswith("EPSG:"):
        return told
    if told == "OGC:CRS84":
        return "EPSG:4326"
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        crs = CRS.from_user_input(told)
    except CRSError:
        return "a system of its own"
    number = crs.to_epsg()
    return f"EPSG:{number}" if number else crs.name
