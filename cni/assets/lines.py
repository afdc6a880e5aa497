"""Lines of spans cut in two and joined again, and lengths shared so that their sum stays. Pure.

Positions are WGS84 (longitude, latitude); whole lines run from site a to site z.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from cni.assets.places import ENDS_WITHIN_M
from cni.primitives.geo import Position, distance_m, length_m
from cni.primitives.money import share_by_largest_remainder

Line = tuple[Position, ...]
"""At least two positions, in order."""

LENGTH_STEP_M = Decimal("0.001")
"""Lengths are shared to the millimetre: what both parts have together is what the whole had, exactly."""

STRAIGHT_WITHIN_DEGREES = 1e-9
"""A point so near the straight line between its neighbours, a tenth of a millimetre, bends nothing."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A line in two parts that meet at one point; `share` of its length is `before` that point, `off_m` metres from it.

    `share` is more than 0 and less than 1.
    """

    before: Line
    after: Line
    share: float
    off_m: float

    @property
    def at(self) -> Position:
        """Where the line is cut."""
        return self.after[0]


def cut_line(line: Sequence[Position], near: Position) -> Cut:
    """Return a line cut at its point nearest to a position.

    Raises:
        ValueError: that point is an end of the line, so that one part would have no length.
    """
    narrower = math.cos(math.radians(near[1]))  # a degree of longitude beside one of latitude
    feet = [_foot(start, end, near, narrower) for start, end in pairwise(line)]
    number = min(range(len(feet)), key=lambda index: _apart(feet[index], near, narrower))
    foot = feet[number]
    before = _without_repeats((*line[: number + 1], foot))
    after = _without_repeats((foot, *line[number + 1 :]))
    lengths = [length_m(part) if len(part) > 1 else 0.0 for part in (before, after)]
    if not all(lengths):
        raise ValueError("the line would be cut at its end")
    return Cut(before, after, lengths[0] / sum(lengths), distance_m(foot, near))


def join_lines(first: Sequence[Position], second: Sequence[Position]) -> Line:
    """Return two lines as one, the second beginning where the first ends; the joint is kept where it is a bend."""
    joined = _without_repeats((*first, *second))
    number = len(_without_repeats(tuple(first))) - 1
    if 0 < number < len(joined) - 1 and first[-1] == second[0]:
        foot = _foot(joined[number - 1], joined[number + 1], joined[number], 1.0)
        if _apart(foot, joined[number], 1.0) < STRAIGHT_WITHIN_DEGREES:
            return joined[:number] + joined[number + 1 :]
    return joined


def share_length(metres: Decimal, share: float) -> tuple[Decimal, Decimal]:
    """Return a length in metres in two parts, the first being `share` of it; together they are exactly the whole.

    Raises:
        ValueError: it is too short to be shared so.
    """
    first = (metres * Decimal(share)).quantize(LENGTH_STEP_M)
    if not 0 < first < metres:
        raise ValueError(f"{metres} m is too short to be cut there")
    return first, metres - first


def share_metres(metres: int, lengths: tuple[Decimal, Decimal]) -> tuple[int, int]:
    """Return whole metres, as a lease is priced at, over two parts by largest remainder: together they stay the same.

    Source: rules to the penny, rules 6 and 8.
    """
    shares = share_by_largest_remainder(metres, dict(enumerate(map(Fraction, lengths))))
    return shares[0], shares[1]


def nearest_site(position: Position, sites: Mapping[str, Position], within_m: float = ENDS_WITHIN_M) -> str | None:
    """Return the code of the site nearest to a position, of those within so many metres of it; None: there is none."""
    distances = {code: distance_m(position, place) for code, place in sites.items()}
    near = min(distances, key=lambda code: (distances[code], code), default=None)
    return near if near is not None and distances[near] <= within_m else None


def part_codes(code: str, taken: Collection[str]) -> tuple[str, str]:
    """Return the codes of a span's two parts: `S1.1` and `S1.2`, or the next two numbers that are free together.

    `taken` are casefolded.
    """
    number = 1
    while any(f"{code}.{part}".casefold() in taken for part in (number, number + 1)):
        number += 1
    return f"{code}.{number}", f"{code}.{number + 1}"


def joined_code(first: str, second: str, taken: Collection[str]) -> str:
    """Return the code of two spans made one: that which they are parts of, or both with a plus; free of `taken`."""
    stems = {re.sub(r"\.\d+$", "", code) for code in (first, second)}
    stem = stems.pop() if len(stems) == 1 else f"{first}+{second}"
    codes = [stem, *(f"{stem}.{number}" for number in range(1, len(taken) + 2))]
    return next(code for code in codes if code.casefold() not in taken)


def _foot(start: Position, end: Position, near: Position, narrower: float) -> Position:
    """Return the point of a straight piece that is nearest to a position."""
    east, north = (end[0] - start[0]) * narrower, end[1] - start[1]
    square = east * east + north * north
    if square == 0:
        return start
    along = ((near[0] - start[0]) * narrower * east + (near[1] - start[1]) * north) / square
    if along <= 0 or along >= 1:
        return start if along <= 0 else end
    return start[0] + along * (end[0] - start[0]), start[1] + along * (end[1] - start[1])


def _apart(a: Position, z: Position, narrower: float) -> float:
    return math.hypot((a[0] - z[0]) * narrower, a[1] - z[1])


def _without_repeats(line: Line) -> Line:
    return line[:1] + tuple(z for a, z in pairwise(line) if a != z)
