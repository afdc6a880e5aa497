"""Spans of different owners side by side, undeclared: figures known beforehand."""

from __future__ import annotations

from itertools import combinations
from math import sqrt

import numpy as np
import pytest
import shapely

from cni.primitives.errors import Invalid
from cni.primitives.geo import distance_m
from cni.topology.ground.geometry import ground_of
from cni.topology.ground.paper_diversity import HiddenRisk, find_hidden_risks
from cni.topology.network import Network, Site, Span, build_network
from tests.unit.test_topology_geometry import place

Points = list[tuple[float, float]]


def drawn(lines: dict[str, Points], risks: dict[str, str] | None = None, straight: tuple[str, ...] = ()) -> Network:
    """Return spans by what they run along, in metres from home; where lines end at the same point, they share a site.

    Those named in `straight` are known by their ends alone.
    """
    risks = risks or {}
    ends = {point: f"{point}" for points in lines.values() for point in (points[0], points[-1])}
    spans = [
        Span(
            id,
            ends[points[0]],
            ends[points[-1]],
            1000.0,
            risks=tuple(risks.get(id, "").split()),
            line=None if id in straight else tuple(place(*point) for point in points),
        )
        for id, points in lines.items()
    ]
    return build_network([Site(id, None, *place(*point)) for point, id in ends.items()], spans)


def owner_by_letter(network: Network) -> dict[str, str]:
    """Return the owner of each span: the first letter of its id."""
    return {id: id[0] for id in network.view.span_ids}


def found(network: Network, within_m: float = 10, along_m: float = 100) -> list[HiddenRisk]:
    return find_hidden_risks(network, owner_by_letter(network), within_m, along_m)


STREET: Points = [(0, 0), (1000, 0)]
SIX_METRES_BESIDE_IT: Points = [(200, 500), (200, 6), (600, 6), (600, 500)]


def test_cables_in_one_street_are_found_with_their_metres_their_owners_and_the_place() -> None:
    (risk,) = found(drawn({"A1": STREET, "B1": SIX_METRES_BESIDE_IT}))
    assert (risk.spans, risk.owners, risk.within_m) == (("A1", "B1"), ("A", "B"), 10)
    # From each corner of the other line the street is within 10 m for another √(10² - 6²) = 8 m.
    assert risk.metres == pytest.approx(400 + 2 * sqrt(10**2 - 6**2), abs=0.15)
    assert distance_m(risk.position, place(400, 0)) < 0.1
    assert [[round(distance_m(each, place(0, 0))) for each in line] for line in risk.lines] in (
        [[192, 608]],
        [[608, 192]],
    )
    assert risk.sentence == (
        "The spans A1, B1 of A and B run within 10 m of each other for 416 m, and no risk group says so."
    )


@pytest.mark.parametrize(
    ("within_m", "along_m", "is_found"),
    [(6.5, 100, True), (5.5, 100, False), (10, 407, True), (10, 409, False), (100, 400, True)],
)
def test_both_metres_decide_and_each_span_must_run_beside_the_other_far_enough(within_m, along_m, is_found) -> None:
    # Beside the street the bent line runs for 400 m and, until it is 10 m away, for 4 m round each corner.
    assert bool(found(drawn({"A1": STREET, "B1": SIX_METRES_BESIDE_IT}), within_m, along_m)) is is_found


@pytest.mark.parametrize(
    ("lines", "risks", "straight", "why"),
    [
        ({"A1": STREET, "A2": SIX_METRES_BESIDE_IT}, {}, (), "one owner"),
        ({"A1": STREET, "B1": SIX_METRES_BESIDE_IT}, {"A1": "K1 T7", "B1": "T7"}, (), "declared"),
        ({"A1": STREET, "B1": [(0, 5), (1000, 5)]}, {}, ("B1",), "not drawn"),
        ({"A1": STREET, "B1": [(300, -400), (500, 400)]}, {}, (), "cross"),
        ({"A1": STREET, "B1": [(0, 0), (900, 500)]}, {}, (), "meet at a site"),
        ({"A1": STREET, "B1": [(0, 0), (1000, 180)]}, {}, (), "meet at a sharp angle of 10°: 57 m"),
        ({"A1": STREET, "B1": [(1000, 0), (2000, 0)]}, {}, (), "one goes on from the other"),
        ({"A1": STREET, "B1": [(0, 30), (1000, 30)]}, {}, (), "across the street"),
        ({"A1": [(0, 0), (90, 0)], "B1": [(0, 0), (45, 4), (90, 0)]}, {}, (), "too short"),
    ],
)  # fmt: skip
def test_nothing_is_made_up(lines, risks, straight, why) -> None:
    assert found(drawn(lines, risks, straight)) == [], why


@pytest.mark.parametrize(
    ("second", "metres"),
    [
        ([(0, 0), (1000, 80)], 10 / (80 / sqrt(1000**2 + 80**2))),  # a fork of 4.6°
        ([(0, 0), (20, 5), (700, 5), (700, 600)], 700 + sqrt(10**2 - 5**2)),
        ([(0, 0), (500, 300), (1000, 0)], None),
        ([(0, 0), (20, 8), (980, 8), (1000, 0)], 1000),
        ([(0, 0), (0, 400), (400, 400), (400, 5), (800, 5), (800, 400)], 400 + 10 + 2 * sqrt(10**2 - 5**2)),
    ],
)
def test_spans_that_share_a_site_are_found_only_where_they_go_on_together(second: Points, metres) -> None:
    risks = found(drawn({"A1": STREET, "B1": second}))
    if metres is None:
        assert risks == []
    else:
        assert [risk.metres for risk in risks] == [pytest.approx(metres, rel=0.005)]


