"""Answers on small networks against all sets of routes there are, and a checker that knows nothing of the search.

The networks have parallel spans, loops, spans of no length, equal lengths, few free pairs and risk groups; the
questions leave things out, demand things, exempt risk groups. `tests/oracles.py` says what the best answer is.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import networkx as nx
import pytest

from cni.topology.answers import Answer, BlockerKind, Outcome, answer_as_json
from cni.topology.checking.answer import check_answer
from cni.topology.network import Network, Site, Span, build_network
from cni.topology.questions import Diversity, Question
from cni.topology.routes import answer_question
from tests.networks import small_network, some_elements, some_question
from tests.notation import network
from tests.oracles import Best, Possibilities

SEEDS = range(12)
NETWORKS = 210
QUESTIONS = 12
"""Together more than 30,000 questions."""


def told(question: Question) -> dict[str, object]:
    """The question as a checker is told it, written down here rather than taken from the answer."""
    return {
        "from": question.a,
        "to": question.z,
        "diverse": str(question.diversity),
        "routes": question.routes,
        "pairs": question.pairs,
        "exempt": list(question.exempt),
        "without": [f"{each.kind}:{each.id}" for each in question.without],
        "must_use": [f"{each.kind}:{each.id}" for each in question.must_use],
        "separation_m": question.separation_m,
    }


def as_best(question: Question, answer: Answer) -> Best:
    """What the oracle would say if this answer were the best."""
    shared = None
    if answer.outcome is Outcome.PARTLY_DIVERSE:
        risks = set(answer.shared.risks).difference(question.exempt)
        shared = len(risks), len(answer.shared.sites), len(answer.shared.spans)
    total = sum(route.length_um for route in answer.routes) if answer.routes else None
    return Best(str(answer.outcome), shared, total)


def questions_about(chance: random.Random, net: Network) -> Iterator[Question]:
    sites, spans, risks = sorted(net.graph), sorted(net.spans), sorted(net.risk_ids)
    while True:
        yield some_question(chance, some_elements(chance, sites, spans, risks), risks)


def asked(seed: int, diversities: Sequence[Diversity]) -> Iterator[tuple[str, Network, Question]]:
    """Six questions each about many networks, with nothing that has to be used."""
    chance = random.Random(seed)
    for _ in range(400):
        text = small_network(chance)
        net = network(text)
        for _, question in zip(range(6), questions_about(chance, net), strict=False):
            yield text, net, replace(question, diversity=chance.choice(diversities), must_use=())


@pytest.mark.parametrize("seed", SEEDS)
def test_answers_are_the_best_of_all_sets_of_routes_and_hold_when_checked(seed):
    chance = random.Random(seed)
    outcomes: Counter[tuple[Diversity, Outcome]] = Counter()
    for _ in range(NETWORKS):
        text = small_network(chance)
        net = network(text)
        possible = Possibilities(net, "A", "Z")
        questions = questions_about(chance, net)
        for _ in range(QUESTIONS):
            question = next(questions)

            answer = answer_question(net, question)

            document = answer_as_json(answer)
            assert as_best(question, answer) == possible.best(question), (text, question)
            assert answer.proven_optimal, (text, question)
            assert document["question"] == told(question)
            assert check_answer(net, document, told(question)) == [], (text, question)
            outcomes[question.diversity, answer.outcome] += 1
    assert len(outcomes) == 9  # found, partly diverse and none, of each diversity …
    assert min(outcomes.values()) > 100  # … and often, so that nothing goes untried


@pytest.mark.parametrize("diversity", [Diversity.SPAN, Diversity.SITE])
def test_of_equally_long_answers_the_one_with_fewest_spans_is_taken(diversity):
    """What breaks a tie, where numbers leave room for it: in a network as small as these, always."""
    chance = random.Random(f"ties {diversity}")
    tied = 0
    for _ in range(1200):
        text = small_network(chance)
        net = network(text)
        possible = Possibilities(net, "A", "Z")
        for count in (1, 2):
            question = Question("A", "Z", diversity, count)
            answer = answer_question(net, question)
            if answer.outcome is not Outcome.FOUND:
                continue

            spans = possible.spans_of_shortest(question)

            assert sum(len(route.spans) for route in answer.routes) == spans.min(), (text, question)
            tied += len(set(spans.tolist())) > 1
    assert tied > 50


# --- what blocks ------------------------------------------------------------------------------------------------------


def joins(net: Network, question: Question, removed: str) -> bool:
    """Whether any span run joins the ends, free pairs or not, once a span or site is removed."""
    left_out = {(str(each.kind), each.id) for each in question.without}
    graph = nx.Graph()
    for a, z, id, given in net.graph.edges(keys=True, data=True):
        of_it = {("span", id), ("site", a), ("site", z), *(("risk", risk) for risk in given.get("risks", ()))}
        if not of_it & left_out and removed not in (id, a, z):
            graph.add_edge(a, z)
    return {question.a, question.z} <= set(graph) and nx.has_path(graph, question.a, question.z)


def test_with_no_second_route_every_bridge_and_no_other_is_named():
    named = 0
    for text, net, each in asked(81, (Diversity.SPAN, Diversity.SITE)):
        question = replace(each, routes=2)
        answer = answer_question(net, question)
        if answer.outcome is Outcome.FOUND or not joins(net, question, removed=""):
            continue

        blockers = {(blocker.kind, blocker.id) for blocker in answer.blocked_by}

        sites = set(net.graph) - {question.a, question.z} if question.diversity is Diversity.SITE else ()
        expected = {(BlockerKind.SPAN, id) for id in net.spans if not joins(net, question, removed=id)}
        expected |= {(BlockerKind.SITE, id) for id in sites if not joins(net, question, removed=id)}
        assert {(kind, id) for kind, id in blockers if kind is not BlockerKind.CAPACITY} == expected, (text, question)
        assert len(blockers) > 0, (text, question)
        named += len(expected)
    assert named > 500


def test_every_risk_group_that_all_routes_use_is_named_and_no_other_is_said_to_be():
    named = 0
    for text, net, each in asked(83, (Diversity.RISK,)):
        question = replace(each, routes=2)
        answer = answer_question(net, question)
        if answer.outcome is not Outcome.PARTLY_DIVERSE:
            continue

        said = {each.id for each in answer.blocked_by if each.kind == "risk" and "very route" in each.why}

        possible = Possibilities(net, question.a, question.z)
        usable = possible.usable(question)
        counted = set(net.risk_ids).difference(question.exempt)
        assert said == {risk for risk in counted if possible.on_every(usable, risk)}, (text, question)
        named += len(said)
    assert named > 200


def test_lighting_the_spans_named_for_capacity_lets_the_routes_through():
    tried = 0
    for text, net, question in asked(82, (Diversity.SPAN, Diversity.SITE)):
        answer = answer_question(net, question)
        if not answer.blocked_by or {each.kind for each in answer.blocked_by} != {BlockerKind.CAPACITY}:
            continue

        lit = {blocker.id for blocker in answer.blocked_by}
        spans = [replace(span, pairs=None) if span.id in lit else span for span in net.spans.values()]

        assert answer_question(rebuilt(net, spans), question).outcome is Outcome.FOUND, (text, question)
        tried += 1
    assert tried > 50


def rebuilt(net: Network, spans: list[Span]) -> Network:
    return build_network([Site(site) for site in net.graph], spans)
