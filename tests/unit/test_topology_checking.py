"""The checker: sound answers, written down by hand, pass; each way of being wrong is told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest

from cni.topology.checking import answer
from cni.topology.checking.answer import check_answer
from cni.topology.network import Network, Site, Span, build_network
from tests.notation import network

RING = network("A-B 1200 x4 [K1], B-Z 900.5, A-C 1500, C-Z 1100 x2 [K1], A-D 1, D-B 5000 [K2]")
PAIR = {
    "outcome": "found",
    "question": {"from": "A", "to": "Z", "diverse": "site", "routes": 2, "pairs": 2, "without": ["site:D"]},
    "routes": [
        {"spans": ["A-B", "B-Z"], "sites": ["A", "B", "Z"], "length_m": 2100.5},
        {"spans": ["A-C", "C-Z"], "sites": ["A", "C", "Z"], "length_m": 2600},
    ],
    "total_length_m": 4700.5,
    "lower_bound_m": 4700.5,
    "proven_optimal": True,
    "shared": {"spans": [], "sites": [], "risks": ["K1"]},
    "separation_m": None,
    "blocked_by": [],
}
BRIDGED = network("A-B 10, A-B 20, S12: B-Z 30 x4, X-Y 5, S13: Z-Y 1 x0, S14: Y-A 1")
EVERY_ROUTE_CROSSES = {"kind": "span", "id": "S12", "name": "B – Z", "why": "Every route from A to Z crosses span S12."}
PARTLY = {
    "outcome": "partly_diverse",
    "question": {"from": "A", "to": "Z", "diverse": "span", "routes": 2, "pairs": 2},
    "routes": [
        {"spans": ["A-B", "S12"], "sites": ["A", "B", "Z"], "length_m": 40},
        {"spans": ["A-B.2", "S12"], "sites": ["A", "B", "Z"], "length_m": 50},
    ],
    "total_length_m": 90,
    "lower_bound_m": 90,
    "proven_optimal": True,
    "shared": {"spans": ["S12"], "sites": ["B"], "risks": []},
    "separation_m": None,
    "blocked_by": [
        {"kind": "capacity", "id": "S13", "name": "Y – Z", "why": "Span S13 has 0 free pairs; 2 asked for."}
    ],
}
NOTHING = {
    "outcome": "none",
    "question": {"from": "A", "to": "Z", "diverse": "span", "routes": 2, "pairs": 3},
    "routes": [],
    "total_length_m": None,
    "lower_bound_m": None,
    "proven_optimal": True,
    "shared": {"spans": [], "sites": [], "risks": []},
    "separation_m": None,
    "blocked_by": [{"kind": "capacity", "id": "S12", "name": "B – Z", "why": "Span S12 has 4 free pairs; 6 needed."}],
}


def changed(document: dict, place: str, value: object) -> dict:
    """A copy of the document with one field, "routes.0.length_m", made something else."""
    copy = deepcopy(document)
    *path, last = [int(part) if part.isdigit() else part for part in place.split(".")]
    inner = copy
    for part in path:
        inner = inner[part]
    inner[last] = value
    return copy


def codes(net: Network, document: dict, **asked: object) -> set[str]:
    return {fault.code for fault in check_answer(net, document, asked)}


@pytest.mark.parametrize(("net", "document"), [(RING, PAIR), (BRIDGED, PARTLY), (BRIDGED, NOTHING)])
def test_a_sound_answer_passes(net, document):
    assert check_answer(net, document) == []


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        ("routes.0.spans", ["A-B", "C-Z"], "not_joined"),
        ("routes.0.spans", ["A-B"], "not_joined"),
        ("routes.0.spans", [], "not_joined"),
        ("routes.0.spans", ["A-B", "B-Q"], "unknown"),
        ("routes.0.spans", ["A-D", "D-B", "B-Z"], "left_out"),
        ("routes.0.spans", ["A-B", "A-B", "A-B", "B-Z"], "site_twice"),
        ("routes.0.sites", ["A", "C", "Z"], "wrong_sites"),
        ("routes.0.sites", ["A", "Z"], "wrong_sites"),
        ("routes.0.length_m", 2100.500001, "wrong_length"),
        ("total_length_m", 4700.499999, "wrong_total"),
        ("total_length_m", None, "wrong_total"),
        ("lower_bound_m", 4700.500001, "wrong_bound"),
        ("lower_bound_m", 4700, "wrong_bound"),
        ("lower_bound_m", None, "wrong_bound"),
        ("shared.risks", [], "shared"),
        ("shared.risks", ["K1", "K2"], "shared"),
        ("shared.risks", ["K1", "K1"], "shared"),
        ("shared.sites", ["B"], "shared"),
        ("outcome", "partly_diverse", "diverse_after_all"),
        ("outcome", "none", "wrong_number"),
        ("blocked_by", [EVERY_ROUTE_CROSSES], "blocked_by"),
        ("separation_m", 12.5, "separation"),
        ("question.routes", 3, "wrong_number"),
        ("question.pairs", 3, "too_few_pairs"),
        ("question.diverse", "risk", "not_diverse"),
        ("question.from", "B", "not_joined"),
        ("question.from", "NOWHERE", "unknown"),
        ("question.exempt", ["K9"], "unknown"),
        ("question.without", ["span:A-C"], "left_out"),
        ("question.without", [{"kind": "risk", "id": "K1"}], "left_out"),
        ("question.must_use", ["risk:K2"], "not_used"),
        ("question.separation_m", 100, "too_near"),
        ("question.diverse", "trench", "bad_question"),
        ("question.without", ["A-C"], "bad_question"),
        ("outcome", "perhaps", "shape"),
        ("routes", None, "shape"),
        ("routes.0", {"spans": ["A-B"]}, "shape"),
        ("total_length_m", float("nan"), "shape"),
        ("lower_bound_m", 10**400, "shape"),
        ("proven_optimal", 1, "shape"),
        ("shared", {"spans": []}, "shape"),
        ("blocked_by", [{"kind": "weather"}], "shape"),
    ],
)
def test_what_is_wrong_with_a_found_answer_is_told(place, value, code):
    assert code in codes(RING, changed(PAIR, place, value))


JUNK = (
    None,
    True,
    -1,
    0,
    3,
    10**400,
    1.5,
    float("nan"),
    float("inf"),
    "",
    "A",
    "span:A-B",
    [],
    ["A"],
    [[]],
    {},
    {"kind": 1},
)


def places_in(value: object, path: str = "") -> Iterator[str]:
    """Every place in a document, as `changed` takes it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield f"{path}{name}"
        yield from places_in(each, f"{path}{name}.")


