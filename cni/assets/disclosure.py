"""How finely plant is shown, and to whom: three tiers, and the sight of whoever asks.

A position is rounded on a raster of degrees that is the same for everyone and everything, so whoever puts together all
that the doors tell learns no more than from one of them. Whoever writes plant out asks a `Sight`; a sight that knows
nothing shows the public tier. Who sees what exactly is looked up in `operations.disclosing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Protocol, SupportsFloat

from cni.assets.words import FoiLabel
from cni.primitives.geo import Position, grid_reference, line_of


class Tier(StrEnum):
    """How finely plant is shown, the coarsest first."""

    PUBLIC = "public"
    MEMBERS = "members"
    PARTY = "party"


RASTER_DECIMALS = {Tier.PUBLIC: 2, Tier.MEMBERS: 3}
"""Decimals of a degree that are shown: about 1 km, about 100 m."""

APPEARS_WITHIN_M = {Tier.PUBLIC: 700, Tier.MEMBERS: 70, Tier.PARTY: 0}
"""So many metres from where it is a position may be shown at most: half a raster's diagonal in the United Kingdom."""

EXACT_DECIMALS = 6
"""Of a degree, where a position is shown as it is: about a tenth of a metre."""

GRID_FIGURES = {Tier.PUBLIC: 4, Tier.MEMBERS: 6, Tier.PARTY: 8}
"""Figures of a grid reference: squares of 1 km, 100 m and 10 m."""

PUBLIC_LENGTH_M = 100
"""Lengths are public to this many metres; members pay by the metre, so they see them as they are."""

IN_WORDS = {
    Tier.PUBLIC: "Sites to 0.01° (about 1 km); spans as straight lines between them, lengths to 0.1 km.",
    Tier.MEMBERS: "Sites and the bends of spans to 0.001° (about 100 m); lengths as they are recorded.",
    Tier.PARTY: "As recorded, and each view is logged for the owner.",
}


def disclosed_position(position: Position, tier: Tier) -> Position:
    """Return a position as a tier shows it, in degrees."""
    if tier is Tier.PARTY:
        return position
    return _on_raster([position], tier)[0]


def _on_raster(positions: Iterable[Position], tier: Tier) -> list[Position]:
    decimals = RASTER_DECIMALS[tier]
    # Adding nothing makes zero of minus zero.
    return [(round(float(east), decimals) + 0.0, round(float(north), decimals) + 0.0) for east, north in positions]


def disclosed_line(line: Sequence[Position] | None, a: Position, z: Position, tier: Tier) -> list[Position]:
    """Return a span's line as a tier shows it, from site `a` to site `z`; never fewer than two positions.

    `a` and `z` are where the sites really are; `line` None: only the ends are known. A rounded line ends at its rounded
    sites, and no position is followed by itself, but for a line that shrinks to one: that has it twice.
    """
    if tier is Tier.PARTY:
        return [a, z] if line is None else list(line)
    bends = line[1:-1] if line is not None and tier is Tier.MEMBERS else ()
    rounded = _on_raster((a, *bends, z), tier)
    kept = [rounded[0], *(here for before, here in pairwise(rounded) if here != before)]
    return kept if len(kept) > 1 else kept * 2


def disclosed_length_m(length_m: float, tier: Tier) -> float:
    """Return a length in metres as a tier shows it; in public to 0.1 km, and never none."""
    if tier is not Tier.PUBLIC:
        return float(length_m)
    return float(max(PUBLIC_LENGTH_M, PUBLIC_LENGTH_M * int(float(length_m) / PUBLIC_LENGTH_M + 0.5)))


def disclosed_grid_reference(position: Position, tier: Tier) -> str:
    """Return the grid reference of a position as a tier shows it: "SJ 931 997" to members."""
    return grid_reference(disclosed_position(position, tier), GRID_FIGURES[tier])


