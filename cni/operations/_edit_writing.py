"""Entering an edit of plant, with the images of before and after; putting either back. For `editing` alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from cni.assets.edits import (
    RECORD_WORDS,
    EditKind,
    Touched,
    carry_over,
    put_back,
    read_anew,
    read_plant,
    repoint_splices,
)
from cni.assets.models import Contribution, FibrePair, Site, Span
from cni.assets.words import ContributionStatus
from cni.leases import following
from cni.leases.following import Holding, NotTheSame, PlacedSpan
from cni.members.policy import Actor
from cni.operations._edit_values import Plan, PlannedSite, PlannedSpan
from cni.primitives.errors import Problem, refuse_if_any
from cni.primitives.geo import wkb_of
from cni.primitives.ids import Chooser, new_reference
from cni.primitives.period import london_date

LEASES_MOVE = (EditKind.SPLIT, EditKind.MERGE)
"""What makes leases run over other spans."""

HIDDEN_SPAN = "A span that is proposed, or was,"
"""What is said of a span that is not shown to whoever asks: its id is for its own member and for staff."""


@dataclass(frozen=True, slots=True)
class LeaseFollowing:
    """A lease that runs over the spans of an edit, and the metres that it is priced at on each of them, in all."""

    reference: str
    metres: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An edit that is being entered: what it plans, by whom, when."""

    session: Session
    actor: Actor
    plan: Plan
    at: datetime
    chooser: Chooser

    @property
    def on(self) -> date:
        """The day from which it counts."""
        return london_date(self.at)


def foresee(session: Session, plan: Plan, on: date) -> list[LeaseFollowing]:
    """Return the leases that hold pairs of the spans of an edit on a day or later, by reference.

    Raises:
        Invalid: spans cannot be merged, because leases hold other pairs on either.
    """
    placed = following.placed_spans(session, plan.standing)
    found = following.holdings(session, plan.standing, on)
    if plan.kind is EditKind.MERGE:
        first, second = (placed[number] for number in plan.standing)
        _merged(found, (first, second), first, on)
    return [LeaseFollowing(each.reference, _metres(each, placed, on)) for each in found]


def enter(entry: Entry) -> tuple[dict[str, Any], dict[str, Any]]:
    """Do what an edit plans, and return the images of what it touched before and after.

    What is new is entered as if it had left the plant already, so that both images have the same rows.
    """
    session, plan, on = entry.session, entry.plan, entry.on
    sites = {site.code: site.id or _add_site(entry, site) for site in _sites(plan)}
    spans = {span.code: span.id or _add_span(entry, span, sites) for span in plan.spans_after}
    touched = Touched(
        frozenset(sites[site.code] for site in (*plan.sites_before, *plan.sites_after)),
        frozenset((*plan.standing, *spans.values())),
    )
    (before,) = _images(session, [(touched, plan.kind)])
    _write_sites(session, plan, sites, on)
    _write_spans(session, plan, spans, on)
    repoint_splices(session, _ends_taken_over(plan, sites, spans))
    if plan.kind in LEASES_MOVE:
        _move_leases(session, plan, [spans[span.code] for span in plan.spans_after], on)
    (after,) = _images(session, [(touched, plan.kind)])
    return before, after