@pytest.mark.parametrize(("net", "document"), [(RING, PAIR), (BRIDGED, PARTLY), (BRIDGED, NOTHING)])
def test_whatever_stands_in_a_document_is_told_and_breaks_nothing(net, document):
    for place in places_in(document):
        for junk in JUNK:
            changed_document = changed(document, place, junk)
            for fault in check_answer(net, changed_document):
                assert fault.message.endswith("."), (place, junk)


def test_what_the_options_say_counts_before_what_the_answer_says_of_its_question():
    assert codes(RING, PAIR, pairs=3) == {"too_few_pairs"}
    assert codes(RING, changed(PAIR, "question.pairs", 3), pairs=2) == set()
    assert codes(RING, changed(PAIR, "question.diverse", "risk"), exempt=["K1"]) == set()


def test_an_answer_without_its_question_is_held_against_its_own_ends():
    without_question = {field: value for field, value in PAIR.items() if field != "question"}

    assert codes(RING, without_question) == set()
    assert codes(RING, without_question, diverse="risk") == {"not_diverse"}
    assert codes(BRIDGED, {field: value for field, value in NOTHING.items() if field != "question"}) == {"no_question"}


def test_routes_that_could_be_shorter_are_not_proven_least():
    longer = network("A-B 1200, B-Z 900.5, A-C 1500, C-Z 1100, C-B 300")
    turned = changed(
        PAIR, "routes.0", {"spans": ["A-C", "C-B", "B-Z"], "sites": ["A", "C", "B", "Z"], "length_m": 2700.5}
    )
    turned = changed(turned, "routes", turned["routes"][:1]) | {"shared": {"spans": [], "sites": [], "risks": []}}
    turned |= {"total_length_m": 2700.5, "lower_bound_m": 2700.5, "question": {"from": "A", "to": "Z"}}

    assert codes(longer, turned) == {"better"}
    assert codes(longer, turned | {"lower_bound_m": 2100.5, "proven_optimal": False}) == set()


