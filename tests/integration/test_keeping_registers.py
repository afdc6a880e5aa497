"""Wayleaves and funding conditions: who keeps them, who sees them, who is told what runs out."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from cni.assets.expiries import RegisterKind
from cni.leases.models import QuoteRow
from cni.members.policy import Role
from cni.operations import keeping_registers
from cni.operations.keeping_registers import NewEntry
from cni.primitives.errors import Forbidden, Invalid, NotFound
from cni.primitives.period import Period
from tests.conftest import NOW
from tests.factories import make_actor, make_member, make_person
from tests.leases import make_coop
from tests.plant import lay

TODAY = NOW.date()
WAYLEAVE = NewEntry(RegisterKind.WAYLEAVE, "The Estate", "Deed 12", None, date(2027, 6, 1), False, ("a-b", "B"), None)


@pytest.fixture
def council(session):
    return make_member(session, "council", roles="contributor")


@pytest.fixture
def spans(session, council):
    return lay(session, "A-B 1200, B-Z 900", owner=council)


@pytest.fixture
def officer(session, council):
    return make_actor(session, council, Role.ASSET_OFFICER)


@pytest.fixture
def add(session, officer, spans):
    def adding(given=WAYLEAVE, **more):
        chance = random.Random(len(session.new) + hash(str(more)) % 1000)
        entry = keeping_registers.add_entry(session, officer, replace(given, **more), at=NOW, chooser=chance)
        session.flush()
        return entry

    return adding


def codes(refusal):
    return sorted(problem.code for problem in refusal.value.problems)


def test_an_entry_covers_the_owners_spans_and_sites_by_id_in_whatever_case(add):
    entry = add()

    assert entry.reference.startswith("WAY-")
    assert entry.covers == ["A-B", "B"]


def test_an_entry_no_longer_names_what_has_left_the_plant(session, officer, add, spans):
    entry = add()
    spans["A-B"].retired_on = TODAY
    session.flush()
    session.expire_all()

    assert keeping_registers.find_entry(session, officer, entry.reference).covers == ["B"]


def test_every_problem_is_told_at_once(add):
    with pytest.raises(Invalid) as refusal:
        add(party=" ", title="", starts_on=date(2027, 6, 1), covers=("A-B", "NOWHERE"))

    assert codes(refusal) == ["ends_before_start", "missing", "missing", "unknown_plant"]


@pytest.mark.parametrize(
    ("kind", "who", "what"), [("funding", "funder", "grant"), ("wayleave", "grantor", "reference")]
)
def test_the_form_of_an_entry_asks_in_the_words_in_which_it_refuses(session, client, council, kind, who, what):
    browser = client.sign_in_as(make_person(session, council, Role.ASSET_OFFICER))

    form = browser.get(f"/registers/new?kind={kind}").text
    refused = browser.post("/registers/new", data={"kind": kind, "covers": "A-B", "open_access": "yes"})

    assert f">{who.capitalize()}<" in form
    assert ("open access" in form) is (kind == "funding")
    assert refused.status_code == 422
    assert re.search(rf"The {who} is missing.*{what} is missing", refused.text, re.DOTALL)


def test_nothing_and_anothers_plant_cannot_be_covered(session, add):
    lay(session, "X-Y 1")
    with pytest.raises(Invalid) as nothing:
        add(covers=())
    with pytest.raises(Invalid) as anothers:
        add(covers=("X-Y",))

    assert codes(nothing) == ["covers_nothing"]
    assert codes(anothers) == ["unknown_plant"]


def test_plant_that_is_only_proposed_cannot_be_covered(session, council, add):
    lay(session, "P-Q 1", owner=council, live=False)
    with pytest.raises(Invalid):
        add(covers=("P-Q",))


def test_a_renewed_wayleave_keeps_its_reference_and_kind(session, officer, add):
    entry = add()
    given = replace(WAYLEAVE, kind=RegisterKind.FUNDING, ends_on=date(2040, 1, 1), covers=("B-Z",))

    corrected = keeping_registers.correct_entry(session, officer, entry.reference, given, at=NOW)

    assert (corrected.reference, corrected.kind) == (entry.reference, RegisterKind.WAYLEAVE)
    assert (corrected.covers, corrected.ends_on) == (["B-Z"], date(2040, 1, 1))


def test_the_owner_and_staff_see_an_entry_and_nobody_else(session, add, officer):
    reference = add().reference
    steward = make_actor(session, None, Role.NETWORK_STEWARD)
    other = make_actor(session, make_member(session), Role.ASSET_OFFICER)
    planner = make_actor(session, make_member(session), Role.PLANNER)

    assert keeping_registers.find_entry(session, officer, reference).party == "The Estate"
    assert keeping_registers.find_entry(session, steward, reference).party == "The Estate"
    with pytest.raises(NotFound):
        keeping_registers.find_entry(session, other, reference)
    with pytest.raises(Forbidden):
        keeping_registers.find_entry(session, planner, reference)
    assert keeping_registers.list_entries(session, other).items == []


def test_only_the_owner_corrects_an_entry(session, add):
    reference = add().reference
    other = make_actor(session, make_member(session), Role.ASSET_OFFICER)
    steward = make_actor(session, None, Role.NETWORK_STEWARD)

    with pytest.raises(NotFound):
        keeping_registers.correct_entry(session, other, reference, WAYLEAVE, at=NOW)
    with pytest.raises(Forbidden):
        keeping_registers.correct_entry(session, steward, reference, WAYLEAVE, at=NOW)


@pytest.mark.parametrize(("days", "found"), [(90, 1), (180, 2), (365, 3)])
def test_what_ends_within_so_many_days_comes_soonest_first(session, officer, add, days, found):
    for ahead in (365, 180, 90, 366):
        add(ends_on=TODAY + timedelta(days=ahead))
    add(ends_on=None)

    ending = keeping_registers.ending_within(session, officer, days, on=TODAY)

    assert [entry.ends_on for entry in ending] == [TODAY + timedelta(days=ahead) for ahead in (90, 180, 365)][:found]


def test_the_owner_and_the_steward_are_told_what_runs_out_and_others_are_not(session, officer, add):
    entry = add(ends_on=TODAY + timedelta(days=30))
    steward = make_actor(session, None, Role.NETWORK_STEWARD)
    other = make_actor(session, make_member(session), Role.ASSET_OFFICER)

    (task,) = keeping_registers.todo(session, officer, TODAY)

    assert (task.reference, task.tone) == (entry.reference, "now")
    assert "The Estate" in task.text
    assert len(keeping_registers.todo(session, steward, TODAY)) == 1
    assert keeping_registers.todo(session, other, TODAY) == []


def test_many_ends_are_one_task(session, officer, add):
    for ahead in range(200, 206):
        add(ends_on=TODAY + timedelta(days=ahead))

    (task,) = keeping_registers.todo(session, officer, TODAY)

    assert (task.count, task.about, task.tone) == (6, "registers", "soon")


def test_a_lease_is_told_what_it_would_outlive_on_its_spans_and_sites_without_a_name(session, add):
    add()
    planner = make_actor(session, make_member(session), Role.PLANNER)
    period = Period(date(2027, 1, 1), date(2028, 1, 1))

    found = keeping_registers.ends_before_lease(session, planner, ["A-B", "B-Z"], ["A", "B", "Z"], period)

    assert [(each.thing, each.code, each.ends_on) for each in found] == [
        ("site", "B", date(2027, 6, 1)),
        ("span", "A-B", date(2027, 6, 1)),
    ]


# Pages and API


def test_the_quote_and_the_lease_say_what_ends_before_and_not_with_whom(session, client):
    coop = make_coop(session)
    owner = coop.spans["A-B"].fibre_owner_id
    officer = make_actor(session, session.get_one(type(coop.user), owner), Role.ASSET_OFFICER)
    given = replace(WAYLEAVE, covers=("A-B",), ends_on=date(2028, 3, 1))
    keeping_registers.add_entry(session, officer, given, at=NOW, chooser=random.Random(1))
    lease = coop.requested(pairs=1)
    browser = client.sign_in_as(make_person(session, coop.user, Role.PLANNER))
    sentence = "The wayleave for span A-B ends on 29 February 2028, 21 months before this lease would."

    quote = browser.get(f"/quotes/{session.get_one(QuoteRow, lease.quote_id).reference}")
    search = browser.get("/routes?from=A&to=Z&starts_on=2026-12-01&term_months=36&pairs=1")

    assert sentence in quote.text
    assert sentence in browser.get(f"/leases/{lease.reference}").text
    assert sentence in search.text
    assert "The Estate" not in quote.text + search.text


def test_an_entry_is_made_renewed_and_listed_on_pages(session, client, council, spans):
    browser = client.sign_in_as(make_person(session, council, Role.ASSET_OFFICER))
    form = {
        "kind": "wayleave",
        "party": "The Estate",
        "title": "Deed 12",
        "ends_on": "2027-01-10",
        "covers": "A-B\r\nB",
    }

    refused = browser.post("/registers/new", data=form | {"party": ""})
    made = browser.post("/registers/new", data=form)
    listed = browser.get("/registers?within=90")
    renewed = browser.post(made.location + "/correct", data=form | {"ends_on": "2037-01-10"})

    assert refused.status_code == 422
    assert "A-B\nB" in refused.text.replace("\r", "")
    assert "The Estate" in listed.text
    assert "In 49 days" in listed.text
    assert "A-B\nB" in browser.get(made.location + "/correct").text.replace("\r", "")
    assert renewed.status_code == 302
    assert "Nothing runs out within 90 days" in browser.get("/registers?within=90").text
    assert "The Estate" in browser.get("/registers?within=all").text


def test_an_entry_is_made_and_found_by_a_program(session, api_client, council, spans):
    program = api_client(make_person(session, council, Role.ASSET_OFFICER))
    body = {
        "kind": "funding",
        "party": "A fund",
        "title": "Grant 7",
        "ends_on": "2027-01-10",
        "open_access": True,
        "covers": ["B-Z"],
    }

    made = program.post("/api/v1/register-entries", json=body)
    address = f"/api/v1/register-entries/{made.json['reference']}"
    changed = program.put(address, json=body | {"ends_on": None})

    assert made.status_code == 201
    assert made.json | {"reference": ""} == body | {
        "reference": "",
        "member": "council",
        "starts_on": None,
        "notes": None,
    }
    assert changed.json["ends_on"] is None
    assert program.get("/api/v1/register-entries").json["items"] == [program.get(address).json]
    assert program.get("/api/v1/register-entries?within_days=90").json["items"] == []
