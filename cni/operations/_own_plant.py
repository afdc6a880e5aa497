"""Finding a span or site whose records are the actor's to see or to keep: its owner's, and the co-op's staff."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cni.assets import queries
from cni.assets.models import Contribution, Site, Span
from cni.assets.words import ContributionStatus
from cni.members.policy import Actor, Permission, may, nothing_here
from cni.primitives.errors import Conflict, Forbidden


class NotLive(Conflict):
    """The span is only proposed, or has left the plant: records are kept of what is in it."""

    code = "not_live"
    title = "Not live"


def own_member(actor: Actor) -> int:
    """Return the member whose plant the actor keeps records of.

    Raises:
        Forbidden: the actor is nobody's; records are kept by the owner's own people.
    """
    if actor.member_id is None:
        raise Forbidden("The records of plant are kept by its owner's own asset officer.")
    return actor.member_id


def owner_of(asset: Span | Site) -> int | None:
    """Return the member whose a span's fibre or a site is: a site without an owner is of who registered it."""
    return asset.fibre_owner_id if isinstance(asset, Span) else asset.owner_id or asset.contribution.member_id


def is_owner(actor: Actor, span: Span) -> bool:
    """Tell whether a span's records are the actor's to see: as an owner of its fibre or duct, or as staff."""
    return actor.member_id is None or actor.member_id in (span.fibre_owner_id, span.duct_owner_id)


def may_inspect(actor: Actor, span: Span) -> bool:
    """Tell whether the actor may see a span's records: as an owner of its fibre or duct, or as staff."""
    return may(actor, Permission.PLANT_INSPECT) and is_owner(actor, span)


def is_shown(actor: Actor, contribution: Contribution) -> bool:
    """Tell whether the actor may know of a contribution's plant: what is only proposed is its member's and staff's."""
    is_live = contribution.status is ContributionStatus.LIVE
    return is_live or may(actor, Permission.CONTRIBUTIONS_READ, contribution.member_id)


def shown_spans(session: Session, actor: Actor, codes: Collection[str]) -> set[str]:
    """Return those of these spans, by code, that the actor may know of."""
    found = session.execute(select(Span.code, Contribution).join(Span.contribution).where(Span.code.in_(codes)))
    return {code for code, contribution in found if is_shown(actor, contribution)}


def own_spans(session: Session, member_id: int, codes: Collection[str]) -> list[Span]:
    """Return the live spans of these codes, in whatever case, whose fibre or duct is the member's, by code."""
    named = func.lower(Span.code).in_({code.lower() for code in codes})
    own = queries.live_spans().where(named, queries.is_spans_owner(member_id))
    return list(session.scalars(own.order_by(Span.code)))


def span_of_owner(session: Session, actor: Actor, code: str) -> Span:
    """Return a span whose records the actor may see, with its ends and owners.

    Raises:
        NotFound: there is none, or it is another member's.
    """
    span = queries.span_by_code(session, code)
    if span is None or not is_owner(actor, span):
        raise nothing_here()
    return span


def live_span_of_owner(session: Session, actor: Actor, code: str) -> Span:
    """Return a span whose records the actor may see and that is live.

    Raises:
        NotFound: there is none, or it is another member's.
        NotLive: it is only proposed, or has left the plant.
    """
    span = span_of_owner(session, actor, code)
    if span.contribution.status is not ContributionStatus.LIVE:
        raise NotLive(f"Span {span.code} is only proposed. Its records can be kept once it is accepted.")
    if span.retired_on is not None:
        raise NotLive(f"Span {span.code} has left the plant. Its records stay as they are.")
    return span
