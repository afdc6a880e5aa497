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
            places = {each["in"] for each in path[method].get("parameters", []) if "in" in each}
            assert places <= {"query", "path", "header", "cookie"}, (method, address)
    assert "application/problem+json" in document["components"]["responses"]["DEFAULT_ERROR"]["content"]


def test_the_registrar_corrects_the_fields_sent_and_a_program_is_told_every_problem(session, council, api_client):
    program = api_client(make_person(session, None, Role.REGISTRAR))

    corrected = program.patch("/api/v1/members/a-council", json={"vat_number": "gb 980 7806 84", "company_number": ""})
    wrong = {"name": " ", "vat_number": "12", "self_billing_from": "2027-01-01", "self_billing_to": "2026-01-01"}
    refused = program.patch("/api/v1/members/a-council", json=wrong | {"account_number": "31926819"})

    assert corrected.json["details"]["vat_number"] == "GB980780684"
    assert corrected.json["details"]["company_number"] is None
    assert corrected.json["details"]["postcode"] == "M99 9ZZ"
    assert (refused.status_code, refused.mimetype) == (422, "application/problem+json")
    places = {problem["place"]: problem["code"] for problem in refused.json["problems"]}
    assert places == {
        "name": "missing",
        "vat_number": "invalid",
        "self_billing_to": "invalid",
        "account_number": "unknown_field",
    }


def test_a_members_administrator_corrects_its_address_and_not_its_numbers(council, administrator, api_client):
    program = api_client(administrator)

    given = program.patch(
        "/api/v1/members/a-council", json={"address": "2 New Street\r\nSalford", "postcode": "M1 1AA"}
    )

    assert given.json["details"]["address"] == "2 New Street\nSalford"
    assert program.patch("/api/v1/members/a-council", json={"vat_number": None}).status_code == 403


def test_what_a_member_is_changes_from_a_day_on(session, council, administrator, api_client):
    registrar = api_client(make_person(session, None, Role.REGISTRAR))
    address = "/api/v1/members/a-council/roles"

    assert registrar.put(address, json={"roles": ["user"]}).json["roles"] == ["user"]
    later = registrar.put(address, json={"roles": ["user", "investor"], "on": "2026-12-01"})
    past = registrar.put(address, json={"roles": [], "on": "2026-11-21"})

    assert later.json["roles"] == ["user"]
    assert past.status_code == 422
    assert {problem["place"] for problem in past.json["problems"]} == {"roles", "on"}
    assert api_client(administrator).put(address, json={"roles": ["investor"]}).status_code == 403


def test_the_co_op_is_the_registrars_to_correct(session, administrator, api_client):
    registrar = api_client(make_person(session, None, Role.REGISTRAR))

    assert registrar.get("/api/v1/co-op").json["name"] is None
    entered = registrar.patch("/api/v1/co-op", json={"name": "Demonstration co-op", "vat_number": "GB999111188"})
    refused = registrar.patch("/api/v1/co-op", json={"name": None, "vat_number": "none"})

    assert registrar.get("/api/v1/co-op").json == entered.json
    assert entered.json["vat_number"] == "GB999111188"
    assert {problem["place"] for problem in refused.json["problems"]} == {"name", "vat_number"}
    assert api_client(administrator).get("/api/v1/co-op").status_code == 403
