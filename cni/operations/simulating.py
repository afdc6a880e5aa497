"""The leases that a simulation of cuts is about. Nothing is kept."""

from __future__ import annotations

from datetime import date
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from cni.assets.models import Span
from cni.assets.snapshot import live_plant
from cni.leases.concentration import is_in_service
from cni.leases.leased_routes import leased_routes
from cni.leases.models import Lease, LeaseSpan
from cni.members.policy import Actor, Permission, require
from cni.topology.failures.simulate import LeasedRoutes


def leases_in_service(session: Session, actor: Actor, on: date) -> list[LeasedRoutes]:
    """Return the routes of the leases in service on a day: the actor's member's, for staff everyone's.

    One statement besides the plant's revision, however many leases there are. They are in order of their references.

    Permission: leases:read.
    """
    require(actor, Permission.LEASES_READ)
    rows = (
        select(Lease.reference, Lease.pairs, Lease.starts_on, LeaseSpan.route, Span.code)
        .join(LeaseSpan, LeaseSpan.lease_id == Lease.id)
        .join(Span, Span.id == LeaseSpan.span_id)
        .where(is_in_service(on))
        .order_by(Lease.reference, LeaseSpan.route, LeaseSpan.position)
    )
    if actor.member_id is not None:
        rows = rows.where(Lease.member_id == actor.member_id)
    network = live_plant(session).network
    leases = []
    for (reference, pairs, starts_on), spans in groupby(session.execute(rows), key=lambda row: tuple(row[:3])):
        routes = [[row.code for row in route] for _, route in groupby(spans, key=lambda row: row.route)]
        leases.append(leased_routes(network, reference, routes, pairs, starts_on))
    return leases
