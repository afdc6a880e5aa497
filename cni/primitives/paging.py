"""A long list, page by page: each page says where the next one goes on.

A cursor names the last row that was seen, so that rows which come or go meanwhile shift nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from cni.primitives.errors import Invalid, Problem

T = TypeVar("T")

LONGEST_PAGE = 100


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is asked for: `limit` rows (1 to 100) after the cursor `after`; no cursor: from the first row."""

    after: str | None = None
    limit: int = 50

    @property
    def key(self) -> str | int | None:
        """The key of the last row that was seen.

        Raises:
            Invalid: the cursor is none of ours.
        """
        if not self.after:
            return None
        try:
            key = json.loads(base64.urlsafe_b64decode(self.after.encode()))
        except (binascii.Error, ValueError):
            key = None
        if not isinstance(key, str | int) or isinstance(key, bool):
            raise Invalid.from_problems([UNKNOWN_CURSOR])
        return key


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a longer list, and the cursor of the next page (None: this is the last)."""

    items: Sequence[T]
    next: str | None = None


FIRST_PAGE = PageRequest()

UNKNOWN_CURSOR = Problem(
    code="unknown_cursor",
    message="The list cannot go on from there.",
    remedy="Take `after` from the `next` of the page before, or leave it out to start again.",
    place="after",
)


def cursor_at(key: str | int) -> str:
    """Return the cursor of a row by its key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()
