"""A question's time limit is for all of its programs together, however many searches the answer takes."""

from __future__ import annotations

import pytest

from benchmarks.networks import ducts, make_plant, network_of
from cni.topology.network import Network
from cni.topology.questions import Diversity, Element, ElementKind, Question
from cni.topology.routes import find_answer
from cni.topology.routing import maximal, pairs, required
from cni.topology.routing.programs import Solution

LIMIT_S = 8.0


@pytest.fixture(scope="module")
def plant() -> Network:
    made = make_plant(200)
    return network_of(made, ducts(made))


@pytest.mark.parametrize("diversity", [Diversity.SITE, Diversity.RISK])
@pytest.mark.parametrize("separation_m", [None, 300.0])
@pytest.mark.parametrize("must_use", [(), ("S7",)])
def test_programs_together_have_the_time_that_the_question_gives(
    plant: Network,
    monkeypatch: pytest.MonkeyPatch,
    diversity: Diversity,
    separation_m: float | None,
    must_use: tuple[str, ...],
) -> None:
    given: list[float] = []

    def find_nothing(_task: object, _levels: object, time_limit_s: float) -> Solution:
        given.append(time_limit_s)
        return Solution(None, 0, is_proven=False)

    for module in (pairs, maximal, required):
        monkeypatch.setattr(module, "solve", find_nothing)
        monkeypatch.setattr(module, "MOST_SEARCHES", 1, raising=False)
    elements = tuple(Element(ElementKind.SITE, id) for id in must_use)
    asked = 0
    for far in range(100, 200):
        question = Question(
            "S0", f"S{far}", diversity, 2, separation_m=separation_m, must_use=elements, time_limit_s=LIMIT_S
        )
        given.clear()
        find_answer(plant, question)
        asked += bool(given)
        assert sum(given) <= LIMIT_S + 1e-9
    if separation_m or diversity is Diversity.RISK:
        assert asked