class _Asset(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def foi_label(self) -> FoiLabel: ...


class _Place(_Asset, Protocol):
    @property
    def longitude(self) -> float: ...
    @property
    def latitude(self) -> float: ...


class _Line(_Asset, Protocol):
    @property
    def geometry(self) -> bytes | None: ...
    @property
    def length_m(self) -> SupportsFloat: ...
    @property
    def a(self) -> _Place: ...
    @property
    def z(self) -> _Place: ...


PRIVATE_FIELDS = {
    "attachments.name": "owners of fibre and duct, staff",
    "attachments.content": "owners of fibre and duct, staff",
    "contributions.decision_note": "its member, staff",
    "contributions.note": "its member, staff",
    "contributions.refused_plant": "its member, staff",
    "evidence_steps.note": "owners of fibre and duct, staff",
    "exact_views.place": "owners of the plant, auditor",
    "fibre_pairs.state": "owners of fibre and duct, contributor, staff; how many are offered and free, all",
    "leases.reference": "its member, staff",
    "leases.decision_note": "its member, staff",
    "quotes.reference": "its member, staff",
    "register_entries.notes": "its member, staff",
    "register_entries.party": "its member, staff",
    "register_entries.title": "its member, staff",
    "sites.foi_reason": "owner or contributor, staff",
    "spans.foi_reason": "owners of fibre and duct, contributor, staff",
    "traces.events": "owners of fibre and duct, staff",
    "withdrawals.reason": "its member, staff",
}
"""Every column about plant that is not for all members, and whom it is for; "staff" as each one's role allows."""


class Reason(StrEnum):
    """Why somebody sees plant exactly; the strongest first."""

    OWNER = "owner"
    LEASE = "lease"
    QUOTE = "quote"
    STAFF = "staff"


@dataclass(slots=True)
class Shown:
    """What of others' plant was shown exactly, and why, by the numbers (`id`) of spans and sites."""

    spans: dict[int, Reason] = field(default_factory=dict)
    sites: dict[int, Reason] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody sees exactly, and why, by the numbers (`id`) of spans and sites; all else at the tier `otherwise`.

    `everything`: why all plant is seen exactly, if it is. Confidential plant is shown at the public tier to whoever
    does not see it exactly. `shown` fills with what `position` and `line` give out exactly, own plant aside: the log of
    exact views is made of it.
    """

    otherwise: Tier = Tier.PUBLIC
    spans: Mapping[int, Reason] = field(default_factory=dict)
    sites: Mapping[int, Reason] = field(default_factory=dict)
    everything: Reason | None = None
    shown: Shown = field(default_factory=Shown)

    def why_site(self, site: _Asset) -> Reason | None:
        """Return why a site is seen exactly; None: it is not."""
        return self.sites.get(site.id, self.everything)

    def why_span(self, span: _Asset) -> Reason | None:
        """Return why a span is seen exactly; None: it is not."""
        return self.spans.get(span.id, self.everything)

    def tier_of_site(self, site: _Asset) -> Tier:
        """Return the tier at which a site is shown."""
        return self._tier(self.why_site(site), [site])

    def tier_of_span(self, span: _Line) -> Tier:
        """Return the tier at which a span is shown: it is as confidential as its ends, which must be loaded."""
        return self._tier(self.why_span(span), [span, span.a, span.z])

    def position(self, site: _Place) -> Position:
        """Return where a site is shown."""
        self._note(site.id, self.why_site(site), self.shown.sites)
        return disclosed_position((site.longitude, site.latitude), self.tier_of_site(site))

    def grid_reference(self, site: _Place) -> str:
        """Return the grid reference of a site as it is shown."""
        self._note(site.id, self.why_site(site), self.shown.sites)
        return disclosed_grid_reference((site.longitude, site.latitude), self.tier_of_site(site))

    def line(self, span: _Line) -> list[Position]:
        """Return how a span is shown, from a to z; its ends must be loaded."""
        self._note(span.id, self.why_span(span), self.shown.spans)
        tier = self.tier_of_span(span)
        if tier is Tier.PARTY and span.geometry is None:
            return [self.position(span.a), self.position(span.z)]  # one's own span may end at another's site
        a, z = ((end.longitude, end.latitude) for end in (span.a, span.z))
        drawn = None if tier is Tier.PUBLIC else span.geometry  # where nobody sees a bend, none need be read
        return disclosed_line(line_of(drawn) if drawn else None, a, z, tier)

    def note_sites(self, sites: Iterable[_Asset]) -> None:
        """Note sites whose whereabouts are given out in other words than `position`'s, to whoever sees them exactly."""
        for site in sites:
            self._note(site.id, self.why_site(site), self.shown.sites)

    def note_spans(self, spans: Iterable[_Asset]) -> None:
        """Note spans whose whereabouts are given out in other words than `line`'s, to whoever sees them exactly."""
        for span in spans:
            self._note(span.id, self.why_span(span), self.shown.spans)

    def length_m(self, span: _Line) -> float:
        """Return a span's length in metres as it is shown: rounded only for those who are not members."""
        return disclosed_length_m(float(span.length_m), Tier.PARTY if self.why_span(span) else self.otherwise)

    def _tier(self, why: Reason | None, assets: Sequence[_Asset]) -> Tier:
        if why is not None:
            return Tier.PARTY
        return Tier.PUBLIC if any(asset.foi_label is FoiLabel.CONFIDENTIAL for asset in assets) else self.otherwise

    @staticmethod
    def _note(number: int, why: Reason | None, shown: dict[int, Reason]) -> None:
        if why is not None and why is not Reason.OWNER:
            shown[number] = why


PUBLIC_SIGHT = Sight()
"""Of whoever has not signed in."""
