"""Money: whole pence, exact fractions in between, one rounding rule.

Amounts are `int` pence everywhere; a price on its way to a penny is a `Fraction`, never a float.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def half_up(amount: Fraction | int) -> int:
    """Return the nearest whole penny, halves away from zero.

    Source: rules to the penny, rule 4; HMRC Notice 700 §17.5 (0.5 and above is rounded up).

    >>> half_up(Fraction(5, 2)), half_up(Fraction(-5, 2)), half_up(Fraction(249, 100))
    (3, -3, 2)
    """
    exact = Fraction(amount)
    magnitude = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return magnitude if exact >= 0 else -magnitude


def percent_of(amount_pence: int, percent: Decimal | int) -> int:
    """Return `percent` per cent of an amount of pence, half-up.

    >>> percent_of(1001, 20), percent_of(10, Decimal("12.5"))
    (200, 1)
    """
    return half_up(amount_pence * Fraction(percent) / 100)


def share_by_largest_remainder(total_pence: int, weights: Mapping[Key, int | Fraction]) -> dict[Key, int]:
    """Return `total_pence` shared in proportion to `weights`, adding up exactly.

    Each share is its quota cut to a whole penny; the pennies left over go to the largest remainders, equal ones to the
    key that comes first in `weights`. Keys keep their order. Where all weights are zero each counts as one.
    A negative total is shared as its positive and turned about, so that a reversal mirrors what it reverses.

    Raises:
        ValueError: a weight is negative, or there is something to share and nobody to share it.
    Source: rules to the penny, rules 8 to 10.

    >>> share_by_largest_remainder(100, {"A": 1, "B": 1, "C": 1})
    {'A': 34, 'B': 33, 'C': 33}
    """
    if any(weight < 0 for weight in weights.values()):
        raise ValueError("a weight is negative")
    if not weights:
        if total_pence:
            raise ValueError(f"{total_pence} pence and nobody to share them")
        return {}
    if total_pence < 0:
        return {key: -share for key, share in share_by_largest_remainder(-total_pence, weights).items()}
    if not any(weights.values()):
        weights = dict.fromkeys(weights, 1)
    whole = sum(weights.values())
    quotas = {key: Fraction(total_pence * weight) / whole for key, weight in weights.items()}
    shares = {key: quota.numerator // quota.denominator for key, quota in quotas.items()}
    left_over = total_pence - sum(shares.values())
    # sorted() is stable: of equal remainders the key that stands first in `weights` is served first.
    for key in sorted(quotas, key=lambda key: shares[key] - quotas[key])[:left_over]:
        shares[key] += 1
    return shares


def pounds(pence: int) -> str:
    """Return an amount as people write it.

    >>> pounds(123456), pounds(-5)
    ('£1,234.56', '−£0.05')
    """
    sign = "−" if pence < 0 else ""
    return f"{sign}£{abs(pence) // 100:,}.{abs(pence) % 100:02d}"
