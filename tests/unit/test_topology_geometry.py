"""How far apart routes run, and which spans come too near each other: figures known beforehand."""

from __future__ import annotations

import gc
from itertools import combinations
from math import atan, cos, radians, sin
from weakref import ref

import numpy as np
import pytest
import shapely
from pyproj import Geod

from cni.primitives.geo import Position, distance_m
from cni.topology.ground import geometry
from cni.topology.ground.geometry import close_spans, nearest_places, placeless_spans, separation, trim_radius_m
from cni.topology.ground.plane import Plane, pieces_of, shapes_of, trim
from cni.topology.network import Network, Site, Span, build_network

HOME = (-2.24, 53.48)
ELLIPSOID = Geod(ellps="WGS84")


def place(east_m: float, north_m: float, home: Position = HOME) -> Position:
    """Return the position so many metres east and north of home."""
    longitude, latitude, _ = ELLIPSOID.fwd(*home, np.degrees(np.arctan2(east_m, north_m)), np.hypot(east_m, north_m))
    return float(longitude), float(latitude)


def plant(sites: dict[str, tuple[float, float]], spans: str | dict[str, list[tuple[float, float]] | None]) -> Network:
    """Return a network of sites in metres from home; a span is called by its ends, "A-B" or "A-B.2".

    Spans in a text are straight; else a list of points in metres from home is what they run along between their ends.
    """
    lines = dict.fromkeys(spans.split(), None) if isinstance(spans, str) else spans
    placed = [Site(id, None, *place(*where)) for id, where in sites.items()]
    listed = []
    for id, points in lines.items():
        a, z = id.partition(".")[0].split("-")
        line = None if points is None else tuple(place(*point) for point in (sites[a], *points, sites[z]))
        listed.append(Span(id, a, z, 1000.0, line=line))
    return build_network(placed, listed)


TWO_STREETS = {
    "A": (0, 0), "B": (1000, 300), "C": (3000, 300), "D": (1000, -200), "E": (3000, -200), "Z": (4000, 0)
}  # fmt: skip
NORTH, SOUTH = ["A-B", "B-C", "C-Z"], ["A-D", "D-E", "E-Z"]
BOTH = " ".join(NORTH + SOUTH)


def test_routes_in_two_streets_are_as_far_apart_as_the_streets() -> None:
    assert separation(plant(TWO_STREETS, BOTH), [NORTH, SOUTH], 1100) == pytest.approx(500, abs=0.005)


def test_near_the_ends_it_is_the_radius_that_decides() -> None:
    angle = atan(0.3) + atan(0.2)
    nearest = nearest_places(plant(TWO_STREETS, BOTH), [NORTH, SOUTH], 100)
    assert nearest is not None
    assert nearest.metres == pytest.approx(2 * 100 * sin(angle / 2), abs=0.005)
    assert nearest.spans in {("A-B", "A-D"), ("C-Z", "E-Z")}
    assert nearest.radius_m == 100


def test_the_place_is_halfway_between_the_two_spans() -> None:
    network = plant(TWO_STREETS, dict.fromkeys(NORTH + SOUTH) | {"B-C": [(2000, 20)]})
    nearest = nearest_places(network, [NORTH, SOUTH], 1100)
    assert nearest is not None
    assert nearest.spans == ("B-C", "D-E")
    assert nearest.metres == pytest.approx(220, abs=0.005)
    assert distance_m(nearest.position, place(2000, -90)) < 0.01


def test_a_line_is_measured_where_it_runs_and_not_between_its_ends() -> None:
    spans = dict.fromkeys(NORTH + SOUTH) | {"B-C": [(2000, -150)]}
    assert separation(plant(TWO_STREETS, spans), [NORTH, SOUTH], 1100) == pytest.approx(50, abs=0.005)


def test_lines_that_cross_are_no_metres_apart() -> None:
    network = plant(TWO_STREETS, dict.fromkeys(NORTH + SOUTH) | {"B-C": [(2000, -250)]})
    nearest = nearest_places(network, [NORTH, SOUTH], 1100)
    assert nearest is not None
    assert (nearest.metres, nearest.spans) == (0, ("B-C", "D-E"))


def test_a_site_that_both_pass_is_left_out_and_what_runs_on_from_it_is_not() -> None:
    sites = {"A": (-5000, 0), "B": (-1000, 1000), "C": (-1000, -1000), "M": (0, 0), "D": (1000, 1000),
             "E": (1000, -1000), "Z": (5000, 0)}  # fmt: skip
    network = plant(sites, "A-B B-M M-D D-Z A-C C-M M-E E-Z")
    routes = [["A-B", "B-M", "M-D", "D-Z"], ["A-C", "C-M", "M-E", "E-Z"]]
    assert separation(network, routes, 300) == pytest.approx(2 * 300 * sin(atan(1 / 4)), abs=0.005)  # at both ends
    assert separation(network, routes, 900) == pytest.approx(2 * 900 * sin(atan(1 / 4)), abs=0.005)
    at_the_middle = [["B-M", "M-D"], ["C-M", "M-E"]]
    assert separation(network, at_the_middle, 300) == pytest.approx(300 * 2**0.5, abs=0.005)


