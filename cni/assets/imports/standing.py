"""What stands already beside what is brought, and in the words of a file's rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from cni.assets.checks import KnownPlant
from cni.assets.drafts import SiteDraft, SpanDraft


@dataclass(frozen=True, slots=True)
class Held:
    """What leases hold of a span's fibre pairs, by number.

    `now`: the pairs held by leases and firm requests that are not over; `ever`: the highest that any lease ever held.
    """

    now: frozenset[int]
    ever: int


@dataclass(frozen=True, slots=True)
class NotLive:
    """Plant that is proposed by the contribution `reference`; or that left on a day."""

    reference: str
    left_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What stands that a file may speak of; keys are casefolded ids.

    `known`: what rows may name. `sites` and `spans`: what the file's own ids are already. `not_live_…`: plant that
    is not live. `others_…`: ids of plant, live or not, that is not the proposer's (a member's slug; None: all
    is the actor's). `held`: what leases hold. `joins`: the two ends of each live span. `site_names`: as ids are
    written. `leased_ends`: sites where a leased span ends.
    """

    known: KnownPlant
    sites: Mapping[str, SiteDraft] = field(default_factory=dict)
    spans: Mapping[str, SpanDraft] = field(default_factory=dict)
    site_names: frozenset[str] = frozenset()
    not_live_sites: Mapping[str, NotLive] = field(default_factory=dict)
    not_live_spans: Mapping[str, NotLive] = field(default_factory=dict)
    others_sites: frozenset[str] = frozenset()
    others_spans: frozenset[str] = frozenset()
    held: Mapping[str, Held] = field(default_factory=dict)
    leased_ends: frozenset[str] = frozenset()
    joins: tuple[tuple[str, str], ...] = ()
    proposer: str | None = None


def row_of_site(site: SiteDraft) -> dict[str, str]:
    """Return a site as the cells of a row say it."""
    longitude, latitude = site.position
    return {
        "name": site.name, "kind": site.kind.value, "owner": site.owner or "",
        "latitude": repr(latitude), "longitude": repr(longitude),
    }  # fmt: skip


def row_of_span(span: SpanDraft) -> dict[str, str]:
    """Return a span as the cells of a row say it, its line left out."""
    return {
        "a": span.a, "z": span.z, "length_m": str(span.length_m), "length_basis": span.length_basis.value,
        "fibre_owner": span.fibre_owner, "duct_owner": span.duct_owner or "", "fibres": str(span.fibres),
        "reserved_pairs": str(span.reserved_pairs), "offered_pairs": str(span.offered_pairs),
        "risks": ";".join(span.risks),
    }  # fmt: skip
