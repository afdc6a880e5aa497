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

from cni.topology.engine.compiled import compiled
from cni.topology.engine.labels import NONE, Int32s, Labels, Plant, Walk

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
        alike, is_certain = find_alike(labels.walk, climb, words)
        if is_certain:
            words[plant.closed.view(np.bool_)] = 0
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
def find_alike(walk: Walk, climb: Climb, words: Words) -> tuple[Int32s, bool]:
    """Return for each span the first found with the same word, and whether any two such are sure to be a cut.

    Bridges, and spans from a site to itself, are like none (-1). Nothing more is looked for once two are no cut.
    """
    size = 16
    while 2 * size < 3 * len(words):
        size *= 2
    table, alike = np.full(size, NONE, np.int32), np.full(len(words), NONE, np.int32)
    # By the first span with a word: the last place found that a span with this word enters, 0 for one outside the tree.
    last, entered_by, covers, end = np.full(len(words), NONE, np.int32), walk.entered_by, climb.covers, climb.end
    for place in range(len(entered_by)):
        if covers[place] == 0:  # the first of its component, or entered by a bridge
            continue
        span = entered_by[place]
        first = _first_alike(table, words, span)
        upper = last[first]
        if upper != NONE and not _are_covered_alike(covers, end, upper, place):
            return alike, False
        last[first], alike[span] = place, first
    for i in range(len(walk.outside)):
        span = walk.outside[i]
        first = _first_alike(table, words, span)
        alike[span] = first
        if first != span:
            place = last[first]
            is_covered = walk.upper[i] < place <= walk.lower[i] < end[place]
            if not is_covered or covers[place] != climb.shift + walk.upper[i]:  # by this one, and by no other
                return alike, False
        last[first] = 0
    return alike, True


@compiled
def _first_alike(table: Int32s, words: Words, span: int) -> int:
    """Return the first span with the same word, from a table by hash, into which this is put if there is none."""
    mask, word = len(table) - 1, words[span]
    slot = np.int64(word & np.uint64(mask))
    while table[slot] != NONE and words[table[slot]] != word:
        slot = (slot + 1) & mask
    if table[slot] == NONE:
        table[slot] = span
    return int(table[slot])


@compiled
def _are_covered_alike(covers: Int64s, end: Int32s, upper: int, lower: int) -> bool:
    """Tell whether the same spans cover those that enter two places of the tree.

    They do if the lower is below the upper, as many cover either, and the places that these lead up to add up to the
    same. For those that cover the lower alone lead up to the upper place or to below it, those that cover the upper
    alone lead to above it: as many of the one cannot add up to the same as of the other, unless there are none.
    """
    return bool(upper < lower < end[upper] and covers[upper] == covers[lower])


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