def test_a_span_that_both_use_makes_it_no_metres_however_near_an_end() -> None:
    network = plant({"A": (0, 0), "B": (60, 0), "Z": (4000, 0)}, {"A-B": None, "B-Z": None, "B-Z.2": [(2000, 900)]})
    nearest = nearest_places(network, [["A-B", "B-Z"], ["A-B", "B-Z.2"]], 100)
    assert nearest is not None
    assert (nearest.metres, nearest.spans) == (0, ("A-B", "A-B"))


def test_routes_within_the_radius_of_their_ends_have_no_distance() -> None:
    network = plant({"A": (0, 0), "Z": (150, 0)}, {"A-Z": None, "A-Z.2": [(75, 40)]})
    assert separation(network, [["A-Z"], ["A-Z.2"]], 100) is None
    assert separation(network, [["A-Z"], ["A-Z.2"]], 50) == pytest.approx(50 * 2 * sin(atan(40 / 75) / 2), abs=0.005)


def test_without_a_place_there_is_no_distance() -> None:
    sites = [Site("A", None, *HOME), Site("B"), Site("Z", None, *place(900, 0))]
    spans = [Span("A-B", "A", "B", 1), Span("B-Z", "B", "Z", 1), Span("A-Z", "A", "Z", 1)]
    network = build_network(sites, spans)
    assert separation(network, [["A-B", "B-Z"], ["A-Z"]]) is None
    assert {network.view.span_ids[number] for number in placeless_spans(network)} == {"A-B", "B-Z"}
    assert close_spans(network, 500, 500, ("A", "Z")) == []
    assert (
        separation(
            build_network([Site("A"), Site("Z")], [Span("1", "A", "Z", 1), Span("2", "A", "Z", 1)]), [["1"], ["2"]]
        )
        is None
    )


def test_one_route_alone_has_no_distance() -> None:
    assert separation(plant(TWO_STREETS, BOTH), [NORTH]) is None


def test_of_three_routes_the_nearest_two_count() -> None:
    sites = TWO_STREETS | {"F": (1000, -260), "G": (3000, -260)}
    network = plant(sites, BOTH + " A-F F-G G-Z")
    assert separation(network, [NORTH, ["A-F", "F-G", "G-Z"], SOUTH], 1100) == pytest.approx(60, abs=0.005)


@pytest.mark.parametrize("corner", [(-5.7, 50.1), (1.7, 52.5), (-3.1, 58.6), (-7.3, 54.9)])
def test_metres_are_true_in_every_corner_of_the_country(corner: Position) -> None:
    near = {
        "A": place(0, 0, corner),
        "B": place(2000, 0, corner),
        "C": place(0, 80, corner),
        "D": place(2000, 80, corner),
    }
    far = {"K": (-5.7, 50.1), "L": (1.7, 52.5), "M": (-3.1, 58.6), "N": (-7.3, 54.9)}
    spans = [Span("A-B", "A", "B", 1), Span("C-D", "C", "D", 1), Span("K-L", "K", "L", 1), Span("M-N", "M", "N", 1)]
    network = build_network([Site(id, None, *where) for id, where in (near | far).items()], spans)
    assert separation(network, [["A-B"], ["C-D"]]) == pytest.approx(80, abs=0.001)
    numbers = tuple(sorted(network.view.span_numbers[id] for id in ("A-B", "C-D")))
    assert numbers in close_spans(network, 80.01, 100, ("K", "M"))
    assert numbers not in close_spans(network, 79.99, 100, ("K", "M"))


def test_the_plane_stretches_no_more_than_it_says() -> None:
    plane = Plane.over(np.array([(-8.2, 49.9), (1.8, 60.9)]))
    assert plane.stretch < 1.0025
    for corner in ((-8.2, 49.9), (1.8, 49.9), (-8.2, 60.9), (1.8, 60.9), (-3.2, 55.4)):
        for east, north in ((1000, 0), (0, 1000), (700, 700), (700, -700)):
            ends = np.array([corner, place(east, north, corner)])
            on_plane = float(np.hypot(*np.diff(plane.project(ends), axis=0)[0]))
            assert 1 / plane.stretch <= on_plane / distance_m(*ends.tolist()) <= plane.stretch


def random_network(seed: int, sites: int = 14, spans: int = 26) -> Network:
    """Return plant crowded into a square of 3 km, with bent lines and parallel spans."""
    chance = np.random.default_rng(seed)
    where = {f"S{number}": tuple(chance.uniform(0, 3000, 2)) for number in range(sites)}
    lines: dict[str, list[tuple[float, float]] | None] = {}
    for number in range(spans):
        a, z = chance.choice(sites, 2, replace=False)
        bends = [tuple(chance.uniform(0, 3000, 2)) for _ in range(chance.integers(0, 3))]
        lines[f"S{a}-S{z}.{number}"] = bends or None
    return plant(where, lines)


