"""Registering fibre in a browser: draw or type; check, then register; the steward decides. Files: test_import_pages."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import func, select

from cni.assets.models import Contribution, Site, Span
from cni.assets.words import ContributionStatus
from cni.members.policy import Role
from tests.browser import Browser
from tests.factories import make_contribution, make_member, make_person, make_site

CABLE = {"id": "AAA-BBB", "a": "AAA", "z": "BBB", "fibres": "48", "reserved_pairs": "6", "offered_pairs": "10"}


@pytest.fixture
def council(session):
    return make_member(session, "irwell-council", roles="contributor")


@pytest.fixture
def sites(session):
    live = make_contribution(session)
    make_site(session, "AAA", live, longitude=-2.24, latitude=53.48)
    make_site(session, "BBB", live, longitude=-2.23, latitude=53.48)


@pytest.fixture
def officer(client, session, council, sites):
    return client.sign_in_as(make_person(session, council, Role.ASSET_OFFICER))


def carried(page):
    """The fields that a page carries along, by name."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text))


def spans_saved(session):
    session.expire_all()
    return session.scalar(select(func.count(Span.id)))


@pytest.mark.parametrize("way", ["draw", "type"])
def test_a_span_is_checked_first_and_registered_by_the_next_press(officer, session, way):
    checked = officer.post(f"/plant/register/{way}", data=CABLE)
    assert checked.status_code == 200
    assert (
        "664 m" in checked.text
    )  # 0.01° of longitude at 53.48° north: 0.01 × 111,320 m × cos 53.48° ≈ 663, ellipsoid 664
    assert spans_saved(session) == 0
    done = officer.post(f"/plant/register/{way}", data=carried(checked) | {"act": "register"}, follow_redirects=True)
    assert "Registered." in done.text
    assert spans_saved(session) == 1


def test_what_was_entered_can_be_changed_after_the_check(officer):
    checked = officer.post("/plant/register/type", data=CABLE | {"bends": "53.481, -2.235"})
    again = officer.post("/plant/register/type", data=carried(checked) | {"act": "change"})
    assert 'value="AAA-BBB"' in again.text
    assert "53.481, -2.235" in again.text


def test_every_problem_of_a_form_stands_at_its_field(officer, session):
    refused = officer.post("/plant/register/type", data={"a": "AAA", "z": "", "fibres": "48", "offered_pairs": "30"})
    assert refused.status_code == 422
    for field in ("id", "z", "offered_pairs"):
        assert f'href="#{field}"' in refused.text
    assert "The site where the span ends is missing." in refused.text
    assert spans_saved(session) == 0


def test_bends_may_be_grid_references_or_degrees(officer):
    checked = officer.post("/plant/register/type", data=CABLE | {"bends": "SJ 8440 9850\n53.4830, -2.2320"})
    assert checked.status_code == 200
    refused = officer.post("/plant/register/type", data=CABLE | {"bends": "SJ 8440 9850\nround the corner"})
    assert refused.status_code == 422
    assert "Line 2" in refused.text


def test_a_new_site_comes_with_the_span_that_ends_there(officer, session):
    new = {"z": "", "z_id": "NEW", "z_name": "New chamber", "z_kind": "chamber", "z_where": "SJ 8450 9830"}
    checked = officer.post("/plant/register/type", data=CABLE | new)
    officer.post("/plant/register/type", data=carried(checked) | {"act": "register"})
    session.expire_all()
    assert session.scalar(select(Site.name).where(Site.code == "NEW")) == "New chamber"


def test_a_new_site_without_a_place_stands_where_the_drawn_line_ends(officer, session):
    line = "LINESTRING (-2.24 53.48, -2.236 53.482, -2.231 53.484)"
    new = {"z": "", "z_id": "NEW", "z_name": "New cabinet", "z_kind": "cabinet", "geometry": line}
    checked = officer.post("/plant/register/draw", data=CABLE | new)
    officer.post("/plant/register/draw", data=carried(checked) | {"act": "register"})
    session.expire_all()
    assert session.execute(select(Site.longitude, Site.latitude).where(Site.code == "NEW")).one() == (-2.231, 53.484)


