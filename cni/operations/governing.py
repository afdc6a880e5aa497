"""General meetings: call one, draft resolutions, put them to the vote, cast a member's one vote, close the vote.

A vote belongs to a member organisation: whichever of its delegates casts it first has cast it. Closing counts the votes
by the rule that was in force when the vote opened, and sets the parameter that a carried resolution names.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cni.db.engine import violated
from cni.events.kinds import MeetingCalled, ResolutionDrafted, VoteCast, VoteClosed, VoteOpened
from cni.events.record import record
from cni.governance import queries
from cni.governance.drafts import NewMeeting, NewResolution, draft_problems, meeting_problems, reference_taken
from cni.governance.models import CoopParameter, EntitledMember, Meeting, Resolution, Vote
from cni.governance.words import Choice, Outcome, ResolutionState
from cni.members.policy import Actor, Permission, may, nothing_here, require
from cni.members.queries import all_members
from cni.operations.tasks import Task
from cni.primitives.errors import Conflict, Forbidden, refuse_if_any
from cni.primitives.ids import Chooser, new_reference
from cni.primitives.period import london_date


class NotEntitled(Forbidden):
    """The organisation was no member on the day on which the vote opened, or the actor is nobody's delegate."""

    code = "not_entitled"
    title = "Not entitled to vote"


class AlreadyVoted(Conflict):
    """The member's one vote is cast, by this delegate or another, and stands."""

    code = "already_voted"
    title = "The vote is cast"


class VoteNotPossible(Conflict):
    """The resolution is not at the point at which this can be done."""

    code = "vote_not_possible"
    title = "Not possible now"


def call_meeting(session: Session, actor: Actor, given: NewMeeting, *, at: datetime, chooser: Chooser) -> Meeting:
    """Call a general meeting, of which notice was given.

    Permission: meetings:hold. Event: MeetingCalled.
    Raises:
        Invalid: with every problem: something is missing, or the notice was not given before the day of the meeting.
    """
    require(actor, Permission.MEETINGS_HOLD)
    refuse_if_any(meeting_problems(given, london_date(at)))
    meeting = Meeting(
        reference=new_reference("MTG", chooser),
        title=given.title.strip(),
        held_at=given.held_at,
        place=given.place.strip(),
        notice_on=given.notice_on,
        called_by_id=actor.person_id,
        called_at=at,
    )
    session.add(meeting)
    record(session, actor, MeetingCalled(subject=meeting.reference), at=at)
    return meeting


def draft_resolution(
    session: Session, actor: Actor, meeting: str, given: NewResolution, *, at: datetime, chooser: Chooser
) -> Resolution:
    """Draft a resolution for a meeting. Its words never change afterwards: what is put to the vote is what was drafted.

    Permission: meetings:hold. Event: ResolutionDrafted.
    Raises:
        NotFound: there is no such meeting.
        Invalid: with every problem: something is missing, the reference is taken, the parameter is not possible.
    """
    require(actor, Permission.MEETINGS_HOLD)
    called = queries.meeting_by_reference(session, meeting)
    if called is None:
        raise nothing_here()
    reference = given.reference.strip().upper() or new_reference("RES", chooser)
    is_taken = queries.resolution_by_reference(session, reference) is not None
    refuse_if_any(draft_problems(given, reference, is_taken, max(london_date(at), london_date(called.held_at))))
    drafted = Resolution(
        reference=reference,
        meeting=called,
        title=given.title.strip(),
        text=given.text.strip(),
        decides=given.decides,
        parameter_code=given.parameter_code,
        parameter_value=given.parameter_value,
        effective_from=given.effective_from,
        drafted_at=at,
    )
    try:
        with session.begin_nested():
            session.add(drafted)
    except IntegrityError as error:  # another registrar took the reference a moment ago
        if violated(error) != "uq_resolutions_reference":
            raise
        refuse_if_any([reference_taken(reference)])
    record(session, actor, ResolutionDrafted(subject=drafted.reference), at=at)
    return drafted


def open_vote(session: Session, actor: Actor, reference: str, *, at: datetime) -> Resolution:
    """Put a resolution to the vote, under today's quorum and majority, of all who are members today.

    Permission: meetings:hold. Event: VoteOpened.
    Raises:
        NotFound: there is no such resolution.
        VoteNotPossible: the meeting has not begun, or the vote was opened before.
    """
    require(actor, Permission.MEETINGS_HOLD)
    resolution = _locked(session, reference)
    if resolution.state is not ResolutionState.DRAFTED:
        raise VoteNotPossible("This resolution was put to the vote already.")
    if at < resolution.meeting.held_at:
        raise VoteNotPossible("A vote opens when the meeting has begun, and not before.")
    today = london_date(at)
    members = [member for member in session.scalars(all_members()) if member.roles_on(today)]
    session.add_all(EntitledMember(resolution_id=resolution.id, member_id=member.id) for member in members)
    session.flush()  # who may vote is written first: once the vote is open nobody can be added
    rule = queries.rule_in_force(session, today)
    resolution.opened_at = at
    resolution.quorum_percent, resolution.majority_percent = rule.quorum_percent, rule.majority_percent
    told = VoteOpened(
        subject=resolution.reference,
        entitled=len(members),
        quorum_percent=rule.quorum_percent,
        majority_percent=rule.majority_percent,
    )
    record(session, actor, told, at=at)
    return resolution


