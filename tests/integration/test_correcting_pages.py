"""The forms that correct a member and the co-op, as a browser without JavaScript meets them."""

from __future__ import annotations

import re

import pytest

from cni.members.models import Cooperative, Member
from cni.members.policy import Role
from tests.factories import make_member, make_person


@pytest.fixture
def council(session):
    return make_member(session, "a-council", address="1 Square\nSalford")


@pytest.fixture
def administrator(session, council):
    return make_person(session, council, Role.MEMBER_ADMIN)


@pytest.fixture
def registrar(session):
    return make_person(session, None, Role.REGISTRAR)


def _fields(page: str) -> set[str]:
    main = page[page.index("<main") : page.index("</main>")]
    return set(re.findall(r'<(?:input|textarea|select)[^>]* name="(\w+)"', main)) - {"csrf_token"}


def _links(page: str) -> set[str]:
    return set(re.findall(r'href="(/members/a-council/\w+)"', page))


def test_a_members_page_leads_to_what_may_be_corrected(client, session, council, administrator, registrar):
    def links(person) -> set[str]:
        return _links(client.sign_in_as(person).get("/members/a-council").text)

    assert links(registrar) == {"/members/a-council/details", "/members/a-council/roles"}
    assert links(administrator) == {"/members/a-council/details"}
    assert links(make_person(session, council, Role.PLANNER)) == set()
    assert links(make_person(session, make_member(session), Role.MEMBER_ADMIN)) == set()


def test_the_registrar_corrects_everything_but_where_money_goes(client, session, council, registrar):
    client.sign_in_as(registrar)
    form = {
        "name": "A New Council",
        "sector": "",
        "address": "1 Square\r\nSalford",
        "postcode": "M1 1AA",
        "company_number": "",
        "vat_number": "gb 980 7806 84",
        "self_billing_from": "2026-01-01",
        "self_billing_to": "",
    }
    assert _fields(client.get("/members/a-council/details").text) == form.keys()

    assert client.post("/members/a-council/details", data=form).location == "/members/a-council"

    session.expire_all()
    member = session.get_one(Member, council.id)
    assert (member.name, member.postcode, member.self_billing_to) == ("A New Council", "M1 1AA", None)
    trail = client.get("/audit?kind=MemberCorrected").text
    assert "name, postcode, self_billing_to" in trail
    assert "M1 1AA" not in trail


def test_a_refused_correction_is_shown_again_with_every_reason(client, council, registrar):
    client.sign_in_as(registrar)
    form = {"name": "", "vat_number": "12", "self_billing_from": "2027-01-01", "self_billing_to": "2026-01-01"}

    answer = client.post("/members/a-council/details", data=form)

    assert answer.status_code == 422
    assert set(re.findall(r'<a href="#(\w+)">', answer.text)) >= {"name", "vat_number", "self_billing_to"}
    assert 'value="12"' in answer.text


def test_an_administrators_form_is_the_short_one(client, session, council, administrator):
    client.sign_in_as(administrator)
    form = {"sector": "housing", "address": "2 New Street", "postcode": "M1 1AA"}
    assert _fields(client.get("/members/a-council/details").text) == form.keys()

    client.post("/members/a-council/details", data=form)

    session.expire_all()
    member = session.get_one(Member, council.id)
    assert (member.sector, member.address, member.vat_number) == ("housing", "2 New Street", "GB980780684")
    assert client.post("/members/a-council/details", data={"name": "Mine"}).status_code == 403
    assert client.get("/members/a-council/roles").status_code == 403


def test_the_registrar_changes_what_a_member_is(client, council, registrar):
    client.sign_in_as(registrar)
    address = "/members/a-council/roles"
    assert re.findall(r'value="(\w+)" checked', client.get(address).text) == ["contributor", "user"]

    assert client.post(address, data={"roles": ["user", "investor"], "on": "2026-12-01"}).location == address
    shown = client.get(address).text
    refused = client.post(address, data={"roles": ["user"], "on": "2026-11-21"})

    assert "The roles of A Council change on 1 December 2026." in shown
    rows = re.findall(r'<th scope="row">(\w+)</th><td>([^<]+)</td><td>([^<]+)</td>', shown)
    assert rows == [
        ("Contributor", "The beginning", "1 December 2026"),
        ("User", "The beginning", "–"),
        ("Investor", "1 December 2026", "–"),
    ]
    assert refused.status_code == 422
    assert "21 November 2026 is past" in refused.text


def test_the_co_op_is_entered_and_corrected(client, session, administrator, registrar):
    client.sign_in_as(registrar)
    form = {"name": "Demonstration co-op", "address": "1 Yard", "postcode": "M99 9ZZ", "vat_number": "GB999111188"}
    assert 'href="/co-op"' in client.get("/").text
    assert _fields(client.get("/co-op").text) == form.keys() | {"registered_number"}

    assert client.post("/co-op", data=form).location == "/co-op"
    refused = client.post("/co-op", data=form | {"name": " ", "vat_number": "12"})

    assert session.get_one(Cooperative, 1).postcode == "M99 9ZZ"
    assert "Demonstration co-op" in client.get("/").text
    assert set(re.findall(r'<a href="#(\w+)">', refused.text)) >= {"name", "vat_number"}
    assert client.sign_in_as(administrator).get("/co-op").status_code == 403
