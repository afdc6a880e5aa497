"""Sites and spans of an Open Fibre Data Standard network in its JSON form.

The standard says how many fibres a span has, not how many are free: pairs are taken as unlimited. It knows no risk
groups. Every span counts, whatever its status. A span runs along its `route`. Lengths: `fibreLength` (kilometres);
else the geodesic length of the `route`; else of the straight line between its ends.

Source: Open Fibre Data Standard 0.4, network schema.
"""

from __future__ import annotations

from typing import Any

from cni.primitives.errors import Invalid, Problem
from cni.primitives.geo import Position, length_m
from cni.topology.fields import Fields, fields_of
from cni.topology.network import Site, Span

METRES_PER_KILOMETRE = 1000


def read_ofds(document: dict[str, Any], problems: list[Problem]) -> tuple[list[Site], list[Span]]:
    """Return the sites and spans of a network, or of a package that holds one network, adding to `problems`.

    Raises:
        Invalid: it is not such a document.
    """
    network = _only_network(document)
    nodes, spans = fields_of(network, "nodes", "id", problems), fields_of(network, "spans", "id", problems)
    sites = [site for site in map(_site, nodes) if site.id]
    positions = {site.id: (site.lon, site.lat) for site in sites if site.lon is not None and site.lat is not None}
    read = [_span(span, positions) for span in spans]
    return sites, [span for span in read if span.id and span.a and span.z]


def _only_network(document: dict[str, Any]) -> dict[str, Any]:
    networks = document.get("networks", [document])
    if isinstance(networks, list) and len(networks) == 1 and isinstance(networks[0], dict):
        network = networks[0]
        if isinstance(network.get("nodes"), list) and isinstance(network.get("spans"), list):
            return network
    message = "The file is not one network: it has neither lists of nodes and edges, nor of nodes and spans."
    remedy = "Give NetworkX node-link JSON (nodes, edges) or one Open Fibre Data Standard network (nodes, spans)."
    raise Invalid.from_problems([Problem("not_a_network", message, remedy)])


def _site(node: Fields) -> Site:
    location = node.raw("location")
    position = node.position(location.get("coordinates")) if isinstance(location, dict) else None
    lon, lat = position or (None, None)
    return Site(node.id("id"), node.name(), lon, lat)


def _span(span: Fields, positions: dict[str, Position]) -> Span:
    id, a, z = span.id("id"), span.id("start"), span.id("end")
    line = _line(span) if "route" in span else None
    ends = [positions[end] for end in (a, z) if end in positions]
    return Span(id, a, z, _length_m(span, line, ends), name=span.name(), line=line)


def _line(span: Fields) -> tuple[Position, ...] | None:
    route = span.raw("route")
    coordinates = route.get("coordinates") if isinstance(route, dict) and route.get("type") == "LineString" else None
    if not isinstance(coordinates, list) or len(coordinates) < 2:
        span.wrong("bad_route", "has a route that is no line", "Give a LineString of two positions or more.")
        return None
    line = tuple(position for position in map(span.position, coordinates) if position)
    return line if len(line) == len(coordinates) else None


def _length_m(span: Fields, line: tuple[Position, ...] | None, ends: list[Position]) -> float:
    if "fibreLength" in span:
        return span.number("fibreLength", "kilometres") * METRES_PER_KILOMETRE
    if "route" in span:
        return length_m(line) if line else 0
    if len(ends) == 2:
        return length_m(ends)
    span.wrong("no_length", "has no length", "Give fibreLength, a route, or the location of both of its ends.")
    return 0
