"""Reading plant and contributions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, func, or_, select, union
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from cni.assets.checks import KnownPlant
from cni.assets.disclosure import APPEARS_WITHIN_M, Sight
from cni.assets.models import Contribution, RiskGroup, Site, Span, span_risks
from cni.assets.words import ContributionStatus, FoiLabel
from cni.members.models import Member
from cni.primitives.geo import Position

SPAN_PARTS = (
    joinedload(Span.a).options(joinedload(Site.owner), joinedload(Site.contribution)),
    joinedload(Span.z).options(joinedload(Site.owner), joinedload(Site.contribution)),
    joinedload(Span.fibre_owner),
    joinedload(Span.duct_owner),
    joinedload(Span.contribution).joinedload(Contribution.member),
    selectinload(Span.risks),
)
SITE_PARTS = (joinedload(Site.owner), joinedload(Site.contribution).joinedload(Contribution.member))


def live_sites() -> Select[Any]:
    """Return the query of the sites that are live, with owner and contribution."""
    return select(Site).join(Site.contribution).where(_is_live(Site)).options(*SITE_PARTS)


def live_sites_coded(session: Session, codes: Collection[str]) -> Sequence[Site]:
    """Return the live sites of these codes in whatever case, by code."""
    wanted = func.lower(Site.code).in_({code.lower() for code in codes})
    return session.scalars(live_sites().where(wanted).order_by(Site.code)).all()


def live_spans() -> Select[Any]:
    """Return the query of the spans that are live, with their ends, owners, contribution and risk groups."""
    return select(Span).join(Span.contribution).where(_is_live(Span)).options(*SPAN_PARTS)


def is_spans_owner(member_id: int) -> ColumnElement[bool]:
    """Return the condition that a span's fibre or duct is a member's."""
    return or_(Span.fibre_owner_id == member_id, Span.duct_owner_id == member_id)


def site_by_code(session: Session, code: str) -> Site | None:
    """Return a site, live or not, with owner and contribution."""
    return session.scalar(select(Site).where(func.lower(Site.code) == code.lower()).options(*SITE_PARTS))


def span_by_code(session: Session, code: str) -> Span | None:
    """Return a span, live or not, with its ends, owners, contribution and risk groups."""
    return session.scalar(select(Span).where(func.lower(Span.code) == code.lower()).options(*SPAN_PARTS))


def spans_at(session: Session, site: Site) -> Sequence[Span]:
    """Return the live spans that begin or end at a site, by code."""
    return session.scalars(
        live_spans().where((Span.a_id == site.id) | (Span.z_id == site.id)).order_by(Span.code)
    ).all()


def spans_at_risk_with(session: Session, span: Span) -> dict[str, list[str]]:
    """Return the codes of the other live spans in each of a span's risk groups, by the group's code."""
    other = aliased(span_risks)
    rows = session.execute(
        select(RiskGroup.code, Span.code)
        .join(span_risks, span_risks.c.risk_group_id == RiskGroup.id)
        .join(other, other.c.risk_group_id == RiskGroup.id)
        .join(Span, Span.id == other.c.span_id)
        .join(Span.contribution)
        .where(span_risks.c.span_id == span.id, Span.id != span.id, _is_live(Span))
        .order_by(RiskGroup.code, Span.code)
    )
    found: dict[str, list[str]] = {}
    for risk, code in rows:
        found.setdefault(risk, []).append(code)
    return found


def risk_groups(session: Session) -> Sequence[RiskGroup]:
    """Return all risk groups, by name."""
    return session.scalars(select(RiskGroup).order_by(RiskGroup.name)).all()


def fibre_owners(session: Session) -> Sequence[Member]:
    """Return the members that own the fibre of a live span, by name."""
    owners = select(Span.fibre_owner_id).join(Span.contribution).where(_is_live(Span))
    return session.scalars(select(Member).where(Member.id.in_(owners)).order_by(Member.name)).all()


def members_by_name(session: Session) -> Sequence[Member]:
    """Return all members, by name."""
    return session.scalars(select(Member).order_by(Member.name)).all()


def plant_of(session: Session, contribution: Contribution) -> tuple[Sequence[Site], Sequence[Span]]:
    """Return the sites and spans of a contribution, and beside them the sites that its spans end at, by code."""
    own = select(Span).where(Span.contribution_id == contribution.id, Span.retired_on.is_(None))
    spans = session.scalars(own.options(*SPAN_PARTS).order_by(Span.code)).all()
    ends = {span.a_id for span in spans} | {span.z_id for span in spans}
    brought = (Site.contribution_id == contribution.id) & Site.retired_on.is_(None)
    sites = select(Site).where(brought | Site.id.in_(ends)).options(*SITE_PARTS)
    return session.scalars(sites.order_by(Site.code)).all(), spans


def contributions(member_id: int | None) -> Select[Any]:
    """Return the query of the contributions of a member (None: of all), with member and plant."""
    query = select(Contribution).options(
        joinedload(Contribution.member), selectinload(Contribution.sites), selectinload(Contribution.spans)
    )
    return query if member_id is None else query.where(Contribution.member_id == member_id)


def contribution_by_reference(session: Session, reference: str, *, lock: bool = False) -> Contribution | None:
    """Return a contribution with member and plant; or, to `lock` it, alone: nobody else can decide it meanwhile."""
    named = func.lower(Contribution.reference) == reference.lower()
    if lock:
        return session.scalar(
            select(Contribution).where(named).with_for_update().execution_options(populate_existing=True)
        )
    return session.scalar(contributions(None).where(named))


def contributions_waiting(session: Session) -> Sequence[Contribution]:
    """Return the contributions that wait for a decision, the longest waiting first, with member and plant."""
    waiting = contributions(None).where(Contribution.status == ContributionStatus.PROPOSED)
    return session.scalars(waiting.order_by(Contribution.proposed_at, Contribution.id)).all()


def has_plant(session: Session, member_id: int) -> bool:
    """Tell whether a member owns fibre or duct of any span, or ever proposed plant."""
    owned = select(Span.id).where((Span.fibre_owner_id == member_id) | (Span.duct_owner_id == member_id))
    proposed = select(Contribution.id).where(Contribution.member_id == member_id)
    return bool(session.scalar(select(owned.exists() | proposed.exists())))


def own_spans(member_id: int) -> Select[int, int, int, bool]:
    """Select the spans whose fibre or duct is a member's or that it contributed, with their two ends and if live."""
    own = union(  # not one condition with `or`, for which every span would be read
        select(Span.id).where(Span.fibre_owner_id == member_id),
        select(Span.id).where(Span.duct_owner_id == member_id),
        select(Span.id).join(Span.contribution).where(Contribution.member_id == member_id),
    )
    return select(Span.id, Span.a_id, Span.z_id, _is_live(Span)).join(Span.contribution).where(Span.id.in_(own))


