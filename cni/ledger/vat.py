"""Value added tax: which rate, and how many pence. Pure.

What the co-op sells (dark fibre, rack space) and what contributors earn of it are supplies at the standard rate;
transmission-only services stand outside the reverse charge on wholesale telecommunications. The rate is the one in
force at the tax point: for a continuous supply billed in arrears and paid afterwards, the day of the invoice.

Source: VAT Act 1994 s.2(1) and s.55A; VAT Regulations 1995 reg. 90; HMRC Notice 700 §17.5 (rounding).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from cni.primitives.money import percent_of

STANDARD_RATES: tuple[tuple[date, Decimal], ...] = (
    (date(1991, 4, 1), Decimal("17.5")),
    (date(2008, 12, 1), Decimal("15")),
    (date(2010, 1, 1), Decimal("17.5")),
    (date(2011, 1, 4), Decimal("20")),
)
"""The standard rate of the United Kingdom in per cent, from a day on, oldest first."""


class VatCategory(StrEnum):
    """How a supply is taxed, by the codes of EN 16931 (UNCL 5305)."""

    OUTSIDE = "O"
    STANDARD = "S"


@dataclass(frozen=True, slots=True)
class Vat:
    """The tax on a net amount: its category, rate in per cent and whole pence."""

    category: VatCategory
    percent: Decimal
    pence: int


def standard_rate(on: date) -> Decimal:
    """Return the standard rate in per cent at a tax point.

    Raises:
        ValueError: the day is before the table begins.

    >>> standard_rate(date(2026, 11, 1))
    Decimal('20')
    """
    rates = [percent for from_on, percent in STANDARD_RATES if from_on <= on]
    if not rates:
        raise ValueError(f"no standard rate of VAT is known for {on}")
    return rates[-1]


def vat_on(net_pence: int, tax_point: date, *, registered: bool) -> Vat:
    """Return the tax on what a supplier charges, half-up on the whole document; none where they are not registered.

    Source: rules to the penny, rule 16.
    """
    if not registered:
        return Vat(VatCategory.OUTSIDE, Decimal(0), 0)
    percent = standard_rate(tax_point)
    return Vat(VatCategory.STANDARD, percent, percent_of(net_pence, percent))
