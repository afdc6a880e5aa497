"""What stands beside a file that is brought in, as its actor may know it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from cni.assets import queries
from cni.assets.checks import KnownPlant
from cni.assets.imports.reading import Brought, ids_of
from cni.assets.imports.standing import Held, NotLive, World
from cni.assets.models import Contribution, FibrePair, Site, Span
from cni.assets.registry import coded, site_drafts, span_drafts
from cni.assets.words import ContributionStatus, PairState
from cni.leases.allocation import days_of
from cni.leases.models import Allocation
from cni.members.models import Member
from cni.members.policy import Actor
from cni.operations.disclosing import own_sight
from cni.primitives.period import FAR_FUTURE, Period


def world_of(session: Session, actor: Actor, brought: Brought, proposer: str | None, *, on: date) -> World:
    """Return what stands that a file's rows may speak of, on a day; a member sees others' sites at its own tier."""
    site_ids, span_ids = _taken(session, Site, ids_of(brought.sites)), _taken(session, Span, ids_of(brought.spans))
    seen = queries.known_plant(session, proposer or "", own_sight(session, actor))
    known = KnownPlant(seen.members, seen.sites, seen.sites_within_m, seen.risks)
    others_sites, not_live_sites = _standing_of(session, Site, site_ids, actor)
    others_spans, not_live_spans = _standing_of(session, Span, span_ids, actor)
    sites = {site.code.casefold(): site for site in site_drafts(session, codes=site_ids)} if site_ids else {}
    spans = {span.code.casefold(): span for span in span_drafts(session, codes=span_ids)} if span_ids else {}
    held = _held(session, span_ids, on)
    live = Contribution.status == ContributionStatus.LIVE
    names = session.scalars(select(Site.code).join(Site.contribution).where(live, Site.retired_on.is_(None)))
    return World(
        known=known,
        sites=sites,
        spans=spans,
        site_names=frozenset(names),
        not_live_sites=not_live_sites,
        not_live_spans=not_live_spans,
        others_sites=others_sites,
        others_spans=others_spans,
        held=held,
        leased_ends=_leased_ends(session, site_ids, on),
        joins=_joins(session),
        proposer=proposer,
    )


def _taken(session: Session, table: type[Site] | type[Span], ids: Collection[str]) -> Collection[str]:
    """Return those of these ids that plant has already, live or not: all else is asked of these few alone."""
    return set(session.scalars(select(table.code).where(coded(table, ids)))) if ids else set()


def _standing_of(
    session: Session, table: type[Site] | type[Span], ids: Collection[str], actor: Actor
) -> tuple[frozenset[str], dict[str, NotLive]]:
    """Return which of these codes are plant of others than the actor's member, live or not, and which are not live."""
    if not ids:
        return frozenset(), {}
    owner = Site.owner_id if table is Site else Span.fibre_owner_id
    held = (Contribution.member_id, Contribution.status, Contribution.reference)
    query = select(table.code, owner, *held, table.retired_on)
    others, not_live = set(), {}
    for code, owner_id, member_id, status, reference, retired_on in session.execute(
        query.join(table.contribution).where(coded(table, ids))
    ):
        if status is not ContributionStatus.LIVE or retired_on is not None:
            not_live[code.casefold()] = NotLive(reference, retired_on)
        if actor.member_id is not None and actor.member_id not in (owner_id, member_id):
            others.add(code.casefold())
    return frozenset(others), not_live


def _held(session: Session, ids: Collection[str], on: date) -> dict[str, Held]:
    """Return what leases hold of spans, by casefolded code; pairs are numbered as they would be without broken ones."""
    if not ids:
        return {}
    lower = aliased(FibrePair)
    rank = (
        select(func.count())
        .where(lower.span_id == FibrePair.span_id, lower.number <= FibrePair.number, lower.state != PairState.BROKEN)
        .scalar_subquery()
    )
    is_now = Allocation.period.bool_op("&&")(days_of(Period(on, FAR_FUTURE)))
    query = (
        select(Span.code, rank, FibrePair.number, func.bool_or(is_now))
        .join(FibrePair, FibrePair.span_id == Span.id)
        .join(Allocation, Allocation.fibre_pair_id == FibrePair.id)
        .where(coded(Span, ids))
        .group_by(Span.code, FibrePair.id)
    )
    now: dict[str, set[int]] = {}
    ever: dict[str, int] = {}
    for code, place, number, is_held in session.execute(query):
        name = code.casefold()
        now.setdefault(name, set()).update([place] if is_held else [])
        ever[name] = max(ever.get(name, 0), number)
    return {name: Held(frozenset(places), ever[name]) for name, places in now.items()}


def _leased_ends(session: Session, ids: Collection[str], on: date) -> frozenset[str]:
    """Return which of these sites leased spans end at."""
    if not ids:
        return frozenset()
    is_now = Allocation.period.bool_op("&&")(days_of(Period(on, FAR_FUTURE)))
    leased = (
        select(Span.id)
        .join(FibrePair, FibrePair.span_id == Span.id)
        .join(Allocation, Allocation.fibre_pair_id == FibrePair.id)
        .where(is_now, or_(Span.a_id == Site.id, Span.z_id == Site.id))
    )
    found = session.scalars(select(Site.code).where(coded(Site, ids), leased.exists()))
    return frozenset(code.casefold() for code in found)


def _joins(session: Session) -> tuple[tuple[str, str], ...]:
    a, z = aliased(Site), aliased(Site)
    query = select(a.code, z.code).select_from(Span).join(a, Span.a_id == a.id).join(z, Span.z_id == z.id)
    live = query.join(Span.contribution).where(
        Contribution.status == ContributionStatus.LIVE, Span.retired_on.is_(None)
    )
    return tuple((one.casefold(), other.casefold()) for one, other in session.execute(live))


def member_ids(session: Session) -> dict[str, int]:
    """Return the number of each member by its casefolded slug."""
    return {slug.casefold(): number for slug, number in session.execute(select(Member.slug, Member.id))}
