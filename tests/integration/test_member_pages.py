"""The pages about signing in, members and people, as a browser without JavaScript meets them."""

from __future__ import annotations

import re

import pytest

from cni.config import Config
from cni.members.passwords import hash_password
from cni.members.policy import Role
from cni.runtime import Runtime
from tests.browser import Browser
from tests.conftest import NOW
from tests.factories import make_member, make_person

PASSWORD = "spare fibre shared fairly"
PASSWORD_HASH = hash_password(PASSWORD)


@pytest.fixture
def council(session):
    return make_member(session, "a-council")


@pytest.fixture
def administrator(session, council):
    person = make_person(session, council, Role.MEMBER_ADMIN, email="admin@council.example")
    person.password_hash = PASSWORD_HASH
    session.flush()
    return person


@pytest.fixture
def registrar(session):
    return make_person(session, None, Role.REGISTRAR)


def _sign_in(client, *, address="/sign-in", password=PASSWORD, **more):
    return client.post(address, data={"email": "admin@council.example", "password": password}, **more)


def test_signing_in_leads_to_where_one_was_heading(client, administrator):
    refused = client.get("/members?after=abc")
    assert refused.location == "/sign-in?next=/members?after%3Dabc"

    answer = _sign_in(client, address=refused.location)

    assert answer.location == "/members?after=abc"
    assert client.get("/members").status_code == 200


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "/\tx", "javascript:x"]
)
def test_signing_in_leads_nowhere_else(client, administrator, elsewhere):
    answer = client.post(
        "/sign-in", query_string={"next": elsewhere}, data={"email": "admin@council.example", "password": PASSWORD}
    )

    assert answer.location == "/"


def test_the_cookie_is_kept_from_scripts_and_other_sites(client, administrator):
    cookie = _sign_in(client).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


def test_with_https_the_cookie_is_sent_over_https_alone(test_runtime, session, administrator):
    from cni.app import create_app

    config = Config(secret_key="a key for the tests")
    app = create_app(config, Runtime(config, test_runtime.sessions, test_runtime.clock, test_runtime.chooser))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)

    answer = _sign_in(Browser(app), base_url="https://localhost")

    assert answer.headers["Set-Cookie"].startswith("__Host-cni=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.parametrize(("email", "password"), [("admin@council.example", "wrong"), ("nobody@isp.example", PASSWORD)])
def test_a_refused_sign_in_says_neither_what_was_wrong_nor_what_was_typed(client, administrator, email, password):
    answer = client.post("/sign-in", data={"email": email, "password": password})

    assert answer.status_code == 422
    assert "E-mail address or password is wrong." in answer.text
    assert "<title>Error: " in answer.text
    assert f'value="{email}"' in answer.text
    assert f'value="{password}"' not in answer.text


def test_every_field_left_empty_is_told_at_once(client):
    answer = client.post("/sign-in", data={"email": " ", "password": ""})

    assert answer.status_code == 422
    assert re.findall(r'<a href="#(\w+)">([^<]+)</a>', answer.text)[:2] == [
        ("email", "The e-mail address is missing."),
        ("password", "The password is missing."),
    ]


def test_too_many_attempts_are_answered_with_how_long_to_wait(client, administrator):
    for _ in range(10):
        _sign_in(client, password="wrong")

    answer = _sign_in(client)

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    assert "Wait 15 minutes" in answer.text


def test_signing_out_ends_the_session_for_good(client, administrator):
    _sign_in(client)
    stolen = client.get_cookie("cni").value

    assert client.post("/sign-out").location == "/sign-in"
    client.set_cookie("cni", stolen)

    assert client.get("/members").status_code == 302


def test_signing_in_keeps_nothing_of_the_session_before(client, administrator):
    client.get("/sign-in")
    with client.session_transaction() as before:
        before["planted"] = "by someone else"

    _sign_in(client)

    with client.session_transaction() as after:
        assert "planted" not in after


def test_a_form_without_its_token_is_refused(app, client, administrator):
    app.config["WTF_CSRF_ENABLED"] = True

    assert _sign_in(client).status_code == 400

    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)[1]
    signed_in = client.post(
        "/sign-in", data={"email": "admin@council.example", "password": PASSWORD, "csrf_token": token}
    )
    assert signed_in.status_code == 302


