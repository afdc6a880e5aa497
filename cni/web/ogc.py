"""Plant as features on the web, for GIS programs and for people: OGC API – Features, Part 1 and 2.

Source: OGC 17-069r4 and 18-058r1. Refusals are problem documents (RFC 9457); a bad parameter is a 400, as Part 1 asks.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from flask import Blueprint, current_app, render_template, request, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.assets.seen_plant import Numbers, SeenPlant
from cni.operations import viewing
from cni.primitives.errors import CniError, Invalid, NotFound
from cni.schemas.ogc import (
    COLLECTIONS,
    CRS84,
    SYSTEMS,
    Collection,
    extent_of,
    feature_schema_of,
    features_of,
    matching,
    parts_of,
    read_crs,
    read_items_query,
    schema_of,
    unknown_parameters,
)
from cni.schemas.ogc_api import ABOUT, CONFORMANCE, openapi_of
from cni.schemas.problems import as_problem_json
from cni.web.openly import Look, is_known, keep, look, tag_of, visitor

ogc = Blueprint("ogc", __name__, url_prefix="/ogc")

JSON, GEOJSON, HTML = "application/json", "application/geo+json", "text/html"
OPENAPI, SCHEMA = "application/vnd.oai.openapi+json;version=3.0", "application/schema+json"
Links = list[dict[str, str]]


@ogc.errorhandler(CniError)
def refuse(error: CniError) -> Response:
    """Answer a refusal as a problem document."""
    document = as_problem_json(error)
    if isinstance(error, Invalid):
        document["status"] = 400
    response = current_app.response_class(json.dumps(document), document["status"])
    response.content_type = "application/problem+json"
    return response


@ogc.get("/")
def landing() -> Response:
    """What there is, and where."""
    _refuse_unknown()
    links = [
        *_itself("ogc.landing", JSON),
        _link(url_for("ogc.api", _external=True), "service-desc", OPENAPI, "The description for machines"),
        _link(url_for("ogc.api", f="html", _external=True), "service-doc", HTML, "The description for people"),
        _link(url_for("ogc.conformance", _external=True), "conformance", JSON, "What is conformed to"),
        _link(url_for("ogc.collections", _external=True), "data", JSON, "The collections"),
    ]
    return _answer(
        {"title": f"{_coop()}: plant as features", "description": ABOUT, "links": links}, "Plant as features"
    )


@ogc.get("/api")
def api() -> Response:
    """The description for machines (OpenAPI 3.0)."""
    _refuse_unknown()
    return _answer(openapi_of(url_for("ogc.landing", _external=True), _coop()), "The description", OPENAPI)


@ogc.get("/conformance")
def conformance() -> Response:
    """What is conformed to."""
    _refuse_unknown()
    return _answer({"conformsTo": list(CONFORMANCE), "links": _itself("ogc.conformance", JSON)}, "Conformance")


@ogc.get("/collections")
def collections() -> Response:
    """Both collections."""
    _refuse_unknown()
    with look() as seen:
        listed = [_described(seen.plant, collection) for collection in COLLECTIONS.values()]
    document = {"links": _itself("ogc.collections", JSON), "collections": listed, "crs": list(SYSTEMS)}
    return _answer(document, "Collections")


@ogc.get("/collections/<collection>")
def collection(collection: str) -> Response:
    """One collection."""
    _refuse_unknown()
    found = _found(collection)
    with look() as seen:
        return _answer(_described(seen.plant, found), found.title)


@ogc.get("/collections/<collection>/schema")
def schema(collection: str) -> Response:
    """What fields the features of a collection have."""
    _refuse_unknown()
    found = _found(collection)
    address = url_for("ogc.schema", collection=found.id, _external=True)
    return _answer(schema_of(found, address), f"Fields of {found.title.lower()}", SCHEMA)


@ogc.get("/collections/<collection>/feature-schema")
def feature_schema(collection: str) -> Response:
    """What the features of a collection look like as GeoJSON."""
    _refuse_unknown()
    found = _found(collection)
    address = url_for("ogc.feature_schema", collection=found.id, _external=True)
    return _answer(feature_schema_of(found, address), f"{found.title} as GeoJSON", SCHEMA)


@ogc.get("/collections/<collection>/items")
def items(collection: str) -> Response:
    """Features of a collection, page by page."""
    found = _found(collection)
    query = read_items_query(found, _given())
    with look() as seen:
        tag = tag_of(seen.plant, request.full_path, _format())
        if is_known(tag):
            return keep(current_app.response_class(status=304), visitor(), tag)
        numbers = matching(seen.plant, found, query)
        page = numbers[query.offset : query.offset + query.limit]
        features = _given_out(seen, found, page, query.crs)
    document = {
        "type": "FeatureCollection",
        "features": features,
        "numberMatched": len(numbers),
        "numberReturned": len(features),
        "timeStamp": runtime.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "links": _page_links(found, query.offset, query.limit, len(numbers)),
    }
    response = _answer(document, found.title, GEOJSON, tag=tag)
    response.headers["Content-Crs"] = f"<{query.crs}>"
    return response


@ogc.get("/collections/<collection>/items/<path:feature>")
def item(collection: str, feature: str) -> Response:
    """One feature."""
    found = _found(collection)
    crs = read_crs(_given())
    with look() as seen:
        known = seen.plant.site_numbers if found.id == "sites" else seen.plant.span_numbers
        number = known.get(feature.lower())
        if number is None:
            raise NotFound(f"There is no feature “{feature}” in {found.id}.")
        document = _given_out(seen, found, np.array([number]), crs)[0]
        tag = tag_of(seen.plant, request.full_path, _format())
    above = url_for("ogc.collection", collection=found.id, _external=True)
    here = url_for("ogc.item", collection=found.id, feature=document["id"], _external=True)
    document["links"] = [_link(here, "self", GEOJSON, feature), _link(above, "collection", JSON, found.title)]
    response = _answer(document, document["id"], GEOJSON, tag=tag)
    response.headers["Content-Crs"] = f"<{crs}>"
    return response


# Parts of answers


def _given_out(seen: Look, collection: Collection, numbers: Numbers, crs: str) -> list[dict[str, Any]]:
    seen.note(**{collection.id: numbers.tolist()})
    return features_of(seen.plant, collection, numbers, crs)


def _coop() -> str:
    with runtime.reading() as session:
        return viewing.coop_name(session)


def _found(name: str) -> Collection:
    if name not in COLLECTIONS:
        raise NotFound(f"There is no collection “{name}”; there are {' and '.join(COLLECTIONS)}.")
    return COLLECTIONS[name]


def _given() -> dict[str, list[str]]:
    return {name: values for name, values in request.args.lists() if name}


def _refuse_unknown() -> None:
    problems = list(unknown_parameters(_given(), {"f"}))
    if problems:
        raise Invalid.from_problems(problems)


def _format() -> str:
    if "f" in request.args:
        return request.args["f"]
    best = request.accept_mimetypes.best_match([JSON, GEOJSON, HTML], JSON)
    return "html" if best == HTML else "json"


def _answer(document: dict[str, Any], title: str, content_type: str = JSON, *, tag: str = "") -> Response:
    """Answer with a document, or with a page about it."""
    if _format() == "html":
        body, content_type = render_template("open/ogc.html", title=title, document=document), f"{HTML}; charset=utf-8"
    else:
        body = json.dumps(document, ensure_ascii=False)
    response = current_app.response_class(body, content_type=content_type)
    return keep(response, visitor(), tag)


def _described(plant: SeenPlant, collection: Collection) -> dict[str, Any]:
    items, about, fields, shape = (
        url_for(f"ogc.{name}", collection=collection.id, _external=True)
        for name in ("items", "collection", "schema", "feature_schema")
    )
    return {
        "id": collection.id,
        "title": collection.title,
        "description": f"{collection.description} {ABOUT}",
        "itemType": "feature",
        "extent": {"spatial": {"bbox": [extent_of(parts_of(plant, collection)[1])], "crs": CRS84}},
        "crs": list(SYSTEMS),
        "storageCrs": CRS84,
        "links": [
            _link(about, "self", JSON, collection.title),
            _link(items, "items", GEOJSON, f"{collection.title} as GeoJSON"),
            _link(f"{items}?f=html", "items", HTML, f"{collection.title} as a page"),
            _link(fields, "http://www.opengis.net/def/rel/ogc/1.0/schema", SCHEMA, "Fields"),
            _link(shape, "describedby", SCHEMA, f"{collection.title} as GeoJSON"),
        ],
    }


def _page_links(collection: Collection, offset: int, limit: int, matched: int) -> Links:
    def address(**changed: Any) -> str:
        return url_for("ogc.items", collection=collection.id, _external=True, **(request.args.to_dict() | changed))

    above = url_for("ogc.collection", collection=collection.id, _external=True)
    links = [
        _link(address(), "self", GEOJSON, "These features"),
        _link(address(f="html"), "alternate", HTML, "These features as a page"),
        _link(above, "collection", JSON, collection.title),
    ]
    if offset + limit < matched:
        links.append(_link(address(offset=offset + limit), "next", GEOJSON, "The next features"))
    if offset:
        links.append(_link(address(offset=max(0, offset - limit)), "prev", GEOJSON, "The features before"))
    return links


def _itself(endpoint: str, kind: str) -> Links:
    here = url_for(endpoint, _external=True)
    return [_link(here, "self", kind, "This document"), _link(f"{here}?f=html", "alternate", HTML, "As a page")]


def _link(href: str, rel: str, kind: str, title: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": kind, "title": title}
