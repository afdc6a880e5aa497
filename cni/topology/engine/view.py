"""The compiled view of a network: everything by number, in arrays, for searches to run on.

A view is immutable and made once for a network. Sites are numbered along a Z-curve over the map (Morton order, ties by
id) and spans by their ends (ties by id), so that what is near on the ground is near in memory, whatever order the
network was put together in. Numbers never leave the engine.

What may not be used for one question is told by a *mask*, a byte for each span: that is the only filter there is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from cni.topology.engine.landmarks import landmark_distances

if TYPE_CHECKING:
    from cni.topology.engine.labels import Labels

Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]
Mask = NDArray[np.uint8]
"""A byte for each span: 1 where it is closed."""

MICROMETRES_PER_METRE = 1_000_000
COST_BITS = 60
"""All costs together stay below 2 to this power, so that no sum of a few such sums runs over 64 bits."""
LEAST_TIE_BITS = 4
MOST_TIE_BITS = 24
ANSWER_BITS = 16
"""An answer has fewer spans than 2 to this power: with more, lengths need not come before ties."""


class Arrays(NamedTuple):
    """What compiled functions read of n sites and m spans; each span is two arcs, one for each direction.

    The arcs out of site `s` are `first_arc[s]` up to `first_arc[s + 1]`.
    """

    first_arc: Int32s
    """n + 1"""
    arc_site: Int32s
    """2 m: the site that the arc leads to"""
    arc_span: Int32s
    """2 m"""
    end_a: Int32s
    """m"""
    end_z: Int32s
    """m"""
    id_rank: Int32s
    """m: the span's place in the order of ids"""
    cost: Int64s
    """m: what searches add up, at least 1: see `costs_of`"""
    landmarks: Int64s
    """n × 16: the cost of the cheapest route to each landmark, -1 where there is none"""


class Groups(NamedTuple):
    """Lists by number: those of list `i` are `member[first[i]]` up to `member[first[i + 1]]`."""

    first: Int32s
    member: Int32s

    def members(self, number: int) -> Int32s:
        """Return the members of one list."""
        return self.member[self.first[number] : self.first[number + 1]]

    def all_members(self, numbers: Int32s) -> tuple[Int32s, Int32s]:
        """Return the members of several lists, one list after another, and the place in `numbers` of its list."""
        first = self.first[numbers]
        counts = self.first[numbers + 1] - first
        places = np.repeat(np.arange(len(numbers), dtype=np.int32), counts)
        if len(places) == 0:
            return places, places
        before = np.cumsum(counts) - counts
        return self.member[np.arange(len(places)) + (first - before)[places]], places


@dataclass(frozen=True, eq=False)
class View:
    """Sites, spans and risk groups by number. `risk_ids` are in the order of ids."""

    site_ids: Sequence[str]
    site_numbers: dict[str, int]
    span_ids: Sequence[str]
    span_numbers: dict[str, int]
    risk_ids: Sequence[str]
    risk_numbers: dict[str, int]
    arrays: Arrays
    length_um: Int64s
    risks_of_spans: Groups
    spans_of_risks: Groups

    @cached_property
    def labels(self) -> Labels:
        """What holds together in the whole plant: components, blocks, bridges, articulation sites."""
        from cni.topology.engine.labels import label_plant  # late: only some questions need it, and it is compiled

        return label_plant(self.arrays, self.nothing_closed)

    @cached_property
    def nothing_closed(self) -> Mask:
        """The mask of a question that may use every span; not to be written to."""
        # Not marked as read-only: numba would compile everything once more for such arrays.
        return np.zeros(len(self.span_ids), np.uint8)


