"""Routes as lines on a map, with what they share at each span."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cni.assets.disclosure import Sight, Tier
from cni.assets.models import Span
from cni.assets.snapshot import risks_of_spans
from cni.assets.words import RiskKind
from cni.primitives.geo import Position


class DrawnSpan(NamedTuple):
    """A span as part of a route on a map: its number, and what it shares with another route ("Chamber CH-MEDLOCK").

    `tier` is how finely the line is drawn.
    """

    route: int
    code: str
    line: list[Position]
    shared: tuple[str, ...]
    tier: Tier


def draw_routes(session: Session, routes: Sequence[Sequence[str]], sight: Sight) -> list[DrawnSpan]:
    """Return the spans of routes, given by their codes, as lines on a map, in order, as seen. Two statements."""
    codes = {code for route in routes for code in route}
    found = select(Span).where(Span.code.in_(codes)).options(joinedload(Span.a), joinedload(Span.z))
    spans = session.scalars(found).all()
    lines = {span.code: (sight.line(span), sight.tier_of_span(span)) for span in spans}
    sites = {span.code: (span.a.code, span.z.code) for span in spans}
    risks: dict[str, dict[str, RiskKind]] = {code: {} for code in codes}
    for code, risk_code, _name, kind in session.execute(risks_of_spans().where(Span.code.in_(codes))):
        risks[code][risk_code] = kind
    shared_spans = _in_two(routes, {code: (code,) for code in codes})
    ends = {site for route in routes for site in _ends(route, sites)}
    shared_sites, shared_risks = _in_two(routes, sites) - ends, _in_two(routes, risks)
    return [
        DrawnSpan(
            number,
            code,
            lines[code][0],
            tier=lines[code][1],
            shared=(
                *((_label("span", code),) if code in shared_spans else ()),
                *(_label(kind, risk) for risk, kind in risks[code].items() if risk in shared_risks),
                *(_label("site", site) for site in sites[code] if site in shared_sites),
            ),
        )
        for number, route in enumerate(routes, 1)
        for code in route
    ]


def _label(kind: str, code: str) -> str:
    """Return what a map calls a thing where there is no room for its name."""
    return f"{kind.replace('_', ' ').capitalize()} {code}"


def _ends(route: Sequence[str], sites: Mapping[str, Collection[str]]) -> list[str]:
    """Return the two sites of a route that only one of its spans touches."""
    counts = Counter(site for code in route for site in sites[code])
    return [site for site, count in counts.items() if count == 1]


def _in_two(routes: Sequence[Sequence[str]], things: Mapping[str, Collection[str]]) -> set[str]:
    """Return those of the things along spans that two or more routes have."""
    counts = Counter(thing for route in routes for thing in {thing for code in route for thing in things[code]})
    return {thing for thing, count in counts.items() if count > 1}