def test_an_administrator_invites_a_person_who_then_signs_in(app, client, administrator):
    client.sign_in_as(administrator)
    form = {"email": "new@council.example", "name": "New", "member": "a-council", "roles": ["planner", "delegate"]}

    shown = client.post("/people/new", data=form)

    link = re.search(r"http://localhost(/password/[\w-]+)", shown.text)[1]
    newcomer = Browser(app)
    assert "new@council.example" in newcomer.get(link).text
    assert newcomer.post(link, data={"password": "too short"}).status_code == 422
    assert newcomer.post(link, data={"password": "three unrelated words"}).location == "/sign-in"
    newcomer.post("/sign-in", data={"email": "new@council.example", "password": "three unrelated words"})
    assert "A Council" in newcomer.get("/").text
    assert newcomer.get(link).status_code == 404


def test_a_refused_invitation_shows_what_was_entered_and_every_problem(client, administrator):
    client.sign_in_as(administrator)

    answer = client.post("/people/new", data={"email": "no address", "name": "", "member": "a-council"})

    assert answer.status_code == 422
    for sentence in ("That is not an e-mail address.", "The name is missing.", "A role is missing."):
        assert sentence in answer.text
    assert 'value="no address"' in answer.text


def test_an_administrator_is_offered_no_staff_roles(client, administrator):
    page = client.sign_in_as(administrator).get("/people/new").text

    assert 'value="planner"' in page
    assert 'value="treasurer"' not in page
    assert "<select" not in page


def test_the_registrar_admits_a_member(client, registrar):
    client.sign_in_as(registrar)
    form = {
        "name": "Tame Homes",
        "slug": "tame-homes",
        "roles": ["contributor", "user"],
        "vat_number": "gb 980 7806 84",
        "self_billing_from": "2026-12-01",
        "self_billing_to": "2027-12-01",
    }

    assert client.post("/admit-member", data=form).location == "/members/tame-homes"

    page = client.get("/members/tame-homes").text
    assert "GB980780684" in page
    assert "1 December 2026 to 1 December 2027" in page


def test_a_member_that_cannot_be_admitted_is_told_every_reason(client, registrar):
    client.sign_in_as(registrar)
    form = {
        "name": "Tame Homes",
        "slug": "tame homes",
        "roles": "landlord",
        "vat_number": "12",
        "sort_code": "1",
        "joined_on": "2026-02-30",
    }

    answer = client.post("/admit-member", data=form)

    assert answer.status_code == 422
    places = dict.fromkeys(re.findall(r'<a href="#(\w+)">', answer.text))
    assert set(places) >= {"slug", "roles", "vat_number", "sort_code", "joined_on"}


@pytest.mark.parametrize("address", ["/people", "/people/new", "/audit", "/admit-member"])
def test_a_planner_is_kept_from_what_others_manage(client, session, council, address):
    answer = client.sign_in_as(make_person(session, council, Role.PLANNER)).get(address)

    assert answer.status_code == 403
    assert "Your role does not allow this." in answer.text


def test_the_menu_shows_what_the_role_allows(client, session, council, administrator, registrar):
    def menu(person) -> set[str]:
        page = client.sign_in_as(person).get("/").text
        return set(re.findall(r'<a href="(/[a-z]*)"', page[page.index("site-nav") : page.index("</nav>")]))

    assert {"/people"} <= menu(administrator)
    assert {"/people", "/audit"} <= menu(registrar)
    assert not {"/people", "/audit"} & menu(make_person(session, council, Role.PLANNER))


def test_roles_are_changed_on_a_persons_page(client, session, council, administrator):
    person = make_person(session, council, Role.PLANNER, email="p@council.example")
    client.sign_in_as(administrator)

    client.post(f"/people/{person.email}/roles", data={"roles": ["finance"]})

    page = client.get(f"/people/{person.email}").text
    assert re.search(r'value="finance" checked', page)
    assert not re.search(r'value="planner" checked', page)


def test_closing_someones_access_ends_their_session(app, client, session, council, administrator):
    person = make_person(session, council, Role.PLANNER)
    theirs = Browser(app).sign_in_as(person)
    assert theirs.get("/").status_code == 200

    client.sign_in_as(administrator).post(f"/people/{person.email}/close")

    assert theirs.get("/").status_code == 302


def test_ones_own_access_cannot_be_closed(client, administrator):
    answer = client.sign_in_as(administrator).post(f"/people/{administrator.email}/close")

    assert answer.status_code == 409
    assert "You cannot change your own access." in answer.text


