"""Routes through ladders, in which each further route has to turn the others aside, against linear programs.

What finds routes one after another without undoing anything fails here at once, while most small networks do not
notice. A linear program finds the least total all at once, so it cannot be trapped.
"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from cni.topology.answers import Answer, answer_as_json
from cni.topology.checking.answer import check_answer
from cni.topology.network import Network
from cni.topology.questions import Diversity, Element, ElementKind, Question
from cni.topology.routes import answer_question
from tests.networks import trap_ladder
from tests.notation import network
from tests.oracles import least_totals

LADDERS = 5
"""In one linear program: side by side they take less time than one after another."""
ROUNDS = 16


def all_questions(chance: random.Random, net: Network) -> list[Question]:
    """One to four routes, diverse by span and by site, through all of the ladder and with something left out."""
    spans = sorted(net.spans)
    left_out = tuple(Element(ElementKind.SPAN, id) for id in chance.sample(spans, len(spans) // 20))
    plain = [
        Question("A", "Z", diversity, count) for diversity in (Diversity.SPAN, Diversity.SITE) for count in (1, 2, 3, 4)
    ]
    return [*plain, *(replace(question, without=left_out) for question in plain)]


def total_if_found(answer: Answer) -> int | None:
    return sum(route.length_um for route in answer.routes) if answer.outcome == "found" else None


@pytest.mark.parametrize("seed", range(8))
def test_totals_on_trap_ladders_are_those_of_a_linear_program(seed):
    chance = random.Random(seed)
    answered = found = largest = 0
    for _ in range(ROUNDS):
        asked = []
        for _ in range(LADDERS):
            rails = chance.choice([2, 3, 3, 4, 4])
            net = network(trap_ladder(chance, rails, chance.randint(3, 58 // rails)))
            asked += [(net, question) for question in all_questions(chance, net)]
            largest = max(largest, len(net.graph))

        answers = [answer_question(net, question) for net, question in asked]

        for (net, question), answer, total in zip(asked, answers, least_totals(asked), strict=True):
            assert total_if_found(answer) == total, question
            assert check_answer(net, answer_as_json(answer)) == [], question
            answered, found = answered + 1, found + (total is not None)
    assert answered > 10_000 / 8
    assert found > answered / 2
    assert largest > 50
