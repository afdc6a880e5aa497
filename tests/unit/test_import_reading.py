"""Columns, layers and reference systems of files that are brought in: guessed, chosen, or asked for."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from cni.assets.checks import KnownPlant
from cni.assets.imports.crs import likely_systems, system_of, to_wgs84
from cni.assets.imports.judging import judge
from cni.assets.imports.mapping import guess_columns, refuse_wrong_columns
from cni.assets.imports.reading import arrange, choose_layers, ids_of
from cni.assets.imports.standing import World
from cni.assets.imports.values import Ask, Choices, OpenQuestion
from cni.formats.layers import Features, Geometry, Layer
from cni.primitives.errors import Invalid
from cni.primitives.grid import to_grid_many

A, Z = (-2.24, 53.48), (-2.23, 53.485)
KNOWN = KnownPlant(members=frozenset({"council"}))


def features(shapes, values, *, name="plant", crs="EPSG:4326", geometry=Geometry.LINE):
    layer = Layer(name, geometry, len(shapes), tuple(values), crs)
    return Features(layer, np.arange(1, len(shapes) + 1), values, np.array(shapes, dtype=object))


def points(*positions, **values):
    values = {"id": ["A", "Z"][: len(positions)], "kind": ["chamber"] * len(positions)} | values
    return features([shapely.Point(p) for p in positions], values, name="sites", geometry=Geometry.POINT)


def lines(*coordinates, crs="EPSG:4326", **values):
    count = len(coordinates)
    given = {"id": [f"S{n}" for n in range(count)], "fibres": ["24"] * count, "owner": ["council"] * count}
    return features([shapely.LineString(c) for c in coordinates], given | values, name="spans", crs=crs)


def brought(*layers, form="GeoPackage", **choices):
    return arrange(form, "plant.gpkg", layers, Choices(**choices), {})


def tried(*layers, world=World(known=KNOWN), **choices):  # noqa: B008 a value that nothing changes
    return judge(brought(*layers, **choices), world, Choices(**choices))


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("id", "id"), ("Span_ID", "id"), ("REFERENCE", "id"), ("length_bas", "length_basis"),
        ("reserved_p", "reserved_pairs"), ("fibre_owne", "fibre_owner"), ("a_end", "a"), ("B end", "z"),
        ("FromNode", "a"), ("to", "z"), ("Cores", "fibres"), ("strands", "fibres"), ("Lat", "latitude"),
        ("NGR", "grid_ref"), ("Fibre Owner", "fibre_owner"), ("duct-owner", "duct_owner"), ("Easting", "easting"),
    ],
)  # fmt: skip
def test_a_column_is_known_by_its_name(column, field):
    assert guess_columns([column], {}, {}) == {column: field}


def test_a_column_of_the_very_name_comes_before_one_that_is_like_it():
    assert guess_columns(["ref", "ID"], {}, {}) == {"ID": "id"}


def test_name_is_the_id_where_there_is_no_other():
    assert guess_columns(["Name", "cores"], {}, {}) == {"Name": "id", "cores": "fibres"}


def test_what_is_said_comes_before_what_was_said_the_last_time_and_that_before_the_name():
    columns = ["id", "code", "cores"]
    assert guess_columns(columns, {}, {"code": "id", "id": ""}) == {"code": "id", "cores": "fibres"}
    assert guess_columns(columns, {"CORES": ""}, {}) == {"id": "id"}
    assert guess_columns(columns, {"code": "id"}, {})["code"] == "id"


def test_a_choice_of_what_is_not_there_is_refused_with_what_there_is():
    with pytest.raises(Invalid) as refusal:
        refuse_wrong_columns({"colour": "id", "id": "shade"}, ["id"])
    assert [problem.code for problem in refusal.value.problems] == ["unknown_column", "unknown_field"]


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("27700", "EPSG:27700"), ("epsg:4326", "EPSG:4326"), ("OGC:CRS84", "EPSG:4326"), ("EPSG:4258", "EPSG:4326"),
        ("OSGB36 / British National Grid", "EPSG:27700"), ("EPSG:4326 swapped", "EPSG:4326 swapped"),
        ("my own grid", None),
    ],
)  # fmt: skip
def test_a_system_is_known_by_its_names(name, system):
    assert system_of(name) == system


def test_grid_metres_become_degrees_by_ostn15():
    east, north = to_grid_many([A[0]], [A[1]])
    (point,) = to_wgs84(np.array([shapely.Point(east[0], north[0])]), "EPSG:27700")
    assert (point.x, point.y) == pytest.approx(A, abs=1e-8)


def test_numbers_tell_which_systems_they_fit():
    assert likely_systems(np.array([A])) == ["EPSG:4326"]
    assert likely_systems(np.array([A[::-1]])) == ["EPSG:4326 swapped"]
    assert likely_systems(np.array([[384_000.0, 398_000.0]])) == ["EPSG:27700", "EPSG:27700 swapped"]
    assert likely_systems(np.array([[-249_000.0, 7_070_000.0]])) == ["EPSG:3857"]


def test_a_file_without_a_system_is_a_question_with_the_likeliest_first():
    with pytest.raises(OpenQuestion) as asked:
        brought(lines([(384_000, 398_000), (384_100, 398_000)], crs=None))
    assert asked.value.question.ask is Ask.CRS
    assert asked.value.question.choices[0] == "EPSG:27700"


@pytest.mark.parametrize(
    ("coordinates", "crs", "offered"),
    [
        ([(384_000, 398_000), (384_100, 398_000)], "EPSG:4326", "EPSG:27700"),
        ([A[::-1], Z[::-1]], "EPSG:4326", "EPSG:4326 swapped"),
        ([A, Z], "EPSG:27700", "EPSG:4326"),
        ([(-249_000, 7_070_000), (-248_000, 7_070_000)], "EPSG:27700", "EPSG:3857"),
    ],
)
def test_coordinates_that_do_not_fit_their_system_are_a_question_and_never_changed_unasked(coordinates, crs, offered):
    with pytest.raises(OpenQuestion) as asked:
        brought(lines(coordinates, crs=crs))
    assert asked.value.question.choices[0] == offered
    assert brought(lines(coordinates, crs=crs), crs=offered).problems == []


def test_the_irish_grid_is_refused_with_a_reason():
    with pytest.raises(Invalid, match="Irish Grid"):
        brought(lines([(315_000, 234_000), (315_100, 234_000)], crs="EPSG:29902"))


@pytest.mark.parametrize("crs", [None, "EPSG:27700", "Local_Grid_of_Dublin"])
def test_numbers_that_can_only_be_irish_are_refused_with_the_reason(crs):
    with pytest.raises(Invalid, match="Irish Grid"):
        brought(lines([(715_000, 734_000), (715_100, 734_000)], crs=crs))


def test_one_stray_line_is_a_problem_of_its_row():
    found = brought(lines([A, Z], [A[::-1], Z[::-1]], [A, (0.0, 20.0)]))
    assert [(problem.row, problem.code) for problem in found.problems] == [
        (2, "swapped_coordinates"),
        (3, "outside_uk"),
    ]


def test_a_layer_of_points_and_one_of_lines_come_together_and_several_of_a_kind_are_a_question():
    sites, spans = points(A, Z).layer, lines([A, Z]).layer
    assert choose_layers([sites, spans], Choices(), {}) == ["sites", "spans"]
    other = features([shapely.LineString([A, Z])], {"note": [""]}, name="kerbs").layer
    assert choose_layers([sites, spans, other], Choices(), {}) == ["sites", "spans"]  # kerbs have no fibres
    twin = lines([A, Z]).layer
    with pytest.raises(OpenQuestion) as asked:
        choose_layers(
            [spans, Layer("spans 2", *(getattr(twin, n) for n in ("geometry", "features", "fields")))], Choices(), {}
        )
    assert (asked.value.question.ask, asked.value.question.choices) == (Ask.LAYER, ("spans", "spans 2"))


def test_a_layer_without_an_id_is_a_question_about_its_columns():
    with pytest.raises(OpenQuestion) as asked:
        brought(features([shapely.LineString([A, Z])], {"note": ["x"], "cores": ["4"]}))
    question = asked.value.question
    assert (question.ask, question.field, question.choices) == (Ask.COLUMNS, "id", ("note", "cores"))


def test_lines_end_at_the_sites_nearest_to_them():
    near = (A[0] + 0.0001, A[1])  # 7 m
    judged = tried(points(A, Z), lines([Z, near]))
    assert judged.problems == []
    (span,) = judged.drafts.spans
    assert (span.a, span.z) == ("Z", "A")
    assert "A (6.6 m)" in next(remark.message for remark in judged.remarks if remark.code == "ends_found")


def test_a_line_that_ends_at_no_site_names_the_nearest_or_has_one_made():
    far = (Z[0] + 0.01, Z[1])
    (problem,) = tried(points(A, Z), lines([A, far])).problems
    assert (problem.code, problem.column) == ("no_site_at_end", "z")
    assert "Z, is 664 m away" in problem.message

    judged = tried(points(A, Z), lines([A, far], [far, Z]), make_sites=True)
    assert judged.problems == []
    assert len(judged.drafts.sites) == 3
    made = judged.drafts.sites[-1]
    assert made.kind == "chamber"
    assert {span.z for span in judged.drafts.spans} == {made.code, "Z"}


def test_lines_are_drawn_on_to_their_sites_if_that_is_wanted():
    near = (A[0] + 0.0001, A[1])
    gap = tried(points(A, Z), lines([near, Z], a=["A"], z=["Z"]))
    assert "gap_at_site" in {remark.code for remark in gap.remarks}
    snapped = tried(points(A, Z), lines([near, Z], a=["A"], z=["Z"]), snap=True)
    assert snapped.drafts.spans[0].geometry == (A, Z)


def test_the_same_id_in_two_rows_is_a_problem_of_the_later_one_in_two_layers_too():
    twice = lines([A, Z], [A, Z], id=["S", "s"])
    (problem,) = tried(points(A, Z), twice).problems
    assert (problem.row, problem.code) == (2, "duplicate_id")
    other = lines([A, Z], id=["s0"])
    object.__setattr__(other.layer, "name", "more")
    (problem,) = tried(points(A, Z), lines([A, Z]), other).problems
    assert (problem.code, "row 1 of plant.gpkg, spans" in problem.message) == ("duplicate_id", True)


def test_a_value_for_all_rows_fills_those_that_do_not_say():
    judged = tried(points(A, Z), lines([A, Z], fibres=[""]), values={"fibres": "96"})
    assert [span.fibres for span in judged.drafts.spans] == [96]


def test_unknown_columns_are_left_out_and_listed():
    assert brought(lines([A, Z], colour=["red"])).ignored == ["colour"]


def test_a_polygon_and_a_line_of_two_parts_are_problems_of_their_rows():
    square = shapely.box(*A, *Z)
    parts = shapely.MultiLineString([[A, (-2.239, 53.48)], [(-2.235, 53.48), Z]])
    joined = shapely.MultiLineString([[A, (-2.239, 53.48)], [(-2.239, 53.48), Z]])
    given = {"id": ["P", "Q", "R"], "fibres": ["2"] * 3}
    found = brought(features([square, parts, joined], given))
    assert [(problem.row, problem.code) for problem in found.problems] == [(1, "bad_geometry"), (2, "bad_geometry")]
    assert [row.cells["id"] for given in found.spans for row in given.rows] == ["R"]


def test_ids_keep_the_order_of_the_file_each_once():
    sites = points(*([A] * 9), id=[*"HGFEDCBA", "h"], kind=["chamber"] * 9)
    assert ids_of(brought(sites).sites) == [*"hgfedcba"]
