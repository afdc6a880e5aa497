"""Routes, quotes, leases and the tariff in the API."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from cni.assets.models import Site
from cni.members.models import Person
from cni.members.policy import Role
from tests.factories import make_person
from tests.leases import make_coop

SEARCH = {"from": "A", "to": "Z", "diverse": "site", "starts_on": "2026-12-01", "term_months": 36}


@pytest.fixture
def coop(session):
    return make_coop(session)


@pytest.fixture
def planner(api_client, coop):
    return api_client(coop.session.get_one(Person, coop.planner.person_id))


@pytest.fixture
def steward(api_client, coop):
    return api_client(coop.session.get_one(Person, coop.steward.person_id))


def test_a_search_answers_as_the_command_does_and_adds_the_offer(planner):
    answer = planner.post("/api/v1/routes", json=SEARCH).get_json()
    assert answer["outcome"] == "found"
    assert answer["routes"][0] == {"spans": ["A-B", "B-Z"], "sites": ["A", "B", "Z"], "length_m": 2100}
    assert answer["shared"] == {"spans": [], "sites": [], "risks": ["K1"]}
    assert answer["offer"]["annual_pence"] == 259_440
    assert answer["offer"]["working"]["term_percent"] == "92"


def test_a_search_says_what_was_asked_and_how_far_the_routes_keep_apart(planner, session):
    places = {"A": (-2.3, 53.48), "B": (-2.29, 53.49), "C": (-2.29, 53.48), "Z": (-2.28, 53.48)}
    for code, (longitude, latitude) in places.items():
        session.execute(update(Site).where(Site.code == code).values(longitude=longitude, latitude=latitude))
    conditions = {"avoid": ["A-C"], "exempt": ["K1"], "diverse": "none"}
    answer = planner.post("/api/v1/routes", json=SEARCH | conditions).get_json()
    assert answer["question"]["without"] == ["span:A-C"]
    assert (answer["question"]["from"], answer["question"]["routes"]) == ("A", 1)
    pair = planner.post("/api/v1/routes", json=SEARCH).get_json()
    assert 10 < pair["separation_m"] < 1200
    assert (pair["separation_m"], pair["separation_radius_m"]) == (pair["offer"]["separation_m"], 100)


def test_other_routes_come_when_they_are_asked_for(planner):
    assert planner.post("/api/v1/routes", json=SEARCH).get_json()["alternatives"] == []
    found = planner.post("/api/v1/routes?alternatives=2", json=SEARCH | {"diverse": "none"}).get_json()
    assert [each["routes"][0]["sites"] for each in (found, *found["alternatives"])] == [
        ["A", "B", "Z"],
        ["A", "C", "Z"],
    ]
    assert planner.post("/api/v1/routes?alternatives=5", json=SEARCH).status_code == 422


def test_a_quote_is_tied_to_what_was_shown_and_takes_acceptance_of_what_is_shared(planner):
    asked = SEARCH | {"diverse": "risk"}
    found = planner.post("/api/v1/routes", json=asked).get_json()
    assert found["outcome"] == "partly_diverse"
    accepted = asked | {"accepts_shared": True}
    assert planner.post("/api/v1/quotes", json=asked).status_code == 422
    assert planner.post("/api/v1/quotes", json=accepted | {"offer": "0" * 16}).status_code == 409
    assert planner.post("/api/v1/quotes", json=accepted | {"offer": found["offer_digest"]}).status_code == 201


def test_no_route_is_an_answer_too(planner):
    answer = planner.post("/api/v1/routes", json=SEARCH | {"pairs": 5})
    assert answer.status_code == 200
    assert (answer.get_json()["outcome"], answer.get_json()["offer"]) == ("none", None)
    assert {blocker["kind"] for blocker in answer.get_json()["blocked_by"]} == {"capacity"}


def test_every_fault_of_a_search_is_told_at_once(planner):
    answer = planner.post(
        "/api/v1/routes", json={"from": "A", "diverse": "duct", "starts_on": "2027-02-30", "colour": 1}
    )
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert {problem["place"] for problem in answer.get_json()["problems"]} == {
        "to",
        "diverse",
        "starts_on",
        "term_months",
        "colour",
    }


def test_a_search_with_many_faults_is_told_all_of_them_at_once(planner):
    faults = {"pairs": 0, "term_months": 7, "to": "NO-SUCH-SITE", "starts_on": "2020-01-01"}

    answer = planner.post("/api/v1/routes", json=SEARCH | faults)

    assert answer.status_code == 422
    assert {problem["place"] for problem in answer.get_json()["problems"]} == set(faults)


@pytest.mark.parametrize("number", [-1, 10**6, 10**30])
def test_no_number_is_too_wild_to_be_refused_in_words(planner, number):
    answer = planner.post("/api/v1/routes", json=SEARCH | {"pairs": number, "term_months": number})

    assert answer.status_code == 422
    assert {problem["place"] for problem in answer.get_json()["problems"]} == {"pairs", "term_months"}


def test_a_lease_goes_from_quote_to_end(planner, steward):
    quote = planner.post("/api/v1/quotes", json=SEARCH)
    assert quote.status_code == 201
    requested = planner.post("/api/v1/leases", json={"quote": quote.get_json()["reference"]})
    assert requested.status_code == 201
    lease = requested.get_json()
    assert (lease["state"], lease["actions"]) == ("requested", ["cancel"])
    assert lease["routes"][1] == [
        {"code": "A-C", "metres": 1500, "pairs": [3]},
        {"code": "C-Z", "metres": 1100, "pairs": [3]},
    ]
    address = f"/api/v1/leases/{lease['reference']}"
    assert steward.post(f"{address}/approve").get_json()["state"] == "reserved"
    assert planner.post(f"{address}/accept", json={"accepted_on": "2026-11-22"}).get_json()["state"] == "accepted"
    ended = planner.post(f"{address}/end", json={"ends_on": "2027-06-01"}).get_json()
    assert ended["ends_on"] == "2027-06-01"
    assert planner.get(f"/api/v1/quotes/{quote.get_json()['reference']}").get_json()["lease"] == lease["reference"]
    assert [item["reference"] for item in planner.get("/api/v1/leases").get_json()["items"]] == [lease["reference"]]


def test_a_quote_is_used_once_and_says_so(planner):
    quote = planner.post("/api/v1/quotes", json=SEARCH).get_json()["reference"]
    assert planner.post("/api/v1/leases", json={"quote": quote}).status_code == 201
    again = planner.post("/api/v1/leases", json={"quote": quote})
    assert (again.status_code, again.get_json()["code"]) == (409, "quote_used")


def test_fibre_that_is_taken_is_a_conflict_that_names_the_spans(planner):
    quotes = [planner.post("/api/v1/quotes", json=SEARCH | {"pairs": 3}).get_json()["reference"] for _ in range(2)]
    first, second = (planner.post("/api/v1/leases", json={"quote": quote}) for quote in quotes)
    assert first.status_code == 201
    assert (second.status_code, second.get_json()["code"]) == (409, "taken")
    assert {problem["place"] for problem in second.get_json()["problems"]} == {"A-B", "B-Z", "A-C", "C-Z"}


def test_a_request_is_refused_with_a_reason_or_cancelled(coop, steward, planner):
    refused, cancelled = coop.requested(), coop.requested()
    answer = steward.post(f"/api/v1/leases/{refused.reference}/refuse", json={"reason": "The duct is full."})
    assert (answer.get_json()["state"], answer.get_json()["decision_note"]) == ("refused", "The duct is full.")
    assert planner.post(f"/api/v1/leases/{cancelled.reference}/cancel").get_json()["state"] == "cancelled"


def test_lists_are_paged(coop, planner):
    references = [coop.requested().reference for _ in range(3)]
    page = planner.get("/api/v1/leases?limit=2")
    assert [item["reference"] for item in page.get_json()["items"]] == references[:0:-1]
    rest = planner.get(f"/api/v1/leases?limit=2&after={page.get_json()['next']}").get_json()
    assert ([item["reference"] for item in rest["items"]], rest["next"]) == (references[:1], None)
    assert len(planner.get("/api/v1/quotes?limit=2").get_json()["items"]) == 2


def test_the_tariff_is_open_to_every_member(api_client, coop):
    delegate = api_client(make_person(coop.session, coop.user, Role.DELEGATE))
    current = delegate.get("/api/v1/tariffs/current").get_json()
    assert current["resolution"] == "GM-1 (demonstration)"
    assert {"code": "minimum", "unit": "lease-year", "amount_pence": 120_000, "term_months": None, "percent": None} in (
        current["lines"]
    )
    assert delegate.get("/api/v1/tariffs").get_json()["items"] == [current]