def images_now(session: Session, like: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return, for each image, that of what stands now of the same things. Ten statements, however many images."""
    return _images(session, [(_touched(image), EditKind(image["kind"])) for image in like])


def differing(now: Mapping[str, Any], standing: Mapping[str, Any], shown: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for each way in which what stands is not what an image says.

    `shown` are the spans, by code, that may be named to whoever asks.
    """
    yield from _differing_leases(now["leases"], standing["leases"])
    for kind, noun in (("sites", "Site"), ("spans", "Span")):
        for number, row in standing[kind].items():
            if now[kind].get(number) != row:
                yield Problem("changed_since", f"{noun} {row['code']} was changed since.", "Undo that first.", "edit")
    here, there = now["leaning"], standing["leaning"]
    spans = {f"Span {code}" if code in shown else HIDDEN_SPAN for code in {*here["spans"]} ^ {*there["spans"]}}
    racks = {f"Rack {code}" for code in {*here["racks"]} ^ {*there["racks"]}}
    for thing in (*sorted(spans), *sorted(racks)):
        yield Problem("depends", f"{thing} came or went there since.", "Undo that first.", "edit")
    if changed := list(_changed_records(now, standing)):
        message = f"On record of the spans, this was changed since: {', '.join(changed)}."
        yield Problem("changed_since", message, "Edit the plant anew instead.", "edit")


def _changed_records(now: Mapping[str, Any], standing: Mapping[str, Any]) -> Iterator[str]:
    """Yield in words what on record of spans is not as an image says."""
    here, there = now["leaning"], standing["leaning"]
    if here["pairs"] != there["pairs"]:
        yield "fibre pairs"
    if now["splices"] != standing["splices"]:
        yield "splices"
    for table in sorted(here["rows"].keys() | there["rows"].keys()):
        if not _are_same(here["rows"].get(table, []), there["rows"].get(table, [])):
            yield RECORD_WORDS[table]


def _are_same(rows: Sequence[Any], kept: Sequence[Any] | int) -> bool:
    """Tell whether rows are those of an image: images of early edits say only how many there were."""
    return len(rows) == kept if isinstance(kept, int) else rows == kept


def _differing_leases(now: Mapping[str, Any], standing: Mapping[str, Any]) -> Iterator[Problem]:
    for number in now.keys() | standing.keys():
        here, there = now.get(number), standing.get(number)
        if here != there:
            message = f"Lease {(here or there or {})['reference']} was made or changed since."
            yield Problem("lease_depends", message, "Split or merge again instead.", "edit")


def restore(session: Session, wanted: Mapping[str, Any], standing: Mapping[str, Any]) -> None:
    """Make everything what it is in the image that is wanted."""
    put_back(session, wanted, standing)
    changed = [number for number, kept in wanted["leases"].items() if kept != standing["leases"].get(number)]
    if changed:
        following.write_holdings(session, [following.from_json(number, wanted["leases"][number]) for number in changed])


def _images(session: Session, wanted: Sequence[tuple[Touched, EditKind]]) -> list[dict[str, Any]]:
    sites = frozenset[int]().union(*(touched.sites for touched, _ in wanted))
    spans = frozenset[int]().union(*(touched.spans for touched, _ in wanted))
    plant = read_plant(session, Touched(sites, spans))
    leased = frozenset[int]().union(*(touched.spans for touched, kind in wanted if kind in LEASES_MOVE))
    held = following.holdings(session, leased) if leased else []
    return [
        {"kind": kind.value, **plant.image_of(touched), "leases": _leases(held, touched) if kind in LEASES_MOVE else {}}
        for touched, kind in wanted
    ]


def _leases(held: Sequence[Holding], touched: Touched) -> dict[str, Any]:
    """Return those leases that run over a span of an edit, on whatever day, as its image keeps them."""
    over = (each for each in held if any(use.span in touched.spans for use in each.uses))
    return {str(each.lease): following.as_json(each) for each in over}


def _touched(image: Mapping[str, Any]) -> Touched:
    return Touched(frozenset(map(int, image["sites"])), frozenset(map(int, image["spans"])))


def _sites(plan: Plan) -> list[PlannedSite]:
    """Return every site of a plan, each once."""
    ends = [end for span in plan.spans_after for end in (span.a, span.z)]
    return list({site.code: site for site in (*ends, *plan.sites_before, *plan.sites_after)}.values())


def _add_site(entry: Entry, site: PlannedSite) -> int:
    longitude, latitude = site.position
    new = Site(
        code=site.code, name=site.name, kind=site.kind, longitude=longitude, latitude=latitude,
        owner_id=entry.plan.member_id, contribution_id=_contribution(entry), retired_on=entry.on,
    )  # fmt: skip
    entry.session.add(new)
    entry.session.flush()
    return new.id


def _contribution(entry: Entry) -> int:
    """Return the contribution that a new site belongs to: that of the span that is split there, or one of its own."""
    session, plan = entry.session, entry.plan
    if plan.standing:
        return session.scalars(select(Span.contribution_id).where(Span.id == plan.standing[0])).one()
    own = Contribution(
        reference=new_reference("CON", entry.chooser),
        member_id=plan.member_id,
        status=ContributionStatus.LIVE,
        note="Added on the map",
        proposed_by_id=entry.actor.person_id,
        proposed_at=entry.at,
        decided_at=entry.at,
    )
    session.add(own)
    session.flush()
    return own.id


def _add_span(entry: Entry, span: PlannedSpan, sites: Mapping[str, int]) -> int:
    """Return a new span that is in all else what the first span of the plan is: owners, fibres, pairs, risks."""
    session, pattern = entry.session, entry.plan.standing[0]
    table = Span.__table__
    kept = [column for column in table.columns if column.name not in _OWN]
    row = session.execute(select(*kept).where(table.c.id == pattern)).mappings().one()
    own = {
        "code": span.code, "a_id": sites[span.a.code], "z_id": sites[span.z.code],
        "geometry": wkb_of(span.line) if span.line else None, "length_m": span.length_m,
        "length_basis": span.length_basis, "retired_on": entry.on,
    }  # fmt: skip
    number = session.execute(insert(Span).values(**row, **own).returning(Span.id)).scalar_one()
    pairs = select(FibrePair.number, FibrePair.state).where(FibrePair.span_id == pattern).order_by(FibrePair.number)
    rows = [{"span_id": number, "number": pair, "state": state} for pair, state in session.execute(pairs)]
    if rows:
        session.execute(insert(FibrePair), rows)
    carry_over(session, entry.plan.standing, number)
    return number


_OWN = frozenset({"id", "code", "a_id", "z_id", "geometry", "length_m", "length_basis", "retired_on"})
"""The columns of a span that are not taken over."""


def _ends_taken_over(plan: Plan, sites: Mapping[str, int], spans: Mapping[str, int]) -> dict[tuple[int, int], int]:
    """Return which span takes over a standing one's splices at a site, by both."""
    taken = {(sites[end.code], spans[span.code]) for span in plan.spans_after for end in (span.a, span.z)}
    ends = {site: span for site, span in taken if span not in plan.standing}
    gone = [span for span in plan.spans_before if span.id not in spans.values()]
    return {
        (span.id, end.id): ends[end.id]
        for span in gone
        for end in (span.a, span.z)
        if span.id is not None and end.id in ends
    }


def _write_sites(session: Session, plan: Plan, sites: Mapping[str, int], on: date) -> None:
    gone = {site.code for site in plan.sites_before} - {site.code for site in plan.sites_after}
    for code in gone:
        session.execute(update(Site).where(Site.id == sites[code]).values(retired_on=on))
    for site in plan.sites_after:
        longitude, latitude = site.position
        values = {"longitude": longitude, "latitude": latitude, "retired_on": None}
        session.execute(update(Site).where(Site.id == sites[site.code]).values(values))


def _write_spans(session: Session, plan: Plan, spans: Mapping[str, int], on: date) -> None:
    for number in set(plan.standing) - set(spans.values()):
        session.execute(update(Span).where(Span.id == number).values(retired_on=on))
    for span in plan.spans_after:
        values = {
            "geometry": wkb_of(span.line) if span.line else None, "length_m": span.length_m,
            "length_basis": span.length_basis, "retired_on": None,
        }  # fmt: skip
        session.execute(update(Span).where(Span.id == spans[span.code]).values(values))
    read_anew(session)


def _move_leases(session: Session, plan: Plan, new: Sequence[int], on: date) -> None:
    old = plan.standing
    held = following.holdings(session, old, on)
    spans = following.placed_spans(session, {use.span for each in held for use in each.uses} | {*old, *new})
    if plan.kind is EditKind.SPLIT:
        parts = spans[new[0]], spans[new[1]]
        moved = [following.split_holding(each, spans[old[0]], parts, spans, on) for each in held]
    else:
        moved = _merged(held, (spans[old[0]], spans[old[1]]), spans[new[0]], on)
    if moved:
        following.write_holdings(session, moved)


def _merged(
    held: Sequence[Holding], parts: tuple[PlacedSpan, PlacedSpan], whole: PlacedSpan, on: date
) -> list[Holding]:
    moved: list[Holding] = []
    apart: list[str] = []
    for each in held:
        try:
            moved.append(following.merge_holding(each, parts, whole, on))
        except NotTheSame as refusal:
            apart += refusal.references
    if apart:
        message = f"{', '.join(apart)} does not hold the same fibre pairs on both spans."
        remedy = "Spans can be merged when every lease runs over both, on the same pairs."
        refuse_if_any([Problem("leases_apart", message, remedy, "second")])
    return moved


def _metres(holding: Holding, placed: Mapping[int, PlacedSpan], on: date) -> int:
    return sum(use.metres for use in holding.uses if use.span in placed and use.lasts_beyond(on))
