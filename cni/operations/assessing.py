"""How resilient the live plant is: what a single failure would do to the network, to a site, to a lease.

The audit of a small network is made when it is asked for. That of a large one is asked for once for each revision of
the plant, made by the worker, and read from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from sqlalchemy import delete
from sqlalchemy.orm import Session

from cni.assets.audits import AuditStatus, NetworkAudit, enter_audit, find_audit
from cni.assets.snapshot import Plant, live_plant, plant_revision
from cni.db.jobs import ask_for
from cni.events.kinds import NetworkAuditRequested
from cni.events.record import record
from cni.leases.models import Lease
from cni.leases.queries import find_lease
from cni.leases.serving import leases_in_service
from cni.members.policy import Actor, Permission, may, require, require_found
from cni.primitives.errors import Conflict, NotFound
from cni.topology.failures.audit import audit, audit_as_json
from cni.topology.failures.availability import Availability, availability
from cni.topology.failures.exposure import Exposure, cut_off_sites, explain_exposure, find_exposure
from cni.topology.failures.reliance import Reliance, find_reliance
from cni.topology.network import Network

AT_ONCE_SPANS = 20_000
"""A network of at most so many spans is audited while the page is waited for."""

AUDIT_STEPS = (50, 65, 80)
"""How many per cent of the work are done as the audit begins each of its parts."""
Progress = Callable[[int], None]
"""Told how many per cent of the work are done."""


class PlantChanged(Conflict):
    """The plant was changed while it was audited."""

    code = "plant_changed"
    title = "The plant has changed"


@dataclass(frozen=True, slots=True)
class PlantAudit:
    """The audit of the live plant: its `document`, as `cni audit` prints it, or how far the worker has come with it.

    Neither: nobody has asked for it yet. `leases` are the references of the leases in service on each bridge, those of
    the actor's member or, for staff, all; None for those who may not read leases.
    """

    plant: Plant
    document: dict[str, Any] | None
    run: NetworkAudit | None
    leases: Mapping[str, list[str]] | None

    @property
    def spans(self) -> int:
        """How many spans the plant has."""
        return len(self.plant.owners)

    @property
    def two_cut_spans(self) -> list[str]:
        """The spans that divide the plant together with another."""
        return [span for spans in (self.document or {})["two_span_sets"] for span in spans]


@dataclass(frozen=True, slots=True)
class SiteResilience:
    """What one failure would do to a site, in `words` too; `cut_off` are the sites that its own failure cuts off."""

    plant: Plant
    exposure: Exposure
    words: tuple[str, ...]
    cut_off: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeaseResilience:
    """What a lease relies on, and for how much of the time that works; `routes` are the codes of its spans."""

    plant: Plant
    lease: Lease
    routes: tuple[tuple[str, ...], ...]
    relies_on: Reliance
    availability: Availability


def audit_plant(session: Session, actor: Actor, *, on: date, at_once: int = AT_ONCE_SPANS) -> PlantAudit:
    """Return the audit of the live plant, made now where it has at most `at_once` spans.

    Permission: plant:read.
    """
    require(actor, Permission.PLANT_READ)
    plant, run = live_plant(session), find_audit(session, _revision(session))
    document = run.result if run else None
    if document is None and len(plant.owners) <= at_once:
        document = _audited(plant.network)
    leases = None
    if may(actor, Permission.LEASES_READ):
        leases = _leases_on(session, actor, document["bridges"] if document else [], on)
    return PlantAudit(plant, document, run, leases)


def request_audit(session: Session, actor: Actor, *, at: datetime) -> bool:
    """Ask the worker for an audit of the live plant; tell whether nobody had asked for it before.

    Permission: plant:read. Event: NetworkAuditRequested, when nobody had asked.
    """
    require(actor, Permission.PLANT_READ)
    revision = _revision(session)
    is_new = enter_audit(session, revision, actor.person_id, at=at)
    if is_new:
        ask_for(session, "audit_network", revision=revision)
        record(session, actor, NetworkAuditRequested(subject="plant"), at=at)
    return is_new


def note_progress(session: Session, actor: Actor, revision: str, percent: int) -> None:
    """Note how far the worker has come.

    Permission: coop:maintain.
    Raises:
        PlantChanged: an audit of another revision has taken its place.
    """
    require(actor, Permission.COOP_MAINTAIN)
    run = _run(session, revision)
    run.status, run.percent = AuditStatus.RUNNING, percent


def make_audit(session: Session, actor: Actor, revision: str, progress: Progress) -> dict[str, Any]:
    """Return the audit of the live plant, which must still be at this revision; nothing is written.

    Permission: coop:maintain.
    Raises:
        PlantChanged: the plant is at another revision by now.
    """
    require(actor, Permission.COOP_MAINTAIN)
    if _revision(session) != revision:
        raise PlantChanged("The plant was changed before it was audited. Ask for the audit again.")
    progress(10)
    network = live_plant(session).network
    progress(40)
    steps = iter(AUDIT_STEPS)
    return _audited(network, lambda _what: progress(next(steps)))


def finish_audit(session: Session, actor: Actor, revision: str, result: dict[str, Any] | None, *, at: datetime) -> None:
    """Keep what the worker found, or, without a result, that it failed.

    Permission: coop:maintain.
    Raises:
        PlantChanged: an audit of another revision has taken its place.
    """
    require(actor, Permission.COOP_MAINTAIN)
    run = _run(session, revision)
    run.status = AuditStatus.FAILED if result is None else AuditStatus.DONE
    run.percent, run.result, run.finished_at = 100, result, at


def forget_audit(session: Session, actor: Actor, revision: str) -> None:
    """Forget an audit whose plant has changed.

    Permission: coop:maintain.
    """
    require(actor, Permission.COOP_MAINTAIN)
    session.execute(delete(NetworkAudit).where(NetworkAudit.revision == revision))


def assess_site(session: Session, actor: Actor, code: str) -> SiteResilience:
    """Return what one failure would do to a live site, and what its own failure would do to others.

    Permission: plant:read.
    Raises:
        NotFound: there is no such live site.
    """
    require(actor, Permission.PLANT_READ)
    plant = live_plant(session)
    site = plant.codes["site"].get(code.lower())
    if site is None:
        raise NotFound(f"There is no live site {code}.")
    severing = audit(plant.network).single_point_risks.tolist()
    exposure = find_exposure(plant.network, site, [plant.network.view.risk_ids[risk] for risk in severing])
    cut_off = cut_off_sites(plant.network, exposure.core, (), (site,))
    return SiteResilience(plant, exposure, explain_exposure(plant.network, exposure), tuple(cut_off))


def assess_lease(session: Session, actor: Actor, reference: str) -> LeaseResilience:
    """Return what a lease relies on, and how available that makes it under stated assumptions.

    Permission: leases:read, for the lease's member.
    Raises:
        NotFound: there is none, or it is another member's.
    """
    require(actor, Permission.LEASES_READ)
    lease = require_found(actor, Permission.LEASES_READ, find_lease(session, reference))
    routes: dict[int, list[str]] = {}
    for use in lease.spans_latest:
        routes.setdefault(use.route, []).append(use.span.code)
    plant, in_order = live_plant(session), tuple(tuple(spans) for spans in routes.values())
    relies_on = find_reliance(plant.network, lease.from_site.code, in_order)
    return LeaseResilience(plant, lease, in_order, relies_on, availability(plant.network, in_order))


def _revision(session: Session) -> str:
    return " ".join(sorted(map(str, plant_revision(session))))


def _run(session: Session, revision: str) -> NetworkAudit:
    run = find_audit(session, revision)
    if run is None:
        raise PlantChanged("The plant was changed while it was audited, and another audit was asked for.")
    return run


def _audited(network: Network, on_progress: Callable[[str], None] | None = None) -> dict[str, Any]:
    """Return an audit as `cni audit` prints it, with the sets of spans any two of which divide the plant together."""
    found = audit(network, on_progress=on_progress)
    ids = found.view.span_ids
    sets = [[ids[span] for span in spans.tolist()] for spans in np.split(found.alike.member, found.alike.first[1:-1])]
    return {**audit_as_json(found), "two_span_sets": sorted(sorted(spans) for spans in sets if spans)}


def _leases_on(session: Session, actor: Actor, spans: Collection[str], on: date) -> dict[str, list[str]]:
    """Return the references of the actor's leases in service on each of these spans, for staff those of everyone."""
    leases: dict[str, list[str]] = {code: [] for code in spans}
    for lease in leases_in_service(session, actor.member_id, on, across=spans):
        for code in {span for route in lease.routes for span in route} & leases.keys():
            leases[code].append(lease.reference)
    return leases
