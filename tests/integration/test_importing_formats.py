"""One plant of 200 spans, written by GDAL in each format and in both reference systems, comes in as the same plant."""

from __future__ import annotations

import io
import json
import random

import numpy as np
import openpyxl
import pytest
import shapely
from sqlalchemy import select

from cni.assets.imports.values import Choices
from cni.assets.models import Contribution, FibrePair, Site, Span
from cni.assets.registry import span_drafts
from cni.members.policy import OPERATOR
from cni.operations import importing
from cni.primitives.geo import distance_m
from tests.conftest import NOW
from tests.factories import make_member
from tests.imports import in_system, make_plant, pack, write

PLANT = make_plant()
EXPECTED_M = dict(zip(PLANT.spans["id"], PLANT.spans["length_m"], strict=True))
CHANCE = random.Random(20261122)


def shapefile(crs):
    return {"plant.zip": pack(write(PLANT, "ESRI Shapefile", "shp", crs))}


def mif(crs):
    return {"plant.zip": pack(write(PLANT, "MapInfo File", "mif", crs))}


def tab(crs):
    return {"plant.zip": pack(write(PLANT, "MapInfo File", "tab", crs))}


def kmz(crs):
    return {"plant.kmz": pack({"doc.kml": next(iter(write(PLANT, "LIBKML", "kml", crs).values()))})}


def workbook(crs):
    book = openpyxl.Workbook()
    for name, columns, shapes in (("sites", PLANT.sites, PLANT.places), ("spans", PLANT.spans, PLANT.lines)):
        sheet = book.active if name == "sites" else book.create_sheet()
        sheet.title = name
        texts = shapely.to_wkt(in_system(shapes, crs), rounding_precision=9)
        sheet.append([*columns, "geometry"])
        for cells in zip(*[column.tolist() for column in columns.values()], texts, strict=True):
            sheet.append(list(cells))
    packed = io.BytesIO()
    book.save(packed)
    return {"plant.xlsx": packed.getvalue()}


WRITERS = {
    "CSV": lambda crs: write(PLANT, "CSV", "csv", crs),
    "FlatGeobuf": lambda crs: write(PLANT, "FlatGeobuf", "fgb", crs),
    "GML": lambda crs: {name: data for name, data in write(PLANT, "GML", "gml", crs).items() if name.endswith("gml")},
    "GeoJSON": lambda crs: write(PLANT, "GeoJSON", "geojson", crs),
    "GeoPackage": lambda crs: write(PLANT, "GPKG", "gpkg", crs),
    "KML": lambda crs: write(PLANT, "LIBKML", "kml", crs),
    "KMZ": kmz,
    "MapInfo MIF": mif,
    "MapInfo TAB": tab,
    "Shapefile": shapefile,
    "XLSX": workbook,
}
ONLY_WGS84 = {"KML", "KMZ"}
SAYS_NO_SYSTEM = {"CSV", "XLSX"}
CASES = [
    (form, crs) for form in WRITERS for crs in ("EPSG:4326", "EPSG:27700") if form not in ONLY_WGS84 or "43" in crs
]


def bring(session, files, choices=Choices()):  # noqa: B008 a value that nothing changes
    rows = []
    for name in sorted(files):  # sites before spans
        rows.append(importing.apply_import(session, OPERATOR, files[name], name, choices, at=NOW, chooser=CHANCE))
    return rows


@pytest.fixture
def council(session):
    return make_member(session, "irwell-council")


@pytest.mark.parametrize(("form", "crs"), CASES)
def test_every_format_and_system_gives_the_same_plant(session, council, form, crs):
    rows = bring(session, WRITERS[form](crs), Choices(crs=crs if form in SAYS_NO_SYSTEM else None))

    spans = {span.code: span for span in span_drafts(session)}
    assert spans.keys() == EXPECTED_M.keys()
    for number, code in enumerate(PLANT.spans["id"]):
        span = spans[code]
        assert (span.a, span.z) == (PLANT.spans["a"][number], PLANT.spans["z"][number])
        assert float(span.length_m) == pytest.approx(EXPECTED_M[code], rel=0.001)
        assert (span.fibres, span.reserved_pairs, span.offered_pairs) == (48, 4, 8)
        assert (span.fibre_owner, span.length_basis) == ("irwell-council", "as_built")
    true = dict(zip(PLANT.sites["id"], shapely.get_coordinates(in_system(PLANT.places, "EPSG:4326")), strict=True))
    for code, longitude, latitude in session.execute(select(Site.code, Site.longitude, Site.latitude)):
        assert distance_m((longitude, latitude), tuple(true[code])) < 0.1
    assert {row.quality for row in rows} == {100}


def test_new_plant_of_the_operator_is_live_with_all_its_fibre_pairs(session, council):
    (row,) = bring(session, WRITERS["GeoPackage"]("EPSG:27700"))

    assert session.get_one(Contribution, row.contribution_id).status == "live"
    states = session.scalars(
        select(FibrePair.state).join(FibrePair.span).where(Span.code == "S0").order_by(FibrePair.number)
    )
    assert [str(state) for state in states] == ["reserved"] * 4 + ["offered"] * 8 + ["dark"] * 12


def test_the_same_again_in_another_system_and_format_changes_nothing(session, council):
    bring(session, WRITERS["GeoPackage"]("EPSG:27700"))
    for form, crs in (("GeoPackage", "EPSG:4326"), ("Shapefile", "EPSG:27700"), ("XLSX", "EPSG:4326")):
        rows = bring(session, WRITERS[form](crs))
        assert sum(row.counts["spans"]["unchanged"] for row in rows) == 200, form
        assert sum(row.counts["sites"]["unchanged"] for row in rows) == 201, form


def test_ofds_gives_spans_between_its_nodes(session, council):
    a, z = shapely.get_coordinates(in_system(PLANT.places[:2], "EPSG:4326")).tolist()
    document = {
        "networks": [
            {
                "id": "1", "name": "Demonstration",
                "nodes": [{"id": "n1", "name": "One", "location": {"type": "Point", "coordinates": a}},
                          {"id": "n2", "name": "Two", "location": {"type": "Point", "coordinates": z}}],
                "spans": [{"id": "s1", "name": "First", "start": "n1", "end": "n2",
                           "route": {"type": "LineString", "coordinates": [a, z]}, "fibreCount": 24}],
            }
        ]
    }  # fmt: skip
    choices = Choices(values={"kind": "chamber", "fibre_owner": "irwell-council", "fibres": "24"})
    bring(session, {"network.json": json.dumps(document).encode()}, choices)

    (span,) = span_drafts(session)
    assert (span.code, span.a, span.z, span.fibres) == ("s1", "n1", "n2", 24)
    assert np.isclose(float(span.length_m), distance_m(tuple(a), tuple(z)))
