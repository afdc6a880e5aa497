"""Live spans."""

from __future__ import annotations

from typing import Any

from flask import request

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.operations import browsing, labelling
from cni.operations.labelling import Label
from cni.primitives.paging import Page
from cni.schemas.disclosures import LabelRequest
from cni.schemas.paging import page_of, page_request
from cni.schemas.plant import SpanQuery, SpanView, shown_span

spans = Resources("spans", __name__, url_prefix="/spans", description="Fibre between two neighbouring sites")


@spans.get("")
@spans.arguments(SpanQuery, location="query")
@spans.response(200, page_of(SpanView))
def list_spans(query: dict[str, Any]) -> Any:
    """List the live spans, by code."""
    wanted = browsing.SpanFilter(query.get("owner"), query.get("free_pairs"))
    with runtime.seeing(actor(), request.path) as (session, sight):
        page = browsing.list_spans(session, actor(), wanted, page_request(query), on=runtime.today())
        shown = [shown_span(facts, sight) for facts in page.items]
    return page_answer(Page(shown, page.next))


@spans.get("/<path:span>")
@spans.response(200, SpanView)
def find_span(span: str) -> Any:
    """Find a span by its code."""
    return _found(span)


@spans.post("/<path:span>/label")
@spans.arguments(LabelRequest)
@spans.response(200, SpanView)
def label_span(label: Label, span: str) -> Any:
    """Say what is told of a span of yours on a request for information, and why."""
    with runtime.transaction() as session:
        labelling.label_span(session, actor(), span, label, at=runtime.now())
    return _found(span)


def _found(span: str) -> Any:
    with runtime.seeing(actor(), request.path) as (session, sight):
        return shown_span(browsing.find_span(session, actor(), span, on=runtime.today()).facts, sight)
