"""What cuts do to leases."""

from __future__ import annotations

from datetime import date

import pytest

from cni.primitives.errors import Invalid, NotFound
from cni.topology.failures.simulate import (
    LeasedRoutes,
    explain_simulation,
    leases_by_span,
    read_cuts,
    simulate,
    simulation_as_json,
)
from cni.topology.questions import Diversity, Element, ElementKind
from tests.notation import network

# Three ways from A to Z: by B (200 m), by C (400 m), by D (600 m).
THREE_WAYS = "A-B 100, B-Z 100, A-C 200, C-Z 200, A-D 300, D-Z 300"
BY_B, BY_C, BY_D = ("A-B", "B-Z"), ("A-C", "C-Z"), ("A-D", "D-Z")


def lease(reference, *routes, pairs=1, day=1, diversity=Diversity.SITE):
    return LeasedRoutes(reference, routes, pairs, diversity if len(routes) == 2 else None, date(2026, 1, day))


def cut(plant, leases, *words):
    return simulate(plant, leases, read_cuts(plant, words))


def fates(hits):
    return {hit.lease.reference: (hit.becomes, hit.route) for hit in hits}


def second_of(found, reference):
    (second,) = (hit.second for hit in found.hits if hit.lease.reference == reference)
    return second


def test_a_lease_that_crosses_nothing_cut_is_not_hit():
    found = cut(network(THREE_WAYS), [lease("L1", BY_C)], "span:A-B")

    assert (found.hits, found.failed) == ((), ())
    assert explain_simulation(found) == ("No lease is hit.",)


def test_a_lease_with_one_route_is_led_over_the_shortest_one_left():
    found = cut(network(THREE_WAYS), [lease("L1", BY_B)], "span:A-B")

    assert found.failed == ("L1",)
    assert fates(found.hits) == {"L1": ("rerouted", BY_C)}
    assert found.hits[0].second is None


def test_a_lease_survives_on_its_second_route_and_is_found_another_one_as_diverse():
    found = cut(network(THREE_WAYS), [lease("L1", BY_B, BY_C)], "span:A-B")

    assert found.failed == ()
    assert fates(found.hits) == {"L1": ("survives", BY_C)}
    assert second_of(found, "L1").route.spans == BY_D


def test_a_lease_that_loses_both_routes_is_given_two_others_while_there_are():
    plant = network(f"{THREE_WAYS}, A-E 400, E-Z 400")
    found = cut(plant, [lease("L1", BY_B, BY_C)], "site:B", "site:C")

    assert fates(found.hits) == {"L1": ("rerouted", BY_D)}
    assert second_of(found, "L1").route.spans == ("A-E", "E-Z")


@pytest.mark.parametrize(
    ("diversity", "second"),
    [
        (Diversity.SPAN, ("A-B.2", "B-Z.2")),  # 101 m, through B as the first is
        (Diversity.SITE, ("A-C", "C-Z")),  # in K with the first
        (Diversity.RISK, ("A-D", "D-Z")),
    ],
)
def test_a_second_route_is_as_diverse_from_the_first_as_the_two_were(diversity, second):
    plant = network(
        "X: A-Z 10, A-B.1: A-B 50 [K], A-B.2: A-B 50, B-Z.1: B-Z 50, B-Z.2: B-Z 51,"
        "A-C 200 [K], C-Z 200, A-D 300, D-Z 300"
    )
    found = cut(plant, [lease("L1", ("X",), ("A-B.1", "B-Z.1"), diversity=diversity)], "span:X")

    assert second_of(found, "L1").route.spans == second


def test_that_no_second_route_is_as_diverse_is_said():
    plant = network("A-B 100, B-Z 100, A-C 200, C-Z 200, B-Z.2: B-Z 1")
    found = cut(plant, [lease("L1", BY_B, BY_C)], "span:A-B")

    assert second_of(found, "L1").route is None
    assert second_of(found, "L1").why == ()  # that the first was left out is no news


def test_of_two_leases_that_want_the_last_pair_the_earlier_one_gets_it():
    plant = network("A-B 100, B-Z 100, A-C 200 x1, C-Z 200")
    early, late = lease("L9", BY_B, day=1), lease("L1", BY_B, day=2)
    found = cut(plant, [late, early], "span:A-B")

    assert fates(found.hits) == {"L9": ("rerouted", BY_C), "L1": ("lost", None)}
    lost = found.hits[1].replacement
    assert lost.why == ("Span A-C (A – C) has 0 free pairs; 1 asked for.",)


