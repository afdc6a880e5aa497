"""Looking for routes: conditions, routes to compare, and what a quote takes when routes are partly diverse."""

from __future__ import annotations

import pytest

from cni.leases.models import QuoteRow
from cni.operations import ordering, searching
from cni.operations.ordering import Confirmed, NoSuchRoutes, OfferChanged
from cni.primitives.errors import Invalid
from cni.topology.answers import Outcome
from cni.topology.questions import Diversity
from tests.conftest import NOW
from tests.factories import make_member
from tests.leases import CHANCE, SITE_DIVERSE, SQUARE, make_coop
from tests.plant import lay

TODAY = NOW.date()
RISK_DIVERSE = {"diverse": Diversity.RISK}
THREE_WAYS = "A-B 1000 [K1], B-Z 1000, A-C 1200 [K1], C-Z 1200, A-D 2000, D-Z 2000"
"""From A to Z by B, by C and by D; those by B and by C share the risk group K1."""


@pytest.fixture
def coop(session):
    return make_coop(session, THREE_WAYS)


def find(coop, **asked):
    return searching.find_routes(coop.session, coop.planner, coop.search(**asked), on=TODAY)


def compare(coop, **asked):
    return searching.compare_routes(coop.session, coop.planner, coop.search(**asked), on=TODAY)


def quote(coop, confirmed, **asked):
    search = coop.search(**asked)
    return ordering.make_quote(coop.session, coop.planner, search, confirmed, at=NOW, chooser=CHANCE)


def by(finding):
    """The sites that the routes pass, in short: "B D"."""
    return " ".join(sorted("".join(route.sites[1:-1]) for route in finding.answer.routes))


def problems_of(coop, **asked):
    with pytest.raises(Invalid) as refusal:
        find(coop, **asked)
    return [(problem.place, problem.code) for problem in refusal.value.problems]


# Diversity that was really had


def test_routes_that_share_no_risk_group_may_be_longer(coop):
    assert by(find(coop, **SITE_DIVERSE)) == "B C"
    assert by(find(coop, **RISK_DIVERSE)) == "B D"


@pytest.mark.parametrize(
    ("plant", "apart"),
    [
        ("A-Z 1", "none"),
        ("A-B 1, B-Z 1, B-Z 2", "none"),
        ("A-B 1, A-B 2, B-Z 1, B-Z 2", "span"),
        (SQUARE, "site"),
        ("A-B 1, B-Z 1, A-C 1, C-Z 1", "risk"),
    ],
)
def test_an_offer_says_how_diverse_its_routes_really_are(session, plant, apart):
    diverse = None if plant == "A-Z 1" else Diversity.SPAN
    assert find(make_coop(session, plant), diverse=diverse).offer.apart == apart


# Conditions


@pytest.mark.parametrize("thing", ["site:B", "SITE:b", "span:A-B", "a-b", "owner:tame", "Tame"])
def test_what_is_to_be_avoided_is_gone_round(session, thing):
    coop = make_coop(session, "A-C 1200, C-Z 1200")
    lay(session, "A-B 1000, B-Z 1000", owner=make_member(session, "tame"))
    assert by(find(coop)) == "B"
    assert by(find(coop, avoid=(thing,))) == "C"


def test_an_owner_of_ducts_is_avoided_too(session):
    coop = make_coop(session, "A-B 1000, B-Z 1000, A-C 1200, C-Z 1200")
    coop.spans["B-Z"].duct_owner_id = make_member(session, "tramway-ducts").id
    session.flush()
    assert by(find(coop, avoid=("owner:tramway-ducts",))) == "C"


@pytest.mark.parametrize("thing", ["site:D", "span:D-Z", "owner:tame"])
def test_what_has_to_be_used_is_on_some_route(session, thing):
    coop = make_coop(session, "A-B 1000, B-Z 1000, A-C 1200, C-Z 1200")
    lay(session, "A-D 2000, D-Z 2000", owner=make_member(session, "tame"))
    assert by(find(coop, must_use=(thing,))) == "D"
    assert by(find(coop, must_use=(thing,), **SITE_DIVERSE)) == "B D"


def test_an_exempt_risk_group_may_be_shared_and_is_named_all_the_same(coop):
    offer = find(coop, exempt=("k1",), **RISK_DIVERSE).offer
    assert [element.code for element in offer.shared] == ["K1"]
    assert offer.apart == "site"


