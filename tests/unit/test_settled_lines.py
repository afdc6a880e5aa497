"""A lease's lines as they are settled: what of each margin goes to the reserve, worked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from cni.leases.billing import BillingFacts
from cni.leases.charging import BillableLease, SpanUse
from cni.leases.pricing import Dated, FeePolicy, History, TariffPrices, always
from cni.leases.workings import Billed
from cni.ledger.lines import SettledLine, totals_of
from cni.operations.settling import _settled_lines
from cni.primitives.period import Month, Period

START = date(2026, 1, 1)
POLICY = FeePolicy(Decimal(75), Decimal(10), Decimal(15), Decimal(30))
TARIFF = TariffPrices("2026", START, "GM-1", {"connection": 1_003, "splice": 1_003}, {})
SPANS = (SpanUse("S1", 5, 1, "fenby"), SpanUse("S2", 5, 1, "garth"))


def settled(lease: BillableLease, policies: History[FeePolicy]) -> list[SettledLine]:
    facts = BillingFacts((), policies, {owner: [Period(date.min)] for owner in ("fenby", "garth")})
    billed = Billed(lease, "1 fibre pair, A to B", TARIFF, counts={"connection": 1, "splice": 1})
    return list(_settled_lines(billed, Month(2026, 1), facts))


def test_rule_9_the_reserve_is_rounded_once_for_each_segment_and_not_for_each_line() -> None:
    # a penny a day, cut after 5 days, over two spans: segments of 5 and 26: reserve 0.5 → 1 and 2.6 → 3;
    # margins 1.25 → 1 and 6.5 → 7; running costs 0 and 4. Over all 31 at once the reserve would be 3.
    pairs = (Dated(START, 1), Dated(date(2026, 1, 6), 2))
    lease = BillableLease("LSE-1", "ullock", START, None, START, always(365), pairs, always(SPANS))
    lines = settled(lease, always(POLICY))
    by_segment = {start: [line for line in lines if line.starts_on == start] for start in (START, date(2026, 1, 6))}

    assert [totals_of(segment).reserve_pence for segment in by_segment.values()] == [1, 3]
    assert [totals_of(segment).running_costs_pence for segment in by_segment.values()] == [0, 4]
    assert all(0 <= line.reserve_pence <= line.margin_pence for line in lines)
    assert [{line.working["segment_pence"] for line in segment} for segment in by_segment.values()] == [{5}, {26}]


def test_rule_9_the_margin_of_a_one_off_charge_is_split_by_the_policy_of_its_day() -> None:
    # 1,003 and 1,003, each: reserve 20 % = 200.6 → 201, the rest 802; both at once would give 401
    one_off = {"connection": 1_003, "splice": 1_003}
    lease = BillableLease("LSE-1", "ullock", START, None, START, always(0), always(1), always(SPANS), one_off)
    newer = FeePolicy(Decimal(60), Decimal(20), Decimal(20), Decimal(30))
    lines = settled(lease, (Dated(date(2025, 1, 1), POLICY), Dated(START, newer)))

    assert [(line.code, line.reserve_pence) for line in lines] == [("connection", 201), ("splice", 201)]
    assert (totals_of(lines).reserve_pence, totals_of(lines).running_costs_pence) == (402, 1_604)
