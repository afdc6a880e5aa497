"""What holds together: components, what no single span or site divides, and the spans and sites that do divide.

One depth-first walk over the plant says all of it. The span by which the walk entered a site is left out by its number,
not by the site at its other end, so that two parallel spans are no bridges.

Source: Hopcroft and Tarjan, Algorithm 447: efficient algorithms for graph manipulation, CACM 16 (1973).
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from cni.topology.compiled import compiled

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
    order: Int32s
    """n: the sites as the walk met them, each after the one that it was entered from"""
    entered_by: Int32s
    """n: the span by which the walk came to a site, -1 for the first of its component"""


class Plant(NamedTuple):
    """What compiled functions read here: the arcs, the ends of spans, and which spans are closed."""

    first_arc: Int32s
    arc_site: Int32s
    arc_span: Int32s
    end_a: Int32s
    end_z: Int32s
    closed: Mask


class _Walk(NamedTuple):
    """A depth-first walk; `low` is the least place that can be reached from a site.

    To reach it, go down the tree as far as you like and then over one span that is not in the tree.
    """

    order: Int32s
    place: Int32s
    low: Int32s
    entered_by: Int32s
    next_arc: Int32s


def open_plant(arrays: Arcs, closed: Mask) -> Plant:
    """Return the plant without the closed spans, as compiled functions read it."""
    # A copy: compiled functions tell read-only arrays from others, and would be compiled twice.
    return Plant(arrays.first_arc, arrays.arc_site, arrays.arc_span, arrays.end_a, arrays.end_z, closed.copy())


def label_plant(arrays: Arcs, closed: Mask) -> Labels:
    """Return the labels of the plant without the closed spans."""
    return _labels(open_plant(arrays, closed))


@compiled
def _labels(plant: Plant) -> Labels:
    walk = _walk(plant)
    component, two_edge, entry_block, is_articulation, blocks = _labels_of_sites(plant, walk)
    span_count = len(plant.end_a)
    is_bridge, block = np.zeros(span_count, np.uint8), np.full(span_count, NONE, np.int32)
    for site in walk.order:
        if walk.entered_by[site] != NONE and walk.low[site] == walk.place[site]:
            is_bridge[walk.entered_by[site]] = 1
    for span in range(span_count):
        a, z = plant.end_a[span], plant.end_z[span]
        if plant.closed[span]:
            continue
        if a == z:
            block[span], blocks = blocks, blocks + 1
        else:  # the end that was met later is below the other: the block is the one that it was entered in
            block[span] = entry_block[a if walk.place[a] > walk.place[z] else z]
    return Labels(component, two_edge, block, is_bridge, is_articulation, walk.order, walk.entered_by)


@compiled
def _walk(plant: Plant) -> _Walk:
    count = len(plant.first_arc) - 1
    unknown = np.full(count, NONE, np.int32)
    walk = _Walk(unknown.copy(), unknown.copy(), unknown.copy(), unknown.copy(), plant.first_arc[:-1].copy())
    path, met = np.empty(count, np.int32), 0
    for root in range(count):
        if walk.place[root] != NONE:
            continue
        walk.order[met], walk.place[root], walk.low[root] = root, met, met
        path[0], depth, met = root, 1, met + 1
        while depth > 0:
            site = path[depth - 1]
            found = _step(plant, walk, site, met)
            if found != NONE:
                path[depth], depth, met = found, depth + 1, met + 1
                continue
            depth -= 1
            if depth > 0:
                above = path[depth - 1]
                walk.low[above] = min(walk.low[above], walk.low[site])
    return walk


@compiled
def _step(plant: Plant, walk: _Walk, site: int, met: int) -> int:
    """Go to a site that was not met so far and return it; -1, having looked at all arcs, where there is none."""
    least = walk.low[site]
    for arc in range(walk.next_arc[site], plant.first_arc[site + 1]):
        span, other = plant.arc_span[arc], plant.arc_site[arc]
        if plant.closed[span] or span == walk.entered_by[site]:
            continue
        if walk.place[other] == NONE:
            walk.order[met], walk.place[other], walk.low[other], walk.entered_by[other] = other, met, met, span
            walk.next_arc[site], walk.low[site] = arc + 1, least
            return int(other)
        least = min(least, walk.place[other])
    walk.next_arc[site], walk.low[site] = plant.first_arc[site + 1], least
    return NONE


@compiled
def _labels_of_sites(plant: Plant, walk: _Walk) -> tuple[Int32s, Int32s, Int32s, Mask, int]:
    """Return component, 2-edge-connected component, block of the entry span, articulation; and how many blocks."""
    count = len(walk.order)
    component, two_edge = np.empty(count, np.int32), np.empty(count, np.int32)
    entry_block = np.full(count, NONE, np.int32)
    has_branch, is_articulation = np.zeros(count, np.uint8), np.zeros(count, np.uint8)
    components, two_edges, blocks = 0, 0, 0
    for site in walk.order:
        span = walk.entered_by[site]
        above = NONE if span == NONE else site_beyond(plant, span, site)
        if above == NONE:
            component[site], components = components, components + 1
        else:
            component[site] = component[above]
        if walk.low[site] == walk.place[site]:  # nothing goes back past the span that it was entered by
            two_edge[site], two_edges = two_edges, two_edges + 1
        else:
            two_edge[site] = two_edge[above]
        if above == NONE:
            continue
        if walk.low[site] >= walk.place[above]:  # nothing goes back past the site above: a block begins
            entry_block[site], blocks = blocks, blocks + 1
            is_articulation[above] |= has_branch[above] | (walk.entered_by[above] != NONE)
            has_branch[above] = 1
        else:
            entry_block[site] = entry_block[above]
    return component, two_edge, entry_block, is_articulation, blocks


@compiled
def site_beyond(plant: Plant, span: int, site: int) -> int:
    """Return the other end of a span."""
    return int(plant.end_z[span] if plant.end_a[span] == site else plant.end_a[span])