def test_without_regard_to_pairs_both_are_led_over_it():
    plant = network("A-B 100, B-Z 100, A-C 200 x1, C-Z 200")
    found = cut(plant, [lease("L1", BY_B), lease("L2", BY_B)], "span:A-B")

    assert fates(found.regardless_of_pairs) == {"L1": ("rerouted", BY_C), "L2": ("rerouted", BY_C)}


def test_leases_that_start_on_one_day_are_taken_by_reference():
    plant = network("A-B 100, B-Z 100, A-C 200 x1, C-Z 200")
    leases = [lease("L2", BY_B), lease("L1", BY_B)]

    assert fates(cut(plant, leases, "site:B").hits) == {"L1": ("rerouted", BY_C), "L2": ("lost", None)}


def test_a_longer_way_round_is_taken_once_the_shorter_one_is_full():
    plant = network("A-B 100, B-Z 100, A-C 200 x3, C-Z 200, A-D 300, D-Z 300 x2")
    found = cut(plant, [lease(f"L{day}", BY_B, pairs=2, day=day) for day in (1, 2, 3)], "span:B-Z")

    assert fates(found.hits) == {"L1": ("rerouted", BY_C), "L2": ("rerouted", BY_D), "L3": ("lost", None)}


def test_nobody_is_given_a_second_route_before_everybody_has_one():
    plant = network("A-B 100, B-Z 100, A-C 200 x0, C-Z 200, A-D 300 x1, D-Z 300")
    protected, plain = lease("L1", BY_B, BY_C, day=1), lease("L2", BY_B, day=2)

    assert second_of(cut(plant, [protected], "site:B"), "L1").route.spans == BY_D
    together = cut(plant, [protected, plain], "site:B")
    assert fates(together.hits) == {"L1": ("survives", BY_C), "L2": ("rerouted", BY_D)}
    assert second_of(together, "L1").route is None


def test_a_lease_uses_its_own_pairs_again_where_its_failed_route_still_stands():
    plant = network("A-B 100 x0, B-Z 100, B-C 50, C-Z 200")
    found = cut(plant, [lease("L1", BY_B)], "span:B-Z")

    assert fates(found.hits) == {"L1": ("rerouted", ("A-B", "B-C", "C-Z"))}


def test_nobody_else_uses_the_pairs_that_a_failed_lease_still_holds():
    plant = network("A-B 100 x0, B-Z 100, A-C 10, C-B 10 x0, B-D 10")
    first, other = lease("L1", BY_B, day=1), lease("L2", ("A-C", "C-B"), day=2)
    found = cut(plant, [first, other], "span:B-Z", "span:A-C")

    assert fates(found.hits) == {"L1": ("lost", None), "L2": ("lost", None)}
    assert "Span A-B (A – B) has 0 free pairs; 1 asked for." in found.hits[1].replacement.why


def test_a_risk_group_takes_all_its_spans_with_it():
    plant = network("A-B 100 [K], B-Z 100, A-C 200, C-Z 200 [K], A-D 300, D-Z 300")
    leases = [lease("L1", BY_B, BY_C), lease("L2", BY_D), lease("L3", BY_C)]
    found = cut(plant, leases, "risk:K")

    assert found.failed == ("L1", "L3")
    assert fates(found.hits) == {"L1": ("rerouted", BY_D), "L3": ("rerouted", BY_D)}
    assert second_of(found, "L1").route is None


def test_a_lease_that_ends_at_a_site_that_is_cut_is_lost():
    found = cut(network(THREE_WAYS), [lease("L1", BY_B, BY_C)], "site:Z")

    assert fates(found.hits) == {"L1": ("lost", None)}
    assert found.hits[0].replacement.why == ("It ends at site Z, which is cut.",)
    assert fates(found.regardless_of_pairs) == {"L1": ("lost", None)}


def test_a_route_can_be_written_from_either_end_and_over_spans_laid_either_way():
    plant = network("B-A 100, B-Z 100, A-C 200, Z-C 200")
    found = cut(plant, [lease("L1", ("B-Z", "B-A"))], "span:B-A")

    assert fates(found.hits) == {"L1": ("rerouted", ("Z-C", "A-C"))}