def test_two_routes_that_a_third_span_would_shorten_together_are_told():
    trap = network("A-B 1, B-C 1, C-Z 1, A-C 5, B-Z 5, A-Z 100")
    greedy = {
        "routes": [
            {"spans": ["A-B", "B-C", "C-Z"], "sites": ["A", "B", "C", "Z"], "length_m": 3},
            {"spans": ["A-Z"], "sites": ["A", "Z"], "length_m": 100},
        ],
        "total_length_m": 103,
        "lower_bound_m": 103,
        "shared": {"spans": [], "sites": [], "risks": []},
        "question": {"from": "A", "to": "Z", "diverse": "site"},
    }

    assert codes(trap, PAIR | greedy) == {"better"}


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        ("question.pairs", 5, "too_few_pairs"),
        ("shared.spans", [], "shared"),
        ("outcome", "found", "not_diverse"),
        ("blocked_by", [], "blocked_by"),
        ("blocked_by.0.id", "S12", "no_blocker"),
        ("blocked_by.0.id", "S99", "unknown_blocker"),
        ("blocked_by.0", EVERY_ROUTE_CROSSES | {"id": "A-B"}, "no_blocker"),
        ("blocked_by.0", EVERY_ROUTE_CROSSES | {"kind": "site"}, "unknown_blocker"),
        ("question.without", ["span:A-B"], "left_out"),
    ],
)
def test_what_is_wrong_with_a_partly_diverse_answer_is_told(place, value, code):
    assert code in codes(BRIDGED, changed(PARTLY, place, value))


def test_a_bridge_that_is_none_is_told_and_one_that_is_one_passes():
    document = changed(PARTLY, "blocked_by.0", EVERY_ROUTE_CROSSES)
    island = network("A-B 10, A-B 20, S12: B-Z 30 x4")

    assert codes(BRIDGED, document) == {"no_blocker"}  # there is a way round, though it has too few free pairs
    assert codes(island, document) == set()


def test_partly_diverse_is_no_answer_where_wholly_diverse_routes_are():
    wide = network("A-B 10, A-B 20, S12: B-Z 30 x4, S13: A-Z 500")
    document = changed(PARTLY, "blocked_by.0", {"kind": "span", "id": "S12", "name": "B – Z", "why": "Shared."})

    assert codes(wide, document) == {"better"}


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        ("question.pairs", 2, "no_blocker"),
        ("total_length_m", 5, "wrong_total"),
        ("routes", PARTLY["routes"], "wrong_number"),
        ("blocked_by", [], "blocked_by"),
    ],
)
def test_what_is_wrong_with_no_answer_is_told(place, value, code):
    assert code in codes(BRIDGED, changed(NOTHING, place, value))


def test_none_is_no_answer_where_two_routes_could_share_a_span():
    document = changed(NOTHING, "question.pairs", 2)
    blocker = {"kind": "span", "id": "S12", "name": "B – Z", "why": "Every route from A to Z crosses span S12."}

    assert codes(network("A-B 10, A-B 20, S12: B-Z 30 x4"), changed(document, "blocked_by", [blocker])) == {"better"}


