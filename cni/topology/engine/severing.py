"""Which risk groups sever the plant by themselves, and which sites that cuts off from its core.

A group with a bridge does. Of the others, those whose words cancel out (see `sketch`), and those too large for words,
are tried: from both ends of all their spans at once the plant is flooded, in turn a site each, and floods that meet
become one, until one is left, or as many have dried up as words have cancelled out: more pieces than that cannot come
off. What has dried up by then is cut off. That looks at about as many sites as the smaller side has, however large the
plant is, and it is certain.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cni.topology.engine.compiled import compiled
from cni.topology.engine.labels import NONE, Int32s, Labels, Mask, Plant
from cni.topology.engine.sketch import Words

MOST_WORDS = 40
"""Above this, words of 64 bits would cancel out by chance too often to save any work."""
FEW_SPANS = 8


class Core(NamedTuple):
    """The sites of the largest part that no single site divides."""

    has_site: Mask
    """n"""
    sites: int
    """how many; 0: there is no such part"""
    two_edge: int
    """the 2-edge-connected component that it is in, -1 for none"""


class Severed(NamedTuple):
    """What risk groups do by themselves: which disconnect anything, and which sites of the core one of them cuts off.

    A site of the core is cut off where it is left with no more than half of the core's sites.
    """

    by_group: Mask
    is_cut_off: Mask
    """n"""


class _Trial(NamedTuple):
    """What groups are tried on, and where floods are kept: one flat tuple, since nested ones are slow to take apart."""

    first_arc: Int32s
    arc_site: Int32s
    arc_span: Int32s
    end_a: Int32s
    end_z: Int32s
    part: Int32s
    words: Words
    shut: Mask
    """the spans that are closed, the bridges, and, while it is tried, the group"""
    taken: Int32s
    """the spans of the group that were not shut before"""
    basis: Words
    flood: Int32s
    """by site: its flood, -1 while it is dry"""
    after: Int32s
    """by site: the next that its flood goes on from"""
    wet: Int32s
    """the sites that are wet, in the order in which they became it"""
    whole: Int32s
    """by flood: the one that it has become part of"""
    head: Int32s
    """by flood: the first site that it goes on from …"""
    tail: Int32s
    """… and the last"""
    is_dry: Mask
    """by flood: whether it dried up before it met all others"""
    line: Int32s
    """the floods that spread"""


@compiled
def sever(plant: Plant, labels: Labels, words: Words, groups: tuple[Int32s, Int32s], core: Core) -> Severed:
    """Return what each risk group does by itself; the spans of group `i` are `groups[1]` from `groups[0][i]` on."""
    first, member = groups
    shut = plant.closed | labels.is_bridge
    inner = Plant(plant.first_arc, plant.arc_site, plant.arc_span, plant.end_a, plant.end_z, shut)
    trial = _begin(inner, labels, words, first)
    by_group, is_cut_off = np.zeros(len(first) - 1, np.uint8), np.zeros(len(labels.component), np.uint8)
    degree, ends, wet, has_site = _degrees(inner, len(is_cut_off)), trial.tail, trial.wet, core.has_site
    is_bridge, basis = labels.is_bridge, trial.basis
    for number in range(len(by_group)):
        spans = member[first[number] : first[number + 1]]
        for span in spans:
            by_group[number] |= is_bridge[span]
        most = _cancelling(words, shut, spans, basis)
        if most == 0:
            continue
        if _leave_alone(inner, degree, spans, ends, wet) == most and 2 * most < core.sites:
            for i in range(most):
                is_cut_off[wet[i]] |= has_site[wet[i]]
            by_group[number] = 1
        elif _is_severed_by(trial, spans, most, core, is_cut_off):
            by_group[number] = 1
    return Severed(by_group, is_cut_off)


@compiled
def _begin(plant: Plant, labels: Labels, words: Words, first: Int32s) -> _Trial:
    largest = 0
    for number in range(len(first) - 1):
        largest = max(largest, first[number + 1] - first[number])
    dry, none = np.full(len(labels.component), NONE, np.int32), np.empty(2 * largest, np.int32)
    return _Trial(
        plant.first_arc,
        plant.arc_site,
        plant.arc_span,
        plant.end_a,
        plant.end_z,
        labels.two_edge,
        words,
        plant.closed,
        none,
        np.empty(MOST_WORDS, np.uint64),
        dry,
        dry.copy(),
        dry.copy(),
        none.copy(),
        none.copy(),
        none.copy(),
        np.empty(2 * largest, np.uint8),
        none.copy(),
    )


@compiled
def _cancelling(words: Words, shut: Mask, spans: Int32s, basis: Words) -> int:
    """Return how many pieces can come off at most where these spans are closed, those that are shut aside.

    That is how many of their words are the exclusive or of others', by elimination; for many spans, their number.
    """
    if len(spans) > MOST_WORDS:
        return len(spans)
    rank, cancelling = 0, 0
    for span in spans:
        if shut[span]:
            continue
        word = words[span]
        for i in range(rank):
            word = min(word, word ^ basis[i])
        if word == 0:
            cancelling += 1
        else:
            basis[rank], rank = word, rank + 1
    return cancelling


@compiled
def _leave_alone(plant: Plant, degree: Int32s, spans: Int32s, ends: Int32s, sites: Int32s) -> int:
    """Return how many sites lose all their spans where these are closed; they are put into `sites`.

    So most groups are settled that sever anything. It is not looked for where there are many spans.
    """
    if len(spans) > FEW_SPANS:
        return 0
    count, alone = 0, 0
    for span in spans:
        if plant.closed[span] == 0:
            ends[count], ends[count + 1] = plant.end_a[span], plant.end_z[span]
            count += 2
    for i in range(count):
        lost = degree[ends[i]]
        if 2 * lost <= count and _count_losses(ends, count, i) == lost:
            sites[alone], alone = ends[i], alone + 1
    return alone


@compiled
def _count_losses(ends: Int32s, count: int, i: int) -> int:
    """Return how many of these spans end at the site of end `i`; -1 if it was met before, or there are none.

    The two ends of a span stand side by side; one from a site to itself does not count.
    """
    lost = 0
    for j in range(count):
        if ends[j] == ends[i] and ends[j ^ 1] != ends[i]:
            if j < i:
                return NONE
            lost += 1
    return lost if lost else NONE


@compiled
def _degrees(plant: Plant, site_count: int) -> Int32s:
    """Return how many open spans each site has; those to itself do not count."""
    degree = np.zeros(site_count, np.int32)
    for span in range(len(plant.closed)):
        a, z = plant.end_a[span], plant.end_z[span]
        if plant.closed[span] == 0 and a != z:
            degree[a] += 1
            degree[z] += 1
    return degree


@compiled
def _is_severed_by(trial: _Trial, spans: Int32s, most: int, core: Core, is_cut_off: Mask) -> bool:
    """Tell whether anything but bridges falls apart where these spans are closed; note what the core loses."""
    part, end_a = trial.part, trial.end_a
    count, is_one_part = 0, True
    for span in spans:
        if trial.shut[span] == 0:
            trial.taken[count] = span
            is_one_part &= part[end_a[span]] == part[end_a[trial.taken[0]]]
            count += 1
    taken = trial.taken[:count]
    if is_one_part:
        return _falls_apart(trial, taken, most, core, is_cut_off)
    taken[:] = taken[np.argsort(part[end_a[taken]])]
    found, begin = False, 0
    for end in range(1, count + 1):
        if end == count or part[end_a[taken[end]]] != part[end_a[taken[begin]]]:
            most = _cancelling(trial.words, trial.shut, taken[begin:end], trial.basis)
            found |= most > 0 and _falls_apart(trial, taken[begin:end], most, core, is_cut_off)
            begin = end
    return found


@compiled
def _falls_apart(trial: _Trial, taken: Int32s, most: int, core: Core, is_cut_off: Mask) -> bool:
    """Tell whether a part without bridges falls apart where these spans are closed; note what the core loses."""
    begun = 0
    for span in taken:
        trial.shut[span] = 1
        for site in (trial.end_a[span], trial.end_z[span]):
            if trial.flood[site] == NONE:
                trial.flood[site], trial.wet[begun], trial.after[site] = begun, site, NONE
                trial.whole[begun], trial.head[begun], trial.tail[begun] = begun, site, site
                trial.is_dry[begun], trial.line[begun] = 0, begun
                begun += 1
    dry, wet = _spread(trial, begun, most)
    if dry and trial.part[trial.wet[0]] == core.two_edge:
        _note_losses(trial, begun, wet, core, is_cut_off)
    for i in range(wet):
        trial.flood[trial.wet[i]] = NONE
    for span in taken:
        trial.shut[span] = 0
    return dry > 0


@compiled
def _spread(trial: _Trial, begun: int, most: int) -> tuple[int, int]:
    """Let floods spread in turn, until one still does or `most` have dried up; return how many have, and wet sites."""
    wet, spreading, dry, waiting = begun, begun, 0, begun
    while spreading > 1 and dry < most:
        kept = 0
        for number in trial.line[:waiting]:
            if trial.whole[number] != number or spreading == 1 or dry == most:
                continue
            wet, joined = _go_on(trial, number, wet)
            spreading -= joined
            if trial.head[number] == NONE and spreading > 1:
                trial.is_dry[number], dry, spreading = 1, dry + 1, spreading - 1
            else:
                trial.line[kept], kept = number, kept + 1
        waiting = kept
    return dry, wet


@compiled
def _go_on(trial: _Trial, number: int, wet: int) -> tuple[int, int]:
    """Let a flood go on from its first site; return the count of wet sites, and how many floods it took in."""
    site, joined = trial.head[number], 0
    for arc in range(trial.first_arc[site], trial.first_arc[site + 1]):
        other = trial.arc_site[arc]
        if trial.shut[trial.arc_span[arc]]:
            continue
        if trial.flood[other] == NONE:
            trial.flood[other], trial.wet[wet], trial.after[other] = number, other, NONE
            trial.after[trial.tail[number]], trial.tail[number], wet = other, other, wet + 1
            continue
        met = _whole(trial, trial.flood[other])
        if met != number:  # it still spreads: what has dried up has no neighbour that it has not met
            trial.after[trial.tail[number]], trial.tail[number] = trial.head[met], trial.tail[met]
            trial.whole[met], joined = number, joined + 1
    trial.head[number] = trial.after[site]
    return wet, joined


@compiled
def _whole(trial: _Trial, number: int) -> int:
    """Return the flood that a flood has become part of."""
    while trial.whole[number] != number:
        number = trial.whole[number]
    return int(number)


@compiled
def _note_losses(trial: _Trial, begun: int, wet: int, core: Core, is_cut_off: Mask) -> None:
    """Note the sites of the core that are left with no more than half of it."""
    sizes, rest = np.zeros(begun, np.int64), core.sites
    for i in range(wet):
        number = _whole(trial, trial.flood[trial.wet[i]])
        if trial.is_dry[number] and core.has_site[trial.wet[i]]:
            sizes[number], rest = sizes[number] + 1, rest - 1
    for i in range(wet):
        site = trial.wet[i]
        number = _whole(trial, trial.flood[site])
        size = sizes[number] if trial.is_dry[number] else rest
        if core.has_site[site] and 2 * size <= core.sites:
            is_cut_off[site] = 1
    if 2 * rest <= core.sites:  # seldom: the greater part has dried up
        for site in range(len(is_cut_off)):
            if core.has_site[site] and trial.flood[site] == NONE:
                is_cut_off[site] = 1
