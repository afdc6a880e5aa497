"""How a charge line came about, as plain values to be frozen beside it: tariff, price, days, span, policy. Pure.

Whole pence, metres and days are integers, percentages are text, days are written 2026-10-01.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from cni.leases.charging import SUSPENSE, BillableLease, ChargeLine, SpanUse, lease_years
from cni.leases.pricing import FeePolicy, PriceWorking, TariffPrices, in_force
from cni.primitives.period import Period

OPEN_PRICE = ("basis", "code", "rate_pence", "monthly_pence")
"""What of a price is published in the tariff."""
TITLES = {"connection": "Connection", "splice": "Splicing"}


@dataclass(frozen=True, slots=True)
class Billed:
    """A billable lease and how its prices came about.

    `about` says in words what is leased. `price` is the working of the annual price by the tariff, None where it was
    quoted or is a rack's; `rack_code` the tariff line of a rack; `counts` how often each one-off charge is due.
    """

    lease: BillableLease
    about: str
    tariff: TariffPrices
    price: PriceWorking | None = None
    rack_code: str | None = None
    counts: dict[str, int] = field(default_factory=dict)


def working_of(line: ChargeLine, billed: Billed, policy: FeePolicy, segment_pence: int) -> dict[str, Any]:
    """Return the working of a line of `billed`; `segment_pence` is what the lease is charged for those days in all."""
    common = {"tariff": _tariff(billed.tariff), "policy": _policy(policy)}
    if line.code is not None:
        about = f"{TITLES.get(line.code, line.code)}: {billed.about}"
        count = billed.counts[line.code]
        return common | {"about": about, "unit_pence": billed.tariff.pence_for(line.code), "count": count}
    return common | {
        "about": billed.about,
        "price": _price(billed),
        "years": _years(line, billed),
        "segment_pence": segment_pence,
        "share": _share(line, billed),
    }


def working_for_contributor(working: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a line's working its contributor may know: tariff line, own span, policy.

    What the user's lease costs in all, how long it is, when it began and for how long is the user's affair.
    """
    price = {name: working["price"][name] for name in OPEN_PRICE if name in working["price"]}
    share = {name: value for name, value in working["share"].items() if name not in ("weight", "weights")}
    return {"tariff": working["tariff"], "policy": working["policy"], "price": price, "share": share}


def _tariff(tariff: TariffPrices) -> dict[str, Any]:
    return {
        "name": tariff.name,
        "effective_from": tariff.effective_from.isoformat(),
        "resolution": tariff.resolution,
    }


def _policy(policy: FeePolicy) -> dict[str, Any]:
    return {name: _percent(getattr(policy, name)) for name in FeePolicy.__slots__}


def _price(billed: Billed) -> dict[str, Any]:
    """Return how the annual price came about: by the tariff, as quoted, or twelve months of a rack."""
    annual_pence = in_force(billed.lease.annual_pence, date.max)
    if billed.rack_code is not None:
        monthly = billed.tariff.pence_for(billed.rack_code)
        return {"basis": "rack", "code": billed.rack_code, "monthly_pence": monthly, "annual_pence": annual_pence}
    if billed.price is None:
        return {"basis": "quoted", "annual_pence": annual_pence}
    price = billed.price
    return {
        "basis": "tariff",
        "metres": price.metres,
        "pairs": price.pairs,
        "rate_pence": price.rate_pence,
        "term_months": price.term_months,
        "term_percent": _percent(price.term_percent),
        "computed_pence": price.computed_pence,
        "minimum_pence": price.minimum_pence,
        "annual_pence": annual_pence,
    }


def _years(line: ChargeLine, billed: Billed) -> list[dict[str, Any]]:
    """Return the lease years that the line's days lie in, with how many days lie in each."""
    days = Period(line.start, line.end)
    start = billed.lease.billed
    years = lease_years(start.start, days) if start else []
    return [
        {"from": year.start.isoformat(), "to": year.end.isoformat(), "days": year.days, "charged_days": charged.days}
        for year in years
        if (charged := year.overlap(days))
    ]


def _share(line: ChargeLine, billed: Billed) -> dict[str, Any]:
    """Return the span's weight beside that of all spans, and whose it is."""
    uses = in_force(billed.lease.uses, line.start)
    pairs = in_force(billed.lease.pairs, line.start)
    use = next(use for use in uses if use.code == line.span)
    return {
        "metres": use.metres,
        "times": use.times,
        "pairs": pairs,
        "weight": use.metres * use.times * pairs,
        "weights": sum(other.metres * other.times for other in uses) * pairs,
        "fibre_owner": use.fibre_owner,
        "duct_owner": use.duct_owner,
        "earned_as": _earned_as(line, use),
    }


def _earned_as(line: ChargeLine, use: SpanUse) -> str:
    """Return in which part the line's contributor owns the span."""
    if line.contributor == SUSPENSE:
        return "suspense"
    if len(use.owners) == 1:
        return "owner"
    return "fibre" if line.contributor == use.fibre_owner else "duct"


def _percent(percent: Decimal) -> str:
    return f"{percent.normalize():f}"
