"""Plant as it is given: read, not yet registered. Codes, slugs and words as text, checked by `checks`.

`file` and `row` say where it was given, so that a problem can name the place.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from cni.assets.words import LengthBasis, RiskKind, SiteKind
from cni.primitives.geo import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What every draft has: where it was given, and its code (the `id` of the file)."""

    file: str
    row: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDraft(Draft):
    """A place where plant meets or ends; `position` in WGS84."""

    name: str
    kind: SiteKind
    position: Position
    owner: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskDraft(Draft):
    """A risk group."""

    name: str
    kind: RiskKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanDraft(Draft):
    """Fibre cable plant between two sites.

    `geometry` runs from a to z (None: only the ends are known); `length_m` in metres; `duct_owner` None: the owner of
    the fibre owns the duct too; `fibres` counts strands.
    """

    a: str
    z: str
    geometry: tuple[Position, ...] | None
    length_m: Decimal
    length_basis: LengthBasis
    fibre_owner: str
    duct_owner: str | None
    fibres: int
    reserved_pairs: int
    offered_pairs: int
    risks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RackDraft(Draft):
    """A rack at a site: `units` high, `power_kw` in kilowatts."""

    site: str
    owner: str | None
    units: int
    power_kw: Decimal | None


@dataclass(frozen=True, slots=True)
class PlantDrafts:
    """Plant given together, each kind in the order of its file."""

    sites: tuple[SiteDraft, ...] = ()
    risks: tuple[RiskDraft, ...] = ()
    spans: tuple[SpanDraft, ...] = ()
    racks: tuple[RackDraft, ...] = ()


COLUMN_OF = {"code": "id", "position": "latitude"}
"""The column of the file where a draft's field stands, where it has another name."""


def differences(standing: Draft, given: Draft) -> tuple[str, ...]:
    """Return the columns in which a draft differs from what stands; ids and slugs compare without case."""
    return tuple(
        COLUMN_OF.get(field.name, field.name)
        for field in fields(given)
        if field.name not in ("file", "row", "code")
        and _comparable(field.name, getattr(standing, field.name))
        != _comparable(field.name, getattr(given, field.name))
    )


def _comparable(name: str, value: Any) -> Any:
    if name in ("a", "z", "site", "owner", "fibre_owner", "duct_owner"):
        return value and value.casefold()
    if name == "risks":
        return {risk.casefold() for risk in value}
    return value
