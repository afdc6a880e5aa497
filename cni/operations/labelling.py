"""What may be told of an asset on request: its freedom-of-information label, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from cni.assets import queries
from cni.assets.models import Site, Span
from cni.assets.words import FoiLabel
from cni.events.kinds import AssetLabelled
from cni.events.record import record
from cni.members.policy import Actor, Permission, may, nothing_here, require
from cni.operations._own_plant import owner_of
from cni.primitives.errors import Problem, refuse_if_any

Asset = TypeVar("Asset", Span, Site)


@dataclass(frozen=True, slots=True)
class Label:
    """What the owner would answer to a request for the exact record, and on what ground."""

    foi_label: FoiLabel
    reason: str | None = None


def label_span(session: Session, actor: Actor, code: str, label: Label, *, at: datetime) -> Span:
    """Label a span; confidential, it is shown to members as to the public.

    Permission: plant:label, of the owner of its fibre, or of the co-op. Event: AssetLabelled.
    Raises:
        NotFound: there is none, or it is another member's.
        Invalid: it is confidential without a reason.
    """
    require(actor, Permission.PLANT_LABEL)
    return _label(session, actor, queries.span_by_code(session, code), label, at)


def label_site(session: Session, actor: Actor, code: str, label: Label, *, at: datetime) -> Site:
    """Label a site, and with it what ends there: see `label_span`.

    Permission: plant:label, of its owner, or else of who contributed it, or of the co-op. Event: AssetLabelled.
    Raises:
        NotFound: there is none, or it is another member's.
        Invalid: it is confidential without a reason.
    """
    require(actor, Permission.PLANT_LABEL)
    return _label(session, actor, queries.site_by_code(session, code), label, at)


def may_label(actor: Actor, asset: Span | Site) -> bool:
    """Tell whether the actor may label an asset; its contribution must be loaded."""
    return may(actor, Permission.PLANT_LABEL) and actor.member_id in (None, owner_of(asset))


def _label(session: Session, actor: Actor, asset: Asset | None, label: Label, at: datetime) -> Asset:
    if asset is None or not may_label(actor, asset):
        raise nothing_here()
    reason = (label.reason or "").strip() or None
    if label.foi_label is FoiLabel.CONFIDENTIAL and reason is None:
        remedy = "Name the exemption: FOIA s24, s31, s38 or s43, EIR 12(5)(a) or (e), and why it applies."
        refuse_if_any([Problem("missing", "Confidential needs a reason.", remedy, "foi_reason")])
    asset.foi_label, asset.foi_reason = label.foi_label, reason
    session.flush()
    labelled = AssetLabelled(
        subject=asset.code, member_id=owner_of(asset), label=label.foi_label.value, reason=reason or ""
    )
    record(session, actor, labelled, at=at)
    return asset
