"""The cheapest reinforcement, against trying all sets of candidates."""

from __future__ import annotations

from itertools import combinations
from random import Random

import networkx as nx
import pytest

from cni.primitives.errors import Invalid
from cni.topology.failures.candidates import Candidate, read_candidates
from cni.topology.failures.reinforce import explain_reinforcement, reinforce, reinforcement_as_json
from cni.topology.network import Network, Site, Span, build_network
from cni.topology.questions import Diversity
from tests.notation import network


def random_network(random: Random) -> Network:
    """Up to 8 sites, often in pieces, and few spans, so that much stands alone between them."""
    sites = [f"S{number}" for number in range(random.randint(2, 8))]
    spans = []
    for number in range(random.randint(1, len(sites) + 2)):
        a, z = random.choice(sites), random.choice(sites)
        risks = tuple(f"R{i}" for i in range(3) if random.random() < 0.3)
        if a != z:
            spans.append(Span(f"K{number}", a, z, 1, risks=risks))
    return build_network(map(Site, sites), spans)


def random_candidates(random: Random, drawn: Network) -> list[Candidate]:
    pairs = [tuple(random.sample(sorted(drawn.graph), 2)) for _ in range(random.randint(0, 9))]
    return [Candidate(row, a, z, random.choice([0, 1, 2, 3, 5, 8])) for row, (a, z) in enumerate(pairs, 2)]


def failures(drawn: Network, against: Diversity) -> dict[str, tuple[set[str], set[str]]]:
    """Of each element: the spans and the sites that fail."""
    match against:
        case Diversity.SPAN:
            return {span: ({span}, set()) for span in drawn.spans}
        case Diversity.SITE:
            return {site: (set(), {site}) for site in drawn.graph}
        case Diversity.RISK:
            return {risk: ({s for s in drawn.spans if risk in drawn.spans[s].risks}, set()) for risk in drawn.risk_ids}


def is_divided(drawn: Network, failure: tuple[set[str], set[str]], built: list[Candidate]) -> bool:
    """Whether any two sites that hang together today and stay are apart."""
    spans, sites = failure
    left = nx.MultiGraph()
    left.add_nodes_from(drawn.graph)
    left.add_edges_from((a, z, id) for a, z, id in drawn.graph.edges(keys=True) if id not in spans)
    left.add_edges_from((each.a, each.z) for each in built)
    left.remove_nodes_from(sites)
    parts = [part - sites for part in nx.connected_components(drawn.graph)]
    return any(not nx.has_path(left, a, z) for part in parts for a, z in combinations(sorted(part), 2))


@pytest.mark.parametrize("against", list(Diversity))
@pytest.mark.parametrize("seed", range(60))
def test_no_set_of_candidates_that_cures_as_much_is_cheaper(seed, against):
    random = Random(f"{seed} {against}")
    drawn = random_network(random)
    candidates = random_candidates(random, drawn)
    found = reinforce(drawn, candidates, against)

    dividing = {id: each for id, each in failures(drawn, against).items() if is_divided(drawn, each, [])}
    curable = {id: each for id, each in dividing.items() if not is_divided(drawn, each, candidates)}
    sets = [list(some) for count in range(len(candidates) + 1) for some in combinations(candidates, count)]
    enough = [some for some in sets if not any(is_divided(drawn, each, some) for each in curable.values())]

    assert [each.id for each in found.cured] == sorted(curable)
    assert [each.element.id for each in found.remaining] == sorted(dividing.keys() - curable.keys())
    assert found.cost_pence == min(sum(each.cost_pence for each in some) for some in enough)
    assert list(found.chosen) in enough
    assert found.proven_optimal


def test_candidates_through_another_part_may_join_what_fails():
    drawn = network("A-B 1, C-D 1")
    found = reinforce(
        drawn, [Candidate(2, "A", "C", 5), Candidate(3, "B", "D", 7), Candidate(4, "A", "B", 13)], Diversity.SPAN
    )
    assert [each.row for each in found.chosen] == [2, 3]
    assert found.cost_pence == 12


def test_what_no_candidate_can_cure_is_told_and_the_rest_is_cured():
    drawn = network("A-B 1, B-C 1, C-D 1")
    told = reinforcement_as_json(reinforce(drawn, [Candidate(2, "A", "C", 900)], Diversity.SPAN))
    assert told["outcome"] == "none"
    assert [each["row"] for each in told["candidates"]] == [2]
    assert [each["id"] for each in told["cured"]] == ["A-B", "B-C"]
    assert [(each["kind"], each["id"]) for each in told["remaining"]] == [("span", "C-D")]
    assert "no candidate joins D to the rest" in told["remaining"][0]["why"]


def test_a_network_that_nothing_divides_needs_nothing():
    found = reinforce(network("A-B 1, B-C 1, C-A 1"), [Candidate(2, "A", "B", 0)], Diversity.SITE)
    assert found.chosen == ()
    assert explain_reinforcement(found) == (
        "No single site that fails divides the network, so nothing has to be built.",
    )


def test_the_advice_is_put_in_words():
    found = reinforce(network("A-B 1, B-C 1, C-D 1"), [Candidate(2, "A", "C", 90_000)], Diversity.SPAN)
    words = explain_reinforcement(found)
    assert words[1] == "For £900.00 the candidates below make good 2 of them, and nothing cheaper does."
    assert words[2] == "Row 2: A – C, £900.00."


def test_past_the_time_limit_there_is_a_choice_and_a_bound():
    random = Random(5)
    sites = [f"S{number}" for number in range(60)]
    spans = [Span(f"K{i}", sites[i], sites[random.randrange(i)], 1) for i in range(1, 60)]
    drawn = build_network(map(Site, sites), spans)
    candidates = [Candidate(i, *random.sample(sites, 2), random.randint(50, 99)) for i in range(2, 500)]
    found = reinforce(drawn, candidates, Diversity.SITE, time_limit_s=1e-6)
    assert not found.proven_optimal
    assert 0 <= found.lower_bound_pence < found.cost_pence
    assert not any(is_divided(drawn, each, list(found.chosen)) for each in failures(drawn, Diversity.SITE).values())
    assert reinforce(drawn, candidates, Diversity.SITE).cost_pence <= found.cost_pence


def test_every_fault_of_a_table_of_candidates_is_told_by_row_and_column():
    table = b"a,z,cost_pence,length_m\nA,X,5,10\nA,A,5,10\nA,B,-5,10\nA,B,5,-1\n,B,x,10\n"
    with pytest.raises(Invalid) as refused:
        read_candidates(network("A-B 1"), table)
    told = [(problem.row, problem.column) for problem in refused.value.problems]
    assert told == [(2, "z"), (3, "z"), (4, "cost_pence"), (5, "length_m"), (6, "a"), (6, "cost_pence")]


def test_a_table_of_candidates_is_read():
    assert read_candidates(network("A-B 1"), b"cost_pence,z,a\n500,B,A\n") == [Candidate(2, "A", "B", 500)]
