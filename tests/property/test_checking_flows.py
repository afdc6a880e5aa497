"""What the checker says of routes that could be shorter, and of routes that are missing, against all sets of routes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from cni.topology.checking.answer import check_answer
from cni.topology.network import Network
from cni.topology.questions import Diversity, Question
from tests.networks import small_network, trap_ladder
from tests.notation import network
from tests.oracles import Possibilities


def networks(seed: int) -> Iterator[tuple[Network, Possibilities, random.Random]]:
    chance = random.Random(seed)
    for number in range(500):
        text = trap_ladder(chance, 2, 3) if number % 10 == 0 else small_network(chance)
        net = network(text)
        yield net, Possibilities(net, "A", "Z"), chance


def document(net: Network, question: Question, routes: list[list[str]]) -> dict[str, object]:
    """An answer that claims these routes to be the shortest, or, without any, that there are none."""
    told = [told_route(net, route) for route in routes]
    total = round(sum(route["length_m"] for route in told), 6) if routes else None
    risks = [{risk for span in route for risk in net.spans[span].risks} for route in routes]
    sites = [set(route["sites"][1:-1]) for route in told]
    return {
        "question": {"from": "A", "to": "Z", "diverse": str(question.diversity), "routes": question.routes},
        "outcome": "found" if routes else "none",
        "routes": told,
        "total_length_m": total,
        "lower_bound_m": total,
        "proven_optimal": True,
        "shared": {
            "spans": [],
            "sites": sorted(sites[0] & sites[1]) if len(routes) == 2 else [],
            "risks": sorted(risks[0] & risks[1]) if len(routes) == 2 else [],
        },
        "separation_m": None,
        "blocked_by": []
        if routes
        else [{"kind": "site", "id": "Z", "name": "Z", "why": "No run of spans leads there."}],
    }


def told_route(net: Network, spans: list[str]) -> dict[str, object]:
    sites = ["A"]
    for span in map(net.spans.__getitem__, spans):
        sites.append(span.z if span.a == sites[-1] else span.a)
    return {"spans": spans, "sites": sites, "length_m": round(sum(net.spans[span].length_m for span in spans), 6)}


def in_order(net: Network, bits: int) -> list[str]:
    """The spans of a route, one after another from A."""
    left = {id: net.spans[id] for number, (*_, id) in enumerate(net.graph.edges(keys=True)) if bits >> number & 1}
    site, route = "A", []
    while left:
        id = next(id for id, span in left.items() if site in (span.a, span.z))
        span = left.pop(id)
        site = span.z if span.a == site else span.a
        route.append(id)
    return route


def test_any_two_routes_are_told_to_have_shorter_ones_exactly_if_there_are():
    longer = shortest = 0
    for net, possible, chance in networks(95):
        question = Question("A", "Z", chance.choice([Diversity.SPAN, Diversity.SITE]), 2)
        best = possible.best(question)
        if best.outcome != "found":
            continue
        for one, other in pairs(possible, question, chance):
            total = int(possible.length[one] + possible.length[other])
            routes = [in_order(net, int(possible.spans[each])) for each in (one, other)]

            faults = check_answer(net, document(net, question, routes))

            assert [fault.code for fault in faults] == (["better"] if total > best.total_um else []), routes
            longer, shortest = longer + (total > best.total_um), shortest + (total == best.total_um)
    assert longer > 500
    assert shortest > 100


def pairs(possible: Possibilities, question: Question, chance: random.Random) -> Iterator[tuple[int, int]]:
    """Some diverse pairs of usable routes."""
    usable = possible.usable(question).tolist()
    for _ in range(20):
        one, other = chance.choice(usable), chance.choice(usable)
        shares_site = possible.sites[one] & possible.sites[other] and question.diversity is Diversity.SITE
        if not possible.spans[one] & possible.spans[other] and not shares_site:
            yield one, other


def test_one_route_is_told_to_have_a_shorter_one_exactly_if_there_is():
    for net, possible, chance in networks(96):
        question = Question("A", "Z", Diversity.SPAN, 1)
        usable = possible.usable(question).tolist()
        for each in chance.sample(usable, min(4, len(usable))):
            faults = check_answer(net, document(net, question, [in_order(net, int(possible.spans[each]))]))

            is_longer = possible.length[each] > possible.best(question).total_um
            assert [fault.code for fault in faults] == (["better"] if is_longer else [])


def test_none_is_told_to_be_wrong_exactly_if_two_routes_could_share_what_they_must():
    seen = {True: 0, False: 0}
    for net, possible, _ in networks(97):
        question = Question("A", "Z", Diversity.SPAN, 2)
        spans = [id for *_, id in net.graph.edges(keys=True)]
        usable = possible.usable(replace(question, pairs=0)).tolist()
        bridges = [id for n, id in enumerate(spans) if all(possible.spans[each] >> n & 1 for each in usable)]
        if not usable or not bridges:
            continue
        why = f"Every route crosses span {bridges[0]}."
        none = document(net, question, []) | {
            "blocked_by": [{"kind": "span", "id": bridges[0], "name": "it", "why": why}]
        }

        could_share = possible.best(question).outcome != "none"

        assert [fault.code for fault in check_answer(net, none)] == (["better"] if could_share else [])
        seen[could_share] += 1
    assert min(seen.values()) > 20


def test_more_routes_than_there_are_is_right_to_be_none():
    for net, possible, chance in networks(98):
        question = Question("A", "Z", chance.choice([Diversity.SPAN, Diversity.SITE]), 3)
        spans = net.spans.values()
        leaving = [span.id for span in spans if "A" in (span.a, span.z) and span.a != span.z]
        if possible.best(replace(question, routes=1)).outcome == "none" or len(leaving) != 2:
            continue
        why = "At most 2 routes share no span: each has to use one of these."
        blockers = [{"kind": "span", "id": id, "name": id, "why": why} for id in leaving]

        assert check_answer(net, document(net, question, []) | {"blocked_by": blockers}) == []
