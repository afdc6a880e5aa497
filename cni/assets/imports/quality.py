"""How good a file is, in points that add up, each loss in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cni.assets.imports.values import Part, Quality
from cni.primitives.errors import Problem

REMARK_WEIGHT = 0.25
"""A row with a remark loses so much of what a row with a problem does."""

NOTES = {"accuracy", "ends_found", "far_away", "no_duct_owner", "read_so", "snapped", "waits"}
"""Remarks that only say how something was read: they cost nothing."""

WORDS = {
    "duplicate_span": "look like an earlier one",
    "gap": "come near a part of the network that they do not join",
    "gap_at_site": "end some metres from their site",
    "odd_fibres": "have an odd number of fibres",
    "odd_length": "have a length that does not fit their line",
    "overlapping_spans": "run along another",
    "self_crossing": "cross themselves",
}


def quality_of(count: int, problems: Sequence[Problem], remarks: Sequence[Problem]) -> Quality:
    """Return the quality of a file of `count` rows: 100, less the share of rows with a problem, and a quarter of those
    with a remark. Each row counts once, for its worst.
    """
    faulty = {(problem.file, problem.row) for problem in problems}
    odd: dict[tuple[str | None, int | None], str] = {}
    for remark in remarks:
        place = (remark.file, remark.row)
        if remark.code not in NOTES and place not in faulty:
            odd.setdefault(place, remark.code)
    whole = max(count, len(faulty) + len(odd), 1)
    parts = [Part(_said(len(faulty), "cannot be brought in"), len(faulty), _lost(len(faulty), whole))] if faulty else []
    for code, rows in Counter(odd.values()).most_common():
        parts.append(Part(_said(rows, WORDS.get(code, "have a remark")), rows, _lost(rows, whole) * REMARK_WEIGHT))
    points = 100 - sum(part.points for part in parts)
    return Quality(round(points) if not parts else min(99, int(points)), tuple(parts))


def _said(rows: int, words: str) -> str:
    return f"{rows:,} row{'' if rows == 1 else 's'}: {words}"


def _lost(rows: int, whole: int) -> float:
    return 100 * rows / whole
