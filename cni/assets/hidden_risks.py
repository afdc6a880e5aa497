"""Places where spans of different owners run side by side undeclared: what was found, and what was decided on each.

How they are found: `cni.topology.ground.paper_diversity`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ForeignKey, Select, Table, func, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, selectinload

from cni.assets.models import RiskGroup, Span
from cni.assets.queries import SPAN_PARTS
from cni.db.base import Base, Identified, Word

hidden_risk_spans = Table(
    "hidden_risk_spans",
    Base.metadata,
    Column("hidden_risk_id", ForeignKey("hidden_risks.id", ondelete="CASCADE"), primary_key=True),
    Column("span_id", ForeignKey("spans.id"), primary_key=True, index=True),
)


class HiddenRiskStatus(StrEnum):
    """What the network steward said to it, if anything yet."""

    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    PROPOSED = "proposed"


class HiddenRisk(Identified, Base):
    """Spans that run within `within_m` metres of each other for `metres`; `lines`, a GeoJSON geometry, says where.

    Accepted, it became the risk group; dismissed, it has a reason, and the same spans are not proposed again.
    """

    __tablename__ = "hidden_risks"

    reference: Mapped[str] = mapped_column(unique=True)
    status: Mapped[HiddenRiskStatus] = mapped_column(Word(HiddenRiskStatus), index=True)
    found_at: Mapped[datetime]
    within_m: Mapped[Decimal]
    metres: Mapped[Decimal]
    lines: Mapped[dict[str, Any]]
    longitude: Mapped[float]
    latitude: Mapped[float]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    risk_group_id: Mapped[int | None] = mapped_column(ForeignKey("risk_groups.id"), index=True)

    risk_group: Mapped[RiskGroup | None] = relationship(lazy="raise")
    spans: Mapped[list[Span]] = relationship(lazy="raise", secondary=hidden_risk_spans, order_by="Span.code")

    @property
    def span_codes(self) -> tuple[str, ...]:
        """The codes of its spans, in order; `spans` must be loaded."""
        return tuple(sorted(span.code for span in self.spans))

    @property
    def owner_names(self) -> list[str]:
        """What the owners of the fibre are called, by name; `spans` must be loaded with theirs."""
        return sorted({span.fibre_owner.name for span in self.spans})


def hidden_risks(*, is_decided: bool) -> Select[Any]:
    """Return the query of those that were decided on, or that wait for it, with their spans and owners."""
    waits = HiddenRisk.status == HiddenRiskStatus.PROPOSED
    return (
        select(HiddenRisk)
        .where(~waits if is_decided else waits)
        .options(joinedload(HiddenRisk.risk_group), selectinload(HiddenRisk.spans).options(*SPAN_PARTS))
    )


def hidden_risks_with(session: Session, status: HiddenRiskStatus) -> Sequence[HiddenRisk]:
    """Return all of a status, the oldest first, with their spans."""
    found = select(HiddenRisk).where(HiddenRisk.status == status).options(selectinload(HiddenRisk.spans))
    return session.scalars(found.order_by(HiddenRisk.id)).all()


def hidden_risk_by_reference(session: Session, reference: str) -> HiddenRisk | None:
    """Return one with its spans, their ends and owners, and its risk group."""
    named = select(HiddenRisk).where(func.lower(HiddenRisk.reference) == reference.lower())
    parts = (joinedload(HiddenRisk.risk_group), selectinload(HiddenRisk.spans).options(*SPAN_PARTS))
    return session.scalar(named.options(*parts))


def count_waiting(session: Session) -> int:
    """Return how many wait for a decision."""
    waiting = select(func.count()).where(HiddenRisk.status == HiddenRiskStatus.PROPOSED)
    return session.scalar(waiting) or 0
