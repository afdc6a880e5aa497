"""Find routes: ask between two sites, see the answer on the map with its price, or what stands in the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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
from cni.topology.answers import Blocker, BlockerKind
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
        in_the_way=list(_in_the_way(finding)) if finding else [],
        problems=problems,
    )


def _in_the_way(finding: ordering.RouteFinding) -> Iterator[str]:
    """Yield what blocks, in as few sentences as say it: the table under the map has it one by one."""
    blockers = finding.answer.blocked_by
    said = Counter(blocker.why for blocker in blockers)
    everywhere = [blocker for blocker in blockers if _is_on_every_route(blocker, finding) and said[blocker.why] == 1]
    short = [blocker for blocker in blockers if blocker.kind is BlockerKind.CAPACITY]
    if len(everywhere) > 1:
        yield _on_every_route(everywhere, finding)
    if len(short) > 1:
        wanted = f"{finding.search.pairs} free {'pair' if finding.search.pairs == 1 else 'pairs'}"
        yield f"The spans {_listed([blocker.id for blocker in short])} lack the {wanted} asked for."
    told = {blocker.why for group in (everywhere, short) if len(group) > 1 for blocker in group}
    yield from (why for why in said if why not in told)


def _is_on_every_route(blocker: Blocker, finding: ordering.RouteFinding) -> bool:
    return blocker.kind in (BlockerKind.SPAN, BlockerKind.SITE) and blocker.id != finding.search.to_site


def _on_every_route(blockers: Sequence[Blocker], finding: ordering.RouteFinding) -> str:
    """Return what is said of spans and sites that no route can do without, in order from the start to the end."""
    sites = [blocker.name for blocker in blockers if blocker.kind is BlockerKind.SITE]
    spans = [blocker.id for blocker in blockers if blocker.kind is BlockerKind.SPAN]
    start, end = (finding.network.site_name(site) for site in (finding.search.from_site, finding.search.to_site))
    parts = [f"passes {'; '.join(sites)}"] if sites else []
    if spans:
        parts.append(f"crosses the {'span' if len(spans) == 1 else 'spans'} {_listed(spans)}")
    return f"Every route from {start} to {end} {'. It '.join(parts)}."


def _listed(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
