"""Who sees plant exactly, for how long, and what the owners can read of it afterwards."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from cni import runtime
from cni.assets.access_log import ExactView
from cni.assets.disclosure import Reason, Tier
from cni.assets.models import Site, Span
from cni.assets.words import FoiLabel
from cni.members.policy import OPERATOR, Role
from cni.operations import disclosing, labelling, leasing
from cni.operations.labelling import Label
from cni.primitives.errors import Forbidden, Invalid, NotFound
from tests.conftest import NOW
from tests.factories import make_actor, make_member, make_person
from tests.leases import make_coop

TODAY = NOW.date()


@pytest.fixture
def coop(session):
    coop = make_coop(session)
    session.execute(update(Site).values(longitude=Site.longitude - 0.00011, latitude=53.4811111))
    session.expire_all()
    return coop


@pytest.fixture
def owner(session, coop):
    return session.scalars(select(Span)).first().fibre_owner_id


def spans_of(session, sight) -> dict[str, Reason]:
    """The codes of the spans that are seen exactly, with why."""
    codes = dict(session.execute(select(Span.id, Span.code)).all())
    return {codes[number]: why for number, why in sight.spans.items()}


def test_a_member_without_plant_sees_nothing_exactly(session, coop):
    sight = disclosing.sight_of(session, coop.planner, on=TODAY)

    assert (sight.otherwise, sight.spans, sight.sites, sight.everything) == (Tier.MEMBERS, {}, {}, None)


def test_an_open_quote_shows_its_routes_until_it_expires(session, coop):
    quote = coop.quote(a="A", z="Z")
    on_route = {span.code for span in quote.offer.routes[0].spans}
    spans = spans_of(session, disclosing.sight_of(session, coop.planner, on=TODAY))
    last_day = min(quote.expires_on, quote.starts_on)

    assert spans == dict.fromkeys(on_route, Reason.QUOTE)
    assert disclosing.sight_of(session, coop.planner, on=last_day).spans
    assert not disclosing.sight_of(session, coop.planner, on=last_day + timedelta(days=1)).spans


def test_a_lease_shows_its_routes_from_the_request_to_its_end(session, coop):
    lease = coop.accepted()
    sight = disclosing.sight_of(session, coop.planner, on=TODAY)
    ends_on = TODAY + timedelta(days=400)
    leasing.end_lease(session, coop.planner, lease.reference, ends_on, at=NOW)
    session.flush()

    assert set(spans_of(session, sight).values()) == {Reason.LEASE}
    assert disclosing.sight_of(session, coop.planner, on=ends_on - timedelta(days=1)).spans
    assert not disclosing.sight_of(session, coop.planner, on=ends_on).spans


def test_a_cancelled_request_shows_nothing_any_more(session, coop):
    leasing.cancel_lease(session, coop.planner, coop.requested().reference, at=NOW)
    session.flush()

    assert not disclosing.sight_of(session, coop.planner, on=TODAY).spans


def test_the_owner_of_the_duct_sees_the_span_and_where_it_ends(session, coop):
    digger = make_actor(session, make_member(session), Role.DELEGATE)
    span = coop.spans["A-B"]
    session.execute(update(Span).where(Span.id == span.id).values(duct_owner_id=digger.member_id))
    sight = disclosing.sight_of(session, digger, on=TODAY)

    assert spans_of(session, sight) == {"A-B": Reason.OWNER}
    assert sight.sites.keys() == {span.a_id, span.z_id}


def test_staff_see_plant_exactly_where_their_duty_needs_it(session):
    for role in (Role.NETWORK_STEWARD, Role.AUDITOR, Role.REGISTRAR):
        assert disclosing.sight_of(session, make_actor(session, None, role), on=TODAY).everything is Reason.STAFF
    for role in (Role.TREASURER, Role.SECOND_APPROVER):
        assert disclosing.sight_of(session, make_actor(session, None, role), on=TODAY).everything is None
    assert disclosing.sight_of(session, OPERATOR, on=TODAY).everything is Reason.OWNER


def test_what_a_party_is_shown_the_owner_can_read_once_a_day(client, session, coop, owner):
    coop.quote()
    planner = make_person(session, coop.user, Role.PLANNER)
    browser = client.sign_in_as(planner)
    for _ in range(2):
        assert browser.get("/map/plant.json").status_code == 200
    views = session.scalars(select(ExactView)).all()

    assert [(view.owner_id, view.person_id, view.reason, view.place) for view in views] == [
        (owner, planner.id, Reason.QUOTE, "/map/plant.json")
    ]
    assert views[0].spans == ["A-B", "B-Z"]
    assert views[0].sites == ["A", "B", "Z"]
    assert (views[0].span_count, views[0].site_count) == (2, 3)
    officer = client.sign_in_as(make_person(session, session.get_one(type(coop.user), owner), Role.ASSET_OFFICER))
    page = officer.get("/plant/exact-views?reason=quote&asset=A-B").text
    assert "A person" in page
    assert "Holds a quote for it" in page
    assert "A-B" in officer.get("/plant/exact-views/exact-views.csv").text
    assert "Nobody" in officer.get("/plant/exact-views?asset=C-Z").text


def test_an_owner_who_looks_at_its_own_plant_leaves_no_trace(client, session, coop, owner):
    officer = make_person(session, session.get_one(type(coop.user), owner), Role.ASSET_OFFICER)
    shown = client.sign_in_as(officer).get("/map/plant.json").get_json()["features"]

    assert {feature["properties"]["tier"] for feature in shown} == {"party"}
    assert session.scalars(select(ExactView)).all() == []


def test_the_log_is_for_owners_and_the_auditor(session, coop, api_client, client, owner):
    steward = make_person(session, None, Role.NETWORK_STEWARD)
    client.sign_in_as(steward).get("/plant/spans/A-B")
    auditor = make_actor(session, None, Role.AUDITOR)
    other = make_actor(session, make_member(session), Role.ASSET_OFFICER)

    assert [view.reason for view in disclosing.list_exact_views(session, auditor).items] == [Reason.STAFF]
    assert disclosing.list_exact_views(session, other).items == []
    with pytest.raises(Forbidden):
        disclosing.list_exact_views(session, coop.planner)
    officer = make_person(session, session.get_one(type(coop.user), owner), Role.ASSET_OFFICER)
    told = api_client(officer).get("/api/v1/exact-views").json["items"]
    assert [(view["place"], view["spans"], view["member"]) for view in told] == [("/plant/spans/A-B", ["A-B"], None)]


def test_a_view_of_very_much_is_kept_as_a_number(client, session, coop, monkeypatch):
    monkeypatch.setattr("cni.assets.access_log.CODES_KEPT", 3)
    client.sign_in_as(make_person(session, None, Role.AUDITOR)).get("/map/plant.json")
    view = session.scalars(select(ExactView)).one()

    assert (view.span_count, view.spans, view.site_count, view.sites) == (4, [], 4, [])


@pytest.mark.parametrize(
    "change", ["UPDATE exact_views SET place = ''", "DELETE FROM exact_views", "TRUNCATE exact_views"]
)
def test_nobody_can_change_the_log(client, session, coop, change):
    client.sign_in_as(make_person(session, None, Role.AUDITOR)).get("/plant/sites/A")

    with pytest.raises(IntegrityError, match="it is history"):
        session.execute(text(change))


def test_nothing_is_answered_that_could_not_be_logged(client, session, coop, app):
    """The log is written before the answer leaves: without it there is none."""
    browser = client.sign_in_as(make_person(session, None, Role.AUDITOR))
    session.execute(text("ALTER TABLE exact_views ADD CONSTRAINT full_up CHECK (false)"))
    app.config["PROPAGATE_EXCEPTIONS"] = False

    assert browser.get("/map/plant.json").status_code == 500


def test_a_party_takes_its_routes_along_as_a_marked_file(client, session, coop):
    lease = coop.accepted()
    browser = client.sign_in_as(make_person(session, coop.user, Role.PLANNER))
    answer = browser.get(f"/leases/{lease.reference}/routes.kmz")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        kml = ElementTree.fromstring(archive.read("doc.kml"))
    words = " ".join(kml.itertext())

    assert lease.reference in words
    assert "A person" in words
    assert "22 November 2026" in words
    assert "53.4811111" in words
    assert [view.place for view in session.scalars(select(ExactView))] == [f"/leases/{lease.reference}/routes.kmz"]


def test_of_a_quote_that_is_over_there_is_no_exact_file(client, session, coop, monkeypatch):
    quote, planner = coop.quote(), make_person(session, coop.user, Role.PLANNER)
    browser = client.sign_in_as(planner)
    assert browser.get(f"/quotes/{quote.reference}/routes.kmz").status_code == 200

    later = replace(runtime.current(), clock=lambda: NOW + timedelta(days=10))  # past its first day
    monkeypatch.setattr(runtime, "_runtime", later)
    with runtime.transaction() as deeper:
        deeper.execute(text("DELETE FROM sign_ins"))
    refused = browser.sign_in_as(planner).get(f"/quotes/{quote.reference}/routes.kmz")
    assert refused.status_code == 409
    assert "not yours to see exactly" in refused.text


def test_the_owner_labels_its_plant_and_others_see_less(client, session, coop, owner):
    officer = make_person(session, session.get_one(type(coop.user), owner), Role.ASSET_OFFICER)
    browser = client.sign_in_as(officer)
    refused = browser.post("/plant/spans/A-B/label", data={"foi_label": "confidential"})
    assert refused.status_code == 422
    assert "Confidential needs a reason." in refused.text

    data = {"foi_label": "confidential", "foi_reason": "FOIA s24: demonstration"}
    assert browser.post("/plant/spans/A-B/label", data=data).status_code == 302
    assert "FOIA s24: demonstration" in browser.get("/plant/spans/A-B").text
    other = client.sign_in_as(make_person(session, make_member(session), Role.PLANNER))
    assert "FOIA" not in other.get("/plant/spans/A-B").text
    features = other.get("/map/plant.json").get_json()["features"]
    tiers = {feature["properties"]["code"]: feature["properties"]["tier"] for feature in features}
    assert (tiers["A-B"], tiers["B-Z"], tiers["A"]) == ("public", "members", "members")


def test_a_span_is_as_confidential_as_its_ends(session, coop):
    site = session.scalars(select(Site).where(Site.code == "B")).one()
    labelling.label_site(session, coop.steward, "b", Label(FoiLabel.CONFIDENTIAL, "EIR 12(5)(a)"), at=NOW)
    sight = disclosing.sight_of(session, coop.planner, on=TODAY)
    spans = {span.code: span for span in session.scalars(select(Span))}
    sites = {site.id: site for site in session.scalars(select(Site))}
    for span in spans.values():
        span.a, span.z = sites[span.a_id], sites[span.z_id]

    assert sight.tier_of_site(site) is Tier.PUBLIC
    assert {code: sight.tier_of_span(span) for code, span in spans.items()} == {
        "A-B": Tier.PUBLIC, "B-Z": Tier.PUBLIC, "A-C": Tier.MEMBERS, "C-Z": Tier.MEMBERS,
    }  # fmt: skip


def test_nobody_labels_what_is_anothers(session, coop):
    other = make_actor(session, make_member(session), Role.ASSET_OFFICER)
    label = Label(FoiLabel.PUBLIC)

    with pytest.raises(NotFound):
        labelling.label_span(session, other, "A-B", label, at=NOW)
    with pytest.raises(Forbidden):
        labelling.label_site(session, coop.planner, "A", label, at=NOW)
    with pytest.raises(Invalid):
        labelling.label_span(session, coop.steward, "A-B", Label(FoiLabel.CONFIDENTIAL, " "), at=NOW)
