"""Lines as a KMZ file, for Google Earth and other programs that read it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

NAMESPACE = "http://www.opengis.net/kml/2.2"
SAME_DATE = (1980, 1, 1, 0, 0, 0)
"""Of the file within, so that the same lines make the same bytes."""


@dataclass(frozen=True, slots=True)
class NamedLine:
    """A line with its name and what is said of it; positions are longitude, latitude in WGS84 degrees."""

    name: str
    words: str
    line: Sequence[tuple[float, float]]


def as_kmz(name: str, words: str, lines: Sequence[NamedLine]) -> bytes:
    """Return a KMZ of one document, with a placemark for each line.

    Source: OGC 07-147r2, KML 2.2.
    """
    ElementTree.register_namespace("", NAMESPACE)
    kml = ElementTree.Element(f"{{{NAMESPACE}}}kml")
    document = _described(kml, "Document", name, words)
    for each in lines:
        place = _described(document, "Placemark", each.name, each.words)
        drawn = _add(place, "LineString")
        _add(drawn, "tessellate", "1")
        _add(drawn, "coordinates", " ".join(f"{longitude!r},{latitude!r}" for longitude, latitude in each.line))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo("doc.kml", SAME_DATE)
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, ElementTree.tostring(kml, encoding="utf-8", xml_declaration=True))
    return packed.getvalue()


def _described(parent: ElementTree.Element, kind: str, name: str, words: str) -> ElementTree.Element:
    element = _add(parent, kind)
    _add(element, "name", name)
    _add(element, "description", words)
    return element


def _add(parent: ElementTree.Element, kind: str, text: str | None = None) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, f"{{{NAMESPACE}}}{kind}")
    element.text = text
    return element
