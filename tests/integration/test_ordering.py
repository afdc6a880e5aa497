"""From a question on the map to a requested lease."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from cni.events.models import EventRow
from cni.leases.allocation import FibreTaken
from cni.leases.lifecycle import LeaseStatus
from cni.leases.models import Allocation, Lease, QuoteRow
from cni.leases.offers import from_snapshot
from cni.members.policy import Role
from cni.operations import ordering, searching
from cni.operations.ordering import NoSuchRoutes, NotAUser, QuoteExpired, QuoteUsed
from cni.primitives.errors import Forbidden, Invalid, NotFound
from cni.topology.answers import Outcome
from tests.conftest import NOW
from tests.factories import make_actor, make_member, make_tariff
from tests.leases import CHANCE, SITE_DIVERSE, START, make_coop

TODAY = NOW.date()


@pytest.fixture
def coop(session):
    return make_coop(session)


def find(coop, **asked):
    return searching.find_routes(coop.session, coop.planner, coop.search(**asked), on=TODAY)


def request(coop, quote, *, planner=None, at=NOW):
    asking = planner or coop.planner
    return ordering.request_lease(coop.session, asking, quote.reference, at=at, chooser=CHANCE)


def sites_of(finding):
    return [site.code for site in finding.offer.routes[0].sites]


# Finding routes


def test_one_route_is_priced_by_its_metres_pairs_and_term(coop):
    offer = find(coop, pairs=2).offer
    assert [site.code for site in offer.routes[0].sites] == ["A", "B", "Z"]
    # 2,100 m × 2 pairs × 60p × 92 %
    assert offer.working.metres == 2100
    assert offer.annual_pence == 231_840
    assert [(charge.code, charge.quantity, charge.amount_pence) for charge in offer.one_off] == [
        ("connection", 2, 150_000),
        ("splice", 1, 6_500),
    ]


def test_two_diverse_routes_cost_the_metres_of_both_and_name_what_they_share(coop):
    offer = find(coop, **SITE_DIVERSE).offer
    assert offer.apart == "site"
    assert [route.metres for route in offer.routes] == [2100, 2600]
    assert offer.annual_pence == 259_440
    assert [(shared.kind, shared.code, shared.name) for shared in offer.shared] == [("duct", "K1", "Risk K1")]


def test_a_short_lease_costs_the_minimum(session):
    coop = make_coop(session, "A-Z 10")
    assert find(coop).offer.annual_pence == 120_000


def test_half_metres_count_up(session):
    coop = make_coop(session, "A-B 999.5, B-Z 1000.4")
    assert [span.metres for span in find(coop).offer.routes[0].spans] == [1000, 1000]


def test_no_route_is_an_answer_that_names_what_is_missing(session):
    coop = make_coop(session, "A-B 100, B-Z 100, Z-C 100 x0")
    finding = find(coop, z="C")
    assert finding.offer is None
    assert finding.answer.outcome is Outcome.NONE
    assert [blocker.id for blocker in finding.answer.blocked_by] == ["Z-C"]


def test_fibre_that_is_held_on_any_day_of_the_term_is_gone_round(session):
    coop = make_coop(session, "A-Z 100 x1, A-B 1000, B-Z 1000")
    coop.requested(starts_on=date(2027, 6, 1), term_months=12)
    assert sites_of(find(coop, starts_on=date(2026, 12, 1), term_months=12)) == ["A", "B", "Z"]
    assert sites_of(find(coop, starts_on=date(2028, 5, 22))) == ["A", "B", "Z"]


def test_fibre_is_free_again_from_the_first_day_after_a_lease(session):
    coop = make_coop(session, "A-Z 100 x1, A-B 1000, B-Z 1000")
    coop.requested(term_months=12)
    assert sites_of(find(coop, starts_on=date(2027, 11, 30))) == ["A", "B", "Z"]
    assert sites_of(find(coop, starts_on=date(2027, 12, 1))) == ["A", "Z"]


def test_the_offer_is_the_same_whoever_asks(coop):
    other = make_actor(coop.session, make_member(coop.session), Role.DELEGATE)
    staff = make_actor(coop.session, None, Role.TREASURER)
    offers = [
        searching.find_routes(coop.session, actor, coop.search(**SITE_DIVERSE), on=TODAY).offer
        for actor in (coop.planner, other, staff)
    ]
    assert offers[0] == offers[1] == offers[2]


def test_the_tariff_in_force_on_the_first_day_counts(coop):
    make_tariff(coop.session, effective_from=date(2027, 1, 1), pair_metre_year=120)
    assert find(coop, pairs=2).offer.working.rate_pence == 60
    assert find(coop, pairs=2, starts_on=date(2027, 1, 1)).offer.working.rate_pence == 120


def test_site_codes_are_found_in_any_case(coop):
    assert find(coop, a="a", z="z").offer == find(coop).offer


def test_every_fault_of_a_search_is_told_at_once(coop):
    with pytest.raises(Invalid) as refusal:
        find(coop, a="NOWHERE", z="", pairs=0, starts_on=date(2026, 11, 21), term_months=13)
    assert {(problem.place, problem.code) for problem in refusal.value.problems} == {
        ("from", "unknown"),
        ("to", "missing"),
        ("pairs", "too_few_pairs"),
        ("starts_on", "in_the_past"),
        ("term_months", "term_not_offered"),
    }
    assert "22 November 2026" in next(each.remedy for each in refusal.value.problems if each.place == "starts_on")


@pytest.mark.parametrize("starts_on", [date(2028, 5, 23), date.max])
def test_a_first_day_too_far_ahead_is_refused_with_the_latest(coop, starts_on):
    with pytest.raises(Invalid) as refusal:
        find(coop, starts_on=starts_on)
    assert [problem.code for problem in refusal.value.problems] == ["too_far_ahead"]
    assert "22 May 2028" in refusal.value.problems[0].remedy


def test_without_a_tariff_nothing_is_priced(coop):
    everything = "DELETE FROM tariff_lines; DELETE FROM tariffs"
    coop.session.execute(text(f"SET LOCAL session_replication_role = replica; {everything}"))
    with pytest.raises(Invalid, match="no tariff"):
        find(coop)


def test_a_search_takes_four_statements_where_the_plant_is_known(coop, count_queries):
    find(coop)
    coop.session.expire_all()
    with count_queries() as statements:
        find(coop, **SITE_DIVERSE)
    assert len(statements) == 4


# Quotes


def test_a_quote_freezes_routes_price_and_tariff(coop):
    offer = find(coop, **SITE_DIVERSE).offer
    quote = coop.quote(**SITE_DIVERSE)
    coop.session.expire_all()
    kept = coop.session.get(QuoteRow, quote.id)
    assert from_snapshot(kept.snapshot) == offer
    assert (kept.annual_pence, kept.expires_on) == (offer.annual_pence, date(2026, 12, 22))


def test_a_quote_stays_as_it_is_when_prices_and_lengths_change(coop):
    quote = coop.quote()
    make_tariff(coop.session, effective_from=date(2026, 11, 23), pair_metre_year=120)
    coop.spans["A-B"].length_m = 9999
    coop.session.flush()
    lease = request(coop, quote)
    assert lease.annual_pence == quote.annual_pence
    assert [span.metres for span in lease.spans] == [1200, 900]


def test_postgresql_refuses_to_change_a_quote(coop):
    quote = coop.quote()
    with pytest.raises(DBAPIError, match="quotes"):
        coop.session.execute(text(f"UPDATE quotes SET annual_pence = 1 WHERE id = {quote.id}"))


def test_a_quote_leaves_an_event_and_holds_no_fibre(coop):
    quote = coop.quote()
    event = coop.session.scalars(select(EventRow)).one()
    assert (event.kind, event.subject, event.member_id) == ("QuoteMade", quote.reference, coop.user.id)
    assert coop.session.scalar(select(func.count(Allocation.id))) == 0


def test_what_cannot_be_found_cannot_be_quoted_and_the_reason_is_named(coop):
    with pytest.raises(NoSuchRoutes) as refusal:
        coop.quote(pairs=5)
    assert {problem.code for problem in refusal.value.problems} == {"blocked_by_capacity"}


def test_a_member_that_is_no_user_gets_no_quote(coop):
    contributor = make_actor(coop.session, make_member(coop.session, roles="contributor"), Role.PLANNER)
    with pytest.raises(NotAUser):
        coop.quote(planner=contributor)


@pytest.mark.parametrize("role", [Role.FINANCE, Role.ASSET_OFFICER, Role.NETWORK_STEWARD])
def test_only_a_planner_has_quotes_made(coop, role):
    actor = make_actor(coop.session, coop.user, role)
    with pytest.raises(Forbidden):
        coop.quote(planner=actor)


# Requests


def test_a_request_holds_the_lowest_free_pairs_of_each_span(coop):
    first, second = coop.requested(pairs=2), coop.requested(pairs=1)
    # Pairs 1 and 2 of each span are reserved to its owner.
    assert sorted((held.route, held.fibre_pair.number) for held in first.allocations) == [
        (1, 3),
        (1, 3),
        (1, 4),
        (1, 4),
    ]
    assert [held.fibre_pair.number for held in second.allocations] == [5, 5]
    assert first.status is LeaseStatus.REQUESTED
    assert (first.starts_on, first.ends_on) == (START, date(2029, 12, 1))


def test_a_diverse_pair_holds_fibre_on_both_routes(coop):
    lease = coop.requested(**SITE_DIVERSE)
    assert [(span.route, span.position, span.metres) for span in lease.spans] == [
        (1, 1, 1200),
        (1, 2, 900),
        (2, 1, 1500),
        (2, 2, 1100),
    ]
    assert [held.route for held in lease.allocations] == [1, 1, 2, 2]


def test_a_request_is_told_with_the_fibre_it_holds(coop):
    lease = coop.requested()
    event = coop.session.scalars(select(EventRow).where(EventRow.kind == "LeaseRequested")).one()
    assert event.subject == lease.reference
    assert event.details["fibre_pairs"] == ["A-B/3", "B-Z/3"]


def test_when_one_span_is_taken_nothing_is_held_and_it_is_named(session):
    coop = make_coop(session, "A-B 100, B-Z 100 x1")
    late = coop.quote()
    coop.requested()
    with pytest.raises(FibreTaken) as refusal:
        request(coop, late)
    session.flush()
    assert refusal.value.code == "taken"
    assert [problem.place for problem in refusal.value.problems] == ["B-Z"]
    assert session.scalar(select(func.count(Lease.id))) == 1
    assert session.scalar(select(func.count(Allocation.id))) == 2


def test_the_next_lease_may_begin_on_the_day_on_which_one_ends(session):
    coop = make_coop(session, "A-Z 100 x1")
    first = coop.requested(term_months=12)
    second = coop.requested(starts_on=date(2027, 12, 1), term_months=12)
    assert first.ends_on == second.starts_on
    assert first.allocations[0].fibre_pair_id == second.allocations[0].fibre_pair_id


def test_a_quote_is_requested_once(coop):
    quote = coop.quote()
    request(coop, quote)
    with pytest.raises(QuoteUsed):
        request(coop, quote)


def test_a_quote_can_be_requested_on_its_last_day_and_not_after(coop):
    quote, other = coop.quote(starts_on=date(2027, 3, 1)), coop.quote(starts_on=date(2027, 3, 1))
    assert request(coop, quote, at=NOW + timedelta(days=30)).status is LeaseStatus.REQUESTED
    with pytest.raises(QuoteExpired, match="22 December 2026"):
        request(coop, other, at=NOW + timedelta(days=31))


def test_a_quote_cannot_be_requested_when_its_first_day_has_passed(coop):
    quote = coop.quote(starts_on=date(2026, 11, 25))
    with pytest.raises(QuoteExpired, match="25 November 2026"):
        request(coop, quote, at=NOW + timedelta(days=4))


def test_another_members_quote_is_not_there(coop):
    quote = coop.quote()
    foreign = make_actor(coop.session, make_member(coop.session), Role.PLANNER)
    with pytest.raises(NotFound):
        request(coop, quote, planner=foreign)
    with pytest.raises(NotFound):
        ordering.quote(coop.session, foreign, quote.reference)
    assert ordering.quotes(coop.session, foreign).items == []


def test_a_member_that_left_its_role_can_request_nothing_any_more(coop):
    quote = coop.quote()
    coop.user.roles[0].ends_on = date(2026, 11, 20)
    coop.session.flush()
    with pytest.raises(NotAUser):
        request(coop, quote)


def test_a_request_over_twelve_spans_takes_as_many_statements_as_over_one(session, count_queries):
    coop = make_coop(session, ", ".join(f"{a}-{z} 100" for a, z in zip("ABCDEFGHIJKL", "BCDEFGHIJKLZ", strict=True)))
    quote = coop.quote()
    session.expire_all()
    with count_queries() as statements:
        lease = request(coop, quote)
        session.flush()
    assert len(lease.allocations) == 12
    assert len(statements) <= 12
