"""A short random word for each span, by which sets of spans that divide the plant are known at a glance.

Each span outside the walk's tree gets a random word of 64 bits; a span of the tree gets the exclusive or of the words
of all that *cover* it: that lead from below it back up to above it. So around every circle words cancel out, and a set
of spans holds a cut exactly if some of its words cancel out: always where there is one, and where there is none with a
chance of 1 in 2 to the power of 64 less the size of the set. What words say is therefore made certain before it is
told: of pairs of spans here, of risk groups in `severing`.

The words are not random in time: they follow from the spans' numbers, so the same plant gives the same words.

Source: Pritchard and Thurimella, Fast computation of small cuts via cycle space sampling, ACM Transactions on
Algorithms 7 (2011), sections 2 and 3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cni.topology.compiled import compiled
from cni.topology.labels import NONE, Int32s, Labels, Plant, Walk

Int64s = NDArray[np.int64]
Words = NDArray[np.uint64]
"""One for each span; 0 where it is a bridge or closed."""


class Classes(NamedTuple):
    """Sets of two or more spans any two of which divide the plant together, though neither is a bridge.

    The spans of class `i` are `member[first[i]]` up to `member[first[i + 1]]`, in the order of their numbers.
    """

    first: Int32s
    member: Int32s


class Climb(NamedTuple):
    """What the way up the tree of the walk tells of each place, or of the span that it was entered by.

    The sums in `covers` are exact for plants of up to a million and a half sites.
    """

    end: Int32s
    """n: the places below place `i` are those after it up to, not including, `end[i]`"""
    word: Words
    """n: the span's word"""
    covers: Int64s
    """n: how many spans cover the span, times `shift`, and the sum of the places that these lead up to"""
    shift: int
    """more than any sum of places"""


def sketch_plant(plant: Plant, labels: Labels) -> tuple[Words, Classes]:
    """Return the words of the spans, and the classes of spans that divide the plant two by two."""
    salt = 0
    while True:
        words = random_words(len(plant.end_a), salt)
        climb = climb_tree(labels.walk, words)
        alike, is_certain = find_alike(labels, climb, words)
        if is_certain:
            words[plant.closed == 1] = 0
            return words, Classes(*_classes(alike))
        salt += 1  # two words were alike by chance: once in 2 to the power of 64 for each pair of spans


def random_words(count: int, salt: int) -> Words:
    """Return numbered words that look random.

    Source: Steele, Lea and Flood, Fast splittable pseudorandom number generators (OOPSLA 2014), figure 17.
    """
    mixed = np.arange(1 + salt * count, 1 + (salt + 1) * count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@compiled
def climb_tree(walk: Walk, words: Words) -> Climb:
    """Go up the tree, and give each span of it the exclusive or of the words of those that cover it."""
    n = len(walk.order)
    climb = Climb(np.arange(1, n + 1).astype(np.int32), np.zeros(n, np.uint64), np.zeros(n, np.int64), n * len(words))
    for i in range(len(walk.outside)):
        upper, lower, word = walk.upper[i], walk.lower[i], words[walk.outside[i]]
        climb.word[upper] ^= word
        climb.word[lower] ^= word
        climb.covers[upper] -= climb.shift + upper
        climb.covers[lower] += climb.shift + upper
    for place in range(n - 1, -1, -1):
        above = walk.above[place]
        if above != NONE:
            words[walk.entered_by[place]] = climb.word[place]
            climb.word[above] ^= climb.word[place]
            climb.covers[above] += climb.covers[place]
            climb.end[above] = max(climb.end[above], climb.end[place])
    return climb


@compiled
def find_alike(labels: Labels, climb: Climb, words: Words) -> tuple[Int32s, bool]:
    """Return for each span the first found with the same word, and whether any two such are sure to be a cut.

    Bridges, and spans from a site to itself, are like none (-1). Nothing more is looked for once two are no cut.
    """
    walk, size = labels.walk, 16
    while 2 * size < 3 * len(words):
        size *= 2
    # By hash of the word: the first span that has it, and the last place that such a span of the tree enters.
    first, last = np.full(size, NONE, np.int32), np.full(size, NONE, np.int32)
    alike = np.full(len(words), NONE, np.int32)
    for place in range(len(walk.order)):
        span = walk.entered_by[place]
        if span == NONE or labels.is_bridge[span]:
            continue
        slot = _slot(first, words, span)
        if last[slot] != NONE and not _are_covered_alike(climb, last[slot], place):
            return alike, False
        last[slot], alike[span] = place, first[slot]
    for i in range(len(walk.outside)):
        slot = _slot(first, words, walk.outside[i])
        alike[walk.outside[i]] = first[slot]
        if first[slot] == walk.outside[i]:
            continue
        # The place 0 begins a component, so nothing enters it: here it says that a span outside the tree was seen.
        if last[slot] < 1 or not _covers_alone(climb, last[slot], walk.upper[i], walk.lower[i]):
            return alike, False
        last[slot] = 0
    return alike, True


@compiled
def _slot(first: Int32s, words: Words, span: int) -> int:
    """Return where a span's word is in the table, having put the span there if there was none."""
    size = len(first)
    slot = np.int64(words[span] & np.uint64(size - 1))
    while first[slot] != NONE and words[first[slot]] != words[span]:
        slot = (slot + 1) & (size - 1)
    if first[slot] == NONE:
        first[slot] = span
    return int(slot)


@compiled
def _are_covered_alike(climb: Climb, upper: int, lower: int) -> bool:
    """Tell whether the same spans cover those that enter two places of the tree.

    They do if the lower is below the upper, as many cover either, and the places that these lead up to add up to the
    same. For those that cover the lower alone lead up to the upper place or to below it, those that cover the upper
    alone lead to above it: as many of the one cannot add up to the same as of the other, unless there are none.
    """
    return bool(upper < lower < climb.end[upper] and climb.covers[upper] == climb.covers[lower])


@compiled
def _covers_alone(climb: Climb, place: int, upper: int, lower: int) -> bool:
    """Tell whether a span that leads from a place of the tree up to another alone covers the span entering a third."""
    return bool(upper < place <= lower < climb.end[place] and climb.covers[place] == climb.shift + upper)


@compiled
def _classes(alike: Int32s) -> tuple[Int32s, Int32s]:
    """Return `first` and `member` of the sets of two or more spans that are alike, by their least spans."""
    sizes = np.zeros(len(alike), np.int32)
    for span in alike:
        if span != NONE:
            sizes[span] += 1
    count, total = 0, 0
    for size in sizes:
        if size > 1:
            count, total = count + 1, total + int(size)
    first, member = np.zeros(count + 1, np.int32), np.empty(total, np.int32)
    number, place = 0, np.full(len(alike), NONE, np.int32)
    for span in range(len(alike)):
        like = alike[span]
        if like == NONE or sizes[like] < 2:
            continue
        if place[like] == NONE:
            place[like], number = first[number], number + 1
            first[number] = place[like] + sizes[like]
        member[place[like]] = span
        place[like] += 1
    return first, member
