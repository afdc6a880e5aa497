"""The network steward's pages of hidden risks, the API's resource, and the command."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from cni.assets.hidden_risks import HiddenRisk
from cni.assets.models import RiskGroup
from cni.members.policy import Role
from tests.factories import make_member, make_person
from tests.integration.test_surveying import owners, street  # noqa: F401  fixtures

ROOM = "/resilience/hidden-risks"
API = "/api/v1/hidden-risks"
TRENCH = {"code": "TR-STREET", "name": "One trench along the street", "kind": "trench"}


@pytest.fixture
def steward(session):
    return make_person(session, None, Role.NETWORK_STEWARD)


@pytest.fixture
def browser(client, steward, street):  # noqa: F811
    return client.sign_in_as(steward)


@pytest.fixture
def found(browser, session):
    assert browser.post(ROOM, data={"within_m": "10", "along_m": "100"}).status_code == 302
    session.expire_all()
    return session.scalars(select(HiddenRisk)).one().reference


def test_the_start_page_tells_the_steward_what_waits(browser, found):
    page = browser.get("/").text

    assert "One place where owners’ spans run side by side undeclared".replace("’", "&#39;") in page
    assert f'href="{ROOM}"' in page


def test_the_list_has_the_map_and_its_twin(browser, found):
    page = browser.get(ROOM).text

    assert found in page
    assert 'data-span="C1"' in page
    assert "Council, Trust" in page
    assert '"kind": "bridge"' in page


def test_a_place_is_named_and_then_listed_among_the_decided(browser, found, session):
    shown = browser.get(f"{ROOM}/{found}").text
    assert "2 spans of Council and Trust run within 10 m of each other for" in shown

    answer = browser.post(f"{ROOM}/{found}/accept", data=TRENCH)
    assert (answer.status_code, answer.location) == (302, f"{ROOM}/{found}")
    assert "One trench along the street (TR-STREET, trench)" in browser.get(f"{ROOM}/{found}").text
    assert found not in browser.get(ROOM).text
    assert found in browser.get(f"{ROOM}?decided=yes").text
    assert browser.post(f"{ROOM}/{found}/accept", data=TRENCH | {"code": "TR-2"}).status_code == 409


def test_a_faulty_form_is_shown_again_with_every_problem_and_what_was_typed(browser, found, session):
    answer = browser.post(f"{ROOM}/{found}/accept", data={"code": "A;B", "name": "", "kind": "trench"})

    assert answer.status_code == 422
    assert "cannot be an id" in answer.text
    assert "The name is missing." in answer.text
    assert 'value="A;B"' in answer.text
    assert session.scalars(select(RiskGroup)).all() == []


def test_a_dismissal_needs_a_reason_and_is_kept_with_it(browser, found):
    assert browser.post(f"{ROOM}/{found}/dismiss", data={"reason": " "}).status_code == 422

    assert browser.post(f"{ROOM}/{found}/dismiss", data={"reason": "Either side of a canal"}).status_code == 302
    assert "Either side of a canal" in browser.get(f"{ROOM}?decided=yes").text
    assert "Name the risk group" in browser.get(f"{ROOM}/{found}").text  # it can still be named
    browser.post(ROOM, data={})
    assert "No place waits" in browser.get(ROOM).text


@pytest.mark.parametrize("limits", [{"within_m": "60", "along_m": "100"}, {"within_m": "ten"}, {"along_m": "nan"}])
def test_limits_without_sense_are_refused_on_the_page(browser, limits):
    answer = browser.post(ROOM, data=limits)

    assert answer.status_code == 422
    assert "There is a problem" in answer.text


def test_the_auditor_reads_and_a_member_sees_nothing(client, session, browser, found):
    auditor = client.sign_in_as(make_person(session, None, Role.AUDITOR))
    assert "Look again" not in auditor.get(ROOM).text
    assert "Name the risk group" not in auditor.get(f"{ROOM}/{found}").text
    assert auditor.post(ROOM, data={}).status_code == 403

    planner = client.sign_in_as(make_person(session, make_member(session), Role.PLANNER))
    assert planner.get(ROOM).status_code == 403
    assert "side by side" not in planner.get("/").text


def test_programs_do_the_same(api_client, steward, street):  # noqa: F811
    program = api_client(steward)
    (place,) = program.post(API, json={}).get_json()["items"]
    assert place["spans"] == ["C1", "T1"]
    assert place["owners"] == ["council", "trust"]
    assert place["lines"]["type"] == "MultiLineString"
    assert 600 < place["metres"] < 620

    refused = program.post(f"{API}/{place['reference']}/accept", json={"code": "", "name": "", "kind": "ditch"})
    assert refused.status_code == 422
    assert {problem["place"] for problem in refused.get_json()["problems"]} == {"code", "name", "kind"}
    accepted = program.post(f"{API}/{place['reference']}/accept", json=TRENCH).get_json()
    assert (accepted["status"], accepted["risk_group"]) == ("accepted", "TR-STREET")
    assert program.get(API).get_json()["items"] == []
    assert [each["reference"] for each in program.get(f"{API}?decided=true").get_json()["items"]] == [
        place["reference"]
    ]
    assert program.post(f"{API}/{place['reference']}/dismiss", json={"reason": "no"}).status_code == 409
    assert program.get(f"{API}/HR-222222").status_code == 404


def test_the_command_prints_one_document(test_runtime, street, monkeypatch, session):  # noqa: F811
    from click.testing import CliRunner

    from cni.cli import hidden_risks
    from cni.cli.main import cni

    monkeypatch.setattr(hidden_risks, "open_database", lambda: None)
    narrow = ["--within-m", "4", "--along-m", "50"]
    words = CliRunner().invoke(cni, ["find-hidden-risks", *narrow], standalone_mode=False)
    assert words.stdout == "No spans of different owners run side by side undeclared.\n"
    told = CliRunner().invoke(cni, ["find-hidden-risks", "--json"], standalone_mode=False)
    assert [risk["spans"] for risk in json.loads(told.stdout)["hidden_risks"]] == [["C1", "T1"]]


def test_a_command_that_saves_says_of_a_refusal_that_nothing_was_saved(cni, session, test_runtime, monkeypatch):
    monkeypatch.setattr("cni.cli.hidden_risks.open_database", lambda: None)

    code, _, err = cni("find-hidden-risks", "--within-m", "-1")

    assert (code, err.splitlines()[-1]) == (2, "Nothing was saved.")
