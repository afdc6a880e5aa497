"""Leases in service, as far as a failure concerns them: the routes they run over."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

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
    """A lease in service: its routes, and the names of its member and of the sites it joins."""

    leased: LeasedRoutes
    member: str
    a: str
    z: str


def leases_across(
    session: Session, network: Network, spans: Collection[str], member_id: int | None, on: date
) -> list[ServingLease]:
    """Return the leases in service that cross any of these spans, a member's (None: everyone's). One statement."""
    a, z = aliased(Site), aliased(Site)
    crossing = select(LeaseSpan.lease_id).join(Span, Span.id == LeaseSpan.span_id).where(Span.code.in_(spans))
    own = [] if member_id is None else [Lease.member_id == member_id]
    rows = session.execute(
        select(Lease, Member.name, a.name, z.name, LeaseSpan.route, Span.code)
        .join(LeaseSpan, LeaseSpan.lease_id == Lease.id)
        .join(Span, Span.id == LeaseSpan.span_id)
        .join(Member, Member.id == Lease.member_id)
        .join(a, a.id == Lease.from_site_id)
        .join(z, z.id == Lease.to_site_id)
        .where(is_in_service(on), Lease.id.in_(crossing), *own)
        .order_by(Lease.reference, LeaseSpan.route, LeaseSpan.position)
    )
    routes: dict[Lease, dict[int, list[str]]] = {}
    names: dict[Lease, tuple[str, str, str]] = {}
    for lease, member, from_site, to_site, route, span in rows:
        routes.setdefault(lease, {}).setdefault(route, []).append(span)
        names[lease] = (member, from_site, to_site)
    return [_serving(network, lease, list(routes[lease].values()), named) for lease, named in names.items()]


def _serving(network: Network, lease: Lease, routes: list[list[str]], named: tuple[str, str, str]) -> ServingLease:
    return ServingLease(leased_routes(network, lease.reference, routes, lease.pairs, lease.starts_on), *named)
