"""Which reader reads which format, and the parts of a zip laid out for GDAL under names of our own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from cni.formats.archives import unpack
from cni.formats.found import Found, countable
from cni.formats.gdal import read_by_gdal, without_empty
from cni.formats.geopackage import read_geopackage
from cni.formats.ofds import read_ofds
from cni.formats.parts import refuse_parts
from cni.formats.sniffing import Format
from cni.formats.tabular import read_csv, read_xlsx
from cni.formats.text import clean_xml, encoding_of

Reader = Callable[[bytes], list[Found]]

OF_LIBKML = {
    "kml_id", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon",
    "snippet",
}  # fmt: skip
NAME = re.compile(r'"type"\s*:\s*"FeatureCollection"\s*,\s*"name"\s*:\s*"([^"\\]{1,200})"')
OF_BOXES = ("lowerCorner", "upperCorner")
"""The box around each feature of GML, which is no attribute of it."""


def read_layers(data: bytes, kind: Format) -> list[Found]:
    """Return the layers of a file of a known format.

    Raises:
        FileRefused: it cannot be read.
    """
    return READERS[kind](data)


def _geojson(data: bytes) -> list[Found]:
    encoding = encoding_of(data)
    plain = data.decode(encoding, errors="replace").removeprefix("\ufeff").encode() if encoding else data
    return countable(read_by_gdal("GeoJSON", _laid_out("features.json", plain), _name_in(plain)))


def _name_in(plain: bytes) -> str:
    """Return what a GeoJSON file calls itself, before its features begin."""
    head = plain[:2000].decode("utf-8", errors="replace").partition('"features"')[0]
    named = NAME.search(head)
    return named[1] if named else "features"


def _flatgeobuf(data: bytes) -> list[Found]:
    return countable(read_by_gdal("FlatGeobuf", _laid_out("features.fgb", data)))


def _gml(data: bytes) -> list[Found]:
    layers = read_by_gdal("GML", _laid_out("features.gml", clean_xml(data)))
    for layer in layers:
        for corner in OF_BOXES:
            layer.values.pop(corner, None)
    return countable(layers)


def _kml(data: bytes) -> list[Found]:
    return _filled(read_by_gdal("LIBKML", _laid_out("placemarks.kml", clean_xml(data))))


def _kmz(data: bytes) -> list[Found]:
    """Return the layers of every document of a KMZ: the first may only link to the others."""
    documents = enumerate(unpack(data, (".kml",)).values())
    paths = [_laid_out(f"placemarks{number}.kml", clean_xml(document)) for number, document in documents]
    return _filled([layer for path in paths for layer in read_by_gdal("LIBKML", path)])


def _filled(layers: list[Found]) -> list[Found]:
    """Return the layers of KML that hold something."""
    told = [_identified(without_empty(each, OF_LIBKML)) for each in layers if each.rows]
    return countable(_with_own_names(told))


def _identified(layer: Found) -> Found:
    """Return a layer of KML with one `id`: the one that people gave, or else the number of the place in the file."""
    values = dict(layer.values)
    numbers = values.pop("kml_id", None)
    if numbers is not None and "id" not in values:
        values = {"id": numbers} | values
    return replace(layer, values=values)


def _with_own_names(layers: list[Found]) -> list[Found]:
    names = [each.name for each in layers]
    own = [name if name not in names[:place] else f"{name} ({place + 1})" for place, name in enumerate(names)]
    return [replace(each, name=name) for each, name in zip(layers, own, strict=True)]


def _shapefile(data: bytes) -> list[Found]:
    return _in_parts(data, "ESRI Shapefile", (".shp", ".shx", ".dbf", ".prj", ".cpg"))


def _tab(data: bytes) -> list[Found]:
    return _in_parts(data, "MapInfo File", (".tab", ".dat", ".map", ".id"))


def _mif(data: bytes) -> list[Found]:
    return _in_parts(data, "MapInfo File", (".mif", ".mid"))


def _in_parts(data: bytes, driver: str, endings: tuple[str, ...]) -> list[Found]:
    """Return the layers of a zip in which each has several files, alike but for their endings; the first leads."""
    layers: dict[str, dict[str, bytes]] = {}
    for name, content in unpack(data, endings).items():
        path = PurePosixPath(name)
        layers.setdefault(str(path.with_suffix("")), {})[path.suffix.lower()] = content
    found = []
    for number, (stem, parts) in enumerate(layers.items()):
        if endings[0] in parts:
            refuse_parts(PurePosixPath(stem).name, parts, endings)
            for ending, content in parts.items():
                _laid_out(f"layer{number}{ending}", content)
            found += read_by_gdal(driver, f"layer{number}{endings[0]}", PurePosixPath(stem).name)
    return countable(_with_own_names(found))


def _laid_out(name: str, content: bytes) -> str:
    Path(name).write_bytes(content)
    return name


READERS: dict[Format, Reader] = {
    Format.GEOPACKAGE: read_geopackage,
    Format.SHAPEFILE: _shapefile,
    Format.GEOJSON: _geojson,
    Format.KML: _kml,
    Format.KMZ: _kmz,
    Format.FLATGEOBUF: _flatgeobuf,
    Format.GML: _gml,
    Format.TAB: _tab,
    Format.MIF: _mif,
    Format.CSV: read_csv,
    Format.XLSX: read_xlsx,
    Format.OFDS: read_ofds,
}