def compile_view(graph: nx.MultiGraph, risk_ids: Collection[str]) -> View:
    """Return the view of a graph whose keys are span ids; `risk_ids` are those that are known besides the spans'."""
    site_ids = _in_morton_order(graph)
    site_numbers = dict(zip(site_ids, range(len(site_ids)), strict=True))
    spans = _Spans.of(graph, site_numbers)
    listed = [given.get("risks", ()) for given in spans.given]
    risks = sorted(set(risk_ids).union(*filter(None, listed)))
    risk_numbers = {id: number for number, id in enumerate(risks)}
    risks_of_spans = _groups(listed, risk_numbers)
    first_arc, arc_site, arc_span = _arcs(spans.end_a, spans.end_z, len(site_ids))
    cost = costs_of(spans.length_um, spans.ids)
    landmarks = landmark_distances(first_arc, arc_site, arc_span, cost)
    return View(
        site_ids=site_ids,
        site_numbers=site_numbers,
        span_ids=spans.ids,
        span_numbers=dict(zip(spans.ids, range(len(spans.ids)), strict=True)),
        risk_ids=risks,
        risk_numbers=risk_numbers,
        arrays=Arrays(first_arc, arc_site, arc_span, spans.end_a, spans.end_z, spans.id_rank, cost, landmarks),
        length_um=spans.length_um,
        risks_of_spans=risks_of_spans,
        spans_of_risks=_turned(risks_of_spans, len(risks)),
    )


