"""Who was shown whose plant exactly: a log that nobody can change, written for the owners to read.

A row is what one person saw of one owner's plant at one address on one day; the same again that day adds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, ForeignKey, Select, Text, UniqueConstraint, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from cni.assets.disclosure import Reason, Shown
from cni.db.base import Base, Identified, Word
from cni.members.models import Member, Person

CODES_KEPT = 100
"""So many spans and sites are named in a row at most; of more, only the number is kept: "1,204 spans"."""


class ExactView(Identified, Base):
    """Plant of `owner` shown exactly to a person, who acted for `member` (None: for the co-op).

    `place` is the address of the page, resource or file; `spans` and `sites` are codes, empty where there were more
    than `CODES_KEPT`; `at` is the first time on the day `seen_on`.
    """

    __tablename__ = "exact_views"
    __table_args__ = (
        UniqueConstraint(
            "seen_on", "person_id", "place", "digest", "owner_id", "reason", name="uq_exact_views_once_a_day"
        ),
    )

    at: Mapped[datetime]
    seen_on: Mapped[date]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    reason: Mapped[Reason] = mapped_column(Word(Reason))
    place: Mapped[str]
    digest: Mapped[str]
    spans: Mapped[list[str]] = mapped_column(ARRAY(Text))
    sites: Mapped[list[str]] = mapped_column(ARRAY(Text))
    span_count: Mapped[int]
    site_count: Mapped[int]

    person: Mapped[Person] = relationship(lazy="raise")
    member: Mapped[Member | None] = relationship(lazy="raise", foreign_keys=[member_id])
    owner: Mapped[Member] = relationship(lazy="raise", foreign_keys=[owner_id])


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looked: the number of the person, and of the member they acted for."""

    person_id: int
    member_id: int | None


@dataclass(frozen=True, slots=True)
class ViewFilter:
    """Which exact views: by why, by the code of a span or site, from a day on; None: all."""

    reason: Reason | None = None
    asset: str | None = None
    since: date | None = None


def log_exact_views(session: Session, viewer: Viewer, shown: Shown, place: str, *, at: datetime, on: date) -> None:
    """Log what was shown exactly: a row for each owner and reason, unless that day has them. One statement.

    Owners of a span are those of its fibre and of its duct; of a site, its owner, or else who contributed it. What
    nobody but the co-op owns is not logged.
    """
    spans, sites = sorted(shown.spans.items()), sorted(shown.sites.items())
    session.execute(
        _LOG,
        {
            "at": at,
            "on": on,
            "person": viewer.person_id,
            "member": viewer.member_id,
            "place": place,
            "digest": sha256(repr((spans, sites)).encode()).hexdigest(),
            "kept": CODES_KEPT,
            "span_ids": [span for span, _ in spans],
            "span_reasons": [reason.value for _, reason in spans],
            "site_ids": [site for site, _ in sites],
            "site_reasons": [reason.value for _, reason in sites],
        },
    )


_LOG = text("""
    INSERT INTO exact_views (at, seen_on, person_id, member_id, place, digest,
                             owner_id, reason, spans, sites, span_count, site_count)
    SELECT :at, CAST(:on AS date), :person, :member, :place, :digest, owner_id, reason,
           CASE WHEN count(span) > :kept THEN '{}' ELSE coalesce(array_agg(span ORDER BY span)
               FILTER (WHERE span IS NOT NULL), '{}') END,
           CASE WHEN count(site) > :kept THEN '{}' ELSE coalesce(array_agg(site ORDER BY site)
               FILTER (WHERE site IS NOT NULL), '{}') END,
           count(span), count(site)
    FROM (
        SELECT owner_id, reason, spans.code AS span, NULL AS site
        FROM unnest(CAST(:span_ids AS bigint[]), CAST(:span_reasons AS text[])) AS seen (id, reason)
        JOIN spans USING (id)
        CROSS JOIN LATERAL (SELECT fibre_owner_id UNION SELECT duct_owner_id) AS owners (owner_id)
        UNION ALL
        SELECT coalesce(owner_id, contributions.member_id), reason, NULL, sites.code
        FROM unnest(CAST(:site_ids AS bigint[]), CAST(:site_reasons AS text[])) AS seen (id, reason)
        JOIN sites USING (id)
        JOIN contributions ON contributions.id = contribution_id
    ) AS seen
    WHERE owner_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM exact_views WHERE seen_on = CAST(:on AS date) AND person_id = :person
            AND place = :place AND digest = :digest)
    GROUP BY owner_id, reason
    ON CONFLICT DO NOTHING
""")


def exact_views(owner_id: int | None, wanted: ViewFilter) -> Select[ExactView]:
    """Select the exact views of an owner's plant (None: of everybody's), with viewer and owner."""
    found = select(ExactView).options(
        joinedload(ExactView.person), joinedload(ExactView.member), joinedload(ExactView.owner)
    )
    if owner_id is not None:
        found = found.where(ExactView.owner_id == owner_id)
    return found.where(*_conditions(wanted))


def _conditions(wanted: ViewFilter) -> list[ColumnElement[bool]]:
    asset = wanted.asset
    return [
        *([ExactView.reason == wanted.reason] if wanted.reason else []),
        *([or_(ExactView.spans.contains([asset]), ExactView.sites.contains([asset]))] if asset else []),
        *([ExactView.seen_on >= wanted.since] if wanted.since else []),
    ]