def test_the_index_has_each_lease_once_at_each_span_that_it_crosses():
    leases = [lease("L1", BY_B, BY_C), lease("L2", BY_B)]

    assert leases_by_span(leases) == {"A-B": [0, 1], "B-Z": [0, 1], "A-C": [0], "C-Z": [0]}


def test_a_simulation_as_json():
    plant = network("A-B 100, B-Z 100, A-C 200, C-Z 200, A-D 300 x2, D-Z 300")
    leases = [lease("L1", BY_B, BY_C, day=1), lease("L2", BY_B, pairs=2, day=2), lease("L3", BY_B, pairs=3, day=3)]
    plant = plant.with_free_pairs(dict.fromkeys(plant.spans, 2))
    document = simulation_as_json(cut(plant, leases, "span:A-B", "site:B"))

    assert document["cuts"] == ["span:A-B", "site:B"]
    assert document["order"] == "earliest start first, then by reference"
    assert (document["hit"], document["failed"]) == (["L1", "L2", "L3"], ["L2", "L3"])
    way_by_d = {"spans": list(BY_D), "length_m": 600, "why": []}
    assert document["surviving"] == [{"reference": "L1", "spans": list(BY_C), "second": way_by_d}]
    assert document["reroutable"] == [
        {"reference": "L2", "spans": list(BY_C), "length_m": 400, "why": [], "second": None}
    ]
    (lost,) = document["not_reroutable"]
    assert lost["reference"] == "L3"
    assert lost["spans"] is None
    assert lost["why"]
    assert [row["reference"] for row in document["regardless_of_pairs"]["reroutable"]] == ["L2", "L3"]
    assert document["regardless_of_pairs"]["not_reroutable"] == []


def test_a_simulation_in_words():
    plant = network("A-B 100, B-Z 100, A-C 200 x1, C-Z 200, A-D 300 x1, D-Z 300")
    leases = [lease("L1", BY_B, BY_C, day=1), lease("L2", BY_B, day=2), lease("L3", BY_B, pairs=2, day=3)]

    assert explain_simulation(cut(plant, leases, "span:A-B")) == (
        "Leases hit: 3. Surviving on another route: 1. Failed: 2, of which 1 can be re-routed one after another"
        " (earliest start first, then by reference) and 1 cannot.",
        "L1 survives over A-C C-Z. A second route, as diverse as before: A-D D-Z (600 m).",
        "L2 can be led over A-C C-Z (400 m).",
        "L3 cannot be led another way. Span A-C (A – C) has 0 free pairs; 2 asked for.",
        "If every span had pairs enough, L3 can be led over A-C C-Z (400 m).",
    )


def test_what_is_cut_is_read_once_each():
    plant = network("A-B 100 [K], B-Z 100")

    assert read_cuts(plant, ["span:A-B", "risk:K", " site:B", "span:A-B"]) == (
        Element(ElementKind.SPAN, "A-B"),
        Element(ElementKind.RISK, "K"),
        Element(ElementKind.SITE, "B"),
    )


@pytest.mark.parametrize(
    ("words", "kind", "said"),
    [
        ([], Invalid, "Nothing is cut."),
        (["A-B"], Invalid, "“A-B” does not say what is cut."),
        (["duct:K"], Invalid, "“duct:K” does not say what is cut."),
        (["span:"], Invalid, "“span:” does not say what is cut."),
        (["span:Q"], NotFound, "There is no span Q in the network."),
        (["risk:Q"], NotFound, "There is no risk group Q in the network."),
        (["site:Q"], NotFound, "There is no site Q in the network."),
    ],
)
def test_what_cannot_be_cut_is_refused(words, kind, said):
    with pytest.raises(kind) as refused:
        read_cuts(network("A-B 100"), words)

    assert [problem.message for problem in refused.value.problems] == [said]


def test_everything_wrong_with_what_is_cut_is_said_at_once():
    with pytest.raises(Invalid) as refused:
        read_cuts(network("A-B 100"), ["x", "span:Q", "site:R"])

    assert [problem.code for problem in refused.value.problems] == ["bad_cut", "unknown", "unknown"]
