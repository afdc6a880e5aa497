"""Plant put into the tables, and read back as drafts, so that what is given can be compared with what stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session, joinedload, selectinload

from cni.assets.drafts import Draft, PlantDrafts, RackDraft, RiskDraft, SiteDraft, SpanDraft
from cni.assets.exporting import as_geojson
from cni.assets.models import Contribution, FibrePair, Rack, RiskGroup, Site, Span, span_risks
from cni.assets.words import ContributionStatus, PairState
from cni.db.base import Base
from cni.members.models import Member
from cni.primitives.geo import line_of, wkb_of

CODES_LOCK = 7_201
"""Any number will do as long as everybody who adds plant takes the same."""

COLUMN_OF = {"code": "id", "position": "latitude"}
"""The column of the file where a draft's field stands, where it has another name."""


def add_plant(session: Session, contribution: Contribution, drafts: PlantDrafts, member_ids: Mapping[str, int]) -> None:
    """Insert plant that was checked, in a dozen statements however much it is.
    `member_ids` maps casefolded slugs to members. Fibre pairs are numbered through: reserved, offered, then dark.
    """
    ids = {slug.casefold(): member_id for slug, member_id in member_ids.items()}
    _insert_all(session, Site, [_site_row(site, contribution, ids) for site in drafts.sites])
    _insert_all(
        session, RiskGroup, [{"code": risk.code, "name": risk.name, "kind": risk.kind} for risk in drafts.risks]
    )
    site_ids = ids_by_code(session, Site)
    _insert_all(session, Span, [_span_row(span, contribution, ids, site_ids) for span in drafts.spans])
    _insert_all(session, Rack, [_rack_row(rack, ids, site_ids) for rack in drafts.racks])
    if drafts.spans:
        _add_risks_and_pairs(session, drafts.spans)


def _insert_all(session: Session, kind: type[Base], rows: list[dict[str, Any]]) -> None:
    """Insert rows into a class's table itself: the class would send those with and without nulls separately."""
    if rows:
        session.execute(insert(Base.metadata.tables[kind.__tablename__]), rows)


def ids_by_code(session: Session, table: type[Site] | type[RiskGroup] | type[Span] | type[Rack]) -> dict[str, int]:
    """Return the number of each row by its casefolded code."""
    return {code.casefold(): number for code, number in session.execute(select(table.code, table.id))}


def _site_row(site: SiteDraft, contribution: Contribution, ids: Mapping[str, int]) -> dict[str, Any]:
    return {
        "code": site.code,
        "name": site.name,
        "kind": site.kind,
        "longitude": site.position[0],
        "latitude": site.position[1],
        "owner_id": ids[site.owner.casefold()] if site.owner else None,
        "contribution_id": contribution.id,
    }


def _span_row(
    span: SpanDraft, contribution: Contribution, ids: Mapping[str, int], site_ids: Mapping[str, int]
) -> dict[str, Any]:
    return {
        "code": span.code,
        "a_id": site_ids[span.a.casefold()],
        "z_id": site_ids[span.z.casefold()],
        "geometry": wkb_of(span.geometry) if span.geometry else None,
        "length_m": span.length_m,
        "length_basis": span.length_basis,
        "fibre_owner_id": ids[span.fibre_owner.casefold()],
        "duct_owner_id": ids[span.duct_owner.casefold()] if span.duct_owner else None,
        "fibres": span.fibres,
        "contribution_id": contribution.id,
    }


def _rack_row(rack: RackDraft, ids: Mapping[str, int], site_ids: Mapping[str, int]) -> dict[str, Any]:
    return {
        "code": rack.code,
        "site_id": site_ids[rack.site.casefold()],
        "owner_id": ids[rack.owner.casefold()] if rack.owner else None,
        "units": rack.units,
        "power_kw": rack.power_kw,
    }


