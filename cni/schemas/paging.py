"""How a long list is asked for and answered, page by page."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow.validate import Length, Range

from cni.primitives.paging import LONGEST_PAGE, PageRequest
from cni.schemas.reading import Request, View


class PageQuery(Request):
    """Which page: loads to `after` and `limit`; subclass it to add filters."""

    after = ma.fields.String(
        validate=Length(max=200), metadata={"description": "The `next` of the page before; none: from the start."}
    )
    limit = ma.fields.Integer(
        load_default=50,
        validate=Range(1, LONGEST_PAGE, error="A page has between 1 and 100 rows."),
        metadata={"description": "How many rows a page has."},
    )


def page_request(query: dict[str, Any]) -> PageRequest:
    """Return the page that a loaded query asks for."""
    return PageRequest(after=query.get("after"), limit=query["limit"])


def page_of(view: type[ma.Schema]) -> ma.Schema:
    """Return the schema of a page whose items have this view."""
    name = f"{view.__name__.removesuffix('View')}Page"
    fields: dict[str, ma.fields.Field] = {
        "items": ma.fields.List(ma.fields.Nested(view), required=True),
        "next": ma.fields.String(allow_none=True, metadata={"description": "Cursor of the next page; null: the last."}),
    }
    return View.from_dict(fields, name=name)()