def test_a_token_is_shown_once_and_opens_the_api(app, client, administrator):
    client.sign_in_as(administrator)

    shown = client.post("/access", data={"label": "Nightly export", "days": "30"}).text

    text = re.search(r"cni_\w{8}_[\w-]{43}", shown)[0]
    later = client.get("/access").text
    assert "Nightly export" in later
    assert text not in later
    answer = Browser(app).get("/api/v1/members", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("days", ["0", "366", "ten"])
def test_a_tokens_life_is_between_a_day_and_a_year(client, administrator, days):
    answer = client.sign_in_as(administrator).post("/access", data={"label": "Any", "days": days})

    assert answer.status_code == 422


def test_the_audit_trail_turns_its_pages(client, session, registrar):
    from cni.events.kinds import MemberAdmitted
    from cni.events.record import record
    from cni.members.policy import OPERATOR

    for number in range(60):
        record(session, OPERATOR, MemberAdmitted(subject=f"member-{number}"), at=NOW)
    session.flush()
    client.sign_in_as(registrar)

    first = client.get("/audit?kind=MemberAdmitted").text
    onwards = re.search(r'href="(/audit\?[^"]+)" rel="next"', first)[1].replace("&amp;", "&")
    second = client.get(onwards).text

    assert "member-59" in first
    assert "member-9<" not in first
    assert "member-9<" in second
    assert 'rel="next"' not in second


def test_htmx_is_answered_with_a_fragment_and_with_where_to_sign_in(client, administrator):
    stranger = client.get("/members", headers={"HX-Request": "true"})
    assert (stranger.status_code, stranger.headers["HX-Redirect"]) == (401, "/sign-in")

    refused = client.sign_in_as(administrator).get("/members/none", headers={"HX-Request": "true"})
    assert refused.status_code == 404
    assert refused.text.strip().startswith('<div id="alert"')


def test_what_is_too_large_is_refused_with_the_limit(client, administrator):
    client.sign_in_as(administrator)

    answer = client.post("/people/new", data={"name": "x" * (20 * 1024 * 1024)})

    assert answer.status_code == 413
    assert "More than 20 MB" in answer.text


def test_a_fault_of_ours_is_logged_under_the_reference_that_the_page_tells(app, client, administrator, caplog):
    app.testing = False
    app.view_functions["members.directory"] = lambda: 1 / 0

    answer = client.sign_in_as(administrator).get("/members")

    reference = re.search(r"FLT-\w{6}", answer.text)[0]
    assert answer.status_code == 500
    assert f"fault {reference} on GET /members" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "ZeroDivisionError" not in answer.text


def test_the_server_says_that_it_is_ready(client):
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ok"}


def test_the_server_says_that_the_schema_is_not_its_own(client, session, connection):
    connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "cni db upgrade" in answer.json["reason"]


def test_without_a_role_one_is_told_whom_to_ask(client, session, council):
    page = client.sign_in_as(make_person(session, council)).get("/")

    assert page.status_code == 200
    assert "You have no role yet" in page.text


def test_a_proxys_word_counts_only_as_far_as_the_settings_trust_it(test_runtime, administrator):
    from cni.app import create_app

    def seen_from(trusted_proxies: int) -> str:
        config = Config(secret_key="a key", secure_cookies=False, trusted_proxies=trusted_proxies)
        app = create_app(config, Runtime(config, test_runtime.sessions, test_runtime.clock, test_runtime.chooser))
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        browser = Browser(app)
        _sign_in(browser, headers={"X-Forwarded-For": "203.0.113.9"})
        return browser.get("/access").text

    assert "203.0.113.9" not in seen_from(0)
    assert "203.0.113.9" in seen_from(1)


def test_the_audit_trail_tells_long_lists_by_their_number(client, session, registrar):
    from cni.events.kinds import CoopLoaded, LeaseRequested
    from cni.events.record import record
    from cni.members.policy import OPERATOR

    many = ["A/1"] * 17
    requested = LeaseRequested(subject="LSE-1", quote="QUO-1", fibre_pairs=many, new_splices=0, existing_splices=0)
    record(session, OPERATOR, requested, at=NOW)
    record(session, OPERATOR, CoopLoaded(subject="co-op", added={"sites.csv": 40, "racks.csv": 0}), at=NOW)
    session.flush()

    page = client.sign_in_as(registrar).get("/audit").text

    assert "17 fibre pairs" in page
    assert "sites.csv 40<" in page
    assert "Lease requested" in page
