"""Rows of plant judged: one fault, one problem, at its row and column."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cni.assets.checks import KnownPlant, read_plant
from cni.assets.importing import PlantTables, Table
from cni.assets.places import length_remark
from cni.assets.words import LengthBasis
from cni.primitives.geo import length_m
from cni.primitives.tables import Row

AAA, BBB = (-2.24, 53.48), (-2.23, 53.48)
KNOWN = KnownPlant(
    members=frozenset({"council", "tram"}),
    sites={"aaa": AAA, "bbb": BBB},
    risks=frozenset({"bridge"}),
)
SITE = {"id": "S1", "name": "Site", "kind": "cabinet", "latitude": "53.48", "longitude": "-2.24"}
SPAN = {"id": "P1", "a": "AAA", "z": "BBB", "fibre_owner": "council", "fibres": "48"}
RACK = {"id": "R1", "site": "AAA", "units": "42"}
LINE = "LINESTRING (-2.24 53.48, -2.235 53.482, -2.23 53.48)"


def read(known=KNOWN, **kinds):
    """Read rows given by kind; a data row's number is its place in its list, the header being row 1."""
    tables = {
        kind: Table(f"{kind}.csv", tuple(Row(number, cells) for number, cells in enumerate(rows, start=2)))
        for kind, rows in kinds.items()
    }
    return read_plant(PlantTables(**tables), known)


def problems_of(**kinds):
    return [(problem.row, problem.column, problem.code) for problem in read(**kinds)[1]]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"id": ""}, [("id", "missing")]),
        ({"id": "A;B"}, [("id", "bad_id")]),
        ({"name": ""}, [("name", "missing")]),
        ({"kind": "castle"}, [("kind", "bad_kind")]),
        ({"latitude": "", "longitude": ""}, [("latitude", "no_position")]),
        ({"longitude": ""}, [("longitude", "missing")]),
        ({"grid_ref": "SJ 840 980"}, [("grid_ref", "several_positions")]),
        ({"latitude": "", "longitude": "", "grid_ref": "J 340 740"}, [("grid_ref", "irish_grid")]),
        ({"latitude": "-2.24", "longitude": "53.48"}, [("latitude", "swapped_coordinates")]),
        ({"latitude": "398000", "longitude": "384000"}, [("latitude", "wrong_crs")]),
        ({"latitude": "48.85", "longitude": "2.35"}, [("latitude", "outside_uk")]),
        ({"latitude": "north", "longitude": "-2.24"}, [("latitude", "bad_latitude")]),
        ({"owner": "nobody"}, [("owner", "unknown_member")]),
        ({"name": "", "owner": "nobody"}, [("name", "missing"), ("owner", "unknown_member")]),
    ],
)  # fmt: skip
def test_a_faulty_site_is_told_by_column(cells, expected):
    assert problems_of(sites=[SITE | cells]) == [(2, *fault) for fault in expected]