def test_a_run_of_spans_in_one_street_is_one_proposal_and_its_metres_count_once() -> None:
    lines: dict[str, Points] = {
        "A1": [(0, 0), (600, 0)], "A2": [(600, 0), (1300, 0)], "A3": [(1300, 0), (1900, 0)],
        "B1": [(0, 5), (900, 5)], "B2": [(900, 5), (1900, 5)],
        "C1": [(200, -4), (700, -4)],
    }  # fmt: skip
    (risk,) = found(drawn(lines))
    assert (risk.spans, risk.owners) == (("A1", "A2", "A3", "B1", "B2", "C1"), ("A", "B", "C"))
    assert risk.metres == pytest.approx(1900, abs=1)


def test_places_apart_are_proposals_of_their_own_the_longest_first() -> None:
    lines = {"A1": STREET, "B1": SIX_METRES_BESIDE_IT, "B2": [(700, -300), (700, -5), (950, -5), (950, -300)]}
    risks = found(drawn(lines))
    assert [(risk.spans, round(risk.metres)) for risk in risks] == [(("A1", "B1"), 416), (("A1", "B2"), 267)]


def test_a_span_that_is_already_in_one_group_with_some_is_proposed_with_the_others() -> None:
    lines = {"A1": STREET, "B1": [(0, 4), (1000, 4)], "C1": [(0, -4), (1000, -4)]}
    network = drawn(lines, {"A1": "T1", "B1": "T1", "C1": "T2"})
    (risk,) = found(network)
    assert risk.spans == ("A1", "B1", "C1")
    assert found(drawn(lines, {"A1": "T1", "B1": "T1", "C1": "T1"})) == []


def test_spans_without_an_owner_are_left_out() -> None:
    network = drawn({"A1": STREET, "B1": SIX_METRES_BESIDE_IT})
    assert find_hidden_risks(network, {"A1": "Irwell"}) == []
    assert find_hidden_risks(build_network([], []), {}) == []


@pytest.mark.parametrize(
    ("within_m", "along_m", "place"),
    [(0, 100, "within_m"), (101, 900, "within_m"), (float("nan"), 100, "within_m"), (30, 100, "along_m"),
     (10, float("nan"), "along_m"), (10, float("inf"), "along_m")],
)  # fmt: skip
def test_metres_that_make_no_sense_are_refused(within_m: float, along_m: float, place: str) -> None:
    with pytest.raises(Invalid) as refused:
        found(drawn({"A1": STREET}), within_m, along_m)
    assert [problem.place for problem in refused.value.problems] == [place]


def crowded(seed: int) -> Network:
    """Return bent lines of three owners in a square of 400 m, many of them meeting."""
    chance = np.random.default_rng(seed)
    corners = [tuple(map(float, corner)) for corner in chance.uniform(0, 400, (9, 2))]
    lines = {}
    for number in range(24):
        first, last = (corners[each] for each in chance.choice(9, 2, replace=False))
        bends = [tuple(map(float, chance.uniform(0, 400, 2))) for _ in range(chance.integers(0, 3))]
        lines[f"{'ABC'[number % 3]}{number}"] = [first, *bends, last]
    return drawn(lines, {id: f"T{number % 5}" for number, id in enumerate(lines) if number % 2})


@pytest.mark.parametrize("seed", range(10))
def test_the_quick_way_finds_what_measuring_every_pair_finds(seed: int) -> None:
    network, within_m, along_m = crowded(seed), 12.0, 50.0
    shapes = dict(zip(network.view.span_ids, ground_of(network).shapes, strict=True))
    plainly = set()
    for one, other in combinations(sorted(shapes), 2):
        if one[0] == other[0] or set(network.spans[one].risks) & set(network.spans[other].risks):
            continue
        parts = [
            shapely.intersection(shapes[a], shapes[z].buffer(within_m, quad_segs=8))
            for a, z in ((one, other), (other, one))
        ]
        if min(part.length for part in parts) > along_m:
            plainly.add((one, other))
    proposed = found(network, within_m, along_m)
    assert plainly, "the crowd is too thin to show anything"
    assert {span for pair in plainly for span in pair} == {span for risk in proposed for span in risk.spans}
    assert all(any({*pair} <= {*risk.spans} for risk in proposed) for pair in plainly)


def test_among_the_spans_of_a_whole_country_the_two_that_hide_a_risk_are_found() -> None:
    side = 225  # streets a kilometre apart: 2 * 225 * 224 = 100,800 spans
    where = {(x, y): (-6 + x * 0.015, 50 + y * 0.009) for x in range(side) for y in range(side)}
    sites = [Site(f"{at}", None, *position) for at, position in where.items()]
    spans = []
    for (x, y), (lon, lat) in where.items():
        for other in ((x + 1, y), (x, y + 1)):
            if other in where:
                middle = ((lon + where[other][0]) / 2 + 0.001, (lat + where[other][1]) / 2 + 0.0005)
                spans.append(
                    Span(f"{x}-{y}-{other}", f"{(x, y)}", f"{other}", 1000.0, line=((lon, lat), middle, where[other]))
                )
    beside = spans[40_000]
    spans.append(Span("beside", beside.a, beside.z, 1000.0, line=beside.line))
    owners = {span.id: "ABCD"[number % 4] for number, span in enumerate(spans)} | {"beside": "E"}

    risks = find_hidden_risks(build_network(sites, spans), owners)

    assert [set(risk.spans) for risk in risks] == [{"beside", beside.id}]
