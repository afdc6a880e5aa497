"""Any lease comes to the same pennies, charged by the program or by a slow oracle that walks through the days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from math import floor
from operator import attrgetter
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from cni.leases.charging import BillableLease, Entitlement, SpanUse, charge_lines, charged_between, reserve_of
from cni.leases.pricing import Dated, FeePolicy, always, in_force
from cni.primitives.period import Month, Period

Value = TypeVar("Value")
ONE_DAY = timedelta(days=1)
OWNERS = ("ashby", "brough", "corby", "denby")
CODES = ("S10", "S2", "Z", "a", "é")

# What may come


@st.composite
def histories(draw: st.DrawFn, values: st.SearchStrategy[Value], around: date) -> tuple[Dated[Value], ...]:
    """One to three values, in any order, that change on days in and near the month that begins on `around`."""
    offsets = draw(st.lists(st.integers(-40, 34), min_size=1, max_size=3, unique=True))
    return tuple(Dated(around + timedelta(days=offset), draw(values)) for offset in offsets)


@st.composite
def routes(draw: st.DrawFn) -> tuple[SpanUse, ...]:
    codes = draw(st.lists(st.sampled_from(CODES), min_size=1, max_size=4, unique=True))
    return tuple(
        SpanUse(
            code,
            metres=draw(st.sampled_from((0, 1, 2, 7, 450, 1333))),
            times=draw(st.integers(1, 2)),
            fibre_owner=draw(st.sampled_from(OWNERS)),
            duct_owner=draw(st.sampled_from((None, *OWNERS))),
        )
        for code in codes
    )


@st.composite
def fee_policies(draw: st.DrawFn) -> FeePolicy:
    half_percents = st.integers(0, 200)
    contributor = draw(half_percents)
    reserve = draw(st.integers(0, 200 - contributor))
    parts = (contributor, reserve, 200 - contributor - reserve, draw(half_percents))
    return FeePolicy(*(Decimal(part) / 2 for part in parts))


@st.composite
def entitlements(draw: st.DrawFn, around: date) -> Entitlement:
    offsets = st.lists(st.integers(-60, 60), min_size=2, max_size=4, unique=True).map(sorted)
    found: dict[str, list[Period]] = {}
    for owner in draw(st.sets(st.sampled_from(OWNERS))):
        edges = [around + timedelta(days=offset) for offset in draw(offsets)]
        found[owner] = [Period(edges[0], edges[1]), *(Period(edge) for edge in edges[2:3])]
    return found


prices = st.one_of(st.integers(0, 400), st.sampled_from((0, 183, 365, 36_500)), st.integers(0, 5_000_000))
starts = st.one_of(
    st.dates(date(2023, 1, 1), date(2028, 12, 31)), st.sampled_from((date(2024, 2, 29), date(2028, 2, 29)))
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[BillableLease, Period, tuple[Dated[FeePolicy], ...], Entitlement]:
    starts_on = draw(starts)
    months_on = draw(st.sampled_from((0, 0, 1, 2, 11, 12, 13, 24, 36)))
    month = Month.of(starts_on)
    for _ in range(months_on):
        month = month.next()
    around = month.period.start
    accepted_after = draw(st.one_of(st.none(), st.integers(-30, 40)))
    lease = BillableLease(
        reference="LSE-1",
        user="ullock",
        starts_on=starts_on,
        ends_on=draw(st.one_of(st.none(), st.integers(0, 45).map(lambda days: around + timedelta(days=days)))),
        accepted_on=None if accepted_after is None else starts_on + timedelta(days=accepted_after),
        annual_pence=draw(histories(prices, around)),
        pairs=draw(histories(st.integers(1, 2), around)),
        uses=draw(histories(routes(), around)),
        one_off_pence={"connection": draw(st.integers(0, 9)), "splice": draw(st.integers(0, 9))},
    )
    return lease, month.period, draw(histories(fee_policies(), around)), draw(entitlements(around))


# The oracle: day by day, penny by penny, nothing taken from the program but the shapes of its inputs


def value_on(history: Sequence[Dated[Value]], day: date) -> Value:
    chosen = min(history, key=lambda dated: dated.from_on)
    for dated in history:
        if chosen.from_on < dated.from_on <= day:
            chosen = dated
    return chosen.value


def rounded(amount: Fraction) -> int:
    return floor(amount + Fraction(1, 2))


def anniversary(start: date, years: int) -> date:
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return date(start.year + years, 2, 28)


def totals_before(lease: BillableLease, start: date, end: date) -> dict[date, int]:
    """What has been charged since the billing start, before each day up to `end`."""
    totals, day, year, whole_years, this_year = {start: 0}, start, 0, 0, 0
    while day < end:
        this_year += value_on(lease.annual_pence, day)
        day += ONE_DAY
        year_days = (anniversary(start, year + 1) - anniversary(start, year)).days
        totals[day] = whole_years + rounded(Fraction(this_year, year_days))
        if day == anniversary(start, year + 1):
            year, whole_years, this_year = year + 1, totals[day], 0
    return totals


def dealt(pennies: int, weights: Sequence[int | Fraction]) -> list[int]:
    """Deal out the whole parts, then the pennies left over one by one to whoever is owed most, the earliest first."""
    if not any(weights):
        weights = [1] * len(weights)
    owed = [Fraction(pennies) * weight / sum(weights) for weight in weights]
    hands = [floor(amount) for amount in owed]
    while sum(hands) < pennies:
        short = [amount - hand for amount, hand in zip(owed, hands, strict=True)]
        hands[short.index(max(short))] += 1
    return hands


def facts(day: date, lease: BillableLease, policies: Sequence[Dated[FeePolicy]], entitled: Entitlement) -> Any:
    """All that a day's charge hangs on: price, pairs, policy, and each span with its owners and who is paid."""
    spans = []
    uses = value_on(lease.uses, day)
    for use in sorted(uses, key=lambda use: str(use.code)):
        owners = [use.fibre_owner]
        if use.duct_owner and use.duct_owner != use.fibre_owner:
            owners.append(use.duct_owner)
        paid = [
            owner if any(p.start <= day < p.end for p in entitled.get(owner, ())) else "suspense" for owner in owners
        ]
        spans.append((use.code, use.metres * use.times, (use.metres, use.times), owners, paid))
    return value_on(lease.annual_pence, day), value_on(lease.pairs, day), value_on(policies, day), spans


