"""What needs doing: how each slice's `todo` says it, for the start page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something that waits for the one who asks.

    `about` and `reference` say what it leads to; the doors know the addresses (cni/web/home.py). `tone` is "now" for
    what is late or blocks others, "soon" for what has a date, None for the rest; `due` is a text.
    """

    about: str
    title: str
    reference: str | None = None
    text: str = ""
    count: int | None = None
    due: str = ""
    tone: str | None = None
