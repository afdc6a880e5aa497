"""The plant as all see it: the map with its table, sites and spans."""

from __future__ import annotations

from flask import Blueprint, jsonify, request, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.operations import browsing
from cni.primitives.geo import grid_reference
from cni.primitives.paging import LONGEST_PAGE, PageRequest
from cni.schemas.plant import SpanQuery, plant_collection
from cni.schemas.reading import load
from cni.web.pages import asked_page, render
from cni.web.session import actor

map_pages = Blueprint("map", __name__, url_prefix="/map")
plant_pages = Blueprint("plant", __name__, url_prefix="/plant")

FILTERS = ("owner", "free_pairs")
DATA_KEPT_S = 60
GRID_FIGURES = 8
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
        choices = browsing.choices(session, actor())
    return render("plant/map.html", page=page, choices=choices, values=asked)


@map_pages.get("/plant.json")
def plant() -> Response:
    """All live plant as the map draws it; a browser may keep it for a minute, nobody between may."""
    with runtime.reading() as session:
        shown = browsing.plant_on_map(session, actor(), on=runtime.today())
        answer = jsonify(plant_collection(shown, page_address))
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
def show_site(site: str) -> str:
    """A site and the spans that meet there."""
    with runtime.reading() as session:
        file = browsing.find_site(session, actor(), site, on=runtime.today())
    where = grid_reference((file.site.longitude, file.site.latitude), GRID_FIGURES)
    drawn = plant_collection(file.plant, page_address)
    return render("plant/site.html", file=file, drawn=drawn, grid_reference=where)


@plant_pages.get("/spans/<path:span>")
def show_span(span: str) -> str:
    """A span: its ends, owners, pairs, and what else breaks with it."""
    with runtime.reading() as session:
        file = browsing.find_span(session, actor(), span, on=runtime.today())
    return render("plant/span.html", file=file, drawn=plant_collection(file.plant, page_address))


def page_address(kind: str, code: str) -> str:
    """Return the address of the page of a site or span."""
    return url_for("plant.show_site", site=code) if kind == "site" else url_for("plant.show_span", span=code)
