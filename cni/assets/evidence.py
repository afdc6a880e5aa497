"""The evidence of spans: the steps that were taken, the files attached, and the OTDR traces read from them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Select, UniqueConstraint, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, contains_eager, joinedload, mapped_column, relationship

from cni.assets.evidence_levels import EvidenceLevel
from cni.assets.models import Span
from cni.assets.queries import is_spans_owner
from cni.db.base import Base, Identified, Word
from cni.members.models import Person

ATTACHMENT_BYTES = 20 * 1024 * 1024
"""The largest file that is kept with a span, in bytes."""


class EvidenceStep(Identified, Base):
    """A step that brought a span to a level: done on a day, by whom, with a note. Never changed, only followed."""

    __tablename__ = "evidence_steps"

    span_id: Mapped[int] = mapped_column(ForeignKey("spans.id"), index=True)
    level: Mapped[EvidenceLevel] = mapped_column(Word(EvidenceLevel))
    done_on: Mapped[date]
    note: Mapped[str | None]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    recorded_at: Mapped[datetime]

    person: Mapped[Person | None] = relationship(lazy="raise")


class Attachment(Identified, Base):
    """A file kept with a span: a survey, a photograph, an OTDR trace. PostgreSQL checks its SHA-256 itself."""

    __tablename__ = "attachments"
    __table_args__ = (UniqueConstraint("span_id", "sha256"),)

    reference: Mapped[str] = mapped_column(unique=True)
    span_id: Mapped[int] = mapped_column(ForeignKey("spans.id"))
    evidence_step_id: Mapped[int | None] = mapped_column(ForeignKey("evidence_steps.id"), index=True)
    name: Mapped[str]
    content: Mapped[bytes] = mapped_column(deferred=True)
    size_bytes: Mapped[int]
    sha256: Mapped[str]
    attached_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    attached_at: Mapped[datetime]

    span: Mapped[Span] = relationship(lazy="raise")
    attached_by: Mapped[Person | None] = relationship(lazy="raise")
    trace: Mapped[Trace | None] = relationship(lazy="raise", back_populates="attachment")


class Trace(Identified, Base):
    """What an OTDR file says: wavelength in nanometres, length in metres, loss in decibels, and its events in order.

    An event has the fields of `otdr.TraceEvent`. `pair_number`: that of the pair it was measured on, where it was said.
    """

    __tablename__ = "traces"

    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachments.id"), unique=True)
    pair_number: Mapped[int | None]
    measured_at: Mapped[datetime | None]
    wavelength_nm: Mapped[float]
    length_m: Mapped[float]
    loss_db: Mapped[float | None]
    events: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)

    attachment: Mapped[Attachment] = relationship(lazy="raise", back_populates="trace")


def steps_of(session: Session, span: Span) -> Sequence[EvidenceStep]:
    """Return the steps taken for a span, the oldest first, with who took each."""
    steps = select(EvidenceStep).where(EvidenceStep.span_id == span.id).options(joinedload(EvidenceStep.person))
    return session.scalars(steps.order_by(EvidenceStep.id)).all()


def levels_of(session: Session, codes: Collection[str]) -> dict[str, EvidenceLevel]:
    """Return the level of each of these spans by code; one without a step is declared. One statement."""
    last = select(func.max(EvidenceStep.id)).group_by(EvidenceStep.span_id)
    steps = (
        select(Span.code, EvidenceStep.level)
        .join(Span, Span.id == EvidenceStep.span_id)
        .where(Span.code.in_(codes), EvidenceStep.id.in_(last.where(EvidenceStep.span_id == Span.id).correlate(Span)))
    )
    return dict.fromkeys(codes, EvidenceLevel.DECLARED) | dict(session.execute(steps).all())


def attachments(member_id: int | None) -> Select[Any]:
    """Return the query of the files on a member's (None: everyone's) spans, content aside, with spans and traces."""
    files = select(Attachment).join(Attachment.span)
    files = files.options(contains_eager(Attachment.span), joinedload(Attachment.trace))
    return files if member_id is None else files.where(is_spans_owner(member_id))


def attachments_of(session: Session, span: Span) -> Sequence[Attachment]:
    """Return the files attached to a span, content aside, the newest first, with who attached each, and traces."""
    files = select(Attachment).where(Attachment.span_id == span.id)
    parts = joinedload(Attachment.attached_by), joinedload(Attachment.trace)
    return session.scalars(files.options(*parts).order_by(Attachment.id.desc())).all()


def traces_of(session: Session, codes: Collection[str]) -> Sequence[Attachment]:
    """Return the OTDR traces of these spans, each with its span, the newest first."""
    files = select(Attachment).join(Attachment.span).join(Attachment.trace).where(Span.code.in_(codes))
    parts = contains_eager(Attachment.span), contains_eager(Attachment.trace)
    return session.scalars(files.options(*parts).order_by(Attachment.id.desc())).all()


def attachment_by_reference(session: Session, reference: str) -> Attachment | None:
    """Return an attached file with its span."""
    named = select(Attachment).where(func.lower(Attachment.reference) == reference.lower())
    return session.scalar(
        named.options(joinedload(Attachment.span).joinedload(Span.contribution), joinedload(Attachment.trace))
    )
