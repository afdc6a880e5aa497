"""Registering plant: a contributor proposes it, the network steward accepts or refuses it.

However it comes (drawn, typed, uploaded, by the API), it is rows judged by one set of rules, and all or nothing is
kept. Looking at plant is in `browsing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from cni.assets import queries
from cni.assets.checks import read_plant
from cni.assets.disclosure import Sight, Tier, disclosed_position
from cni.assets.drafts import PlantDrafts
from cni.assets.importing import PlantTables, Submission, Table
from cni.assets.models import Contribution, Site, Span
from cni.assets.registry import add_plant, lock_codes, remove_plant
from cni.assets.words import ContributionStatus
from cni.events.kinds import ContributionAccepted, ContributionProposed, ContributionRefused
from cni.events.record import record
from cni.members.models import Member
from cni.members.policy import Actor, MemberRole, Permission, SamePerson, may, require, require_found
from cni.operations.disclosing import own_sight
from cni.operations.tasks import Task
from cni.primitives.errors import Conflict, Forbidden, Problem, refuse_if_any
from cni.primitives.geo import line_of, wkb_of
from cni.primitives.ids import Chooser, new_reference
from cni.primitives.period import london_date

TASKS_SHOWN = 5


class AlreadyDecided(Conflict):
    """The contribution was accepted or refused before."""

    code = "already_decided"
    title = "Already decided"


class NotAContributor(Conflict):
    """The member does not contribute plant to the co-op on the day."""

    code = "not_a_contributor"
    title = "Not a contributor"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a submission would add, everything that is wrong with it, and the live sites where its spans end.

    `sight`: what the proposer sees of these sites.
    """

    drafts: PlantDrafts
    problems: tuple[Problem, ...]
    ends: Sequence[Site]
    sight: Sight


def check_plant(session: Session, actor: Actor, submission: Submission) -> Checked:
    """Say what a submission would add, with lengths, and all that is wrong with it. Nothing is saved.

    Permission: plant:propose.
    """
    member = _proposing_member(session, actor)
    sight = own_sight(session, actor)
    known = queries.known_plant(session, member.slug, sight)
    drafts, problems = read_plant(_as_own(submission.tables, member.slug), known)
    found = [*submission.problems, *problems]
    if not found and not drafts.sites and not drafts.spans:
        found.append(Problem("nothing_given", "There is no plant to register.", "Give at least one span or site."))
    ends = {end for span in drafts.spans for end in (span.a, span.z)}
    return Checked(drafts, tuple(found), queries.live_sites_coded(session, ends), sight)


def propose_plant(
    session: Session, actor: Actor, submission: Submission, note: str | None = None, *, at: datetime, chooser: Chooser
) -> Contribution:
    """Register plant of the actor's member, all of it or nothing; it waits for the network steward.

    Permission: plant:propose. Event: ContributionProposed.
    Raises:
        Invalid: with every problem, each at its row and column.
        NotAContributor: the member does not contribute today.
    """
    member = _proposing_member(session, actor)
    if MemberRole.CONTRIBUTOR not in member.roles_on(london_date(at)):
        raise NotAContributor("Your organisation is not a contributor today. The registrar can change that.")
    lock_codes(session)
    checked = check_plant(session, actor, submission)
    refuse_if_any(checked.problems)
    contribution = Contribution(
        reference=new_reference("CON", chooser),
        member_id=member.id,
        status=ContributionStatus.PROPOSED,
        note=(note or "").strip() or None,
        proposed_by_id=actor.person_id,
        proposed_at=at,
    )
    session.add(contribution)
    session.flush()
    add_plant(session, contribution, checked.drafts, _member_ids(session))
    proposed = ContributionProposed(
        subject=contribution.reference,
        member_id=member.id,
        sites=[site.code for site in checked.drafts.sites],
        spans=[span.code for span in checked.drafts.spans],
    )
    record(session, actor, proposed, at=at)
    return contribution


def accept_contribution(session: Session, actor: Actor, reference: str, *, at: datetime) -> Contribution:
    """Accept proposed plant: it goes live, and routes may use it. Lines to where a site was seen now end at it.

    Permission: contributions:decide. Event: ContributionAccepted.
    Raises:
        NotFound: there is no such contribution.
        AlreadyDecided: it is not waiting any more.
        SamePerson: the actor proposed it.
    """
    contribution = _decide(session, actor, reference, ContributionStatus.LIVE, at)
    for span in queries.plant_of(session, contribution)[1]:
        _end_at_sites(span)
    accepted = ContributionAccepted(subject=contribution.reference, member_id=contribution.member_id)
    record(session, actor, accepted, at=at)
    return contribution


