"""Sites, spans and contributions by the API."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from cni.assets.models import Span
from cni.members.policy import Role
from tests.factories import make_contribution, make_member, make_person, make_site, make_span

V1 = "/api/v1"
SPAN = {"id": "S1", "a": "AAA", "z": "BBB", "fibres": 48, "reserved_pairs": 6, "offered_pairs": 10}


@pytest.fixture
def council(session):
    return make_member(session, "irwell-council", roles="contributor")


@pytest.fixture
def sites(session):
    live = make_contribution(session)
    a = make_site(session, "AAA", live, longitude=-2.24, latitude=53.48)
    return a, make_site(session, "BBB", live, longitude=-2.23, latitude=53.48)


@pytest.fixture
def officer(api_client, session, council, sites):
    return api_client(make_person(session, council, Role.ASSET_OFFICER))


@pytest.fixture
def steward(api_client, session):
    return api_client(make_person(session, None, Role.NETWORK_STEWARD))


def count_spans(session):
    session.expire_all()
    return session.scalar(select(func.count(Span.id)))


def test_plant_is_proposed_accepted_and_then_listed(officer, steward):
    made = officer.post(f"{V1}/contributions", json={"note": "Ring", "spans": [SPAN]})
    assert made.status_code == 201
    reference = made.json["contribution"]["reference"]
    assert made.json["contribution"] | {"proposed_at": ""} == {
        "reference": reference, "member": "irwell-council", "status": "proposed", "note": "Ring", "proposed_at": "",
        "decided_at": None, "decision_note": None, "sites": [], "spans": ["S1"],
    }  # fmt: skip
    assert officer.get(f"{V1}/spans").json["items"] == []
    assert steward.post(f"{V1}/contributions/{reference}/accept").json["status"] == "live"
    span = officer.get(f"{V1}/spans/s1").json
    assert (span["offered_pairs"], span["free_pairs"], span["reserved_pairs"], span["dark_pairs"]) == (10, 10, 6, 8)
    assert span["geometry"] == {"type": "LineString", "coordinates": [[-2.24, 53.48], [-2.23, 53.48]]}
    assert [site["code"] for site in officer.get(f"{V1}/sites").json["items"]] == ["AAA", "BBB"]


def test_a_dry_run_says_what_would_be_added_and_saves_nothing(officer, session):
    line = {"type": "LineString", "coordinates": [[-2.23, 53.48], [-2.235, 53.481], [-2.24, 53.48]]}
    answer = officer.post(f"{V1}/contributions?dry_run=true", json={"spans": [SPAN | {"geometry": line}]})
    assert answer.status_code == 200
    assert answer.json["contribution"] is None
    assert answer.json["spans"][0]["length_basis"] == "drawn"
    assert 690 < answer.json["spans"][0]["length_m"] < 710
    assert count_spans(session) == 0


def test_every_problem_is_told_with_row_and_column(officer, session):
    bad = [SPAN | {"z": "NOWHERE", "colour": "red"}, SPAN | {"fibres": -2}, SPAN | {"geometry": {"type": "Point"}}]
    answer = officer.post(f"{V1}/contributions", json={"spans": bad})
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    found = {(problem["row"], problem["column"], problem["code"]) for problem in answer.json["problems"]}
    assert found == {
        (1, "colour", "unknown_column"),
        (1, "z", "unknown_site"),
        (2, "fibres", "bad_fibres"),
        (2, "id", "duplicate_id"),
        (3, "geometry", "bad_geometry"),
        (3, "id", "duplicate_id"),
    }
    assert count_spans(session) == 0


def test_a_refusal_says_why_and_leaves_the_codes(officer, steward):
    reference = officer.post(f"{V1}/contributions", json={"spans": [SPAN]}).json["contribution"]["reference"]
    assert steward.post(f"{V1}/contributions/{reference}/refuse", json={}).status_code == 422
    steward.post(f"{V1}/contributions/{reference}/refuse", json={"reason": "The duct is full."})
    found = officer.get(f"{V1}/contributions/{reference}").json
    assert (found["status"], found["decision_note"], found["spans"]) == ("refused", "The duct is full.", ["S1"])
    assert officer.post(f"{V1}/contributions/{reference}/accept").status_code == 403
    assert steward.post(f"{V1}/contributions/{reference}/accept").status_code == 409


def test_what_others_may_not_know_is_null(session, api_client, council, sites):
    make_span(session, "Ring-1", *sites, council)
    stranger = api_client(make_person(session, make_member(session, "spindle", roles="user"), Role.PLANNER))
    span = stranger.get(f"{V1}/spans/Ring-1").json
    assert (span["offered_pairs"], span["free_pairs"]) == (4, 4)
    assert span["reserved_pairs"] is span["leased_pairs"] is span["dark_pairs"] is span["broken_pairs"] is None


def test_anothers_contribution_is_not_found(officer, session, api_client):
    reference = officer.post(f"{V1}/contributions", json={"spans": [SPAN]}).json["contribution"]["reference"]
    stranger = api_client(make_person(session, make_member(session, "tame-valley-nhs"), Role.ASSET_OFFICER))
    assert stranger.get(f"{V1}/contributions/{reference}").status_code == 404
    assert stranger.get(f"{V1}/spans/S1").status_code == 404
    assert stranger.get(f"{V1}/contributions").json["items"] == []
    mine = officer.get(f"{V1}/contributions").json["items"]
    assert [contribution["reference"] for contribution in mine] == [reference]


def test_spans_are_listed_by_page_owner_and_free_pairs(officer, session, council, sites):
    for number in range(3):
        make_span(session, f"S{number}", *sites, council, offered=number)
    first = officer.get(f"{V1}/spans?limit=2").json
    rest = officer.get(f"{V1}/spans?limit=2&after={first['next']}").json
    assert [span["code"] for span in first["items"] + rest["items"]] == ["S0", "S1", "S2"]
    assert [span["code"] for span in officer.get(f"{V1}/spans?free_pairs=2").json["items"]] == ["S2"]
    assert officer.get(f"{V1}/spans?owner=nobody").json["items"] == []
    assert officer.get(f"{V1}/spans?free_pairs=-1").status_code == 422
