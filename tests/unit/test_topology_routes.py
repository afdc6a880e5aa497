"""Routes by example: each network is small enough to check by eye."""

from __future__ import annotations

import pytest

from cni.primitives.errors import Invalid, NotFound
from cni.topology.answers import Answer, Outcome, Shared, answer_as_json, explain
from cni.topology.network import Network, Site, Span, build_network
from cni.topology.questions import Diversity, Element, ElementKind, Question, read_question
from cni.topology.routes import answer_question
from tests.notation import network

PARTLY = Outcome.PARTLY_DIVERSE
RING = "A-B 1200 [K1], B-Z 900, A-C 1500, C-Z 1100 [K1]"
TRAP = "A-B 1, B-C 1, C-Z 1, A-C 5, B-Z 5"
"""The shortest route, A-B-C-Z, uses up what both of two diverse routes would need."""


def ask(text: str | Network, diverse: str = "", **more: str) -> Answer:
    net = network(text) if isinstance(text, str) else text
    return answer_question(net, read_question(net, {"from": "A", "to": "Z", "diverse": diverse, **more}))


def spans_of(answer: Answer) -> list[tuple[str, ...]]:
    return [route.spans for route in answer.routes]


def test_one_route_is_the_shortest():
    answer = ask(RING)

    assert spans_of(answer) == [("A-B", "B-Z")]
    assert answer.routes[0].sites == ("A", "B", "Z")
    assert answer.total_length_m == answer.lower_bound_m == 2100


@pytest.mark.parametrize("diverse", ["span", "site"])
def test_removing_the_shortest_route_and_searching_again_is_wrong(diverse):
    shortest = ask(TRAP).routes[0]
    greedy_second = ask(TRAP, without=";".join(f"span:{span}" for span in shortest.spans))
    answer = ask(TRAP, diverse)

    assert shortest.spans == ("A-B", "B-C", "C-Z")
    assert greedy_second.outcome is Outcome.NONE
    assert spans_of(answer) == [("A-B", "B-Z"), ("A-C", "C-Z")]
    assert answer.total_length_m == 12


def test_where_removing_the_shortest_route_leaves_another_the_total_is_still_less_than_that():
    text = f"{TRAP}, A-Z 100"
    shortest = ask(text).routes[0]
    greedy_second = ask(text, without=";".join(f"span:{span}" for span in shortest.spans)).routes[0]

    assert shortest.length_m + greedy_second.length_m == 103
    assert ask(text, "span").total_length_m == 12


def test_the_shorter_of_two_routes_comes_first():
    assert [route.length_m for route in ask("A-B 9, B-Z 9, A-C 1, C-Z 1", "site").routes] == [2, 18]


def test_span_diverse_routes_may_meet_at_a_site_and_say_so():
    net = network("A-M 1, A-M 2, M-Z 3, M-Z 4")

    answer = ask(net, "span")

    assert spans_of(answer) == [("A-M", "M-Z"), ("A-M.2", "M-Z.2")]
    assert answer.shared == Shared(sites=("M",))
    assert explain(net, answer)[-1] == "Both pass the site M."


def test_site_diverse_routes_do_not_meet():
    text = "A-M 1, A-M 2, M-Z 3, M-Z 4, A-B 50, B-Z 50"

    assert ask(text, "span").total_length_m == 10
    assert spans_of(ask(text, "site")) == [("A-M", "M-Z"), ("A-B", "B-Z")]


def test_two_parallel_spans_between_neighbours_are_a_site_diverse_pair():
    assert spans_of(ask("A-Z 5, A-Z 7", "site")) == [("A-Z",), ("A-Z.2",)]


def test_risk_groups_that_both_routes_use_are_listed():
    net = network(RING)

    answer = ask(net, "site")

    assert answer.shared == Shared(risks=("K1",))
    assert explain(net, answer)[-1] == "Both use the risk group K1."


def test_spans_of_no_length_are_plant_like_any_other():
    answer = ask("A-B 0, B-C 0, C-A 0, B-Z 0, C-Z 0", "site")

    assert spans_of(answer) == [("A-B", "B-Z"), ("C-A", "C-Z")]
    assert answer.total_length_m == 0


def test_of_equally_long_routes_the_one_with_fewest_spans_is_taken():
    assert spans_of(ask("A-B 1, B-C 1, C-Z 1, A-D 2, D-Z 1")) == [("A-D", "D-Z")]


def test_of_equally_long_spans_the_first_id_is_taken():
    assert spans_of(ask("S9: A-Z 5, S1: A-Z 5, S5: A-Z 5", "span")) == [("S1",), ("S5",)]


def test_tenths_of_metres_add_up_exactly():
    assert ask("A-B 0.1, B-Z 0.2").total_length_m == 0.3


