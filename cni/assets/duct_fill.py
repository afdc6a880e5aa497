"""How full a duct is, by the areas of what lies in it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

PLANNED_PERCENT = 40
"""A duct fuller than this is hard to pull more into."""

FULL_PERCENT = 50
"""A duct fuller than this is over-filled: what lies in it may not come out undamaged."""


@dataclass(frozen=True, slots=True)
class DuctFill:
    """How full a duct is, in percent of its bore's area; `left_mm` the diameter of one more cable that still fits.

    `unknown` counts the cables whose diameter nobody has said, which are not in it.
    """

    percent: Decimal
    left_mm: Decimal
    unknown: int

    @property
    def is_tight(self) -> bool:
        """Whether it is fuller than planned, and not over-filled."""
        return PLANNED_PERCENT < self.percent <= FULL_PERCENT

    @property
    def is_overfilled(self) -> bool:
        """Whether more lies in it than should."""
        return self.percent > FULL_PERCENT


def cables_of(origins: Mapping[str, Collection[str]]) -> list[list[str]]:
    """Return spans, by code, in groups of one cable each: a cable that is split at a site stays one along its duct.

    `origins` has for each span all in whose place it stands; those that came of one span are parts of one cable.
    """
    cables: list[tuple[set[str], list[str]]] = []
    for code, came_of in origins.items():
        names, parts = {code, *came_of}, [code]
        for cable in [cable for cable in cables if cable[0] & names]:
            cables.remove(cable)
            names, parts = cable[0] | names, cable[1] + parts
        cables.append((names, parts))
    return [parts for _, parts in cables]


def fill_of(bore_mm: Decimal, diameters_mm: Collection[Decimal | None]) -> DuctFill:
    """Return how full a duct of this bore is with cables and sub-ducts of these outer diameters, None: not known.

    The limits of 40 and 50 % are the co-op's own, for pulling and blowing into ducts with several cables.
    Source: sum of (diameter / bore)², the share of areas that ANSI/TIA-569 counts fill by.
    """
    known = [diameter for diameter in diameters_mm if diameter is not None]
    used = sum((diameter**2 for diameter in known), Decimal(0))
    room = max(Decimal(0), bore_mm**2 * PLANNED_PERCENT / 100 - used)
    percent = (100 * used / bore_mm**2).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return DuctFill(percent, room.sqrt().quantize(Decimal("0.1")), len(diameters_mm) - len(known))
