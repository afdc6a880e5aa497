"""Correcting a member or the co-op, and changing what a member is: who may, what stays, what follows from it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from cni.events.models import EventRow
from cni.ledger.models import DocumentRow
from cni.members.importing import MemberDraft, PersonDraft
from cni.members.models import Cooperative, Member
from cni.members.policy import MemberRole, Role
from cni.operations import correcting, joining
from cni.operations.correcting import RoleHeld
from cni.primitives.errors import Forbidden, Invalid, NotFound
from tests.books import make_books, on
from tests.conftest import NOW
from tests.factories import make_actor, make_member, make_person

TODAY = NOW.date()
CONTRIBUTOR, INVESTOR, USER = MemberRole.CONTRIBUTOR, MemberRole.INVESTOR, MemberRole.USER


@pytest.fixture
def registrar(session):
    return make_actor(session, None, Role.REGISTRAR)


@pytest.fixture
def council(session):
    return make_member(session, "a-council", sector="council")


@pytest.fixture
def administrator(session, council):
    return make_actor(session, council, Role.MEMBER_ADMIN)


def _events(session) -> list[tuple[str, str, dict]]:
    return [(row.kind, row.subject, row.details) for row in session.scalars(select(EventRow).order_by(EventRow.id))]


def _anew(session, member: Member) -> Member:
    session.flush()
    session.expire_all()
    return session.get_one(Member, member.id)


# Details


def test_the_registrar_corrects_the_fields_given_and_no_others(session, registrar, council):
    correction = {"name": "A New Council", "vat_number": None, "self_billing_to": date(2028, 1, 1), "sector": "council"}

    correcting.correct_member(session, registrar, "A-COUNCIL", correction, at=NOW)

    member = _anew(session, council)
    assert (member.name, member.vat_number, member.self_billing_to) == ("A New Council", None, date(2028, 1, 1))
    assert (member.address, member.self_billing_from) == ("1 Demonstration Square", date(2026, 1, 1))


def test_the_audit_trail_names_the_fields_that_changed_and_never_their_values(session, registrar, council):
    correction = {"address": "2 New Street", "postcode": "M1 1AA", "sector": "council"}

    correcting.correct_member(session, registrar, "a-council", correction, at=NOW)
    correcting.correct_member(session, registrar, "a-council", correction, at=NOW)

    assert _events(session) == [("MemberCorrected", "a-council", {"fields": ["address", "postcode"]})]


def test_a_members_administrator_corrects_where_it_is_and_what_it_does(session, administrator, council):
    correction = {"address": "2 New Street", "postcode": "M1 1AA", "sector": "housing"}

    correcting.correct_member(session, administrator, "a-council", correction, at=NOW)

    member = _anew(session, council)
    assert (member.address, member.postcode, member.sector) == ("2 New Street", "M1 1AA", "housing")
    assert correcting.find_correctable_member(session, administrator, "a-council").standing == correction


@pytest.mark.parametrize("field", ["name", "vat_number", "company_number", "self_billing_from", "self_billing_to"])
def test_a_members_administrator_corrects_nothing_else(session, administrator, council, field):
    with pytest.raises(Forbidden):
        correcting.correct_member(session, administrator, "a-council", {field: None, "sector": "x"}, at=NOW)

    assert _anew(session, council).sector == "council"


def test_another_members_administrator_does_not_even_find_it(session, council):
    stranger = make_actor(session, make_member(session), Role.MEMBER_ADMIN)

    for slug in ("a-council", "no-such-member"):
        with pytest.raises(NotFound):
            correcting.correct_member(session, stranger, slug, {"address": "2 New Street"}, at=NOW)
        with pytest.raises(NotFound):
            correcting.find_correctable_member(session, stranger, slug)


def test_every_problem_of_a_correction_is_told_at_once(session, registrar, council):
    wrong = {"name": None, "self_billing_to": date(2025, 12, 31), "sector": "housing"}

    with pytest.raises(Invalid) as refused:
        correcting.correct_member(session, registrar, "a-council", wrong, at=NOW)

    assert [(each.place, each.code) for each in refused.value.problems] == [
        ("name", "missing"),
        ("self_billing_to", "ends_before_start"),
    ]
    assert _anew(session, council).sector == "council"


def test_an_agreement_with_an_end_needs_a_start(session, registrar, council):
    with pytest.raises(Invalid) as refused:
        correcting.correct_member(session, registrar, "a-council", {"self_billing_from": None}, at=NOW)

    assert [each.place for each in refused.value.problems] == ["self_billing_from"]


# Roles


def _held(session, registrar) -> list[RoleHeld]:
    session.flush()
    session.expire_all()
    return correcting.find_roles_of_member(session, registrar, "a-council", on=TODAY).held


def _change(session, registrar, *roles: MemberRole, on: date = TODAY) -> None:
    correcting.change_member_roles(session, registrar, "a-council", frozenset(roles), on=on, at=NOW)


def test_a_role_begins_or_ends_on_the_day_and_what_was_held_stays_on_record(session, registrar, council):
    _change(session, registrar, USER, INVESTOR)

    assert _held(session, registrar) == [
        RoleHeld(CONTRIBUTOR, None, TODAY),
        RoleHeld(USER, None, None),
        RoleHeld(INVESTOR, TODAY, None),
    ]
    assert council.roles_on(TODAY - timedelta(days=1)) == [CONTRIBUTOR, USER]
    assert council.roles_on(TODAY) == [INVESTOR, USER]
    details = {"roles": ["investor", "user"], "starts_on": "2026-11-22"}
    assert _events(session) == [("MemberRolesChanged", "a-council", details)]


def test_a_role_taken_up_again_later_leaves_its_gap_on_record(session, registrar, council):
    later = TODAY + timedelta(days=30)
    _change(session, registrar, USER)
    correcting.change_member_roles(
        session, registrar, "a-council", frozenset({CONTRIBUTOR, USER}), on=later, at=NOW + timedelta(days=30)
    )

    contributor = [held for held in _held(session, registrar) if held.role is CONTRIBUTOR]
    assert contributor == [RoleHeld(CONTRIBUTOR, None, TODAY), RoleHeld(CONTRIBUTOR, later, None)]


def test_a_change_taken_back_on_its_day_leaves_nothing_behind(session, registrar, council):
    before = _held(session, registrar)

    _change(session, registrar, INVESTOR)
    _change(session, registrar, CONTRIBUTOR, USER)

    assert _held(session, registrar) == before


def test_a_change_replaces_what_was_planned_for_after_it(session, registrar, council):
    _change(session, registrar, CONTRIBUTOR, INVESTOR, on=TODAY + timedelta(days=60))
    _change(session, registrar, CONTRIBUTOR, USER, on=TODAY + timedelta(days=30))

    assert _held(session, registrar) == [RoleHeld(CONTRIBUTOR, None, None), RoleHeld(USER, None, None)]


def test_a_change_of_roles_has_a_role_and_a_day_that_is_not_past(session, registrar, council):
    with pytest.raises(Invalid) as refused:
        _change(session, registrar, on=TODAY - timedelta(days=1))

    assert [each.place for each in refused.value.problems] == ["roles", "on"]


def test_only_the_registrar_changes_what_a_member_is(session, administrator):
    with pytest.raises(Forbidden):
        _change(session, administrator, USER)


# The co-op


def test_the_registrar_enters_the_co_op_and_corrects_it(session, registrar):
    correcting.correct_coop(session, registrar, {"name": "Demonstration co-op", "postcode": "M99 9ZZ"}, at=NOW)
    session.flush()
    correcting.correct_coop(session, registrar, {"name": "Demonstration co-op", "vat_number": "GB999111188"}, at=NOW)
    session.flush()

    coop = session.scalars(select(Cooperative)).one()
    assert (coop.name, coop.postcode, coop.vat_number) == ("Demonstration co-op", "M99 9ZZ", "GB999111188")
    assert [details["fields"] for _kind, _subject, details in _events(session)] == [
        ["name", "postcode"],
        ["vat_number"],
    ]


def test_the_co_op_has_a_name(session, registrar):
    with pytest.raises(Invalid, match="The name is missing"):
        correcting.correct_coop(session, registrar, {"address": "1 Yard"}, at=NOW)


# What follows


def test_an_invoice_withheld_for_want_of_an_address_is_issued_once_the_registrar_gives_it(session, registrar):
    books = make_books(session)
    books.user.address = None
    preview = books.settle()
    assert [document.member for document in preview.documents if document.withheld] == ["user"]
    issued = set(session.scalars(select(DocumentRow.number)))

    correcting.correct_member(session, registrar, "user", {"address": "1 Mended Street"}, at=on(TODAY))
    later = books.issue()

    (number,) = set(session.scalars(select(DocumentRow.number))) - issued
    (document,) = (document for document in later.documents if document.number == number)
    assert (document.kind, document.member) == ("invoice", "user")
    assert not any(document.withheld for document in later.documents)
    assert books.issue().documents == later.documents


def test_a_co_op_that_gets_its_vat_number_issues_what_was_withheld(session, registrar):
    books = make_books(session)
    session.scalars(select(Cooperative)).one().vat_number = None
    assert all(document.withheld for document in books.settle().documents)

    correcting.correct_coop(session, registrar, {"vat_number": "GB999111188"}, at=on(TODAY))

    assert all(document.number for document in books.issue().documents)


# Refusals of the database tell what they are about


def test_only_a_taken_slug_is_called_taken(session, registrar):
    draft = MemberDraft(slug="tame-homes", name="", roles=frozenset({USER}))

    with pytest.raises(IntegrityError, match="ck_members_name"):
        joining.admit_member(session, registrar, draft, at=NOW)


def test_a_slug_that_another_registrar_took_a_moment_ago_is_called_taken(session, registrar, council, monkeypatch):
    monkeypatch.setattr(joining.queries, "member_by_slug", lambda *_: None)
    draft = MemberDraft(slug="A-Council", name="Another", roles=frozenset({USER}))

    with pytest.raises(Invalid, match="There is a member “A-Council” already"):
        joining.admit_member(session, registrar, draft, at=NOW)


def test_an_address_taken_a_moment_ago_is_called_taken_and_nothing_else_is(session, registrar, monkeypatch):
    email = make_person(session, None, Role.AUDITOR).email
    monkeypatch.setattr(joining.queries, "person_by_email", lambda *_: None)
    draft = PersonDraft(email=email, name="Another", member=None, roles=frozenset({Role.AUDITOR}))

    with pytest.raises(Invalid, match="signs in here already"):
        joining.invite_person(session, registrar, draft, at=NOW, chooser=random.Random(2))
    with pytest.raises(IntegrityError, match="ck_people_name"):
        joining.invite_person(
            session, registrar, replace(draft, email="n@coop.example", name=""), at=NOW, chooser=random.Random(2)
        )
