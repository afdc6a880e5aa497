"""The API about members, people and tokens, as a program meets it."""

from __future__ import annotations

import pytest

from cni.members.policy import Role
from tests.factories import make_member, make_person


@pytest.fixture
def council(session):
    return make_member(session, "a-council")


@pytest.fixture
def administrator(session, council):
    return make_person(session, council, Role.MEMBER_ADMIN, email="admin@council.example")


def test_the_directory_goes_on_by_link(session, council, administrator, api_client):
    for _ in range(3):
        make_member(session)
    program = api_client(administrator)

    first = program.get("/api/v1/members?limit=3")

    onwards = f"/api/v1/members?limit=3&after={first.json['next']}".replace("=", "%3D").replace("%3D", "=", 2)
    assert first.headers["Link"] == f'<{onwards}>; rel="next"'
    second = program.get(first.headers["Link"].partition(">")[0][1:])
    assert len(first.json["items"] + second.json["items"]) == 4
    assert second.json["next"] is None
    assert "Link" not in second.headers


def test_a_member_has_details_for_its_own_people_only(session, council, administrator, api_client):
    stranger = make_person(session, make_member(session), Role.FINANCE)

    own = api_client(administrator).get("/api/v1/members/A-COUNCIL").json
    others = api_client(stranger).get("/api/v1/members/a-council").json

    assert own["details"]["postcode"] == "M99 9ZZ"
    assert others["details"] is None
    assert others["roles"] == ["contributor", "user"]


def test_wrong_parameters_are_all_told(administrator, api_client):
    answer = api_client(administrator).get("/api/v1/members?limit=0&sort=name")

    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert {problem["place"] for problem in answer.json["problems"]} == {"limit", "sort"}


def test_people_are_listed_for_who_manages_them(session, council, administrator, api_client):
    planner = make_person(session, council, Role.PLANNER, email="z@council.example")

    listed = api_client(administrator).get("/api/v1/people").json["items"]

    assert [person["email"] for person in listed] == ["admin@council.example", "z@council.example"]
    assert set(listed[0]) == {"email", "name", "member", "roles", "is_active", "has_password"}
    assert api_client(planner).get("/api/v1/people").status_code == 403


def test_a_token_can_revoke_itself(administrator, api_client):
    program = api_client(administrator)
    (token,) = program.get("/api/v1/tokens").json["items"]

    assert program.delete(f"/api/v1/tokens/{token['public_id']}").status_code == 204
    assert program.get("/api/v1/tokens").status_code == 401


def test_there_is_no_such_resource(administrator, api_client):
    answer = api_client(administrator).get("/api/v1/nothing")

    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_the_api_describes_itself_with_its_tokens_and_its_refusals(client):
    document = client.get("/api/v1/openapi.json").json

    assert document["openapi"] == "3.1.0"
    assert document["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}
    assert document["security"] == [{"token": []}]
    for address, path in document["paths"].items():
        for method in path.keys() & {"get", "post", "put", "patch", "delete"}:
            refusal = path[method]["responses"]["default"]
            assert refusal == {"$ref": "#/components/responses/DEFAULT_ERROR"}, (method, address)
            assert path[method]["summary"], (method, address)
    assert "application/problem+json" in document["components"]["responses"]["DEFAULT_ERROR"]["content"]
