"""What routes lose of their light: on searches, quotes and leases, on pages and in the API."""

from __future__ import annotations

import re
from copy import deepcopy
from decimal import Decimal

import pytest
from sqlalchemy import inspect

from cni.leases.loss import Passage, loss_budget
from cni.leases.models import QuoteRow
from cni.members.models import Person
from cni.operations import searching
from tests.conftest import NOW
from tests.leases import SITE_DIVERSE, make_coop

SEARCH = {"from": "A", "to": "Z", "diverse": "site", "starts_on": "2026-12-01", "term_months": 36}
TODAY = NOW.date()


@pytest.fixture
def coop(session):
    return make_coop(session)


@pytest.fixture
def planner(client, coop):
    return client.sign_in_as(coop.session.get_one(Person, coop.planner.person_id))


@pytest.fixture
def program(api_client, coop):
    return api_client(coop.session.get_one(Person, coop.planner.person_id))


def find(coop, **asked):
    return searching.find_routes(coop.session, coop.planner, coop.search(**asked), on=TODAY)


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def without_losses(quote):
    """A copy of a quote as it was kept before losses were told."""
    kept = {column.key: getattr(quote, column.key) for column in inspect(QuoteRow).column_attrs if column.key != "id"}
    kept["snapshot"] = deepcopy(kept["snapshot"])
    for route in kept["snapshot"]["routes"]:
        del route["loss"]
    return QuoteRow(**kept | {"reference": "QUO-OLDER"})


def test_each_route_of_an_offer_has_the_loss_of_its_length_and_a_splice_at_each_site_between(coop):
    routes = find(coop, **SITE_DIVERSE).offer.routes
    assert [route.loss for route in routes] == [
        loss_budget(Passage(Decimal(2100), splices=1)),
        loss_budget(Passage(Decimal(2600), splices=1)),
    ]


def test_a_route_of_one_span_has_no_splice(coop):
    (route,) = find(coop, z="B").offer.routes
    assert route.loss == loss_budget(Passage(Decimal(1200), splices=0))


def test_the_loss_is_that_of_the_true_length_not_of_the_metres_priced(coop):
    coop.spans["A-B"].length_m = Decimal("1200.4")
    coop.session.flush()
    (route,) = find(coop).offer.routes
    assert (route.metres, route.loss.passage.length_m) == (2100, Decimal("2100.4"))


def test_an_offer_with_another_loss_is_another_offer(coop):
    shown = find(coop).digest
    assert find(coop).digest == shown
    coop.spans["A-B"].length_m = Decimal("1200.4")
    coop.session.flush()
    assert find(coop).digest != shown


def test_a_quote_keeps_its_losses_when_the_plant_changes(coop):
    quote = coop.quote()
    (quoted,) = quote.offer.routes
    coop.spans["A-B"].length_m = 9999
    coop.session.flush()
    coop.session.expire_all()
    (kept,) = coop.session.get_one(QuoteRow, quote.id).offer.routes
    assert kept.loss == quoted.loss == loss_budget(Passage(Decimal(2100), splices=1))


def test_the_answer_to_a_search_tells_expected_loss_limit_and_optics(planner):
    shown = text_of(planner.get("/routes", query_string=SEARCH | {"pairs": 1}))
    assert "Loss on route 1 Wavelength Expected Limit 1310 nm 1.46 dB 1.54 dB 1550 nm 1.16 dB 1.29 dB" in shown
    assert "2.100 km of fibre at 1310 nm × 0.36 dB = 0.76 dB × 0.40 dB = 0.84 dB" in shown
    assert "1 splice, at each wavelength × 0.10 dB = 0.10 dB × 0.10 dB = 0.10 dB" in shown
    assert "2 connectors, at each wavelength × 0.30 dB = 0.60 dB" in shown
    assert "10GBASE-LR 1310 nm 6.20 dB 10.0 km Reaches with 4.66 dB to spare IEEE 802.3 clause 52" in shown
    assert "100GBASE-FR1 1310 nm 4.00 dB 2.0 km Does not reach: 100 m too far" in shown


def test_an_optic_that_needs_less_than_the_limit_is_told_apart(planner, coop):
    coop.spans["A-B"].length_m = 8600  # 9.5 km: 3.42 + 0.7 expected, 3.8 + 0.7 at the limit
    coop.session.flush()
    shown = text_of(planner.get("/routes", query_string=SEARCH | {"pairs": 1, "diverse": "none", "avoid": "C"}))
    assert "100GBASE-FR1 1310 nm 4.00 dB 2.0 km Does not reach: 0.12 dB too much loss and 7,500 m too far" in shown
    coop.spans["A-B"].length_m = 14_100  # 15 km: 3.3 + 0.7 expected at 1550 nm
    coop.session.flush()
    shown = text_of(planner.get("/routes", query_string=SEARCH | {"pairs": 1, "diverse": "none", "avoid": "C"}))
    assert "10GBASE-ER, 10G ZR and 100GBASE-ER4 reach within the limit." in shown


def test_the_quote_and_the_page_of_its_lease_show_what_was_quoted(planner, coop):
    lease = coop.requested(**SITE_DIVERSE)
    quote = coop.session.get_one(QuoteRow, lease.quote_id).reference
    coop.spans["A-B"].length_m = 9999
    coop.session.flush()
    told = "Wavelength Expected Limit 1310 nm 1.46 dB 1.54 dB"
    assert f"Loss on route 1 {told}" in text_of(planner.get(f"/quotes/{quote}"))
    assert f"Loss on route 1, as quoted {told}" in text_of(planner.get(f"/leases/{lease.reference}"))


def test_a_quote_from_before_losses_were_told_shows_none(planner, program, coop):
    older = without_losses(coop.quote())
    coop.session.add(older)
    coop.session.flush()
    assert [route.loss for route in older.offer.routes] == [None]
    shown = planner.get(f"/quotes/{older.reference}")
    assert shown.status_code == 200
    assert "Loss on" not in text_of(shown)
    assert program.get(f"/api/v1/quotes/{older.reference}").get_json()["offer"]["routes"][0]["loss"] is None


def test_the_api_gives_the_same_losses_on_a_search_and_on_its_quote(program):
    found = program.post("/api/v1/routes", json=SEARCH).get_json()["offer"]
    quoted = program.post("/api/v1/quotes", json=SEARCH).get_json()["offer"]
    assert found["routes"] == quoted["routes"]
    loss = quoted["routes"][0]["loss"]
    assert loss["passage"] == {"length_m": 2100, "splices": 1, "connectors": 2}
    assert [(each["wavelength_nm"], each["total_db"]) for each in loss["limit"]] == [
        (1310, 1.54),
        (1550, 1.29),
        (1590, 1.54),
    ]
    assert loss["expected"][0]["lines"][0] == {"what": "fibre", "quantity": 2.1, "each_db": 0.36, "loss_db": 0.76}
    assert loss["optics"][1] == {
        "name": "10GBASE-LR",
        "wavelength_nm": 1310,
        "budget_db": 6.2,
        "reach_m": 10_000,
        "source": "IEEE 802.3 clause 52",
        "reach": "within_limit",
        "limit_spare_db": 4.66,
        "expected_spare_db": 4.74,
        "beyond_m": 0,
    }
