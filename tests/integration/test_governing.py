"""General meetings: one vote for each member organisation, counted once, and carried out in the same transaction."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from cni.db.engine import session_factory
from cni.events.models import EventRow
from cni.governance.drafts import NewMeeting, NewResolution
from cni.governance.models import CoopParameter, EntitledMember, Meeting, Resolution, Vote
from cni.governance.queries import parameter_in_force
from cni.governance.words import Choice, Decides, Outcome, ResolutionState
from cni.members.models import MemberRoleHeld
from cni.members.policy import MEMBER_ROLES, OPERATOR, STAFF_ROLES, Actor, Role
from cni.operations import governing, minuting
from cni.operations.governing import AlreadyVoted, NotEntitled, VoteNotPossible
from cni.primitives.errors import Forbidden, Invalid, NotFound
from tests.conftest import NOW
from tests.factories import make_actor, make_member, make_tariff
from tests.integration.test_races import at_once

TODAY = NOW.date()
CALLED = NewMeeting(
    title="November meeting", held_at=NOW - timedelta(hours=1), place="Ashton", notice_on=date(2026, 11, 1)
)
WORDS = NewResolution(title="Thank the volunteers", text="That the volunteers be thanked.", decides=Decides.TEXT)
QUORUM = replace(
    WORDS,
    title="A larger quorum",
    decides=Decides.PARAMETER,
    parameter_code="quorum_percent",
    parameter_value=40,
    effective_from=date(2027, 1, 1),
)


@dataclass
class Assembly:
    """A co-op of four members with a delegate each, its registrar, and a meeting that has begun."""

    session: object
    registrar: Actor
    delegates: list[Actor]
    meeting: Meeting
    chance: random.Random

    def drafted(self, given=WORDS):
        drafted = governing.draft_resolution(
            self.session, self.registrar, self.meeting.reference, given, at=NOW, chooser=self.chance
        )
        return drafted.reference

    def opened(self, given=WORDS):
        reference = self.drafted(given)
        governing.open_vote(self.session, self.registrar, reference, at=NOW)
        self.session.flush()
        return reference

    def vote(self, reference, votes):
        said = {"+": Choice.FOR, "-": Choice.AGAINST, "0": Choice.ABSTAIN}
        for delegate, vote in zip(self.delegates, votes, strict=False):
            governing.cast_vote(self.session, delegate, reference, said[vote], at=NOW)

    def closed(self, votes, given=WORDS, *, at=NOW):
        reference = self.opened(given)
        self.vote(reference, votes)
        closed = governing.close_vote(self.session, self.registrar, reference, at=at)
        self.session.flush()
        return closed


def assemble(session, chance):
    registrar = make_actor(session, None, Role.REGISTRAR)
    delegates = [make_actor(session, make_member(session), Role.DELEGATE) for _ in range(4)]
    meeting = governing.call_meeting(session, registrar, CALLED, at=NOW - timedelta(days=10), chooser=chance)
    session.flush()
    return Assembly(session, registrar, delegates, meeting, chance)


@pytest.fixture
def assembly(session):
    return assemble(session, random.Random(5))


def problems(refused):
    return [(problem.code, problem.place) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("votes", "outcome"),
    [
        ("", Outcome.NO_QUORUM),
        ("+", Outcome.CARRIED),
        ("+-", Outcome.NOT_CARRIED),
        ("+-+0", Outcome.CARRIED),
        ("00", Outcome.NOT_CARRIED),
    ],
)
def test_votes_are_counted_by_the_rule(assembly, votes, outcome):
    assert assembly.closed(votes).outcome is outcome


def test_whoever_is_first_votes_for_the_member(assembly, session):
    reference = assembly.opened()
    assembly.vote(reference, "-")
    colleague = replace(assembly.delegates[0], person_id=assembly.delegates[1].person_id)

    with pytest.raises(AlreadyVoted):
        governing.cast_vote(session, colleague, reference, Choice.FOR, at=NOW)
    assert session.scalars(select(Vote.choice)).all() == [Choice.AGAINST]


def test_only_a_delegate_votes_and_only_for_a_member(assembly, session):
    reference = assembly.opened()
    member = assembly.delegates[0].member_id
    everything_else = replace(assembly.delegates[0], roles=(MEMBER_ROLES | STAFF_ROLES) - {Role.DELEGATE})
    with pytest.raises(Forbidden):
        governing.cast_vote(session, everything_else, reference, Choice.FOR, at=NOW)
    with pytest.raises(NotEntitled):
        governing.cast_vote(session, make_actor(session, None, Role.DELEGATE), reference, Choice.FOR, at=NOW)
    with pytest.raises(NotEntitled):
        governing.cast_vote(session, replace(OPERATOR, member_id=member), reference, Choice.FOR, at=NOW)


def test_who_may_vote_is_settled_when_the_vote_opens(assembly, session):
    gone = make_member(session, roles="")
    gone.roles = [MemberRoleHeld(role="user", starts_on=date(2025, 1, 1), ends_on=TODAY)]
    to_come = make_member(session, roles="")
    to_come.roles = [MemberRoleHeld(role="user", starts_on=TODAY + timedelta(days=1))]
    session.flush()
    reference = assembly.opened()
    late = make_actor(session, make_member(session), Role.DELEGATE)

    for outsider in (late, *(make_actor(session, each, Role.DELEGATE) for each in (gone, to_come))):
        with pytest.raises(NotEntitled):
            governing.cast_vote(session, outsider, reference, Choice.FOR, at=NOW)
    assert minuting.find_resolution(session, late, reference).entitled == 4


def test_a_vote_opens_with_the_meeting_and_once(assembly, session):
    reference = assembly.drafted()
    with pytest.raises(VoteNotPossible):
        governing.cast_vote(session, assembly.delegates[0], reference, Choice.FOR, at=NOW)
    with pytest.raises(VoteNotPossible):
        governing.open_vote(session, assembly.registrar, reference, at=CALLED.held_at - timedelta(minutes=1))
    with pytest.raises(VoteNotPossible):
        governing.close_vote(session, assembly.registrar, reference, at=NOW)
    governing.open_vote(session, assembly.registrar, reference, at=CALLED.held_at)
    with pytest.raises(VoteNotPossible):
        governing.open_vote(session, assembly.registrar, reference, at=NOW)


def test_a_closed_vote_stays_closed(assembly, session):
    reference = assembly.closed("+").reference
    with pytest.raises(VoteNotPossible):
        governing.cast_vote(session, assembly.delegates[1], reference, Choice.FOR, at=NOW)
    with pytest.raises(VoteNotPossible):
        governing.close_vote(session, assembly.registrar, reference, at=NOW)


def test_a_carried_resolution_sets_its_parameter_from_its_day_on(assembly, session):
    resolution = assembly.closed("++-", QUORUM)

    assert parameter_in_force(session, "quorum_percent", date(2026, 12, 31)) == 25
    assert parameter_in_force(session, "quorum_percent", date(2027, 1, 1)) == 40
    (quorum, *rest) = minuting.parameters(session, assembly.delegates[0], on=date(2027, 1, 1))
    assert (quorum.kind.code, quorum.value) == ("quorum_percent", 40)
    assert [value.resolution.reference for value in quorum.values] == [resolution.reference]
    assert [each.value for each in rest] == [each.kind.default for each in rest]


@pytest.mark.parametrize("votes", ["", "--+", "0"])
def test_a_resolution_that_is_not_carried_sets_nothing(assembly, session, votes):
    assembly.closed(votes, QUORUM)

    assert session.scalars(select(CoopParameter)).all() == []


def test_a_vote_that_stays_open_past_the_day_sets_its_parameter_from_the_next_day(assembly, session):
    assembly.closed("+", QUORUM, at=NOW.replace(year=2027, month=2, day=3))

    assert session.scalars(select(CoopParameter.effective_from)).one() == date(2027, 2, 4)


def test_of_two_from_the_same_day_the_one_carried_later_counts(assembly, session):
    assembly.closed("+", QUORUM)
    assembly.closed("+", replace(QUORUM, parameter_value=30))

    assert parameter_in_force(session, "quorum_percent", date(2027, 6, 1)) == 30


def test_a_vote_is_counted_by_the_rule_of_the_day_on_which_it_opened(assembly, session):
    open_before = assembly.opened()
    assembly.vote(open_before, "+")
    assembly.closed("+", QUORUM)
    later = NOW.replace(year=2027, month=3)
    opened_after = assembly.drafted()
    governing.open_vote(session, assembly.registrar, opened_after, at=later)
    session.flush()
    assembly.vote(opened_after, "+")

    closed = [governing.close_vote(session, assembly.registrar, each, at=later) for each in (open_before, opened_after)]
    assert [each.quorum_percent for each in closed] == [25, 40]
    assert [each.outcome for each in closed] == [Outcome.CARRIED, Outcome.NO_QUORUM]


def test_while_the_vote_is_open_nobody_is_told_more_than_how_many_voted(assembly, session):
    reference = assembly.opened()
    assembly.vote(reference, "+-")
    for asking in (OPERATOR, assembly.registrar, *assembly.delegates):
        file = minuting.find_resolution(session, asking, reference)
        assert (file.voted, file.entitled, file.tally, file.votes) == (2, 4, None, [])
    told = session.scalars(select(EventRow).where(EventRow.kind == "VoteCast")).all()
    assert {str(event.details) for event in told} == {"{}"}


def test_a_closed_vote_says_who_said_what(assembly, session):
    reference = assembly.closed("+-0").reference

    file = minuting.find_resolution(session, assembly.delegates[3], reference.lower())
    assert file.resolution.state is ResolutionState.CLOSED
    assert sorted(str(vote.choice) for vote in file.votes) == ["None", "abstain", "against", "for"]
    assert (file.tally.votes_for, file.tally.votes_against, file.tally.abstentions) == (1, 1, 1)


def test_a_delegate_sees_whether_there_is_a_vote_to_cast(assembly, session):
    reference = assembly.opened()
    first, second, *_rest = assembly.delegates
    assembly.vote(reference, "+")
    seen = [minuting.find_resolution(session, each, reference) for each in (first, second, assembly.registrar)]
    assert [(file.may_vote, file.has_voted) for file in seen] == [(False, True), (True, False), (False, False)]
    assert governing.todo(session, first, TODAY) == []
    assert [task.reference for task in governing.todo(session, second, TODAY)] == [reference]


def test_a_tariff_is_found_by_the_reference_that_it_names(assembly, session):
    tariff = make_tariff(session)  # passed by "GM-1 (demonstration)"
    reference = assembly.drafted(replace(WORDS, reference="gm-1", decides=Decides.TARIFF))

    assert minuting.find_resolution(session, OPERATOR, reference).tariffs == [tariff]
    named = minuting.resolutions_named(session, OPERATOR, {tariff.resolution, "A meeting long ago"})
    assert named == {tariff.resolution: "GM-1"}


def test_lists_come_newest_first_with_how_many_voted(assembly, session):
    first, second = assembly.opened(), assembly.drafted()
    assembly.vote(first, "+0")

    entries = minuting.list_resolutions(session, assembly.registrar).items
    assert [(each.resolution.reference, each.voted, each.entitled) for each in entries] == [
        (second, 0, 0),
        (first, 2, 4),
    ]
    file = minuting.find_meeting(session, assembly.registrar, assembly.meeting.reference)
    assert [each.resolution.reference for each in file.resolutions] == [first, second]
    assert file.notice_days == 21
    assert minuting.list_meetings(session, OPERATOR).items == [assembly.meeting]


def test_a_meeting_needs_its_words_and_its_notice(assembly, session):
    given = NewMeeting(title=" ", held_at=NOW, place="", notice_on=TODAY)
    with pytest.raises(Invalid) as refused:
        governing.call_meeting(session, assembly.registrar, given, at=NOW, chooser=assembly.chance)
    assert problems(refused) == [("missing", "title"), ("missing", "place"), ("no_notice", "notice_on")]
    tomorrow = replace(CALLED, held_at=NOW + timedelta(days=9), notice_on=TODAY + timedelta(days=1))
    with pytest.raises(Invalid) as refused:
        governing.call_meeting(session, assembly.registrar, tomorrow, at=NOW, chooser=assembly.chance)
    assert problems(refused) == [("not_yet", "notice_on")]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (replace(WORDS, title="", text=" "), [("missing", "title"), ("missing", "text")]),
        (replace(WORDS, reference="GM/1"), [("not_a_reference", "reference")]),
        (replace(WORDS, parameter_code="quorum_percent"), [("names_a_parameter", "decides")]),
        (replace(QUORUM, parameter_code="price"), [("unknown_parameter", "parameter_code")]),
        (replace(QUORUM, parameter_value=0), [("out_of_range", "parameter_value")]),
        (replace(QUORUM, parameter_value=None, effective_from=None), [
            ("out_of_range", "parameter_value"), ("not_to_come", "effective_from"),
        ]),
        (replace(QUORUM, effective_from=TODAY), [("not_to_come", "effective_from")]),
    ],
)  # fmt: skip
def test_every_fault_of_a_draft_is_told(assembly, given, found):
    with pytest.raises(Invalid) as refused:
        assembly.drafted(given)
    assert problems(refused) == found


def test_a_reference_is_taken_once(assembly):
    assembly.drafted(replace(WORDS, reference="GM-2026-11"))
    with pytest.raises(Invalid) as refused:
        assembly.drafted(replace(WORDS, reference="gm-2026-11"))
    assert problems(refused) == [("taken", "reference")]


def test_only_the_registrar_holds_meetings(assembly, session):
    reference = assembly.drafted()
    others = replace(assembly.delegates[0], roles=(MEMBER_ROLES | STAFF_ROLES) - {Role.REGISTRAR})
    for act in (governing.open_vote, governing.close_vote):
        with pytest.raises(Forbidden):
            act(session, others, reference, at=NOW)
    with pytest.raises(Forbidden):
        governing.call_meeting(session, others, CALLED, at=NOW, chooser=assembly.chance)
    with pytest.raises(NotFound):
        minuting.find_resolution(session, others, "RES-222222")


CHANGES = (
    update(Vote).values(choice="for"),
    text("DELETE FROM votes"),
    text("TRUNCATE votes"),
    update(EntitledMember).values(member_id=1),
    text("DELETE FROM entitled_members"),
    update(Meeting).values(title="Another"),
    update(Resolution).values(title="Another"),
    update(Resolution).values(outcome="carried"),
    update(Resolution).values(closed_at=None, outcome=None),
    text("DELETE FROM resolutions"),
    update(CoopParameter).values(value=1),
    text("DELETE FROM coop_parameters"),
)


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_what_was_resolved_cannot_be_changed(assembly, session, change):
    assembly.closed("+-+", QUORUM)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(change)


def test_the_database_takes_no_vote_that_is_late_and_no_parameter_that_was_not_resolved(assembly, session):
    resolution = assembly.closed("--", QUORUM)
    late = assembly.delegates[3]
    smuggled = [
        Vote(
            resolution_id=resolution.id, member_id=late.member_id, person_id=late.person_id, choice="for", cast_at=NOW
        ),
        EntitledMember(resolution_id=resolution.id, member_id=make_member(session).id),
        CoopParameter(code="quorum_percent", value=40, effective_from=date(2027, 1, 1), resolution_id=resolution.id),
    ]
    for row in smuggled:
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(row)


def test_each_step_leaves_an_event(assembly, session):
    assembly.closed("+", QUORUM)
    told = session.scalars(select(EventRow).order_by(EventRow.id)).all()

    assert [event.kind for event in told] == [
        "MeetingCalled", "ResolutionDrafted", "VoteOpened", "VoteCast", "VoteClosed",
    ]  # fmt: skip
    assert told[2].details == {"entitled": 4, "quorum_percent": 25, "majority_percent": 50}
    assert told[4].details == {
        "outcome": "carried",
        "votes": {"for": 1, "against": 0, "abstain": 0},
        "parameter": "quorum_percent = 40 from 2027-01-01",
    }


@pytest.mark.parametrize("seed", range(3))
def test_two_delegates_of_a_member_at_the_same_moment_are_one_vote(own_database, seed):
    sessions = session_factory(own_database)
    with sessions.begin() as session:
        assembly = assemble(session, random.Random(seed))
        reference = assembly.opened()
    first = assembly.delegates[0]
    second = replace(first, person_id=assembly.delegates[1].person_id)

    def cast(delegate, choice):
        with sessions.begin() as session:
            governing.cast_vote(session, delegate, reference, choice, at=NOW)

    answers = at_once(lambda: cast(first, Choice.FOR), lambda: cast(second, Choice.AGAINST))

    assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyVoted", "NoneType"]
    with sessions() as session:
        stands = Choice.FOR if answers[0] is None else Choice.AGAINST
        assert session.scalars(select(Vote.choice)).all() == [stands]


@pytest.mark.parametrize("seed", range(3))
def test_no_vote_comes_in_behind_the_count(own_database, seed):
    sessions = session_factory(own_database)
    with sessions.begin() as session:
        assembly = assemble(session, random.Random(seed))
        reference = assembly.opened()

    def cast(delegate):
        with sessions.begin() as session:
            governing.cast_vote(session, delegate, reference, Choice.FOR, at=NOW)

    def close():
        with sessions.begin() as session:
            governing.close_vote(session, assembly.registrar, reference, at=NOW)

    answers = at_once(close, *(lambda each=each: cast(each) for each in assembly.delegates))

    assert {type(answer) for answer in answers} <= {type(None), VoteNotPossible}
    with sessions() as session:
        told = session.scalars(select(EventRow).where(EventRow.kind == "VoteClosed")).one()
        assert told.details["votes"]["for"] == len(session.scalars(select(Vote.member_id)).all())