def costs_of(length_um: Int64s, span_ids: Sequence[str]) -> Int64s:
    """Return what each span costs in a search: its length first, then a small part of its own that decides ties.

    That part makes every cost positive, so that spans of no length need no special care, grows with the number of
    spans, so that of equal lengths the fewest spans tend to win, and differs by the id of the span, so that the same
    routes win in every process. It is kept so small that all of a route's together weigh less than the least
    difference of two lengths: their greatest common divisor. Where 64 bits cannot hold that, which takes a network of
    more than about 50,000 spans measured finer than millimetres, lengths are rounded to the finest unit that they can.
    """
    unit = max(int(np.gcd.reduce(length_um)), 1) if len(length_um) else 1
    spans_bits = min(len(length_um).bit_length(), ANSWER_BITS)
    tie_bits = COST_BITS - spans_bits - (sum(length_um.tolist()) // unit).bit_length()
    if tie_bits < LEAST_TIE_BITS:
        unit <<= LEAST_TIE_BITS - tie_bits
        tie_bits = LEAST_TIE_BITS
    tie_bits = min(tie_bits, MOST_TIE_BITS)
    each = 1 << (tie_bits - 1)
    own = np.fromiter(map(crc32, map(str.encode, span_ids)), np.int64, len(span_ids)) % max(each >> 5, 2)
    costs: Int64s = ((length_um + unit // 2) // unit << (tie_bits + spans_bits)) + each + own
    return costs


class _Spans(NamedTuple):
    """The spans of a graph in their order, each from its end with the lower number to the other."""

    ids: Sequence[str]
    end_a: Int32s
    end_z: Int32s
    id_rank: Int32s
    length_um: Int64s
    given: Sequence[Mapping[str, Any]]
    """What the graph says of each."""

    @classmethod
    def of(cls, graph: nx.MultiGraph, site_numbers: Mapping[str, int]) -> _Spans:
        end_a, end_z, parallels = _neighbours(graph, site_numbers)
        ids: list[str] = list(chain.from_iterable(parallels))
        given: list[Mapping[str, Any]] = list(chain.from_iterable(map(dict.values, parallels)))
        rank = _ranks(ids)
        order = np.lexsort((rank, end_z, end_a))
        lengths_m = np.fromiter(map(itemgetter("length_m"), given), np.float64, len(given))
        numbers = order.tolist()
        return cls(
            ids=list(map(ids.__getitem__, numbers)),
            end_a=end_a[order],
            end_z=end_z[order],
            id_rank=rank[order],
            length_um=np.rint(lengths_m[order] * MICROMETRES_PER_METRE).astype(np.int64),
            given=list(map(given.__getitem__, numbers)),
        )


def _neighbours(
    graph: nx.MultiGraph, site_numbers: Mapping[str, int]
) -> tuple[Int32s, Int32s, list[dict[str, Mapping[str, Any]]]]:
    """Return the ends of every span, the lower number first, and for each pair of neighbours what joins them, by id.

    By whole lists, since the graph's own list of edges, one by one, would take several times as long.
    """
    adjacent = [neighbours for _, neighbours in graph.adjacency()]
    here = np.fromiter(map(site_numbers.__getitem__, graph), np.int32, len(adjacent))
    here = np.repeat(here, list(map(len, adjacent)))
    there = np.fromiter(map(site_numbers.__getitem__, chain.from_iterable(adjacent)), np.int32, len(here))
    joined = list(chain.from_iterable(map(dict.values, adjacent)))
    once = np.flatnonzero(here <= there)
    parallels = list(map(joined.__getitem__, once.tolist()))
    each = once.repeat(list(map(len, parallels)))
    return here[each], there[each], parallels


def _ranks(ids: Sequence[str]) -> Int32s:
    """Return the place of each id in the order of ids."""
    ranks = np.empty(len(ids), np.int32)
    ranks[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids), dtype=np.int32)
    return ranks


def _in_morton_order(graph: nx.MultiGraph) -> list[str]:
    """Return the ids of all sites along a Z-curve; those without a place come last, by id."""
    ids, given = list(graph), [given for _, given in graph.nodes.data()]
    degrees = np.array([[each.get(name, np.nan) for each in given] for name in ("lon", "lat")], np.float64)
    cells = np.nan_to_num((degrees + 180) / 360 * (1 << 31), nan=(1 << 31) - 1).clip(0, (1 << 31) - 1)
    codes = _spread(cells[0].astype(np.uint64)) | _spread(cells[1].astype(np.uint64)) << np.uint64(1)
    return [ids[number] for number in np.lexsort((_ranks(ids), codes)).tolist()]


def _spread(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return numbers of 31 bits with a nought put between any two bits.

    Source: Morton, A Computer Oriented Geodetic Data Base (IBM, 1966).
    """
    for shift, kept in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        numbers = (numbers | numbers << np.uint64(shift)) & np.uint64(kept)
    return numbers


def _arcs(end_a: Int32s, end_z: Int32s, site_count: int) -> tuple[Int32s, Int32s, Int32s]:
    """Return `first_arc`, `arc_site` and `arc_span`: arcs by the site that they leave, then by span."""
    spans = np.arange(len(end_a), dtype=np.int32)
    leaves = np.concatenate((end_a, end_z))
    order = np.lexsort((np.concatenate((spans, spans)), leaves))
    first = np.zeros(site_count + 1, np.int32)
    np.cumsum(np.bincount(leaves, minlength=site_count), out=first[1:])
    return first, np.concatenate((end_z, end_a))[order], np.concatenate((spans, spans))[order]


def _groups(lists: Sequence[Sequence[str]], numbers: Mapping[str, int]) -> Groups:
    """Return lists of ids as groups of their numbers, each once, in order."""
    owners = np.repeat(np.arange(len(lists)), list(map(len, lists)))
    members = np.fromiter(map(numbers.__getitem__, chain.from_iterable(lists)), np.int64, len(owners))
    owners, members = np.divmod(np.unique(owners * len(numbers) + members), max(len(numbers), 1))
    first = np.zeros(len(lists) + 1, np.int32)
    np.cumsum(np.bincount(owners, minlength=len(lists)), out=first[1:])
    return Groups(first, members.astype(np.int32))


def _turned(groups: Groups, count: int) -> Groups:
    """Return the other way round: for each of `count` members, the lists that it is in."""
    lists = np.repeat(np.arange(len(groups.first) - 1, dtype=np.int32), np.diff(groups.first))
    first = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(groups.member, minlength=count), out=first[1:])
    return Groups(first, lists[np.argsort(groups.member, kind="stable")])
