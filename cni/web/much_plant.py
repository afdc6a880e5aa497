"""What a map asks for that draws its plant from tiles: a thing by its code, and things by a part of their names."""

from __future__ import annotations

from itertools import chain, islice

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from cni import runtime
from cni.operations import browsing, publishing_plant
from cni.primitives.errors import NotFound
from cni.schemas.plant import plant_collection
from cni.web.plant import page_address
from cni.web.session import actor

much_plant = Blueprint("much_plant", __name__, url_prefix="/map")

FOUND_AT_MOST = 20
KINDS = ("site", "span")


@much_plant.get("/things.json")
def thing() -> Response:
    """A site with its spans, or a span with its ends, as a map draws them."""
    kind, code = request.args.get("kind", ""), request.args.get("code", "")
    if kind not in KINDS:
        raise NotFound("Ask for a site or a span: kind=site or kind=span, and its code.")
    find = browsing.find_site if kind == "site" else browsing.find_span
    with runtime.seeing(actor(), request.path) as (session, sight):
        found = find(session, actor(), code, on=runtime.today())
        answer = jsonify(plant_collection(found.plant, sight, page_address))
    answer.content_type = "application/geo+json"
    answer.cache_control.private = True
    answer.cache_control.no_cache = True
    return answer


@much_plant.get("/find.json")
def find() -> Response:
    """The first sites, then spans, whose name or code holds what is asked for: words, and the key that maps use."""
    sought = request.args.get("q", "").strip().casefold()
    with runtime.seeing(actor(), request.path) as (session, sight):
        plant = publishing_plant.plant_for(session, actor(), sight)
    sites = ((f"{site.name} ({site.code})", f"site {site.code}") for site in plant.records.sites)
    spans = ((f"Span {span.code}", f"span {span.code}") for span in plant.records.spans)
    found = ((words, key) for words, key in chain(sites, spans) if sought and sought in words.casefold())
    return jsonify(list(islice(found, FOUND_AT_MOST)))
