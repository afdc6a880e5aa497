"""The pages on which live plant is edited, without JavaScript, and the API's resources."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cni.assets.models import Site, Span
from cni.ledger.book import lock_month
from cni.members.models import Member
from cni.members.policy import Role
from cni.primitives.geo import wkb_of
from cni.primitives.period import Month
from tests.conftest import NOW
from tests.factories import make_member, make_person
from tests.leases import make_coop

EDIT = "/plant/edit"
SPLIT = f"{EDIT}/spans/A-B/split"
MIDDLE = {"where": "53.48051, -2.295", "id": "M", "name": "Middle Chamber", "kind": "chamber"}
NEXT = {"where": "53.4808, -2.292", "id": "N", "name": "Next Chamber", "kind": "chamber"}


@pytest.fixture
def coop(session):
    coop = make_coop(session)
    for code, place in {"A": (-2.30, 53.48), "B": (-2.28, 53.48)}.items():
        site = session.scalars(select(Site).where(Site.code == code)).one()
        site.longitude, site.latitude = place
    coop.spans["A-B"].geometry = wkb_of([(-2.30, 53.48), (-2.29, 53.481), (-2.28, 53.48)])
    session.flush()
    session.expire_all()
    return coop


@pytest.fixture
def officer(session, coop):
    return make_person(session, session.get_one(Member, coop.spans["A-B"].fibre_owner_id), Role.ASSET_OFFICER)


@pytest.fixture
def browser(client, officer):
    return client.sign_in_as(officer)


def live(session):
    session.expire_all()
    return set(session.scalars(select(Span.code).where(Span.retired_on.is_(None))))


def carried(page):
    """Return what a page carries to the next step."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


def test_what_is_ones_own_is_listed_with_its_editors(browser):
    page = browser.get(EDIT).text

    assert 'data-span="A-B"' in page
    assert f'href="{SPLIT}"' in page
    assert browser.get(f"{EDIT}?span=a-b").location == f"{EDIT}/spans/A-B/line"
    assert {feature["properties"]["url"] for feature in browser.get(f"{EDIT}/plant.json").json["features"]} >= {
        f"{EDIT}/spans/A-B/line",
        f"{EDIT}/sites/A/place",
    }


def test_a_split_is_shown_then_saved_then_undone_then_made_again(browser, session, coop):
    lease = coop.accepted()
    shown = browser.post(SPLIT, data=MIDDLE)
    assert shown.status_code == 200
    assert "Nothing is saved yet" in shown.text
    assert lease.reference in shown.text
    assert "A-B" in live(session)

    saved = browser.post(SPLIT, data=carried(shown.text) | {"act": "save"})
    assert saved.location == EDIT
    assert {"A-B.1", "A-B.2"} <= live(session)

    page = browser.get(EDIT).text
    undo = re.search(rf'action="({EDIT}/EDT-\w+/undo)"', page)[1]
    assert browser.post(undo).location == EDIT
    assert "A-B" in live(session)
    assert browser.post(undo).status_code == 409
    assert browser.post(undo.replace("undo", "redo")).location == EDIT
    assert "A-B.1" in live(session)


def test_what_keeps_an_edit_from_being_undone_is_said_before_it_is_tried(browser, session, coop):
    lease = coop.accepted()
    browser.post(SPLIT, data=MIDDLE | {"act": "save"})
    browser.post(f"{EDIT}/spans/A-B.2/split", data=NEXT | {"act": "save"})

    page = browser.get(EDIT).text
    first = re.search(r'disabled aria-describedby="why-(EDT-\w+)">Undo', page)[1]
    reasons = re.search(rf'id="why-{first}">(.*?)</ul>', page, re.DOTALL)[1]

    assert "Span A-B.2 was changed since. Undo that first." in reasons
    assert f"Lease {lease.reference} was made or changed since." in reasons
    (last,) = re.findall(rf'action="{EDIT}/(EDT-\w+)/undo"', page)
    assert last != first
    browser.post(f"{EDIT}/{last}/undo")
    assert f'action="{EDIT}/{first}/undo"' in browser.get(EDIT).text


def test_a_page_of_edits_waits_for_nobody_who_settles_their_month(browser, coop, engine):
    coop.accepted()
    browser.post(SPLIT, data=MIDDLE | {"act": "save"})
    with engine.begin() as settling:
        lock_month(Session(settling), Month.of(NOW.date()))

        page = browser.get(EDIT)

    assert page.status_code == 200
    assert re.search(rf'action="{EDIT}/EDT-\w+/undo"', page.text)


def test_two_edits_are_listed_in_as_many_statements_as_one(browser, coop, count_queries):
    coop.accepted()
    counts = []
    for path, made in ((SPLIT, MIDDLE), (f"{EDIT}/spans/A-B.2/split", NEXT)):
        browser.post(path, data=made | {"act": "save"})
        with count_queries() as statements:
            assert browser.get(EDIT).status_code == 200
        counts.append(len(statements))

    assert counts[0] == counts[1]


def test_what_is_wrong_with_a_split_is_told_at_its_fields_and_what_was_entered_stays(browser):
    answer = browser.post(SPLIT, data=MIDDLE | {"where": "SJ 00 00", "name": ""})

    assert answer.status_code == 422
    assert "The name of the site is missing." in answer.text
    assert 'value="SJ 00 00"' in answer.text
    assert 'id="where-error"' not in browser.post(SPLIT, data=MIDDLE).text


