"""What must not change, or only one way, when a network or a question is changed: on small networks and on real ones.

The real ones come with topohub: among them Uninett2010, many of whose spans have no length. They have neither parallel
spans nor risk groups nor numbers of free pairs, so these are added by seeded chance. What has to be used is demanded on
the small ones above all: on real ones that may take longer than a question is given.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib import resources
from itertools import islice

import pytest
import topohub

from cni.topology.answers import Answer, Outcome, answer_as_json
from cni.topology.checking.answer import check_answer
from cni.topology.network import Network, Site, Span, build_network
from cni.topology.questions import Diversity, Element, ElementKind, Question
from cni.topology.routes import answer_question
from tests.networks import small_network, some_elements, some_question
from tests.notation import network

REAL = ("topozoo/Janetbackbone", "sndlib/polska", "sndlib/germany50", "topozoo/Uninett2010", "topozoo/TataNld")
RANK = {Outcome.FOUND: 0, Outcome.PARTLY_DIVERSE: 1, Outcome.NONE: 2}


@cache
def real_network(name: str) -> Network:
    """A network of topohub, with some spans doubled, a risk group for each of some pairs of neighbours, free pairs."""
    chance = random.Random(name)
    told = json.loads((resources.files(topohub) / "data" / f"{name}.json").read_text(encoding="utf-8"))
    ids = {node["id"]: f"{number}-{node['name']}" for number, node in enumerate(told["nodes"])}
    sites = [Site(ids[node["id"]], None, *node["pos"]) for node in told["nodes"]]
    edges = [(ids[edge["source"]], ids[edge["target"]], edge["dist"] * 1000) for edge in told["edges"]]
    edges += chance.sample(edges, len(edges) // 20)
    risks: list[list[str]] = [[] for _ in edges]
    for number in range(len(edges) // 4):
        for edge in chance.sample(range(len(edges)), 2):
            risks[edge].append(f"K{number}")
    pairs = [chance.choice([None, None, None, 1, 2, 4]) for _ in edges]
    spans = [Span(f"S{i}", *edges[i], pairs[i], tuple(dict.fromkeys(risks[i]))) for i in range(len(edges))]
    return build_network(sites, spans)


def rebuilt(net: Network, spans: list[Span], sites: list[Site] | None = None) -> Network:
    return build_network(sites_of(net) if sites is None else sites, spans)


def sites_of(net: Network) -> list[Site]:
    return [Site(id, given.get("name"), given.get("lon"), given.get("lat")) for id, given in net.graph.nodes(data=True)]


def between(chance: random.Random, net: Network) -> Question:
    """Any question about routes between any two sites."""
    a, z = chance.sample(sorted(net.graph), 2)
    sites = [site for site in sorted(net.graph) if site not in (a, z)]
    risks = sorted(net.risk_ids)
    return replace(some_question(chance, some_elements(chance, sites, sorted(net.spans), risks), risks), a=a, z=z)


def asked(seed: int, small: int, each_real: int) -> Iterator[tuple[Network, Question]]:
    """Small networks with three questions each, and so many questions to each of the real ones."""
    chance = random.Random(seed)
    for _ in range(small):
        net = network(small_network(chance))
        for _ in range(3):
            yield net, between(chance, net)
    for name in REAL:
        for _ in range(each_real):
            yield real_network(name), replace(between(chance, real_network(name)), must_use=())


def worth(question: Question, answer: Answer) -> tuple[int, ...]:
    """How good an answer is, the less the better: outcome, risk groups, sites and spans shared, total."""
    shared = (0, 0, 0)
    if answer.outcome is Outcome.PARTLY_DIVERSE:
        risks = set(answer.shared.risks).difference(question.exempt)
        shared = len(risks), len(answer.shared.sites), len(answer.shared.spans)
    return RANK[answer.outcome], *shared, sum(route.length_um for route in answer.routes)


def test_answers_about_real_networks_hold_when_checked():
    outcomes = set()
    for net, question in asked(70, small=0, each_real=150):
        answer = answer_question(net, question)

        assert check_answer(net, answer_as_json(answer)) == [], question
        outcomes.add((question.diversity, answer.outcome))
    assert len(outcomes) == 9


@pytest.mark.parametrize("name", REAL)
def test_what_has_to_be_used_on_a_real_network_is_used_or_said_not_to_be(name):
    """Either way round alike, if both are proven: to pass somewhere on the way may take longer than there is time."""
    chance = random.Random(name)
    net = real_network(name)
    questions = (question for question in iter(lambda: between(chance, net), None) if question.must_use)
    for question in islice(questions, 5):
        back = replace(question, a=question.z, z=question.a)
        there, again = answer_question(net, question), answer_question(net, back)

        assert check_answer(net, answer_as_json(there)) == [], question
        assert there.outcome is not Outcome.NONE or there.proven_optimal or again.outcome is Outcome.NONE, question
        if there.proven_optimal and again.proven_optimal:
            assert worth(question, there) == worth(back, again), question


def test_other_ids_change_no_total():
    chance = random.Random(71)
    for net, question in asked(72, small=300, each_real=40):
        site_ids, span_ids, risk_ids = (shuffled_names(chance, ids) for ids in (net.graph, net.spans, net.risk_ids))
        spans = [
            replace(
                span,
                id=span_ids[span.id],
                a=site_ids[span.a],
                z=site_ids[span.z],
                risks=tuple(risk_ids[risk] for risk in span.risks),
            )
            for span in net.spans.values()
        ]
        renamed = rebuilt(net, spans, [replace(site, id=site_ids[site.id]) for site in sites_of(net)])
        names = {ElementKind.SITE: site_ids, ElementKind.SPAN: span_ids, ElementKind.RISK: risk_ids}

        other = replace(
            question,
            a=site_ids[question.a],
            z=site_ids[question.z],
            exempt=tuple(risk_ids[risk] for risk in question.exempt),
            without=tuple(Element(each.kind, names[each.kind][each.id]) for each in question.without),
            must_use=tuple(Element(each.kind, names[each.kind][each.id]) for each in question.must_use),
        )

        assert worth(other, answer_question(renamed, other)) == worth(question, answer_question(net, question)), (
            question
        )


def shuffled_names(chance: random.Random, ids: object) -> dict[str, str]:
    listed = sorted(ids)
    return dict(zip(listed, map(str, chance.sample(range(1000, 9999), len(listed))), strict=True))


def test_the_order_in_which_a_network_was_put_together_changes_nothing():
    chance = random.Random(73)
    for net, question in asked(74, small=300, each_real=30):
        spans = [
            replace(span, a=span.z, z=span.a, risks=span.risks[::-1]) if chance.random() < 0.5 else span
            for span in chance.sample(list(net.spans.values()), len(net.spans))
        ]
        shuffled = rebuilt(net, spans, chance.sample(sites_of(net), len(net.graph)))

        assert answer_question(shuffled, question) == answer_question(net, question), question


def test_what_is_asked_the_other_way_round_is_as_long():
    for net, question in asked(75, small=300, each_real=40):
        back = replace(question, a=question.z, z=question.a)

        assert worth(back, answer_question(net, back)) == worth(question, answer_question(net, question)), question


def without_ties(net: Network, chance: random.Random) -> Network:
    """The same network with lengths of which no two sums are alike, but for a chance in billions."""
    spans = [replace(span, length_m=span.length_m + chance.randrange(1, 10**9) / 10**6) for span in net.spans.values()]
    return rebuilt(net, spans)


def test_leaving_something_out_is_as_if_it_were_not_there():
    chance = random.Random(76)
    left_out = 0
    for net, question in asked(77, small=300, each_real=25):
        elements = some_elements(
            chance, sorted(set(net.graph) - {question.a, question.z}), sorted(net.spans), sorted(net.risk_ids)
        )
        question = replace(question, without=tuple(elements[: chance.randint(1, 3)]), must_use=())
        distinct = without_ties(net, chance)
        spans = [span for span in distinct.spans.values() if not is_left_out(question, span)]
        left_out += len(net.spans) - len(spans)
        smaller = build_network(sites_of(net), spans, dict.fromkeys(net.risk_ids, ""))

        answer = answer_question(distinct, question)
        bare = answer_question(smaller, replace(question, without=()))

        assert worth(question, answer) == worth(question, bare), question
        if answer.outcome is not Outcome.PARTLY_DIVERSE:  # two routes may share other things at the same length
            assert [route.spans for route in answer.routes] == [route.spans for route in bare.routes], question
    assert left_out > 500


def is_left_out(question: Question, span: Span) -> bool:
    of_it = {("span", span.id), ("site", span.a), ("site", span.z), *(("risk", risk) for risk in span.risks)}
    return bool(of_it & {(str(each.kind), each.id) for each in question.without})


def test_one_more_span_never_makes_an_answer_worse():
    chance = random.Random(78)
    better = 0
    for net, question in asked(79, small=300, each_real=25):
        a, z = chance.sample(sorted(net.graph), 2)
        lengths = [span.length_m for span in net.spans.values()]
        more = rebuilt(
            net, [*net.spans.values(), Span("NEW", a, z, chance.choice(lengths) * chance.choice([0, 0.5, 1]))]
        )
        # A span without a risk group may still add a shared one elsewhere, so what has to be used is not asked for.
        question = replace(question, must_use=())

        before, after = (
            worth(question, answer_question(net, question)),
            worth(question, answer_question(more, question)),
        )

        assert after <= before, question
        better += after < before
    assert better > 100


def test_asking_for_more_never_gives_shorter_routes():
    for net, question in asked(80, small=300, each_real=40):
        if question.routes != 2:
            continue
        found = [answer_question(net, replace(question, diversity=diversity)) for diversity in Diversity]
        one = answer_question(net, replace(question, routes=1, must_use=()))

        lengths = [sum(route.length_um for route in answer.routes) for answer in found if answer.outcome == "found"]
        assert lengths == sorted(lengths), question
        assert [RANK[answer.outcome] for answer in found] == sorted(RANK[answer.outcome] for answer in found), question
        assert all(length >= 2 * one.routes[0].length_um for length in lengths), question


PROGRAM = """
import json
from tests.property.test_routes_metamorphic import answers_with_ties
print(json.dumps(answers_with_ties()))
"""


def answers_with_ties() -> list[object]:
    """Answers to questions about networks with many equal lengths."""
    return [answer_as_json(answer_question(net, question)) for net, question in asked(81, small=100, each_real=10)]


def test_every_process_answers_alike():
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(ran.stdout) == json.loads(json.dumps(answers_with_ties()))


def test_the_real_networks_are_what_they_are_taken_for():
    spans = real_network("topozoo/Uninett2010").spans.values()

    assert sum(span.length_m == 0 for span in spans) > 10
    assert all(len(real_network(name).graph) >= 12 for name in REAL)


@pytest.mark.parametrize("name", REAL)
def test_a_place_has_a_distance(name):
    """Separation is measured on real networks too, so that the checker's own measuring is tried on them."""
    net = real_network(name)
    chance = random.Random(name)
    answers = [answer_question(net, replace(between(chance, net), routes=2)) for _ in range(20)]

    assert any(answer.separation_m is not None for answer in answers)


