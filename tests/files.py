"""Files as members bring them: good ones that GDAL writes, and hostile ones, each built by hand."""

from __future__ import annotations

import io
import sqlite3
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyogrio.raw
import shapely

from cni.primitives.grid import from_grid_many

SPANS = 200
DRIVERS = {
    "gpkg": "GPKG", "shp": "ESRI Shapefile", "geojson": "GeoJSON", "kml": "LIBKML", "kmz": "LIBKML",
    "fgb": "FlatGeobuf", "gml": "GML", "tab": "MapInfo File", "mif": "MapInfo File",
}  # fmt: skip
PARTS = {"shp": ("shp", "shx", "dbf", "prj", "cpg"), "tab": ("tab", "dat", "map", "id"), "mif": ("mif", "mid")}


def grid_lines(count: int = SPANS) -> np.ndarray:
    """Return eastings and northings (lines x 5 points x 2) of lines about Manchester, to the centimetre."""
    steps = np.random.default_rng(4).random((count, 5, 2)) * 100
    return np.round(np.array([393_000, 398_000]) + steps.cumsum(axis=1), 2)


def lines_in(crs: str, count: int = SPANS) -> np.ndarray:
    """Return the same lines as Shapely geometries in EPSG:27700 or EPSG:4326."""
    points = grid_lines(count)
    if crs == "EPSG:4326":
        longitudes, latitudes = from_grid_many(points[..., 0].ravel(), points[..., 1].ravel())
        points = np.stack([longitudes, latitudes], axis=-1).reshape(points.shape)
    return shapely.linestrings(points)


def columns(count: int = SPANS) -> dict[str, np.ndarray]:
    """Return attributes of spans: text, whole and broken numbers, yes and no, a day."""
    number = np.arange(count)
    return {
        "ref": np.array([f"S-{each:03}" for each in number], dtype=object),
        "name": np.array([f"Allée {each} – “north”" for each in number], dtype=object),
        "fibres": number % 48,
        "length_m": number + 0.25,
        "lit": number % 2 == 0,
        "built_on": np.array(["2026-04-01"] * count, dtype="datetime64[D]"),
    }


def written(ending: str, crs: str, folder: Path) -> tuple[bytes, str]:
    """Return the 200 spans as GDAL writes them in a format, and the file's name; several files come in a zip."""
    path = folder / f"spans.{ending}"
    given = columns()
    options = {"RFC7946": "NO"} if ending == "geojson" else {"ENCODING": "UTF-8"} if ending in PARTS else {}
    with warnings.catch_warnings(action="ignore"):
        pyogrio.raw.write(
            str(path), shapely.to_wkb(lines_in(crs)), list(given.values()), list(given), geometry_type="LineString",
            crs=crs, driver=DRIVERS[ending], layer="spans", layer_options=options,
        )  # fmt: skip
    if ending not in PARTS:
        return path.read_bytes(), path.name
    return zipped({f"plan/spans.{part}": (folder / f"spans.{part}").read_bytes() for part in PARTS[ending]}), "plan.zip"


def zipped(entries: dict[str, bytes]) -> bytes:
    """Return a zip of these entries."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return packed.getvalue()


def vrt(path: str, namespace: str = "") -> bytes:
    """Return a GDAL VRT whose only layer is another file of the machine."""
    layer = f'<OGRVRTLayer name="secret"><SrcDataSource>{path}</SrcDataSource></OGRVRTLayer>'
    return f"<OGRVRTDataSource{namespace}>{layer}</OGRVRTDataSource>".encode()


def kml(name: str, before: str = "") -> str:
    """Return a KML file of one point with this name."""
    mark = f"<Placemark><name>{name}</name><Point><coordinates>-2,53</coordinates></Point></Placemark>"
    return f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{before}{mark}</Document></kml>'


def geojson(coordinates: str, crs: str = "") -> bytes:
    """Return a GeoJSON file of one line with these coordinates."""
    geometry = f'{{"type":"LineString","coordinates":{coordinates}}}'
    feature = f'{{"type":"Feature","properties":{{"ref":"A"}},"geometry":{geometry}}}'
    return f'{{"type":"FeatureCollection",{crs}"features":[{feature}]}}'.encode()


def geopackage(folder: Path, change: Callable[[sqlite3.Connection], object] = lambda database: None) -> bytes:
    """Return a GeoPackage of the 200 spans, after a change to its database."""
    data, name = written("gpkg", "EPSG:27700", folder)
    path = folder / name
    path.write_bytes(data)
    database = sqlite3.connect(path)
    change(database)
    database.commit()
    database.close()
    return path.read_bytes()
