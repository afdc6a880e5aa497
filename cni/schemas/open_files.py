"""The plant as somebody sees it, as files, each with what one must know about it: OFDS, GeoJSON, GeoPackage, CSV."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely

from cni.assets.disclosure import IN_WORDS
from cni.assets.ofds_export import as_ofds
from cni.assets.seen_plant import SITE_FIELDS, SPAN_FIELDS, SeenPlant
from cni.formats.packing import Table, write_geopackage
from cni.primitives.formulas import formula_safe
from cni.schemas.ogc import COLLECTIONS, CRS84, features_of

LICENCE = "Not chosen yet: ask the co-operative before you publish it."
FIRST_DAY_OF_ZIP = (1980, 1, 1, 0, 0, 0)
"""Every entry bears it, so that the same plant is the same file."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is said about a file: whose plant it is, and of which day."""

    coop: str
    on: date

    def rows(self, plant: SeenPlant) -> list[tuple[str, str]]:
        """Return it by name."""
        tier = plant.eyes.tier
        return [
            ("plant of", self.coop),
            ("given out on", self.on.isoformat()),
            ("tier", tier.value),
            ("accuracy", IN_WORDS[tier]),
            ("coordinates", "WGS84 degrees, longitude first"),
            ("sites", str(len(plant.records.sites))),
            ("spans", str(len(plant.records.spans))),
            ("revision", plant.records.revision),
            ("licence", LICENCE),
        ]


def ofds_file(plant: SeenPlant, sheet: Sheet) -> bytes:
    """Return a package of the Open Fibre Data Standard."""
    return _json(as_ofds(plant, sheet.coop, on=sheet.on))


def geojson_file(plant: SeenPlant, sheet: Sheet) -> bytes:
    """Return a GeoJSON feature collection: sites, then spans; `about` is a foreign member (RFC 7946, 6.1)."""
    features = [
        feature
        for name, count in (("sites", len(plant.sites)), ("spans", len(plant.spans)))
        for feature in features_of(plant, COLLECTIONS[name], np.arange(count), CRS84)
    ]
    return _json({"type": "FeatureCollection", "about": dict(sheet.rows(plant)), "features": features})


def geopackage_file(plant: SeenPlant, sheet: Sheet) -> bytes:
    """Return a GeoPackage with the layers sites and spans, and the table about."""
    names, values = zip(*sheet.rows(plant), strict=True)
    sites, spans = _facts(plant)
    return write_geopackage(
        [
            Table("sites", _columns(SITE_FIELDS, sites), "Point", plant.sites),
            Table("spans", _columns(SPAN_FIELDS, spans), "LineString", plant.spans),
            Table("about", {"name": list(names), "value": list(values)}),
        ]
    )


def csv_files(plant: SeenPlant, sheet: Sheet) -> bytes:
    """Return a zip of sites.csv, spans.csv and about.csv; geometry is WKT in WGS84."""
    sites, spans = _facts(plant)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, head, rows in (
            ("about.csv", ("name", "value"), sheet.rows(plant)),
            ("sites.csv", (*SITE_FIELDS, "geometry"), _with_wkt(sites, plant.sites)),
            ("spans.csv", (*SPAN_FIELDS, "geometry"), _with_wkt(spans, plant.spans)),
        ):
            entry = zipfile.ZipInfo(name, FIRST_DAY_OF_ZIP)
            packed.writestr(entry, _csv(head, rows), zipfile.ZIP_DEFLATED)
    return out.getvalue()


FORMATS: dict[str, Callable[[SeenPlant, Sheet], bytes]] = {
    "ofds": ofds_file,
    "geojson": geojson_file,
    "gpkg": geopackage_file,
    "csv": csv_files,
}
"""The formats by the words for them; csv is a zip."""


def _facts(plant: SeenPlant) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    sites = [plant.site_facts(number) for number in range(len(plant.sites))]
    return sites, [plant.span_facts(number) for number in range(len(plant.spans))]


def _columns(fields: Sequence[str], facts: list[dict[str, Any]]) -> dict[str, list[Any]]:
    # The first column of a GeoPackage's table is its own.
    return {"code" if name == "id" else name: [told[name] for told in facts] for name in fields}


def _with_wkt(facts: list[dict[str, Any]], geometries: Any) -> Iterable[Sequence[Any]]:
    lines = shapely.to_wkt(geometries, rounding_precision=6).tolist() if len(geometries) else []
    return [(*told.values(), line) for told, line in zip(facts, lines, strict=True)]


def _csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([formula_safe(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return out.getvalue()


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()
