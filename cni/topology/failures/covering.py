"""Choosing the cheapest of things so that one at least of each of many sets is chosen, sets told as they are met."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

Unmet = Callable[[Sequence[int]], Iterator[frozenset[int]]]
"""Given numbers of things chosen: sets of things of each of which at least one is needed besides."""
ROUNDING = 1e-6
"""How far the solver's bound may lie above a whole number of pence for want of digits."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What is to be chosen: of things with these costs, until `unmet` has no more set; all together always do.

    `time_limit_s` is for each program; there are seldom more than a few that take any time.
    """

    costs: Sequence[int]
    unmet: Unmet
    time_limit_s: float


@dataclass(frozen=True, slots=True)
class Covered:
    """The things chosen, and what no other choice can cost less than."""

    chosen: frozenset[int]
    lower_bound: int


def cover_cheaply(cover: Cover) -> Covered:
    """Return the cheapest choice; where a program runs into the time limit, the cheapest that was found."""
    known = dict.fromkeys(cover.unmet(()))
    chosen, bound, is_exact = frozenset[int](), 0, True
    while known and is_exact:
        chosen, bound, is_exact = _choose(cover, list(known))
        new = [each for each in cover.unmet(sorted(chosen)) if each not in known]
        if not new:
            break
        known |= dict.fromkeys(new)
    completed = _completed(cover, chosen)
    kept = _without_surplus(cover, completed, is_least=is_exact and completed == chosen)
    return Covered(kept, min(bound, sum(cover.costs[each] for each in kept)))


def _choose(cover: Cover, known: Sequence[frozenset[int]]) -> tuple[frozenset[int], int, bool]:
    """Return the cheapest choice for the sets known, what none can cost less than, and whether the two are one."""
    # Late: a large library.
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    things = sorted(frozenset().union(*known))
    place = {thing: number for number, thing in enumerate(things)}
    members = [place[thing] for each in known for thing in sorted(each)]
    first = np.cumsum([0, *map(len, known)])
    matrix = csr_array((np.ones(len(members)), members, first), shape=(len(known), len(things)))
    costs = [cover.costs[thing] for thing in things]
    result = milp(
        costs,
        integrality=np.ones(len(things)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, lb=1),
        options={"time_limit": cover.time_limit_s, "mip_rel_gap": 0},
    )
    if result.x is None:
        return frozenset(), 0, False
    chosen = frozenset(things[number] for number in np.flatnonzero(result.x > 0.5).tolist())
    cost = sum(cover.costs[thing] for thing in chosen)
    if result.status == 0:
        return chosen, cost, True
    return chosen, max(0, min(cost, ceil(result.mip_dual_bound - ROUNDING))), False


def _completed(cover: Cover, chosen: frozenset[int]) -> frozenset[int]:
    """Return the choice with the cheapest of each set added that it leaves unmet, until there is none."""
    while unmet := list(cover.unmet(sorted(chosen))):
        chosen |= {min(each, key=lambda thing: (cover.costs[thing], thing)) for each in unmet}
    return chosen


def _without_surplus(cover: Cover, chosen: frozenset[int], *, is_least: bool) -> frozenset[int]:
    """Return the choice without what it can do without, dearest first; of one that costs least, that is free."""
    for thing in sorted(chosen, key=lambda thing: (-cover.costs[thing], -thing)):
        if is_least and cover.costs[thing]:
            continue
        rest = chosen - {thing}
        if not any(True for _ in cover.unmet(sorted(rest))):
            chosen = rest
    return chosen
