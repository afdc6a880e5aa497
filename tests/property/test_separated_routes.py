"""Routes that have to keep some metres apart, against all pairs of routes, measured by the checker.

Both measure within a tolerance, so what lies between being surely apart and surely not is left undecided.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import pytest

from cni.topology.answers import answer_as_json
from cni.topology.checking.answer import check_answer
from cni.topology.checking.plant import plant_of
from cni.topology.checking.separation import separation
from cni.topology.network import Network, Site, build_network
from cni.topology.questions import Diversity, Question
from cni.topology.routes import answer_question
from tests.networks import small_network, some_question
from tests.notation import network
from tests.oracles import Possibilities

MOST_ROUTES = 60
"""Measuring every pair of more takes too long."""


def placed_network(chance: random.Random) -> Network:
    """A small network within about 1.6 km: sites on a grid, some spans with a bend."""
    drawn = network(small_network(chance))
    places = {id: somewhere(chance) for id in drawn.graph}
    spans = [
        replace(
            span,
            length_m=chance.randrange(1, 5000) / 10,
            line=(places[span.a], somewhere(chance), places[span.z]) if chance.random() < 0.3 else None,
        )
        for span in drawn.spans.values()
    ]
    return build_network([Site(id, None, *place) for id, place in places.items()], spans)


def somewhere(chance: random.Random) -> tuple[float, float]:
    return -2.25 + chance.randrange(40) * 0.0006, 53.48 + chance.randrange(40) * 0.0004


def pairs_apart(net: Network, question: Question) -> Iterator[tuple[int, float]]:
    """Total length and metres apart of each pair that is as diverse as asked; infinitely far where nothing is left."""
    possible, plant = Possibilities(net, "A", "Z"), plant_of(net)
    usable = possible.usable(question)
    if len(usable) > MOST_ROUTES:
        return
    spans, sites = list(net.graph.edges(keys=True)), list(net.graph)
    passed = [
        ([spans[i][2] for i in bits(possible.spans[r])], [sites[i] for i in bits(possible.sites[r])]) for r in usable
    ]
    for one, other in combinations(range(len(usable)), 2):
        first, second = usable[one], usable[other]
        shares = bool(possible.spans[first] & possible.spans[second])
        shares |= question.diversity != "span" and bool(possible.sites[first] & possible.sites[second])
        shares |= question.diversity == "risk" and bool(possible.risks[first] & possible.risks[second])
        if not shares:
            routes = [(spans, ["A", *sites, "Z"]) for spans, sites in (passed[one], passed[other])]
            metres = separation(plant, routes, max(100, question.separation_m))
            yield int(possible.length[first] + possible.length[second]), float("inf") if metres is None else metres


def bits(number: int) -> list[int]:
    return [place for place in range(int(number).bit_length()) if number >> place & 1]


@pytest.mark.parametrize("diversity", [Diversity.SITE, Diversity.RISK])
def test_separated_routes_are_the_shortest_of_all_pairs_that_are_far_enough_apart(diversity):
    chance = random.Random(61)
    outcomes: Counter[str] = Counter()
    for _ in range(250):
        net = placed_network(chance)
        for metres in chance.sample((5, 20, 50, 101, 150, 300), 2):
            question = replace(some_question(chance, [], []), routes=2, diversity=diversity, separation_m=metres)

            answer = answer_question(net, question)

            assert check_answer(net, answer_as_json(answer)) == [], question
            pairs = list(pairs_apart(net, question))
            surely = [total for total, apart in pairs if apart > metres * 1.01 + 0.1]
            perhaps = [total for total, apart in pairs if apart > metres * 0.99 - 0.1]
            if pairs and answer.outcome == "found":
                total = sum(route.length_um for route in answer.routes)
                assert min(perhaps) <= total <= min(surely, default=total), question
            elif answer.outcome != "found":
                assert surely == [], question
            outcomes[answer.outcome] += 1
    assert outcomes["found"] > 50
    assert outcomes["partly_diverse"] > 100
