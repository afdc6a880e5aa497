"""The terms of contributed spans, and how spans leave: nobody's lease is ever ended by it."""

from __future__ import annotations

import random
import re
from datetime import UTC, date, datetime, time, timedelta

import pytest

from cni.assets.models import Span
from cni.assets.snapshot import live_plant
from cni.assets.terms import FeeBasis, WithdrawalSpan
from cni.leases.allocation import FibreTaken
from cni.members.models import Member
from cni.members.policy import OPERATOR, Role
from cni.operations import leasing, offering, ordering, withdrawing
from cni.operations._own_plant import NotLive
from cni.operations.offering import NewTerms
from cni.operations.ordering import NoSuchRoutes
from cni.operations.withdrawing import NewNotice
from cni.primitives.errors import Forbidden, Invalid, NotFound
from cni.primitives.period import add_months
from cni.schemas.terms import in_ranges, numbers_of
from tests.conftest import NOW
from tests.factories import make_actor, make_member, make_person
from tests.leases import CHANCE, START, make_coop
from tests.plant import lay

TODAY = NOW.date()
ONE_ROUTE = "A-B 1200, B-Z 900"


@pytest.fixture
def coop(session):
    return make_coop(session, ONE_ROUTE)


@pytest.fixture
def owner(session, coop) -> Member:
    return session.get_one(Member, coop.spans["A-B"].fibre_owner_id)


@pytest.fixture
def officer(session, owner):
    return make_actor(session, owner, Role.ASSET_OFFICER)


@pytest.fixture
def set_terms(session, officer):
    def setting(offered=(3, 4, 5, 6), reserved=(1, 2), *, basis=FeeBasis.PAIR_METRE, by=officer, **more):
        given = NewTerms(basis, tuple(offered), tuple(reserved), **more)
        offering.set_terms(session, by, "A-B", given, at=NOW)
        session.flush()

    return setting


@pytest.fixture
def withdraw(session, officer):
    def withdrawing_spans(*codes, on=None, reason="It is needed for trams.", by=officer):
        given = NewNotice(codes or ("A-B",), on, reason)
        made = withdrawing.give_notice(session, by, given, at=NOW, chooser=random.Random(str(codes)))
        session.flush()
        return made

    return withdrawing_spans


def codes(refusal):
    return sorted(problem.code for problem in refusal.value.problems)


def noon(day):
    return datetime.combine(day, time(12), UTC)


# Terms


@pytest.mark.parametrize(
    ("text", "numbers"), [("", ()), ("1-4, 9", (1, 2, 3, 4, 9)), ("7; 2 – 3", (7, 2, 3)), ("4-2", ())]
)
def test_pairs_are_written_as_numbers_and_ranges(text, numbers):
    assert numbers_of(text) == numbers


def test_ranges_are_written_as_short_as_can_be():
    assert in_ranges([1, 2, 3, 5, 8, 9]) == "1-3, 5, 8-9"


def test_named_pairs_are_offered_and_reserved_and_the_rest_is_dark(session, officer, set_terms):
    set_terms([1, 9], [2])

    offered = offering.terms_of(session, officer, "A-B", on=TODAY)

    assert [offered.numbers(state) for state in ("offered", "reserved")] == [[1, 9], [2]]
    assert len(offered.numbers("dark")) == 9
    assert live_plant(session).offered["A-B"] == 2


def test_a_lease_takes_the_lowest_of_the_named_pairs(session, coop, set_terms):
    set_terms([8, 10], [])
    lease = coop.requested(pairs=1)

    file = leasing.lease_file(session, coop.planner, lease.reference, on=TODAY)

    assert file.routes[0][0].pairs == (8,)


def test_a_leased_pair_stays_offered_and_the_refusal_names_the_lease(session, coop, set_terms):
    lease = coop.requested(pairs=1)
    with pytest.raises(Invalid) as refusal:
        set_terms([4, 5], [3])

    assert codes(refusal) == ["leased_pair"]
    assert lease.reference in refusal.value.problems[0].message
    set_terms([3, 4], [])


def test_every_problem_of_terms_is_told_at_once(set_terms):
    with pytest.raises(Invalid) as refusal:
        set_terms([1, 13], [1], starts_on=START, ends_on=START, notice_months=121)

    assert codes(refusal) == ["ends_before_start", "named_twice", "out_of_range", "unknown_pair"]