def test_a_third_route_is_blocked_by_what_two_have_to_use_together():
    net = network("A-B 1, A-B 1, A-B 1, S1: B-Z 1, S2: B-Z 1")
    why = "At most 2 routes from A to Z share no span: each has to use one of S1, S2."
    blockers = [{"kind": "span", "id": id, "name": "B – Z", "why": why} for id in ("S1", "S2")]
    document = NOTHING | {"question": {"from": "A", "to": "Z", "diverse": "span", "routes": 3}}

    assert codes(net, document | {"blocked_by": blockers}) == set()
    assert codes(net, document | {"blocked_by": blockers[:1]}) == {"no_blocker"}


def placed(*spans: Span) -> Network:
    places = {"A": (-2.25, 53.48), "B": (-2.24, 53.485), "C": (-2.24, 53.475), "Z": (-2.23, 53.48)}
    return build_network([Site(id, None, *place) for id, place in places.items()], spans)


def test_the_distance_between_routes_is_measured_again():
    net = placed(Span("N1", "A", "B", 1), Span("N2", "B", "Z", 1), Span("S1", "A", "C", 1), Span("S2", "C", "Z", 1))
    routes = [
        {"spans": ["N1", "N2"], "sites": ["A", "B", "Z"], "length_m": 2},
        {"spans": ["S1", "S2"], "sites": ["A", "C", "Z"], "length_m": 2},
    ]
    document = PAIR | {"routes": routes, "total_length_m": 4, "lower_bound_m": 4, "separation_radius_m": 100}
    document |= {"question": {"from": "A", "to": "Z", "diverse": "site"}, "shared": NOTHING["shared"]}

    # 100 m along either line from A, which leave it 80.2 degrees apart: 2 × 100 × sin(40.1 degrees).
    assert codes(net, document | {"separation_m": 128.8}) == set()
    assert codes(net, document | {"separation_m": 140}) == {"separation"}
    assert codes(net, document) == {"separation"}
    assert codes(net, document | {"separation_m": 257.6, "separation_radius_m": 200}) == set()
    assert codes(net, document | {"separation_m": 128.8}, separation_m=129) == {"too_near"}


def test_routes_that_cross_are_no_metres_apart():
    crossing = ((-2.23, 53.48), (-2.24, 53.47), (-2.25, 53.48), (-2.236, 53.49), (-2.24, 53.475))
    net = placed(
        Span("N1", "A", "B", 1),
        Span("N2", "B", "Z", 1),
        Span("S1", "A", "C", 1),
        Span("S2", "Z", "C", 1, line=crossing),
    )
    routes = [
        {"spans": ["N1", "N2"], "sites": ["A", "B", "Z"], "length_m": 2},
        {"spans": ["S1", "S2"], "sites": ["A", "C", "Z"], "length_m": 2},
    ]
    document = PAIR | {"routes": routes, "total_length_m": 4, "lower_bound_m": 4}
    document |= {"question": {"from": "A", "to": "Z", "diverse": "site"}, "shared": NOTHING["shared"]}

    assert codes(net, document | {"separation_m": 0}) == set()
    assert codes(net, document | {"separation_m": 50}) == {"separation"}


def test_the_checker_shares_no_code_with_what_it_checks():
    """It loads nothing of the engine, nor what the engine computes with, so that no fault of theirs can hide in it."""
    program = (
        "import sys, cni.topology.checking.answer\n"
        "print(*sorted(name for name in sys.modules if name.startswith('cni.') or name in ('numpy', 'numba', 'scipy')))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    files = {path.stem for path in Path(answer.__file__).parent.glob("*.py")} - {"__init__"}

    package = "cni.topology.checking"
    assert set(ran.stdout.split()) == {"cni.topology", package, *(f"{package}.{name}" for name in files)}
