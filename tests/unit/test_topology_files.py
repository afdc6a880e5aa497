"""Networks from files: NetworkX node-link JSON and the Open Fibre Data Standard."""

from __future__ import annotations

import json

import networkx as nx
import pytest

from cni.primitives.errors import Invalid
from cni.topology.network import Span
from cni.topology.network_files import read_network
from cni.topology.questions import read_question
from cni.topology.routes import answer_question
from tests.notation import network


def node_link(*edges: dict, **changes) -> str:
    """A file with the sites A, B, Z and these edges; each is S1, A to B, 5 m long where it does not say otherwise."""
    plain = {"source": "A", "target": "B", "key": "S1", "length_m": 5}
    document = {"multigraph": True, "directed": False, "nodes": [{"id": id} for id in "ABZ"]}
    return json.dumps({**document, "edges": [{**plain, **edge} for edge in edges], **changes})


def ofds(*spans: dict, **changes) -> str:
    """A network of two nodes on the equator, a degree apart, and these spans from 1 to 2."""
    nodes = [
        {"id": "1", "name": "West", "location": {"type": "Point", "coordinates": [0, 0]}},
        {"id": "2", "name": "East", "location": {"type": "Point", "coordinates": [1, 0]}},
    ]
    plain = {"start": "1", "end": "2"}
    return json.dumps({"id": "n", "nodes": nodes, "spans": [{**plain, **span} for span in spans], **changes})


def problems_of(data: str | bytes) -> list[tuple[str, str | None]]:
    with pytest.raises(Invalid) as refusal:
        read_network(data)
    assert all(problem.message.endswith(".") and problem.remedy for problem in refusal.value.problems)
    return [(problem.code, problem.place) for problem in refusal.value.problems]


def test_what_networkx_writes_is_read():
    written = network("S1: A-B 1200.5 x3 [K1 K2], S2: A-B 900, B-Z 0 x0")

    read = read_network(json.dumps(nx.node_link_data(written.graph, edges="edges")))

    assert read.spans == written.spans
    assert set(read.graph) == set(written.graph)


def test_names_and_places_of_sites_are_kept():
    nodes = [{"id": "A", "name": "Town Hall", "lon": -2.24, "lat": 53.48}, {"id": 7}]

    read = read_network(node_link(nodes=nodes))

    assert dict(read.graph.nodes(data=True)) == {"A": {"name": "Town Hall", "lon": -2.24, "lat": 53.48}, "7": {}}


@pytest.mark.parametrize(
    ("edge", "code"),
    [
        ({"length_m": -1}, "bad_length_m"),
        ({"length_m": float("nan")}, "bad_length_m"),
        ({"length_m": float("inf")}, "bad_length_m"),
        ({"length_m": 10**400}, "bad_length_m"),
        ({"length_m": 1e9}, "bad_length_m"),
        ({"length_m": "12"}, "bad_length_m"),
        ({"length_m": True}, "bad_length_m"),
        ({"length_m": None}, "bad_length_m"),
        ({"pairs": -1}, "bad_pairs"),
        ({"pairs": 1.5}, "bad_pairs"),
        ({"pairs": "2"}, "bad_pairs"),
        ({"risks": "K1"}, "bad_risks"),
        ({"risks": ["K1", None]}, "bad_risks"),
        ({"target": "Q"}, "unknown_site"),
        ({"target": None}, "missing_id"),
        ({"name": 5}, "bad_name"),
    ],
)
def test_a_span_that_cannot_be_is_refused_by_its_id(edge, code):
    assert problems_of(node_link(edge)) == [(code, "S1")]


def test_every_problem_comes_at_once():
    nodes = [{"id": "A"}, {"id": "A"}, {"id": "B", "lon": 0, "lat": 91}, {"name": "nowhere"}, 5]

    found = problems_of(node_link({}, {}, {"key": "S2", "length_m": -1}, {"key": None}, nodes=nodes, directed=True))

    assert sorted(found, key=str) == [
        ("bad_element", "nodes[4]"),
        ("bad_length_m", "S2"),
        ("bad_position", "B"),
        ("directed", "directed"),
        ("duplicate_id", "A"),
        ("duplicate_id", "S1"),
        ("missing_id", "edges[3]"),
        ("missing_id", "nodes[3]"),
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", "bad_json"),
        ('{"nodes": [', "bad_json"),
        ("[" * 100_000, "bad_json"),
        ('{"nodes": ' + "9" * 5000 + "}", "bad_json"),
        ("[]", "not_a_network"),
        ("{}", "not_a_network"),
        ('{"nodes": []}', "not_a_network"),
        ('{"nodes": {}, "edges": []}', "not_a_network"),
        ('{"networks": []}', "not_a_network"),
        (b'{"nodes": "\xff"}', "bad_encoding"),
    ],
)
def test_a_file_that_is_no_network_is_refused(data, code):
    assert [found for found, _ in problems_of(data)] == [code]


def test_an_open_fibre_data_standard_network_is_read():
    read = read_network(ofds({"id": "S1", "fibreLength": 1.25, "fibreCount": 24, "name": "Canal"}))

    assert read.spans == {"S1": Span("S1", "1", "2", 1250, name="Canal")}
    assert read.site_name("1") == "West"
    question = read_question(read, {"from": "1", "to": "2", "pairs": "500"})
    assert answer_question(read, question).total_length_m == 1250


def test_a_package_of_one_network_is_read_and_of_two_is_refused():
    one = json.loads(ofds({"id": "S1"}))

    assert list(read_network(json.dumps({"networks": [one]})).spans) == ["S1"]
    assert problems_of(json.dumps({"networks": [one, one]})) == [("not_a_network", None)]


def test_a_span_without_fibre_length_is_as_long_as_its_route_or_else_as_the_straight_line():
    line = {"type": "LineString", "coordinates": [[0, 0], [0.5, 0.5], [1, 0]]}

    read = read_network(ofds({"id": "S1", "route": line}, {"id": "S2"}))

    # A degree of the equator is 111,319.49 m on the WGS84 ellipsoid, by its semi-major axis of 6,378,137 m.
    assert read.spans["S2"].length_m == pytest.approx(111_319.49, abs=0.01)
    assert 1.4 < read.spans["S1"].length_m / read.spans["S2"].length_m < 1.42


@pytest.mark.parametrize(
    ("span", "code"),
    [
        ({"fibreLength": -1}, "bad_fibreLength"),
        ({"route": {"type": "Point", "coordinates": [0, 0]}}, "bad_route"),
        ({"route": {"type": "LineString", "coordinates": [[0, 0]]}}, "bad_route"),
        ({"route": {"type": "LineString", "coordinates": [[0, 0], [0, 200]]}}, "bad_position"),
        ({"end": "3", "fibreLength": 1}, "unknown_site"),
        ({"end": None, "fibreLength": 1}, "missing_id"),
    ],
)
def test_an_open_fibre_span_that_cannot_be_is_refused_by_its_id(span, code):
    assert problems_of(ofds({"id": "S1", **span})) == [(code, "S1")]


def test_an_open_fibre_span_with_no_way_to_its_length_is_refused():
    assert problems_of(ofds({"id": "S1"}, nodes=[{"id": "1"}, {"id": "2"}])) == [("no_length", "S1")]