def test_only_the_owner_of_the_fibre_sets_terms(session, coop, owner, set_terms):
    duct_owner = make_member(session, roles="contributor")
    coop.spans["A-B"].duct_owner_id = duct_owner.id
    session.flush()
    with pytest.raises(NotFound):
        set_terms(by=make_actor(session, duct_owner, Role.ASSET_OFFICER))
    with pytest.raises(Forbidden):
        set_terms(by=coop.steward)


@pytest.mark.parametrize(
    "period", [{"starts_on": START + timedelta(days=1)}, {"ends_on": add_months(START, 36) - timedelta(days=1)}]
)
def test_no_lease_runs_before_or_beyond_the_period_offered(coop, set_terms, period):
    set_terms(**period)
    with pytest.raises(NoSuchRoutes):
        coop.quote()


def test_a_lease_of_exactly_the_period_is_possible(coop, set_terms):
    set_terms(starts_on=START, ends_on=add_months(START, 36))

    assert coop.requested()


# Withdrawal


def test_a_span_that_nobody_leases_leaves_at_once(session, withdraw):
    withdraw("A-B")

    assert session.query(Span).filter_by(code="A-B").one().retired_on == TODAY
    assert list(live_plant(session).owners) == ["B-Z"]


def test_a_span_that_nobody_leases_leaves_on_its_day(session, coop, withdraw):
    on = date(2027, 6, 1)
    withdraw("A-B", on=on)

    with pytest.raises(NoSuchRoutes):
        coop.quote()
    assert withdrawing.finish_withdrawals(session, OPERATOR, at=noon(on - timedelta(days=1))) == []
    assert withdrawing.finish_withdrawals(session, OPERATOR, at=noon(on)) == ["A-B"]
    session.flush()
    assert list(live_plant(session).owners) == ["B-Z"]
    assert withdrawing.finish_withdrawals(session, OPERATOR, at=noon(on)) == []


def test_a_lease_that_ends_by_the_day_is_still_possible(coop, withdraw):
    withdraw("A-B", on=add_months(START, 12))

    assert coop.requested(term_months=12)


def test_a_leased_span_begins_its_notice_lists_the_leases_and_stays_until_they_end(
    session, coop, set_terms, withdraw, officer
):
    set_terms(notice_months=6)
    lease = coop.accepted(pairs=1)
    made = withdraw("A-B")

    (leaving,) = withdrawing.find_withdrawal(session, officer, made.reference, on=TODAY).leaving

    assert leaving.effective_on == add_months(TODAY, 6)
    assert [(each.lease, each.ends_on) for each in leaving.leases] == [(lease.reference, add_months(START, 36))]
    assert withdrawing.finish_withdrawals(session, OPERATOR, at=noon(add_months(TODAY, 7))) == []
    assert withdrawing.finish_withdrawals(session, OPERATOR, at=noon(add_months(START, 36))) == ["A-B"]
    assert lease.ends_on == add_months(START, 36)


def test_a_withdrawal_of_two_spans_is_read_in_as_many_statements_as_one_of_one(
    session, coop, withdraw, officer, count_queries
):
    lease = coop.accepted(pairs=1)
    more = lay(session, "B-Y 800, Y-Z 700", owner=session.get_one(Member, officer.member_id))
    counts = []
    for made in (withdraw(*more), withdraw("A-B")):
        session.expire_all()
        with count_queries() as statements:
            file = withdrawing.find_withdrawal(session, officer, made.reference, on=TODAY)
        counts.append(len(statements))

    assert counts[0] == counts[1]
    assert [[each.lease for each in leaving.leases] for leaving in file.leaving] == [[lease.reference]]


def test_a_quote_made_before_the_notice_can_no_longer_be_requested(session, coop, withdraw):
    quote = coop.quote()
    withdraw("A-B", on=date(2027, 6, 1))

    with pytest.raises(FibreTaken):
        ordering.request_lease(session, coop.planner, quote.reference, at=NOW, chooser=CHANCE)


def test_without_terms_the_notice_is_a_year(session, coop, withdraw, officer):
    coop.requested(pairs=1)

    assert withdraw("A-B").spans[0].effective_on == add_months(TODAY, 12)


