"""Giving plant out: to everyone what is public, to those who come as somebody what they may see."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cni.assets.audits import find_audit
from cni.assets.disclosure import Sight
from cni.assets.models import Span
from cni.assets.queries import live_spans
from cni.assets.reading_out import seen_plant
from cni.assets.seen_plant import PUBLIC_EYES, Eyes, SeenPlant
from cni.leases.lifecycle import LeaseStatus
from cni.leases.models import Lease
from cni.members import queries
from cni.members.policy import Actor, Permission, require


def plant_for(session: Session, actor: Actor | None, sight: Sight) -> SeenPlant:
    """Return the live plant as the actor sees it with this sight; None: as everyone may see it.

    Whoever gives anything of it out notes it with `SeenPlant.note`.

    Permission: plant:read, of an actor; the public needs none.
    """
    if actor is None:
        return seen_plant(session, PUBLIC_EYES)
    require(actor, Permission.PLANT_READ)
    return seen_plant(session, Eyes.of(sight, actor.member_id))


def count_spans(session: Session, actor: Actor) -> int:
    """Return how many live spans there are.

    Permission: plant:read.
    """
    require(actor, Permission.PLANT_READ)
    return session.scalar(live_spans().with_only_columns(func.count(Span.id), maintain_column_froms=True)) or 0


@dataclass(frozen=True, slots=True)
class OperatorFigures:
    """What one operator's fibre amounts to in public: lengths in metres as the public sees each span."""

    slug: str
    name: str
    spans: int
    length_m: float
    offered_pairs: int


@dataclass(frozen=True, slots=True)
class Resilience:
    """What the last audit of the plant as it stands has found, in numbers."""

    bridges: int
    articulation_sites: int
    single_point_risks: int
    two_edge_connected_components: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """The co-op in public numbers on a day. `resilience` None: the plant as it stands has not been audited."""

    on: date
    sites: int
    spans: int
    length_m: float
    sites_by_kind: dict[str, int]
    members_by_role: dict[str, int]
    operators: list[OperatorFigures]
    leases: int
    resilience: Resilience | None

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return asdict(self) | {"on": self.on.isoformat()}


def statistics(session: Session, actor: Actor | None, *, on: date) -> Statistics:
    """Return the co-op in numbers, the same for everyone; lengths are sums of what the public sees of each span.

    Permission: plant:read, of an actor; the public needs none.
    """
    if actor is not None:
        require(actor, Permission.PLANT_READ)
    seen = seen_plant(session, PUBLIC_EYES)
    roles = Counter(role.value for member in session.scalars(queries.all_members()) for role in member.roles_on(on))
    return Statistics(
        on,
        sites=len(seen.records.sites),
        spans=len(seen.records.spans),
        length_m=sum(seen.lengths_m),
        sites_by_kind=dict(sorted(Counter(site.kind.value for site in seen.records.sites).items())),
        members_by_role=dict(sorted(roles.items())),
        operators=_operators(seen),
        leases=_leases(session, on),
        resilience=_resilience(session, seen.records.revision),
    )


def _operators(seen: SeenPlant) -> list[OperatorFigures]:
    """Return the figures of each owner of fibre, by name."""
    figures: dict[str, list[float]] = {}
    for span, length_m in zip(seen.records.spans, seen.lengths_m, strict=True):
        spans, length, pairs = figures.get(span.fibre_owner, (0, 0.0, 0))
        figures[span.fibre_owner] = [spans + 1, length + length_m, pairs + span.offered_pairs]
    names = seen.records.owners
    return [
        OperatorFigures(slug, names[slug], int(spans), length, int(pairs))
        for slug, (spans, length, pairs) in sorted(figures.items(), key=lambda each: names[each[0]])
    ]


def _leases(session: Session, on: date) -> int:
    """Return how many leases are active on a day."""
    goes_on = (Lease.ends_on > on) | Lease.ends_on.is_(None)
    active = (Lease.status == LeaseStatus.ACCEPTED, Lease.starts_on <= on, goes_on)
    return session.scalar(select(func.count()).where(*active)) or 0


def _resilience(session: Session, revision: str) -> Resilience | None:
    audit = find_audit(session, revision)
    if audit is None or audit.result is None:
        return None
    found = audit.result
    return Resilience(
        len(found["bridges"]),
        len(found["articulation_sites"]),
        len(found["single_point_risks"]),
        found["two_edge_connected_components"],
    )
