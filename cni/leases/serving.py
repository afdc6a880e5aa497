"""Leases in service, as far as a failure concerns them: the routes they run over, in the one query for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from cni.assets.models import Site, Span
from cni.leases.concentration import is_in_service
from cni.leases.leased_routes import leased_routes
from cni.leases.models import Lease, LeaseSpan
from cni.members.models import Member
from cni.topology.failures.simulate import LeasedRoutes
from cni.topology.network import Network


@dataclass(frozen=True, slots=True)
class ServingLease:
    """A lease in service, the names of its member and of the sites it joins, and its routes by the codes of spans."""

    reference: str
    pairs: int
    starts_on: date
    member: str
    a: str
    z: str
    routes: tuple[tuple[str, ...], ...]

    def on(self, network: Network) -> LeasedRoutes:
        """Return the lease as a simulation takes it, which looks at how diverse it is."""
        return leased_routes(network, self.reference, self.routes, self.pairs, self.starts_on)


def leases_in_service(
    session: Session, member_id: int | None, on: date, across: Collection[str] | None = None
) -> list[ServingLease]:
    """Return the leases in service on a day, a member's (None: everyone's), in order of their references.

    `across`: only those that cross any of these spans, by code. One statement, however many leases there are.
    """
    a, z = aliased(Site), aliased(Site)
    wanted = [is_in_service(on), LeaseSpan.in_force_on(on)]
    if member_id is not None:
        wanted.append(Lease.member_id == member_id)
    if across is not None:
        crossing = select(LeaseSpan.lease_id).join(Span, Span.id == LeaseSpan.span_id)
        crossing = crossing.where(Span.code.in_(across), LeaseSpan.in_force_on(on))
        wanted.append(Lease.id.in_(crossing))
    rows = session.execute(
        select(Lease.reference, Lease.pairs, Lease.starts_on, Member.name, a.name, z.name, LeaseSpan.route, Span.code)
        .join(LeaseSpan, LeaseSpan.lease_id == Lease.id)
        .join(Span, Span.id == LeaseSpan.span_id)
        .join(Member, Member.id == Lease.member_id)
        .join(a, a.id == Lease.from_site_id)
        .join(z, z.id == Lease.to_site_id)
        .where(*wanted)
        .order_by(Lease.reference, LeaseSpan.route, LeaseSpan.position)
    )
    return [_serving(list(spans)) for _, spans in groupby(rows, lambda row: row.reference)]


def _serving(spans: Sequence[Any]) -> ServingLease:
    """Return the lease of these rows, one for each span of its routes, in order."""
    reference, pairs, starts_on, member, a, z, *_ = spans[0]
    routes = tuple(tuple(row.code for row in route) for _, route in groupby(spans, lambda row: row.route))
    return ServingLease(reference, pairs, starts_on, member, a, z, routes)