@pytest.mark.parametrize(
    "where",
    [
        {"grid_ref": "SJ 83990 98123"},
        {"easting": "383990", "northing": "398123"},
        {"latitude": "53.47994", "longitude": "-2.24265"},
    ],
)
def test_a_site_may_say_where_in_any_of_three_ways(where):
    nowhere = {"latitude": "", "longitude": ""}
    drafts, problems = read(sites=[SITE | nowhere | where])
    assert problems == []
    longitude, latitude = drafts.sites[0].position
    assert (round(longitude, 3), round(latitude, 3)) == (-2.243, 53.48)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"a": "NOWHERE"}, [("a", "unknown_site")]),
        ({"a": "NOWHERE", "z": "LOST"}, [("a", "unknown_site"), ("z", "unknown_site")]),
        ({"z": "aaa"}, [("z", "same_ends")]),
        ({"fibre_owner": ""}, [("fibre_owner", "missing")]),
        ({"fibre_owner": "nobody"}, [("fibre_owner", "unknown_member")]),
        ({"duct_owner": "nobody"}, [("duct_owner", "unknown_member")]),
        ({"fibres": ""}, [("fibres", "missing")]),
        ({"fibres": "0"}, [("fibres", "bad_fibres")]),
        ({"fibres": "-2"}, [("fibres", "bad_fibres")]),
        ({"fibres": "4.5"}, [("fibres", "bad_fibres")]),
        ({"fibres": "20001"}, [("fibres", "bad_fibres")]),
        ({"fibres": "0", "reserved_pairs": "6"}, [("fibres", "bad_fibres")]),
        ({"offered_pairs": "-1"}, [("offered_pairs", "bad_offered_pairs")]),
        ({"reserved_pairs": "20", "offered_pairs": "5"}, [("offered_pairs", "too_many_pairs")]),
        ({"length_m": "0"}, [("length_m", "bad_length_m")]),
        ({"length_m": "1e-9"}, [("length_m", "bad_length_m")]),
        ({"length_m": "NaN"}, [("length_m", "bad_length_m")]),
        ({"length_m": "about 9 km"}, [("length_m", "bad_length_m")]),
        ({"length_basis": "guess", "length_m": "9"}, [("length_basis", "bad_length_basis")]),
        ({"length_basis": "otdr"}, [("length_m", "missing")]),
        ({"risks": "BRIDGE;MOAT"}, [("risks", "unknown_risk")]),
        ({"geometry": "LINESTRING (-2.24 53.48"}, [("geometry", "bad_geometry")]),
        ({"geometry": "POINT (-2.24 53.48)"}, [("geometry", "bad_geometry")]),
        ({"geometry": "LINESTRING EMPTY"}, [("geometry", "bad_geometry")]),
        ({"geometry": "LINESTRING (-2.24 53.48, -2.24 53.48)"}, [("geometry", "bad_geometry")]),
        ({"geometry": "LINESTRING (53.48 -2.24, 53.48 -2.23)"}, [("geometry", "swapped_coordinates")]),
        ({"geometry": "LINESTRING (384000 398000, 384700 398000)"}, [("geometry", "wrong_crs")]),
        ({"geometry": "LINESTRING (-2.24 53.48, 2.35 48.85)"}, [("geometry", "outside_uk")]),
        ({"geometry": "LINESTRING (-2.24 53.48, -2.2306 53.48)"}, [("geometry", "ends_too_far")]),
        ({"z": "LOST", "fibres": "0", "risks": "MOAT"},
         [("z", "unknown_site"), ("fibres", "bad_fibres"), ("risks", "unknown_risk")]),
    ],
)  # fmt: skip
def test_a_faulty_span_is_told_by_column(cells, expected):
    assert problems_of(spans=[SPAN | cells]) == [(2, *fault) for fault in expected]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"site": "LOST"}, [("site", "unknown_site")]),
        ({"units": "0"}, [("units", "bad_units")]),
        ({"power_kw": "-1"}, [("power_kw", "bad_power_kw")]),
        ({"owner": "nobody"}, [("owner", "unknown_member")]),
    ],
)
def test_a_faulty_rack_is_told_by_column(cells, expected):
    assert problems_of(racks=[RACK | cells]) == [(2, *fault) for fault in expected]


def test_a_duplicate_is_reported_at_the_later_row_whatever_its_case():
    assert problems_of(spans=[SPAN, SPAN | {"id": "p1"}]) == [(3, "id", "duplicate_id")]


def test_a_duplicate_of_a_faulty_row_is_one_all_the_same():
    assert problems_of(spans=[SPAN | {"fibres": "0"}, SPAN]) == [(2, "fibres", "bad_fibres"), (3, "id", "duplicate_id")]


def test_a_site_in_a_faulty_row_still_counts_as_known():
    faulty = SITE | {"id": "NEW", "kind": "castle"}
    assert problems_of(sites=[faulty], spans=[SPAN | {"z": "new", "geometry": LINE}]) == [(2, "kind", "bad_kind")]


