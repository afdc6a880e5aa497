"""Quotes: have one made from a search, read it, print it, request its lease."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.operations import ordering, searching
from cni.primitives.errors import Problem
from cni.primitives.period import Period, add_months
from cni.schemas.routes import QuoteRequest, routes_collection
from cni.web import findings as words
from cni.web.expiries import ending_on_routes
from cni.web.forms import read_form, shown_again_by
from cni.web.pages import asked_page, render
from cni.web.routes import find, kmz_of_routes, private_json
from cni.web.session import actor
from cni.web.words import APART_WORDS, ELEMENT_WORDS, TARIFF_WORDS

quotes = Blueprint("quotes", __name__)


@quotes.get("/quotes")
def index() -> str:
    """The quotes of whoever asks."""
    with runtime.reading() as session:
        page = ordering.quotes(session, actor(), asked_page())
    return render("quotes/index.html", page=page, is_open=ordering.is_open, today=runtime.today())


@quotes.post("/quotes")
@shown_again_by(find)
def make() -> Response:
    """Freeze what a search finds as a quote, if it still is what was shown."""
    asked = read_form(QuoteRequest())
    with runtime.transaction() as session:
        made = ordering.make_quote(session, actor(), *asked, at=runtime.now(), chooser=runtime.chooser())
    flash(f"Quote {made.reference} is made. It holds no fibre: request the lease to have it held.", "success")
    return redirect(url_for("quotes.show", quote=made.reference))


@quotes.get("/quotes/<quote>")
def show(quote: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """A quote as it was frozen."""
    with runtime.reading() as session:
        found = ordering.quote(session, actor(), quote)
        term = Period(found.starts_on, add_months(found.starts_on, found.term_months))
        ending = ending_on_routes(session, found.offer.routes, term)
    return render(
        "quotes/quote.html",
        quote=found,
        ending=ending,
        is_open=ordering.is_open(found, runtime.today()),
        apart=APART_WORDS[words.grade_of(found.offer)],
        separation=words.how_separate(found.offer),
        cut_off=words.cut_off(found.offer),
        words=words,
        element_words=ELEMENT_WORDS,
        tariff_words=TARIFF_WORDS,
        problems=problems,
    )


@quotes.get("/map/quotes/<quote>.json")
def drawn(quote: str) -> Response:
    """The routes of a quote as the map draws them."""
    with runtime.seeing(actor(), request.path) as (session, sight):
        routes = ordering.quote(session, actor(), quote).offer.routes
        spans = searching.draw(session, actor(), [[span.code for span in route.spans] for route in routes], sight)
    return private_json(routes_collection(spans))


@quotes.get("/quotes/<quote>/routes.kmz")
def as_kmz(quote: str) -> Response:
    """The routes of an open quote as a file, exactly, marked with who took it and when."""
    with runtime.seeing(actor(), request.path) as (session, sight):
        found = ordering.quote(session, actor(), quote)
        codes = [[span.code for span in route.spans] for route in found.offer.routes]
        return kmz_of_routes(f"Quote {found.reference}", searching.draw_exactly(session, actor(), codes, sight))


@quotes.post("/quotes/<quote>/request")
@shown_again_by(show)
def request_lease(quote: str) -> Response:
    """Request the lease that a quote offers."""
    with runtime.transaction() as session:
        lease = ordering.request_lease(session, actor(), quote, at=runtime.now(), chooser=runtime.chooser())
    flash(
        f"Lease {lease.reference} is requested. Its fibre pairs are held until the network steward decides.", "success"
    )
    return redirect(url_for("leases.show", lease=lease.reference))
