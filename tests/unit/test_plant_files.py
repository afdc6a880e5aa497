"""Plant from objects and forms, turned into rows."""

from __future__ import annotations

import pytest

from cni.assets.importing import MOST_ROWS, read_objects
from cni.assets.typed import at_fields, read_form
from cni.primitives.errors import Problem


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


def test_objects_are_rows_and_a_line_of_geojson_is_as_good_as_text():
    line = {"type": "MultiLineString", "coordinates": [[[-2.24, 53.48], [-2.23, 53.48]]]}
    tables = read_objects([], [{"id": "P1", "fibres": 48.0, "risks": ["X", "Y"], "geometry": line}]).tables
    cells = tables.spans.rows[0].cells
    assert (cells["fibres"], cells["risks"]) == ("48", "X;Y")
    assert cells["geometry"] == "LINESTRING (-2.24 53.48, -2.23 53.48)"


@pytest.mark.parametrize(
    "geometry",
    [{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}, {"type": "LineString"},
     {"type": "LineString", "coordinates": []}, {"type": "LineString", "coordinates": [[1]]}, {"type": 7},
     {"type": "MultiLineString", "coordinates": [[[0, 0], [1, 0]]] * 2}],
)  # fmt: skip
def test_a_shape_that_is_no_line_is_told_by_row(geometry):
    problems = read_objects([], [{"id": "P1"}, {"id": "P2", "geometry": geometry}]).problems
    assert [(problem.row, problem.code) for problem in problems] == [(2, "bad_geometry")]


def test_a_name_that_is_no_column_is_told_lest_a_slip_of_the_pen_be_lost():
    (problem,) = read_objects([], [{"id": "P1", "offered_pair": 12}]).problems
    assert (problem.row, problem.code) == (1, "unknown_column")


def test_more_than_10_000_objects_at_once_are_refused():
    def sent(count):
        return read_objects([{"id": "S"}] * (count // 2), [{"id": "P"}] * (count - count // 2))

    refused = sent(MOST_ROWS + 1)
    (problem,) = refused.problems
    assert problem.message == "There are 10,001 sites and spans; 10,000 can be sent at once."
    assert (refused.tables.spans.rows, refused.tables.sites.rows) == ((), ())
    assert sent(MOST_ROWS).problems == ()
