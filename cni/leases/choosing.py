"""Which of the free pairs of a route's spans a lease takes: those that need the fewest new splices. Pure.

Among choices that need equally many, the lowest numbers: on the first span of the route first, then on the next. So the
same free pairs and splices always give the same choice.

A pair is spliced through a site where both its fibres are spliced to those of one pair of the next span, straight or
crossed; such pairs form chains along the route. A lease that follows a chain needs no splice; each time that it takes
up another pair, both fibres are spliced anew. To follow a chain as far as it goes, and then to take up the one that
reaches furthest, needs the fewest: whoever leaves a chain early, or takes up a shorter one, can change over later at no
greater cost, since a chain can be joined at any span. Source: docs/decisions/0018-least-splicing.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

FIBRES_OF_A_PAIR = 2

Pairs = tuple[int, ...]
"""Numbers of fibre pairs of one span, the lowest first."""

Joints = Mapping[int, int]
"""The pairs of a span that are spliced to pairs of the next one: the number there by the number here."""


class Splicing(NamedTuple):
    """How many fibre splices a lease needs to be made, and how many that are there it uses."""

    new: int
    existing: int

    def plus(self, other: Splicing) -> Splicing:
        """Return the splices of both."""
        return Splicing(self.new + other.new, self.existing + other.existing)


def joints(spliced_fibres: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Return which pairs are spliced to each other, from the fibres of one span and the next that are.

    Fibres 2n - 1 and 2n are pair n. A pair with one fibre spliced elsewhere, or nowhere, is not among them.
    """
    both = Counter((_pair_of(here), _pair_of(there)) for here, there in spliced_fibres)
    return {here: there for (here, there), fibres in both.items() if fibres == FIBRES_OF_A_PAIR}


def choose_pairs(free: Sequence[Collection[int]], spliced: Sequence[Joints], pairs: int) -> list[Pairs]:
    """Return the `pairs` pairs to take on each span of a route, given the free ones of each, `pairs` at least.

    `spliced` are the joints at each site between: one fewer than spans.
    """
    route = _Route(free, spliced, pairs)
    chosen: list[Pairs] = []
    fewest = route.changes_from(0, (), ())
    for span in range(len(free)):
        before = chosen[-1] if chosen else ()
        taken = route.lowest(span, before, fewest)
        fewest -= route.changes_at(span, before, taken)
        chosen.append(taken)
    return chosen


def count_splicing(taken: Sequence[Collection[int]], spliced: Sequence[Joints]) -> Splicing:
    """Return the splicing of a lease that holds these pairs of each span of its route."""
    existing = new = 0
    for before, after, joint in zip(taken, taken[1:], spliced, strict=False):
        through = len(_continued(before, joint) & set(after))
        existing += through
        new += len(after) - through
    return Splicing(new * FIBRES_OF_A_PAIR, existing * FIBRES_OF_A_PAIR)


@dataclass(frozen=True)
class _Route:
    """The free pairs of each span, the joints between, and how many pairs to take."""

    free: Sequence[Collection[int]]
    spliced: Sequence[Joints]
    pairs: int

    @cached_property
    def reach(self) -> list[dict[int, int]]:
        """How far, as the index of a span, the chain of each free pair of each span goes on."""
        reaches: list[dict[int, int]] = []
        beyond: dict[int, int] = {}
        for span in reversed(range(len(self.free))):
            joint = self.spliced[span] if span < len(self.spliced) else {}
            beyond = {number: beyond.get(joint.get(number, 0), span) for number in self.free[span]}
            reaches.append(beyond)
        return reaches[::-1]

    @cached_property
    def furthest_first(self) -> list[list[int]]:
        """The free pairs of each span, those first whose chain reaches furthest."""
        return [sorted(reach, key=lambda number: (-reach[number], number)) for reach in self.reach]

    def lowest(self, span: int, before: Pairs, fewest: int) -> Pairs:
        """Return the lowest pairs of a span with which there are no more than `fewest` changes from it on."""
        taken: Pairs = ()
        for number in sorted(self.free[span]):
            if len(taken) < self.pairs and self.changes_from(span, before, (*taken, number)) == fewest:
                taken = (*taken, number)
        return taken

    def changes_from(self, span: int, before: Pairs, wanted: Pairs) -> int:
        """Return how often another pair has to be taken up from a span on, if the `wanted` are among those of it."""
        changes = 0
        taken: Collection[int] = before
        for at in range(span, len(self.free)):
            after = self._best(at, taken, wanted if at == span else ())
            changes += self.changes_at(at, taken, after)
            taken = after
        return changes

    def changes_at(self, span: int, before: Collection[int], taken: Collection[int]) -> int:
        """Return how many pairs of a span are taken up that continue none; at the start of a route there is none to."""
        return 0 if span == 0 else len(set(taken) - _continued(before, self.spliced[span - 1]))

    def _best(self, span: int, before: Collection[int], wanted: Pairs) -> list[int]:
        """Return the wanted pairs of a span, then those that go on with `before`, then those that reach furthest."""
        reach = self.reach[span]
        going_on = _continued(before, self.spliced[span - 1]) & reach.keys() if span else frozenset()
        taken = [*wanted, *sorted(going_on.difference(wanted), key=lambda number: (-reach[number], number))]
        for number in self.furthest_first[span]:
            if len(taken) >= self.pairs:
                break
            if number not in taken:
                taken.append(number)
        return taken[: self.pairs]


def _continued(before: Collection[int], joint: Joints) -> frozenset[int]:
    return frozenset(joint[number] for number in before if number in joint)


def _pair_of(fibre: int) -> int:
    return (fibre + 1) // 2