def oracle(
    lease: BillableLease, month: Period, policies: Sequence[Dated[FeePolicy]], entitled: Entitlement
) -> list[tuple[object, ...]]:
    if lease.accepted_on is None:
        return []
    start, end = max(lease.starts_on, lease.accepted_on), lease.ends_on or date.max
    if end < start:
        return []
    month_days = [month.start + timedelta(days=number) for number in range(month.days)]
    charged = {day: facts(day, lease, policies, entitled) for day in month_days if start <= day < end}
    totals = totals_before(lease, start, month.end)
    found: list[tuple[object, ...]] = []
    for first, after in unchanged_runs(charged):
        _, _, policy, spans = charged[first]
        for span, contributor, charge, margin in shared(totals[after] - totals[first], policy, spans):
            found.append((span, contributor, first, after, (after - first).days, charge, charge - margin, margin, None))
    if start in month_days:
        found += [(None, None, start, start, 0, pence, 0, pence, code) for code, pence in lease.one_off_pence.items()]
    return [line for line in found if line[5]]


def unchanged_runs(by_day: dict[date, Any]) -> list[tuple[date, date]]:
    """The first day of each run of days with the same facts, and the day after its last."""
    runs: list[tuple[date, date]] = []
    for day, known in by_day.items():
        if runs and known == by_day[day - ONE_DAY]:
            runs[-1] = (runs[-1][0], day + ONE_DAY)
        else:
            runs.append((day, day + ONE_DAY))
    return runs


def shared(charge: int, policy: FeePolicy, spans: Any) -> list[tuple[str, str, int, int]]:
    margin = rounded(charge * (1 - Fraction(policy.contributor_percent) / 100))
    charges = dealt(charge, [weight for _, weight, _, _, _ in spans])
    margins = dealt(margin, charges)
    duct = Fraction(policy.duct_share_percent)
    found = []
    for (code, _, _, _, paid), span_charge, span_margin in zip(spans, charges, margins, strict=True):
        parts = dealt(span_charge, [100 - duct, duct] if len(paid) == 2 else [1])
        lines = list(zip(paid, parts, dealt(span_margin, parts), strict=True))
        if paid == ["suspense", "suspense"]:
            lines = [("suspense", span_charge, span_margin)]
        found += [(code, contributor, part, part_margin) for contributor, part, part_margin in lines]
    return found


# What must hold


@given(cases())
@settings(max_examples=600, deadline=None)
def test_every_line_is_what_counting_day_by_day_gives(case: Any) -> None:
    figures = attrgetter(
        "span", "contributor", "start", "end", "days", "charge_pence", "fee_pence", "margin_pence", "code"
    )
    found = [figures(line) for line in charge_lines(*case)]
    assert found == oracle(*case)


@given(cases())
@settings(max_examples=300, deadline=None)
def test_charge_is_fee_plus_margin_and_nothing_is_negative(case: Any) -> None:
    lines = charge_lines(*case)
    for line in lines:
        assert line.charge_pence == line.fee_pence + line.margin_pence
        assert min(line.fee_pence, line.margin_pence) >= 0
    for _segment, group in groupby(lines, key=attrgetter("start", "code")):
        segment = list(group)
        reserve_pence = reserve_of(sum(line.charge_pence for line in segment), in_force(case[2], segment[0].start))
        assert 0 <= reserve_pence <= sum(line.margin_pence for line in segment)
    assert len({(line.span, line.contributor, line.start, line.code) for line in lines}) == len(lines)


@given(starts, st.integers(0, 5_000_000), st.integers(0, 5), st.sets(st.integers(1, 365)))
@settings(max_examples=300, deadline=None)
def test_any_split_of_a_lease_year_adds_up_to_the_annual_price(
    start: date, annual_pence: int, year: int, cuts: set[int]
) -> None:
    lease_year = Period(anniversary(start, year), anniversary(start, year + 1))
    pieces = lease_year.cut_at(lease_year.start + timedelta(days=days) for days in cuts)
    assert sum(charged_between(always(annual_pence), start, piece) for piece in pieces) == annual_pence


@given(cases())
@settings(max_examples=300, deadline=None)
def test_the_segments_of_a_period_add_up_to_its_charge(case: Any) -> None:
    lease, month, *_ = case
    by_days = [line.charge_pence for line in charge_lines(*case) if line.code is None]
    days = lease.billed.overlap(month) if lease.billed else None
    whole = charged_between(lease.annual_pence, lease.billed.start, days) if lease.billed and days else 0
    assert sum(by_days) == whole
