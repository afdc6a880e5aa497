"""The charge lines of a month, their totals, their digest, and how two versions of a month differ. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from cni.ledger.chain import canonical_json, sha256_of
from cni.primitives.period import Month

LineKey: TypeAlias = tuple[str, str | None, str | None, str | None]
"""Lease, span, contributor, code."""


@dataclass(frozen=True, slots=True)
class SettledLine:
    """One line of a month: what a user owes for a lease and a span, what a contributor earns, what the co-op keeps.

    `starts_on` is the first day charged, `ends_on` the first day not charged. `reserve_pence` is the part of the margin
    that goes to the reserve. `working` says how the amounts came about, as plain JSON values without fractions.
    """

    lease: str
    span: str | None
    contributor: str | None
    user: str
    code: str | None
    starts_on: date
    ends_on: date
    days: int
    charge_pence: int
    fee_pence: int
    margin_pence: int
    reserve_pence: int
    working: Mapping[str, Any]

    @property
    def key(self) -> LineKey:
        """What the line is for, whatever its days and amounts."""
        return self.lease, self.span, self.contributor, self.code

    @property
    def about(self) -> str:
        """What was supplied, in words."""
        return str(self.working.get("about", self.lease))

    @property
    def place(self) -> tuple[object, ...]:
        """Where it stands: by lease, first day, span, contributor, code; text by code points, none before any."""
        return self.lease, self.starts_on, self.span or "", self.contributor or "", self.code or ""

    def content(self) -> dict[str, Any]:
        """Return it as the digest sees it."""
        values = {name: getattr(self, name) for name in SettledLine.__slots__}
        return values | {"starts_on": self.starts_on.isoformat(), "ends_on": self.ends_on.isoformat()}


@dataclass(frozen=True, slots=True)
class Totals:
    """What all lines add up to, in pence: charge = fee + margin, margin = reserve + running costs."""

    charge_pence: int
    fee_pence: int
    margin_pence: int
    reserve_pence: int
    running_costs_pence: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What a line of an issued month would be today, less what it was when issued, in pence."""

    lease: str
    span: str | None
    contributor: str | None
    code: str | None
    charge_pence: int
    fee_pence: int
    margin_pence: int


def totals_of(lines: Iterable[SettledLine]) -> Totals:
    """Return what lines add up to."""
    charge = fee = margin = reserve = 0
    for line in lines:
        charge += line.charge_pence
        fee += line.fee_pence
        margin += line.margin_pence
        reserve += line.reserve_pence
    return Totals(charge, fee, margin, reserve, margin - reserve)


def digest_of(month: Month, lines: Iterable[SettledLine]) -> str:
    """Return the SHA-256 of a month's lines, in hexadecimal; the order that they come in makes no difference."""
    in_order = sorted(lines, key=lambda line: line.place)
    return sha256_of(canonical_json({"period": str(month), "lines": [line.content() for line in in_order]}))


def differences(issued: Iterable[SettledLine], computed: Iterable[SettledLine]) -> tuple[Difference, ...]:
    """Return how an issued month would differ if it were computed today: only what differs, by lease, span and so on.

    Days are not compared: lines of one lease, span, contributor and code are added up first.
    """
    amounts: defaultdict[LineKey, list[int]] = defaultdict(lambda: [0, 0, 0])
    for sign, lines in ((-1, issued), (1, computed)):
        for line in lines:
            sums = amounts[line.key]
            sums[0] += sign * line.charge_pence
            sums[1] += sign * line.fee_pence
            sums[2] += sign * line.margin_pence
    in_order = sorted(amounts.items(), key=lambda item: tuple(part or "" for part in item[0]))
    return tuple(Difference(*key, *sums) for key, sums in in_order if any(sums))
