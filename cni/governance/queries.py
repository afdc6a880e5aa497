"""Find meetings, resolutions, votes and parameters. Each says what it loads."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from cni.governance.models import CoopParameter, EntitledMember, Meeting, Resolution, Vote
from cni.governance.parameters import PARAMETERS
from cni.governance.tally import Ballot, Rule, Tally, tally

NEWEST_FIRST = (CoopParameter.effective_from.desc(), CoopParameter.id.desc())


def parameter_in_force(session: Session, code: str, on: date) -> int:
    """Return what a parameter is on a day: as the last resolution says that counts from then or before; its default
    where none does. Of two from the same day the one that was carried later counts.

    Raises:
        KeyError: there is no such parameter: a fault of ours.
    """
    kind = PARAMETERS[code]
    set_by = select(CoopParameter.value).where(CoopParameter.code == code, CoopParameter.effective_from <= on)
    value = session.scalar(set_by.order_by(*NEWEST_FIRST).limit(1))
    return kind.default if value is None else value


def rule_in_force(session: Session, on: date) -> Rule:
    """Return the rule by which votes that open on a day are counted."""
    return Rule(*(parameter_in_force(session, code, on) for code in ("quorum_percent", "majority_percent")))


def parameter_values(session: Session) -> list[CoopParameter]:
    """Return every value that a resolution set, with the resolution, the newest first."""
    found = select(CoopParameter).options(joinedload(CoopParameter.resolution)).order_by(*NEWEST_FIRST)
    return list(session.scalars(found))


def meetings() -> Select[Meeting]:
    """Select every meeting."""
    return select(Meeting)


def meeting_by_reference(session: Session, reference: str) -> Meeting | None:
    """Return the meeting of a reference in whatever case."""
    return session.scalar(select(Meeting).where(Meeting.reference == reference.upper()))


def resolutions() -> Select[Resolution]:
    """Select every resolution, with its meeting."""
    return select(Resolution).options(joinedload(Resolution.meeting))


def resolutions_of(session: Session, meeting_id: int) -> list[Resolution]:
    """Return the resolutions of a meeting in the order in which they were drafted, with the meeting."""
    return list(session.scalars(resolutions().where(Resolution.meeting_id == meeting_id).order_by(Resolution.id)))


def resolution_by_reference(session: Session, reference: str) -> Resolution | None:
    """Return the resolution of a reference in whatever case, with its meeting."""
    return session.scalar(resolutions().where(Resolution.reference == reference.upper()))


def lock_resolution(session: Session, reference: str, *, shared: bool = False) -> Resolution | None:
    """Return a resolution, with its meeting, for nobody else to change until the end.

    `shared`: others may lock it so too, which is what votes do; whoever closes the vote waits for all of them.
    """
    found = resolutions().where(Resolution.reference == reference.upper())
    # Whoever waited for the lock may hold the row from before: read it anew.
    locked = found.with_for_update(read=shared, of=Resolution).execution_options(populate_existing=True)
    return session.scalar(locked)


def entitled_to(session: Session, resolution_id: int) -> list[EntitledMember]:
    """Return the members that may vote on a resolution, by name, each with its member."""
    found = select(EntitledMember).join(EntitledMember.member).options(joinedload(EntitledMember.member))
    by_name = found.where(EntitledMember.resolution_id == resolution_id).order_by("name", EntitledMember.member_id)
    return list(session.scalars(by_name))


def ballots_of(session: Session, resolution_id: int) -> list[Ballot]:
    """Return the votes on a resolution, in the order in which they were cast."""
    cast = select(Vote.member_id, Vote.choice).where(Vote.resolution_id == resolution_id)
    return [Ballot(*row) for row in session.execute(cast.order_by(Vote.cast_at, Vote.member_id))]


def votes_counted(session: Session, resolution_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Return how many members may vote on each of these resolutions and how many have, where any may. One statement."""
    has_voted = (Vote.resolution_id == EntitledMember.resolution_id) & (Vote.member_id == EntitledMember.member_id)
    counted = (
        select(EntitledMember.resolution_id, func.count(), func.count(Vote.member_id))
        .outerjoin(Vote, has_voted)
        .where(EntitledMember.resolution_id.in_(resolution_ids))
        .group_by(EntitledMember.resolution_id)
    )
    return {resolution: (entitled, voted) for resolution, entitled, voted in session.execute(counted)}


def tally_of(session: Session, resolution: Resolution) -> Tally:
    """Return the votes on a resolution that was put to the vote, counted by its rule. Two statements.

    Raises:
        ValueError: it was not put to the vote: a fault of ours.
    """
    if resolution.rule is None:
        raise ValueError(f"{resolution.reference} was not put to the vote")
    entitled = session.scalars(
        select(EntitledMember.member_id).where(EntitledMember.resolution_id == resolution.id)
    ).all()
    return tally(entitled, ballots_of(session, resolution.id), resolution.rule)


def standing_references(session: Session, references: Collection[str]) -> set[str]:
    """Return those of the references that are a resolution's."""
    return set(session.scalars(select(Resolution.reference).where(Resolution.reference.in_(references))))


def is_entitled(session: Session, resolution_id: int, member_id: int | None) -> bool:
    """Tell whether a member may vote on a resolution; None, the co-op's staff, may not."""
    return member_id is not None and session.get(EntitledMember, (resolution_id, member_id)) is not None


def has_voted(session: Session, resolution_id: int, member_id: int | None) -> bool:
    """Tell whether a member's vote on a resolution is cast."""
    cast = select(Vote.member_id).where(Vote.resolution_id == resolution_id, Vote.member_id == member_id)
    return session.scalar(cast) is not None


def waiting_for(session: Session, member_id: int) -> list[Resolution]:
    """Return the open resolutions on which a member may vote and has not yet, the oldest first."""
    may_vote = select(EntitledMember.resolution_id).where(EntitledMember.member_id == member_id)
    cast = select(Vote.resolution_id).where(Vote.member_id == member_id)
    is_open = (Resolution.opened_at.is_not(None), Resolution.closed_at.is_(None))
    found = resolutions().where(*is_open, Resolution.id.in_(may_vote), Resolution.id.not_in(cast))
    return list(session.scalars(found.order_by(Resolution.id)))
