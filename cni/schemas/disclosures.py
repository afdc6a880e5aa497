"""Who was shown plant exactly, and freedom-of-information labels, as they come in and go out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import marshmallow as ma
from marshmallow.validate import Length

from cni.assets.access_log import ExactView, ViewFilter
from cni.assets.disclosure import Reason
from cni.assets.words import FoiLabel
from cni.operations.labelling import Label
from cni.schemas.paging import PageQuery
from cni.schemas.reading import Request, View

REASON_WORDS = {
    Reason.LEASE: "Leases it",
    Reason.QUOTE: "Holds a quote for it",
    Reason.STAFF: "Co-op’s staff",
}
"""Why somebody who does not own plant was shown it exactly."""

VIEW_COLUMNS = ("at", "person", "member", "owner", "reason", "place", "spans", "sites", "span_count", "site_count")


class ExactViewQuery(PageQuery):
    """Which exact views to list."""

    reason = ma.fields.Enum(Reason, by_value=True, metadata={"label": "The reason"})
    asset = ma.fields.String(validate=Length(max=80), metadata={"description": "Code of a span or site."})
    since = ma.fields.Date(metadata={"label": "The first day", "remedy": "Write it like 2026-11-30."})

    def filter_of(self, query: dict[str, Any]) -> ViewFilter:
        """Return which exact views a query that was loaded asks for."""
        return ViewFilter(query.get("reason"), query.get("asset"), query.get("since"))


class ExactViewView(View):
    """What somebody was shown exactly of an owner's plant at an address on a day; `at` is the first time that day."""

    at = ma.fields.AwareDateTime(required=True)
    person = ma.fields.String(attribute="person.name", required=True)
    member = ma.fields.String(attribute="member.slug", allow_none=True, dump_default=None)
    owner = ma.fields.String(attribute="owner.slug", required=True)
    reason = ma.fields.Enum(Reason, by_value=True, required=True)
    place = ma.fields.String(required=True, metadata={"description": "Address of the page, resource or file."})
    spans = ma.fields.List(ma.fields.String(), metadata={"description": "Codes; empty where there were over 100."})
    sites = ma.fields.List(ma.fields.String(), metadata={"description": "Codes; empty where there were over 100."})
    span_count = ma.fields.Integer(required=True)
    site_count = ma.fields.Integer(required=True)


class LabelRequest(Request):
    """A freedom-of-information label; loads to `Label`."""

    foi_label = ma.fields.Enum(
        FoiLabel, by_value=True, required=True, metadata={"label": "The label", "remedy": "Choose one."}
    )
    foi_reason = ma.fields.String(
        load_default=None, allow_none=True, validate=Length(max=500, error="A reason has at most 500 characters.")
    )

    @ma.post_load
    def _label(self, given: dict[str, Any], **_rest: Any) -> Label:
        return Label(given["foi_label"], given["foi_reason"])


def view_cells(views: list[ExactView]) -> Iterator[tuple[object, ...]]:
    """Yield exact views as the cells of a table, in the order of `VIEW_COLUMNS`."""
    for view in views:
        yield (
            view.at.isoformat(),
            view.person.name,
            view.member.slug if view.member else "",
            view.owner.slug,
            view.reason.value,
            view.place,
            ";".join(view.spans),
            ";".join(view.sites),
            view.span_count,
            view.site_count,
        )
