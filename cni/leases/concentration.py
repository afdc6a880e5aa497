"""How the pairs leased on spans and at sites are spread over members: on how many organisations each depends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute, Session

from cni.assets.models import Site, Span
from cni.leases.lifecycle import LeaseStatus
from cni.leases.models import Lease, LeaseSpan
from cni.members.models import Member


class Holder(NamedTuple):
    """A member that uses something, as people know it."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Usage:
    """The pairs that leases in service take of one thing, by member."""

    pairs: dict[Holder, int] = field(default_factory=dict)

    @property
    def users(self) -> int:
        """How many independent members use it."""
        return len(self.pairs)

    @property
    def leased_pairs(self) -> int:
        """All pairs in service."""
        return sum(self.pairs.values())

    @property
    def largest(self) -> Holder | None:
        """The member with the most pairs, of equal ones the first by name."""
        return min(self.pairs, key=lambda holder: (-self.pairs[holder], holder.name), default=None)

    @property
    def largest_percent(self) -> int:
        """The share of the largest in the pairs in service, in whole per cent, rounded half up; 0: nobody uses it."""
        most = max(self.pairs.values(), default=0)
        return (200 * most + self.leased_pairs) // (2 * self.leased_pairs) if most else 0


UNUSED = Usage()


def use_of_spans(session: Session, on: date) -> dict[str, Usage]:
    """Return how members use each span that a lease in service crosses, by code. One statement."""
    pairs = func.sum(Lease.pairs)
    rows = (
        select(Span.code, Member.slug, Member.name, pairs)
        .join(LeaseSpan, LeaseSpan.span_id == Span.id)
        .join(Lease, Lease.id == LeaseSpan.lease_id)
        .join(Member, Member.id == Lease.member_id)
        .where(is_in_service(on), LeaseSpan.in_force_on(on))
        .group_by(Span.code, Member.slug, Member.name)
    )
    return _gathered(session.execute(rows))


def use_of_sites(session: Session, on: date) -> dict[str, Usage]:
    """Return how members use each site that a route of a lease in service visits, by code. One statement.

    A route counts its pairs once at each site, however many of its spans meet there.
    """
    visits = union(_visits(Span.a_id, on), _visits(Span.z_id, on)).subquery()
    rows = (
        select(Site.code, Member.slug, Member.name, func.sum(Lease.pairs))
        .join(visits, visits.c.site_id == Site.id)
        .join(Lease, Lease.id == visits.c.lease_id)
        .join(Member, Member.id == Lease.member_id)
        .where(is_in_service(on))
        .group_by(Site.code, Member.slug, Member.name)
    )
    return _gathered(session.execute(rows))


def is_in_service(on: date) -> ColumnElement[bool]:
    """Return the condition that a lease is active on a day, as `lifecycle.state_on` tells it."""
    return and_(
        Lease.status == LeaseStatus.ACCEPTED,
        Lease.starts_on <= on,
        Lease.accepted_on <= on,
        or_(Lease.ends_on.is_(None), Lease.ends_on > on),
    )


def _visits(end: InstrumentedAttribute[int], on: date) -> Select[int, int, int]:
    route = select(LeaseSpan.lease_id, LeaseSpan.route, end.label("site_id"))
    return route.join(Span, Span.id == LeaseSpan.span_id).where(LeaseSpan.in_force_on(on))


def _gathered(rows: Iterable[tuple[str, str, str, int]]) -> dict[str, Usage]:
    pairs: dict[str, dict[Holder, int]] = defaultdict(dict)
    for code, slug, name, count in rows:
        pairs[code][Holder(slug, name)] = int(count)
    return {code: Usage(held) for code, held in pairs.items()}
