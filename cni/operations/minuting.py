"""What general meetings resolved, as all may read it, and the parameters of the co-op. Nothing here writes.

While a vote is open nobody is told how anybody voted, only how many have.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from cni.db.paging import read_page
from cni.governance import queries
from cni.governance.models import CoopParameter, Meeting, Resolution
from cni.governance.parameters import PARAMETERS, ParameterKind
from cni.governance.tally import Tally
from cni.governance.words import Choice, ResolutionState, reference_named
from cni.leases.models import TariffVersion
from cni.leases.tariffs import tariff_versions
from cni.members.models import Member
from cni.members.policy import Actor, Permission, may, nothing_here, require
from cni.primitives.paging import FIRST_PAGE, Page, PageRequest
from cni.primitives.period import london_date


@dataclass(frozen=True, slots=True)
class ResolutionEntry:
    """A resolution in a list; before its vote opens nobody is entitled yet."""

    resolution: Resolution
    entitled: int
    voted: int


@dataclass(frozen=True, slots=True)
class MemberVote:
    """What a member said; None: nothing."""

    member: Member
    choice: Choice | None


@dataclass(frozen=True, slots=True)
class ResolutionFile:
    """A resolution as the one who asks sees it.

    `tally` and `votes`, by member, are there once the vote is closed and no sooner; `tariffs` name it as their own.
    """

    resolution: Resolution
    entitled: int
    voted: int
    tally: Tally | None
    votes: list[MemberVote]
    tariffs: list[TariffVersion]
    may_vote: bool
    has_voted: bool


@dataclass(frozen=True, slots=True)
class MeetingFile:
    """A meeting with its resolutions, in the order in which they were drafted."""

    meeting: Meeting
    notice_days: int
    resolutions: list[ResolutionEntry]


@dataclass(frozen=True, slots=True)
class ParameterFile:
    """A parameter: what it is on the day that was asked about, and every value that a resolution set, newest first."""

    kind: ParameterKind
    value: int
    values: list[CoopParameter]


def list_meetings(session: Session, actor: Actor, page: PageRequest = FIRST_PAGE) -> Page[Meeting]:
    """Return a page of the meetings, the last called first.

    Permission: resolutions:read.
    """
    require(actor, Permission.RESOLUTIONS_READ)
    return read_page(session, queries.meetings(), Meeting.id, page, newest_first=True)


def find_meeting(session: Session, actor: Actor, reference: str) -> MeetingFile:
    """Return a meeting with its resolutions.

    Permission: resolutions:read.
    Raises:
        NotFound: there is no such meeting.
    """
    require(actor, Permission.RESOLUTIONS_READ)
    meeting = queries.meeting_by_reference(session, reference)
    if meeting is None:
        raise nothing_here()
    notice_days = (london_date(meeting.held_at) - meeting.notice_on).days
    return MeetingFile(meeting, notice_days, _entries(session, queries.resolutions_of(session, meeting.id)))


def list_resolutions(session: Session, actor: Actor, page: PageRequest = FIRST_PAGE) -> Page[ResolutionEntry]:
    """Return a page of the resolutions, the last drafted first; of each how many members voted, and not how.

    Permission: resolutions:read.
    """
    require(actor, Permission.RESOLUTIONS_READ)
    found = read_page(session, queries.resolutions(), Resolution.id, page, newest_first=True)
    return Page(_entries(session, found.items), found.next)


def find_resolution(session: Session, actor: Actor, reference: str) -> ResolutionFile:
    """Return a resolution. While its vote is open it says how many voted; once closed, also who said what.

    Permission: resolutions:read.
    Raises:
        NotFound: there is no such resolution.
    """
    require(actor, Permission.RESOLUTIONS_READ)
    resolution = queries.resolution_by_reference(session, reference)
    if resolution is None:
        raise nothing_here()
    (entry,) = _entries(session, [resolution])
    is_closed = resolution.state is ResolutionState.CLOSED
    named = [each for each in tariff_versions(session) if reference_named(each.resolution) == resolution.reference]
    is_entitled = queries.is_entitled(session, resolution.id, actor.member_id)
    voted = queries.has_voted(session, resolution.id, actor.member_id)
    is_open = resolution.state is ResolutionState.OPEN
    return ResolutionFile(
        resolution=resolution,
        entitled=entry.entitled,
        voted=entry.voted,
        tally=queries.tally_of(session, resolution) if is_closed else None,
        votes=_votes(session, resolution) if is_closed else [],
        tariffs=named,
        may_vote=is_open and is_entitled and not voted and may(actor, Permission.VOTES_CAST),
        has_voted=voted,
    )


def resolutions_named(session: Session, actor: Actor, texts: Collection[str]) -> dict[str, str]:
    """Return the references of the resolutions that texts name, by text, of those texts that name one that is here.

    Permission: resolutions:read.
    """
    require(actor, Permission.RESOLUTIONS_READ)
    named = {text: reference_named(text) for text in texts}
    standing = queries.standing_references(session, named.values())
    return {text: reference for text, reference in named.items() if reference in standing}


def parameters(session: Session, actor: Actor, *, on: date) -> list[ParameterFile]:
    """Return every parameter of the co-op, as it is on a day.

    Permission: resolutions:read.
    """
    require(actor, Permission.RESOLUTIONS_READ)
    every = queries.parameter_values(session)
    of_each = [(kind, [value for value in every if value.code == code]) for code, kind in PARAMETERS.items()]
    return [ParameterFile(kind, _in_force(kind, values, on), values) for kind, values in of_each]


def _in_force(kind: ParameterKind, newest_first: Sequence[CoopParameter], on: date) -> int:
    return next((each.value for each in newest_first if each.effective_from <= on), kind.default)


def _votes(session: Session, resolution: Resolution) -> list[MemberVote]:
    choices = {ballot.member_id: ballot.choice for ballot in queries.ballots_of(session, resolution.id)}
    entitled = queries.entitled_to(session, resolution.id)
    return [MemberVote(each.member, choices.get(each.member_id)) for each in entitled]


def _entries(session: Session, resolutions: Collection[Resolution]) -> list[ResolutionEntry]:
    counted = queries.votes_counted(session, [each.id for each in resolutions])
    return [ResolutionEntry(each, *counted.get(each.id, (0, 0))) for each in resolutions]
