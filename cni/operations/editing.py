"""Editing live plant: splitting and merging spans, changing a line, moving and adding sites; undone and made again.

An edit counts at once, from its day on. What leaves the plant is kept for the sake of its past, and leases follow to
what takes over: their days before, and their prices, stay what they were. What an edit would do is in `_edit_plans`,
how it is entered in `_edit_writing`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import shapely
from sqlalchemy import func
from sqlalchemy.orm import Session

from cni.assets import queries
from cni.assets.edits import PlantEdit, edits_of, lock_edit
from cni.assets.models import Contribution, Site, Span
from cni.assets.registry import lock_codes
from cni.assets.words import ContributionStatus
from cni.db.paging import read_page
from cni.events.kinds import PlantEdited, PlantEditRedone, PlantEditUndone
from cni.events.record import record
from cni.leases.allocation import lock_spans
from cni.leases.occupancy import PairUse, pair_use
from cni.members.policy import Actor, Permission, may, require, require_found
from cni.operations._books import lock_month_of, problems_of_days
from cni.operations._edit_plans import own_site, own_span, plan_edit, planned, spans_touched
from cni.operations._edit_values import (
    Edit,
    NewSite,
    Plan,
    SiteMove,
    SpanChange,
    SpanMerge,
    SpanSplit,
)
from cni.operations._edit_writing import Entry, LeaseFollowing, differing, enter, foresee, images_now, restore
from cni.operations._own_plant import owner_of, shown_spans
from cni.operations.browsing import PlantOnMap, SpanFacts
from cni.operations.disclosing import own_sight
from cni.primitives.errors import Conflict, Problem
from cni.primitives.ids import Chooser, new_reference
from cni.primitives.paging import FIRST_PAGE, Page, PageRequest
from cni.primitives.period import london_date

AROUND_DEGREES = 0.005
"""How far around a span its editor shows sites: some hundred metres."""


class EditDependedOn(Conflict):
    """What an edit changed is not as the edit left it: something rests on it, or was changed since."""

    code = "edit_depended_on"
    title = "Something depends on it"


class EditUndone(Conflict):
    """The edit is undone already, or was never undone."""

    code = "edit_undone"
    title = "Already so"


@dataclass(frozen=True, slots=True)
class CheckedEdit:
    """What an edit would do to plant, and to which leases."""

    plan: Plan
    leases: Sequence[LeaseFollowing]


@dataclass(frozen=True, slots=True)
class EditableSpan:
    """A span that the actor may edit, the sites around it that it can be split at, and the own spans that meet it."""

    facts: SpanFacts
    sites: Sequence[Site]
    neighbours: Sequence[Span]


def editable_plant(session: Session, actor: Actor, most: int, *, on: date) -> PlantOnMap:
    """Return the first so many live spans, with their use on a day, and sites that the actor may edit, by code.

    Permission: plant:edit, of one's own member's plant; for staff of all.
    """
    require(actor, Permission.PLANT_EDIT)
    spans, sites = queries.live_spans().order_by(Span.code), queries.live_sites().order_by(Site.code)
    if actor.member_id is not None:
        spans = spans.where(Span.fibre_owner_id == actor.member_id)
        sites = sites.where(func.coalesce(Site.owner_id, Contribution.member_id) == actor.member_id)
    own = session.scalars(spans.limit(most)).all()
    ends = {end.id: end for span in own for end in (span.a, span.z)}
    ends |= {site.id: site for site in session.scalars(sites.limit(most))}
    return PlantOnMap(sorted(ends.values(), key=lambda site: site.code), _facts(session, own, on))


def find_editable_span(session: Session, actor: Actor, code: str, *, on: date) -> EditableSpan:
    """Return a live span that the actor may edit, with its use on a day and what is around it.

    Permission: plant:edit, of one's own member's plant.
    Raises:
        NotFound: there is no such live span.
        Forbidden: it is another member's.
    """
    require(actor, Permission.PLANT_EDIT)
    span = own_span(session, actor, code)
    box = shapely.LineString(planned(span).drawn).buffer(AROUND_DEGREES).bounds
    around = queries.live_sites().where(Site.longitude.between(box[0], box[2]), Site.latitude.between(box[1], box[3]))
    sight = own_sight(session, actor)
    sites = [site for site in session.scalars(around.order_by(Site.code)) if sight.why_site(site) is not None]
    ends = (span.a_id, span.z_id)
    meeting = queries.live_spans().where(Span.a_id.in_(ends) | Span.z_id.in_(ends), Span.id != span.id)
    own = meeting.where(Span.fibre_owner_id == span.fibre_owner_id).order_by(Span.code)
    return EditableSpan(_facts(session, [span], on)[0], sites, session.scalars(own).all())


def is_editable(actor: Actor, asset: Span | Site) -> bool:
    """Tell whether the actor may edit a live span or site; what it belongs to must be loaded."""
    is_live = asset.contribution.status is ContributionStatus.LIVE and asset.retired_on is None
    return is_live and may(actor, Permission.PLANT_EDIT) and actor.member_id in (None, owner_of(asset))


def find_editable_site(session: Session, actor: Actor, code: str) -> Site:
    """Return a live site that the actor may edit.

    Permission: plant:edit, of one's own member's plant.
    Raises:
        NotFound: there is no such live site.
        Forbidden: it is another member's.
    """
    require(actor, Permission.PLANT_EDIT)
    return own_site(session, actor, code)


def check_edit(session: Session, actor: Actor, asked: Edit, *, on: date) -> CheckedEdit:
    """Say what an edit would do on a day, and to which leases. Nothing is saved.

    Permission: plant:edit, of one's own member's plant.
    Raises:
        NotFound: there is no such live span or site.
        Forbidden: it is another member's.
        Invalid: with every problem, each at its field.
    """
    require(actor, Permission.PLANT_EDIT)
    plan = plan_edit(session, actor, asked)
    return CheckedEdit(plan, foresee(session, plan, on))


def split_span(session: Session, actor: Actor, asked: SpanSplit, *, at: datetime, chooser: Chooser) -> PlantEdit:
    """Split a span in two at a site, which may be new; leases run over both parts from this day on.

    Permission: plant:edit, of one's own member's plant. Event: PlantEdited.
    Raises:
        NotFound: there is no such live span.
        Forbidden: it is another member's.
        Invalid: with every problem, each at its field.
    """
    return _make(session, actor, asked, at=at, chooser=chooser)


def merge_spans(session: Session, actor: Actor, asked: SpanMerge, *, at: datetime, chooser: Chooser) -> PlantEdit:
    """Make one span of two that meet where nothing else ends; leases run over it from this day on.

    Permission: plant:edit, of one's own member's plant. Event: PlantEdited.
    Raises:
        NotFound: there is no such live span.
        Forbidden: one is another member's.
        Invalid: with every problem, each at its field; leases that hold other pairs on either are named.
    """
    return _make(session, actor, asked, at=at, chooser=chooser)


def edit_span(session: Session, actor: Actor, asked: SpanChange, *, at: datetime, chooser: Chooser) -> PlantEdit:
    """Change a span's line and length; leases keep the metres that they were priced at.

    Permission: plant:edit, of one's own member's plant. Event: PlantEdited.
    Raises:
        NotFound: there is no such live span.
        Forbidden: it is another member's.
        Invalid: with every problem, each at its field.
    """
    return _make(session, actor, asked, at=at, chooser=chooser)


def move_site(session: Session, actor: Actor, asked: SiteMove, *, at: datetime, chooser: Chooser) -> PlantEdit:
    """Move a site, and the ends of its owner's lines there with it.

    Permission: plant:edit, of one's own member's plant. Event: PlantEdited.
    Raises:
        NotFound: there is no such live site.
        Forbidden: it is another member's.
        Invalid: with every problem, each at its field.
    """
    return _make(session, actor, asked, at=at, chooser=chooser)


def add_site(session: Session, actor: Actor, asked: NewSite, *, at: datetime, chooser: Chooser) -> PlantEdit:
    """Add a site of the actor's member, or, for staff, of the one that is named.

    Permission: plant:edit. Event: PlantEdited.
    Raises:
        Invalid: with every problem, each at its field.
    """
    return _make(session, actor, asked, at=at, chooser=chooser)


def list_edits(session: Session, actor: Actor, page: PageRequest = FIRST_PAGE) -> Page[PlantEdit]:
    """Return the edits of the actor's member's plant, for staff of all, the newest first.

    Permission: plant:edit.
    """
    require(actor, Permission.PLANT_EDIT)
    return read_page(session, edits_of(actor.member_id), PlantEdit.id, page, newest_first=True)


def find_edit(session: Session, actor: Actor, reference: str) -> PlantEdit:
    """Return an edit.

    Permission: plant:edit, of one's own member's plant.
    Raises:
        NotFound: there is no such edit, or it is of another member's plant.
    """
    require(actor, Permission.PLANT_EDIT)
    found = session.scalar(edits_of(None).where(func.lower(PlantEdit.reference) == reference.lower()))
    return require_found(actor, Permission.PLANT_EDIT, found)


def obstacles(session: Session, actor: Actor, edit: PlantEdit) -> list[Problem]:
    """Return what keeps an edit from being undone, or, undone, from being made again; none: nothing does.

    Permission: plant:edit, of one's own member's plant.
    Raises:
        NotFound: it is of another member's plant.
    """
    return obstacles_of(session, actor, [edit])[edit.reference]


def obstacles_of(session: Session, actor: Actor, made: Sequence[PlantEdit]) -> dict[str, list[Problem]]:
    """Return the same of several edits, by reference. No more statements than for one.

    Permission: plant:edit, of one's own member's plant.
    Raises:
        NotFound: one is of another member's plant.
    """
    require(actor, Permission.PLANT_EDIT)
    return _obstacles(session, actor, [require_found(actor, Permission.PLANT_EDIT, edit) for edit in made])


def undo_edit(session: Session, actor: Actor, reference: str, *, at: datetime) -> PlantEdit:
    """Undo an edit while nothing depends on it: all is again what it was before.

    Permission: plant:edit, of one's own member's plant. Event: PlantEditUndone.
    Raises:
        NotFound: there is no such edit, or it is of another member's plant.
        EditUndone: it is undone already.
        EditDependedOn: something rests on what it made, or was changed since, or a month with it is settled.
    """
    require(actor, Permission.PLANT_EDIT)
    edit = _take_up(session, actor, reference)
    if edit.undone_at is not None:
        raise EditUndone(f"Edit {edit.reference} is undone already.")
    _turn(session, actor, edit)
    edit.undone_at = at
    before, after = _told(edit.after), _told(edit.before)
    undone = PlantEditUndone(subject=edit.reference, member_id=edit.member_id, before=before, after=after)
    record(session, actor, undone, at=at)
    return edit


def redo_edit(session: Session, actor: Actor, reference: str, *, at: datetime) -> PlantEdit:
    """Make an edit again that was undone, while all is as it was before it.

    Permission: plant:edit, of one's own member's plant. Event: PlantEditRedone.
    Raises:
        NotFound: there is no such edit, or it is of another member's plant.
        EditUndone: it is not undone.
        EditDependedOn: something was changed since, or a month with it is settled.
    """
    require(actor, Permission.PLANT_EDIT)
    edit = _take_up(session, actor, reference)
    if edit.undone_at is None:
        raise EditUndone(f"Edit {edit.reference} is not undone.")
    _turn(session, actor, edit)
    edit.undone_at = None
    before, after = _told(edit.before), _told(edit.after)
    redone = PlantEditRedone(subject=edit.reference, member_id=edit.member_id, before=before, after=after)
    record(session, actor, redone, at=at)
    return edit


def _facts(session: Session, spans: Sequence[Span], on: date) -> list[SpanFacts]:
    uses = pair_use(session, [span.id for span in spans], on)
    each = [(span, uses.get(span.id, PairUse())) for span in spans]
    return [SpanFacts(span, use.offered, use.free, use) for span, use in each]


def _make(session: Session, actor: Actor, asked: Edit, *, at: datetime, chooser: Chooser) -> PlantEdit:
    require(actor, Permission.PLANT_EDIT)
    lock_codes(session)
    # The spans are locked before anything is judged: whoever would lease a pair of one waits, and then finds it gone.
    lock_spans(session, spans_touched(session, asked))
    plan = plan_edit(session, actor, asked)
    before, after = enter(Entry(session, actor, plan, at, chooser))
    edit = PlantEdit(
        reference=new_reference("EDT", chooser),
        kind=plan.kind,
        member_id=plan.member_id,
        person_id=actor.person_id,
        made_at=at,
        summary=plan.summary,
        codes=_codes(plan),
        before=before,
        after=after,
    )
    session.add(edit)
    told = {"before": _told(before), "after": _told(after)}
    edited = PlantEdited(subject=edit.reference, member_id=plan.member_id, kind=plan.kind.value, **told)
    record(session, actor, edited, at=at)
    return edit


def _codes(plan: Plan) -> dict[str, Any]:
    return {
        "spans_before": [span.code for span in plan.spans_before],
        "spans_after": [span.code for span in plan.spans_after],
        "sites": sorted({site.code for site in (*plan.sites_before, *plan.sites_after)}),
    }


def _told(image: Mapping[str, Any]) -> dict[str, object]:
    """Return what an event tells of an image: places, lengths and what is in the plant; lines stay with the edit."""
    return {
        "sites": {row["code"]: [row["longitude"], row["latitude"]] for row in _standing(image["sites"])},
        "spans": {row["code"]: row["length_m"] for row in _standing(image["spans"])},
        "leases": sorted(kept["reference"] for kept in image["leases"].values()),
    }


def _standing(rows: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows.values() if row["retired_on"] is None]


def _take_up(session: Session, actor: Actor, reference: str) -> PlantEdit:
    lock_codes(session)
    found = lock_edit(session, reference)
    return require_found(actor, Permission.PLANT_EDIT, found)


def _turn(session: Session, actor: Actor, edit: PlantEdit) -> None:
    """Put what an edit touched to how it was on the other side of it, if nothing depends on how it stands.

    Raises:
        EditDependedOn: something does, or a month since the edit is settled.
    """
    standing, wanted = _sides(edit)
    lock_spans(session, [int(number) for number in standing["spans"]])
    if _moves_leases(edit):
        lock_month_of(session, london_date(edit.made_at))
    problems = _obstacles(session, actor, [edit])[edit.reference]
    if problems:
        detail = f"{edit.summary}: this cannot be turned back, because something depends on it."
        raise EditDependedOn(detail, problems)
    restore(session, wanted, standing)


def _sides(edit: PlantEdit) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the image of what an edit should stand as now, and the one that it would be turned to."""
    return (edit.after, edit.before) if edit.undone_at is None else (edit.before, edit.after)


def _obstacles(session: Session, actor: Actor, made: Sequence[PlantEdit]) -> dict[str, list[Problem]]:
    standing = [_sides(edit)[0] for edit in made]
    now = images_now(session, standing)
    shown = shown_spans(session, actor, {code for image in (*now, *standing) for code in image["leaning"]["spans"]})
    days = {edit.reference: london_date(edit.made_at) for edit in made if _moves_leases(edit)}
    settled = problems_of_days(session, set(days.values()), "edit")
    problems = {
        edit.reference: list(differing(here, there, shown))
        for edit, here, there in zip(made, now, standing, strict=True)
    }
    for reference, day in days.items():
        problems[reference] += settled[day]
    return problems


def _moves_leases(edit: PlantEdit) -> bool:
    return bool(edit.before["leases"] != edit.after["leases"])
