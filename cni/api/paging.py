"""Answer a long list: one page, and where the next one is, in the body and as a Link header (RFC 8288)."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from cni.primitives.paging import Page


def page_answer(page: Page[Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Return body, status and headers of a page."""
    body = {"items": page.items, "next": page.next}
    return body, 200, _links(page.next)


def _links(after: str | None) -> dict[str, str]:
    if after is None:
        return {}
    parameters: dict[str, Any] = {**(request.view_args or {}), **request.args, "after": after}
    address = url_for(str(request.endpoint), **parameters)
    return {"Link": f'<{address}>; rel="next"'}