def refuse_contribution(session: Session, actor: Actor, reference: str, reason: str, *, at: datetime) -> Contribution:
    """Refuse proposed plant and say why; its ids are free again, and it can be taken back out, mended and sent anew.

    Permission: contributions:decide. Event: ContributionRefused.
    Raises:
        NotFound: there is no such contribution.
        AlreadyDecided: it is not waiting any more.
        SamePerson: the actor proposed it.
        Invalid: no reason is given.
    """
    contribution = _decide(session, actor, reference, ContributionStatus.REFUSED, at)
    if not reason.strip():
        remedy = "Say why, in words that help the contributor."
        refuse_if_any([Problem("missing", "The reason is missing.", remedy, "reason")])
    contribution.decision_note = reason.strip()
    remove_plant(session, contribution)
    refused = ContributionRefused(
        subject=contribution.reference, member_id=contribution.member_id, reason=reason.strip()
    )
    record(session, actor, refused, at=at)
    return contribution


def todo(session: Session, actor: Actor, today: date) -> list[Task]:
    """Return what waits: decisions for the network steward, a first registration for an asset officer."""
    if may(actor, Permission.CONTRIBUTIONS_DECIDE):
        return _decisions_to_make(session)
    if actor.member_id is None or not may(actor, Permission.PLANT_PROPOSE):
        return []
    if not queries.has_plant(session, actor.member_id):
        text = "Draw it on the map, type it, or upload a file; the network steward then accepts it."
        return [Task(about="registering", title="Register your first fibre", text=text)]
    return []


def _decisions_to_make(session: Session) -> list[Task]:
    waiting = queries.contributions_waiting(session)
    if len(waiting) > TASKS_SHOWN:
        title = "Decide on the contributions that wait"
        return [Task(about="contributions", title=title, count=len(waiting), tone="now")]
    return [
        Task(
            about="contribution",
            reference=contribution.reference,
            title=f"Decide on {_size(contribution)}",
            text=f"{contribution.reference} of {contribution.member.name}" if contribution.member else "",
            tone="now",
        )
        for contribution in waiting
    ]


def _size(contribution: Contribution) -> str:
    parts = [(len(contribution.spans), "span"), (len(contribution.sites), "site")]
    return " and ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in parts if count)


def _proposing_member(session: Session, actor: Actor) -> Member:
    require(actor, Permission.PLANT_PROPOSE)
    if actor.member_id is None:
        raise Forbidden("Plant is registered by a member's own asset officer.")
    return session.get_one(Member, actor.member_id, options=[selectinload(Member.roles)])


def _as_own(tables: PlantTables, slug: str) -> PlantTables:
    """Return the tables with the member's slug wherever the owner of a span's fibre is left open."""
    rows = tuple(
        replace(row, cells=row.cells | {"fibre_owner": row.cells.get("fibre_owner") or slug})
        for row in tables.spans.rows
    )
    return replace(tables, spans=Table(tables.spans.file, rows))


def _end_at_sites(span: Span) -> None:
    """Draw a line that ends where its proposer saw a site, which was rounded, to where the site is."""
    if span.geometry is None:
        return
    line = line_of(span.geometry)
    for end, site in ((0, span.a), (-1, span.z)):
        position = (site.longitude, site.latitude)
        if line[end] in {disclosed_position(position, tier) for tier in (Tier.MEMBERS, Tier.PUBLIC)}:
            line[end] = position
    span.geometry = wkb_of(line)


def _decide(session: Session, actor: Actor, reference: str, status: ContributionStatus, at: datetime) -> Contribution:
    require(actor, Permission.CONTRIBUTIONS_READ)
    found = queries.contribution_by_reference(session, reference, lock=True)
    contribution = require_found(actor, Permission.CONTRIBUTIONS_READ, found)
    require(actor, Permission.CONTRIBUTIONS_DECIDE)
    if contribution.status is not ContributionStatus.PROPOSED:
        words = "accepted" if contribution.status is ContributionStatus.LIVE else "refused"
        raise AlreadyDecided(f"{contribution.reference} was {words} already.")
    if actor.person_id is not None and actor.person_id == contribution.proposed_by_id:
        raise SamePerson("You proposed this yourself; another network steward has to decide.")
    contribution.status, contribution.decided_by_id, contribution.decided_at = status, actor.person_id, at
    return contribution


def _member_ids(session: Session) -> dict[str, int]:
    return {slug.casefold(): number for slug, number in session.execute(select(Member.slug, Member.id))}
