"""The structure of plant: ducts and sub-ducts with the spans in them, the cable of each span, splices at sites."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Select, Table, UniqueConstraint, func, or_, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, selectinload

from cni.assets.colours import ColourScheme
from cni.assets.models import Site, Span
from cni.assets.queries import is_spans_owner
from cni.db.base import Base, Identified, Word
from cni.members.models import Member

duct_spans = Table(
    "duct_spans",
    Base.metadata,
    Column("duct_id", ForeignKey("ducts.id"), primary_key=True),
    Column("span_id", ForeignKey("spans.id"), primary_key=True, index=True),
)


class Duct(Identified, Base):
    """A duct, or a sub-duct inside one (`parent`): bore and outer diameter in millimetres, length in metres.

    Only a sub-duct says its outer diameter: that is what it takes of the duct around it. `spans` are those in it
    now; rows of what has left the plant stay, for the day on which that is undone.
    """

    __tablename__ = "ducts"

    code: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("ducts.id"), index=True)
    bore_mm: Mapped[Decimal]
    outer_mm: Mapped[Decimal | None]
    length_m: Mapped[Decimal]

    owner: Mapped[Member] = relationship(lazy="raise")
    parent: Mapped[Duct | None] = relationship(lazy="raise", remote_side="Duct.id", back_populates="sub_ducts")
    sub_ducts: Mapped[list[Duct]] = relationship(lazy="raise", order_by="Duct.code", back_populates="parent")
    spans: Mapped[list[Span]] = relationship(
        lazy="raise",
        secondary=duct_spans,
        secondaryjoin=lambda: (Span.id == duct_spans.c.span_id) & Span.retired_on.is_(None),
        order_by="Span.code",
    )


Index("uq_ducts_code", func.lower(Duct.code), unique=True)


class SpanCable(Base):
    """The cable of a span: by which scheme its fibres are coloured, how many lie in a tube, its diameter in mm."""

    __tablename__ = "span_cables"

    span_id: Mapped[int] = mapped_column(ForeignKey("spans.id"), primary_key=True)
    scheme: Mapped[ColourScheme] = mapped_column(Word(ColourScheme))
    fibres_per_tube: Mapped[int]
    diameter_mm: Mapped[Decimal | None]


class Splice(Identified, Base):
    """Two fibres joined at a site; `loss_db` in decibels, None: not measured."""

    __tablename__ = "splices"
    __table_args__ = (
        UniqueConstraint("site_id", "from_span_id", "from_fibre"),
        UniqueConstraint("site_id", "to_span_id", "to_fibre"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    from_span_id: Mapped[int] = mapped_column(ForeignKey("spans.id"), index=True)
    from_fibre: Mapped[int]
    to_span_id: Mapped[int] = mapped_column(ForeignKey("spans.id"), index=True)
    to_fibre: Mapped[int]
    loss_db: Mapped[Decimal | None]

    from_span: Mapped[Span] = relationship(lazy="raise", foreign_keys=[from_span_id])
    to_span: Mapped[Span] = relationship(lazy="raise", foreign_keys=[to_span_id])


def ducts(member_id: int | None) -> Select[Any]:
    """Return the query of a member's (None: everyone's) ducts, with owner, parent, sub-ducts and spans."""
    parts = (
        joinedload(Duct.owner),
        joinedload(Duct.parent),
        selectinload(Duct.sub_ducts),
        selectinload(Duct.spans),
    )
    query = select(Duct).options(*parts)
    return query if member_id is None else query.where(Duct.owner_id == member_id)


def duct_by_code(session: Session, code: str) -> Duct | None:
    """Return a duct with its owner, parent, sub-ducts and spans."""
    return session.scalar(ducts(None).where(func.lower(Duct.code) == code.lower()))


def ducts_of_span(session: Session, span: Span) -> Sequence[Duct]:
    """Return the ducts that a span lies in, by code, with their owners."""
    around = select(duct_spans.c.duct_id).where(duct_spans.c.span_id == span.id)
    return session.scalars(
        select(Duct).where(Duct.id.in_(around)).options(joinedload(Duct.owner)).order_by(Duct.code)
    ).all()


def cable_of(session: Session, span: Span) -> SpanCable | None:
    """Return how a span's cable is built, if that is known."""
    return session.get(SpanCable, span.id)


def diameters(session: Session, span_ids: Sequence[int]) -> dict[int, Decimal | None]:
    """Return the diameters of these spans' cables in millimetres, by span; one that is not known is left out."""
    rows = session.execute(select(SpanCable.span_id, SpanCable.diameter_mm).where(SpanCable.span_id.in_(span_ids)))
    return dict(rows.all())


def splices(site: Site, member_id: int | None) -> Select[Any]:
    """Return the query of the splices at a site that are on a member's (None: everyone's) spans, with both spans."""
    parts = joinedload(Splice.from_span), joinedload(Splice.to_span)
    query = select(Splice).where(Splice.site_id == site.id).options(*parts)
    if member_id is None:
        return query
    own = select(Span.id).where(is_spans_owner(member_id))
    return query.where(or_(Splice.from_span_id.in_(own), Splice.to_span_id.in_(own)))


def splices_at(session: Session, site: Site, member_id: int | None) -> Sequence[Splice]:
    """Return the splices at a site that are on a member's (None: everyone's) spans, by span and fibre."""
    return session.scalars(splices(site, member_id).order_by(Splice.from_span_id, Splice.from_fibre)).all()
