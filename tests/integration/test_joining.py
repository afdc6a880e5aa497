"""Joining: members are admitted, people invited, roles changed, access closed; and who sees what of whom."""

from __future__ import annotations

import random
from datetime import date

import pytest
from sqlalchemy import select

from cni.events.models import EventRow
from cni.members.importing import MemberDraft, PersonDraft
from cni.members.models import MemberRoleHeld
from cni.members.policy import MemberRole, Role
from cni.members.queries import actor_of, person_by_email
from cni.operations import joining, signing_in, viewing
from cni.operations.joining import TaskForAnother
from cni.operations.signing_in import NewToken
from cni.primitives.errors import Forbidden, Invalid, NotFound
from cni.primitives.paging import PageRequest
from tests.conftest import NOW
from tests.factories import make_actor, make_member, make_person

TODAY = NOW.date()
DRAFT = MemberDraft(slug="Irwell-Council", name="Irwell Council", roles=frozenset({MemberRole.CONTRIBUTOR}))


@pytest.fixture
def chance() -> random.Random:
    return random.Random(2)


@pytest.fixture
def registrar(session):
    return make_actor(session, None, Role.REGISTRAR)


@pytest.fixture
def council(session):
    return make_member(session, "a-council", account_number="31926819", sort_code="089999")


@pytest.fixture
def administrator(session, council):
    return make_actor(session, council, Role.MEMBER_ADMIN)


def _draft(email="new@council.example", member: str | None = "a-council", roles=(Role.PLANNER,)) -> PersonDraft:
    return PersonDraft(email=email, name="A new person", member=member, roles=frozenset(roles))


def test_the_registrar_admits_a_member(session, registrar):
    joining.admit_member(session, registrar, DRAFT, at=NOW)

    seen = viewing.find_member(session, registrar, "irwell-council", on=TODAY)
    assert (seen.name, seen.roles) == ("Irwell Council", [MemberRole.CONTRIBUTOR])
    assert session.scalars(select(EventRow.kind)).all() == ["MemberAdmitted"]


def test_a_slug_is_taken_in_whatever_case(session, registrar, council):
    draft = MemberDraft(slug="A-COUNCIL", name="Another", roles=frozenset())

    with pytest.raises(Invalid) as refused:
        joining.admit_member(session, registrar, draft, at=NOW)

    assert [problem.place for problem in refused.value.problems] == ["slug", "roles"]


def test_a_members_administrator_admits_nobody(session, administrator):
    with pytest.raises(Forbidden):
        joining.admit_member(session, administrator, DRAFT, at=NOW)


def test_an_invited_person_chooses_a_password_and_signs_in(session, administrator, chance):
    invited = joining.invite_person(session, administrator, _draft(), at=NOW, chooser=chance)
    signing_in.choose_password(session, invited.secret, "three unrelated words", at=NOW)

    attempt = signing_in.Attempt("new@council.example", "three unrelated words")
    token = signing_in.sign_in(session, attempt, at=NOW, chooser=chance)
    guest = signing_in.guest_of_session(session, token, at=NOW)
    assert (guest.member_name, guest.actor.roles) == ("A Council", {Role.PLANNER})


def test_an_address_is_invited_once(session, administrator, chance):
    joining.invite_person(session, administrator, _draft(), at=NOW, chooser=chance)

    with pytest.raises(Invalid, match="signs in here already"):
        joining.invite_person(session, administrator, _draft(email="NEW@council.example"), at=NOW, chooser=chance)


@pytest.mark.parametrize("member", ["another-member", "no-such-member", None])
def test_an_administrator_invites_nobody_elsewhere(session, administrator, chance, member):
    make_member(session, "another-member")

    with pytest.raises(NotFound):
        joining.invite_person(session, administrator, _draft(member=member), at=NOW, chooser=chance)


def test_the_registrar_invites_staff_and_any_members_people(session, registrar, council, chance):
    joining.invite_person(session, registrar, _draft("t@coop.example", None, [Role.TREASURER]), at=NOW, chooser=chance)
    joining.invite_person(session, registrar, _draft(), at=NOW, chooser=chance)

    found = viewing.list_people(session, registrar).items
    assert {person.email for person in found} >= {"t@coop.example", "new@council.example"}


@pytest.mark.parametrize(
    ("member", "roles"),
    [("a-council", [Role.TREASURER]), (None, [Role.PLANNER]), ("a-council", [Role.OPERATOR]), ("a-council", [])],
)
def test_roles_must_fit(session, registrar, council, chance, member, roles):
    with pytest.raises(Invalid) as refused:
        joining.invite_person(session, registrar, _draft(member=member, roles=roles), at=NOW, chooser=chance)

    assert [problem.place for problem in refused.value.problems] == ["roles"]


def test_changed_roles_count_at_once(session, administrator, council):
    person = make_person(session, council, Role.PLANNER)

    joining.change_roles(session, administrator, person.email, frozenset({Role.FINANCE, Role.DELEGATE}), at=NOW)
    session.flush()
    session.expire_all()

    assert actor_of(person_by_email(session, person.email)).roles == {Role.FINANCE, Role.DELEGATE}


def test_nobody_changes_their_own_roles_or_access(session, administrator):
    own = viewing.list_people(session, administrator).items[0]

    with pytest.raises(TaskForAnother):
        joining.change_roles(session, administrator, own.email, frozenset({Role.FINANCE}), at=NOW)
    with pytest.raises(TaskForAnother):
        joining.close_access(session, administrator, own.email, at=NOW)


