"""Disclosing plant: what an actor sees exactly, who was shown whose plant, and what may be told on request.

How finely everybody else sees it is in `assets.disclosure`.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from cni.assets import queries
from cni.assets.access_log import ExactView, Viewer, ViewFilter, exact_views, log_exact_views
from cni.assets.disclosure import Reason, Sight, Tier
from cni.db.paging import read_page
from cni.leases.parties import leased_spans, quoted_spans
from cni.members.policy import Actor, Permission, Role, may, require
from cni.primitives.paging import FIRST_PAGE, Page, PageRequest
from cni.primitives.period import london_date

EVERY_VIEW = ViewFilter()


def own_sight(session: Session, actor: Actor) -> Sight:
    """Return what the actor sees exactly as the owner of plant, as staff or as operator. Two statements for a member.

    A member sees the spans of its own fibre or duct, what it contributed, and the sites where live ones of these end. A
    site of another's where it has only proposed a span stays rounded, or proposing would tell where any site is.

    Permission: plant:read; of all plant exactly, plant:read_exact.
    """
    require(actor, Permission.PLANT_READ)
    if Role.OPERATOR in actor.roles:
        return Sight(Tier.MEMBERS, everything=Reason.OWNER)
    if may(actor, Permission.PLANT_READ_EXACT):
        return Sight(Tier.MEMBERS, everything=Reason.STAFF)
    if actor.member_id is None:
        return Sight(Tier.MEMBERS)
    spans = session.execute(queries.own_spans(actor.member_id)).all()
    ends = {end for _, a, z, is_live in spans if is_live for end in (a, z)}
    sites = ends.union(session.scalars(queries.own_sites(actor.member_id)))
    return Sight(
        Tier.MEMBERS,
        spans=dict.fromkeys((span for span, *_ in spans), Reason.OWNER),
        sites=dict.fromkeys(sites, Reason.OWNER),
    )


def sight_of(session: Session, actor: Actor, *, on: date) -> Sight:
    """Return what the actor sees exactly on a day, and why. Four statements for a member, none for staff.

    To `own_sight` come the spans of the member's live leases and of its quotes that are still open, with their ends.

    Permission: plant:read; of all plant exactly, plant:read_exact.
    """
    require(actor, Permission.PLANT_READ)
    own = own_sight(session, actor)
    if actor.member_id is None:
        return own
    spans: dict[int, Reason] = {}
    sites: dict[int, Reason] = {}
    for reason, found in (
        (Reason.QUOTE, quoted_spans(actor.member_id, on)),
        (Reason.LEASE, leased_spans(actor.member_id, on)),  # after the quotes: the stronger reason stands
    ):
        for span, a, z in session.execute(found):
            spans[span] = sites[a] = sites[z] = reason
    return Sight(Tier.MEMBERS, spans | dict(own.spans), sites | dict(own.sites))


def log_views(session: Session, actor: Actor, sight: Sight, place: str, *, at: datetime) -> None:
    """Log what of others' plant the actor was shown exactly at an address: once for a person, address and day.

    Permission: plant:read.
    """
    require(actor, Permission.PLANT_READ)
    if actor.person_id is not None:
        viewer = Viewer(actor.person_id, actor.member_id)
        log_exact_views(session, viewer, sight.shown, place, at=at, on=london_date(at))


def list_exact_views(
    session: Session, actor: Actor, wanted: ViewFilter = EVERY_VIEW, page: PageRequest = FIRST_PAGE
) -> Page[ExactView]:
    """Return a page of who was shown the plant of the actor's member (staff: anyone's) exactly, the newest first.

    Permission: disclosures:read.
    """
    require(actor, Permission.DISCLOSURES_READ)
    return read_page(session, exact_views(actor.member_id, wanted), ExactView.id, page, newest_first=True)
