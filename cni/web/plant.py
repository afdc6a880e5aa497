"""The plant as all see it: the map with its table, sites and spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.assets.disclosure import IN_WORDS
from cni.operations import browsing, evidencing, labelling, publishing_plant
from cni.primitives.errors import Problem
from cni.primitives.paging import LONGEST_PAGE, PageRequest
from cni.schemas.disclosures import LabelRequest
from cni.schemas.plant import SpanQuery, plant_collection, shown_site, shown_span
from cni.schemas.reading import load
from cni.web.forms import read_form, shown_again_by
from cni.web.in_depth import span_in_depth
from cni.web.pages import asked_page, render
from cni.web.session import actor
from cni.web.tiles import tiles_of_much

map_pages = Blueprint("map", __name__, url_prefix="/map")
plant_pages = Blueprint("plant", __name__, url_prefix="/plant")

FILTERS = ("owner", "free_pairs")
DATA_KEPT_S = 60
ROWS_SHOWN = 200
"""So many rows does a table beside a map show at most of what is still to be decided; the map shows all."""


@map_pages.get("")
def index() -> str:
    """The map of all live plant, and its spans in a table that can be narrowed down."""
    asked = {name: request.args[name].strip() for name in FILTERS if request.args.get(name, "").strip()}
    wanted = load(SpanQuery(), asked)
    asked_for = PageRequest(request.args.get("after"), LONGEST_PAGE)
    with runtime.reading() as session:
        narrowed = browsing.SpanFilter(wanted.get("owner"), wanted.get("free_pairs"))
        page = browsing.list_spans(session, actor(), narrowed, asked_for, on=runtime.today())
        levels = evidencing.levels(session, actor(), [facts.span.code for facts in page.items])
        is_much = publishing_plant.count_spans(session, actor()) >= runtime.current().config.tiles_from_spans
        facts = None if is_much else browsing.choices(session, actor())
    owners, tiles = (facts.fibre_owners, None) if facts else tiles_of_much()
    is_empty = facts is not None and not facts.sites
    drawn = {"tiles": tiles, "fibre_owners": owners, "is_empty": is_empty}
    return render("plant/map.html", page=page, levels=levels, values=asked, **drawn)


@map_pages.get("/plant.json")
def plant() -> Response:
    """All live plant at the tier of whoever asks; a browser may keep it for a minute, nobody between may."""
    with runtime.seeing(actor(), request.path) as (session, sight):
        shown = browsing.plant_on_map(session, actor(), on=runtime.today())
        answer = jsonify(plant_collection(shown, sight, page_address))
    answer.content_type = "application/geo+json"
    answer.cache_control.private = True
    answer.cache_control.max_age = DATA_KEPT_S
    return answer


@plant_pages.get("/sites")
def sites() -> str:
    """The live sites in a table."""
    with runtime.reading() as session:
        page = browsing.list_sites(session, actor(), asked_page())
    return render("plant/sites.html", page=page)


@plant_pages.get("/sites/<path:site>")
def show_site(site: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """A site and the spans that meet there."""
    with runtime.seeing(actor(), request.path) as (session, sight):
        file = browsing.find_site(session, actor(), site, on=runtime.today())
        drawn = plant_collection(file.plant, sight, page_address)
        facts = {"shown": shown_site(file.site, sight), "grid_reference": sight.grid_reference(file.site)}
    facts |= {"may_label": labelling.may_label(actor(), file.site), "values": values or {}, "problems": problems}
    return render("plant/site.html", file=file, drawn=drawn, in_words=IN_WORDS, **facts)


@plant_pages.get("/spans/<path:span>")
def show_span(span: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """A span: its ends, owners, pairs, and what else breaks with it."""
    with runtime.seeing(actor(), request.path) as (session, sight):
        file = browsing.find_span(session, actor(), span, on=runtime.today())
        in_depth = span_in_depth(session, file.facts.span)
        drawn = plant_collection(file.plant, sight, page_address)
        facts = {"shown": shown_span(file.facts, sight), "in_depth": in_depth}
    facts |= {"may_label": labelling.may_label(actor(), file.facts.span), "values": values or {}, "problems": problems}
    return render("plant/span.html", file=file, drawn=drawn, in_words=IN_WORDS, **facts)


@plant_pages.post("/sites/<path:site>/label")
@shown_again_by(show_site)
def label_site(site: str) -> Response:
    """Say what is told of a site on a request for information."""
    label = read_form(LabelRequest())
    with runtime.transaction() as session:
        labelling.label_site(session, actor(), site, label, at=runtime.now())
    flash("The label is saved.", "success")
    return redirect(page_address("site", site))


@plant_pages.post("/spans/<path:span>/label")
@shown_again_by(show_span)
def label_span(span: str) -> Response:
    """Say what is told of a span on a request for information."""
    label = read_form(LabelRequest())
    with runtime.transaction() as session:
        labelling.label_span(session, actor(), span, label, at=runtime.now())
    flash("The label is saved.", "success")
    return redirect(page_address("span", span))


def page_address(kind: str, code: str) -> str:
    """Return the address of the page of a site or span."""
    return url_for("plant.show_site", site=code) if kind == "site" else url_for("plant.show_span", span=code)
