"""Documents: invoices and self-billed invoices, as they were issued."""

from __future__ import annotations

from typing import Any

from flask import current_app

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.operations import reporting
from cni.schemas.ledger import DocumentDetailView, DocumentView
from cni.schemas.paging import PageQuery, page_of, page_request

documents = Resources(
    "documents", __name__, url_prefix="/documents", description="Invoices and self-billed invoices; a member's own"
)


@documents.get("")
@documents.arguments(PageQuery, location="query")
@documents.response(200, page_of(DocumentView))
def list_documents(query: dict[str, Any]) -> Any:
    """List your documents, the latest first; for staff, everybody's."""
    with runtime.reading() as session:
        page = reporting.list_documents(session, actor(), page_request(query))
    return page_answer(page)


@documents.get("/<number>")
@documents.response(200, DocumentDetailView)
def find_document(number: str) -> Any:
    """Find a document with all that is on it."""
    with runtime.reading() as session:
        return reporting.find_document(session, actor(), number)


@documents.get("/<number>/lines.csv")
@documents.response(200, {"type": "string"}, content_type="text/csv", description="The document's lines")
def document_lines(number: str) -> Any:
    """Find a document's lines, as CSV with amounts in pounds."""
    with runtime.reading() as session:
        document = reporting.find_document(session, actor(), number)
    return current_app.response_class(reporting.document_csv(document.snapshot), content_type="text/csv; charset=utf-8")
