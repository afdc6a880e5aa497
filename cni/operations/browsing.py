"""Looking at plant and contributions: what all may see of it, and what its owners and the co-op's staff see besides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Select, func
from sqlalchemy.orm import Session

from cni.assets import queries
from cni.assets.disclosure import Sight
from cni.assets.drafts import PlantDrafts
from cni.assets.edits import successors
from cni.assets.models import Contribution, Site, Span
from cni.assets.places import length_remark
from cni.assets.terms import notices_given
from cni.assets.words import ContributionStatus, PlantStatus
from cni.db.paging import read_page
from cni.leases.occupancy import PairUse, has_free_pairs, pair_use
from cni.members.models import Member
from cni.members.policy import Actor, Permission, may, nothing_here, require
from cni.operations._own_plant import is_shown
from cni.operations.disclosing import own_sight
from cni.primitives.errors import NotFound
from cni.primitives.geo import line_of
from cni.primitives.paging import FIRST_PAGE, Page, PageRequest


@dataclass(frozen=True, slots=True)
class SpanFacts:
    """A span as the actor may see it on a day: pairs offered and free; `use`, all of it, for its owners and staff.

    `notice_until`: the last day of its owner's notice of withdrawal; `replaced_by`: what took its place, by code.
    """

    span: Span
    offered_pairs: int
    free_pairs: int
    use: PairUse | None
    notice_until: date | None = None
    replaced_by: tuple[str, ...] = ()

    @property
    def status(self) -> PlantStatus:
        """How it stands."""
        return PlantStatus.REPLACED if self.replaced_by else status_of(self.span)


def status_of(asset: Site | Span) -> PlantStatus:
    """Return how a site or span stands that nothing took the place of; its contribution must be loaded."""
    return PlantStatus(asset.contribution.status) if asset.retired_on is None else PlantStatus.WITHDRAWN


@dataclass(frozen=True, slots=True)
class PlantOnMap:
    """The plant that a map shows."""

    sites: Sequence[Site]
    spans: list[SpanFacts]


@dataclass(frozen=True, slots=True)
class SpanFile:
    """All about one span: its facts, and the other live spans in each of its risk groups, by the group's code."""

    facts: SpanFacts
    shared_risks: dict[str, list[str]]

    @property
    def plant(self) -> PlantOnMap:
        """The span and its ends."""
        return PlantOnMap([self.facts.span.a, self.facts.span.z], [self.facts])


@dataclass(frozen=True, slots=True)
class SiteFile:
    """All about one site: the site and the live spans that meet there."""

    site: Site
    spans: list[SpanFacts]

    @property
    def plant(self) -> PlantOnMap:
        """The site, its spans and their other ends."""
        ends = {end.id: end for facts in self.spans for end in (facts.span.a, facts.span.z)}
        return PlantOnMap(list((ends | {self.site.id: self.site}).values()), self.spans)


@dataclass(frozen=True, slots=True)
class SpanFilter:
    """Which spans to list: by the slug of the fibre's owner, by the least number of free pairs."""

    owner: str | None = None
    free_pairs: int | None = None