@pytest.mark.parametrize("diversity", [Diversity.SPAN, Diversity.SITE])
def test_what_was_asked_before_changes_no_answer(diversity):
    """Among many routes of one length, in a plant measured so finely that costs have no room to tell them apart."""
    chance = random.Random("asked before")
    net = streets(50, chance)
    open_spans = {id: 1 for id in net.spans if chance.random() > 0.1}
    asked = [Question(f"{chance.randrange(50)}-0", f"{chance.randrange(50)}-49", diversity, 2) for _ in range(40)]
    busy = net.with_free_pairs(open_spans)

    first = [answer_question(busy, question).routes for question in asked]
    again = [answer_question(busy, question).routes for question in asked]
    alone = [answer_question(rebuilt(net, [*net.spans.values()]).with_free_pairs(open_spans), q).routes for q in asked]

    assert first == again == alone


def streets(side: int, chance: random.Random) -> Network:
    """A town of square blocks; one street in fifty is measured to the micrometre."""
    sites = [Site(f"{x}-{y}", None, -3 + x / 500, 53 + y / 1000) for x in range(side) for y in range(side)]
    ends = [((x, y), (x + dx, y + dy)) for x in range(side) for y in range(side) for dx, dy in ((1, 0), (0, 1))]
    spans = [
        Span(
            f"S{number}",
            f"{x}-{y}",
            f"{u}-{v}",
            100.0 if chance.random() > 0.02 else round(chance.uniform(100, 900), 6),
        )
        for number, ((x, y), (u, v)) in enumerate(ends)
        if u < side and v < side
    ]
    return build_network(sites, spans)
