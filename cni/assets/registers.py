"""The registers of wayleaves and funding conditions: who lets plant lie where it is, who paid for it, until when.

What stands in them is for the owner and the co-op's staff. That something ends is told to whoever quotes or leases
over it, without a name: `expiries`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Select, Table, func, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, selectinload

from cni.assets.expiries import Cover, RegisterKind
from cni.assets.models import Site, Span
from cni.db.base import Base, Identified, Word
from cni.members.models import Member

entry_spans = Table(
    "register_entry_spans",
    Base.metadata,
    Column("entry_id", ForeignKey("register_entries.id"), primary_key=True),
    Column("span_id", ForeignKey("spans.id"), primary_key=True, index=True),
)
entry_sites = Table(
    "register_entry_sites",
    Base.metadata,
    Column("entry_id", ForeignKey("register_entries.id"), primary_key=True),
    Column("site_id", ForeignKey("sites.id"), primary_key=True, index=True),
)


class RegisterEntry(Identified, Base):
    """A wayleave (`party` grants it) or a funding condition (`party` paid), and the spans and sites that it covers.

    `title` is their reference or the grant's name. `ends_on` is the first day without it, of a funding condition the
    first on which nothing can be clawed back; None: no end. `open_access`: the grant asks that all may use the plant.
    `spans` and `sites` are those that are in the plant now.
    """

    __tablename__ = "register_entries"

    reference: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[RegisterKind] = mapped_column(Word(RegisterKind))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    party: Mapped[str]
    title: Mapped[str]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    open_access: Mapped[bool]
    notes: Mapped[str | None]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    changed_at: Mapped[datetime]

    member: Mapped[Member] = relationship(lazy="raise")
    spans: Mapped[list[Span]] = relationship(
        lazy="raise",
        secondary=entry_spans,
        secondaryjoin=lambda: (Span.id == entry_spans.c.span_id) & Span.retired_on.is_(None),
        order_by="Span.code",
    )
    sites: Mapped[list[Site]] = relationship(
        lazy="raise",
        secondary=entry_sites,
        secondaryjoin=lambda: (Site.id == entry_sites.c.site_id) & Site.retired_on.is_(None),
        order_by="Site.code",
    )

    @property
    def covers(self) -> list[str]:
        """The codes of the spans, then of the sites, that it covers; both must be loaded."""
        return [*(span.code for span in self.spans), *(site.code for site in self.sites)]


def entries(member_id: int | None) -> Select[Any]:
    """Return the query of the entries of a member (None: of all), with their member, spans and sites."""
    parts = joinedload(RegisterEntry.member), selectinload(RegisterEntry.spans), selectinload(RegisterEntry.sites)
    query = select(RegisterEntry).options(*parts)
    return query if member_id is None else query.where(RegisterEntry.member_id == member_id)


def ending_before(query: Select[Any], day: date) -> Select[Any]:
    """Narrow a query of entries down to those that end before a day, the soonest first."""
    return query.where(RegisterEntry.ends_on < day).order_by(RegisterEntry.ends_on, RegisterEntry.id)


def entry_by_reference(session: Session, reference: str) -> RegisterEntry | None:
    """Return an entry with its member, spans and sites."""
    return session.scalar(entries(None).where(func.lower(RegisterEntry.reference) == reference.lower()))


def entries_of_span(session: Session, span: Span, member_id: int | None) -> Sequence[RegisterEntry]:
    """Return a member's (None: everyone's) entries that cover a span, by end."""
    over = select(entry_spans.c.entry_id).where(entry_spans.c.span_id == span.id)
    found = entries(member_id).where(RegisterEntry.id.in_(over))
    return session.scalars(found.order_by(RegisterEntry.ends_on, RegisterEntry.id)).all()


def covers_of(session: Session, span_codes: Collection[str], site_codes: Collection[str]) -> list[Cover]:
    """Return all that covers any of these spans and sites. Two statements."""
    columns = RegisterEntry.kind, RegisterEntry.party, RegisterEntry.ends_on
    over_spans = (
        select(Span.code, *columns)
        .join(entry_spans, entry_spans.c.span_id == Span.id)
        .join(RegisterEntry, RegisterEntry.id == entry_spans.c.entry_id)
        .where(Span.code.in_(span_codes))
    )
    over_sites = (
        select(Site.code, *columns)
        .join(entry_sites, entry_sites.c.site_id == Site.id)
        .join(RegisterEntry, RegisterEntry.id == entry_sites.c.entry_id)
        .where(Site.code.in_(site_codes))
    )
    return [
        Cover(kind, thing, code, party, ends_on)
        for thing, query in (("span", over_spans), ("site", over_sites))
        for code, kind, party, ends_on in session.execute(query)
    ]
