"""Find routes: ask between two sites, see the answer on the map with its price, or what stands in the way.

The whole question stands in the address, so that a link leads a colleague to the same page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, current_app, jsonify, request, url_for
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from cni import runtime
from cni.assets.drawing import DrawnSpan
from cni.leases.searches import name_of
from cni.operations import searching, viewing
from cni.operations.searching import RouteFinding, SearchChoices
from cni.primitives.errors import Invalid, Problem
from cni.primitives.period import Month
from cni.schemas.reading import load
from cni.schemas.routes import RouteSearchRequest, routes_as_kmz, routes_collection, search_as_words
from cni.web import findings as words
from cni.web.expiries import ending_on_routes
from cni.web.formats import instant
from cni.web.forms import problems_of
from cni.web.pages import render
from cni.web.session import actor
from cni.web.words import APART_CHOICES, APART_WORDS, ELEMENT_WORDS, GRADE_WORDS, TARIFF_WORDS

routes = Blueprint("routes", __name__)

NOTICE = timedelta(days=14)
"""What a planner is likely to want at the earliest: the form begins with the first of a month after so long."""

LISTS = ("avoid", "must_use", "exempt")
"""The fields of a search that take several things."""

SHOWN = "alternative"
"""Which of the routes that are compared is shown, from 1: a word of the address that is none of the search's."""


@routes.get("/routes")
def find(values: MultiDict[str, str] | None = None, problems: Sequence[Problem] = ()) -> str | tuple[str, int]:
    """The form, and what comes of it once it is filled in."""
    asked = _asked(request.args if values is None else values)
    if not asked:
        return _page(_at_first())
    try:
        search = load(RouteSearchRequest(), asked)
        with runtime.reading() as session:
            found = searching.compare_routes(session, actor(), search, on=runtime.today())
    except Invalid as refusal:
        return _page(asked, problems=problems or problems_of(refusal)), 422
    return _page(search_as_words(found[0].search), found, problems)


@routes.get("/map/routes.json")
def drawn() -> Response:
    """The routes that a search finds, as the map draws them."""
    search = load(RouteSearchRequest(), _asked(request.args))
    with runtime.seeing(actor(), request.path) as (session, sight):
        answer = searching.find_routes(session, actor(), search, on=runtime.today()).answer
        spans = searching.draw(session, actor(), [route.spans for route in answer.routes], sight)
    return private_json(routes_collection(spans))


def private_json(document: Mapping[str, Any]) -> Response:
    """Return data of a map, which nobody between us and the browser may keep."""
    answer = jsonify(document)
    answer.cache_control.private = True
    return answer


def kmz_of_routes(name: str, drawn: Sequence[DrawnSpan]) -> Response:
    """Return routes as a KMZ file to be taken along, marked with who took it and when."""
    with runtime.reading() as session:
        coop = viewing.coop_name(session)
    who = f"{current_user.name}, {current_user.member_name or coop}"
    mark = f"{name}, for {who}, {instant(runtime.now())}. {coop}. Exact plant of its owners: not to be passed on."
    response: Response = current_app.response_class(
        routes_as_kmz(drawn, name, mark), content_type="application/vnd.google-earth.kmz"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{name.replace(" ", "-").lower()}.kmz"'
    return response


def _asked(given: MultiDict[str, str]) -> dict[str, Any]:
    """Return the search that an address or a form gives; what else is in it belongs to the page."""
    asked: dict[str, Any] = {}
    for name, values in given.lists():
        filled = [value.strip() for value in values if value.strip()]
        if filled and name not in (SHOWN, "csrf_token", "offer", "accepts_shared"):
            asked[name] = filled if name in LISTS else filled[0]
    return asked


def _at_first() -> dict[str, Any]:
    starts_on = Month.of(runtime.today() + NOTICE).next().period.start
    return {"diverse": "site", "pairs": 1, "starts_on": starts_on.isoformat()}


def _page(values: Mapping[str, Any], found: Sequence[RouteFinding] = (), problems: Sequence[Problem] = ()) -> str:
    shown = _shown(found)
    finding = found[shown] if found else None
    with runtime.reading() as session:
        choices = searching.search_choices(session, actor(), on=runtime.today())
        routes_offered = finding.offer.routes if finding and finding.offer else ()
        ending = ending_on_routes(session, routes_offered, finding.search.period) if finding else []
    return render(
        "routes/find.html",
        choices=choices,
        listed=list(_listed(choices)),
        sites=[(site.code, f"{site.name} ({site.code})") for site in choices.sites],
        terms=[(term, f"{term} months") for term in choices.terms],
        apart_choices=APART_CHOICES,
        apart_words=APART_WORDS,
        grade_words=GRADE_WORDS,
        element_words=ELEMENT_WORDS,
        tariff_words=TARIFF_WORDS,
        words=words,
        values=values,
        chosen={name: _chosen(name, values, finding) for name in LISTS},
        found=found,
        shown=shown,
        finding=finding,
        ending=ending,
        answered=search_as_words(finding.search) if finding else {},
        permalink=_permalink(values, shown) if found else "",
        problems=problems,
    )


def _shown(found: Sequence[RouteFinding]) -> int:
    asked = request.args.get(SHOWN, 1, type=int)
    return asked - 1 if 1 <= asked <= len(found) else 0


def _permalink(values: Mapping[str, Any], shown: int) -> str:
    more: dict[str, Any] = {SHOWN: shown + 1} if shown else {}
    return url_for("routes.find", _external=True, **values, **more)


def _listed(choices: SearchChoices) -> list[tuple[str, str]]:
    """Return what can be avoided or used, as it is written and as it is called."""
    kinds = {"owner": choices.owners, "risk": choices.risks, "site": choices.sites, "span": choices.spans}
    return [(f"{kind}:{thing.code}", thing.name) for kind, things in kinds.items() for thing in things]


def _chosen(name: str, values: Mapping[str, Any], finding: RouteFinding | None) -> list[tuple[str, str]]:
    """Return what a list of the search holds, as it is written and as it is called; unknown things as they are."""
    things = values.get(name, [])
    if finding is None:
        return [(thing, thing) for thing in things]
    written = [f"risk:{thing}" if name == "exempt" else thing for thing in things]
    return [(thing, _capitalised(name_of(finding.plant, full))) for thing, full in zip(things, written, strict=True)]


def _capitalised(words: str) -> str:
    return words[:1].upper() + words[1:]