def test_three_routes_can_be_asked_for():
    answer = ask("A-B 1, B-Z 1, A-C 2, C-Z 2, A-D 3, D-Z 3", "site", routes="3")

    assert [route.length_m for route in answer.routes] == [2, 4, 6]


def test_each_span_has_the_free_pairs_asked_for():
    text = "A-B 1 x1, B-Z 1 x4, A-C 9 x2, C-Z 9"

    assert spans_of(ask(text, pairs="1")) == [("A-B", "B-Z")]
    assert spans_of(ask(text, pairs="2")) == [("A-C", "C-Z")]


@pytest.mark.parametrize("without", ["span:A-B", "site:B", "risk:K2"])
def test_what_is_left_out_is_not_used(without):
    assert spans_of(ask("A-B 1, B-Z 1 [K2], A-C 9, C-Z 9", without=without)) == [("A-C", "C-Z")]


def test_the_json_is_as_promised():
    assert answer_as_json(ask(RING, "site")) == {
        "question": {
            "from": "A",
            "to": "Z",
            "diverse": "site",
            "routes": 2,
            "pairs": 1,
            "exempt": [],
            "without": [],
            "must_use": [],
            "separation_m": None,
        },
        "outcome": "found",
        "routes": [
            {"spans": ["A-B", "B-Z"], "sites": ["A", "B", "Z"], "length_m": 2100},
            {"spans": ["A-C", "C-Z"], "sites": ["A", "C", "Z"], "length_m": 2600},
        ],
        "total_length_m": 4700,
        "lower_bound_m": 4700,
        "proven_optimal": True,
        "shared": {"spans": [], "sites": [], "risks": ["K1"]},
        "separation_m": None,
        "separation_radius_m": None,
        "blocked_by": [],
    }


# --- risk groups ------------------------------------------------------------------------------------------------------


def test_risk_diverse_routes_share_no_risk_group_and_no_site():
    text = "A-B 1 [K1], B-Z 1, A-C 2, C-Z 2 [K1], A-D 5, D-Z 5"

    assert ask(text, "site").shared.risks == ("K1",)
    assert spans_of(ask(text, "risk")) == [("A-B", "B-Z"), ("A-D", "D-Z")]
    assert ask(text, "risk").shared == Shared()


def test_an_exempt_risk_group_does_not_count_but_is_told():
    text = "A-B 1 [K1], B-Z 1, A-C 2, C-Z 2 [K1], A-D 5, D-Z 5"

    answer = ask(text, "risk", exempt="K1")

    assert (answer.outcome, answer.total_length_m, answer.shared.risks) == (Outcome.FOUND, 6, ("K1",))


def test_of_two_ways_round_a_common_duct_the_shorter_in_total_is_taken():
    text = "A-B 1 [K1], B-Z 1, A-C 1, C-Z 1 [K1], A-D 9, D-Z 1, A-E 1, E-Z 8"

    assert ask(text, "risk").total_length_m == 11


def test_three_routes_without_a_common_risk_group():
    text = "A-B 1 [K1], B-Z 1, A-C 1 [K1], C-Z 1, A-D 2, D-Z 2, A-E 3, E-Z 3"

    assert ask(text, "risk", routes="3").total_length_m == 2 + 4 + 6
    assert blockers_of(ask(text, "risk", routes="3", without="site:E")) == [("risk", "K1")]


def test_a_risk_group_that_every_route_uses_is_named_and_shared():
    net = network("A-B 1 [K1], B-Z 1, A-C 2, C-Z 2 [K1]")

    answer = ask(net, "risk")

    assert blockers_of(answer, PARTLY) == [("risk", "K1")]
    assert spans_of(answer) == [("A-B", "B-Z"), ("A-C", "C-Z")]
    assert explain(net, answer)[0] == "Every route from A to Z uses risk group K1."


def test_sharing_a_site_is_better_than_sharing_a_risk_group():
    text = "A-B 1 [K1], B-Z 1 [K2], A-C 1 [K2], C-Z 1 [K1], B-C 1"

    answer = ask(text, "risk")

    assert answer.outcome is PARTLY
    assert len(answer.shared.risks) == 0
    assert blockers_of(answer, PARTLY)


# --- the most diverse pair --------------------------------------------------------------------------------------------


def test_across_a_bridge_routes_run_apart_on_both_sides():
    answer = ask("A-B 1, B-D 1, A-C 2, C-D 2, D-E 7, E-F 1, F-Z 1, E-G 2, G-Z 2", "site")

    assert blockers_of(answer, PARTLY) == [("site", "D"), ("span", "D-E"), ("site", "E")]
    assert answer.shared == Shared(("D-E",), ("D", "E"))
    assert answer.total_length_m == 2 + 4 + 2 * 7 + 2 + 4
    assert answer.proven_optimal