def test_closing_the_access_ends_sessions_tokens_and_links(session, administrator, council, chance):
    person = make_person(session, council, Role.PLANNER)
    _, token = signing_in.create_token(session, actor_of(person), NewToken("any"), at=NOW, chooser=chance)
    link = joining.make_password_link(session, administrator, person.email, at=NOW, chooser=chance)

    joining.close_access(session, administrator, person.email, at=NOW)
    joining.open_access(session, administrator, person.email, at=NOW)

    assert signing_in.guest_of_token(session, token, at=NOW) is None
    with pytest.raises(NotFound):
        signing_in.guest_of_password_link(session, link.secret, at=NOW)


def test_an_administrator_sees_their_own_people_only(session, administrator, council):
    make_person(session, make_member(session, "another-member"), Role.PLANNER, email="theirs@other.example")
    make_person(session, None, Role.TREASURER)
    ours = make_person(session, council, Role.PLANNER, email="ours@council.example")

    found = viewing.list_people(session, administrator).items

    assert {person.member for person in found} == {"a-council"}
    assert ours.email in {person.email for person in found}
    with pytest.raises(NotFound):
        viewing.find_person(session, administrator, "theirs@other.example")


def test_all_see_who_is_a_member_and_nothing_more(session, council):
    stranger = make_actor(session, make_member(session, "another-member"), Role.PLANNER, Role.FINANCE)

    seen = viewing.find_member(session, stranger, "a-council", on=TODAY)

    assert (seen.name, seen.details) == ("A Council", None)


@pytest.mark.parametrize(("role", "ending"), [(Role.FINANCE, "6819"), (Role.PLANNER, None)])
def test_only_those_who_read_documents_see_the_end_of_the_bank_account(session, council, role, ending):
    actor = make_actor(session, council, role)

    details = viewing.find_member(session, actor, "a-council", on=TODAY).details

    assert details.account_ending == ending
    assert details.postcode == "M99 9ZZ"


def test_a_role_counts_from_its_first_day_to_before_its_end(session):
    investor = make_member(session, "an-investor", roles="")
    investor.roles = [MemberRoleHeld(role=MemberRole.INVESTOR, starts_on=date(2026, 2, 1), ends_on=date(2026, 3, 1))]
    session.flush()
    actor = make_actor(session, investor, Role.PLANNER)

    def held(on: date) -> list[MemberRole]:
        return viewing.find_member(session, actor, "an-investor", on=on).roles

    days = [date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1)]
    assert [bool(held(day)) for day in days] == [False, True, True, False]


def test_the_directory_is_read_page_by_page(session):
    for slug in "cbade":
        make_member(session, f"member-{slug}")
    actor = make_actor(session, None, Role.AUDITOR)

    first = viewing.list_members(session, actor, PageRequest(limit=2), on=TODAY)
    second = viewing.list_members(session, actor, PageRequest(first.next, 2), on=TODAY)
    third = viewing.list_members(session, actor, PageRequest(second.next, 2), on=TODAY)

    slugs = [member.slug[-1] for page in (first, second, third) for member in page.items]
    assert "".join(slugs) == "abcde"
    assert third.next is None


def test_a_page_of_members_takes_two_queries(session, count_queries):
    for _ in range(20):
        make_member(session)
    actor = make_actor(session, None, Role.AUDITOR)
    session.expire_all()

    with count_queries() as statements:
        viewing.list_members(session, actor, on=TODAY)

    assert len(statements) == 2


@pytest.mark.parametrize("cursor", ["%%%", "bm90IGpzb24=", "bnVsbA==", "dHJ1ZQ==", "é"])
def test_a_cursor_that_is_none_of_ours_is_refused(session, cursor):
    actor = make_actor(session, None, Role.AUDITOR)

    with pytest.raises(Invalid, match="cannot go on from there"):
        viewing.list_members(session, actor, PageRequest(cursor), on=TODAY)


@pytest.mark.parametrize(("role", "may_read"), [(Role.AUDITOR, True), (Role.REGISTRAR, True), (Role.TREASURER, False)])
def test_the_audit_trail_is_for_auditor_and_registrar(session, registrar, role, may_read):
    joining.admit_member(session, registrar, DRAFT, at=NOW)
    actor = make_actor(session, None, role)

    if may_read:
        assert [event.subject for event in viewing.list_events(session, actor).items] == ["Irwell-Council"]
    else:
        with pytest.raises(Forbidden):
            viewing.list_events(session, actor)


def test_the_audit_trail_tells_the_newest_first_and_can_be_narrowed(session, registrar, administrator, chance):
    joining.admit_member(session, registrar, DRAFT, at=NOW)
    joining.invite_person(session, administrator, _draft(), at=NOW, chooser=chance)

    everything = viewing.list_events(session, registrar).items
    invitations = viewing.list_events(session, registrar, viewing.EventFilter(kind="PersonInvited")).items
    about = viewing.list_events(session, registrar, viewing.EventFilter(subject="new@council.example")).items

    assert [event.kind for event in everything] == ["PersonInvited", "MemberAdmitted"]
    assert invitations == about == [everything[0]]


def test_a_registrar_of_an_empty_co_op_is_told_to_admit_the_first_member(session, registrar):
    assert [task.about for task in joining.todo(session, registrar, TODAY)] == ["members"]

    joining.admit_member(session, registrar, DRAFT, at=NOW)

    assert joining.todo(session, registrar, TODAY) == []
