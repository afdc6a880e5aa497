"""Plant from files and forms, turned into rows."""

from __future__ import annotations

import json

import pytest

from cni.assets.importing import MOST_ROWS, read_geojson, read_objects, read_upload
from cni.assets.typed import at_fields, read_form
from cni.primitives.errors import Problem

LINE = {"type": "LineString", "coordinates": [[-2.24, 53.48], [-2.23, 53.48]]}


def collection(*features, **more):
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more}).encode()


BRITISH_GRID = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}


def feature(geometry, **properties):
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def codes_of(data):
    return [(problem.row, problem.code) for problem in read_geojson(data, "f.geojson").problems]


def test_points_are_sites_and_lines_are_spans_numbered_as_features():
    point = feature({"type": "Point", "coordinates": [-2.24, 53.48]}, id="S1", name="Site", kind="mast")
    tables = read_geojson(collection(feature(LINE, id="P1", fibres=48.0, risks=["X", "Y"]), point), "f.geojson").tables
    assert [(row.number, row.cells["id"]) for row in tables.sites.rows + tables.spans.rows] == [(2, "S1"), (1, "P1")]
    cells = tables.spans.rows[0].cells
    assert (cells["fibres"], cells["risks"], cells["geometry"]) == (
        "48",
        "X;Y",
        "LINESTRING (-2.24 53.48, -2.23 53.48)",
    )


def test_the_id_of_a_feature_serves_where_no_property_gives_one():
    given = feature(LINE) | {"id": "P9"}
    assert read_geojson(collection(given), "f.geojson").tables.spans.rows[0].cells["id"] == "P9"


def test_a_collection_of_one_line_is_that_line():
    multi = {"type": "MultiLineString", "coordinates": [LINE["coordinates"]]}
    assert (
        read_geojson(collection(feature(multi, id="P1")), "f")
        .tables.spans.rows[0]
        .cells["geometry"]
        .startswith("LINES")
    )
    two = {"type": "MultiLineString", "coordinates": [LINE["coordinates"]] * 2}
    assert codes_of(collection(feature(two, id="P1"))) == [(1, "bad_geometry")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"[1, 2]", "not_geojson"),
        (b'{"type": "Topology"}', "not_geojson"),
        (collection(), "empty"),
        (b'{"type": "FeatureCollection", "name": "Caf\xe9"}', "encoding"),
        (collection(feature(LINE), crs=BRITISH_GRID), "wrong_crs"),
    ],
)  # fmt: skip
def test_what_is_no_geojson_in_wgs84_is_refused_as_a_whole(data, code):
    assert codes_of(data) == [(None, code)]


def test_a_file_that_says_it_is_wgs84_is_welcome():
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert codes_of(collection(feature(LINE, id="P1"), crs=named)) == []


@pytest.mark.parametrize(
    "geometry",
    [None, {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}, {"type": "LineString"}, "LINESTRING",
     {"type": "LineString", "coordinates": []}, {"type": "LineString", "coordinates": [[1]]}, {"type": 7}],
)  # fmt: skip
def test_a_shape_that_is_neither_point_nor_line_is_told_by_feature(geometry):
    assert codes_of(collection(feature(LINE, id="P1"), feature(geometry, id="P2"))) == [(2, "bad_geometry")]


def test_a_property_that_is_no_column_is_told_lest_a_slip_of_the_pen_be_lost():
    assert codes_of(collection(feature(LINE, id="P1", offered_pair=12))) == [(1, "unknown_column")]


def test_the_content_decides_what_an_upload_is():
    assert read_upload(b"\xef\xbb\xbf" + collection(feature(LINE, id="P1")), "x.csv").tables.spans.rows
    assert read_upload(b"id,a,z,fibres\nP1,A,B,48\n", "x.txt").tables.spans.rows
    assert read_upload(b'"id",name,"kind"\nS1,Site,mast\n', "x.csv").tables.sites.rows
    assert [problem.code for problem in read_upload(b"\xff\xfei\x00d\x00", "x.csv").problems] == ["encoding"]


def test_a_form_with_a_new_site_gives_both_the_site_and_the_span():
    given = {"id": "P1", "a": "AAA", "z": "", "z_id": "NEW", "z_name": "New", "z_kind": "mast", "z_where": "53.4, -2.2"}
    tables = read_form(given, ["BRIDGE", "MOAT"]).tables
    assert tables.spans.rows[0].cells | {"a": "AAA", "z": "NEW", "risks": "BRIDGE;MOAT"} == tables.spans.rows[0].cells
    assert tables.sites.rows[0].number == 2
    assert tables.sites.rows[0].cells["latitude"] == "53.4"


@pytest.mark.parametrize(
    ("where", "cells"),
    [
        ("SJ 840 980", {"grid_ref": "SJ 840 980"}),
        ("53.48, -2.24", {"latitude": "53.48", "longitude": "-2.24"}),
        ("384000, 398000", {"easting": "384000", "northing": "398000"}),
    ],
)
def test_a_new_site_says_where_in_one_field(where, cells):
    row = read_form({"a_id": "NEW", "a_where": where}).tables.sites.rows[0]
    assert {name: row.cells[name] for name in cells} == cells


def test_a_site_that_stands_is_taken_before_a_new_one():
    assert read_form({"a": "AAA", "a_id": "NEW"}).tables.sites.rows == ()


def test_problems_of_a_form_stand_at_its_fields():
    def placed(file, row, column, code="bad"):
        return at_fields([Problem(code, "m.", "r.", file=file, row=row, column=column)])[0]

    assert placed("span", 1, "fibres").place == "fibres"
    assert placed("sites", 2, "name").place == "z_name"
    assert placed("sites", 1, "grid_ref").place == "a_where"
    missing = placed("span", 1, "z", "missing")
    assert (missing.message, missing.row) == ("The site where the span ends is missing.", None)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"id;a;z;fibres\nP1;A;B;48\n", "semicolons"),
        (b'\xef\xbb\xbf"id";"a";"z";"fibres"\r\n"P1";"A";"B";"4,8"\r\n', "semicolons"),
        (b"id\tname\tkind\nS1\tSite\tmast\n", "tabs"),
    ],
)
def test_a_table_separated_by_something_else_than_commas_is_one_problem(data, name):
    (problem,) = read_upload(data, "x.csv").problems
    assert (problem.code, problem.message) == (
        "wrong_separator",
        f"The columns are separated by {name}, not by commas.",
    )
    assert problem.remedy == "Save it as CSV (comma-separated)."


def test_more_than_10_000_rows_at_once_are_refused_whatever_the_door():
    def sent(count):
        point = feature({"type": "Point", "coordinates": [-2.24, 53.48]}, id="S")
        return (
            read_upload(b"id,a,z,fibres\n" + b"P,A,B,48\n" * count, "x"),
            read_upload(b"id,name,kind\n" + b"S,Site,mast\n" * count, "x"),
            read_upload(collection(*[point] * count), "x"),
            read_objects([{"id": "S"}] * (count // 2), [{"id": "P"}] * (count - count // 2)),
        )

    for submission in sent(MOST_ROWS + 1):
        (problem,) = submission.problems
        assert problem.message == "There are 10,001 sites and spans; 10,000 can be sent at once."
        assert (submission.tables.spans.rows, submission.tables.sites.rows) == ((), ())
    assert all(submission.problems == () for submission in sent(MOST_ROWS))
