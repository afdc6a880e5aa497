"""The way between two sites: what every route passes, and the stretches between where routes can run apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cni.topology.engine.search import cuts_along, sites_along
from cni.topology.engine.view import Int32s
from cni.topology.routing.asked import Asked

Bools = NDArray[np.bool_]
NO_SPAN = -1
Legs = Sequence[Sequence[Int32s]]
"""For each stretch of a way the routes over it, as spans in order."""


@dataclass(frozen=True, slots=True)
class Part:
    """From one site that every route passes to the next: over a bridge, or, without one, a stretch."""

    a: int
    z: int
    bridge: int = NO_SPAN


@dataclass(frozen=True, eq=False)
class Way:
    """The parts of the way from a to z in order; `sites` are those that every route passes, the ends aside."""

    parts: tuple[Part, ...]
    sites: tuple[int, ...] = ()

    @cached_property
    def ends(self) -> tuple[int, int]:
        """The two sites that the way joins."""
        return self.parts[0].a, self.parts[-1].z

    @cached_property
    def bridges(self) -> Int32s:
        """The spans that every route crosses."""
        return np.array([part.bridge for part in self.parts if part.bridge != NO_SPAN], np.int32)

    @cached_property
    def stretches(self) -> tuple[tuple[int, int], ...]:
        """The two sites of each stretch."""
        return tuple((part.a, part.z) for part in self.parts if part.bridge == NO_SPAN)

    @property
    def shares_nothing(self) -> bool:
        """Whether routes over it need have nothing in common but their ends."""
        return not self.sites and len(self.bridges) == 0

    def join(self, legs: Legs, turned: Sequence[bool]) -> tuple[Int32s, ...]:
        """Return whole routes of these legs; where a stretch is turned, its two change places."""
        if len(self.parts) == 1 and legs:
            return tuple(legs[0])
        onward = iter(tuple(reversed(leg)) if turn else tuple(leg) for leg, turn in zip(legs, turned, strict=True))
        pieces = [
            next(onward) if part.bridge == NO_SPAN else (np.array([part.bridge], np.int32),) * 2 for part in self.parts
        ]
        return tuple(np.concatenate(run) for run in zip(*pieces, strict=True))


def open_way(a: int, z: int) -> Way:
    """Return the way on which routes need not meet: one stretch."""
    return Way((Part(a, z),))


def way_along(asked: Asked, route: Int32s) -> Way:
    """Return the way that a route goes: every other one goes it too."""
    sites = sites_along(asked.view, asked.ends[0], route)
    bridges, cut_sites = _cuts(asked, route, sites)
    parts, start = [], 0
    stops = [*(number + 1 for number in np.flatnonzero(cut_sites).tolist()), len(route)]
    for stop in stops:
        is_bridge = stop - start == 1 and bool(bridges[start])
        parts.append(Part(int(sites[start]), int(sites[stop]), int(route[start]) if is_bridge else NO_SPAN))
        start = stop
    return Way(tuple(parts), tuple(sites[stops[:-1]].tolist()))


def _cuts(asked: Asked, route: Int32s, sites: Int32s) -> tuple[Bools, Bools]:
    """Return, for each span of a route and for each site inside it, whether every route passes it."""
    if asked.is_whole_plant:
        labels = asked.view.labels
        blocks = labels.block[route]
        return labels.is_bridge[route] == 1, blocks[1:] != blocks[:-1]
    cuts = cuts_along(asked.view, asked.ends[0], route, asked.closed)
    return np.isin(route, cuts.spans), np.isin(sites[1:-1], cuts.sites)


def parts_at_once(asked: Asked) -> bool:
    """Tell whether the labels of the whole plant say that no two routes run apart as asked."""
    labels, (a, z) = asked.view.labels, asked.ends
    if not asked.apart_at_sites:
        return bool(labels.component[a] == labels.component[z] and labels.two_edge[a] != labels.two_edge[z])
    arrays = asked.view.arrays
    at_a, at_z = (arrays.arc_span[arrays.first_arc[site] : arrays.first_arc[site + 1]] for site in (a, z))
    common = set(labels.block[at_a].tolist()) & set(labels.block[at_z].tolist())
    bridges = {int(labels.block[span]) for span in at_a.tolist() if labels.is_bridge[span]}
    return not common - bridges
