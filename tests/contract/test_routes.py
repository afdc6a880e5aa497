"""Every address is guarded, hardened, and a GET never writes."""

from __future__ import annotations

import re

import pytest

from cni.api import bearer
from cni.config import Config
from cni.members.policy import MEMBER_ROLES, STAFF_ROLES, Role
from cni.web import session as web_session
from cni.web.security import CONTENT_SECURITY_POLICY
from tests.contract.doors import anything, routes
from tests.factories import make_member, make_person

PUBLIC = {
    "api-docs.openapi_json",  # the description of the API tells nothing of the co-op
    "auth.choose_password",  # behind a secret that was passed on
    "auth.save_password",
    "auth.sign_in",
    "auth.start_session",
    "health.healthz",
    "health.readyz",
    "ogc.api",  # from here on: plant, each by the tier of who asks; see test_open_data.py
    "ogc.collection",
    "ogc.collections",
    "ogc.conformance",
    "ogc.item",
    "ogc.items",
    "ogc.landing",
    "ogc.feature_schema",
    "ogc.schema",
    "open.geojson",
    "open.geopackage",
    "open.index",
    "open.ofds",
    "open.statistics",
    "open.tables",
    "static",
    "tiles.grid",
    "tiles.mercator",
}


def test_the_public_endpoints_are_these_and_no_others(app):
    assert web_session.PUBLIC | bearer.PUBLIC == PUBLIC
    assert {route.endpoint for route in routes(app)} >= PUBLIC


def test_every_other_page_sends_a_stranger_to_the_sign_in_page(app, client):
    bare = []
    for route in routes(app):
        if route.endpoint in PUBLIC or route.rule.rule.startswith("/api/"):
            continue
        answer = client.open(anything(route), method=route.method)
        is_guarded = answer.location.startswith("/sign-in") if route.method == "GET" else answer.status_code == 401
        bare += [] if is_guarded else [f"{route}: {answer.status}"]

    assert bare == []


def test_every_other_resource_refuses_a_program_without_a_valid_token(app, client):
    bare = []
    for route in routes(app):
        if route.endpoint in PUBLIC or not route.rule.rule.startswith("/api/"):
            continue
        for headers in ({}, {"Authorization": "Bearer cni_AAAAAAAA_guess"}, {"Authorization": "Basic eDp5"}):
            answer = client.open(anything(route), method=route.method, headers=headers)
            is_guarded = answer.status_code == 401 and answer.mimetype == "application/problem+json"
            bare += [] if is_guarded else [f"{route}: {answer.status}"]

    assert bare == []


def test_a_session_in_a_browser_opens_no_resource_of_the_api(client, session):
    person = make_person(session, make_member(session), Role.PLANNER)

    answer = client.sign_in_as(person).get("/api/v1/members")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].lower().startswith("bearer")


def test_every_answer_carries_the_security_headers(app, client, api_client, session):
    person = make_person(session, make_member(session), Role.PLANNER)
    everyone = [client, client.sign_in_as(person), api_client(person)]
    missing = []
    for route in routes(app):
        for visitor in everyone:
            answer = visitor.open(anything(route), method=route.method)
            is_hardened = (
                answer.headers.get("Content-Security-Policy") == CONTENT_SECURITY_POLICY
                and answer.headers.get("X-Content-Type-Options") == "nosniff"
                and answer.headers.get("Referrer-Policy") == "same-origin"
            )
            missing += [] if is_hardened else [str(route)]

    assert missing == []
    assert client.get("/there-is-no-such-page").headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_a_page_behind_the_gate_is_not_stored(client, session):
    client.sign_in_as(make_person(session, make_member(session), Role.PLANNER))

    assert client.get("/").headers["Cache-Control"] == "no-store"


def test_reading_a_page_or_a_resource_writes_nothing(app, client, api_client, session, count_queries):
    person = make_person(session, None, *(MEMBER_ROLES | STAFF_ROLES))  # as far in as one can get
    browser, program = client.sign_in_as(person), api_client(person)
    writing = []
    for route in routes(app):
        if route.method != "GET":
            continue
        visitor = program if route.rule.rule.startswith("/api/") else browser
        with count_queries() as statements:
            visitor.get(anything(route))
        writing += [f"{route}: {words}" for words in statements if re.match("(INSERT|UPDATE|DELETE|MERGE)", words)]

    assert writing == []


def test_no_address_makes_the_program_fail(app, client, api_client, session):
    person = make_person(session, None, *(MEMBER_ROLES | STAFF_ROLES))  # as far in as one can get
    browser, program = client.sign_in_as(person), api_client(person)
    failing = []
    for route in routes(app):
        if route.method == "GET" and route.parameters - {"filename"}:
            visitor = program if route.rule.rule.startswith("/api/") else browser
            answer = visitor.get(anything(route, "a NUL: \0"))
            failing += [f"{route}: {answer.status}"] if answer.status_code >= 500 else []

    assert failing == []


def test_the_program_does_not_start_without_a_key_to_sign_cookies_with():
    from cni.app import create_app

    with pytest.raises(ValueError, match="CNI_SECRET_KEY is not set"):
        create_app(Config())
