"""From the tables to the plant that goes out: read once for each revision, and kept for the eyes that come again."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from cni.assets.models import Contribution, FibrePair, RiskGroup, Site, Span
from cni.assets.seen_plant import EYES_OF_MANY, Eyes, PlantRecords, SeenPlant, SiteRecord, SpanRecord
from cni.assets.snapshot import plant_revision, risks_of_spans
from cni.assets.words import ContributionStatus, PairState
from cni.members.models import Member
from cni.primitives.kept import Kept

EYES_KEPT = 8
"""Of how many parties a process keeps what they see, beside the tiers."""

_records: Kept[PlantRecords] = Kept(1)
_tiers: Kept[SeenPlant] = Kept(len(EYES_OF_MANY))
_parties: Kept[SeenPlant] = Kept(EYES_KEPT)
_asked_for: set[Eyes] = set()


def seen_plant(session: Session, eyes: Eyes) -> SeenPlant:
    """Return the live plant as these eyes see it. One statement where the process has it in memory."""
    _asked_for.add(eyes.of_many)
    revision = " ".join(sorted(map(str, plant_revision(session))))

    def of_tier() -> SeenPlant:
        records = _records.get(revision, lambda: read_records(session, revision))
        return _tiers.get((revision, eyes.of_many), lambda: SeenPlant.of(records, eyes.of_many))

    return of_tier() if eyes == eyes.of_many else _parties.get((revision, eyes), lambda: of_tier().through(eyes))


def prepare_seen_plant(session: Session) -> None:
    """Have the live plant ready again as each tier sees it that this process was asked for before."""
    for eyes in tuple(_asked_for):
        seen_plant(session, eyes)


def read_records(session: Session, revision: str) -> PlantRecords:
    """Return the live plant from the tables; five statements, however large it is."""
    sites = {site.id: site for site in _sites(session)}
    spans = _spans(session, sites)
    held = {span.fibre_owner for span in spans} | {span.duct_owner for span in spans}
    held |= {site.owner for site in sites.values()}
    names = dict(session.execute(select(Member.slug, Member.name)).all())
    risks = {
        code: (name, kind)
        for code, name, kind in session.execute(select(RiskGroup.code, RiskGroup.name, RiskGroup.kind))
    }
    used = {risk for span in spans for risk in span.risks}
    return PlantRecords(
        revision,
        sorted(sites.values(), key=lambda site: site.code),
        spans,
        {slug: name for slug, name in names.items() if slug in held},
        {code: told for code, told in risks.items() if code in used},
    )


def _sites(session: Session) -> list[SiteRecord]:
    rows = session.execute(
        select(Site.id, Site.code, Site.name, Site.kind, Site.longitude, Site.latitude, Member.slug, Site.foi_label)
        .join(Site.contribution)
        .outerjoin(Member, Member.id == Site.owner_id)
        .where(Contribution.status == ContributionStatus.LIVE, Site.retired_on.is_(None))
    )
    return [SiteRecord(*row) for row in rows]


def _spans(session: Session, sites: dict[int, SiteRecord]) -> list[SpanRecord]:
    """Return the live spans whose ends are live too, by code."""
    fibre_owner, duct_owner = aliased(Member), aliased(Member)
    rows = session.execute(
        select(
            *(Span.id, Span.code, Span.a_id, Span.z_id, Span.geometry, Span.length_m, Span.length_basis),
            *(fibre_owner.slug, duct_owner.slug, Span.fibres, Span.foi_label),
            *(Span.fibre_owner_id, Span.duct_owner_id, Contribution.member_id),
        )
        .join(Contribution, Span.contribution_id == Contribution.id)
        .join(fibre_owner, Span.fibre_owner_id == fibre_owner.id)
        .outerjoin(duct_owner, Span.duct_owner_id == duct_owner.id)
        .where(Contribution.status == ContributionStatus.LIVE, Span.retired_on.is_(None))
    )
    risks: dict[str, list[str]] = {}
    for span, risk, _name, _kind in session.execute(risks_of_spans()):
        risks.setdefault(span, []).append(risk)
    pairs = _pairs(session)
    return sorted(
        (
            SpanRecord(
                *(id, code, sites[a], sites[z], geometry, float(length_m), basis, fibre, duct, fibres),
                offered_pairs=pairs.get((id, PairState.OFFERED), 0),
                reserved_pairs=pairs.get((id, PairState.RESERVED), 0),
                risks=tuple(risks.get(code, ())),
                holders=frozenset(filter(None, holders)),
                foi_label=label,
            )
            for id, code, a, z, geometry, length_m, basis, fibre, duct, fibres, label, *holders in rows
            if a in sites and z in sites
        ),
        key=lambda span: span.code,
    )


def _pairs(session: Session) -> dict[tuple[int, PairState], int]:
    """Return how many pairs of each span are offered, and how many reserved."""
    told = (PairState.OFFERED, PairState.RESERVED)
    counted = select(FibrePair.span_id, FibrePair.state, func.count()).where(FibrePair.state.in_(told))
    return {
        (id, state): count for id, state, count in session.execute(counted.group_by(FibrePair.span_id, FibrePair.state))
    }
