"""Reading a network from a file: NetworkX node-link JSON, or a network of the Open Fibre Data Standard."""

from __future__ import annotations

import json
from typing import Any

from cni.primitives.errors import Invalid, Problem
from cni.topology.fields import Fields, fields_of
from cni.topology.network import Network, Site, Span, build_network, network_problems
from cni.topology.text import text_of

NODE_LINK_REMEDY = (
    "Write it with networkx.node_link_data(graph, edges='edges') from a MultiGraph whose keys are span ids."
)


def read_network(data: bytes | str) -> Network:
    """Return the network that a file holds.

    Node-link JSON: nodes `id`, optional `name`, `lon`, `lat` (WGS84 degrees); edges `source`, `target`, `key` (the
    span id), `length_m` (metres), optional `pairs` (free pairs; absent: no limit), `risks` (ids) and `name`. Or an
    Open Fibre Data Standard 0.4 network: see `ofds`.

    Raises:
        Invalid: it is not such a file, or what it holds is no network; every problem, with the id of its site or span.
    """
    document = _parsed(text_of(data))
    problems: list[Problem] = []
    if isinstance(document.get("nodes"), list) and isinstance(document.get("edges"), list):
        sites, spans = _read_node_link(document, problems)
    else:
        # Late: measuring lines takes libraries that are slow to import, and only this kind of file needs them.
        from cni.topology.ofds import read_ofds

        sites, spans = read_ofds(document, problems)
    if problems:  # all at once, with what `build_network` would find
        raise Invalid.from_problems([*problems, *network_problems(sites, spans)])
    return build_network(sites, spans)


def _parsed(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"The file is not JSON: {error.msg}."
        place = f"line {error.lineno}, column {error.colno}"
        raise Invalid.from_problems(
            [Problem("bad_json", message, "Mend it there.", place, row=error.lineno)]
        ) from error
    except (ValueError, RecursionError) as error:
        message = "The file is JSON that cannot be read: a number is too long, or lists are nested too deep."
        raise Invalid.from_problems([Problem("bad_json", message, NODE_LINK_REMEDY)]) from error
    if isinstance(document, dict) and ("nodes" in document or "networks" in document):
        return document
    message = "The file is JSON, but not a network: it has no nodes and edges."
    raise Invalid.from_problems([Problem("not_a_network", message, NODE_LINK_REMEDY)])


def _read_node_link(document: dict[str, Any], problems: list[Problem]) -> tuple[list[Site], list[Span]]:
    if document.get("directed"):
        message = "The graph is directed, but light goes both ways along a span."
        problems.append(Problem("directed", message, NODE_LINK_REMEDY, "directed"))
    nodes, edges = fields_of(document, "nodes", "id", problems), fields_of(document, "edges", "key", problems)
    sites, spans = [_site(node) for node in nodes], [_span(edge) for edge in edges]
    return [site for site in sites if site.id], [span for span in spans if span.id and span.a and span.z]


def _site(node: Fields) -> Site:
    position = None
    if "lon" in node or "lat" in node:
        position = node.position([node.raw("lon"), node.raw("lat")])
    lon, lat = position or (None, None)
    return Site(node.id("id"), node.name(), lon, lat)


def _span(edge: Fields) -> Span:
    return Span(
        id=edge.id("key"),
        a=edge.id("source"),
        z=edge.id("target"),
        length_m=edge.number("length_m", "metres"),
        pairs=edge.count("pairs"),
        risks=edge.ids("risks"),
        name=edge.name(),
    )
