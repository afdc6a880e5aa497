"""What a route loses, by worked examples; the arithmetic stands beside each."""

from __future__ import annotations

import json
from dataclasses import asdict
from decimal import Decimal

import pytest

from cni.leases.loss import (
    EXPECTED,
    LIMIT,
    OPTICS,
    Coefficients,
    Optic,
    Passage,
    Reach,
    budget_from_json,
    loss_budget,
    losses,
)
from cni.leases.offers import OfferedRoute, OfferedSite, OfferedSpan

WORKED = Coefficients({1310: Decimal("0.36"), 1550: Decimal("0.22")}, Decimal("0.1"), Decimal("0.5"))
"""The coefficients of the worked examples: connectors at 0.5 dB."""


def passage(km: str, splices: int = 0, connectors: int = 2) -> Passage:
    return Passage(Decimal(km) * 1000, splices, connectors)


def totals(coefficients, *asked, **more):
    return {loss.wavelength_nm: loss.total_db for loss in losses(passage(*asked, **more), coefficients)}


@pytest.mark.parametrize(
    ("route", "at_1310", "at_1550"),
    [
        (("3", 2, 2), "2.28", "1.86"),  # 3 × 0.36 + 2 × 0.1 + 2 × 0.5; 3 × 0.22 + …
        (("9.6", 6, 2), "5.06", "3.71"),  # 3.456 + 0.6 + 1; 2.112 + …
        (("12", 8, 4), "7.12", "5.44"),  # 4.32 + 0.8 + 2; 2.64 + …
        (("25", 12, 4), "12.20", "8.70"),  # 9 + 1.2 + 2; 5.5 + …
    ],
)
def test_the_worked_examples_come_out(route, at_1310, at_1550):
    assert totals(WORKED, *route) == {1310: Decimal(at_1310), 1550: Decimal(at_1550)}


@pytest.mark.parametrize(
    ("route", "to_a_tenth"),
    [
        (("3", 2, 2), ("2.3", "1.9")),
        (("9.6", 6, 2), ("5.1", "3.7")),
        (("12", 8, 4), ("7.1", "5.4")),
        (("25", 12, 4), ("12.2", "8.7")),
    ],
)
def test_to_a_tenth_they_are_as_they_were_published(route, to_a_tenth):
    assert tuple(f"{total:.1f}" for total in totals(WORKED, *route).values()) == to_a_tenth


def test_the_limit_is_that_of_the_specification():
    # 10 km at 0.40, 0.28 and 0.40 dB/km; 3 splices at 0.1 in the mean; 2 connectors at 0.3
    assert totals(LIMIT, "10", 3) == {1310: Decimal("4.90"), 1550: Decimal("3.70"), 1590: Decimal("4.90")}


def test_what_is_expected_is_told_line_by_line():
    (at_1310, *_others) = losses(passage("10", 3), EXPECTED)
    assert [(line.what, line.quantity, line.each_db, line.loss_db) for line in at_1310.lines] == [
        ("fibre", Decimal(10), Decimal("0.36"), Decimal("3.60")),
        ("splices", 3, Decimal("0.1"), Decimal("0.30")),
        ("connectors", 2, Decimal("0.3"), Decimal("0.60")),
    ]


def test_each_line_is_rounded_half_up_and_the_total_is_their_sum():
    (at_1550,) = losses(
        Passage(Decimal("22.727"), 1), Coefficients({1550: Decimal("0.22")}, Decimal("0.125"), Decimal(0))
    )
    assert [line.loss_db for line in at_1550.lines] == [Decimal("0.00"), Decimal("0.13"), Decimal("0.00")]
    assert at_1550.total_db == Decimal("0.13")


def test_a_route_of_no_length_loses_what_its_connectors_do():
    assert set(totals(LIMIT, "0").values()) == {Decimal("0.60")}
    assert set(totals(EXPECTED, "0").values()) == {Decimal("0.60")}


def test_what_is_expected_of_fibre_is_never_more_than_it_may_lose():
    assert EXPECTED.fibre_db_per_km.keys() == LIMIT.fibre_db_per_km.keys()
    assert all(each <= LIMIT.fibre_db_per_km[nm] for nm, each in EXPECTED.fibre_db_per_km.items())
    assert (EXPECTED.splice_db, EXPECTED.connector_db) <= (LIMIT.splice_db, LIMIT.connector_db)


@pytest.mark.parametrize(
    ("km", "reach", "limit_spare", "expected_spare", "beyond_m"),
    [
        ("8", Reach.WITHIN_LIMIT, "0.20", "0.52", 0),  # 4 − 3.2 − 0.6; 4 − 2.88 − 0.6
        ("9", Reach.AS_EXPECTED, "-0.20", "0.16", 0),
        ("10", Reach.NOT, "-0.60", "-0.20", 0),
        ("12.0005", Reach.NOT, "-1.40", "-0.92", 2001),
    ],
)
def test_an_optic_reaches_within_the_limit_as_expected_or_not(km, reach, limit_spare, expected_spare, beyond_m):
    optic = Optic("OPTIC", 1310, Decimal("4.0"), 10_000, "nowhere")
    (found,) = loss_budget(passage(km), [optic]).optics
    assert (found.reach, found.limit_spare_db, found.expected_spare_db, found.beyond_m) == (
        reach,
        Decimal(limit_spare),
        Decimal(expected_spare),
        beyond_m,
    )


def test_dispersion_ends_a_reach_however_little_is_lost():
    optic = Optic("OPTIC", 1550, Decimal("21.0"), 2_000, "nowhere")
    assert loss_budget(passage("2"), [optic]).optics[0].reach is Reach.WITHIN_LIMIT
    assert loss_budget(passage("2.001"), [optic]).optics[0].reach is Reach.NOT


def test_each_optic_works_at_a_wavelength_that_has_a_limit_and_names_its_source():
    assert {optic.wavelength_nm for optic in OPTICS} <= LIMIT.fibre_db_per_km.keys()
    assert all(optic.source for optic in OPTICS)


def test_a_long_route_of_a_town_is_within_reach_of_the_common_optics():
    reach = {found.optic.name: found.reach for found in loss_budget(passage("9.6", 6)).optics}
    assert reach["10GBASE-LR"] is Reach.WITHIN_LIMIT  # 3.84 + 0.6 + 0.6 = 5.04 of 6.2
    assert reach["10GBASE-ER"] is Reach.WITHIN_LIMIT
    assert reach["100GBASE-FR1"] is Reach.NOT


def test_a_budget_that_was_kept_comes_back_as_it_was():
    budget = loss_budget(Passage(Decimal("1234.567"), 3))
    assert budget_from_json(json.loads(json.dumps(asdict(budget), default=str))) == budget


def test_one_span_has_no_splice_between_its_ends():
    sites = (OfferedSite("A", "A"), OfferedSite("B", "B"))
    assert OfferedRoute(sites, (OfferedSpan("A-B", "A", "B", 100),)).splice_count == 0
