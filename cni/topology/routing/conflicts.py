"""Where routes that shall share no risk group conflict.

Risk groups (shared-risk link groups, SRLG) and what else two routes may not have between them, such as two spans that
run too close together, are *groups* of spans alike: only one of the routes may use spans of a group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cni.topology.engine.view import Groups, Int32s, Mask
from cni.topology.routing.asked import Asked
from cni.topology.routing.ways import Legs


@dataclass(frozen=True, slots=True, eq=False)
class KeptApart:
    """The groups that only one route may use: those with a 1 in `counted`."""

    of_spans: Groups
    spans_of: Groups
    counted: Mask

    def on(self, spans: Int32s) -> tuple[Int32s, Int32s]:
        """Return the counted groups on these spans, once for each time, and the place in `spans` of each."""
        groups, places = self.of_spans.all_members(spans)
        counts = self.counted[groups] == 1
        return groups[counts], places[counts]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two spans of a group on different routes, each with the number of its stretch."""

    group: int
    spans: tuple[int, int]
    stretches: tuple[int, int]


def risks_apart(asked: Asked, counted: Mask) -> KeptApart:
    """Return the risk groups that are counted as what is to be kept apart."""
    return KeptApart(asked.view.risks_of_spans, asked.view.spans_of_risks, counted)


def also_apart(kept: KeptApart, pairs: Sequence[tuple[int, int]]) -> KeptApart:
    """Return what is kept apart, and with it these pairs of spans, as groups of two."""
    sizes = np.concatenate([np.diff(kept.spans_of.first), np.full(len(pairs), 2, np.int32)])
    first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    member = np.concatenate([kept.spans_of.member, np.array(pairs, np.int32).reshape(-1)])
    order = np.argsort(member, kind="stable")
    group_of = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    span_first = np.searchsorted(member[order], np.arange(len(kept.of_spans.first))).astype(np.int32)
    counted = np.concatenate([kept.counted, np.ones(len(pairs), np.uint8)])
    return KeptApart(Groups(span_first, group_of[order]), Groups(first, member), counted)


def shared_groups(kept: KeptApart, routes: Sequence[Int32s]) -> list[int]:
    """Return the groups that two or more routes use."""
    own = np.concatenate([np.unique(kept.on(route)[0]) for route in routes])
    groups, counts = np.unique(own, return_counts=True)
    found: list[int] = groups[counts > 1].tolist()
    return found


def find_conflict(kept: KeptApart, legs: Legs) -> Conflict | tuple[bool, ...]:
    """Return a conflict that no turning of stretches ends; if there is none, which stretches to turn.

    Routes of two stretches may be joined either way at the site between them, so a group on different sides of two
    stretches only says how these are to be joined.
    """
    count = len(legs[0]) if legs else 0
    met = list(_met_twice(kept, [route for leg in legs for route in leg]))
    for group, uses in met:
        for (here, span), (there, other) in _pairs_in_one_stretch(uses, count):
            return Conflict(group, (span, other), (here // count, there // count))
    return _turns(met, len(legs)) if met else (False,) * len(legs)


Uses = list[tuple[int, int]]
"""(number of the route, span), in order"""


def _met_twice(kept: KeptApart, routes: Sequence[Int32s]) -> Iterator[tuple[int, Uses]]:
    """Yield the groups that are on more than one of these routes, with where they are."""
    if not routes:
        return
    spans = np.concatenate(routes)
    groups, places = kept.on(spans)
    order = np.argsort(groups, kind="stable")
    groups, places = groups[order], places[order]
    route_of = np.repeat(np.arange(len(routes)), [len(route) for route in routes])[places]
    clash = (groups[1:] == groups[:-1]) & (route_of[1:] != route_of[:-1])
    for group in np.unique(groups[1:][clash]).tolist():
        low, high = np.searchsorted(groups, [group, group + 1])
        yield group, list(zip(route_of[low:high].tolist(), spans[places[low:high]].tolist(), strict=True))


def _pairs_in_one_stretch(uses: Uses, count: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    for (here, span), (there, other) in pairwise(uses):
        if here != there and here // count == there // count:
            yield (here, span), (there, other)


def _turns(met: Sequence[tuple[int, Uses]], stretches: int) -> Conflict | tuple[bool, ...]:
    """Return which of two-sided stretches to turn, so that each group is on one side; or what keeps them from it."""
    links: dict[int, list[tuple[int, bool, Conflict]]] = defaultdict(list)
    for group, uses in met:
        for (here, span), (there, other) in pairwise(uses):
            conflict = Conflict(group, (span, other), (here // 2, there // 2))
            links[here // 2].append((there // 2, here % 2 != there % 2, conflict))
            links[there // 2].append((here // 2, here % 2 != there % 2, conflict))
    turned: dict[int, bool] = {}
    for start in range(stretches):
        waiting = [] if start in turned else [start]
        turned.setdefault(start, False)
        while waiting:
            here = waiting.pop()
            for there, opposed, conflict in links[here]:
                if there not in turned:
                    turned[there] = turned[here] != opposed
                    waiting.append(there)
                elif turned[there] != (turned[here] != opposed):
                    return conflict
    return tuple(turned[number] for number in range(stretches))
