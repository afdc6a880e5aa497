"""Which pairs a lease takes: against every choice there is, on small routes."""

from __future__ import annotations

from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from cni.leases.choosing import choose_pairs, count_splicing, joints


@st.composite
def small_routes(draw):
    """Free pairs of up to four spans of up to five pairs, what is spliced between, and how many pairs are wanted."""
    pairs = draw(st.integers(1, 3))
    numbers = st.sets(st.integers(1, 5), min_size=pairs, max_size=5)
    free = draw(st.lists(numbers, min_size=1, max_size=4))
    spliced = []
    for _ in free[1:]:
        ends = draw(st.permutations(range(1, 6)))
        there = draw(st.sets(st.integers(1, 5)))
        spliced.append({here: end for here, end in enumerate(ends, 1) if here in there})
    return free, spliced, pairs


def every_choice(free, pairs):
    return product(*(combinations(sorted(numbers), pairs) for numbers in free))


@given(small_routes())
@settings(max_examples=400)
def test_no_choice_needs_fewer_new_splices_and_of_those_that_need_as_few_none_is_lower(route):
    free, spliced, pairs = route
    best = min(every_choice(free, pairs), key=lambda taken: (count_splicing(taken, spliced).new, taken))
    assert choose_pairs(free, spliced, pairs) == list(best)


@given(small_routes())
def test_each_pair_passes_each_site_by_new_splices_or_by_those_that_are_there(route):
    free, spliced, pairs = route
    counted = count_splicing(choose_pairs(free, spliced, pairs), spliced)
    assert sum(counted) == 2 * pairs * len(spliced)


@given(small_routes())
def test_where_nothing_is_spliced_the_lowest_are_taken(route):
    free, _, pairs = route
    assert choose_pairs(free, [{} for _ in free[1:]], pairs) == [tuple(sorted(each)[:pairs]) for each in free]


@given(st.permutations(range(1, 9)), st.integers(0, 8))
def test_a_pair_is_spliced_through_where_both_its_fibres_are_straight_or_crossed(ends, some):
    fibres = list(enumerate(ends, 1))[:some]
    there = dict(fibres)
    expected = {}
    for here, end in product(range(1, 5), range(1, 5)):
        if {there.get(2 * here - 1), there.get(2 * here)} == {2 * end - 1, 2 * end}:
            expected[here] = end
    assert joints(fibres) == expected
