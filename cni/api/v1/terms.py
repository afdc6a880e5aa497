"""On what terms spans are contributed."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.operations import offering
from cni.operations.offering import NewTerms
from cni.schemas.terms import TermsRequest, TermsView

terms = Resources("terms", __name__, url_prefix="/terms", description="On what terms spans are contributed")


@terms.get("/<path:span>")
@terms.response(200, TermsView)
def find_terms(span: str) -> Any:
    """Find the terms of a span of your member (staff: of any)."""
    return _found(span)


@terms.put("/<path:span>")
@terms.arguments(TermsRequest)
@terms.response(200, TermsView)
def set_terms(given: NewTerms, span: str) -> Any:
    """Set the terms of a span, and which of its pairs are offered and reserved."""
    with runtime.transaction() as session:
        offering.set_terms(session, actor(), span, given, at=runtime.now())
    return _found(span)


def _found(span: str) -> Any:
    with runtime.reading() as session:
        return offering.terms_of(session, actor(), span, on=runtime.today())