def _add_risks_and_pairs(session: Session, spans: Sequence[SpanDraft]) -> None:
    span_ids, risk_ids = ids_by_code(session, Span), ids_by_code(session, RiskGroup)
    at_risk = [
        {"span_id": span_ids[span.code.casefold()], "risk_group_id": risk_ids[risk.casefold()]}
        for span in spans
        for risk in span.risks
    ]
    if at_risk:
        session.execute(insert(span_risks), at_risk)
    session.execute(
        text("""
            INSERT INTO fibre_pairs (span_id, number, state)
            SELECT span_id, number, CASE WHEN number <= reserved THEN :reserved_state
                                         WHEN number <= reserved + offered THEN :offered_state
                                         ELSE :dark_state END
            FROM unnest(CAST(:span_ids AS bigint[]), CAST(:reserved AS bigint[]), CAST(:offered AS bigint[]),
                        CAST(:pairs AS bigint[])) AS given (span_id, reserved, offered, pairs),
                 generate_series(1, pairs) AS number
            ORDER BY span_id, number
        """),
        {
            "span_ids": [span_ids[span.code.casefold()] for span in spans],
            "reserved": [span.reserved_pairs for span in spans],
            "offered": [span.offered_pairs for span in spans],
            "pairs": [span.fibres // 2 for span in spans],
            "reserved_state": PairState.RESERVED.value,
            "offered_state": PairState.OFFERED.value,
            "dark_state": PairState.DARK.value,
        },
    )


def registered_plant(session: Session) -> PlantDrafts:
    """Return all plant that stands in the tables, as drafts (no file, row 0), each kind by code."""
    return PlantDrafts(
        sites=tuple(_site_draft(site) for site in _all(session, Site, joinedload(Site.owner))),
        risks=tuple(
            RiskDraft(file="", row=0, code=risk.code, name=risk.name, kind=risk.kind)
            for risk in _all(session, RiskGroup)
        ),
        spans=span_drafts(session),
        racks=tuple(_rack_draft(rack) for rack in _all(session, Rack, joinedload(Rack.owner), joinedload(Rack.site))),
    )


def waiting_codes(session: Session) -> frozenset[str]:
    """Return the casefolded codes of sites and spans that are proposed and wait for the network steward."""
    waiting = Contribution.status == ContributionStatus.PROPOSED
    codes = [
        *session.scalars(select(Site.code).join(Site.contribution).where(waiting)),
        *session.scalars(select(Span.code).join(Span.contribution).where(waiting)),
    ]
    return frozenset(code.casefold() for code in codes)


def lock_codes(session: Session) -> None:
    """Keep others from looking codes up and then taking them, until the transaction ends: no code is taken twice."""
    session.execute(select(func.pg_advisory_xact_lock(CODES_LOCK)))


def span_drafts(session: Session, contribution: Contribution | None = None) -> tuple[SpanDraft, ...]:
    """Return the spans that stand in the tables as drafts, by code; those of one contribution, if it is given."""
    load = (
        joinedload(Span.a),
        joinedload(Span.z),
        joinedload(Span.fibre_owner),
        joinedload(Span.duct_owner),
        selectinload(Span.risks),
    )
    query = select(Span).options(*load).order_by(Span.code)
    if contribution is not None:
        query = query.where(Span.contribution_id == contribution.id)
    pairs = pair_counts(session)
    return tuple(_span_draft(span, pairs.get(span.id, {})) for span in session.scalars(query))


def site_drafts(session: Session, contribution: Contribution) -> tuple[SiteDraft, ...]:
    """Return the sites of a contribution as drafts, by code."""
    query = select(Site).options(joinedload(Site.owner)).where(Site.contribution_id == contribution.id)
    return tuple(_site_draft(site) for site in session.scalars(query.order_by(Site.code)))


def pair_counts(session: Session, span_id: int | None = None) -> dict[int, dict[PairState, int]]:
    """Return how many fibre pairs are in each state, by span."""
    query = select(FibrePair.span_id, FibrePair.state, func.count()).group_by(FibrePair.span_id, FibrePair.state)
    if span_id is not None:
        query = query.where(FibrePair.span_id == span_id)
    counts: dict[int, dict[PairState, int]] = {}
    for span, state, number in session.execute(query):
        counts.setdefault(span, {})[state] = number
    return counts


def _all(session: Session, table: Any, *load: Any) -> Sequence[Any]:
    return session.scalars(select(table).options(*load).order_by(table.code)).all()


def _slug(member: Member | None) -> str | None:
    return None if member is None else member.slug


def _site_draft(site: Site) -> SiteDraft:
    return SiteDraft(
        file="", row=0, code=site.code, name=site.name, kind=site.kind,
        position=(site.longitude, site.latitude), owner=_slug(site.owner),
    )  # fmt: skip


def _rack_draft(rack: Rack) -> RackDraft:
    return RackDraft(
        file="", row=0, code=rack.code, site=rack.site.code, owner=_slug(rack.owner),
        units=rack.units, power_kw=rack.power_kw,
    )  # fmt: skip


def _span_draft(span: Span, pairs: Mapping[PairState, int]) -> SpanDraft:
    return SpanDraft(
        file="", row=0, code=span.code, a=span.a.code, z=span.z.code,
        geometry=tuple(line_of(span.geometry)) if span.geometry else None,
        length_m=span.length_m, length_basis=span.length_basis,
        fibre_owner=span.fibre_owner.slug, duct_owner=_slug(span.duct_owner), fibres=span.fibres,
        reserved_pairs=pairs.get(PairState.RESERVED, 0), offered_pairs=pairs.get(PairState.OFFERED, 0),
        risks=tuple(risk.code for risk in span.risks),
    )  # fmt: skip


def differences(standing: Draft, given: Draft) -> tuple[str, ...]:
    """Return the columns in which a draft differs from what stands; ids and slugs compare without case."""
    return tuple(
        COLUMN_OF.get(field.name, field.name)
        for field in fields(given)
        if field.name not in ("file", "row", "code")
        and _comparable(field.name, getattr(standing, field.name))
        != _comparable(field.name, getattr(given, field.name))
    )


def _comparable(name: str, value: Any) -> Any:
    if name in ("a", "z", "site", "owner", "fibre_owner", "duct_owner"):
        return value and value.casefold()
    if name == "risks":
        return {risk.casefold() for risk in value}
    return value


def remove_plant(session: Session, contribution: Contribution) -> None:
    """Take the plant of a refused contribution out of the tables and keep it with the contribution, as an upload."""
    sites, spans = site_drafts(session, contribution), span_drafts(session, contribution)
    contribution.refused_plant = as_geojson(PlantDrafts(sites=sites, spans=spans))
    own = select(Span.id).where(Span.contribution_id == contribution.id)
    session.execute(delete(span_risks).where(span_risks.c.span_id.in_(own)))
    session.execute(delete(FibrePair).where(FibrePair.span_id.in_(own)))
    session.execute(delete(Span).where(Span.contribution_id == contribution.id))
    session.execute(delete(Site).where(Site.contribution_id == contribution.id))
