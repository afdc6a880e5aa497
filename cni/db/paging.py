"""Read a long list page by page, by a key that is unique and indexed (keyset paging)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from cni.primitives.paging import Page, PageRequest, cursor_at


def read_page(
    session: Session,
    rows: Select[Any],
    key: InstrumentedAttribute[Any],
    request: PageRequest,
    *,
    newest_first: bool = False,
) -> Page[Any]:
    """Return one page of `rows` (each one entity), in the order of `key`.

    Raises:
        Invalid: the cursor is none of ours.
    """
    if request.key is not None:
        rows = rows.where(_comes_after(key, request.key, newest_first))
    ordered = rows.order_by(key.desc() if newest_first else key.asc()).limit(request.limit + 1)
    found = list(session.scalars(ordered).unique())
    items = found[: request.limit]
    is_last = len(found) <= request.limit
    return Page(items, None if is_last else cursor_at(getattr(items[-1], key.key)))


def _comes_after(key: InstrumentedAttribute[Any], seen: str | int, newest_first: bool) -> ColumnElement[bool]:
    return key < seen if newest_first else key > seen