def test_a_row_of_the_wrong_width_is_not_judged_cell_by_cell():
    table = Table("spans.csv", (Row(2, SPAN | {"fibres": ""}, is_whole=False),))
    drafts, problems = read_plant(PlantTables(spans=table), KNOWN)
    assert (drafts.spans, problems) == ((), [])


def test_a_line_is_turned_so_that_it_runs_from_a_to_z():
    backwards = "LINESTRING (-2.23 53.48, -2.235 53.482, -2.24 53.48)"
    drafts, _ = read(spans=[SPAN | {"geometry": LINE}, SPAN | {"id": "P2", "geometry": backwards}])
    assert drafts.spans[0].geometry == drafts.spans[1].geometry == (AAA, (-2.235, 53.482), BBB)


def test_a_line_may_end_25_metres_from_its_site_and_no_more():
    # A degree of latitude is 111.3 km at 53° north: 0.00022° are 24.5 m, 0.00023° are 25.6 m.
    near = SPAN | {"geometry": "LINESTRING (-2.24 53.48022, -2.23 53.48)"}
    far = SPAN | {"id": "P2", "geometry": "LINESTRING (-2.24 53.48023, -2.23 53.48)"}
    assert problems_of(spans=[near, far]) == [(3, "geometry", "ends_too_far")]


def test_without_a_length_the_line_is_measured_or_else_the_straight_way():
    drafts, _ = read(spans=[SPAN | {"geometry": LINE}, SPAN | {"id": "P2"}])
    along, straight = drafts.spans
    assert float(along.length_m) == pytest.approx(length_m([AAA, (-2.235, 53.482), BBB]), abs=1e-6)
    assert float(straight.length_m) == pytest.approx(length_m([AAA, BBB]), abs=1e-6)
    assert along.length_basis is straight.length_basis is LengthBasis.DRAWN


def test_a_given_length_is_kept_to_the_last_figure():
    drafts, _ = read(spans=[SPAN | {"length_m": "1234.4999", "length_basis": "as_built"}])
    assert (drafts.spans[0].length_m, drafts.spans[0].length_basis) == (Decimal("1234.4999"), LengthBasis.AS_BUILT)


def test_a_length_that_says_no_basis_counts_as_drawn():
    assert read(spans=[SPAN | {"length_m": "900"}])[0].spans[0].length_basis is LengthBasis.DRAWN


def test_two_sites_at_one_place_need_a_length():
    twin = SITE | {"id": "TWIN"}
    assert problems_of(sites=[twin], spans=[SPAN | {"z": "TWIN"}]) == [(2, "length_m", "missing")]
    assert problems_of(sites=[twin], spans=[SPAN | {"z": "TWIN", "length_m": "12"}]) == []


def test_a_duct_of_the_fibres_own_owner_is_no_other_owner():
    drafts, _ = read(spans=[SPAN | {"duct_owner": "Council"}, SPAN | {"id": "P2", "duct_owner": "tram"}])
    assert [span.duct_owner for span in drafts.spans] == [None, "tram"]


def test_pairs_that_are_not_given_are_none():
    span = read(spans=[SPAN])[0].spans[0]
    assert (span.reserved_pairs, span.offered_pairs) == (0, 0)


def test_problems_name_their_file():
    _, problems = read(sites=[SITE | {"kind": ""}], spans=[SPAN | {"a": ""}])
    assert [problem.file for problem in problems] == ["sites.csv", "spans.csv"]
    assert all(problem.message.endswith(".") and problem.remedy.endswith(".") for problem in problems)


@pytest.mark.parametrize("code", ["=1+1", "+44", "-1", "@SUM(A1)"])
def test_an_id_that_a_spreadsheet_would_run_is_refused(code):
    for kind, row in (("sites", SITE), ("spans", SPAN), ("racks", RACK)):
        problem = read(**{kind: [row | {"id": code}]})[1][0]
        assert (problem.code, problem.message) == ("bad_id", f"{code!r} would be a formula in a spreadsheet.")


