"""From the tables of the plant to the graph that routes are sought in: the one bridge between the two.

Only what a live contribution brought, and what has not left the plant since, is in it. A process keeps the plant that
it has read and asks on each use whether its revision still stands, in the same transaction: no answer comes from stale
plant, whichever process changed it.
Which pairs are free on which days is told by leases, a floor above: start from `leases.queries.open_network`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from threading import Lock
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from cni.assets.models import Contribution, FibrePair, PlantRevision, RiskGroup, Site, Span, span_risks
from cni.assets.words import ContributionStatus, PairState, RiskKind
from cni.members.models import Member
from cni.primitives.geo import line_of
from cni.topology import network as graph

PLANTS_KEPT = 2
"""How many revisions a process keeps: what stands, and what a question that began a moment ago still works on."""

Revision = tuple[UUID, ...]
"""The values of the plant's revision, in order; migration 0007 says how they come about."""


class NamedThing(NamedTuple):
    """A site, a risk group or an owner as a person chooses it from a list; the code of an owner is its slug."""

    code: str
    name: str


@dataclass(frozen=True, eq=False)
class Plant:
    """The live plant at one revision. Not to be changed: every question of the process reads the same one.

    The pairs of `network` are the offered ones, leased or not; `offered` has them by span. `owners` are the slugs of
    whoever owns the fibre or the duct of each span; `owner_names` and `risk_kinds` are by slug and by code.
    """

    network: graph.Network
    offered: Mapping[str, int]
    owners: Mapping[str, tuple[str, ...]]
    owner_names: Mapping[str, str]
    risk_kinds: Mapping[str, RiskKind]

    @cached_property
    def sites(self) -> list[NamedThing]:
        """Every site, by name."""
        return by_name({code: self.network.site_name(code) for code in self.network.graph})

    @cached_property
    def risks(self) -> list[NamedThing]:
        """Every risk group that a span is in, by name."""
        return by_name({code: self.network.risk_name(code) for code in self.risk_kinds})

    @cached_property
    def spans(self) -> list[NamedThing]:
        """Every span, by name."""
        return by_name({code: self.network.span_name(code) for code in self.owners})

    @cached_property
    def codes(self) -> Mapping[str, Mapping[str, str]]:
        """How the codes of each kind ("site", "span", "risk", "owner") are written, by how they are in lower case."""
        known: dict[str, Collection[str]] = {
            "site": self.network.graph,
            "span": self.owners,
            "risk": self.risk_kinds,
            "owner": self.owner_names,
        }
        return {kind: {code.lower(): code for code in codes} for kind, codes in known.items()}

    @cached_property
    def spans_of_owners(self) -> Mapping[str, tuple[str, ...]]:
        """The spans of each owner, by its slug."""
        spans: dict[str, list[str]] = {slug: [] for slug in self.owner_names}
        for code, slugs in self.owners.items():
            for slug in slugs:
                spans[slug].append(code)
        return {slug: tuple(sorted(codes)) for slug, codes in spans.items()}


class PlantsInMemory:
    """The last plants that a process has read, by revision. Of threads that want the same one, the first reads it."""

    def __init__(self) -> None:
        self._plants: dict[Revision, Plant] = {}
        self._reading = Lock()

    def at(self, revision: Revision, read: Callable[[], tuple[Revision, Plant]]) -> Plant:
        """Return the plant at a revision, or else the one that `read` finds, which may be of a later revision."""
        kept = self._plants.get(revision)
        if kept is not None:
            return kept
        with self._reading:
            if revision not in self._plants:
                revision, plant = read()
                newest = [*self._plants.items(), (revision, plant)][-PLANTS_KEPT:]
                self._plants = dict(newest)  # a new one: other threads look into the old one without the lock
            return self._plants[revision]


_in_memory = PlantsInMemory()


def live_plant(session: Session) -> Plant:
    """Return the live plant as this transaction sees it. One statement where the process has it in memory."""
    return _in_memory.at(plant_revision(session), lambda: read_plant(session))


def plant_revision(session: Session) -> Revision:
    """Return the revision of the plant that this transaction sees, its own changes included."""
    return tuple(session.scalars(select(PlantRevision.revision).order_by(PlantRevision.revision)))


def read_plant(session: Session) -> tuple[Revision, Plant]:
    """Return the plant from the tables with its revision; read again what was changed between two statements."""
    while True:
        revision = plant_revision(session)
        rows = _read_rows(session)
        if plant_revision(session) == revision:
            return revision, _plant_of(rows)


class _Rows(NamedTuple):
    """What the tables say of the live plant."""

    sites: list[graph.Site]
    spans: list[_SpanRow]
    risks: list[_RiskRow]
    offered: dict[str, int]
    members: dict[str, str]


