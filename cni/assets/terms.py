"""On what terms a span is contributed, notice of its withdrawal, and so on which days it can be leased at all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, ForeignKey, Select, func, or_, select, union
from sqlalchemy.orm import Mapped, Session, contains_eager, joinedload, mapped_column, relationship, selectinload

from cni.assets.models import Span
from cni.db.base import Base, Identified, Word
from cni.members.models import Member
from cni.primitives.period import Period

NOTICE_MONTHS = 12
"""The notice of a withdrawal where no terms say another."""


class FeeBasis(StrEnum):
    """What the owner's fee is for. Only the first is settled so far; the other is put on record."""

    AVAILABILITY = "availability"
    PAIR_METRE = "pair_metre"


class SpanTerms(Base):
    """On what terms a span is contributed: from `starts_on` up to, not including, `ends_on`; None: no bound."""

    __tablename__ = "span_terms"

    span_id: Mapped[int] = mapped_column(ForeignKey("spans.id"), primary_key=True)
    fee_basis: Mapped[FeeBasis] = mapped_column(Word(FeeBasis))
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    notice_months: Mapped[int]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    changed_at: Mapped[datetime]


class Withdrawal(Identified, Base):
    """An owner's notice that spans leave the co-op. It ends no lease: those stay until their own end."""

    __tablename__ = "withdrawals"

    reference: Mapped[str] = mapped_column(unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    reason: Mapped[str]
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    given_at: Mapped[datetime]

    member: Mapped[Member] = relationship(lazy="raise")
    spans: Mapped[list[WithdrawalSpan]] = relationship(lazy="raise", order_by="WithdrawalSpan.span_id")


class WithdrawalSpan(Base):
    """A span under notice: no new lease may run on or after `effective_on`. Once none holds it, the span is retired."""

    __tablename__ = "withdrawal_spans"

    span_id: Mapped[int] = mapped_column(ForeignKey("spans.id"), primary_key=True)
    withdrawal_id: Mapped[int] = mapped_column(ForeignKey("withdrawals.id"), index=True)
    effective_on: Mapped[date]

    span: Mapped[Span] = relationship(lazy="raise")
    withdrawal: Mapped[Withdrawal] = relationship(lazy="raise", viewonly=True)


Day = date | BindParameter[date]


def not_on_offer(period: Period) -> CompoundSelect[Any]:
    """Select the ids of spans that nobody may newly lease for all of `period`: their terms or a notice forbid it."""
    return not_on_offer_between(period.start, period.end)


def not_on_offer_between(first_day: Day, after: Day) -> CompoundSelect[Any]:
    """Select the same from a first day up to, not including, another: dates, or parameters to be given later."""
    terms = or_(SpanTerms.starts_on > first_day, SpanTerms.ends_on < after)
    notice = WithdrawalSpan.effective_on < after
    return union(select(SpanTerms.span_id).where(terms), select(WithdrawalSpan.span_id).where(notice))


def terms_of(session: Session, span: Span) -> SpanTerms | None:
    """Return the terms of a span, if any were set."""
    return session.get(SpanTerms, span.id)


def notices_given(session: Session, codes: Collection[str]) -> dict[str, date]:
    """Return the first day on which nobody can newly lease each of these spans that is being withdrawn, by code."""
    given = select(Span.code, WithdrawalSpan.effective_on).join(WithdrawalSpan, WithdrawalSpan.span_id == Span.id)
    return dict(session.execute(given.where(Span.code.in_(codes)).order_by(Span.code)).all())


def notices_of(session: Session, span_ids: Collection[int]) -> dict[int, int]:
    """Return the months of notice that the terms of spans say, by span; those without terms are left out."""
    rows = session.execute(select(SpanTerms.span_id, SpanTerms.notice_months).where(SpanTerms.span_id.in_(span_ids)))
    return dict(rows.all())


def withdrawals(member_id: int | None) -> Select[Any]:
    """Return the query of a member's (None: everyone's) withdrawals, with their spans."""
    spans = selectinload(Withdrawal.spans).joinedload(WithdrawalSpan.span)
    query = select(Withdrawal).options(joinedload(Withdrawal.member), spans)
    return query if member_id is None else query.where(Withdrawal.member_id == member_id)


def withdrawal_by_reference(session: Session, reference: str) -> Withdrawal | None:
    """Return a withdrawal with its member and spans."""
    return session.scalar(withdrawals(None).where(func.lower(Withdrawal.reference) == reference.lower()))


def due(session: Session, on: date) -> Sequence[WithdrawalSpan]:
    """Return the spans whose notice has run out by a day and that are still in use, by span."""
    waiting = (
        select(WithdrawalSpan)
        .join(WithdrawalSpan.span)
        .where(WithdrawalSpan.effective_on <= on, Span.retired_on.is_(None))
        .options(contains_eager(WithdrawalSpan.span), joinedload(WithdrawalSpan.withdrawal))
        .order_by(WithdrawalSpan.span_id)
    )
    return session.scalars(waiting).all()
