"""`cni import` and `cni undo-import`: one JSON document, exit codes, questions, and words for people."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from cni.assets.models import Contribution, Span
from cni.cli import import_plant, undo_import
from cni.members.policy import Role
from tests.factories import make_actor, make_member, make_person
from tests.imports import make_plant, pack, write

PLANT = make_plant(12)


@pytest.fixture(autouse=True)
def on_the_tests_database(monkeypatch, test_runtime):
    monkeypatch.setattr(import_plant, "open_database", lambda: None)
    monkeypatch.setattr(undo_import, "open_database", lambda: None)


@pytest.fixture
def council(session):
    council = make_member(session, "irwell-council", roles="contributor")
    session.commit()
    return council


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "plant.gpkg"
    path.write_bytes(write(PLANT, "GPKG", "gpkg")["plant.gpkg"])
    return path


def spans(session):
    return session.scalar(select(func.count()).select_from(Span))


def test_a_file_comes_in_and_the_same_again_changes_nothing(cni, session, council, file):
    code, out, err = cni("import", file, "--note", "Surveyed in May.", "--json")
    found = json.loads(out)
    assert session.scalar(select(Contribution.note)) == "Imported from plant.gpkg. Surveyed in May."
    assert (code, found["spans"], found["problems"]) == (0, {"added": 12, "changed": 0, "unchanged": 0}, [])
    assert found["import"].startswith("IMP-")
    assert isinstance(found["quality"], int)
    assert "%" in err
    again = json.loads(cni("import", file, "--json")[1])
    assert (again["spans"]["unchanged"], again["sites"]["unchanged"]) == (12, 13)


def test_a_dry_run_saves_nothing(cni, session, council, file):
    code, out, _ = cni("import", file, "--dry-run", "--json")
    found = json.loads(out)
    assert (code, found["import"], found["spans"]["added"], spans(session)) == (0, None, 12, 0)
    assert "12 added" in cni("import", file, "--dry-run")[1]


def test_a_shapefile_without_its_prj_is_a_question_and_an_answer_is_enough(cni, session, council, tmp_path):
    files = {name: data for name, data in write(PLANT, "ESRI Shapefile", "shp").items() if not name.endswith("prj")}
    path = tmp_path / "plant.zip"
    path.write_bytes(pack(files))
    code, out, _ = cni("import", path, "--json")
    question = json.loads(out)
    assert (code, question["question"]) == (2, "crs")
    assert question["choices"][0] == "EPSG:27700"
    code, out, _ = cni("import", path, "--crs", "EPSG:27700", "--json")
    assert (code, json.loads(out)["spans"]["added"]) == (0, 12)


@pytest.mark.parametrize(
    ("text", "words", "code", "refused"),
    [
        ("id,a,z,fibres\nA1,N1,N9x,24\n", ["--set", "fibre_owner=irwell-council"], 2, "invalid"),
        ("tag,p,q,glass\nA1,N1,N2,24\n", [], 2, "open_question"),
        ("%PDF-1.4 no table", [], 2, "invalid"),
        ("id,a,z,fibres\nS1,N1,N2,2\n", ["--as", "o@demonstration.example"], 4, "not_yours"),
        ("id,a,z,fibres\nS1,N1,N2,2\n", ["--map", "x"], 2, "usage"),
    ],
)
@pytest.mark.usefixtures("council")
def test_every_refusal_has_one_shape(cni, session, file, text, words, code, refused):  # noqa: PLR0913 as it goes
    cni("import", file)
    make_person(session, make_member(session, roles="contributor"), Role.ASSET_OFFICER, email="o@demonstration.example")
    session.commit()
    path = file.with_name("spans.csv")
    path.write_text(text)
    ended, out, _ = cni("import", path, *words, "--json")
    document = json.loads(out)
    assert (ended, document["error"]["code"]) == (code, refused)
    assert document["error"].keys() == {"code", "title", "detail"}
    assert all(problem.keys() >= {"row", "column", "code", "message", "remedy"} for problem in document["problems"])


def test_the_axes_can_be_swapped_in_whatever_system_the_file_is(cni, session, council, tmp_path):
    path = tmp_path / "sites.csv"
    path.write_text("id,kind,wkt\nN1,chamber,POINT (53.48 -2.24)\n")
    code, out, _ = cni("import", path, "--swap-axes", "--json")
    assert (code, json.loads(out)["crs"]) == (0, "EPSG:4326 swapped")


@pytest.mark.parametrize("crs", ["EPSG:99999", "EPSG:5701", "the moon"])
def test_a_system_that_is_none_is_told_with_those_that_are_known(cni, session, council, file, crs):
    code, out, _ = cni("import", file, "--crs", crs, "--json")
    document = json.loads(out)
    assert (code, document["question"]) == (2, "crs")
    assert "British National Grid (EPSG:27700)" in document["message"]


def test_columns_can_be_named_and_left_out(cni, session, council, file, tmp_path):
    cni("import", file)
    path = tmp_path / "spans.csv"
    path.write_text("tag,p,q,glass,colour\nNEW,N1,N5,24,red\n")
    code, out, _ = cni("import", path, "--json")
    question = json.loads(out)
    assert (code, question["question"], question["field"]) == (2, "columns", "id")
    assert "tag" in question["choices"]
    words = ["--map", "tag=id", "--map", "p=a", "--map", "q=z", "--map", "glass=fibres", "--map", "colour="]
    code, out, _ = cni("import", path, *words, "--set", "fibre_owner=irwell-council", "--json")
    found = json.loads(out)
    assert (code, found["spans"]["added"], found["ignored_columns"]) == (0, 1, ["colour"])


def test_problems_come_all_at_once_with_their_rows_and_a_file_to_mend(cni, session, council, file, tmp_path):
    cni("import", file)
    path, failed = tmp_path / "spans.csv", tmp_path / "failed.csv"
    path.write_text("id,a,z,fibres,fibre_owner\nA1,N1,N9x,24,irwell-council\nA2,N1,N5,many,irwell-council\n")
    code, out, _ = cni("import", path, "--failed-rows", failed, "--mend", tmp_path / "mend.csv", "--json")
    found = json.loads(out)
    assert (code, found["import"]) == (2, None)
    assert (found["rows"], found["good_rows"], found["held_back"]) == (2, 0, [])
    assert len((tmp_path / "mend.csv").read_text().splitlines()) == 3
    assert [(each["row"], each["column"], each["code"]) for each in found["problems"]] == [
        (2, "z", "unknown_site"),
        (3, "fibres", "bad_fibres"),
    ]
    assert failed.read_text().splitlines()[1].startswith("A1,N1,N9x")
    assert spans(session) == 12


def test_a_member_cannot_touch_anothers_plant(cni, session, council, file, tmp_path):
    cni("import", file)
    make_person(session, make_member(session, roles="contributor"), Role.ASSET_OFFICER, email="o@demonstration.example")
    session.commit()
    path = tmp_path / "spans.csv"
    path.write_text("id,a,z,fibres\nS1,N1,N2,2\n")
    code, out, _ = cni("import", path, "--as", "o@demonstration.example", "--json")
    assert code == 4
    assert "S1" in json.loads(out)["error"]["detail"]


def test_an_import_is_undone_by_its_reference(cni, session, council, file):
    reference = json.loads(cni("import", file, "--json")[1])["import"]
    code, out, _ = cni("undo-import", reference, "--json")
    assert (code, json.loads(out)["status"], spans(session)) == (0, "undone", 0)
    assert cni("undo-import", reference)[0] == 5
    assert cni("undo-import", "IMP-NOTHERE")[0] == 3


def test_who_may_not_propose_plant_may_not_import(cni, session, council, file):
    make_actor(session, council, Role.PLANNER)
    make_person(session, council, Role.PLANNER, email="p@demonstration.example")
    session.commit()
    assert cni("import", file, "--as", "p@demonstration.example")[0] == 4
