"""What the co-op shows everyone: figures, and the plant as files; each by the tier of who asks."""

from __future__ import annotations

import json

from flask import Blueprint, current_app
from werkzeug.wrappers import Response

from cni import runtime
from cni.assets.disclosure import IN_WORDS, Tier
from cni.operations import publishing_plant, viewing
from cni.schemas.open_files import FORMATS, Sheet
from cni.web.openly import is_known, keep, look, tag_of, visitor
from cni.web.pages import render

open_pages = Blueprint("open", __name__, url_prefix="/open")

TYPES = {
    "ofds": ("ofds.json", "application/json"),
    "geojson": ("plant.geojson", "application/geo+json"),
    "gpkg": ("plant.gpkg", "application/geopackage+sqlite3"),
    "csv": ("plant-csv.zip", "application/zip"),
}
"""The name of each file, and what kind of content it is."""


@open_pages.get("")
def index() -> Response:
    """The co-op in figures, and where its data are."""
    who = visitor()
    with runtime.reading() as session:
        found = publishing_plant.statistics(session, who, on=runtime.today())
    tier = Tier.PUBLIC if who is None else Tier.MEMBERS
    page = render("open/index.html", found=found, tier=tier, accuracy=IN_WORDS[tier])
    return keep(current_app.response_class(page), who)


@open_pages.get("/statistics.json")
def statistics() -> Response:
    """The co-op in figures, for programs."""
    with runtime.reading() as session:
        found = publishing_plant.statistics(session, None, on=runtime.today())
    body = json.dumps(found.as_json(), ensure_ascii=False)
    return keep(current_app.response_class(body, content_type="application/json"), None)


@open_pages.get("/ofds.json")
def ofds() -> Response:
    """The plant as Open Fibre Data Standard."""
    return _file("ofds")


@open_pages.get("/plant.geojson")
def geojson() -> Response:
    """The plant as GeoJSON."""
    return _file("geojson")


@open_pages.get("/plant.gpkg")
def geopackage() -> Response:
    """The plant as GeoPackage."""
    return _file("gpkg")


@open_pages.get("/plant-csv.zip")
def tables() -> Response:
    """The plant as tables."""
    return _file("csv")


def _file(kind: str) -> Response:
    name, content_type = TYPES[kind]
    with runtime.reading() as session:
        sheet = Sheet(viewing.coop_name(session), runtime.today())
    with look() as seen:
        tag = tag_of(seen.plant, kind, repr(sheet))
        if is_known(tag):
            return keep(current_app.response_class(status=304), visitor(), tag)
        seen.note(sites=range(len(seen.plant.sites)), spans=range(len(seen.plant.spans)))
        body = FORMATS[kind](seen.plant, sheet)
    response = current_app.response_class(body, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return keep(response, visitor(), tag)