def test_routes_are_joined_so_that_a_duct_on_both_sides_of_a_bridge_is_on_one_of_them():
    answer = ask("A-D 1 [K1], A-D 2, D-Z 1, D-Z 2 [K1]", "site")

    assert spans_of(answer) == [("A-D", "D-Z.2"), ("A-D.2", "D-Z")]
    assert answer.shared == Shared(sites=("D",))


def test_the_only_route_is_taken_twice():
    answer = ask("A-B 1, B-Z 2 [K1]", "span")

    assert spans_of(answer) == [("A-B", "B-Z"), ("A-B", "B-Z")]
    assert answer.total_length_m == 6
    assert answer.shared == Shared(("A-B", "B-Z"), ("B",), ("K1",))


def test_a_bridge_without_pairs_for_both_routes_leaves_none():
    net = network("S1: A-B 1 x3, B-Z 1, B-Z 2")

    answer = ask(net, "span", pairs="2")

    assert blockers_of(answer) == [("span", "S1"), ("capacity", "S1")]
    assert explain(net, answer)[1] == "Span S1 (A – B) has 3 free pairs; two routes over it need 4."


# --- what must be used ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("element", ["site:C", "span:B-C", "risk:K1"])
def test_some_route_uses_what_it_must(element):
    text = "A-B 1, B-Z 1, B-C 4 [K1], C-Z 4, A-D 2, D-Z 2"

    answer = ask(text, "site", must_use=element)

    assert spans_of(answer) == [("A-D", "D-Z"), ("A-B", "B-C", "C-Z")]
    assert (answer.outcome, answer.proven_optimal) == (Outcome.FOUND, True)


def test_one_route_through_a_site_visits_no_site_twice():
    assert spans_of(ask("A-B 1, B-C 1, B-Z 1, C-D 9, D-Z 9", must_use="site:C")) == [("A-B", "B-C", "C-D", "D-Z")]


def test_what_cannot_be_used_is_named():
    net = network("A-B 1, B-C 1, B-Z 1")

    answer = ask(net, must_use="site:C")

    assert blockers_of(answer) == [("site", "C")]
    assert explain(net, answer) == ("No route from A to Z uses site C.",)


# --- how far apart ----------------------------------------------------------------------------------------------------


@pytest.fixture
def town() -> Network:
    """A to Z by three streets: along the latitude of both, about 22 m north of it, about 2.2 km south of it."""
    places = {"A": (0.0, 0.0), "Z": (0.1, 0.0), "N": (0.05, 0.0002), "M": (0.05, 0.0), "S": (0.05, -0.02)}
    sites = [Site(id, None, *place) for id, place in places.items()]
    ends = [("A", "M", 10), ("M", "Z", 10), ("A", "N", 11), ("N", "Z", 11), ("A", "S", 30), ("S", "Z", 30)]
    return build_network(sites, [Span(f"{a}-{z}", a, z, length) for a, z, length in ends])


def test_how_far_apart_two_routes_keep_is_measured(town):
    answer = ask(town, "site")

    assert spans_of(answer) == [("A-M", "M-Z"), ("A-N", "N-Z")]
    assert answer.separation_radius_m == 100
    assert 0 < answer.separation_m < 22.2


def test_routes_keep_the_separation_asked_for(town):
    answer = ask(town, "site", separation_m="25")

    assert spans_of(answer) == [("A-M", "M-Z"), ("A-S", "S-Z")]
    assert (answer.outcome, answer.total_length_m) == (Outcome.FOUND, 80)
    assert answer.separation_m >= 25


def test_without_such_routes_the_spans_that_are_too_close_are_named(town):
    answer = ask(town, "site", separation_m="25", without="site:S")

    assert answer.outcome is PARTLY
    assert [blocker.kind for blocker in answer.blocked_by] == ["span"]
    assert "of each other" in answer.blocked_by[0].why
    assert "25 m asked for" in answer.blocked_by[0].why


def test_without_places_nobody_can_tell_how_far_apart_spans_are():
    with pytest.raises(Invalid, match="has no place"):
        ask(RING, "site", separation_m="25")


# --- what blocks ------------------------------------------------------------------------------------------------------


def blockers_of(answer: Answer, outcome: Outcome = Outcome.NONE) -> list[tuple[str, str]]:
    assert answer.outcome is outcome
    return [(str(blocker.kind), blocker.id) for blocker in answer.blocked_by]


def test_every_bridge_between_the_ends_is_named_in_order():
    answer = ask("A-B 1, A-B 1, S12: B-C 1, C-D 1, C-D 1, S7: D-Z 1, D-X 1", "span")

    assert blockers_of(answer, PARTLY) == [("span", "S12"), ("span", "S7")]


