"""The map, its table, and the pages of sites and spans."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import select

from cni.assets.models import Site
from cni.members.policy import Role
from tests.factories import make_contribution, make_member, make_person, make_risk_group, make_site, make_span


@pytest.fixture
def plant(session):
    council = make_member(session, "irwell-council", roles="contributor")
    nhs = make_member(session, "tame-valley-nhs")
    live = make_contribution(session, council)
    a, b, c = (make_site(session, code, live) for code in ("AAA", "BBB", "CCC"))
    bridge = make_risk_group(session, "BRIDGE")
    make_span(session, "A/B", a, b, council, risks=[bridge], duct_owner_id=nhs.id)
    make_span(session, "B-C", b, c, nhs, risks=[bridge], offered=1, contribution_id=make_contribution(session, nhs).id)
    return council


@pytest.fixture
def planner(client, session, plant):
    return client.sign_in_as(make_person(session, make_member(session, "spindle", roles="user"), Role.PLANNER))


@pytest.fixture
def officer(client, session, plant):
    return client.sign_in_as(make_person(session, plant, Role.ASSET_OFFICER))


def drawn_on(page):
    """The features that a page carries for its map, by code."""
    data = re.search(r'<div id="map-data" hidden>(.*?)</div>', page.text).group(1)
    return [feature["properties"]["code"] for feature in json.loads(data)["features"]]


def test_the_map_and_its_table_show_the_same_spans(planner):
    data = planner.get("/map/plant.json")
    assert data.content_type == "application/geo+json"
    assert data.cache_control.private
    codes = [feature["properties"]["code"] for feature in data.get_json()["features"]]
    assert codes == ["AAA", "BBB", "CCC", "A/B", "B-C"]
    assert re.findall(r'<tr data-span="([^"]+)">', planner.get("/map").text) == ["A/B", "B-C"]


def test_a_span_is_drawn_from_longitude_to_latitude_with_its_facts(planner):
    span = planner.get("/map/plant.json").get_json()["features"][3]
    assert span["geometry"]["coordinates"][0][1] == 53.48
    facts = span["properties"]
    assert facts | {"url": ""} == {
        "type": "span", "code": "A/B", "a": "AAA", "z": "BBB", "length_m": 1000.0, "length_basis": "as_built",
        "fibre_owner": "Irwell Council", "duct_owner": "Tame Valley Nhs", "offered_pairs": 4, "free_pairs": 4,
        "risks": ["Risk BRIDGE"], "risk_codes": ["BRIDGE"], "status": "live",
        "tier": "members", "url": "",
    }  # fmt: skip
    assert planner.get(facts["url"]).status_code == 200


def test_the_table_is_narrowed_by_owner_and_free_pairs(planner):
    assert re.findall(r'data-span="([^"]+)"', planner.get("/map?owner=tame-valley-nhs").text) == ["B-C"]
    assert re.findall(r'data-span="([^"]+)"', planner.get("/map?free_pairs=2").text) == ["A/B"]
    nothing = planner.get("/map?free_pairs=200")
    assert "No span is like that." in nothing.text
    assert planner.get("/map?free_pairs=many").status_code == 422


def test_a_span_shows_all_its_pairs_to_its_owner_and_not_to_others(planner, officer, app, session, plant):
    own = officer.get("/plant/spans/A/B").text
    assert "Reserved to the owner" in own
    assert "B-C" in own  # the other span under the bridge
    stranger = make_person(session, make_member(session, "weft", roles="user"), Role.PLANNER)
    other = officer.sign_in_as(stranger).get("/plant/spans/a/b").text
    assert "Free today" in other
    assert "Reserved to the owner" not in other


def test_a_site_shows_the_spans_that_meet_there(planner, session):
    page = planner.get("/plant/sites/BBB")
    assert sorted(drawn_on(page)) == ["A/B", "AAA", "B-C", "BBB", "CCC"]
    site = session.scalars(select(Site).where(Site.code == "BBB")).one()
    assert f"{round(site.latitude, 3)}, {round(site.longitude, 3)} " in page.text
    assert "about 100 m" in page.text
    assert planner.get("/plant/sites").text.count("/plant/sites/") == 3


def test_a_name_cannot_break_out_of_the_data_that_a_page_carries(client, session, plant):
    live = make_contribution(session)
    make_site(session, "EVIL", live, name="</script><script>alert(1)</script>")
    page = client.sign_in_as(make_person(session, plant, Role.PLANNER)).get("/plant/sites/EVIL")
    assert drawn_on(page) == ["EVIL"]
    assert "<script>alert" not in page.text


def test_what_does_not_exist_is_not_found(planner):
    for address in ("/plant/sites/NOWHERE", "/plant/spans/NOTHING", "/contributions/CON-222222"):
        assert planner.get(address).status_code in (403, 404)


def test_an_empty_co_op_is_told_where_to_begin(client, session):
    council = make_member(session, "irwell-council", roles="contributor")
    officer = client.sign_in_as(make_person(session, council, Role.ASSET_OFFICER))
    assert "No plant yet" in officer.get("/map").text
    assert "Register your first fibre" in officer.get("/").text
    assert "No contributions yet" in officer.get("/contributions").text
    assert "No sites yet" in officer.get("/plant/sites").text


def test_the_map_page_asks_few_questions(planner, count_queries):
    with count_queries() as statements:
        planner.get("/map")
    assert len(statements) <= 12
