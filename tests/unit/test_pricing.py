"""Prices with the demonstration figures; the arithmetic stands beside each."""

from __future__ import annotations

import inspect
from datetime import date
from decimal import Decimal

import pytest

from cni.leases import pricing
from cni.leases.pricing import (
    Dated,
    FeePolicy,
    TariffPrices,
    always,
    annual_price,
    annual_rack_price,
    billed_metres,
    in_force,
    one_off_charges,
    tariff_in_force,
)
from cni.primitives.errors import Invalid

PENCE = {
    "pair_metre_year": 60,
    "minimum": 120_000,
    "connection": 75_000,
    "splice": 6_500,
    "rack_quarter": 22_000,
    "rack_half": 38_000,
    "rack_full": 65_000,
    "cross_connect_month": 2_500,
}
TERMS = {12: Decimal(100), 36: Decimal(92), 60: Decimal(85), 84: Decimal("82.5")}


def tariff(effective_from: date = date(2026, 1, 1), name: str = "Demonstration 2026", **pence: int) -> TariffPrices:
    return TariffPrices(name, effective_from, "GM-2025-11", PENCE | pence, TERMS)


def percents(contributor: str, reserve: str, running_costs: str, duct_share: str = "30") -> FeePolicy:
    return FeePolicy(Decimal(contributor), Decimal(reserve), Decimal(running_costs), Decimal(duct_share))


# Rule 5


def test_rule_5_the_annual_price_is_metres_times_pairs_times_rate_times_term() -> None:
    # 5,000 m × 2 pairs × 60p × 92 % = 552,000p
    working = annual_price(5_000, 2, 36, tariff())
    assert working.annual_pence == 552_000
    assert (working.metres, working.pairs, working.rate_pence, working.term_months) == (5_000, 2, 60, 36)
    assert (working.term_percent, working.computed_pence, working.minimum_pence) == (Decimal(92), 552_000, 120_000)
    assert not working.minimum_applies


def test_rule_5_the_price_is_rounded_once_and_half_up() -> None:
    # 3,333 × 60 × 92 % = 183,981.6 → 183,982; 3,333 × 60 × 82.5 % = 164,983.5 → 164,984
    assert annual_price(3_333, 1, 36, tariff()).annual_pence == 183_982
    assert annual_price(3_333, 1, 84, tariff()).annual_pence == 164_984


def test_rule_5_pairs_count_before_the_rounding() -> None:
    # 3,333 × 2 × 60 × 82.5 % = 329,967 exactly; rounding each pair would give 2 × 164,984 = 329,968
    assert annual_price(3_333, 2, 84, tariff()).annual_pence == 329_967


def test_rule_5_the_minimum_comes_after_the_term_factor() -> None:
    # 2,100 × 60 = 126,000, above the minimum; × 92 % = 115,920, below it → 120,000
    working = annual_price(2_100, 1, 36, tariff())
    assert (working.computed_pence, working.annual_pence, working.minimum_applies) == (115_920, 120_000, True)


def test_rule_5_the_minimum_is_per_lease_and_not_per_pair() -> None:
    # 100 × 3 × 60 = 18,000 → 120,000, not 360,000
    assert annual_price(100, 3, 12, tariff()).annual_pence == 120_000


def test_a_price_just_at_the_minimum_is_made_by_the_metres() -> None:
    # 2,000 × 60 = 120,000
    assert not annual_price(2_000, 1, 12, tariff()).minimum_applies


def test_everything_wrong_with_a_request_is_said_at_once_and_names_the_terms_on_offer() -> None:
    with pytest.raises(Invalid) as refusal:
        annual_price(5_000, 0, 24, tariff())
    assert [problem.code for problem in refusal.value.problems] == ["too_few_pairs", "term_not_offered"]
    assert "12, 36, 60, 84" in refusal.value.problems[1].remedy


def test_a_tariff_without_a_line_does_not_price_it_at_nothing() -> None:
    with pytest.raises(Invalid, match="has no line cross_connect_install"):
        tariff().pence_for("cross_connect_install")