def test_the_lessees_planner_is_told(session, coop, withdraw):
    lease = coop.accepted(pairs=1)
    assert withdrawing.todo(session, coop.planner, TODAY) == []
    withdraw("A-B")

    (task,) = withdrawing.todo(session, coop.planner, TODAY)

    assert task.reference == lease.reference
    assert withdrawing.todo(session, make_actor(session, make_member(session), Role.PLANNER), TODAY) == []


def test_what_a_notice_would_do_is_told_before_and_saves_nothing(session, coop, set_terms, officer):
    set_terms(notice_months=6)
    lease = coop.accepted(pairs=1)
    given = NewNotice(("B-Z", "A-B"), None, "Trams")

    leaving = {each.span.code: each for each in withdrawing.check_notice(session, officer, given, on=TODAY)}

    assert leaving["A-B"].last_day == add_months(TODAY, 6) - timedelta(days=1)
    assert leaving["B-Z"].effective_on == add_months(TODAY, 12)
    for each in leaving.values():
        assert [held.lease for held in each.leases] == [lease.reference]
        assert each.leaves_on == add_months(START, 36)
    assert session.query(WithdrawalSpan).count() == 0


def test_a_lease_that_is_over_before_the_day_asked_for_is_told_and_begins_no_longer_notice(session, coop, officer):
    lease = coop.accepted(pairs=1)
    on = add_months(START, 37)

    (leaving,) = withdrawing.check_notice(session, officer, NewNotice(("A-B",), on, "Trams"), on=TODAY)

    assert [held.lease for held in leaving.leases] == [lease.reference]
    assert (leaving.effective_on, leaving.leaves_on) == (on, on)


def test_a_notice_without_a_confirmation_is_not_given_and_can_be_changed(session, client, coop, owner):
    browser = client.sign_in_as(make_person(session, owner, Role.ASSET_OFFICER))
    asked = {"spans": "A-B\nB-Z", "reason": "Trams", "effective_on": "2027-06-01"}

    checked = browser.post("/withdrawals/new", data=asked)
    again = browser.post("/withdrawals/new", data=asked | {"act": "change"})

    assert "Nothing is given yet" in checked.text
    assert 'name="spans" value="A-B\nB-Z"' in checked.text
    assert all(words in again.text for words in ("A-B\nB-Z</textarea>", "Trams", "2027-06-01"))
    assert session.query(WithdrawalSpan).count() == 0


def test_only_an_owner_may_ask_what_a_notice_would_do(session, coop):
    given = NewNotice(("A-B",), None, "Trams")
    stranger = make_actor(session, make_member(session), Role.ASSET_OFFICER)
    with pytest.raises(Invalid) as refusal:
        withdrawing.check_notice(session, stranger, given, on=TODAY)
    assert codes(refusal) == ["unknown_plant"]
    with pytest.raises(Forbidden):
        withdrawing.check_notice(session, coop.steward, given, on=TODAY)


def test_a_program_asks_what_a_notice_would_do(session, api_client, coop, owner):
    lease = coop.accepted(pairs=1)
    program = api_client(make_person(session, owner, Role.ASSET_OFFICER))

    told = program.post("/api/v1/withdrawals/check", json={"spans": ["A-B"], "reason": "Trams"})

    assert told.json["spans"] == [
        {
            "span": "A-B",
            "effective_on": "2027-11-22",
            "leaves_on": add_months(START, 36).isoformat(),
            "withdrawn_on": None,
            "leases": [lease.reference],
        }
    ]
    assert program.post("/api/v1/withdrawals/check", json={"spans": ["A-B"]}).status_code == 422
    assert program.get("/api/v1/withdrawals").json["items"] == []


def test_every_problem_of_a_notice_is_told_at_once(session, withdraw):
    withdraw("B-Z", on=date(2027, 6, 1))
    with pytest.raises(Invalid) as refusal:
        withdraw("A-B", "NOWHERE", "b-z", on=TODAY - timedelta(days=1), reason=" ")

    assert codes(refusal) == ["day_not_possible", "missing", "under_notice", "unknown_plant"]


