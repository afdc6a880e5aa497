"""Routes against oracles that know nothing of the search: all sets of routes there are, and networkx's simplex."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import networkx as nx
import pytest

from cni.topology.answers import Answer, BlockerKind, Outcome, Route
from cni.topology.network import Network, Site, Span, build_network
from cni.topology.questions import Diversity, ElementKind, Exclusion, Question
from cni.topology.routes import answer_question
from cni.topology.old_search import Flow, Search
from tests.notation import network

LENGTHS = ("0", "0", "1", "1", "1", "2", "3", "5", "0.1", "0.2", "0.3")


def random_notation(chance: random.Random) -> str:
    """A network of 2 to 7 sites in our notation: parallel spans, spans of no length, equal lengths, few free pairs."""
    names = "ABCDEFG"[: chance.randint(2, 7)]
    spans = []
    for number in range(chance.randint(len(names) - 1, 2 * len(names))):
        a, z = chance.sample(names, 2)
        pairs = chance.choice(["", "", "", " x0", " x1", " x2"])
        risks = chance.choice(["", "", " [K1]", " [K2]", " [K1 K2]"])
        spans.append(f"S{number}: {a}-{z} {chance.choice(LENGTHS)}{pairs}{risks}")
    return ", ".join([*(f"site {name}" for name in names), *spans])


def rebuilt(net: Network, spans: list[Span], sites: list[str] | None = None) -> Network:
    return build_network([Site(site) for site in sites or net.graph], spans)


def random_question(chance: random.Random, net: Network) -> Question:
    a, z = chance.sample(sorted(net.graph), 2)
    exclusions = [
        Exclusion(ElementKind.SPAN, chance.choice(sorted(net.spans))),
        Exclusion(ElementKind.RISK, chance.choice([*sorted(net.risk_ids)] or ["-"])),
        Exclusion(ElementKind.SITE, chance.choice([site for site in sorted(net.graph) if site not in (a, z)] or ["-"])),
    ]
    without = tuple(each for each in exclusions if each.id != "-" and chance.random() < 0.1)
    diversity = chance.choice(list(Diversity))
    return Question(a, z, diversity, chance.randint(1, 3), chance.choice([1, 1, 2]), without=without)


def usable_spans(net: Network, question: Question) -> list[Span]:
    """The spans that the question may use, straight from its words."""
    left_out = {(each.kind, each.id) for each in question.without}
    return [
        span
        for span in net.spans.values()
        if (span.pairs is None or span.pairs >= question.pairs)
        and ("span", span.id) not in left_out
        and not {("site", span.a), ("site", span.z)} & left_out
        and not {("risk", risk) for risk in span.risks} & left_out
    ]


# --- an independent checker -------------------------------------------------------------------------------------------


def faults(net: Network, question: Question, routes: tuple[Route, ...]) -> list[str]:
    """What is wrong with these routes, by the words of the question alone."""
    usable = {span.id: span for span in usable_spans(net, question)}
    found = [fault for route in routes for fault in route_faults(usable, question, route)]
    spans = [span for route in routes for span in route.spans]
    sites = [site for route in routes for site in route.sites[1:-1]]
    if len(routes) != question.routes or len(set(spans)) < len(spans):
        found.append("too few routes, or a span in two")
    if question.diversity is Diversity.SITE and len(set(sites)) < len(sites):
        found.append("a site in two")
    return found


def route_faults(usable: dict[str, Span], question: Question, route: Route) -> Iterator[str]:
    if not set(route.spans) <= set(usable):
        yield "a span that may not be used"
        return
    if (route.sites[0], route.sites[-1]) != (question.a, question.z) or len(route.sites) != len(route.spans) + 1:
        yield "wrong ends"
    for here, there, span in zip(route.sites, route.sites[1:], route.spans, strict=False):
        if {here, there} != {usable[span].a, usable[span].z}:
            yield "spans that do not join up"
    if len(set(route.sites)) < len(route.sites):
        yield "a site twice"
    if route.length_m != pytest.approx(sum(usable[span].length_m for span in route.spans), abs=1e-9):
        yield "a wrong length"


# --- every set of routes there is -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    taken: frozenset[str]
    cost: tuple[int, int]


def candidates(spans: list[Span], question: Question) -> list[Candidate]:
    """Every simple route, with what it takes for itself, and (tenths of a metre, spans), cheapest first."""
    found: list[Candidate] = []

    def walk(site: str, visited: tuple[str, ...], taken: tuple[str, ...], tenths: int) -> None:
        if site == question.z:
            own = visited[1:] if question.diversity is Diversity.SITE else ()
            found.append(Candidate(frozenset((*taken, *own)), (tenths, len(taken))))
            return
        for span in spans:
            if site in (span.a, span.z):
                other = span.z if site == span.a else span.a
                if other not in visited and other != site:
                    walk(other, (*visited, site), (*taken, span.id), tenths + round(span.length_m * 10))

    walk(question.a, (), (), 0)
    return sorted(found, key=lambda candidate: candidate.cost)


def least_cost(found: list[Candidate], count: int) -> tuple[int, int] | None:
    """The least (tenths, spans) of `count` candidates that take nothing in common, by trying all."""
    best: list[tuple[int, int]] = []

    def add(first: int, taken: frozenset[str], left: int, cost: tuple[int, int]) -> None:
        if left == 0:
            best[:] = [min([*best, cost])]
            return
        for number in range(first, len(found)):
            more = found[number]
            if best and (cost[0] + left * more.cost[0]) > best[0][0]:
                return
            if not taken & more.taken:
                add(number + 1, taken | more.taken, left - 1, (cost[0] + more.cost[0], cost[1] + more.cost[1]))

    add(0, frozenset(), count, (0, 0))
    return best[0] if best else None


def cost_of(answer: Answer) -> tuple[int, int]:
    return round(answer.total_length_m * 10), sum(len(route.spans) for route in answer.routes)


@pytest.mark.parametrize("seed", range(8))
def test_answers_equal_the_best_of_all_sets_of_routes(seed):
    chance = random.Random(seed)
    found = 0
    for _ in range(300):
        text = random_notation(chance)
        net = network(text)
        for _ in range(4):
            question = random_question(chance, net)

            answer = answer_question(net, question)

            best = least_cost(candidates(usable_spans(net, question), question), question.routes)
            assert (best is None) == (answer.outcome is Outcome.NONE), (text, question)
            if best is not None:
                assert cost_of(answer) == best, (text, question)
                assert faults(net, question, answer.routes) == [], (text, question)
                found += 1
    assert found > 300  # the networks are not so poor that nothing is tried


# --- what blocks ------------------------------------------------------------------------------------------------------


def joins(net: Network, question: Question, removed: str) -> bool:
    """Whether any span run joins the ends, free pairs or not, once a span or site is removed."""
    plant = replace(question, pairs=0)
    spans = [span for span in usable_spans(net, plant) if removed not in (span.id, span.a, span.z)]
    graph = nx.Graph((span.a, span.z) for span in spans)
    return {question.a, question.z} <= set(graph) and nx.has_path(graph, question.a, question.z)


def test_with_no_second_route_every_bridge_and_no_other_is_named():
    chance = random.Random(81)
    named = 0
    for _ in range(1500):
        text = random_notation(chance)
        net = network(text)
        question = replace(random_question(chance, net), routes=2)
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
    assert named > 200


def test_lighting_the_spans_named_for_capacity_lets_the_routes_through():
    chance = random.Random(82)
    tried = 0
    for _ in range(2500):
        text = random_notation(chance)
        net = network(text)
        question = random_question(chance, net)
        answer = answer_question(net, question)
        if not answer.blocked_by or {each.kind for each in answer.blocked_by} != {BlockerKind.CAPACITY}:
            continue

        lit = {blocker.id for blocker in answer.blocked_by}
        spans = [replace(span, pairs=None) if span.id in lit else span for span in net.spans.values()]

        assert answer_question(rebuilt(net, spans), question).outcome is Outcome.FOUND, (text, question)
        tried += 1
    assert tried > 100


# --- the order of things does not matter ------------------------------------------------------------------------------


def test_the_order_in_which_a_network_is_put_together_changes_no_answer():
    chance = random.Random(83)
    for _ in range(400):
        net = network(random_notation(chance))
        question = random_question(chance, net)
        turned = [replace(span, a=span.z, z=span.a) if chance.random() < 0.5 else span for span in net.spans.values()]
        shuffled = rebuilt(net, chance.sample(turned, len(turned)), chance.sample(sorted(net.graph), len(net.graph)))

        assert answer_question(shuffled, question) == answer_question(net, question)


def test_other_ids_change_no_total():
    chance = random.Random(84)
    for _ in range(400):
        net = network(random_notation(chance))
        question = replace(random_question(chance, net), without=())
        site_ids = dict(zip(net.graph, chance.sample("PQRSTUV", len(net.graph)), strict=True))
        span_ids = dict(zip(net.spans, chance.sample(range(100), len(net.spans)), strict=True))
        spans = [
            replace(span, id=str(span_ids[span.id]), a=site_ids[span.a], z=site_ids[span.z])
            for span in net.spans.values()
        ]
        renamed = rebuilt(net, spans, list(site_ids.values()))

        answer = answer_question(renamed, replace(question, a=site_ids[question.a], z=site_ids[question.z]))

        assert answer.total_length_m == answer_question(net, question).total_length_m


# --- ladders in which the second route must turn the first aside ------------------------------------------------------


def trap_ladder(chance: random.Random, rungs: int) -> Network:
    """Two dear rails, and cheap spans that zigzag between them and tempt the first route to break both."""
    spans = ["A-u0 1", "A-v0 1"]
    for step in range(rungs):
        here, there = ("u", "v") if step % 2 else ("v", "u")
        spans += [
            f"u{step}-u{step + 1} {chance.randint(4, 9)}",
            f"v{step}-v{step + 1} {chance.randint(4, 9)}",
            f"{here}{step}-{there}{step + 1} {chance.randint(0, 2)}",
        ]
        if chance.random() < 0.5:
            spans.append(f"u{step}-v{step} {chance.randint(0, 3)}")
    for number in range(rungs // 2):
        first, second = chance.randrange(rungs), chance.randrange(rungs)
        spans.append(f"L{number}: {chance.choice('uv')}{first}-{chance.choice('uv')}{second} {chance.randint(3, 30)}")
    return network(", ".join([*spans, f"u{rungs}-Z 1", f"v{rungs}-Z 1", "A-Z 200"]))


def simplex_total(net: Network, question: Question) -> int | None:
    """The least total length by networkx's network simplex, each site split in two."""
    graph = nx.MultiDiGraph()
    for site in net.graph:
        once = question.diversity is Diversity.SITE and site not in (question.a, question.z)
        graph.add_edge((site, "in"), (site, "out"), weight=0, capacity=1 if once else question.routes)
    for span in net.spans.values():
        for here, there in ((span.a, span.z), (span.z, span.a)):
            graph.add_edge((here, "out"), (there, "in"), weight=int(span.length_m), capacity=1)
    graph.nodes[(question.a, "in")]["demand"] = -question.routes
    graph.nodes[(question.z, "out")]["demand"] = question.routes
    try:
        return int(nx.network_simplex(graph)[0])
    except nx.NetworkXUnfeasible:
        return None


