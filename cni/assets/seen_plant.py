"""The live plant as it goes out of the house: what a sight shows of each site and span, and where.

`PlantRecords` is the plant as it stands at a revision, exact. `SeenPlant` is what somebody may see of it: whoever gives
plant out (as features, tiles or files) takes it from there and never from the records. What lies in a box is asked of
the geometry that is shown: a box is no means to find out more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from cni.assets.disclosure import EXACT_DECIMALS, Reason, Sight, Tier
from cni.assets.words import FoiLabel, LengthBasis, RiskKind, SiteKind

Objects = NDArray[np.object_]
Numbers = NDArray[np.int64]

IMPORTANCE = (
    SiteKind.DATA_CENTRE,
    SiteKind.EXCHANGE,
    SiteKind.BUILDING_ENTRY,
    SiteKind.MAST,
    SiteKind.CABINET,
    SiteKind.CHAMBER,
    SiteKind.STREET_FURNITURE,
)
"""Kinds of site, the most important first."""

SITE_FIELDS = ("id", "name", "kind", "owner", "tier")
SPAN_FIELDS = (
    "id",
    "a",
    "z",
    "length_m",
    "length_basis",
    "fibre_owner",
    "duct_owner",
    "offered_pairs",
    "fibres",
    "risks",
    "reserved_pairs",
    "tier",
)


@dataclass(frozen=True, slots=True, eq=False)
class SiteRecord:
    """A live site as it is recorded; `owner` is a slug."""

    id: int
    code: str
    name: str
    kind: SiteKind
    longitude: float
    latitude: float
    owner: str | None
    foi_label: FoiLabel


@dataclass(frozen=True, slots=True, eq=False)
class SpanRecord:
    """A live span as it is recorded. `holders`: numbers of the members that own fibre or duct, or proposed it."""

    id: int
    code: str
    a: SiteRecord
    z: SiteRecord
    geometry: bytes | None
    length_m: float
    length_basis: LengthBasis
    fibre_owner: str
    duct_owner: str | None
    fibres: int
    offered_pairs: int
    reserved_pairs: int
    risks: tuple[str, ...]
    holders: frozenset[int]
    foi_label: FoiLabel


@dataclass(frozen=True, eq=False)
class PlantRecords:
    """The live plant at a revision, by code; `owners` and `risks` are names by slug and by code."""

    revision: str
    sites: list[SiteRecord]
    spans: list[SpanRecord]
    owners: Mapping[str, str]
    risks: Mapping[str, tuple[str, RiskKind]]


@dataclass(frozen=True, slots=True)
class Eyes:
    """Who looks, as far as it makes a difference: a sight without its reasons, and whose plant is one's own.

    `spans` and `sites` are the numbers (`id`) of what is seen exactly, and all else is seen at the tier `otherwise`;
    `everything`: all plant exactly. `member_id` None: nothing is one's own.
    """

    otherwise: Tier = Tier.PUBLIC
    spans: frozenset[int] = frozenset()
    sites: frozenset[int] = frozenset()
    everything: bool = False
    member_id: int | None = None

    @classmethod
    def of(cls, sight: Sight, member_id: int | None) -> Eyes:
        """Return the eyes of a member with this sight."""
        exact = frozenset(sight.spans), frozenset(sight.sites)
        return cls(sight.otherwise, *exact, sight.everything is not None, member_id)

    @property
    def sight(self) -> Sight:
        """A sight that shows the same; what it shows is noted nowhere, so that whoever gives it out must do so."""
        spans, sites = (dict.fromkeys(numbers, Reason.OWNER) for numbers in (self.spans, self.sites))
        return Sight(self.otherwise, spans, sites, Reason.OWNER if self.everything else None)

    @property
    def of_many(self) -> Eyes:
        """The eyes of all who see nothing more exactly than others of their tier do."""
        return Eyes(self.otherwise, everything=self.everything)

    @property
    def tier(self) -> Tier:
        """The tier of all that has none of its own."""
        return Tier.PARTY if self.everything else self.otherwise


PUBLIC_EYES = Eyes()
EYES_OF_MANY = (PUBLIC_EYES, Eyes(Tier.MEMBERS), Eyes(Tier.MEMBERS, everything=True))
"""Of the public, of members and of staff; whoever sees some plant more exactly looks through those of their tier."""


class SeenPlant:
    """The plant as some eyes see it: points of sites, lines of spans (WGS84 degrees) and lengths in metres, by code."""

    def __init__(
        self, records: PlantRecords, eyes: Eyes, sites: Objects, spans: Objects, lengths_m: list[float]
    ) -> None:
        self.records, self.eyes = records, eyes
        self.sites, self.spans, self.lengths_m = sites, spans, lengths_m
        self._sight = eyes.sight

    @classmethod
    def of(cls, records: PlantRecords, eyes: Eyes) -> SeenPlant:
        """Return the plant as these eyes see it."""
        sight = eyes.sight
        sites = np.array([sight.position(site) for site in records.sites], dtype=float).reshape(-1, 2)
        lines = [sight.line(span) for span in records.spans]
        numbers = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
        positions = np.array([position for line in lines for position in line], dtype=float).reshape(-1, 2)
        spans = shapely.linestrings(_rounded(positions), indices=numbers) if lines else np.array([], dtype=object)
        lengths = [sight.length_m(span) for span in records.spans]
        return cls(records, eyes, shapely.points(_rounded(sites)), spans, lengths)

    def through(self, eyes: Eyes) -> SeenPlant:
        """Return the plant as eyes of the same tier see it that see some of it exactly."""
        if not (eyes.sites or eyes.spans):
            same = SeenPlant(self.records, eyes, self.sites, self.spans, self.lengths_m)
            same.site_tree, same.span_tree = self.site_tree, self.span_tree
            return same
        sight, records = eyes.sight, self.records
        sites, spans, lengths = self.sites.copy(), self.spans.copy(), list(self.lengths_m)
        for number in (n for n, site in enumerate(records.sites) if site.id in eyes.sites):
            sites[number] = shapely.Point(_rounded(np.array(sight.position(records.sites[number]))))
        for number in (n for n, span in enumerate(records.spans) if span.id in eyes.spans):
            spans[number] = shapely.LineString(_rounded(np.array(sight.line(records.spans[number]))))
            lengths[number] = sight.length_m(records.spans[number])
        return SeenPlant(records, eyes, sites, spans, lengths)

    def note(self, sight: Sight, sites: Iterable[int] = (), spans: Iterable[int] = ()) -> None:
        """Note in the sight of whoever looks what of others' plant is given out exactly, by numbers in these lists."""
        sight.note_sites(self.records.sites[number] for number in sites)
        sight.note_spans(self.records.spans[number] for number in spans)

    @cached_property
    def site_tree(self) -> STRtree:
        """The sites, to be asked for what lies where."""
        return STRtree(self.sites)

    @cached_property
    def span_tree(self) -> STRtree:
        """The spans, to be asked for what lies where."""
        return STRtree(self.spans)

    @cached_property
    def fibre_owners(self) -> list[tuple[str, str]]:
        """Slug and name of everyone who owns fibre, by name."""
        slugs = {span.fibre_owner for span in self.records.spans}
        return sorted(((slug, self.records.owners[slug]) for slug in slugs), key=lambda owner: owner[::-1])

    @cached_property
    def site_ranks(self) -> Numbers:
        """The place of each site among them all, the most important kind first."""
        return _ranks([IMPORTANCE.index(site.kind) for site in self.records.sites])

    @cached_property
    def span_ranks(self) -> Numbers:
        """The place of each span among them all, the longest first."""
        return _ranks([-length_m for length_m in self.lengths_m])

    @cached_property
    def site_numbers(self) -> Mapping[str, int]:
        """Where each site stands in the list, by its code in lower case."""
        return {site.code.lower(): number for number, site in enumerate(self.records.sites)}

    @cached_property
    def span_numbers(self) -> Mapping[str, int]:
        """Where each span stands in the list, by its code in lower case."""
        return {span.code.lower(): number for number, span in enumerate(self.records.spans)}

    def site_facts(self, number: int) -> dict[str, Any]:
        """Return what is told of a site, by `SITE_FIELDS`."""
        site = self.records.sites[number]
        tier = self._sight.tier_of_site(site)
        return dict(zip(SITE_FIELDS, (site.code, site.name, site.kind.value, site.owner, tier.value), strict=True))

    def span_facts(self, number: int) -> dict[str, Any]:
        """Return what is told of a span, by `SPAN_FIELDS`; None: it is not told to these eyes.

        Strands and risk groups are told to members, the reserved pairs to those whose span it is and to staff.
        """
        span = self.records.spans[number]
        tier = self._sight.tier_of_span(span)
        is_own = self.eyes.everything or self.eyes.member_id in span.holders
        is_member = self.eyes.tier is not Tier.PUBLIC
        told = (
            *(span.code, span.a.code, span.z.code, self.lengths_m[number], span.length_basis.value),
            *(span.fibre_owner, span.duct_owner or span.fibre_owner, span.offered_pairs),
            span.fibres if is_member else None,
            ";".join(span.risks) if is_member else None,
            span.reserved_pairs if is_own else None,
            tier.value,
        )
        return dict(zip(SPAN_FIELDS, told, strict=True))


def within(tree: STRtree, box: BaseGeometry) -> Numbers:
    """Return the numbers of what meets a box, in order."""
    return np.sort(tree.query(box, predicate="intersects")).astype(np.int64)


def _ranks(values: list[float]) -> Numbers:
    """Return the place of each value among them all, the least first, equal ones in the order of the list."""
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[np.argsort(values, kind="stable")] = np.arange(len(values))
    return ranks


def _rounded(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.round(positions, EXACT_DECIMALS)
