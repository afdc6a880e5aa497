"""Find routes: ask between two sites, see the answer on the map with its price, or what stands in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from cni import runtime
from cni.operations import ordering
from cni.primitives.errors import Invalid, Problem
from cni.primitives.period import Month
from cni.schemas.reading import load
from cni.schemas.routes import RouteSearchRequest, routes_collection
from cni.web.forms import problems_of
from cni.web.pages import render
from cni.web.session import actor
from cni.web.words import APART_CHOICES, ELEMENT_WORDS, TARIFF_WORDS

routes = Blueprint("routes", __name__)

NOTICE = timedelta(days=14)
"""What a planner is likely to want at the earliest: the form begins with the first of a month after so long."""


@routes.get("/routes")
def find() -> str | tuple[str, int]:
    """The form, and what comes of it once it is filled in."""
    asked = _asked()
    if not asked:
        return _page(_at_first(), None)
    try:
        search = load(RouteSearchRequest(), asked)
        with runtime.reading() as session:
            finding = ordering.find_routes(session, actor(), search, on=runtime.today())
    except Invalid as refusal:
        return _page(asked, None, problems_of(refusal)), 422
    return _page(asked, finding)


@routes.get("/map/routes.json")
def drawn() -> Response:
    """The routes that a search finds, as the map draws them."""
    search = load(RouteSearchRequest(), _asked())
    with runtime.reading() as session:
        answer = ordering.find_routes(session, actor(), search, on=runtime.today()).answer
        spans = ordering.draw(session, actor(), [route.spans for route in answer.routes])
    return private_json(routes_collection(spans))


def private_json(document: Mapping[str, Any]) -> Response:
    """Return data of a map, which nobody between us and the browser may keep."""
    answer = jsonify(document)
    answer.cache_control.private = True
    return answer


def _asked() -> dict[str, str]:
    return {name: value.strip() for name, value in request.args.items() if value.strip()}


def _at_first() -> dict[str, Any]:
    starts_on = Month.of(runtime.today() + NOTICE).next().period.start
    return {"diverse": "site", "pairs": 1, "starts_on": starts_on.isoformat()}


def _page(values: Mapping[str, Any], finding: ordering.RouteFinding | None, problems: Sequence[Problem] = ()) -> str:
    with runtime.reading() as session:
        choices = ordering.search_choices(session, actor(), on=runtime.today())
    return render(
        "routes/find.html",
        sites=[(site.code, f"{site.name} ({site.code})") for site in choices.sites],
        terms=[(term, f"{term} months") for term in choices.terms],
        apart_choices=APART_CHOICES,
        element_words=ELEMENT_WORDS,
        tariff_words=TARIFF_WORDS,
        values=values,
        finding=finding,
        problems=problems,
    )
