"""The description of the features' doors for machines.

Source: OpenAPI Specification 3.0.3; OGC API – Features, Part 1, requirements class OpenAPI 3.0.
"""

from __future__ import annotations

from typing import Any

from cni.schemas.ogc import COLLECTIONS, FORMATS, GREATEST_LIMIT, SYSTEMS, USUAL_LIMIT, Collection

CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
)
ABOUT = (
    "Sites and spans of the co-operative's live fibre. Without a sign-in positions are rounded to 0.01° and lines are "
    "straight; send `Authorization: Bearer cni_…` to see what your member may."
)


def openapi_of(address: str, coop: str) -> dict[str, Any]:
    """Return the OpenAPI document; `address` is the landing page's."""
    paths: dict[str, Any] = {
        "/": _get("The landing page", "landingPage", [_ref("f")]),
        "/api": _get("This document", "api", [_ref("f")]),
        "/conformance": _get("What is conformed to", "conformance", [_ref("f")]),
        "/collections": _get("The collections", "collections", [_ref("f")]),
    }
    for collection in COLLECTIONS.values():
        base = f"/collections/{collection.id}"
        name = collection.title
        one = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
        paths |= {
            base: _get(f"About the collection {name}", f"collection{name}", [_ref("f")]),
            f"{base}/schema": _get(f"The fields of {name}", f"schema{name}", [_ref("f")]),
            f"{base}/feature-schema": _get(f"{name} as GeoJSON", f"featureSchema{name}", [_ref("f")]),
            f"{base}/items": _get(collection.description, f"items{name}", _items_parameters(collection)),
            f"{base}/items/{{featureId}}": _get(f"One of {name}", f"item{name}", [one, _ref("crs"), _ref("f")]),
        }
    return {
        "openapi": "3.0.3",
        "info": {"title": f"{coop}: plant as features", "version": "1", "description": ABOUT},
        "servers": [{"url": address.rstrip("/")}],
        "paths": paths,
        "components": {
            "parameters": _PARAMETERS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _items_parameters(collection: Collection) -> list[dict[str, Any]]:
    own = [
        {"name": name, "in": "query", "description": f"Only where `{field}` is this.", "schema": {"type": "string"}}
        for name, field in collection.filters.items()
    ]
    return [*(_ref(name) for name in ("limit", "offset", "bbox", "bbox-crs", "crs", "f")), *own]


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{name}"}


def _get(summary: str, operation: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    problem = {"description": "A refusal", "content": {"application/problem+json": {"schema": {"type": "object"}}}}
    answers = {
        "200": {"description": "The answer", "content": {"application/json": {"schema": {"type": "object"}}}},
        "400": problem,
        "404": problem,
    }
    return {"get": {"summary": summary, "operationId": operation, "parameters": parameters, "responses": answers}}


def _query(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    more = {"style": "form", "explode": False} if schema["type"] == "array" else {}
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema} | more


_SYSTEM = {"type": "string", "format": "uri", "enum": list(SYSTEMS), "default": SYSTEMS[0]}
_NUMBERS = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
_LIMIT = {"type": "integer", "minimum": 1, "maximum": GREATEST_LIMIT, "default": USUAL_LIMIT}
_PARAMETERS = {
    "limit": _query("limit", "How many features at most.", _LIMIT),
    "offset": _query("offset", "How many are left out before.", {"type": "integer", "minimum": 0, "default": 0}),
    "bbox": _query("bbox", "Only features that meet this box, as they are shown.", _NUMBERS),
    "bbox-crs": _query("bbox-crs", "In what the box is given.", _SYSTEM),
    "crs": _query("crs", "In what the features are to be given.", _SYSTEM),
    "f": _query("f", "The format.", {"type": "string", "enum": list(FORMATS)}),
}
