"""Charges worked by hand, rule by rule. Most leases here cost 36,500p a year: 100p a day in a year of 365 days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from cni.leases.charging import (
    SUSPENSE,
    BillableLease,
    ChargeLine,
    Entitlement,
    SpanUse,
    billing_start,
    charge_lines,
    charged_between,
    lease_years,
    rack_use,
    reserve_of,
)
from cni.leases.pricing import Dated, FeePolicy, History, always
from cni.primitives.period import Month, Period

START = date(2026, 1, 1)
JANUARY = Month(2026, 1).period
POLICY = FeePolicy(Decimal(75), Decimal(10), Decimal(15), Decimal(30))
POLICIES = always(POLICY)
EVEN_DUCT = replace(POLICY, duct_share_percent=Decimal(50))
EVERYBODY: Entitlement = {owner: [Period(date.min)] for owner in ("fenby", "garth", "holme")}


def day(text: str) -> date:
    return date.fromisoformat(text)


def since(*changes: tuple[str, int]) -> tuple[Dated[int], ...]:
    return tuple(Dated(day(from_on), value) for from_on, value in changes)


def on(*spans: str) -> tuple[SpanUse, ...]:
    """Read "S1 1200 fenby/garth x2": span, metres, fibre owner, duct owner if another, times if more than once."""
    return tuple(_span_use(*span.split()) for span in spans)


def _span_use(code: str, metres: str, owners: str, times: str = "x1") -> SpanUse:
    fibre_owner, _, duct_owner = owners.partition("/")
    return SpanUse(code, int(metres), int(times[1:]), fibre_owner, duct_owner or None)


LEASE = BillableLease("LSE-1", "ullock", START, None, START, always(36_500), always(1), always(on("S1 1000 fenby")))


def lines(
    lease: BillableLease,
    month: Period = JANUARY,
    policies: History[FeePolicy] = POLICIES,
    entitled: Entitlement = EVERYBODY,
) -> tuple[ChargeLine, ...]:
    return charge_lines(lease, month, policies, entitled)


def told(found: Sequence[ChargeLine]) -> list[str]:
    """Write each line as "day–day span contributor charge = fee + margin"."""
    return [
        f"{line.start.day}–{line.end.day} {line.code or line.span} {line.contributor} "
        f"{line.charge_pence} = {line.fee_pence} + {line.margin_pence}"
        for line in found
    ]


# Rule 1


def test_rule_1_the_first_day_is_charged_and_the_end_day_is_not() -> None:
    # 5 to 14 January are 10 days: 10 × 36,500 ÷ 365 = 1,000; margin 25 %
    (line,) = lines(replace(LEASE, starts_on=day("2026-01-05"), ends_on=day("2026-01-15")))
    assert line == ChargeLine(
        "LSE-1", "S1", "fenby", "ullock", day("2026-01-05"), day("2026-01-15"), 10, 1_000, 750, 250, None
    )


def test_rule_1_a_lease_without_an_end_is_charged_to_the_end_of_the_period() -> None:
    assert told(lines(LEASE)) == ["1–1 S1 fenby 3100 = 2325 + 775"]


def test_a_lease_that_ended_before_the_period_owes_nothing() -> None:
    assert lines(replace(LEASE, ends_on=day("2026-02-01")), Month(2026, 2).period) == ()


# Rule 2


def test_rule_2_billing_starts_on_the_later_of_start_and_acceptance() -> None:
    assert billing_start(day("2026-01-05"), day("2026-01-20")) == day("2026-01-20")
    assert billing_start(day("2026-01-20"), day("2026-01-05")) == day("2026-01-20")


def test_rule_2_nothing_is_charged_before_acceptance() -> None:
    lease = replace(LEASE, accepted_on=None, one_off_pence={"connection": 150_000})
    assert billing_start(START, None) is None
    assert lines(lease) == ()


def test_rule_2_the_day_of_acceptance_is_charged() -> None:
    # 20 to 31 January: 12 days
    assert told(lines(replace(LEASE, accepted_on=day("2026-01-20")))) == ["20–1 S1 fenby 1200 = 900 + 300"]


def test_a_lease_called_off_before_its_billing_start_owes_nothing() -> None:
    lease = replace(
        LEASE, starts_on=day("2026-01-20"), ends_on=day("2026-01-10"), one_off_pence={"connection": 150_000}
    )
    assert lines(lease) == ()


# Rule 3


def test_rule_3_29_february_has_its_anniversary_on_28_february_in_common_years() -> None:
    years = lease_years(day("2024-02-29"), Period(day("2024-02-29"), day("2029-01-01")))
    assert [(str(year.start), year.days) for year in years] == [
        ("2024-02-29", 365),
        ("2025-02-28", 365),
        ("2026-02-28", 365),
        ("2027-02-28", 366),
        ("2028-02-29", 365),
    ]


def test_rule_3_a_lease_year_has_366_days_when_a_leap_day_lies_in_it() -> None:
    # 1 March 2027 to 1 March 2028 holds 29 February 2028: 36,600 ÷ 366 = 100 a day, 29 days in that February
    leap = replace(LEASE, starts_on=day("2027-03-01"), annual_pence=always(36_600))
    assert told(lines(leap, Month(2028, 2).period)) == ["1–1 S1 fenby 2900 = 2175 + 725"]
    # the next year has 365 days: 36,600 × 31 ÷ 365 = 3,108.49 → 3,108
    assert charged_between(always(36_600), day("2027-03-01"), Month(2028, 3).period) == 3_108


def test_rule_3_only_years_with_days_in_the_period_are_lease_years_of_it() -> None:
    years = lease_years(day("2024-06-15"), Month(2026, 6).period)
    assert years == [
        Period(day("2025-06-15"), day("2026-06-15")),
        Period(day("2026-06-15"), day("2027-06-15")),
    ]
    # a period that begins on the anniversary has no day of the year before
    assert lease_years(day("2024-06-01"), Month(2026, 6).period) == [Period(day("2026-06-01"), day("2027-06-01"))]
    assert lease_years(day("2026-07-01"), Month(2026, 6).period) == []


# Rule 4


def test_rule_4_charges_are_differences_of_the_rounded_running_total() -> None:
    # A = 1,000 from 15 January: C(17) = 17,000 ÷ 365 = 46.58 → 47; C(45) = 45,000 ÷ 365 = 123.29 → 123; 123 − 47 = 76.
    # February by itself would be 28,000 ÷ 365 = 76.71 → 77.
    start = day("2026-01-15")
    assert charged_between(always(1_000), start, JANUARY) == 47
    assert charged_between(always(1_000), start, Month(2026, 2).period) == 76


def test_rule_4_halves_go_up() -> None:
    # 183 ÷ 366 = 0.5 a day: C = 1, 1, 2, 2 …
    days = [Period(day(f"2028-01-0{number}"), day(f"2028-01-0{number + 1}")) for number in (1, 2, 3, 4)]
    assert [charged_between(always(183), day("2028-01-01"), one) for one in days] == [1, 0, 1, 0]


def test_rule_4_twelve_months_add_up_to_the_annual_price() -> None:
    month, total = Month(2026, 1), 0
    for _ in range(12):
        total += charged_between(always(123_457), START, month.period)
        month = month.next()
    assert total == 123_457


def test_rule_4_a_period_across_an_anniversary_adds_its_two_parts_on_one_line() -> None:
    # A = 1,000 from 15 January 2026. 1–14 January 2027 end the first year: 1,000 − C(351) = 1,000 − 962 (961.64) = 38;
    # 15–31 January begin the second: 17,000 ÷ 365 = 46.58 → 47. Together 85; margin 21.25 → 21.
    lease = replace(LEASE, starts_on=day("2026-01-15"), annual_pence=always(1_000))
    (line,) = lines(lease, Month(2027, 1).period)
    assert (line.days, line.charge_pence, line.fee_pence, line.margin_pence) == (31, 85, 64, 21)


def test_rule_4_a_day_on_hold_counts_nothing() -> None:
    # on hold from 11 to 20 January: 10 × 100 and 11 × 100
    held = replace(LEASE, annual_pence=since(("2026-01-01", 36_500), ("2026-01-11", 0), ("2026-01-21", 36_500)))
    assert told(lines(held)) == ["1–11 S1 fenby 1000 = 750 + 250", "21–1 S1 fenby 1100 = 825 + 275"]


def test_rule_4_a_year_cut_short_keeps_the_days_of_the_whole_year() -> None:
    # 1 January 2028 begins a year of 366 days, though the lease ends before 29 February: 31 × 36,600 ÷ 366 = 3,100
    lease = replace(LEASE, starts_on=day("2028-01-01"), ends_on=day("2028-02-01"), annual_pence=always(36_600))
    assert told(lines(lease, Month(2028, 1).period)) == ["1–1 S1 fenby 3100 = 2325 + 775"]


# Rule 5


def test_rule_5_the_minimum_is_spread_by_days_like_any_price() -> None:
    # 120,000 × 30 ÷ 365 = 9,863.01 → 9,863; margin 2,465.75 → 2,466
    lease = replace(LEASE, starts_on=day("2026-11-01"), annual_pence=always(120_000))
    assert told(lines(lease, Month(2026, 11).period)) == ["1–1 S1 fenby 9863 = 7397 + 2466"]


# Rule 6


def test_rule_6_sharing_goes_by_the_metres_frozen_in_the_lease() -> None:
    # 3,100 × 1 ÷ 3 = 1,033.33 and × 2 ÷ 3 = 2,066.67; a span of no whole metre gets nothing and no line
    lease = replace(LEASE, uses=always(on("S1 100 fenby", "S2 200 garth", "S3 0 holme")))
    assert [(line.span, line.charge_pence) for line in lines(lease)] == [("S1", 1_033), ("S2", 2_067)]


# Rule 7


def test_rule_7_a_new_price_cuts() -> None:
    # 15 × 100 = 1,500; 16 × 200 = 3,200
    lease = replace(LEASE, annual_pence=since(("2026-01-01", 36_500), ("2026-01-16", 73_000)))
    assert told(lines(lease)) == ["1–16 S1 fenby 1500 = 1125 + 375", "16–1 S1 fenby 3200 = 2400 + 800"]


def test_rule_7_new_pairs_cut_even_where_the_minimum_keeps_the_price() -> None:
    lease = replace(LEASE, pairs=since(("2026-01-01", 1), ("2026-01-16", 2)))
    assert told(lines(lease)) == ["1–16 S1 fenby 1500 = 1125 + 375", "16–1 S1 fenby 1600 = 1200 + 400"]


def test_rule_7_a_new_route_cuts() -> None:
    routes = (Dated(START, on("S1 1000 fenby")), Dated(day("2026-01-16"), on("S2 1000 garth")))
    assert told(lines(replace(LEASE, uses=routes))) == [
        "1–16 S1 fenby 1500 = 1125 + 375",
        "16–1 S2 garth 1600 = 1200 + 400",
    ]


def test_rule_7_a_new_owner_cuts() -> None:
    owners = (Dated(START, on("S1 1000 fenby")), Dated(day("2026-01-16"), on("S1 1000 garth")))
    assert told(lines(replace(LEASE, uses=owners))) == [
        "1–16 S1 fenby 1500 = 1125 + 375",
        "16–1 S1 garth 1600 = 1200 + 400",
    ]


def test_rule_7_a_new_fee_policy_cuts() -> None:
    # 1,600 × (100 − 60) % = 640
    newer = FeePolicy(Decimal(60), Decimal(20), Decimal(20), Decimal(30))
    policies = (Dated(day("2025-01-01"), POLICY), Dated(day("2026-01-16"), newer))
    assert told(lines(LEASE, policies=policies)) == [
        "1–16 S1 fenby 1500 = 1125 + 375",
        "16–1 S1 fenby 1600 = 960 + 640",
    ]


def test_before_the_first_fee_policy_the_first_counts() -> None:
    assert told(lines(LEASE, policies=(Dated(day("2026-06-01"), POLICY),))) == ["1–1 S1 fenby 3100 = 2325 + 775"]


def test_rule_7_nothing_else_cuts() -> None:
    again = day("2026-01-16")
    lease = replace(
        LEASE,
        annual_pence=since(("2026-01-01", 36_500), ("2026-01-16", 36_500)),
        uses=(
            Dated(START, on("S1 500 fenby", "S2 500 garth")),
            Dated(again, on("S2 500 garth/garth", "S1 500 fenby")),
        ),
    )
    entitled = {**EVERYBODY, "fenby": [Period(START, again), Period(again)], "holme": [Period(again)]}
    policies = (Dated(START, POLICY), Dated(again, replace(POLICY, contributor_percent=Decimal("75.0"))))
    assert told(lines(lease, policies=policies, entitled=entitled)) == [
        "1–1 S1 fenby 1550 = 1162 + 388",  # margin 775 halves to 387.5 each: the penny to S1
        "1–1 S2 garth 1550 = 1163 + 387",
    ]


def test_rule_7_days_are_not_in_the_weights_for_each_segment_is_shared_by_itself() -> None:
    # A = 365: a penny a day. 1 January alone: 1 over equal spans → S1; the other 30 days: 15 each.
    # All 31 shared at once would give 16 and 15 on two lines.
    lease = replace(
        LEASE,
        annual_pence=always(365),
        pairs=since(("2026-01-01", 1), ("2026-01-02", 2)),
        uses=always(on("S1 5 fenby", "S2 5 garth")),
    )
    assert [(line.start.day, line.span, line.charge_pence) for line in lines(lease)] == [
        (1, "S1", 1),
        (2, "S1", 15),
        (2, "S2", 15),
    ]


# Rule 8


def test_rule_8_left_over_pennies_go_to_the_largest_remainder() -> None:
    # 3,100 × 1,200 ÷ 2,100 = 1,771.43; × 900 ÷ 2,100 = 1,328.57 gets the penny
    lease = replace(LEASE, uses=always(on("S1 1200 fenby", "S2 900 garth")))
    assert [(line.span, line.charge_pence) for line in lines(lease)] == [("S1", 1_771), ("S2", 1_329)]


def test_rule_8_a_span_on_both_routes_weighs_twice() -> None:
    # routes S1-S2 and S1-S3, 100 m each: 3,100 × 2 ÷ 4, × 1 ÷ 4, × 1 ÷ 4
    lease = replace(LEASE, uses=always(on("S1 100 fenby x2", "S2 100 garth", "S3 100 holme")))
    assert [(line.span, line.charge_pence) for line in lines(lease)] == [("S1", 1_550), ("S2", 775), ("S3", 775)]


def test_rule_8_equal_remainders_go_by_code_points() -> None:
    # A = 365: 31p over two equal spans, 15.5 each. As text "S10" comes before "S2", and "Z" before "a".
    penny_a_day = replace(LEASE, annual_pence=always(365))
    tens = lines(replace(penny_a_day, uses=always(on("S2 7 fenby", "S10 7 fenby"))))
    letters = lines(replace(penny_a_day, uses=always(on("a 7 fenby", "Z 7 fenby"))))
    assert [(line.span, line.charge_pence) for line in (*tens, *letters)] == [
        ("S10", 16),
        ("S2", 15),
        ("Z", 16),
        ("a", 15),
    ]


def test_a_span_given_twice_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="stands twice"):
        replace(LEASE, uses=always(on("S1 5 fenby", "S1 5 fenby")))


# Rule 9


def test_rule_9_the_margin_is_the_only_rounding_and_the_fee_is_what_is_left() -> None:
    # two days at a penny: 2 × 25 % = 0.5 → margin 1, fee 1
    lease = replace(LEASE, annual_pence=always(365), ends_on=day("2026-01-03"))
    assert told(lines(lease)) == ["1–3 S1 fenby 2 = 1 + 1"]


def test_rule_9_the_margin_goes_over_the_spans_by_their_charges() -> None:
    # margin 775: × 1,771 ÷ 3,100 = 442.75 → 443; × 1,329 ÷ 3,100 = 332.25 → 332
    lease = replace(LEASE, uses=always(on("S1 1200 fenby", "S2 900 garth")))
    assert told(lines(lease)) == ["1–1 S1 fenby 1771 = 1328 + 443", "1–1 S2 garth 1329 = 997 + 332"]


def test_rule_9_the_margin_follows_the_charges_and_not_the_metres() -> None:
    # two days at a penny over 5 m and 10 m: 0.67 and 1.33 → 1 and 1. margin 0.5 → 1, by 1 and 1 a tie: to S1;
    # by metres it would go to S2
    lease = replace(
        LEASE,
        annual_pence=always(365),
        ends_on=day("2026-01-03"),
        uses=always(on("S1 5 fenby", "S2 10 garth")),
    )
    assert told(lines(lease)) == ["1–3 S1 fenby 1 = 0 + 1", "1–3 S2 garth 1 = 1 + 0"]


def test_rule_9_the_reserve_is_its_percentage_of_the_charge_half_up() -> None:
    # 3,100 × 10 % = 310; of 5: 0.5 → 1, which is all the margin of 1.25 → 1
    assert reserve_of(3_100, POLICY) == 310
    assert reserve_of(5, POLICY) == 1


# Rule 10


def test_rule_10_fibre_and_duct_owner_share_a_span_on_two_lines() -> None:
    # 3,100: 70 % = 2,170, 30 % = 930; margin 775 by those charges: 542.5 and 232.5, the tie to the fibre
    lease = replace(LEASE, uses=always(on("S1 1000 fenby/garth")))
    assert told(lines(lease)) == ["1–1 S1 fenby 2170 = 1627 + 543", "1–1 S1 garth 930 = 698 + 232"]


def test_rule_10_a_tie_goes_to_the_fibre_whatever_the_names() -> None:
    # 31 halves to 15.5; margin 7.75 → 8, by 16 and 15: 4.13 and 3.87
    lease = replace(LEASE, annual_pence=always(365), uses=always(on("S1 1000 garth/fenby")))
    assert told(lines(lease, policies=always(EVEN_DUCT))) == ["1–1 S1 garth 16 = 12 + 4", "1–1 S1 fenby 15 = 11 + 4"]


def test_rule_10_the_charge_goes_over_the_spans_first_and_then_between_the_owners() -> None:
    # A = 365 for 3 days: 3 over two equal spans: 1.5 each → S1 2, S2 1. S1 halves to 1 and 1, S2 0.5 each → fibre.
    # margin 0.75 → 1: S1 0.67; S1's 1 over 1 and 1 → fibre.
    lease = replace(
        LEASE,
        annual_pence=always(365),
        ends_on=day("2026-01-04"),
        uses=always(on("S1 5 fenby/garth", "S2 5 holme/garth")),
    )
    assert told(lines(lease, policies=always(EVEN_DUCT))) == [
        "1–4 S1 fenby 1 = 0 + 1",
        "1–4 S1 garth 1 = 1 + 0",
        "1–4 S2 holme 1 = 1 + 0",
    ]


def test_rule_10_the_owner_of_both_has_one_line() -> None:
    lease = replace(LEASE, uses=always(on("S1 1000 fenby/fenby")))
    assert told(lines(lease)) == ["1–1 S1 fenby 3100 = 2325 + 775"]


def test_rule_10_a_fee_that_nobody_has_a_right_to_goes_to_suspense() -> None:
    assert told(lines(LEASE, entitled={})) == [f"1–1 S1 {SUSPENSE} 3100 = 2325 + 775"]


def test_rule_10_an_owner_who_joins_in_the_month_earns_from_that_day() -> None:
    entitled = {"fenby": [Period(day("2026-01-16"))]}
    assert told(lines(LEASE, entitled=entitled)) == [
        "1–16 S1 suspense 1500 = 1125 + 375",
        "16–1 S1 fenby 1600 = 1200 + 400",
    ]


def test_rule_10_an_owner_who_leaves_in_the_month_earns_up_to_that_day() -> None:
    entitled = {"fenby": [Period(day("2025-01-01"), day("2026-01-16"))]}
    assert told(lines(LEASE, entitled=entitled)) == [
        "1–16 S1 fenby 1500 = 1125 + 375",
        "16–1 S1 suspense 1600 = 1200 + 400",
    ]


def test_rule_10_only_the_share_of_the_owner_without_a_right_goes_to_suspense() -> None:
    lease = replace(LEASE, uses=always(on("S1 1000 fenby/garth")))
    entitled = {"fenby": EVERYBODY["fenby"]}
    assert told(lines(lease, entitled=entitled)) == [
        "1–1 S1 fenby 2170 = 1627 + 543",
        "1–1 S1 suspense 930 = 698 + 232",
    ]


def test_two_shares_of_a_span_that_both_go_to_suspense_are_one_line() -> None:
    lease = replace(LEASE, uses=always(on("S1 1000 fenby/garth")))
    assert told(lines(lease, entitled={})) == ["1–1 S1 suspense 3100 = 2325 + 775"]


# Rule 11


def test_rule_11_one_off_charges_fall_in_the_period_of_the_billing_start_and_earn_no_fee() -> None:
    start = day("2026-01-20")
    lease = replace(LEASE, accepted_on=start, one_off_pence={"connection": 150_000, "splice": 6_500, "survey": 0})
    _, *one_offs = lines(lease)
    assert one_offs == [
        ChargeLine("LSE-1", None, None, "ullock", start, start, 0, 150_000, 0, 150_000, "connection"),
        ChargeLine("LSE-1", None, None, "ullock", start, start, 0, 6_500, 0, 6_500, "splice"),
    ]
    assert [line.code for line in lines(lease, Month(2026, 2).period)] == [None]


def test_rule_11_a_lease_that_ends_on_its_billing_start_owes_the_one_off_charges_alone() -> None:
    lease = replace(LEASE, ends_on=START, one_off_pence={"connection": 150_000})
    assert told(lines(lease)) == ["1–1 connection None 150000 = 0 + 150000"]


# Rule 12


def test_rule_12_racks_are_charged_by_days_and_the_fee_goes_to_the_owner_of_the_site() -> None:
    # half a rack: 38,000 × 12 = 456,000; × 31 ÷ 365 = 38,728.77 → 38,729; margin 9,682.25 → 9,682
    rack = replace(LEASE, annual_pence=always(38_000 * 12), uses=always((rack_use("garth"),)))
    assert told(lines(rack)) == ["1–1 None garth 38729 = 29047 + 9682"]


# Rule 13


def test_rule_13_lines_of_nothing_are_left_out() -> None:
    # A = 1: C(181) = 0.496 → 0 at the end of June, C(212) = 0.58 → 1 at the end of July
    lease = replace(LEASE, annual_pence=always(1))
    charged = {number: told(lines(lease, Month(2026, number).period)) for number in range(1, 13)}
    assert {number: found for number, found in charged.items() if found} == {7: ["1–1 S1 fenby 1 = 1 + 0"]}


def test_rule_13_a_period_counts_its_own_days_only() -> None:
    # March: 31 days; nothing of January and February, settled or not
    assert told(lines(LEASE, Month(2026, 3).period)) == ["1–1 S1 fenby 3100 = 2325 + 775"]
