"""Bringing a file as a program: tried, brought in, found, undone; what is open comes back as a question."""

from __future__ import annotations

import io
import json

import pytest

from cni.members.policy import Role
from tests.factories import make_contribution, make_member, make_person, make_site, make_span
from tests.imports import make_plant, pack, write

pytestmark = pytest.mark.filterwarnings("ignore:Normalized")  # a Shapefile cuts the names of its columns
TWO = b"id,a,z,fibres\r\nS1,AAA,BBB,48\r\nS2,AAA,BBB,24\r\n"


@pytest.fixture
def program(session, api_client):
    live = make_contribution(session)
    make_site(session, "AAA", live, longitude=-2.24, latitude=53.48)
    make_site(session, "BBB", live, longitude=-2.23, latitude=53.48)
    council = make_member(session, "irwell-council", roles="contributor")
    return api_client(make_person(session, council, Role.ASSET_OFFICER))


def bring(program, data, name="spans.csv", address="/api/v1/imports", **choices):
    form = {"file": (io.BytesIO(data), name), "choices": json.dumps(choices)}
    return program.post(address, data=form, content_type="multipart/form-data")


def test_a_dry_run_tells_what_would_come_of_a_file_and_saves_nothing(program):
    tried = bring(program, TWO, address="/api/v1/imports?dry_run=true")
    assert tried.status_code == 200
    assert tried.get_json()["spans"] == {"added": 2, "changed": 0, "unchanged": 0}
    assert tried.get_json()["quality"] == 100
    assert program.get("/api/v1/imports").get_json()["items"] == []


def test_an_import_is_made_found_listed_and_undone(program):
    made = bring(program, TWO)
    assert made.status_code == 201
    reference = made.get_json()["reference"]
    assert program.get(f"/api/v1/imports/{reference}").get_json()["counts"]["spans"]["added"] == 2
    assert [row["reference"] for row in program.get("/api/v1/imports").get_json()["items"]] == [reference]
    assert program.post(f"/api/v1/imports/{reference}/undo").get_json()["status"] == "undone"
    assert program.post(f"/api/v1/imports/{reference}/undo").status_code == 409


def test_what_a_file_leaves_open_is_a_question_and_its_answer_a_choice(program):
    files = write(make_plant(3), "ESRI Shapefile", "shp", "EPSG:27700")
    data = pack({name: content for name, content in files.items() if not name.endswith(".prj")})
    asked = bring(program, data, "fibre.zip")
    assert asked.status_code == 422
    assert asked.mimetype == "application/problem+json"
    question = asked.get_json()["question"]
    assert (question["ask"], question["choices"][0]) == ("crs", "EPSG:27700")
    assert bring(program, data, "fibre.zip", crs=question["choices"][0]).status_code == 201


def test_every_problem_has_its_row_and_the_rows_come_as_a_table(program):
    faulty = TWO.replace(b"S2,AAA,BBB", b"S2,AAA,NOWHERE")
    refused = bring(program, faulty)
    assert refused.status_code == 422
    assert [problem["row"] for problem in refused.get_json()["problems"]] == [3]
    table = bring(program, faulty, address="/api/v1/imports/failed-rows")
    assert table.mimetype == "text/csv"
    assert "S2" in table.text
    assert "S1" not in table.text
    whole = bring(program, faulty, address="/api/v1/imports/failed-rows?every_row=true")
    assert [line.split(",")[0] for line in whole.text.splitlines()] == ["id", "S1", "S2"]


def test_others_plant_is_forbidden_by_its_ids(program, session):
    other = make_member(session, "other")
    live = make_contribution(session, other)
    a, z = make_site(session, "EEE", live, longitude=-2.22), make_site(session, "FFF", live, longitude=-2.21)
    make_span(session, "THEIRS", a, z, other)
    refused = bring(program, b"id,a,z,fibres\r\nTHEIRS,EEE,FFF,96\r\n")
    assert refused.status_code == 403
    assert "THEIRS" in refused.get_json()["detail"]


@pytest.mark.parametrize("choices", ["{", "[]", '{"layer": "x"}', '{"columns": 3}'])
def test_choices_that_are_none_are_refused(program, choices):
    form = {"file": (io.BytesIO(TWO), "spans.csv"), "choices": choices}
    assert program.post("/api/v1/imports", data=form, content_type="multipart/form-data").status_code == 422


def test_a_planner_may_bring_nothing(session, api_client):
    planner = api_client(make_person(session, make_member(session), Role.PLANNER))
    assert bring(planner, TWO).status_code == 403
    assert program_without_a_file(planner) == 422


def program_without_a_file(program):
    return program.post("/api/v1/imports", data={}, content_type="multipart/form-data").status_code