def measured_plainly(network: Network, spans: tuple[str, str], centres: list[str], radius_m: float) -> float | None:
    """Return the metres between two spans outside circles, by many-sided polygons on a plane round home."""

    def local(position: Position) -> tuple[float, float]:
        bearing, _, metres = ELLIPSOID.inv(*place(1500, 1500), *position)
        return metres * sin(radians(bearing)), metres * cos(radians(bearing))

    lines = [shapely.LineString([local(each) for each in network.line(span) or ()]) for span in spans]
    for site in centres:
        node = network.graph.nodes[site]
        circle = shapely.Point(local((node["lon"], node["lat"]))).buffer(radius_m, quad_segs=720)
        lines = [line.difference(circle) for line in lines]
    return None if any(line.is_empty for line in lines) else float(lines[0].distance(lines[1]))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("metres", "radius_m"), [(60, 100), (250, 250)])
def test_close_spans_are_those_that_a_plain_measurement_finds(seed: int, metres: float, radius_m: float) -> None:
    network, ends = random_network(seed), ("S0", "S1")
    found = set(close_spans(network, metres, radius_m, ends))
    for first, second in combinations(range(len(network.view.span_ids)), 2):
        ids = network.view.span_ids[first], network.view.span_ids[second]
        spans = [network.spans[id] for id in ids]
        shared = {spans[0].a, spans[0].z} & {spans[1].a, spans[1].z}
        plain = measured_plainly(network, ids, sorted({*shared, *ends}), radius_m)
        if plain is None or abs(plain - metres) > 0.05:  # nearer than that the polygons may decide otherwise
            assert ((first, second) in found) == (plain is not None and plain < metres), (ids, plain)


def test_the_second_question_gets_the_same_close_spans_as_the_first() -> None:
    network = random_network(3)
    asked = [(60, 250, ("S0", "S1")), (60, 250, ("S2", "S3")), (90, 250, ("S0", "S1")), (60, 250, ("S0", "S1"))]
    fresh = [close_spans(random_network(3), *question) for question in asked]
    assert [close_spans(network, *question) for question in asked] == fresh
    assert fresh[0] == fresh[3]
    assert len({*map(tuple, fresh)}) == 3


def test_routes_keep_their_distance_exactly_when_no_two_of_their_spans_are_close() -> None:
    network = plant(TWO_STREETS, BOTH)
    numbers = network.view.span_numbers
    exact = separation(network, [NORTH, SOUTH], 1100)
    assert exact is not None
    for metres, is_close in ((exact, False), (exact + 0.001, True)):
        found = close_spans(network, metres, 1100, ("A", "Z"))
        crosswise = {tuple(sorted((numbers[one], numbers[other]))) for one in NORTH for other in SOUTH}
        assert bool(crosswise.intersection(found)) is is_close


def test_the_order_in_which_plant_was_given_changes_nothing() -> None:
    network = random_network(5)
    turned = build_network(
        [Site(id, None, given["lon"], given["lat"]) for id, given in reversed(list(network.graph.nodes(data=True)))],
        [network.spans[id] for id in reversed(network.view.span_ids)],
    )
    routes = [[network.view.span_ids[4]], [network.view.span_ids[9]]]
    assert nearest_places(network, routes) == nearest_places(turned, routes)
    assert close_spans(network, 100, 100, ("S0", "S1")) == close_spans(turned, 100, 100, ("S0", "S1"))


def test_what_was_worked_out_for_a_network_goes_when_the_network_goes() -> None:
    network = random_network(1)
    close_spans(network, 100, 100, ("S0", "S1"))
    gone = ref(geometry.ground_of(network)), ref(network.view)
    del network
    gc.collect()
    assert [each() for each in gone] == [None, None]


def test_a_circle_is_cut_out_exactly() -> None:
    through = np.array([(-10.0, 3.0), (10.0, 3.0), (10.0, 20.0), (0.0, 20.0), (0.0, 2.0)])
    pieces = pieces_of(through, np.zeros(5, np.int64))
    (left,) = shapes_of(trim(pieces, np.array([[0.0, 0.0]]), 5), 1)
    expected = [[(-10, 3), (-4, 3)], [(4, 3), (10, 3), (10, 20), (0, 20), (0, 5)]]
    assert [list(part.coords) for part in left.geoms] == expected


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ([(-3, 0), (3, 0)], None),
        ([(-9, 5), (9, 5)], [(-9, 5), (9, 5)]),  # it touches
        ([(1, 1), (1, 1)], None),
        ([(7, 7), (7, 7)], [(7, 7), (7, 7)]),
        ([(0, 0), (8, 0)], [(5, 0), (8, 0)]),
    ],
)
def test_a_line_inside_touching_or_without_length(line: list[Position], left: list[Position] | None) -> None:
    pieces = pieces_of(np.array(line, float), np.zeros(2, np.int64))
    (shape,) = shapes_of(trim(pieces, np.array([[0.0, 0.0]]), 5), 1)
    assert (None if shape is None else list(shape.coords)) == left


def test_more_metres_asked_for_make_the_circles_wider() -> None:
    assert [trim_radius_m(), trim_radius_m(20), trim_radius_m(750)] == [100, 100, 750]