def own_sites(member_id: int) -> CompoundSelect[int]:
    """Select the sites that a member owns or contributed."""
    return union(
        select(Site.id).where(Site.owner_id == member_id),
        select(Site.id).join(Site.contribution).where(Contribution.member_id == member_id),
    )


def places_seen(session: Session, sight: Sight) -> dict[str, Position]:
    """Return where the live sites are seen, by code. One statement."""
    return {site.code: sight.position(site) for site in session.execute(_live_places())}


def known_plant(session: Session, proposer: str, sight: Sight) -> KnownPlant:
    """Return what a member's submission may name, and which codes are taken. Five statements.

    A span may end at a live site: one that is itself only proposed may be refused. Sites stand where the member sees
    them, so that no distance or length in an answer tells where they really are.
    """
    live = {site.code.casefold(): site for site in session.execute(_live_places())}
    return KnownPlant(
        members=_casefolded(session, Member.slug),
        sites={code: sight.position(site) for code, site in live.items()},
        sites_within_m={code: APPEARS_WITHIN_M[sight.tier_of_site(site)] for code, site in live.items()},
        risks=_casefolded(session, RiskGroup.code),
        taken_sites=_casefolded(session, Site.code),
        taken_spans=_casefolded(session, Span.code),
        proposer=proposer,
    )


def _live_places() -> Select[int, str, float, float, FoiLabel]:
    found = select(Site.id, Site.code, Site.longitude, Site.latitude, Site.foi_label).join(Site.contribution)
    return found.where(_is_live(Site))


def _casefolded(session: Session, column: Any) -> frozenset[str]:
    return frozenset(text.casefold() for text in session.scalars(select(column)))


def _is_live(kind: type[Site] | type[Span]) -> Any:
    return (Contribution.status == ContributionStatus.LIVE) & kind.retired_on.is_(None)