def test_what_was_checked_can_be_changed(browser):
    shown = browser.post(SPLIT, data=MIDDLE).text

    again = browser.post(SPLIT, data=carried(shown) | {"act": "change"})
    assert again.status_code == 200
    assert 'value="Middle Chamber"' in again.text


def test_a_line_is_changed_by_typing_places(browser, session):
    form = browser.get(f"{EDIT}/spans/A-B/line").text
    assert "53.4810000, -2.2900000" in form

    data = {"line": "53.48, -2.30\nSJ 80800 98300\n53.48, -2.28", "length_m": "", "length_basis": ""}
    shown = browser.post(f"{EDIT}/spans/A-B/line", data=data)
    assert "1,200.0 m" in shown.text
    browser.post(f"{EDIT}/spans/A-B/line", data=data | {"act": "save"})

    session.expire_all()
    assert session.scalars(select(Span).where(Span.code == "A-B")).one().length_basis == "drawn"


def test_a_site_is_moved_and_one_is_added(browser, session):
    assert browser.get(f"{EDIT}/sites/B/place").status_code == 200
    browser.post(f"{EDIT}/sites/B/place", data={"where": "53.4803, -2.2801", "act": "save"})
    browser.post(f"{EDIT}/new-site", data=MIDDLE | {"act": "save"})

    session.expire_all()
    sites = {site.code: site for site in session.scalars(select(Site))}
    assert (sites["B"].longitude, sites["B"].latitude) == (-2.2801, 53.4803)
    assert sites["M"].retired_on is None


def test_two_spans_are_merged(browser, session):
    browser.post(SPLIT, data=MIDDLE | {"act": "save"})
    form = browser.get(f"{EDIT}/spans/A-B.1/merge").text
    assert "A-B.2: Middle Chamber to Site B" in form

    shown = browser.post(f"{EDIT}/spans/A-B.1/merge", data={"second": "A-B.2", "with_site": "yes"})
    assert "It leaves the plant." in shown.text
    browser.post(f"{EDIT}/spans/A-B.1/merge", data={"second": "A-B.2", "with_site": "yes", "act": "save"})

    assert "A-B.3" in live(session)


def test_a_span_that_was_split_is_replaced_by_its_parts(browser, api_client, session, officer):
    program = api_client(officer)
    program.post("/api/v1/plant-edits/splits", json={"span": "A-B"} | MIDDLE)

    told = program.get("/api/v1/spans/A-B").json
    page = browser.get("/plant/spans/A-B").text

    assert (told["status"], told["replaced_by"]) == ("replaced", ["A-B.1", "A-B.2"])
    assert told["retired_on"]
    assert 'href="/plant/spans/A-B.1"' in page
    assert "Replaced</span>" in page
    merged = {"first": "A-B.1", "second": "A-B.2", "with_site": True}
    assert program.post("/api/v1/plant-edits/merges", json=merged).status_code == 201
    site = program.get("/api/v1/sites/M").json
    assert (site["status"], bool(site["retired_on"])) == ("withdrawn", True)
    assert ">Live<" not in browser.get("/plant/sites/M").text


def test_others_plant_has_no_editor(client, session, coop):
    stranger = client.sign_in_as(make_person(session, make_member(session), Role.ASSET_OFFICER))

    assert stranger.get(SPLIT).status_code == 403
    assert stranger.get(f"{EDIT}/sites/A/place").status_code == 403
    assert stranger.post(SPLIT, data=MIDDLE | {"act": "save"}).status_code == 403
    assert stranger.get(f"{EDIT}/spans/NONE/split").status_code == 404
    assert "Nothing to edit yet" in stranger.get(EDIT).text


def test_a_planner_is_told_that_the_role_does_not_allow_it(client, session, coop):
    planner = client.sign_in_as(make_person(session, coop.user, Role.PLANNER))

    assert planner.get(EDIT).status_code == 403
    assert "Edit plant" not in planner.get("/map").text


def test_a_program_edits_plant_and_undoes_it(api_client, session, officer, coop):
    program = api_client(officer)

    made = program.post("/api/v1/plant-edits/splits", json={"span": "A-B"} | MIDDLE)
    assert made.status_code == 201
    assert made.json["spans_after"] == ["A-B.1", "A-B.2"]
    edit = f"/api/v1/plant-edits/{made.json['reference']}"
    assert program.get("/api/v1/plant-edits").json["items"][0] == made.json
    assert program.post(f"{edit}/undo").json["undone_at"]
    assert program.post(f"{edit}/undo").json["code"] == "edit_undone"
    assert program.post(f"{edit}/redo").json["undone_at"] is None
    merged = program.post("/api/v1/plant-edits/merges", json={"first": "A-B.1", "second": "A-B.2", "code": "AB"})
    assert merged.json["spans_after"] == ["AB"]
    line = {"span": "AB", "line": "LINESTRING (-2.30 53.48, -2.28 53.48)"}
    assert program.post("/api/v1/plant-edits/lines", json=line).status_code == 201
    assert program.post("/api/v1/plant-edits/moves", json={"site": "B", "where": "53.4801, -2.28"}).status_code == 201
    wrong = program.post("/api/v1/plant-edits/sites", json=MIDDLE)
    assert (wrong.status_code, wrong.json["problems"][0]["code"]) == (422, "already_registered")
