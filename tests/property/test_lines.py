"""A line cut anywhere and joined again is the line; a length shared anyhow keeps its sum."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cni.assets.lines import (
    cut_line,
    join_lines,
    joined_code,
    nearest_site,
    part_codes,
    share_length,
    share_metres,
)
from cni.primitives.geo import distance_m, length_m

LINE = ((-2.3, 53.48), (-2.29, 53.48), (-2.29, 53.49))
POSITIONS = st.tuples(
    st.integers(-2_300_000, -2_200_000).map(lambda micro: micro / 1e6),
    st.integers(53_400_000, 53_500_000).map(lambda micro: micro / 1e6),
)
LINES = st.lists(POSITIONS, min_size=2, max_size=6, unique=True).map(tuple)
LENGTHS = st.integers(10_000, 10**11).map(lambda micro: Decimal(micro) / 1_000_000)


def cut_or_pass(line, near):
    try:
        return cut_line(line, near)
    except ValueError:
        assume(False)


@given(LINES, POSITIONS)
def test_a_cut_line_keeps_its_ends_its_bends_and_its_length(line, near):
    cut = cut_or_pass(line, near)

    assert (cut.before[0], cut.after[-1]) == (line[0], line[-1])
    assert cut.before[-1] == cut.after[0] == cut.at
    assert {*line} <= {*cut.before, *cut.after}
    assert length_m(cut.before) + length_m(cut.after) == pytest.approx(length_m(line), abs=0.01)
    assert 0 < cut.share < 1


@given(LINES, POSITIONS)
def test_no_point_of_the_line_is_much_nearer_than_where_it_is_cut(line, near):
    cut = cut_or_pass(line, near)

    for (west, south), (east, north) in pairwise(line):
        for part in range(11):
            on_line = west + (east - west) * part / 10, south + (north - south) * part / 10
            assert cut.off_m <= distance_m(on_line, near) * 1.004 + 0.01


@given(LINES, POSITIONS)
def test_a_line_that_was_cut_and_is_joined_again_is_the_line_as_it_was(line, near):
    cut = cut_or_pass(line, near)
    joined = join_lines(cut.before, cut.after)

    # A point of the line that bends nothing may go, if the line was cut just there; nothing may come.
    assert {*joined} <= {*line}
    assert (joined[0], joined[-1]) == (line[0], line[-1])
    assert length_m(joined) == pytest.approx(length_m(line), abs=0.001)


@given(LENGTHS, st.floats(0.000_01, 0.999_99))
def test_a_shared_length_keeps_its_sum_exactly(metres, share):
    try:
        first, second = share_length(metres, share)
    except ValueError:
        assume(False)

    assert first + second == metres
    assert first > 0
    assert second > 0
    assert float(first) == pytest.approx(float(metres) * share, abs=0.001)


@given(st.integers(0, 10**6), LENGTHS, LENGTHS)
def test_the_metres_of_a_lease_keep_their_sum(metres, first, second):
    shares = share_metres(metres, (first, second))

    assert sum(shares) == metres
    assert abs(shares[0] - metres * float(first / (first + second))) <= 1


def test_a_line_is_cut_where_it_is_nearest_to_the_place():
    cut = cut_line(LINE, (-2.295, 53.4801))

    assert cut.at == pytest.approx((-2.295, 53.48))
    assert cut.share == pytest.approx(0.1868, abs=0.001)
    assert cut.off_m == pytest.approx(11.1, abs=0.1)


def test_a_line_cannot_be_cut_at_its_end():
    with pytest.raises(ValueError, match="at its end"):
        cut_line(LINE, (-2.31, 53.48))


def test_lines_that_end_a_little_apart_are_joined_by_both_ends():
    assert join_lines(((0, 0), (1, 0)), ((1, 0.1), (2, 0))) == ((0, 0), (1, 0), (1, 0.1), (2, 0))


def test_a_bend_where_two_lines_meet_stays():
    assert join_lines(LINE[:2], LINE[1:]) == LINE


def test_the_nearest_site_is_within_25_metres_or_none_is():
    sites = {"A": (-2.3, 53.48), "B": (-2.3003, 53.48)}

    assert nearest_site((-2.30001, 53.48), sites) == "A"
    assert nearest_site((-2.30029, 53.48), sites) == "B"
    assert nearest_site((-2.31, 53.48), sites) is None


def test_parts_are_numbered_by_what_is_free():
    assert part_codes("S1", {"s1"}) == ("S1.1", "S1.2")
    assert part_codes("S1", {"s1", "s1.2"}) == ("S1.3", "S1.4")


def test_spans_made_one_have_a_code_that_nothing_else_has():
    assert joined_code("S1.1", "S1.2", set()) == "S1"
    assert joined_code("S1.1", "S1.2", {"s1", "s1.1", "s1.2"}) == "S1.3"
    assert joined_code("A-B", "B-C", {"a-b", "b-c"}) == "A-B+B-C"
