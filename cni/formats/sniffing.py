"""What a file is, by its first bytes; the name only says what it claims to be."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import PurePosixPath

from cni.formats.archives import entry_names
from cni.formats.layers import refused_file
from cni.formats.text import encoding_of


class Format(StrEnum):
    """A format that is read, by the word that people use."""

    GEOPACKAGE = "GeoPackage"
    SHAPEFILE = "Shapefile"
    GEOJSON = "GeoJSON"
    KML = "KML"
    KMZ = "KMZ"
    FLATGEOBUF = "FlatGeobuf"
    GML = "GML"
    TAB = "MapInfo TAB"
    MIF = "MapInfo MIF"
    CSV = "CSV"
    XLSX = "XLSX"
    OFDS = "OFDS JSON"


ZIPS = {Format.SHAPEFILE, Format.TAB, Format.MIF, Format.KMZ, Format.XLSX}
JSONS = {Format.GEOJSON, Format.OFDS}
CLAIMS: dict[str, set[Format]] = {
    ".gpkg": {Format.GEOPACKAGE},
    ".zip": ZIPS,
    ".geojson": JSONS,
    ".json": JSONS,
    ".kml": {Format.KML},
    ".kmz": {Format.KMZ},
    ".fgb": {Format.FLATGEOBUF},
    ".gml": {Format.GML},
    ".xml": {Format.GML, Format.KML},
    ".csv": {Format.CSV},
    ".tsv": {Format.CSV},
    ".txt": {Format.CSV},
    ".xlsx": {Format.XLSX},
}
"""What a name may claim; a name that claims nothing is no fault."""
READ = (
    "Bring a GeoPackage, zipped Shapefile, GeoJSON, KML, KMZ, FlatGeobuf, GML, zipped MapInfo, CSV, XLSX or OFDS JSON."
)

NOT_READ = {
    b"\x00\x00\x27\x0a": ("one part of a Shapefile", "Zip it with its .shx, .dbf and .prj, and bring the zip."),
    b"!table": ("one part of a MapInfo table", "Zip it with its .dat, .map and .id, and bring the zip."),
    b"Version": ("one part of a MapInfo exchange file", "Zip the .mif with its .mid, and bring the zip."),
    b"VERSION": ("one part of a MapInfo exchange file", "Zip the .mif with its .mid, and bring the zip."),
    b"\xd0\xcf\x11\xe0": ("an old Office document (.xls)", "Save it as .xlsx."),
    b"%PDF": ("a PDF", READ),
    b"AC10": ("an AutoCAD drawing", READ),
    b"\x1f\x8b": ("packed by gzip", "Unpack it first."),
    b"7z\xbc\xaf": ("packed by 7-Zip", "Unpack it, and zip it if it has several parts."),
    b"Rar!": ("packed by RAR", "Unpack it, and zip it if it has several parts."),
    b"SQLite format 3": ("an SQLite database, but not a GeoPackage", READ),
}
ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
JSON_KEY = re.compile(r'"(networks|features|geometry|coordinates|geometries)"\s*:')
PARTS = {".shp": Format.SHAPEFILE, ".tab": Format.TAB, ".mif": Format.MIF, ".kml": Format.KMZ}


def sniff(data: bytes, name: str) -> Format:
    """Return the format of a file, which is also one that its name may claim.

    Raises:
        FileRefused: it is empty, none that we read, or another than its name claims.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise refused_file("empty", "The file is empty.", "Save or send it again, and look at its size.")
    found = _by_content(data)
    claimed = CLAIMS.get(PurePosixPath(name.lower()).suffix)
    if claimed and found not in claimed:
        called = " or ".join(sorted(claimed)) if len(claimed) < 3 else "a zip of map data"
        raise refused_file(
            "wrong_type",
            f"The name says {called}, but the file holds {found}.",
            f"If {found} is meant, give it the right ending; otherwise export it again.",
        )
    return found


def _by_content(data: bytes) -> Format:
    if data.startswith(b"SQLite format 3\0") and (data[68:72] in (b"GPKG", b"GP10", b"GP11")):
        return Format.GEOPACKAGE
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _by_entries(data)
    if data.startswith(b"fgb\x03"):
        return Format.FLATGEOBUF
    for magic, (what, remedy) in NOT_READ.items():
        if data.startswith(magic):
            raise refused_file("wrong_type", f"The file is {what}, which is not read.", remedy)
    return _by_text(data)


def _by_entries(data: bytes) -> Format:
    names = entry_names(data)
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return Format.XLSX
    endings = {PurePosixPath(name.lower()).suffix for name in names}
    for ending, found in PARTS.items():
        if ending in endings:
            return found
    message = "The zip holds no Shapefile, MapInfo table, KML or spreadsheet."
    raise refused_file("wrong_type", message, "Bring other formats as they are, without a zip around them.")


def _by_text(data: bytes) -> Format:
    head = data[:65536].decode(encoding_of(data) or "latin-1", errors="replace").lstrip("\ufeffï»¿ \t\r\n")
    if head.startswith("<"):
        return _by_root(head)
    if head.startswith(("{", "[")):
        key = JSON_KEY.search(head)
        return Format.OFDS if key and key[1] == "networks" else Format.GEOJSON
    if encoding_of(data) is None and b"\0" in data[:65536]:
        raise refused_file("wrong_type", "The file is neither map data nor text.", READ)
    return Format.CSV


def _by_root(head: str) -> Format:
    without = re.sub(r"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", "", head, flags=re.DOTALL)
    root = ROOT.search(without)
    name = root[1] if root else ""
    if name == "kml":
        return Format.KML
    if "opengis.net/gml" in head:
        return Format.GML
    if name == "OGRVRTDataSource":
        raise refused_file("wrong_type", "The file is a GDAL VRT, which only points at other files.", READ)
    if name == "gpx":
        message = "The file is GPX, a track that a receiver recorded, which is not read."
        raise refused_file("wrong_type", message, "Open it in a map program and export it as GeoPackage or GeoJSON.")
    raise refused_file("wrong_type", "The file is XML, but neither KML nor GML.", READ)
