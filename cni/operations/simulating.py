"""The leases that a simulation of cuts is about. Nothing is kept."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from cni.assets.snapshot import live_plant
from cni.leases import serving
from cni.members.policy import Actor, Permission, require
from cni.topology.failures.simulate import LeasedRoutes


def leases_in_service(session: Session, actor: Actor, on: date) -> list[LeasedRoutes]:
    """Return the routes of the leases in service on a day: the actor's member's, for staff everyone's.

    One statement besides the plant's revision, however many leases there are. They are in order of their references.

    Permission: leases:read.
    """
    require(actor, Permission.LEASES_READ)
    network = live_plant(session).network
    return [lease.on(network) for lease in serving.leases_in_service(session, actor.member_id, on)]
