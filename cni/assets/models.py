"""The tables of the plant."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cni.assets.words import ContributionStatus, FoiLabel, LengthBasis, PairState, RiskKind, SiteKind
from cni.db.base import Base, Identified, Word
from cni.members.models import Member

span_risks = Table(
    "span_risks",
    Base.metadata,
    Column("span_id", ForeignKey("spans.id"), primary_key=True),
    Column("risk_group_id", ForeignKey("risk_groups.id"), primary_key=True, index=True),
)


class Contribution(Identified, Base):
    """Plant that a member registers in one go: proposed together, accepted or refused together.

    Refused plant leaves the tables, so that its codes are free again; `refused_plant` keeps it, as the GeoJSON feature
    collection of an upload (a refused contribution is read, corrected and sent again).
    """

    __tablename__ = "contributions"

    reference: Mapped[str] = mapped_column(unique=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), index=True)
    status: Mapped[ContributionStatus] = mapped_column(Word(ContributionStatus), index=True)
    note: Mapped[str | None]
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str | None]
    refused_plant: Mapped[dict[str, Any] | None]

    member: Mapped[Member | None] = relationship(lazy="raise")
    sites: Mapped[list[Site]] = relationship(lazy="raise", back_populates="contribution", order_by="Site.code")
    spans: Mapped[list[Span]] = relationship(lazy="raise", back_populates="contribution", order_by="Span.code")

    @property
    def site_codes(self) -> list[str]:
        """The codes of the sites that it brought, refused ones too; `sites` must be loaded."""
        return [site.code for site in self.sites] or [given["id"] for given in self._refused() if "a" not in given]

    @property
    def span_codes(self) -> list[str]:
        """The codes of the spans that it brought, refused ones too; `spans` must be loaded."""
        return [span.code for span in self.spans] or [given["id"] for given in self._refused() if "a" in given]

    def _refused(self) -> list[dict[str, Any]]:
        return [feature["properties"] for feature in (self.refused_plant or {"features": []})["features"]]


class Site(Identified, Base):
    """A place where plant meets or ends. Position in WGS84 decimal degrees; `retired_on`: it has left the plant."""

    __tablename__ = "sites"

    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[SiteKind] = mapped_column(Word(SiteKind))
    longitude: Mapped[float]
    latitude: Mapped[float]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), index=True)
    contribution_id: Mapped[int] = mapped_column(ForeignKey("contributions.id"), index=True)
    retired_on: Mapped[date | None]
    foi_label: Mapped[FoiLabel] = mapped_column(Word(FoiLabel), insert_default=FoiLabel.INTERNAL)
    foi_reason: Mapped[str | None]

    owner: Mapped[Member | None] = relationship(lazy="raise")
    contribution: Mapped[Contribution] = relationship(lazy="raise", back_populates="sites")


Index("uq_sites_code", func.lower(Site.code), unique=True)


class RiskGroup(Identified, Base):
    """Spans that one incident breaks together (in the literature: a shared-risk link group, SRLG)."""

    __tablename__ = "risk_groups"

    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[RiskKind] = mapped_column(Word(RiskKind))


Index("uq_risk_groups_code", func.lower(RiskGroup.code), unique=True)


class Span(Identified, Base):
    """Fibre cable plant between two neighbouring sites; `retired_on` is the first day on which it has left the plant.

    `geometry` is a WGS84 line as WKB from site a to site z, or None where only the ends are known; `length_m` is in
    metres on its `length_basis`; `duct_owner` None: the owner of the fibre owns the duct too.
    """

    __tablename__ = "spans"

    code: Mapped[str]
    a_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    z_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    geometry: Mapped[bytes | None]
    length_m: Mapped[Decimal]
    length_basis: Mapped[LengthBasis] = mapped_column(Word(LengthBasis))
    fibre_owner_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    duct_owner_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), index=True)
    fibres: Mapped[int]
    contribution_id: Mapped[int] = mapped_column(ForeignKey("contributions.id"), index=True)
    retired_on: Mapped[date | None]
    foi_label: Mapped[FoiLabel] = mapped_column(Word(FoiLabel), insert_default=FoiLabel.INTERNAL)
    foi_reason: Mapped[str | None]

    a: Mapped[Site] = relationship(lazy="raise", foreign_keys=[a_id])
    z: Mapped[Site] = relationship(lazy="raise", foreign_keys=[z_id])
    fibre_owner: Mapped[Member] = relationship(lazy="raise", foreign_keys=[fibre_owner_id])
    duct_owner: Mapped[Member | None] = relationship(lazy="raise", foreign_keys=[duct_owner_id])
    contribution: Mapped[Contribution] = relationship(lazy="raise", back_populates="spans")
    risks: Mapped[list[RiskGroup]] = relationship(lazy="raise", secondary=span_risks, order_by="RiskGroup.code")
    pairs: Mapped[list[FibrePair]] = relationship(
        lazy="raise", order_by="FibrePair.number", primaryjoin="Span.id == foreign(FibrePair.span_id)"
    )


Index("uq_spans_code", func.lower(Span.code), unique=True)


class FibrePair(Identified, Base):
    """Two strands of one cable, numbered from 1: the reserved pairs first, then the offered ones, then the dark.

    Migration 0014 says what keeps them with their span, in place of a foreign key.
    """

    __tablename__ = "fibre_pairs"
    __table_args__ = (UniqueConstraint("span_id", "number"),)

    span_id: Mapped[int]
    number: Mapped[int]
    state: Mapped[PairState] = mapped_column(Word(PairState))

    span: Mapped[Span] = relationship(lazy="raise", viewonly=True, primaryjoin="foreign(FibrePair.span_id) == Span.id")


class Rack(Identified, Base):
    """A rack at a site; `units` high, `power_kw` in kilowatts."""

    __tablename__ = "racks"

    code: Mapped[str]
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), index=True)
    units: Mapped[int]
    power_kw: Mapped[Decimal | None]

    site: Mapped[Site] = relationship(lazy="raise")
    owner: Mapped[Member | None] = relationship(lazy="raise")


Index("uq_racks_code", func.lower(Rack.code), unique=True)


class PlantRevision(Base):
    """A value of the plant's revision: nearly always the only one. Triggers of the plant's tables renew it."""

    __tablename__ = "plant_revision"

    revision: Mapped[UUID] = mapped_column(primary_key=True)
