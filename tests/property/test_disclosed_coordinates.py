"""What a tier shows of a position or line depends on nothing finer than its raster."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cni.assets.disclosure import (
    RASTER_DECIMALS,
    Tier,
    disclosed_grid_reference,
    disclosed_length_m,
    disclosed_line,
    disclosed_position,
)

positions = st.tuples(st.floats(-4, 1), st.floats(51, 55))
rounded_tiers = st.sampled_from([Tier.PUBLIC, Tier.MEMBERS])
tiers = st.sampled_from(list(Tier))
lines = st.none() | st.lists(positions, min_size=2, max_size=12)


@given(positions, tiers)
def test_what_a_tier_shows_it_shows_again_of_what_it_showed(position, tier):
    shown = disclosed_position(position, tier)

    assert disclosed_position(shown, tier) == shown


@given(positions, rounded_tiers)
def test_a_rounded_position_lies_on_the_raster_and_within_half_a_step(position, tier):
    shown = disclosed_position(position, tier)

    for before, after in zip(position, shown, strict=True):
        assert len(str(after).partition(".")[2]) <= RASTER_DECIMALS[tier]
        assert abs(before - after) <= 0.5000001 * 10 ** -RASTER_DECIMALS[tier]
        assert not str(after).startswith("-0.0 ")


@given(lines, positions, positions, tiers)
def test_a_line_shown_is_shown_the_same_again(line, a, z, tier):
    shown = disclosed_line(line, a, z, tier)

    assert disclosed_line(shown, shown[0], shown[-1], tier) == shown


@given(lines, positions, positions, rounded_tiers)
def test_a_rounded_line_runs_from_site_to_site_on_the_raster_and_stands_still_nowhere(line, a, z, tier):
    shown = disclosed_line(line, a, z, tier)

    assert (shown[0], shown[-1]) == (disclosed_position(a, tier), disclosed_position(z, tier))
    assert all(disclosed_position(position, tier) == position for position in shown)
    assert len(shown) == 2 or all(before != after for before, after in itertools.pairwise(shown))


@given(lines, positions, positions)
def test_the_public_sees_no_bend(line, a, z):
    assert len(disclosed_line(line, a, z, Tier.PUBLIC)) == 2


@given(st.lists(positions, min_size=2, max_size=5), positions, positions)
def test_a_party_sees_the_line_as_it_is(line, a, z):
    assert disclosed_line(line, a, z, Tier.PARTY) == line


@settings(deadline=None)  # the first call reads OSTN15's grids
@given(positions, rounded_tiers)
def test_the_grid_knows_no_more_than_the_rounded_degrees(position, tier):
    shown = disclosed_position(position, tier)

    assert disclosed_grid_reference(position, tier) == disclosed_grid_reference(shown, tier)


@given(st.floats(0.001, 1e6))
def test_a_public_length_is_in_tenths_of_a_kilometre_and_never_none(length_m):
    shown = disclosed_length_m(length_m, Tier.PUBLIC)

    assert shown >= 100
    assert shown % 100 == 0
    assert abs(shown - length_m) <= 50 or (length_m < 50 and shown == 100)


@pytest.mark.parametrize(
    ("tier", "shown"), [("public", "SJ 93 99"), ("members", "SJ 932 995"), ("party", "SJ 9326 9960")]
)
def test_a_grid_reference_has_the_figures_of_its_tier(tier, shown):
    assert disclosed_grid_reference((-2.10291, 53.49313), Tier(tier)) == shown
