"""Files that others read: GeoPackage and GeoJSON by GDAL, KMZ as Google Earth opens it.

What is written is ours, so it needs no cage. Who may see how much of it was decided before it came here.
"""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import shapely
from numpy.typing import NDArray

from cni.formats.cells import cell_text

WGS84 = "EPSG:4326"
KML_NAMESPACE = "http://www.opengis.net/kml/2.2"
KML_DECIMALS = 7
"""Of degrees: a centimetre."""
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
SORTS: dict[type, str] = {
    bool: "bool",
    int: "int64",
    float: "float64",
    datetime: "datetime64[ms]",
    date: "datetime64[D]",
}


@dataclass(frozen=True, slots=True)
class Written:
    """A layer to write: columns of one length, and a Shapely geometry or None for each row, x (longitude) first.

    A column holds text, whole numbers, numbers, yes and no, days or instants of one sort, and None for nothing.
    """

    name: str
    columns: Mapping[str, Sequence[Any]]
    geometry: Sequence[Any]
    crs: str = WGS84


def write_geopackage(layers: Iterable[Written]) -> bytes:
    """Return a GeoPackage of these layers."""
    with tempfile.TemporaryDirectory(prefix="cni-write-") as folder:
        path = Path(folder) / "plant.gpkg"
        for number, layer in enumerate(layers):
            _write(layer, path, "GPKG", append=number > 0)
        return path.read_bytes()


def write_geojson(layer: Written) -> bytes:
    """Return a layer as GeoJSON, which is always longitude and latitude in WGS84.

    Raises:
        ValueError: the layer is in another system.
    Source: RFC 7946, §4.
    """
    _refuse_other_than_wgs84(layer)
    with tempfile.TemporaryDirectory(prefix="cni-write-") as folder:
        path = Path(folder) / "plant.geojson"
        _write(layer, path, "GeoJSON", layer_options={"RFC7946": "YES", "COORDINATE_PRECISION": "7"})
        return path.read_bytes()


def write_kmz(layers: Iterable[Written], title: str, description: str, name_column: str = "name") -> bytes:
    """Return a KMZ with a folder for each layer; `description` says what it is, for whom, and from when.

    `name_column` is what a place is called by on the map; the other columns stand in its balloon.

    Raises:
        ValueError: a layer is in another system than WGS84, or has geometries other than points and lines.
    Source: OGC 12-007r2, KML 2.3, in what it shares with 2.2.
    """
    root = ElementTree.Element("kml", xmlns=KML_NAMESPACE)
    document = ElementTree.SubElement(root, "Document")
    _say(document, "name", title)
    _say(document, "description", description)
    for layer in layers:
        _refuse_other_than_wgs84(layer)
        folder = ElementTree.SubElement(document, "Folder")
        _say(folder, "name", layer.name)
        for place, shape in enumerate(layer.geometry):
            _placemark(folder, {name: cells[place] for name, cells in layer.columns.items()}, shape, name_column)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("doc.kml")  # without the day, so that the same plant gives the same file
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))
    return packed.getvalue()


def _write(layer: Written, path: Path, driver: str, **options: Any) -> None:
    from pyogrio import raw  # late: it takes a third of a second

    columns = [_column(cells) for cells in layer.columns.values()]
    shapes = np.array(list(layer.geometry), dtype=object)
    kinds = set(shapely.get_type_id(shapes).tolist()) - {-1}
    raw.write(
        str(path), shapely.to_wkb(shapes), [cells for cells, _ in columns], list(layer.columns),
        field_mask=[is_missing for _, is_missing in columns], layer=layer.name, driver=driver, crs=layer.crs,
        geometry_type={(0,): "Point", (1,): "LineString"}.get(tuple(kinds), "Unknown"), **options,
    )  # fmt: skip


def _column(cells: Sequence[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return a column as GDAL takes it, and where it holds nothing."""
    missing = np.array([cell is None for cell in cells], dtype=bool)
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {int, float}:
        kinds = {float}
    sort = SORTS.get(next(iter(kinds))) if len(kinds) == 1 else None
    if sort is None:
        return np.array([None if cell is None else cell_text(cell) for cell in cells], dtype=object), missing
    instead = next(cell for cell in cells if cell is not None)
    return np.array([instead if cell is None else cell for cell in cells], dtype=sort), missing


def _refuse_other_than_wgs84(layer: Written) -> None:
    if layer.crs != WGS84:
        raise ValueError(f"the layer {layer.name!r} is in {layer.crs}, and this format in {WGS84} alone")


def _placemark(folder: ElementTree.Element, cells: dict[str, Any], shape: Any, name_column: str) -> None:
    placemark = ElementTree.SubElement(folder, "Placemark")
    _say(placemark, "name", cell_text(cells.get(name_column)))
    data = ElementTree.SubElement(placemark, "ExtendedData")
    for name, cell in cells.items():
        if name != name_column:
            _say(ElementTree.SubElement(data, "Data", name=_plain(name)), "value", cell_text(cell))
    if shape is not None:
        _draw(placemark, shape)


def _draw(within: ElementTree.Element, shape: Any) -> None:
    if shape.geom_type in ("MultiPoint", "MultiLineString"):
        within = ElementTree.SubElement(within, "MultiGeometry")
        for part in shape.geoms:
            _draw(within, part)
        return
    if shape.geom_type not in ("Point", "LineString"):
        raise ValueError(f"a {shape.geom_type} is neither point nor line")
    points = (f"{x:.{KML_DECIMALS}f},{y:.{KML_DECIMALS}f}" for x, y in shapely.get_coordinates(shape))
    _say(ElementTree.SubElement(within, shape.geom_type), "coordinates", " ".join(points))


def _say(within: ElementTree.Element, tag: str, text: str) -> None:
    ElementTree.SubElement(within, tag).text = _plain(text)


def _plain(text: str) -> str:
    return NOT_IN_XML.sub("", text)