def test_a_tariff_line_of_zero_prices_at_nothing() -> None:
    assert one_off_charges(1, 3, tariff(splice=0)) == {"connection": 150_000, "splice": 0}


def test_a_negative_price_is_refused_by_its_code() -> None:
    with pytest.raises(Invalid) as refusal:
        tariff(minimum=-1)
    assert [(problem.code, problem.place) for problem in refusal.value.problems] == [("negative_price", "minimum")]


def test_no_price_depends_on_who_asks() -> None:
    who = {"member", "user", "slug", "actor", "organisation", "person", "contributor", "lease"}
    functions = [
        value for _, value in inspect.getmembers(pricing, inspect.isfunction) if value.__module__ == pricing.__name__
    ]
    assert annual_price in functions
    for function in functions:
        words = {word for name in inspect.signature(function).parameters for word in name.split("_")}
        assert not words & who, function.__name__


# Rule 5: which tariff


def test_rule_5_the_tariff_in_force_is_the_latest_that_has_begun() -> None:
    older, newer = tariff(date(2026, 1, 1), "older"), tariff(date(2026, 7, 1), "newer")
    assert tariff_in_force([newer, older], date(2026, 6, 30)) is older
    assert tariff_in_force([newer, older], date(2026, 7, 1)) is newer


def test_before_the_first_tariff_the_first_counts() -> None:
    older, newer = tariff(date(2026, 1, 1), "older"), tariff(date(2026, 7, 1), "newer")
    assert tariff_in_force([newer, older], date(2020, 1, 1)) is older


def test_without_a_tariff_nothing_is_priced() -> None:
    with pytest.raises(Invalid, match="no tariff yet"):
        tariff_in_force([], date(2026, 1, 1))


def test_of_two_values_from_the_same_day_the_later_given_counts() -> None:
    assert in_force([Dated(date(2026, 1, 1), "first"), Dated(date(2026, 1, 1), "second")], date(2026, 1, 1)) == "second"


def test_a_value_that_never_changes_is_in_force_on_any_day() -> None:
    assert in_force(always("same"), date(1900, 1, 1)) == in_force(always("same"), date(2900, 1, 1)) == "same"


def test_an_empty_history_has_no_value() -> None:
    nothing: tuple[Dated[int], ...] = ()
    with pytest.raises(ValueError, match="at least one"):
        in_force(nothing, date(2026, 1, 1))


# Rule 6


@pytest.mark.parametrize(
    ("length_m", "metres"), [("1200", 1200), ("1200.49", 1200), ("1200.5", 1201), ("1201.5", 1202), ("0.4", 0)]
)
def test_rule_6_a_span_counts_whole_metres_rounded_half_up(length_m: str, metres: int) -> None:
    assert billed_metres(Decimal(length_m)) == metres


# Rule 9: the policy


def test_rule_9_a_fee_policy_adds_up_to_a_hundred() -> None:
    assert percents("75", "10", "15").margin_percent == 25
    with pytest.raises(Invalid, match=r"add up to 99\.5 %"):
        percents("75", "10", "14.5")


def test_every_percentage_out_of_range_is_named() -> None:
    with pytest.raises(Invalid) as refusal:
        percents("110", "-10", "0", "101")
    assert [problem.place for problem in refusal.value.problems] == [
        "contributor_percent",
        "reserve_percent",
        "duct_share_percent",
    ]


# Rules 11 and 12


def test_rule_11_connection_is_per_end_of_each_route_and_splice_per_intermediate_site() -> None:
    # one route, 3 sites between: 2 × 75,000 and 3 × 6,500; two routes, 3 + 2 between: 4 × 75,000 and 5 × 6,500
    assert one_off_charges(1, 3, tariff()) == {"connection": 150_000, "splice": 19_500}
    assert one_off_charges(2, 3 + 2, tariff()) == {"connection": 300_000, "splice": 32_500}


def test_rule_12_a_monthly_price_times_twelve_is_the_annual_price() -> None:
    # 22,000 × 12 and 2,500 × 12; the minimum of 120,000 does not lift the second
    assert annual_rack_price("rack_quarter", tariff()) == 264_000
    assert annual_rack_price("cross_connect_month", tariff()) == 30_000
