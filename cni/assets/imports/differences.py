"""What a file makes of plant that stands: what is new, what changes, and what leases keep as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import shapely

from cni.assets.drafts import PlantDrafts, SiteDraft, SpanDraft, differences
from cni.assets.imports.standing import Held, World, row_of_site, row_of_span
from cni.assets.imports.values import Change, Counts, LeftAlone
from cni.assets.places import ENDS_WITHIN_M
from cni.primitives.geo import Position, distance_m

SAME_DEGREES = 3e-7
"""Coordinates this near, two or three centimetres, are the same: files round them, and so do transformations."""
SAME_M = Decimal("0.01")
TOLD_DIGITS = 7
"""Of coordinates before and after: to a centimetre, so that what differs looks different."""


@dataclass(eq=False)
class Differences:
    """What is new, what changes (as it will be), how much stays as it is, and what is left alone."""

    added_sites: list[SiteDraft] = field(default_factory=list)
    added_spans: list[SpanDraft] = field(default_factory=list)
    changed_sites: list[SiteDraft] = field(default_factory=list)
    changed_spans: list[SpanDraft] = field(default_factory=list)
    unchanged_sites: int = 0
    unchanged_spans: int = 0
    changes: list[Change] = field(default_factory=list)
    left_alone: list[LeftAlone] = field(default_factory=list)

    @property
    def sites(self) -> Counts:
        """How many sites are new, changed, and as they were."""
        return Counts(len(self.added_sites), len(self.changed_sites), self.unchanged_sites)

    @property
    def spans(self) -> Counts:
        """How many spans are new, changed, and as they were."""
        return Counts(len(self.added_spans), len(self.changed_spans), self.unchanged_spans)


def compare(plant: PlantDrafts, world: World) -> Differences:
    """Return what a file's plant changes of what stands under its ids."""
    found = Differences()
    for site in plant.sites:
        there = world.sites.get(site.code.casefold())
        if there is None:
            found.added_sites.append(site)
            continue
        kept = _kept_site(there, _settled_site(there, site), world, found)
        if columns := differences(there, kept):
            found.changed_sites.append(kept)
            found.changes.append(_change("site", there, kept, _site_text, columns))
        else:
            found.unchanged_sites += 1
    for span in plant.spans:
        standing = world.spans.get(span.code.casefold())
        if standing is None:
            found.added_spans.append(span)
            continue
        held = world.held.get(span.code.casefold())
        settled = _settled_span(standing, span)
        kept_span = _kept_span(standing, settled, held, found) if held else settled
        if columns := differences(standing, kept_span):
            found.changed_spans.append(kept_span)
            found.changes.append(_change("span", standing, kept_span, _span_text, columns))
        else:
            found.unchanged_spans += 1
    return found


def _change(kind: str, before: Any, after: Any, said: Any, columns: Sequence[str]) -> Change:
    old, new = said(before), said(after)
    names = [name for column in columns for name in (("latitude", "longitude") if column == "latitude" else (column,))]
    return Change(kind, before.code, after.row, {n: old[n] for n in names}, {n: new[n] for n in names})


def _site_text(site: SiteDraft) -> dict[str, str]:
    longitude, latitude = site.position
    place = {"latitude": f"{latitude:.{TOLD_DIGITS}f}", "longitude": f"{longitude:.{TOLD_DIGITS}f}"}
    return row_of_site(site) | place


def _span_text(span: SpanDraft) -> dict[str, str]:
    line = shapely.to_wkt(shapely.linestrings(span.geometry), rounding_precision=TOLD_DIGITS) if span.geometry else ""
    return row_of_span(span) | {"geometry": line}


def _settled_site(there: SiteDraft, site: SiteDraft) -> SiteDraft:
    return replace(site, code=there.code, position=there.position) if _is_near(there.position, site.position) else site


def _settled_span(there: SpanDraft, span: SpanDraft) -> SpanDraft:
    """Return a span with what differs from what stands only as rounding does, as it stands."""
    geometry, length = span.geometry, span.length_m
    if _same_line(there.geometry, geometry):
        geometry = there.geometry
    if abs(there.length_m - length) <= SAME_M:
        length = there.length_m
    ends = (there.z.casefold(), there.a.casefold())
    if (span.a.casefold(), span.z.casefold()) == ends:  # the same, said the other way round
        backward = geometry[::-1] if geometry else None
        geometry = there.geometry if _same_line(there.geometry, backward) else backward
        span = replace(span, a=there.a, z=there.z)
    return replace(span, code=there.code, geometry=geometry, length_m=length)


def _same_line(one: Sequence[Position] | None, other: Sequence[Position] | None) -> bool:
    if one is None or other is None or len(one) != len(other):
        return one is other
    return one == other or all(map(_is_near, one, other))


def _is_near(one: Position, other: Position) -> bool:
    return abs(one[0] - other[0]) <= SAME_DEGREES and abs(one[1] - other[1]) <= SAME_DEGREES


def _kept_site(there: SiteDraft, site: SiteDraft, world: World, found: Differences) -> SiteDraft:
    """Return a site that stays where it is, if leased spans end there and it would be elsewhere."""
    if site.code.casefold() not in world.leased_ends:
        return site
    moved_m = distance_m(there.position, site.position)
    if moved_m <= ENDS_WITHIN_M:
        return site
    reason = f"Leased fibre ends there, and the file has it {moved_m:,.0f} m away."
    found.left_alone.append(LeftAlone(there.code, site.row, "latitude", reason))
    return replace(site, position=there.position)


def _kept_span(there: SpanDraft, span: SpanDraft, held: Held, found: Differences) -> SpanDraft:
    """Return a span of which leases hold pairs, with what they rest on as it stands."""
    for names, reason in _against_leases(there, span, held):
        changed = {name: getattr(there, name) for name in names if getattr(span, name) != getattr(there, name)}
        found.left_alone += [LeftAlone(there.code, span.row, name, reason) for name in changed]
        span = replace(span, **changed)
    return span


def _against_leases(there: SpanDraft, span: SpanDraft, held: Held) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield columns that cannot change while leases hold pairs, with the reason."""
    pairs = f"{len(held.now)} fibre pair{'s' if len(held.now) != 1 else ''}"
    if held.now and {span.a.casefold(), span.z.casefold()} != {there.a.casefold(), there.z.casefold()}:
        yield ("a", "z", "geometry", "length_m", "length_basis"), f"Leases of {pairs} join the sites as they stand."
    if held.now and span.fibre_owner.casefold() != there.fibre_owner.casefold():
        yield ("fibre_owner",), f"Leases of {pairs} are with {there.fibre_owner}."
    offered = range(span.reserved_pairs + 1, span.reserved_pairs + span.offered_pairs + 1)
    if not all(number in offered for number in held.now):
        yield (
            ("fibres", "reserved_pairs", "offered_pairs"),
            f"Leases hold {pairs}, which must stay among those offered.",
        )
    elif span.fibres // 2 < held.ever:
        yield ("fibres", "reserved_pairs", "offered_pairs"), f"Leases, past ones too, name the fibre pair {held.ever}."
