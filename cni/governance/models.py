"""The tables of meetings, resolutions, votes and parameters."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cni.db.base import Base, Identified, Word
from cni.governance.tally import Rule
from cni.governance.words import Choice, Decides, Outcome, ResolutionState
from cni.members.models import Member


class Meeting(Identified, Base):
    """A general meeting, as it was called."""

    __tablename__ = "meetings"

    reference: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    held_at: Mapped[datetime]
    place: Mapped[str]
    notice_on: Mapped[date]
    called_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    called_at: Mapped[datetime]


class Resolution(Identified, Base):
    """What a meeting is asked to resolve. Its words never change; it is put to the vote once and closed once.

    The rule is frozen when it is put to the vote. `parameter_code`, `parameter_value` and `effective_from` are given
    where it decides a parameter, and only there.
    """

    __tablename__ = "resolutions"

    reference: Mapped[str] = mapped_column(unique=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"), index=True)
    title: Mapped[str]
    text: Mapped[str]
    decides: Mapped[Decides] = mapped_column(Word(Decides))
    parameter_code: Mapped[str | None]
    parameter_value: Mapped[int | None]
    effective_from: Mapped[date | None]
    drafted_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    quorum_percent: Mapped[int | None]
    majority_percent: Mapped[int | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None] = mapped_column(Word(Outcome))

    meeting: Mapped[Meeting] = relationship(lazy="raise")

    @property
    def state(self) -> ResolutionState:
        """How far it has come."""
        if self.closed_at is not None:
            return ResolutionState.CLOSED
        return ResolutionState.DRAFTED if self.opened_at is None else ResolutionState.OPEN

    @property
    def rule(self) -> Rule | None:
        """The rule by which its votes are counted; None: it was not put to the vote yet."""
        if self.quorum_percent is None or self.majority_percent is None:
            return None
        return Rule(self.quorum_percent, self.majority_percent)


class EntitledMember(Base):
    """A member that may vote on a resolution: it was one on the day on which the vote opened."""

    __tablename__ = "entitled_members"

    resolution_id: Mapped[int] = mapped_column(ForeignKey("resolutions.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)

    member: Mapped[Member] = relationship(lazy="raise")


class Vote(Base):
    """The one vote of a member, and who cast it. It stands."""

    __tablename__ = "votes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["resolution_id", "member_id"],
            ["entitled_members.resolution_id", "entitled_members.member_id"],
            name="fk_votes_entitled",
        ),
    )

    resolution_id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    choice: Mapped[Choice] = mapped_column(Word(Choice))
    cast_at: Mapped[datetime]


class CoopParameter(Identified, Base):
    """A value of a parameter from a day on, by a carried resolution. Never edited, only followed by the next."""

    __tablename__ = "coop_parameters"
    __table_args__ = (Index(None, "code", "effective_from"),)

    code: Mapped[str]
    value: Mapped[int]
    effective_from: Mapped[date]
    resolution_id: Mapped[int] = mapped_column(ForeignKey("resolutions.id"), unique=True)

    resolution: Mapped[Resolution] = relationship(lazy="raise")