def test_anothers_spans_are_not_withdrawn_and_their_notices_not_found(session, withdraw):
    stranger = make_actor(session, make_member(session), Role.ASSET_OFFICER)
    with pytest.raises(Invalid) as refusal:
        withdraw("A-B", by=stranger)
    made = withdraw("A-B")

    assert codes(refusal) == ["unknown_plant"]
    with pytest.raises(NotFound):
        withdrawing.find_withdrawal(session, stranger, made.reference, on=TODAY)


# Pages and API


def test_terms_are_set_and_notice_is_given_on_pages(session, client, coop, owner):
    lease = coop.accepted(pairs=1)
    browser = client.sign_in_as(make_person(session, owner, Role.ASSET_OFFICER))
    terms = {"offered": "3-5", "reserved": "1, 2", "fee_basis": "pair_metre", "notice_months": "6"}

    assert browser.post("/plant/terms/A-B", data=terms | {"offered": "many"}).status_code == 422
    assert browser.post("/plant/terms/A-B", data=terms).status_code == 302
    shown = browser.get("/plant/terms/A-B").text
    assert browser.post("/withdrawals/new", data={"spans": "A-B"}).status_code == 422
    asked = {"spans": "A-B", "reason": "Trams"}
    checked = browser.post("/withdrawals/new", data=asked)
    made = browser.post("/withdrawals/new", data=asked | {"act": "give"})

    assert lease.reference in checked.text
    assert "From 22 November 2026 to 21 May 2027" in checked.text
    assert "<dd>3-5" in shown
    assert lease.reference in shown
    assert lease.reference in browser.get(made.location).text
    assert "Under notice" in browser.get("/plant/spans/A-B").text
    assert "A-B" in browser.get("/withdrawals").text


def test_a_span_is_told_to_be_under_notice_and_then_withdrawn(session, client, api_client, coop, withdraw, owner):
    person = make_person(session, owner, Role.ASSET_OFFICER)
    browser, program = client.sign_in_as(person), api_client(person)
    on = TODAY + timedelta(days=1)
    withdraw("A-B", on=on)

    def told():
        span = program.get("/api/v1/spans/A-B").json
        return span["status"], span["retired_on"], span["notice_until"], span["replaced_by"], span["free_pairs"] > 0

    assert told() == ("live", None, TODAY.isoformat(), [], True)
    for page in ("/plant/spans/A-B", "/plant/sites/A", "/map"):
        assert "nder notice until 22 November 2026" in browser.get(page).text
    withdrawing.finish_withdrawals(session, OPERATOR, at=noon(on))
    session.flush()

    assert told() == ("withdrawn", on.isoformat(), None, [], False)
    page = browser.get("/plant/spans/A-B").text
    assert re.search(r"Withdrawn</span> 23 November 2026", page)
    assert "Under notice" not in page
    assert ">Live<" not in page


def test_the_lease_says_that_a_span_of_it_is_withdrawn(session, client, coop, withdraw):
    lease = coop.accepted(pairs=1)
    withdraw("A-B")
    browser = client.sign_in_as(make_person(session, coop.user, Role.PLANNER))

    assert "Span A-B is withdrawn on 22 November 2027." in browser.get(f"/leases/{lease.reference}").text


def test_a_program_sets_terms_and_gives_notice(session, api_client, coop, owner):
    program = api_client(make_person(session, owner, Role.ASSET_OFFICER))

    told = program.put("/api/v1/terms/A-B", json={"fee_basis": "availability", "offered": "3, 4", "reserved": "1"})
    made = program.post("/api/v1/withdrawals", json={"spans": ["A-B"], "reason": "Trams"})

    assert (told.json["offered"], told.json["reserved"], told.json["notice_months"]) == ([3, 4], [1], 12)
    assert made.status_code == 201
    day = "2026-11-22"
    assert made.json["spans"] == [
        {"span": "A-B", "effective_on": day, "leaves_on": day, "withdrawn_on": day, "leases": []}
    ]
    assert program.get("/api/v1/withdrawals").json["items"][0]["spans"] == ["A-B"]


def test_the_records_of_what_has_left_stay_as_they_are(session, withdraw, set_terms, officer):
    withdraw("A-B")

    with pytest.raises(NotLive):
        set_terms()
    assert offering.terms_of(session, officer, "A-B", on=TODAY).terms is None