@pytest.mark.parametrize("diversity", Diversity)
@pytest.mark.parametrize("count", [2, 3, 4])
def test_trap_ladders_have_the_total_of_the_network_simplex(diversity, count):
    chance = random.Random(85)
    for _ in range(25):
        net = trap_ladder(chance, rungs=chance.randint(3, 20))
        question = Question("A", "Z", diversity, count)

        answer = answer_question(net, question)

        assert answer.total_length_m == simplex_total(net, question)
        assert answer.outcome is Outcome.NONE or faults(net, question, answer.routes) == []


@pytest.mark.parametrize("diversity", Diversity)
def test_after_each_route_no_step_costs_less_than_nothing(diversity):
    """What makes the next search right, and quick: costs less the difference of potentials are never negative."""
    chance = random.Random(86)
    for _ in range(60):
        net = trap_ladder(chance, rungs=12)
        graph = net.search_graph
        a, z = graph.site_numbers["A"], graph.site_numbers["Z"]
        flow = Flow(graph, Search(a, z, 3, diversity is Diversity.SITE, graph.costs))
        while flow.count < 3 and flow.add_route():
            points = [2 * site for site in range(len(graph.site_ids))]
            points += [2 * site + 1 for site in flow._crossed]
            potential = {point: flow._potentials.get(point, 0) for point in points}
            for point in points:
                for reached, cost, _ in flow._steps(point):
                    assert cost + potential[point] - potential[reached] >= 0
