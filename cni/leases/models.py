"""The tables of tariffs, quotes, leases and allocations."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    and_,
    column,
    func,
    or_,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, INT4RANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cni.assets.models import FibrePair, Rack, Site, Span
from cni.db.base import Base, Identified, Word
from cni.leases.lifecycle import LeaseStatus
from cni.leases.offers import Offer, from_snapshot
from cni.leases.words import RackSize
from cni.members.models import Member


class TariffVersion(Identified, Base):
    """The published prices and the fee policy from a day on, by resolution. Never edited, only followed by the next."""

    __tablename__ = "tariffs"

    name: Mapped[str]
    effective_from: Mapped[date] = mapped_column(unique=True)
    resolution: Mapped[str]
    contributor_percent: Mapped[Decimal]
    reserve_percent: Mapped[Decimal]
    running_costs_percent: Mapped[Decimal]
    duct_share_percent: Mapped[Decimal]

    lines: Mapped[list[TariffLine]] = relationship(lazy="raise", order_by="TariffLine.id")


class TariffLine(Identified, Base):
    """One price of a tariff version; a `term_factor` has a term in months and a percentage, every other an amount."""

    __tablename__ = "tariff_lines"
    __table_args__ = (UniqueConstraint("tariff_id", "code", "term_months", postgresql_nulls_not_distinct=True),)

    tariff_id: Mapped[int] = mapped_column(ForeignKey("tariffs.id"))
    code: Mapped[str]
    unit: Mapped[str]
    amount_pence: Mapped[int | None]
    term_months: Mapped[int | None]
    percent: Mapped[Decimal | None]


class QuoteRow(Identified, Base):
    """A quote as it was frozen: routes, prices and their working in `snapshot`. PostgreSQL refuses to change one."""

    __tablename__ = "quotes"

    reference: Mapped[str] = mapped_column(unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime]
    expires_on: Mapped[date]
    from_site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    to_site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    pairs: Mapped[int]
    starts_on: Mapped[date]
    term_months: Mapped[int]
    tariff_id: Mapped[int] = mapped_column(ForeignKey("tariffs.id"))
    annual_pence: Mapped[int]
    snapshot: Mapped[dict[str, Any]]

    member: Mapped[Member] = relationship(lazy="raise")
    from_site: Mapped[Site] = relationship(lazy="raise", foreign_keys=[from_site_id])
    to_site: Mapped[Site] = relationship(lazy="raise", foreign_keys=[to_site_id])
    tariff: Mapped[TariffVersion] = relationship(lazy="raise")
    lease: Mapped[Lease | None] = relationship(lazy="raise", viewonly=True)

    @property
    def offer(self) -> Offer:
        """The routes and the price that were offered."""
        return from_snapshot(self.snapshot)


class Lease(Identified, Base):
    """A member's right to fibre pairs along one route, or two diverse ones.

    Days are half-open: `starts_on` is the first day, `ends_on` the first day after it (None: rolls on). `tariff_id` is
    the version it was quoted under; None: the one in force when billing starts. `annual_pence`: the quoted price of a
    year; None: by that tariff.
    """

    __tablename__ = "leases"

    reference: Mapped[str]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    quote_id: Mapped[int | None] = mapped_column(ForeignKey("quotes.id"), unique=True)
    from_site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    to_site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    pairs: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    term_months: Mapped[int]
    tariff_id: Mapped[int | None] = mapped_column(ForeignKey("tariffs.id"))
    annual_pence: Mapped[int | None]
    status: Mapped[LeaseStatus] = mapped_column(Word(LeaseStatus), index=True)
    requested_at: Mapped[datetime]
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decision_note: Mapped[str | None]
    accepted_on: Mapped[date | None]
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    member: Mapped[Member] = relationship(lazy="raise")
    quote: Mapped[QuoteRow | None] = relationship(lazy="raise")
    from_site: Mapped[Site] = relationship(lazy="raise", foreign_keys=[from_site_id])
    to_site: Mapped[Site] = relationship(lazy="raise", foreign_keys=[to_site_id])
    tariff: Mapped[TariffVersion | None] = relationship(lazy="raise")
    spans: Mapped[list[LeaseSpan]] = relationship(lazy="raise", order_by="LeaseSpan.route, LeaseSpan.position")
    """Its uses of spans on whatever days; for those of one day see `spans_on`."""
    allocations: Mapped[list[Allocation]] = relationship(lazy="raise", order_by="Allocation.id")

    def spans_on(self, day: date) -> list[LeaseSpan]:
        """Return its routes as they are on a day, in order; `spans` must be loaded."""
        return [use for use in self.spans if use.is_in_force(day)]

    @property
    def spans_latest(self) -> list[LeaseSpan]:
        """Its routes since a span was last split or merged, in order; `spans` must be loaded."""
        return [use for use in self.spans if use.until_on is None]

    @property
    def spans_entered(self) -> list[LeaseSpan]:
        """Its routes as it was entered, before any span was split or merged; `spans` must be loaded."""
        return [use for use in self.spans if use.from_on is None]


Index("uq_leases_reference", func.lower(Lease.reference), unique=True)


class LeaseSpan(Base):
    """A span on a route (1 or 2) of a lease, in order, with the whole metres that it is priced at, frozen.

    Half-open days: a span that is split or merged leaves the route on `until_on`, and others follow `from_on` that day.
    None: since ever, and for good.
    """

    __tablename__ = "lease_spans"
    __table_args__ = (
        PrimaryKeyConstraint("lease_id", "route", "position"),
        UniqueConstraint("lease_id", "route", "span_id"),
    )

    lease_id: Mapped[int] = mapped_column(ForeignKey("leases.id"))
    route: Mapped[int]
    position: Mapped[int]
    span_id: Mapped[int] = mapped_column(ForeignKey("spans.id"), index=True)
    metres: Mapped[int]
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]

    span: Mapped[Span] = relationship(lazy="raise")

    def is_in_force(self, day: date) -> bool:
        """Tell whether the route runs over the span on a day."""
        return (self.from_on is None or self.from_on <= day) and (self.until_on is None or day < self.until_on)

    @classmethod
    def in_force_on(cls, day: date) -> ColumnElement[bool]:
        """Return the condition that the route runs over the span on a day."""
        return and_(or_(cls.from_on.is_(None), cls.from_on <= day), or_(cls.until_on.is_(None), cls.until_on > day))


class Allocation(Identified, Base):
    """A fibre pair held by a lease over some days. PostgreSQL refuses two that overlap."""

    __tablename__ = "allocations"
    __table_args__ = (
        ExcludeConstraint(
            (func.int8range(column("fibre_pair_id"), column("fibre_pair_id"), text("'[]'")), "&&"),
            (column("period"), "&&"),
            name="ex_allocations_no_overlap",
            using="gist",
        ),
    )

    lease_id: Mapped[int] = mapped_column(ForeignKey("leases.id"), index=True)
    route: Mapped[int]
    fibre_pair_id: Mapped[int] = mapped_column(ForeignKey("fibre_pairs.id"), index=True)
    period: Mapped[Range[date]] = mapped_column(DATERANGE)

    fibre_pair: Mapped[FibrePair] = relationship(lazy="raise")


class RackLease(Identified, Base):
    """A member's right to units of a rack over some days. PostgreSQL refuses two that overlap."""

    __tablename__ = "rack_leases"
    __table_args__ = (
        ExcludeConstraint(
            (func.int8range(column("rack_id"), column("rack_id"), text("'[]'")), "&&"),
            (column("units"), "&&"),
            (func.daterange(column("starts_on"), column("ends_on")), "&&"),
            name="ex_rack_leases_no_overlap",
            using="gist",
        ),
    )

    reference: Mapped[str]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    rack_id: Mapped[int] = mapped_column(ForeignKey("racks.id"))
    units: Mapped[Range[int]] = mapped_column(INT4RANGE)
    size: Mapped[RackSize] = mapped_column(Word(RackSize))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    accepted_on: Mapped[date | None]

    member: Mapped[Member] = relationship(lazy="raise")
    rack: Mapped[Rack] = relationship(lazy="raise")


Index("uq_rack_leases_reference", func.lower(RackLease.reference), unique=True)
