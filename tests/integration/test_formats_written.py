"""Files that we write, read again as a member's would be."""

from __future__ import annotations

import json
from datetime import date

import pytest
import shapely

from cni.formats.cage import look_into, read_layer
from cni.formats.layers import Geometry
from cni.formats.writing import Written, write_geojson, write_geopackage, write_kmz
from tests import files

COLUMNS = {
    "id": ["A-B", "B-C"],
    "name": ["Canal & <towpath>", "Allée – 2"],
    "fibres": [48, None],
    "length_m": [1200, 900.5],
    "lit": [True, False],
    "surveyed_on": [date(2026, 4, 1), None],
    "note": [None, None],
}
LINES = list(files.lines_in("EPSG:4326", 2))
SPANS = Written("spans", COLUMNS, LINES)
SITES = Written("sites", {"id": ["A", "B", "C"]}, [shapely.Point(-2.1, 53.4), None, shapely.Point(-2.2, 53.5)])
TOLD = {
    "id": ["A-B", "B-C"],
    "name": ["Canal & <towpath>", "Allée – 2"],
    "fibres": ["48", ""],
    "length_m": ["1200", "900.5"],
    "lit": ["yes", "no"],
    "surveyed_on": ["2026-04-01", ""],
    "note": ["", ""],
}


def test_a_geopackage_holds_every_layer_with_its_values():
    data = write_geopackage([SPANS, SITES])

    assert [(each.name, each.geometry, each.features, each.crs) for each in look_into(data, "plant.gpkg").layers] == [
        ("spans", Geometry.LINE, 2, "EPSG:4326"),
        ("sites", Geometry.POINT, 3, "EPSG:4326"),
    ]
    spans = read_layer(data, "plant.gpkg", "spans")
    assert spans.values == TOLD
    assert list(spans.geometry) == LINES


def test_a_geopackage_may_be_in_the_national_grid():
    lines = list(files.lines_in("EPSG:27700", 2))
    features = read_layer(write_geopackage([Written("spans", COLUMNS, lines, "EPSG:27700")]), "plant.gpkg", "spans")

    assert features.layer.crs == "EPSG:27700"
    assert list(features.geometry) == lines


def test_geojson_holds_the_values_in_their_sorts():
    data = write_geojson(SPANS)
    first, second = (each["properties"] for each in json.loads(data)["features"])

    assert first == {**{name: cells[0] for name, cells in COLUMNS.items()}, "surveyed_on": "2026-04-01"}
    assert second["fibres"] is None
    assert read_layer(data, "plant.geojson", "spans").values == TOLD


def test_geojson_in_the_national_grid_is_refused():
    with pytest.raises(ValueError, match="EPSG:4326 alone"):
        write_geojson(Written("spans", COLUMNS, LINES, "EPSG:27700"))


def test_a_kmz_says_what_it_is_and_holds_the_values():
    data = write_kmz([SPANS, SITES], "Route A to C", "For Irwell Borough Council (demonstration), 1 April 2026")
    spans = read_layer(data, "route.kmz", "spans")

    assert [each.name for each in look_into(data, "route.kmz").layers] == ["spans", "sites"]
    assert spans.values["Name"] == TOLD["name"]
    assert spans.values["id"] == TOLD["id"]
    assert shapely.equals_exact(spans.geometry, LINES, tolerance=1e-7).all()


def test_the_same_plant_gives_the_same_kmz():
    assert write_kmz([SITES], "A", "B") == write_kmz([SITES], "A", "B")