def test_a_blocker_says_why_in_a_planners_words():
    sites = [Site("A", "Town Hall"), Site("B"), Site("Z", "Infirmary")]
    net = build_network(
        sites, [Span("S1", "A", "B", 5), Span("S2", "A", "B", 5), Span("S12", "B", "Z", 9, name="River bridge")]
    )

    answer = ask(net, "span")

    assert [blocker.name for blocker in answer.blocked_by] == ["River bridge"]
    assert explain(net, answer)[0] == "Every route from Town Hall to Infirmary crosses span S12 (River bridge)."


def test_a_site_that_every_route_passes_is_named():
    assert blockers_of(ask("A-B 1, A-B 1, B-Z 1, B-Z 1", "site"), PARTLY) == [("site", "B")]


def test_a_third_route_is_blocked_by_what_the_two_have_to_use():
    net = network("A-B 1, A-B 1, A-B 1, S1: B-Z 1, S2: B-Z 1")

    answer = ask(net, "span", routes="3")

    assert blockers_of(answer) == [("span", "S1"), ("span", "S2")]
    assert explain(net, answer) == (
        "At most 2 routes from A to Z share no span: each has to use one of span S1 (B – Z), span S2 (B – Z).",
    )


def test_spans_without_the_free_pairs_are_named_for_capacity_and_only_as_few_as_need_more():
    net = network("A-B 1, B-Z 1, S3: A-C 50 x1, C-Z 50, S4: A-D 1 x0, S5: D-Z 1 x0")

    answer = ask(net, "span", pairs="2")

    assert blockers_of(answer, PARTLY) == [("capacity", "S3")]
    assert explain(net, answer)[0] == "Span S3 (A – C) has 1 free pair; 2 asked for."


def test_a_bridge_short_of_pairs_is_both_a_bridge_and_short():
    assert blockers_of(ask("S1: A-Z 5 x1", "span", pairs="2")) == [("span", "S1"), ("capacity", "S1")]


def test_with_something_left_out_the_bridge_that_remains_is_named():
    net = network(RING)

    answer = ask(net, "span", without="span:A-B")

    assert blockers_of(answer, PARTLY) == [("span", "A-C"), ("span", "C-Z")]
    assert answer.blocked_by[0].why == "With these exclusions, every route from A to Z crosses span A-C (A – C)."


def test_what_was_left_out_is_named_when_nothing_else_joins_the_ends():
    net = network("A-B 1, B-Z 1 [K2], C-Z 1")

    answer = ask(net, without="risk:K2;site:C")

    assert blockers_of(answer) == [("risk", "K2")]
    assert explain(net, answer) == ("Without risk group K2, which was left out, no run of spans leads from A to Z.",)


def test_only_what_one_route_needs_is_named_of_what_was_left_out():
    assert blockers_of(ask("A-B 1, B-Z 1, A-C 5, C-Z 5", "site", without="site:B;site:C")) == [("site", "B")]


def test_ends_in_separate_parts_of_the_network_are_said_to_be():
    net = network("A-B 1, C-Z 1")

    answer = ask(net)

    assert blockers_of(answer) == [("site", "Z")]
    assert explain(net, answer) == ("No run of spans leads from A to Z.",)


def test_no_answer_has_no_lengths():
    told = answer_as_json(ask("A-B 1, C-Z 1"))

    assert told["outcome"] == "none"
    assert told["routes"] == []
    assert told["total_length_m"] is told["lower_bound_m"] is None
    assert told["proven_optimal"] is True


# --- questions that cannot be asked -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "code", "place"),
    [
        (Question("A", "A"), "same_ends", "to"),
        (Question("", "Z"), "missing", "from"),
        (Question("A", "Z", routes=0), "out_of_range", "routes"),
        (Question("A", "Z", routes=9), "out_of_range", "routes"),
        (Question("A", "Z", pairs=0), "out_of_range", "pairs"),
        (Question("A", "Z", pairs=10**9), "out_of_range", "pairs"),
        (Question("A", "Z", without=(Element(ElementKind.SITE, "Z"),)), "end_left_out", "without"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_with_its_place(question, code, place):
    with pytest.raises(Invalid) as refusal:
        answer_question(network(RING), question)

    assert [(problem.code, problem.place) for problem in refusal.value.problems] == [(code, place)]


@pytest.mark.parametrize(
    ("question", "detail"),
    [
        (Question("Q", "Z"), "There is no site Q in the network."),
        (Question("A", "Z", without=(Element(ElementKind.SPAN, "S0"),)), "There is no span S0 in the network."),
        (Question("A", "Z", Diversity.SITE, exempt=("K9",)), "There is no risk group K9 in the network."),
    ],
)
def test_what_is_not_in_the_network_is_not_found(question, detail):
    with pytest.raises(NotFound) as refusal:
        answer_question(network(RING), question)

    assert refusal.value.detail == detail
