"""Losses of any route: more fibre, splices or connectors lose no less, and what is expected is within the limit."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cni.leases.loss import EXPECTED, LIMIT, Passage, Reach, budget_from_json, loss_budget, losses

METRES = st.decimals(0, 500_000, places=3)
PASSAGES = st.builds(Passage, METRES, st.integers(0, 300), st.integers(0, 40))


def totals(passage, coefficients):
    return [loss.total_db for loss in losses(passage, coefficients)]


@given(PASSAGES, METRES, st.integers(0, 50), st.integers(0, 10))
def test_more_of_anything_loses_no_less(passage, metres, splices, connectors):
    longer = Passage(passage.length_m + metres, passage.splices + splices, passage.connectors + connectors)
    for coefficients in (EXPECTED, LIMIT):
        pairs = zip(totals(passage, coefficients), totals(longer, coefficients), strict=True)
        assert all(less <= more for less, more in pairs)


@given(PASSAGES)
def test_what_is_expected_is_within_the_limit(passage):
    budget = loss_budget(passage)
    pairs = zip(budget.expected, budget.limit, strict=True)
    assert all(expected.total_db <= limit.total_db for expected, limit in pairs)


@given(PASSAGES)
def test_the_lines_add_up_to_the_total_which_is_near_the_exact_sum(passage):
    for loss in losses(passage, LIMIT):
        assert loss.total_db == sum(line.loss_db for line in loss.lines)
        exact = sum(line.quantity * line.each_db for line in loss.lines)
        assert abs(loss.total_db - exact) <= Decimal("0.015")


@given(PASSAGES, METRES)
def test_an_optic_that_reaches_over_a_route_reaches_over_a_shorter_one(passage, metres):
    nearness = [Reach.NOT, Reach.AS_EXPECTED, Reach.WITHIN_LIMIT]
    longer = replace(passage, length_m=passage.length_m + metres)
    for near, far in zip(loss_budget(passage).optics, loss_budget(longer).optics, strict=True):
        assert nearness.index(near.reach) >= nearness.index(far.reach)


@given(PASSAGES)
def test_what_is_kept_comes_back(passage):
    budget = loss_budget(passage)
    assert budget_from_json(json.loads(json.dumps(asdict(budget), default=str))) == budget
