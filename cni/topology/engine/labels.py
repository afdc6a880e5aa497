"""What holds together: components, what no single span or site divides, and the spans and sites that do divide.

One depth-first walk over the plant says all of it. The span by which the walk entered a site is left out by its number,
not by the site at its other end, so that two parallel spans are no bridges.

Source: Hopcroft and Tarjan, Algorithm 447: efficient algorithms for graph manipulation, CACM 16 (1973).
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from cni.topology.engine.compiled import compiled

Int32s = NDArray[np.int32]
Mask = NDArray[np.uint8]

NONE = -1


class Arcs(Protocol):
    """The part of `view.Arrays` that is read here."""

    @property
    def first_arc(self) -> Int32s:
        """n + 1"""

    @property
    def arc_site(self) -> Int32s:
        """2 m"""

    @property
    def arc_span(self) -> Int32s:
        """2 m"""

    @property
    def end_a(self) -> Int32s:
        """m"""

    @property
    def end_z(self) -> Int32s:
        """m"""


class Walk(NamedTuple):
    """A depth-first walk. Sites are told by their place in the order in which it met them, k spans are not in its tree.

    The low point of a place is the least that can be reached from it, going down the tree as far as you like and then
    over one span that is not in the tree.
    """

    order: Int32s
    """n, by place: the site"""
    above: Int32s
    """n, by place: the place that it was entered from, -1 for the first of a component"""
    entered_by: Int32s
    """n, by place: the span that it was entered by, or -1"""
    low: Int32s
    """n, by place: its low point"""
    outside: Int32s
    """k: the spans that are not in the tree, those from a site to itself left out"""
    upper: Int32s
    """k: the place to which such a span leads up …"""
    lower: Int32s
    """k: … and the one from which, below it"""


class Labels(NamedTuple):
    """Labels of n sites and m spans under a mask; equal numbers hold together. A closed span is nowhere.

    A *block* (biconnected component) is a set of spans within which no single site stands between any two others; a
    span from a site to itself is a block of its own.
    """

    component: Int32s
    """n"""
    two_edge: Int32s
    """n: within one of these, no single span stands between any two sites"""
    block: Int32s
    """m, -1 where closed"""
    is_bridge: Mask
    """m: without it, its two ends are apart"""
    is_articulation: Mask
    """n: without it, some of its neighbours are apart"""
    walk: Walk


class Plant(NamedTuple):
    """What compiled functions read here: the arcs, the ends of spans, and which spans are closed."""

    first_arc: Int32s
    arc_site: Int32s
    arc_span: Int32s
    end_a: Int32s
    end_z: Int32s
    closed: Mask


class _Going(NamedTuple):
    """Where a walk is: the place of each site (-1: not met), by place the next arc to look at; how many sites were met
    and how many spans found that are not in the tree."""

    place: Int32s
    next_arc: Int32s
    tally: Int32s


def open_plant(arrays: Arcs, closed: Mask) -> Plant:
    """Return the plant without the closed spans, as compiled functions read it."""
    # A copy: compiled functions tell read-only arrays from others, and would be compiled twice.
    return Plant(arrays.first_arc, arrays.arc_site, arrays.arc_span, arrays.end_a, arrays.end_z, closed.copy())


def label_plant(arrays: Arcs, closed: Mask) -> Labels:
    """Return the labels of the plant without the closed spans."""
    return label_open(open_plant(arrays, closed))


@compiled
def label_open(plant: Plant) -> Labels:
    """Return the labels of a plant."""
    walk = _walk(plant)
    site_count, span_count = len(walk.order), len(plant.end_a)
    component, two_edge = np.empty(site_count, np.int32), np.empty(site_count, np.int32)
    block, is_bridge = np.full(span_count, NONE, np.int32), np.zeros(span_count, np.uint8)
    labels = Labels(component, two_edge, block, is_bridge, np.zeros(site_count, np.uint8), walk)
    blocks = _label_tree(labels)
    for i in range(len(walk.outside)):
        block[walk.outside[i]] = block[walk.entered_by[walk.lower[i]]]
    for span in range(span_count):
        if block[span] == NONE and plant.closed[span] == 0:  # from a site to itself
            block[span], blocks = blocks, blocks + 1
    return labels


@compiled
def _walk(plant: Plant) -> Walk:
    n, m = len(plant.first_arc) - 1, len(plant.end_a)
    walk = Walk(
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.empty(m, np.int32),
        np.empty(m, np.int32),
        np.empty(m, np.int32),
    )
    going = _Going(np.full(n, NONE, np.int32), np.empty(n, np.int32), np.zeros(2, np.int32))
    for root in range(n):
        if going.place[root] != NONE:
            continue
        place = _meet(plant, walk, going, root, NONE, NONE)
        while place != NONE:
            found = _step(plant, walk, going, place)
            above = walk.above[place]
            if found == NONE and above != NONE:
                walk.low[above] = min(walk.low[above], walk.low[place])
            place = above if found == NONE else found
    k = going.tally[1]
    return Walk(walk.order, walk.above, walk.entered_by, walk.low, walk.outside[:k], walk.upper[:k], walk.lower[:k])


@compiled
def _meet(plant: Plant, walk: Walk, going: _Going, site: int, above: int, span: int) -> int:
    place = going.tally[0]
    walk.order[place], walk.above[place], walk.entered_by[place], walk.low[place] = site, above, span, place
    going.place[site], going.next_arc[place] = place, plant.first_arc[site]
    going.tally[0] += 1
    return int(place)


@compiled
def _step(plant: Plant, walk: Walk, going: _Going, place: int) -> int:
    """Go down to a site that was not met so far and return its place; -1, having seen all arcs, if there is none."""
    site, entry, least = walk.order[place], walk.entered_by[place], walk.low[place]
    for arc in range(going.next_arc[place], plant.first_arc[site + 1]):
        span = plant.arc_span[arc]
        if plant.closed[span] or span == entry:
            continue
        other = going.place[plant.arc_site[arc]]
        if other == NONE:
            going.next_arc[place], walk.low[place] = arc + 1, least
            return _meet(plant, walk, going, plant.arc_site[arc], place, span)
        if other < place:
            k = going.tally[1]
            walk.outside[k], walk.upper[k], walk.lower[k] = span, other, place
            going.tally[1] = k + 1
            least = min(least, other)
    walk.low[place] = least
    return NONE


@compiled
def _label_tree(labels: Labels) -> int:
    """Label all but the blocks of spans that are not in the tree; return the number of blocks."""
    walk = labels.walk
    has_branch = np.zeros(len(walk.order), np.uint8)
    components, two_edges, blocks = 0, 0, 0
    for place in range(len(walk.order)):
        site, above, span = walk.order[place], walk.above[place], walk.entered_by[place]
        if above == NONE:
            labels.component[site], components = components, components + 1
            labels.two_edge[site], two_edges = two_edges, two_edges + 1
            continue
        parent = walk.order[above]
        labels.component[site] = labels.component[parent]
        if walk.low[place] == place:  # nothing goes back past the span that it was entered by
            labels.is_bridge[span] = 1
            labels.two_edge[site], two_edges = two_edges, two_edges + 1
        else:
            labels.two_edge[site] = labels.two_edge[parent]
        if walk.low[place] >= above:  # nothing goes back past the site above: a block begins
            labels.block[span], blocks = blocks, blocks + 1
            labels.is_articulation[parent] |= has_branch[above] | (walk.above[above] != NONE)
            has_branch[above] = 1
        else:
            labels.block[span] = labels.block[walk.entered_by[above]]
    return blocks
