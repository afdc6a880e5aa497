"""Loss budgets in a planner's words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cni.leases.loss import Optic, Passage, loss_budget
from cni.web.findings import how_an_optic_reaches, optics_that_reach


def optic(name: str, budget_db: str, reach_m: int = 10_000) -> Optic:
    return Optic(name, 1310, Decimal(budget_db), reach_m, "nowhere")


def over(km: str, *optics: Optic):
    return loss_budget(Passage(Decimal(km) * 1000, 0), optics)


@pytest.mark.parametrize(
    ("km", "said"),
    [
        ("8", "Reaches with 0.20 dB to spare"),
        ("9", "Reaches by the expected loss, with 0.16 dB to spare, not by the limit"),
        ("10", "Does not reach: 0.20 dB too much loss"),
        ("12", "Does not reach: 0.92 dB too much loss and 2,000 m too far"),
    ],
)
def test_an_optic_reaches_with_what_is_to_spare_or_does_not_and_why(km, said):
    (found,) = over(km, optic("OPTIC", "4.0")).optics
    assert how_an_optic_reaches(found) == said


def test_an_optic_that_bears_the_loss_may_be_too_short():
    (found,) = over("3", optic("OPTIC", "4.0", 2_000)).optics
    assert how_an_optic_reaches(found) == "Does not reach: 1,000 m too far"


@pytest.mark.parametrize(
    ("km", "said"),
    [
        ("1", "SMALL and LARGE reach within the limit."),
        ("8.8", "LARGE reaches within the limit. SMALL only if no more is lost than expected."),
        ("9.9", "LARGE reaches within the limit."),
        ("11", "No optic that we know reaches within the limit."),
    ],
)
def test_the_optics_that_reach_are_told_by_name(km, said):
    assert optics_that_reach(over(km, optic("SMALL", "4.0"), optic("LARGE", "6.0"))) == said
