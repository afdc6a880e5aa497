"""Resilience in the API."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cni import runtime
from cni.members.models import Person
from cni.members.policy import Role
from cni.operations import assessing
from tests.factories import make_actor, make_member
from tests.leases import SITE_DIVERSE, make_coop

PLANT = "A-B 1200 [K1], B-Z 900, A-C 1500, C-Z 1100 [K1], Z-D 700"
ROOM = "/api/v1/resilience"


@pytest.fixture
def coop(session):
    return make_coop(session, PLANT)


@pytest.fixture
def program(app, api_client, coop):
    """A program of an actor's, in December, when the leases of these tests are in service."""
    opened = runtime.current()
    runtime.open_runtime(replace(opened, clock=lambda: opened.clock().replace(month=12)))
    return lambda actor: api_client(coop.session.get_one(Person, actor.person_id))


def test_the_audit_is_there_at_once_for_a_small_plant(program, coop):
    found = program(coop.planner).get(f"{ROOM}/audit").get_json()

    assert (found["status"], found["percent"], found["spans"]) == ("done", 100, 5)
    assert found["result"]["bridges"] == ["Z-D"]
    assert found["result"]["sites_by_resilience"]["span"] == ["D"]


def test_an_audit_can_be_asked_for_and_is_accepted(program, coop, monkeypatch):
    monkeypatch.setattr(assessing.audit_plant, "__kwdefaults__", {"at_once": 4})
    planner = program(coop.planner)
    assert planner.get(f"{ROOM}/audit").get_json()["status"] == "not_asked"

    answer = planner.post(f"{ROOM}/audit")

    assert answer.status_code == 202
    assert answer.get_json() == {"status": "waiting", "percent": 0, "spans": 5, "result": None}


def test_a_site_says_what_cuts_it_off_and_what_it_cuts_off(program, coop):
    planner = program(coop.planner)

    found = planner.get(f"{ROOM}/sites/D").get_json()
    assert (found["standing"], found["cut_off_by"]) == ("span", {"spans": ["Z-D"], "sites": ["Z"], "risks": ["K1"]})
    assert planner.get(f"{ROOM}/sites/Z").get_json()["cuts_off"] == ["D"]
    assert planner.get(f"{ROOM}/sites/nowhere").status_code == 404


def test_a_lease_says_what_it_relies_on_to_its_member_only(program, coop, session):
    lease = coop.accepted(**SITE_DIVERSE).reference

    found = program(coop.planner).get(f"{ROOM}/leases/{lease}").get_json()
    assert (found["diversity"], found["relies_on"]["risks"], found["ends"]) == ("site", ["K1"], ["A", "Z"])
    assert 0 < found["down_minutes_a_year"] < 525_600
    assert found["assumptions"]
    other = make_actor(session, make_member(session, roles="user"), Role.PLANNER)
    assert program(other).get(f"{ROOM}/leases/{lease}").status_code == 404


def test_a_failure_is_foreseen_and_bad_words_are_refused(program, coop):
    lease = coop.accepted(a="A", z="D").reference
    planner = program(coop.planner)

    found = planner.post(f"{ROOM}/what-if", json={"cuts": ["span:z-d"]}).get_json()
    assert (found["cuts"], found["spans"], found["cut_off"]) == (["span:Z-D"], ["Z-D"], ["D"])
    assert [(fate["lease"], fate["becomes"]) for fate in found["leases"]] == [(lease, "lost")]
    assert planner.post(f"{ROOM}/what-if", json={"cuts": ["span:nowhere"]}).status_code == 422
    assert planner.post(f"{ROOM}/what-if", json={"cuts": []}).status_code == 422


def test_candidates_are_advised_on(program, coop):
    planner = program(coop.planner)
    candidates = "a,z,cost_pence,length_m\nD,C,5000000,600\nD,Z,9000000,\n"

    found = planner.post(f"{ROOM}/reinforcement", json={"candidates": candidates}).get_json()
    assert found["candidates"] == [{"row": 2, "a": "D", "z": "C", "cost_pence": 5_000_000, "length_m": 600}]
    assert (found["cost_pence"], found["lower_bound_pence"], found["proven_optimal"]) == (5_000_000, 5_000_000, True)
    assert (found["cured"], found["remaining"]) == (["span:Z-D"], [])
    refused = planner.post(f"{ROOM}/reinforcement", json={"candidates": "a,z,cost_pence\nD,nowhere,1\n"})
    assert (refused.status_code, refused.get_json()["problems"][0]["row"]) == (422, 2)


def test_commercial_resilience_tells_a_member_no_names(program, coop):
    coop.accepted(a="A", z="B")

    member = program(coop.planner).get(f"{ROOM}/commercial").get_json()
    assert not member["names_are_told"]
    assert {(use["users"], use["largest_percent"], tuple(use["holders"])) for use in member["spans"]} == {
        (None, None, ())
    }
    staff = program(coop.steward).get(f"{ROOM}/commercial").get_json()
    assert staff["spans"][0]["holders"] == [{"member": coop.user.slug, "pairs": 1}]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b'{"cuts": ' + b"9" * 5000 + b"}", "not_json"),
        (b'["span:Z-D"]', "not_an_object"),
        (b'"span:Z-D"', "not_an_object"),
    ],
)
def test_a_body_that_is_no_json_object_is_told_so_with_a_remedy(program, coop, body, code):
    answer = program(coop.planner).post(f"{ROOM}/what-if", data=body, content_type="application/json")

    [problem] = answer.get_json()["problems"]
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert (problem["code"], problem["place"], problem["remedy"][:4]) == (code, "body", "Send")


def test_a_body_of_another_kind_is_not_taken_for_an_empty_one(program, coop):
    answer = program(coop.planner).post(f"{ROOM}/what-if", data=b"cuts=span:Z-D", content_type="text/plain")

    assert answer.status_code == 415
    assert "application/json" in answer.get_json()["detail"]
