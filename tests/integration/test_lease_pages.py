"""Routes, quotes, leases and the tariff on pages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html import unescape

import pytest
from sqlalchemy import func, select

from cni.events.models import EventRow
from cni.leases.lifecycle import LeaseStatus
from cni.leases.models import Lease, QuoteRow
from cni.members.models import Person
from cni.members.policy import Role
from cni.operations import searching
from tests.factories import make_person
from tests.leases import SITE_DIVERSE, make_coop
from tests.plant import lay

SEARCH = {"from": "A", "to": "Z", "diverse": "site", "pairs": "1", "starts_on": "2026-12-01", "term_months": "36"}


@pytest.fixture
def coop(session):
    return make_coop(session)


@pytest.fixture
def planner(client, coop):
    return client.sign_in_as(coop.session.get_one(Person, coop.planner.person_id))


@pytest.fixture
def steward(client, coop):
    return client.sign_in_as(coop.session.get_one(Person, coop.steward.person_id))


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def counts(session):
    return [session.scalar(select(func.count()).select_from(table)) for table in (QuoteRow, Lease, EventRow)]


def test_the_form_begins_with_the_first_of_a_month_and_the_strongest_diversity(planner):
    page = planner.get("/routes").get_data(as_text=True)
    assert 'value="2027-01-01"' in page
    assert re.search(r'value="site" checked', page)


def test_routes_of_a_search_that_was_cut_off_say_so_on_the_page_and_on_the_quote(planner, monkeypatch):
    said = (
        "The search was ended by its time limit This is the best found in 3 seconds;"
        " no shorter total than 4,500 m can exist; asking again may find a shorter one."
    )
    assert "time limit" not in text_of(planner.get("/routes", query_string=SEARCH))
    answer = searching.answer_question
    unproven = {"proven_optimal": False, "bound_um": 4_500_700_000}
    monkeypatch.setattr(searching, "answer_question", lambda *asked: replace(answer(*asked), **unproven))

    assert said in text_of(planner.get("/routes", query_string=SEARCH))
    made = planner.post("/quotes", data=SEARCH)
    assert said in text_of(planner.get(made.location))


def test_a_search_shows_both_routes_what_they_share_and_the_price(planner):
    shown = text_of(planner.get("/routes", query_string=SEARCH))
    assert "Two routes from Site A to Site Z" in shown
    assert "Duct : Risk K1" in shown
    assert "4,700 m × 1 pair × £0.60 a metre and year × 92 % for 36 months £2,594.40" in shown
    assert "Connection, each end of a route: 4 × £750.00 £3,000.00" in shown


def test_a_search_writes_nothing(planner, session):
    before = counts(session)
    planner.get("/routes", query_string=SEARCH)
    planner.get("/map/routes.json", query_string=SEARCH)
    assert counts(session) == before


def test_a_search_without_an_answer_says_what_stands_in_the_way(planner):
    answer = planner.get("/routes", query_string=SEARCH | {"pairs": "5"})
    assert answer.status_code == 200
    assert "No such routes" in text_of(answer)
    assert 'data-span="A-B" data-blocks' in answer.get_data(as_text=True)


def test_what_every_route_needs_is_said_in_one_go(planner, session):
    lay(session, "Z-Y 100, Y-X 100")
    shown = text_of(planner.get("/routes", query_string=SEARCH | {"to": "X"}))
    assert "Every route from Site A to Site X passes Site Z; Site Y. It crosses the spans Z-Y and Y-X." in shown
    assert shown.count("Every route") == 1


def test_spans_that_lack_pairs_are_said_in_one_go(planner):
    shown = text_of(planner.get("/routes", query_string=SEARCH | {"pairs": "5", "diverse": "none"}))
    assert re.search(r"The spans \S+ and \S+ lack the 5 free pairs asked for\.", shown)


def test_every_fault_of_a_search_stands_at_its_field(planner):
    asked = {"from": "A", "diverse": "duct", "pairs": "some", "starts_on": "2027-02-30", "term_months": "36"}
    answer = planner.get("/routes", query_string=asked)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    for place in ("to", "diverse", "pairs", "starts_on"):
        assert f'href="#{place}"' in page
    assert "That is not a kind of diversity." in page


def test_the_map_draws_the_routes_that_the_page_shows(planner):
    drawn = planner.get("/map/routes.json", query_string=SEARCH)
    assert drawn.headers["Cache-Control"] == "private"
    features = drawn.get_json()["features"]
    told = [(feature["properties"]["route"], feature["properties"]["span"]) for feature in features]
    assert told == [(1, "A-B"), (1, "B-Z"), (2, "A-C"), (2, "C-Z")]
    assert features[0]["properties"]["shared"] == ["Duct K1"]


def test_conditions_stand_in_the_form_by_name_and_can_be_taken_back(planner):
    asked = SEARCH | {"diverse": "none", "avoid": ["site:b", ""], "must_use": "span:A-C", "exempt": "k1"}
    page = planner.get("/routes", query_string=asked)
    assert "A route from Site A to Site Z" in text_of(page)
    assert "No shorter route meets these conditions." in text_of(page)
    for field, value, words in (
        ("avoid", "site:B", "Site Site B (B)"),
        ("must_use", "span:A-C", "Span Site A – Site C (A-C)"),
        ("exempt", "K1", "Risk group Risk K1 (K1)"),
    ):
        assert f'name="{field}" value="{value}" checked' in page.get_data(as_text=True)
        assert words in text_of(page)


def test_a_condition_that_cannot_be_met_is_a_problem_at_its_field(planner):
    answer = planner.get("/routes", query_string=SEARCH | {"avoid": "site:NOWHERE"})
    assert answer.status_code == 422
    assert "There is no site NOWHERE." in text_of(answer)
    assert 'href="#avoid"' in answer.get_data(as_text=True)


def test_answers_are_compared_and_one_of_them_is_shown_and_quoted(planner, session):
    lay(session, "A-D 2000, D-Z 2000")
    first = planner.get("/routes", query_string=SEARCH)
    assert "Compare 3 answers" in text_of(first)
    assert "No shared risk group No shared risk group 6,100 m 2,100 m 4,000 m" in text_of(first)
    second = planner.get("/routes", query_string=SEARCH | {"alternative": "2"}).get_data(as_text=True)
    assert "Route 2: 4,000 m" in re.sub(r"<[^>]+>", "", second)
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', second))
    assert (form["diverse"], form["from"], len(form["offer"])) == ("risk", "A", 16)
    quote = planner.post("/quotes", data=form).location
    assert "Two routes with no shared span, site or risk group" in text_of(planner.get(quote))


def test_the_link_to_an_answer_leads_to_the_same_answer(planner):
    page = planner.get("/routes", query_string=SEARCH | {"avoid": "a-b", "diverse": "none"}).get_data(as_text=True)
    link = unescape(re.search(r'id="permalink"[^>]* value="([^"]+)"', page)[1])
    again = planner.get(link).get_data(as_text=True)
    digest = re.compile(r'name="offer" value="(\w+)"')
    assert "avoid=span:A-B" in link
    assert digest.findall(again) == digest.findall(page)


def test_what_is_no_longer_there_is_not_quoted_and_what_there_is_now_is_shown(planner, coop, session):
    page = planner.get("/routes", query_string=SEARCH).get_data(as_text=True)
    form = SEARCH | {"offer": re.search(r'name="offer" value="(\w+)"', page)[1]}
    coop.spans["A-B"].length_m = 1300
    session.flush()
    refused = planner.post("/quotes", data=form)
    assert refused.status_code == 409
    assert "no longer what was shown" in text_of(refused)
    assert "Route 1: 2,200 m" in text_of(refused)
    assert counts(session)[0] == 0


def test_partly_diverse_routes_are_marked_named_and_quoted_when_that_is_accepted(planner):
    asked = SEARCH | {"diverse": "risk"}
    page = planner.get("/routes", query_string=asked)
    assert "Partly diverse" in text_of(page)
    assert "Why they are not more diverse" in text_of(page)
    assert "No two routes share less" in text_of(page)
    assert "Both routes may share Risk K1" in text_of(page)
    refused = planner.post("/quotes", data=asked)
    assert refused.status_code == 422
    assert 'href="#accepts_shared"' in refused.get_data(as_text=True)
    assert planner.post("/quotes", data=asked | {"accepts_shared": "yes"}).status_code == 302


def test_routes_that_share_a_span_are_shown_but_offer_no_quote(planner, session):
    lay(session, "Z-Y 100, Y-X 100, Y-X 200")
    page = planner.get("/routes", query_string=SEARCH | {"to": "X"})
    assert "This cannot be quoted" in text_of(page)
    assert "Get a quote" not in text_of(page)
    drawn = planner.get("/map/routes.json", query_string=SEARCH | {"to": "X"}).get_json()["features"]
    assert [
        "Span Z-Y" in feature["properties"]["shared"] for feature in drawn if feature["properties"]["span"] == "Z-Y"
    ]


def test_a_quote_is_made_shown_and_requested(planner, session):
    made = planner.post("/quotes", data=SEARCH)
    assert made.status_code == 302
    shown = planner.get(made.location)
    assert "Request the lease" in text_of(shown)
    requested = planner.post(f"{made.location}/request")
    assert requested.status_code == 302
    page = text_of(planner.get(requested.location))
    assert "Requested" in page
    assert "Route 2: 2,600 m" in page
    assert session.scalars(select(Lease.status)).all() == [LeaseStatus.REQUESTED]
    assert "To the lease" in text_of(planner.get(made.location))


def test_what_was_taken_meanwhile_is_told_on_the_quote(planner, coop):
    quote = coop.quote(pairs=3).reference
    coop.requested(pairs=3)
    answer = planner.post(f"/quotes/{quote}/request")
    assert answer.status_code == 409
    assert "Span A-B has 1 free fibre pair left on these days." in text_of(answer)


def test_a_steward_approves_and_a_planner_accepts(client, coop, session):
    lease = coop.requested()
    browser = client.sign_in_as(session.get_one(Person, coop.steward.person_id))
    page = browser.get(f"/leases/{lease.reference}").get_data(as_text=True)
    assert "/approve" in page
    assert "/accept" not in page
    assert browser.post(f"/leases/{lease.reference}/approve").status_code == 302
    browser = client.sign_in_as(session.get_one(Person, coop.planner.person_id))
    page = browser.get(f"/leases/{lease.reference}").get_data(as_text=True)
    assert "/accept" in page
    assert "/approve" not in page
    assert browser.post(f"/leases/{lease.reference}/accept", data={"accepted_on": "2026-11-22"}).status_code == 302
    session.expire_all()
    assert session.get_one(Lease, lease.id).accepted_on == date(2026, 11, 22)


def test_a_refusal_needs_a_reason(steward, coop):
    lease = coop.requested()
    answer = steward.post(f"/leases/{lease.reference}/refuse", data={"reason": ""})
    assert answer.status_code == 422
    assert "The reason is missing." in text_of(answer)
    assert steward.post(f"/leases/{lease.reference}/refuse", data={"reason": "The duct is full."}).status_code == 302
    assert "Refused: The duct is full." in text_of(steward.get(f"/leases/{lease.reference}"))


def test_a_day_that_does_not_exist_is_refused_at_its_field(planner, coop):
    lease = coop.accepted()
    answer = planner.post(f"/leases/{lease.reference}/end", data={"ends_on": "2027-02-30"})
    assert answer.status_code == 422
    assert "is not a date" in text_of(answer)


def test_what_the_state_does_not_allow_any_more_is_told(planner, coop):
    lease = coop.accepted()
    answer = planner.post(f"/leases/{lease.reference}/cancel")
    assert answer.status_code == 409
    assert "This lease is accepted" in text_of(answer)


def test_lists_show_ones_own_and_their_empty_states(planner, client, coop, session):
    assert "No leases yet" in text_of(planner.get("/leases"))
    assert "No quotes yet" in text_of(planner.get("/quotes"))
    lease = coop.requested()
    assert lease.reference in text_of(planner.get("/leases"))
    staff = client.sign_in_as(make_person(session, None, Role.AUDITOR))
    assert coop.user.name in text_of(staff.get("/leases"))
    assert coop.user.name in text_of(staff.get("/quotes"))


def test_the_map_draws_a_lease_and_a_quote(planner, coop, session):
    lease = coop.requested(**SITE_DIVERSE)
    quote = session.get_one(QuoteRow, lease.quote_id).reference
    of_lease = planner.get(f"/map/leases/{lease.reference}.json").get_json()
    of_quote = planner.get(f"/map/quotes/{quote}.json").get_json()
    assert of_lease == of_quote
    assert len(of_lease["features"]) == 4


def test_the_tariff_shows_its_prices_terms_and_where_a_charge_goes(planner):
    shown = text_of(planner.get("/tariff"))
    assert "Fibre pair, a metre and year pair_metre_year £0.60" in shown
    assert "36 months 92 %" in shown
    assert "Contributors 75 %" in shown


def test_the_start_page_leads_to_what_waits(steward, coop):
    lease = coop.requested()
    page = steward.get("/").get_data(as_text=True)
    assert f"/leases/{lease.reference}" in page
