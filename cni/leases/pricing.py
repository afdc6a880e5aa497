"""What a lease costs: the tariff in force, the price of a year with its working, one-off charges, the fee policy.

No function here takes a member: equal terms hold because there is nobody to tell apart. Amounts are whole pence,
percentages are `Decimal`, everything in between is an exact fraction.

Source: rules to the penny, charging and sharing, rules 5, 6, 9, 11 and 12.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Generic, Protocol, TypeAlias, TypeVar

from cni.primitives.errors import Invalid, Problem, refuse_if_any
from cni.primitives.money import half_up

Value = TypeVar("Value")
Value_co = TypeVar("Value_co", covariant=True)

ENDS_PER_ROUTE = 2
MONTHS_PER_YEAR = 12


@dataclass(frozen=True, slots=True)
class Dated(Generic[Value_co]):
    """A value that holds from a day, that day included, until the next one takes its place."""

    from_on: date
    value: Value_co


History: TypeAlias = Sequence[Dated[Value]]
"""Dated values, in any order of their days; of two from the same day the one that stands later counts."""


def always(value: Value) -> tuple[Dated[Value]]:
    """Return the history of a value that never changes."""
    return (Dated(date.min, value),)


def in_force(history: History[Value], on: date) -> Value:
    """Return the value in force on a day; before the first one the first counts.

    Raises:
        ValueError: the history is empty.
    """
    if not history:
        raise ValueError("a history needs at least one value")
    oldest_first = sorted(history, key=lambda dated: dated.from_on)
    begun = bisect_right(oldest_first, on, key=lambda dated: dated.from_on)
    return oldest_first[max(begun - 1, 0)].value


@dataclass(frozen=True, slots=True)
class TariffPrices:
    """One published version of the tariff.

    `pence` maps a tariff line's code (`pair_metre_year`, `minimum`, `connection`, `splice`, `rack_quarter` …) to whole
    pence per unit of that line; `term_percent` maps each term on offer, in months, to its factor in per cent.

    Raises:
        Invalid: a price or a factor is negative.
    """

    name: str
    effective_from: date
    resolution: str
    pence: Mapping[str, int]
    term_percent: Mapping[int, Decimal]

    def __post_init__(self) -> None:
        refuse_if_any(self._problems())

    def pence_for(self, code: str) -> int:
        """Return the pence of a tariff line.

        Raises:
            Invalid: the tariff has no such line; a price of nothing must be published like any other.
        """
        if code not in self.pence:
            message = f"Tariff {self.name} has no line {code}."
            remedy = "Publish a tariff with that line, at £0.00 if it is free."
            raise Invalid.from_problems([Problem("tariff_line_missing", message, remedy, code)])
        return self.pence[code]

    def _problems(self) -> Iterator[Problem]:
        amounts: dict[str, int | Decimal] = dict(self.pence)
        amounts |= {f"term_factor {term}": percent for term, percent in self.term_percent.items()}
        for code, amount in amounts.items():
            if amount < 0:
                message = f"{code} is {amount}: a price cannot be negative."
                yield Problem("negative_price", message, "Give an amount of zero or more.", code)


@dataclass(frozen=True, slots=True)
class FeePolicy:
    """How a charge is divided: the contributor's fee, and the margin that feeds the reserve and the running costs.

    All in per cent. The first three add up to 100; `duct_share_percent` is the part of a span's charge that goes to
    the owner of the duct, where another body owns the fibre.

    Raises:
        Invalid: a percentage lies outside 0 to 100, or the first three do not add up to 100.
    """

    contributor_percent: Decimal
    reserve_percent: Decimal
    running_costs_percent: Decimal
    duct_share_percent: Decimal

    def __post_init__(self) -> None:
        refuse_if_any(self._problems())

    @property
    def margin_percent(self) -> Decimal:
        """What is not the contributor's, in per cent."""
        return 100 - self.contributor_percent

    def _problems(self) -> Iterator[Problem]:
        for name in self.__slots__:
            percent = getattr(self, name)
            if not 0 <= percent <= 100:
                yield Problem("percent_out_of_range", f"{name} is {percent}.", "Give a number from 0 to 100.", name)
        total = self.contributor_percent + self.reserve_percent + self.running_costs_percent
        if total != 100:
            message = f"Contributor, reserve and running costs add up to {total} %, not to 100 %."
            yield Problem("fee_policy_sum", message, "Change them so that they add up to 100.", "fee_policy")