def test_a_hyphen_within_an_id_is_no_formula():
    assert problems_of(spans=[SPAN | {"id": "P-1+2=3@x"}]) == []


def test_an_id_with_a_tab_before_it_is_refused():
    assert problems_of(spans=[SPAN | {"id": "\t=1+1"}]) == [(2, "id", "bad_id")]


@pytest.mark.parametrize(
    "geometry",
    ["LINESTRING (-2.24 53.48", "LINESTRING (-2.24 53.48)", "SQUIGGLE (1 2)", "7", "LINESTRING (-2.24 53.48, x y)"],
)
def test_an_unreadable_line_is_told_in_our_own_words(geometry):
    problem = read(spans=[SPAN | {"geometry": geometry}])[1][0]
    assert problem.message == f"{geometry!r} cannot be read as a line."
    assert "LINESTRING (longitude latitude, longitude latitude, …)" in problem.remedy


def test_whole_numbers_beyond_reason_are_too_large_and_no_other_kind_of_wrong():
    message = read(spans=[SPAN | {"fibres": "9" * 16}])[1][0].message
    assert message == "9999999999999999 is too large."
    assert read(racks=[RACK | {"units": "9" * 5000}])[1][0].message == f"{'9' * 39}… is too large."
    assert read(racks=[RACK | {"units": "-" + "9" * 16}])[1][0].message == "-9999999999999999 is too small."


@pytest.mark.parametrize(
    "column", ["id", "a", "fibre_owner", "duct_owner", "fibres", "length_m", "length_basis", "risks", "geometry"]
)
def test_at_most_40_characters_of_a_bad_value_are_said_back(column):
    problems = read(spans=[SPAN | {column: "x\x01'" * 3 + "y" * 500}])[1]
    assert problems
    assert all("y" * 40 not in problem.message and len(problem.message) < 120 for problem in problems)


STRAIGHT_M = 664.0  # 0.01° of longitude at 53.48° north


@pytest.mark.parametrize(
    ("metres", "expected"),
    [
        (0.985 * STRAIGHT_M, "Its length is less than the straight line between its sites, 664 m."),
        (0.995 * STRAIGHT_M, None),
        (2.9 * 1000, None),
        (3.2 * 1000, "Its length is more than 3 times that of the line, "),
    ],
)
def test_a_length_said_to_be_drawn_is_remarked_on_beside_its_sites_and_its_line(metres, expected):
    detour = [AAA, (-2.235, 53.4834), BBB]
    assert 990 < length_m(detour) < 1010
    remark = length_remark(metres, LengthBasis.DRAWN, (AAA, BBB), detour)
    assert remark == expected if expected is None else remark.startswith(expected)


def test_a_surveyed_length_is_held_to_its_line_more_closely():
    line = [AAA, BBB]
    assert length_remark(1.4 * STRAIGHT_M, LengthBasis.OTDR, (AAA, BBB), line).startswith("Its length is much more")
    assert length_remark(1.2 * STRAIGHT_M, LengthBasis.OTDR, (AAA, BBB), line) is None


def test_without_a_line_the_straight_way_between_the_sites_is_the_measure():
    def remark(metres, z=BBB):
        return length_remark(metres, LengthBasis.AS_BUILT, (AAA, z), None)

    assert remark(1.0).startswith("Its length is less than the straight line")
    assert remark(2500.0) == "Its length is more than 3 times the straight line between its sites, 664 m."
    assert remark(800.0) == remark(12.0, z=AAA) == "No line is given, only the two ends."


def test_an_odd_length_is_no_problem():
    assert problems_of(spans=[SPAN | {"length_m": "1"}, SPAN | {"id": "P2", "length_m": "99000"}]) == []
