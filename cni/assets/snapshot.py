"""From the tables of the plant to the graph that routes are sought in: the one bridge between the two.

Only what a live contribution brought is in it. How many pairs are free on which days is told by leases, a floor above,
so it is passed in: start from `leases.queries.open_network`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from cni.assets.models import Contribution, RiskGroup, Site, Span, span_risks
from cni.assets.words import ContributionStatus, RiskKind
from cni.primitives.geo import Position, line_of
from cni.topology import network as graph


class NamedSite(NamedTuple):
    """A live site as a person chooses it from a list."""

    code: str
    name: str


class DrawnSpan(NamedTuple):
    """A span as part of a route on a map: its number, and what it shares with another route ("Chamber CH-MEDLOCK")."""

    route: int
    code: str
    line: list[Position]
    shared: tuple[str, ...]


def load_network(session: Session, free_pairs: Mapping[str, int]) -> graph.Network:
    """Return the live plant as a network; `free_pairs` are those of each span, by code, and none where it is absent.

    A span enters when it and both its ends are live. Three statements.
    """
    risks: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for span_code, risk_code, risk_name, _kind in session.execute(_risks_of_spans()):
        risks.setdefault(span_code, []).append(risk_code)
        names[risk_code] = risk_name
    sites = [graph.Site(code, name, lon, lat) for code, name, lon, lat in session.execute(_live_sites())]
    spans = [
        graph.Span(code, a, z, _number(length_m), free_pairs.get(code, 0), tuple(risks.get(code, ())))
        for code, a, z, length_m in session.execute(_live_spans())
    ]
    return graph.build_network(sites, spans, names)


def live_sites(session: Session) -> list[NamedSite]:
    """Return the sites that a route may begin or end at, by name. One statement."""
    return [NamedSite(code, name) for code, name, _, _ in session.execute(_live_sites().order_by(Site.name, Site.code))]


def draw_routes(session: Session, routes: Sequence[Sequence[str]]) -> list[DrawnSpan]:
    """Return the spans of routes, given by their codes, as lines on a map, in order. Two statements."""
    codes = {code for route in routes for code in route}
    a, z = aliased(Site), aliased(Site)
    found = (
        select(Span.code, Span.geometry, a.code, a.longitude, a.latitude, z.code, z.longitude, z.latitude)
        .join(a, Span.a_id == a.id)
        .join(z, Span.z_id == z.id)
        .where(Span.code.in_(codes))
    )
    lines: dict[str, list[Position]] = {}
    sites: dict[str, tuple[str, str]] = {}
    for code, geometry, a_code, a_lon, a_lat, z_code, z_lon, z_lat in session.execute(found):
        lines[code] = [(a_lon, a_lat), (z_lon, z_lat)] if geometry is None else line_of(geometry)
        sites[code] = (a_code, z_code)
    risks: dict[str, dict[str, RiskKind]] = {code: {} for code in codes}
    for code, risk_code, _name, kind in session.execute(_risks_of_spans().where(Span.code.in_(codes))):
        risks[code][risk_code] = kind
    ends = {site for route in routes for site in _ends(route, sites)}
    shared_sites, shared_risks = _in_two(routes, sites) - ends, _in_two(routes, risks)
    return [
        DrawnSpan(
            number,
            code,
            lines[code],
            shared=(
                *(_label(kind, risk) for risk, kind in risks[code].items() if risk in shared_risks),
                *(_label("site", site) for site in sites[code] if site in shared_sites),
            ),
        )
        for number, route in enumerate(routes, 1)
        for code in route
    ]


def risk_kinds(session: Session, codes: Collection[str]) -> dict[str, RiskKind]:
    """Return what kind each of these risk groups is, by code."""
    if not codes:
        return {}
    rows = session.execute(select(RiskGroup.code, RiskGroup.kind).where(RiskGroup.code.in_(codes)))
    return dict(rows.all())


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


def _number(length_m: Decimal) -> float:
    """Return metres as the graph has them; at three decimals a float loses nothing."""
    return int(length_m) if length_m == length_m.to_integral_value() else float(length_m)


def _live_sites() -> Select[str, str, float, float]:
    return (
        select(Site.code, Site.name, Site.longitude, Site.latitude)
        .join(Site.contribution)
        .where(Contribution.status == ContributionStatus.LIVE)
    )


def _live_spans() -> Select[str, str, str, Decimal]:
    a, z = aliased(Site), aliased(Site)
    live = select(Contribution.id).where(Contribution.status == ContributionStatus.LIVE)
    return (
        select(Span.code, a.code, z.code, Span.length_m)
        .join(a, Span.a_id == a.id)
        .join(z, Span.z_id == z.id)
        .where(Span.contribution_id.in_(live), a.contribution_id.in_(live), z.contribution_id.in_(live))
    )


def _risks_of_spans() -> Select[str, str, str, RiskKind]:
    return (
        select(Span.code, RiskGroup.code, RiskGroup.name, RiskGroup.kind)
        .join(span_risks, span_risks.c.span_id == Span.id)
        .join(RiskGroup, RiskGroup.id == span_risks.c.risk_group_id)
        .order_by(Span.code, RiskGroup.code)
    )