class _SpanRow(NamedTuple):
    code: str
    a: str
    z: str
    length_m: Decimal
    geometry: bytes | None
    fibre_owner: str
    duct_owner: str | None


class _RiskRow(NamedTuple):
    span: str
    code: str
    name: str
    kind: RiskKind


def _read_rows(session: Session) -> _Rows:
    """Read the live plant in five statements, however large it is."""
    spans = [_SpanRow(*row) for row in session.execute(_live_spans())]
    live = {span.code for span in spans}
    return _Rows(
        sites=[graph.Site(*row) for row in session.execute(_live_sites())],
        spans=spans,
        risks=[risk for row in session.execute(risks_of_spans()) if (risk := _RiskRow(*row)).span in live],
        offered=dict(session.execute(_offered_pairs()).all()),
        members=dict(session.execute(select(Member.slug, Member.name)).all()),
    )


def _plant_of(rows: _Rows) -> Plant:
    owners = {span.code: tuple(dict.fromkeys(filter(None, (span.fibre_owner, span.duct_owner)))) for span in rows.spans}
    network = graph.build_network(rows.sites, _graph_spans(rows), {risk.code: risk.name for risk in rows.risks})
    network.view  # noqa: B018  made now, for all threads, and not by each that comes next
    return Plant(
        network=network,
        offered={span.code: rows.offered.get(span.code, 0) for span in rows.spans},
        owners=owners,
        owner_names={slug: rows.members[slug] for slugs in owners.values() for slug in slugs},
        risk_kinds={risk.code: risk.kind for risk in rows.risks},
    )


def _graph_spans(rows: _Rows) -> list[graph.Span]:
    risks: dict[str, list[str]] = {}
    for risk in rows.risks:
        risks.setdefault(risk.span, []).append(risk.code)
    return [
        graph.Span(
            span.code,
            span.a,
            span.z,
            _number(span.length_m),
            pairs=rows.offered.get(span.code, 0),
            risks=tuple(risks.get(span.code, ())),
            line=None if span.geometry is None else tuple(line_of(span.geometry)),
        )
        for span in rows.spans
    ]


def by_name(names: Mapping[str, str]) -> list[NamedThing]:
    """Return things with these names, by code, in the order of the names."""
    return sorted((NamedThing(code, name) for code, name in names.items()), key=lambda thing: (thing.name, thing.code))


def _number(length_m: Decimal) -> float:
    """Return metres as the graph has them; at three decimals a float loses nothing."""
    return int(length_m) if length_m == length_m.to_integral_value() else float(length_m)


def _live_sites() -> Select[str, str, float, float]:
    return (
        select(Site.code, Site.name, Site.longitude, Site.latitude)
        .join(Site.contribution)
        .where(Contribution.status == ContributionStatus.LIVE, Site.retired_on.is_(None))
    )


def _live_spans() -> Select[str, str, str, Decimal, bytes | None, str, str | None]:
    """Select the spans that are live, as are both their ends; in the order of `_SpanRow`."""
    a, z, fibre_owner, duct_owner = aliased(Site), aliased(Site), aliased(Member), aliased(Member)
    live = select(Contribution.id).where(Contribution.status == ContributionStatus.LIVE)
    return (
        select(Span.code, a.code, z.code, Span.length_m, Span.geometry, fibre_owner.slug, duct_owner.slug)
        .join(a, Span.a_id == a.id)
        .join(z, Span.z_id == z.id)
        .join(fibre_owner, Span.fibre_owner_id == fibre_owner.id)
        .outerjoin(duct_owner, Span.duct_owner_id == duct_owner.id)
        .where(Span.contribution_id.in_(live), a.contribution_id.in_(live), z.contribution_id.in_(live))
        .where(Span.retired_on.is_(None), a.retired_on.is_(None), z.retired_on.is_(None))
    )


def _offered_pairs() -> Select[str, int]:
    return (
        select(Span.code, func.count())
        .join(FibrePair, FibrePair.span_id == Span.id)
        .where(FibrePair.state == PairState.OFFERED)
        .group_by(Span.code)
    )


def risks_of_spans() -> Select[str, str, str, RiskKind]:
    """Select each risk group of each span: the span's code, the group's code, name and kind."""
    return (
        select(Span.code, RiskGroup.code, RiskGroup.name, RiskGroup.kind)
        .join(span_risks, span_risks.c.span_id == Span.id)
        .join(RiskGroup, RiskGroup.id == span_risks.c.risk_group_id)
        .order_by(Span.code, RiskGroup.code)
    )