def test_more_than_20_megabytes_are_refused(officer):
    form = {"data": b"x" * (21 << 20), "content_type": "multipart/form-data; boundary=limit"}
    refused = officer.post("/plant/register/upload", **form)
    assert refused.status_code == 413
    assert "20 MB" in refused.text


def test_template_files_name_the_columns(officer):
    assert officer.get("/plant/register/spans.csv").text.startswith("id,a,z,length_m")
    assert officer.get("/plant/register/sites.csv").text.startswith("id,name,kind,latitude")


def test_the_steward_accepts_and_the_span_is_on_everyones_map(officer, session, client, app, council):
    checked = officer.post("/plant/register/draw", data=CABLE)
    officer.post("/plant/register/draw", data=carried(checked) | {"act": "register"})
    reference = session.scalar(select(Contribution.reference).where(Contribution.member_id == council.id))
    page = officer.get(f"/contributions/{reference}").text
    assert "Proposed" in page
    assert "Accept" not in page
    steward = Browser(app).sign_in_as(make_person(session, None, Role.NETWORK_STEWARD))
    assert reference in steward.get("/").text
    assert "Accept: put it live" in steward.get(f"/contributions/{reference}").text
    assert officer.post(f"/contributions/{reference}/accept").status_code == 403
    assert "Live" in steward.post(f"/contributions/{reference}/accept", follow_redirects=True).text
    assert steward.post(f"/contributions/{reference}/accept").status_code == 409
    drawn = officer.get("/map/plant.json").get_json()
    assert [feature["properties"]["code"] for feature in drawn["features"]] == ["AAA", "BBB", "AAA-BBB"]
    assert drawn["features"][2]["properties"]["free_pairs"] == 10


def test_a_refusal_needs_a_reason_and_gives_the_plant_back_as_a_file(officer, session, app, council):
    checked = officer.post("/plant/register/draw", data=CABLE)
    officer.post("/plant/register/draw", data=carried(checked) | {"act": "register"})
    reference = session.scalar(select(Contribution.reference).where(Contribution.member_id == council.id))
    steward = Browser(app).sign_in_as(make_person(session, None, Role.NETWORK_STEWARD))
    assert steward.post(f"/contributions/{reference}/refuse", data={"reason": " "}).status_code == 422
    session.expire_all()
    assert session.scalar(select(Contribution.status).where(Contribution.reference == reference)) == "proposed"
    steward.post(f"/contributions/{reference}/refuse", data={"reason": "The duct is full."})
    session.expire_all()
    assert (
        session.scalar(select(Contribution.status).where(Contribution.reference == reference))
        == ContributionStatus.REFUSED
    )
    assert "The duct is full." in officer.get(f"/contributions/{reference}").text
    file = officer.get(f"/contributions/{reference}/plant.geojson").data
    sent = {"file": (io.BytesIO(file), "again.geojson")}
    checked = officer.post("/plant/register/upload", data=sent, follow_redirects=True)
    assert "Bring it in" in checked.text


def test_a_planner_sees_the_plant_and_no_way_to_register(client, session, council, sites):
    planner = client.sign_in_as(make_person(session, council, Role.PLANNER))
    page = planner.get("/map")
    assert page.status_code == 200
    assert "/plant/register" not in page.text
    assert planner.get("/plant/register/draw").status_code == 403
    assert planner.get("/plant/register/upload").status_code == 403
    assert planner.get("/contributions").status_code == 403


@pytest.mark.parametrize("way", ["draw", "type"])
def test_the_note_given_with_the_plant_reaches_the_steward(officer, session, council, way):
    checked = officer.post(f"/plant/register/{way}", data=CABLE | {"note": "Ring road, phase 2"})
    officer.post(f"/plant/register/{way}", data=carried(checked) | {"act": "register"})
    session.expire_all()
    notes = session.scalars(select(Contribution.note).where(Contribution.member_id == council.id)).all()
    assert notes == ["Ring road, phase 2"]


def test_the_member_sees_what_the_steward_will_ask_about_and_may_register_all_the_same(officer):
    checked = officer.post("/plant/register/type", data=CABLE | {"length_m": "100", "length_basis": "otdr"})
    assert checked.status_code == 200
    assert "Its length is less than the straight line between its sites, 664 m." in checked.text
    assert "The network steward may ask about one span" in checked.text
    assert 'value="register"' in checked.text