@dataclass(frozen=True, slots=True)
class PriceWorking:
    """The annual price of a lease, step by step.

    `metres` of both routes together; `rate_pence` per pair-metre-year; `computed_pence` is metres × pairs × rate ×
    term %, half-up; the annual price is that or the minimum, whichever is more.
    """

    metres: int
    pairs: int
    rate_pence: int
    term_months: int
    term_percent: Decimal
    computed_pence: int
    minimum_pence: int

    @property
    def annual_pence(self) -> int:
        """The annual price *A*, in pence."""
        return max(self.minimum_pence, self.computed_pence)

    @property
    def minimum_applies(self) -> bool:
        """Tell whether the minimum, not the metres, makes the price."""
        return self.computed_pence < self.minimum_pence


def annual_price(metres: int, pairs: int, term_months: int, prices: TariffPrices) -> PriceWorking:
    """Return the price of a year for `pairs` fibre pairs over `metres`, with its working.

    `metres` are the billed metres of both routes together: a span that is on both counts twice.

    Raises:
        Invalid: the term is not on offer, fewer than one pair is asked for, or a tariff line is missing.
    Source: rules to the penny, rule 5.
    """
    refuse_if_any(price_problems(pairs, term_months, prices))
    rate_pence, term_percent = prices.pence_for("pair_metre_year"), prices.term_percent[term_months]
    exact = metres * pairs * rate_pence * Fraction(term_percent) / 100
    return PriceWorking(
        metres=metres,
        pairs=pairs,
        rate_pence=rate_pence,
        term_months=term_months,
        term_percent=term_percent,
        computed_pence=half_up(exact),
        minimum_pence=prices.pence_for("minimum"),
    )


def annual_rack_price(code: str, prices: TariffPrices) -> int:
    """Return the pence of a year for a line priced by the month, such as `rack_half` or `cross_connect_month`.

    Raises:
        Invalid: the tariff has no such line.
    Source: rules to the penny, rule 12.
    """
    # Reading: no minimum and no term factor; rule 12 makes monthly × 12 the annual price and borrows only 3 and 4.
    return prices.pence_for(code) * MONTHS_PER_YEAR


def one_off_charges(route_count: int, intermediate_sites: int, prices: TariffPrices) -> dict[str, int]:
    """Return the pence charged once when billing starts, by tariff code: connection and splice.

    `intermediate_sites` are those between the ends, added up over the routes: a site on both routes counts twice, for
    it is spliced twice. The number of pairs makes no difference.

    Raises:
        Invalid: a tariff line is missing.
    Source: rules to the penny, rule 11.
    """
    return {
        "connection": prices.pence_for("connection") * ENDS_PER_ROUTE * route_count,
        "splice": prices.pence_for("splice") * intermediate_sites,
    }


def billed_metres(length_m: Decimal) -> int:
    """Return the whole metres that a span of `length_m` metres counts for, in price and sharing: half up.

    Source: rules to the penny, rule 6.

    >>> billed_metres(Decimal("1200.5")), billed_metres(Decimal("1200.49"))
    (1201, 1200)
    """
    return half_up(Fraction(length_m))


class Published(Protocol):
    """A version of the tariff, as its prices or as its row."""

    @property
    def effective_from(self) -> date:
        """The day from which it holds."""


Tariff = TypeVar("Tariff", bound=Published)


def tariff_in_force(tariffs: Iterable[Tariff], on: date) -> Tariff:
    """Return the tariff in force on a day.

    Raises:
        Invalid: there is no tariff at all.
    Source: rules to the penny, rule 5.
    """
    versions = [Dated(tariff.effective_from, tariff) for tariff in tariffs]
    if not versions:
        remedy = "Ask the treasurer to publish one."
        raise Invalid.from_problems([Problem("no_tariff", "There is no tariff yet.", remedy)])
    # Reading: before the first version the first counts, as for the fee policy that comes in the same file. A co-op
    # that loads leases older than its first tariff here must still be able to charge them, and not for nothing.
    return in_force(versions, on)


def price_problems(pairs: int, term_months: int, prices: TariffPrices) -> Iterator[Problem]:
    """Yield what keeps these pairs and this term from being priced by this tariff."""
    if pairs < 1:
        yield Problem("too_few_pairs", f"{pairs} fibre pairs cannot be leased.", "Ask for one pair or more.", "pairs")
    if term_months not in prices.term_percent:
        terms = ", ".join(str(term) for term in sorted(prices.term_percent))
        message = f"A term of {term_months} months is not on offer in tariff {prices.name}."
        yield Problem("term_not_offered", message, f"Choose one of these terms, in months: {terms}.", "term_months")
