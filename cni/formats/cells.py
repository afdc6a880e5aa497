"""The text of a cell, as a person would write it: 48 for 48.0, yes and no, a day without its midnight."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from math import isnan
from typing import Any

MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?(Z|\+00:00)?$")
WHOLE_SECONDS = re.compile(r"(?<=:\d\d)\.0+(?=Z|[+-]\d\d:?\d\d|$)")
MOST_EXACT = 1e15
BETWEEN = ";"
"""As in the files of a co-op: "CH-MEDLOCK;BR-ETHEROW"."""


def column_texts(values: Sequence[Any]) -> list[str]:
    """Return the values of a column as text; see `cell_text`. Most columns hold one sort of value, which is quick."""
    kinds = set(map(type, values))
    if kinds == {str}:
        return list(map(str.strip, values))
    return list(map(str if kinds == {int} else cell_text, values))


def cell_text(value: Any) -> str:
    """Return a value as text, stripped; nothing, and what is not a number, as ""."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, float):
        return "" if isnan(value) else str(int(value)) if _is_whole(value) else repr(float(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime | date | time):
        return instant_text(value.isoformat())
    if isinstance(value, bytes):
        return ""
    if isinstance(value, Iterable):
        return BETWEEN.join(filter(None, map(cell_text, value.tolist() if hasattr(value, "tolist") else value)))
    return str(value.total_seconds()) if isinstance(value, timedelta) else str(value)


def _is_whole(value: float) -> bool:
    return value.is_integer() and abs(value) < MOST_EXACT


def instant_text(text: str) -> str:
    """Return an instant without what it does not say: a midnight, thousandths of a second that are none."""
    return WHOLE_SECONDS.sub("", MIDNIGHT.sub("", text.strip()))