def test_an_owner_that_stands_in_the_way_is_named(session):
    coop = make_coop(session, "A-B 1000")
    lay(session, "B-Z 1000", owner=make_member(session, "tame"))
    (blocker,) = find(coop, avoid=("owner:tame",)).answer.blocked_by
    assert (blocker.kind, blocker.id, blocker.name) == ("owner", "tame", "Tame")
    assert "owner Tame" in blocker.why


def test_every_condition_that_cannot_be_asked_is_told(coop):
    asked = {"avoid": ("site:X", "nothing", "site:A"), "must_use": ("owner:nobody",), "exempt": ("K9",)}
    assert problems_of(coop, separation_m=-1, **asked) == [
        ("avoid", "unknown"),
        ("avoid", "unknown"),
        ("must_use", "unknown"),
        ("exempt", "unknown"),
        ("avoid", "end_left_out"),
        ("separation_m", "out_of_range"),
        ("separation_m", "not_a_pair"),
    ]


def test_a_code_that_several_things_have_needs_its_kind(session):
    coop = make_coop(session, "A-B 1 [B], B-Z 1")
    assert problems_of(coop, avoid=("b",)) == [("avoid", "not_clear")]
    assert find(coop, avoid=("risk:b",)).answer.outcome is Outcome.NONE


# Routes to compare


def test_other_routes_are_compared_each_once_and_each_the_answer_to_its_own_search(coop):
    found = compare(coop, **SITE_DIVERSE)
    assert [by(finding) for finding in found] == ["B C", "B D", "C D"]
    assert [by(find(coop, diverse=each.search.diverse, avoid=each.search.avoid)) for each in found] == [
        by(each) for each in found
    ]
    assert [finding.offer.apart for finding in found] == ["site", "risk", "risk"]


def test_five_stand_side_by_side_at_most(session):
    ways = ", ".join(f"A-{site} {metres}, {site}-Z {metres}" for metres, site in enumerate("BCDEFGHIJK", 1000))
    coop = make_coop(session, ways)
    assert len(compare(coop, **SITE_DIVERSE)) == 5
    assert [by(finding) for finding in compare(coop)] == ["B", "C", "D", "E", "F"]


def test_where_there_is_no_route_there_is_nothing_to_compare(session):
    coop = make_coop(session, "A-B 1, B-Z 1 x0")
    assert [finding.offer for finding in compare(coop)] == [None]


# What is quoted is what was shown


def test_a_quote_is_of_what_was_shown_or_not_made(coop, session):
    shown = find(coop, **SITE_DIVERSE)
    assert quote(coop, Confirmed(shown.digest), **SITE_DIVERSE).offer == shown.offer
    coop.spans["A-B"].length_m = 1100
    session.flush()
    with pytest.raises(OfferChanged):
        quote(coop, Confirmed(shown.digest), **SITE_DIVERSE)


def test_taken_fibre_changes_what_is_offered(session):
    coop = make_coop(session, "A-B 1000 x1, B-Z 1000, A-C 1200, C-Z 1200, A-D 1400, D-Z 1400")
    shown = find(coop, **SITE_DIVERSE)
    coop.requested()
    with pytest.raises(OfferChanged):
        quote(coop, Confirmed(shown.digest), **SITE_DIVERSE)


def test_partly_diverse_routes_are_quoted_once_what_they_share_is_accepted(session):
    coop = make_coop(session, SQUARE)
    finding = find(coop, **RISK_DIVERSE)
    assert finding.answer.outcome is Outcome.PARTLY_DIVERSE
    with pytest.raises(Invalid) as refusal:
        quote(coop, Confirmed(finding.digest), **RISK_DIVERSE)
    assert [(problem.place, problem.code) for problem in refusal.value.problems] == [("accepts_shared", "shares")]
    assert "Risk K1" in refusal.value.problems[0].message
    made = quote(coop, Confirmed(finding.digest, accepts_shared=True), **RISK_DIVERSE)
    session.flush()
    session.expire_all()
    assert [element.code for element in session.get_one(QuoteRow, made.id).offer.shared] == ["K1"]


def test_routes_that_share_a_span_are_shown_with_their_price_but_not_quoted(session):
    coop = make_coop(session, "A-B 1000, B-Z 1000, B-Z 2000")
    finding = find(coop, **SITE_DIVERSE)
    assert finding.offer.working.metres == 5000
    assert [(element.kind, element.code) for element in finding.offer.shared] == [("span", "A-B"), ("site", "B")]
    with pytest.raises(NoSuchRoutes) as refusal:
        quote(coop, Confirmed(finding.digest, accepts_shared=True), **SITE_DIVERSE)
    assert [problem.place for problem in refusal.value.problems] == ["A-B"]