def cast_vote(session: Session, actor: Actor, reference: str, choice: Choice, *, at: datetime) -> None:
    """Cast the one vote of the actor's member. It stands: nobody can change it or take it back.

    Permission: votes:cast. Event: VoteCast.
    Raises:
        NotFound: there is no such resolution.
        NotEntitled: the actor speaks for no member, or for one that was none when the vote opened.
        VoteNotPossible: the vote is not open.
        AlreadyVoted: this delegate or another of the member was sooner.
    """
    require(actor, Permission.VOTES_CAST)
    resolution = _locked(session, reference, shared=True)
    if resolution.state is not ResolutionState.OPEN:
        raise VoteNotPossible("The vote on this resolution is not open.")
    if actor.person_id is None or not queries.is_entitled(session, resolution.id, actor.member_id):
        raise NotEntitled(
            "Your organisation cannot vote on this: it was no member on the day on which the vote opened."
        )
    vote = Vote(
        resolution_id=resolution.id, member_id=actor.member_id, person_id=actor.person_id, choice=choice, cast_at=at
    )
    try:
        with session.begin_nested():
            session.add(vote)
    except IntegrityError as error:
        if violated(error) != "pk_votes":
            raise
        raise AlreadyVoted("Your organisation has cast its one vote on this resolution. It stands.") from None
    record(session, actor, VoteCast(subject=resolution.reference, member_id=actor.member_id), at=at)


def close_vote(session: Session, actor: Actor, reference: str, *, at: datetime) -> Resolution:
    """Close the vote on a resolution and count it. One that is carried and names a parameter sets it, from its day on
    but never before tomorrow: nothing is changed after the fact.

    Permission: meetings:hold. Event: VoteClosed.
    Raises:
        NotFound: there is no such resolution.
        VoteNotPossible: the vote is not open.
    """
    require(actor, Permission.MEETINGS_HOLD)
    # Waits for the votes that are being cast, and keeps later ones out. They are counted in a statement of its own.
    resolution = _locked(session, reference)
    if resolution.state is not ResolutionState.OPEN:
        raise VoteNotPossible("The vote on this resolution is not open.")
    counted = queries.tally_of(session, resolution)
    resolution.closed_at, resolution.outcome = at, counted.outcome
    session.flush()  # a parameter is set by what is carried already
    parameter = _carry_out(session, resolution, london_date(at))
    told = VoteClosed(
        subject=resolution.reference,
        outcome=counted.outcome,
        votes={"for": counted.votes_for, "against": counted.votes_against, "abstain": counted.abstentions},
        parameter=_in_short(parameter) if parameter else None,
    )
    record(session, actor, told, at=at)
    return resolution


def todo(session: Session, actor: Actor, today: date) -> list[Task]:
    """Return the votes that a delegate's member has not cast yet."""
    if actor.member_id is None or not may(actor, Permission.VOTES_CAST):
        return []
    return [
        Task(
            about="resolution",
            title=f"Vote on {each.reference}",
            reference=each.reference,
            text=f"{each.title}: your organisation has one vote.",
            tone="now",
        )
        for each in queries.waiting_for(session, actor.member_id)
    ]


def _locked(session: Session, reference: str, *, shared: bool = False) -> Resolution:
    resolution = queries.lock_resolution(session, reference, shared=shared)
    if resolution is None:
        raise nothing_here()
    return resolution


def _carry_out(session: Session, resolution: Resolution, today: date) -> CoopParameter | None:
    """Set the parameter that a carried resolution names; None: it was not carried, or names none."""
    code, value, day = resolution.parameter_code, resolution.parameter_value, resolution.effective_from
    if resolution.outcome is not Outcome.CARRIED or code is None or value is None or day is None:
        return None
    effective_from = max(day, today + timedelta(days=1))
    parameter = CoopParameter(code=code, value=value, effective_from=effective_from, resolution_id=resolution.id)
    session.add(parameter)
    return parameter


def _in_short(parameter: CoopParameter) -> str:
    return f"{parameter.code} = {parameter.value} from {parameter.effective_from}"
