"""Quotes: routes and their price, frozen."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.leases.searches import RouteSearch
from cni.operations import ordering
from cni.schemas.leases import QuoteView
from cni.schemas.paging import PageQuery, page_of, page_request
from cni.schemas.routes import QuoteRequest

quotes = Resources("quotes", __name__, url_prefix="/quotes", description="Quotes")


@quotes.get("")
@quotes.arguments(PageQuery, location="query")
@quotes.response(200, page_of(QuoteView))
def list_quotes(query: dict[str, Any]) -> Any:
    """List the quotes that you may see, newest first."""
    with runtime.reading() as session:
        page = ordering.quotes(session, actor(), page_request(query))
    return page_answer(page)


@quotes.post("")
@quotes.arguments(QuoteRequest)
@quotes.response(201, QuoteView)
def make_quote(asked: tuple[RouteSearch, ordering.Confirmed]) -> Any:
    """Freeze the routes that a search finds now as a quote. It holds no fibre."""
    with runtime.transaction() as session:
        made = ordering.make_quote(session, actor(), *asked, at=runtime.now(), chooser=runtime.chooser())
        return ordering.quote(session, actor(), made.reference)


@quotes.get("/<quote>")
@quotes.response(200, QuoteView)
def find_quote(quote: str) -> Any:
    """Find a quote."""
    with runtime.reading() as session:
        return ordering.quote(session, actor(), quote)