@dataclass(frozen=True, slots=True)
class ContributionFile:
    """All about one contribution: the plant as it stands (none once refused), and whether the actor may decide now.

    `remarks` are what a careful reader would ask about, by the span's code.
    """

    contribution: Contribution
    plant: PlantOnMap
    may_decide: bool
    remarks: dict[str, str]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the forms and filters of plant offer to choose from: codes or slugs, each with a name, by name."""

    sites: list[tuple[str, str]]
    risks: list[tuple[str, str]]
    fibre_owners: list[tuple[str, str]]
    members: list[tuple[str, str]]


def plant_on_map(session: Session, actor: Actor, *, on: date) -> PlantOnMap:
    """Return all live plant. Six statements.

    Permission: plant:read.
    """
    require(actor, Permission.PLANT_READ)
    sites = session.scalars(queries.live_sites().order_by(Site.code)).all()
    spans = session.scalars(queries.live_spans().order_by(Span.code)).all()
    return PlantOnMap(sites, _facts(session, actor, spans, on))


def list_spans(
    session: Session, actor: Actor, wanted: SpanFilter, page: PageRequest = FIRST_PAGE, *, on: date
) -> Page[SpanFacts]:
    """Return a page of the live spans, by code.

    Permission: plant:read.
    """
    require(actor, Permission.PLANT_READ)
    found = read_page(session, _filtered(queries.live_spans(), wanted, on), Span.code, page)
    return Page(_facts(session, actor, found.items, on), found.next)


def list_sites(session: Session, actor: Actor, page: PageRequest = FIRST_PAGE) -> Page[Site]:
    """Return a page of the live sites, by code.

    Permission: plant:read.
    """
    require(actor, Permission.PLANT_READ)
    return read_page(session, queries.live_sites(), Site.code, page)


def find_span(session: Session, actor: Actor, code: str, *, on: date) -> SpanFile:
    """Return all about a span; one that is only proposed is for its own member and for staff.

    Permission: plant:read.
    Raises:
        NotFound: there is no such span for the actor.
    """
    require(actor, Permission.PLANT_READ)
    span = queries.span_by_code(session, code)
    if span is None or not is_shown(actor, span.contribution):
        raise NotFound(f"There is no span {code}.")
    return SpanFile(_facts(session, actor, [span], on)[0], queries.spans_at_risk_with(session, span))


def find_site(session: Session, actor: Actor, code: str, *, on: date) -> SiteFile:
    """Return all about a site; one that is only proposed is for its own member and for staff.

    Permission: plant:read.
    Raises:
        NotFound: there is no such site for the actor.
    """
    require(actor, Permission.PLANT_READ)
    site = queries.site_by_code(session, code)
    if site is None or not is_shown(actor, site.contribution):
        raise NotFound(f"There is no site {code}.")
    return SiteFile(site, _facts(session, actor, queries.spans_at(session, site), on))


def choices(session: Session, actor: Actor) -> Choices:
    """Return what the forms and filters of plant offer to choose from.

    Permission: plant:read.
    """
    require(actor, Permission.PLANT_READ)
    sites = session.scalars(queries.live_sites().order_by(func.lower(Site.name), Site.code))
    return Choices(
        sites=[(site.code, f"{site.name} ({site.code})") for site in sites],
        risks=[(risk.code, risk.name) for risk in queries.risk_groups(session)],
        fibre_owners=[(owner.slug, owner.name) for owner in queries.fibre_owners(session)],
        members=[(member.slug, member.name) for member in queries.members_by_name(session)],
    )


def list_contributions(session: Session, actor: Actor, page: PageRequest = FIRST_PAGE) -> Page[Contribution]:
    """Return the contributions that the actor may see, the newest first: one's own member's, for staff all.

    Permission: contributions:read.
    """
    require(actor, Permission.CONTRIBUTIONS_READ)
    own = queries.contributions(actor.member_id)
    return read_page(session, own, Contribution.id, page, newest_first=True)


def find_contribution(session: Session, actor: Actor, reference: str, *, on: date) -> ContributionFile:
    """Return all about a contribution.

    Permission: contributions:read, for its member.
    Raises:
        NotFound: there is none, or it is another member's.
    """
    require(actor, Permission.CONTRIBUTIONS_READ)
    contribution = queries.contribution_by_reference(session, reference)
    if contribution is None or (contribution.member_id is None and actor.member_id is not None):
        raise nothing_here()
    require(actor, Permission.CONTRIBUTIONS_READ, member_id=contribution.member_id)
    sites, spans = queries.plant_of(session, contribution)
    may_decide = (
        contribution.status is ContributionStatus.PROPOSED
        and may(actor, Permission.CONTRIBUTIONS_DECIDE, contribution.member_id)
        and actor.person_id != contribution.proposed_by_id
    )
    sight = own_sight(session, actor)
    remarks = {span.code: words for span in spans if (words := remark(span, sight))}
    return ContributionFile(contribution, PlantOnMap(sites, _facts(session, actor, spans, on)), may_decide, remarks)


def remark(span: Span, sight: Sight) -> str | None:
    """Return what is odd about a span's length, without being wrong; None: nothing. Its ends must be loaded.

    Measured between the sites as they are seen, or the remark would tell where they are.
    """
    ends = (sight.position(span.a), sight.position(span.z))
    line = None if span.geometry is None else line_of(span.geometry)
    return length_remark(float(span.length_m), span.length_basis, ends, line)


def draft_remarks(drafts: PlantDrafts, ends: Sequence[Site], sight: Sight) -> dict[str, str]:
    """Return what the steward will ask about, by the span's code; `ends` are the standing sites where spans end."""
    places = {site.code.casefold(): sight.position(site) for site in ends}
    places |= {site.code.casefold(): site.position for site in drafts.sites}
    remarks = {}
    for span in drafts.spans:
        at = (places[span.a.casefold()], places[span.z.casefold()])
        words = length_remark(float(span.length_m), span.length_basis, at, span.geometry)
        if words:
            remarks[span.code] = words
    return remarks


def _filtered(spans: Select, wanted: SpanFilter, on: date) -> Select:
    if wanted.owner:
        spans = spans.where(Span.fibre_owner.has(func.lower(Member.slug) == wanted.owner.lower()))
    if wanted.free_pairs:
        spans = spans.where(has_free_pairs(wanted.free_pairs, on))
    return spans


def _facts(session: Session, actor: Actor, spans: Sequence[Span], on: date) -> list[SpanFacts]:
    uses = pair_use(session, [span.id for span in spans], on)
    leaving = notices_given(session, [span.code for span in spans])
    seen = [_as_seen(actor, span, uses.get(span.id, PairUse()), leaving.get(span.code)) for span in spans]
    replaced = successors(session, [span.code for span in spans if span.retired_on is not None])
    return [replace(facts, replaced_by=replaced.get(facts.span.code, ())) for facts in seen] if replaced else seen


def _as_seen(actor: Actor, span: Span, use: PairUse, leaves_on: date | None) -> SpanFacts:
    owners = (span.fibre_owner_id, span.duct_owner_id, span.contribution.member_id)
    sees_all = actor.member_id is None or actor.member_id in owners
    if span.retired_on is not None:  # nobody can lease what is no longer there
        return SpanFacts(span, use.offered, 0, use if sees_all else None)
    until = leaves_on - timedelta(days=1) if leaves_on else None
    return SpanFacts(span, use.offered, use.free, use if sees_all else None, until)
