"""`cni audit` and `cni reinforce`, on a file and on the live plant."""

from __future__ import annotations

import json

import networkx
import pytest

from cni.cli import main
from tests.notation import network
from tests.plant import lay


@pytest.fixture
def ring(tmp_path):
    """A network file: a ring of A, B and C with D at the end of a span, and a risk group on two spans of the ring."""
    drawn = network("A-B 1 [K], B-C 1 [K], C-A 1, C-D 1")
    path = tmp_path / "ring.json"
    path.write_text(json.dumps(networkx.node_link_data(drawn.graph, edges="edges")), encoding="utf-8")
    return str(path)


@pytest.fixture
def candidates(tmp_path):
    def write(text):
        path = tmp_path / "candidates.csv"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def live(session, test_runtime, monkeypatch):
    """The live plant of this test's session behind the command line."""
    monkeypatch.setattr(main, "open_database", lambda: None)
    return session


def test_an_audit_is_one_document_on_one_line(cni, ring):
    code, out, err = cni("audit", "--network", ring, "--json")
    assert code == 0
    assert len(out.splitlines()) == 1
    assert json.loads(out) == {
        "bridges": ["C-D"],
        "articulation_sites": ["C"],
        "single_point_risks": ["K"],
        "two_edge_connected_components": 2,
        "two_span_cuts": {"count": 3},
        "core_sites": 3,
        "sites_by_resilience": {"unjoined": [], "span": ["D"], "site": [], "risk": ["B"], "sound": ["A", "C"]},
    }
    assert "pairs of spans" in err  # progress goes elsewhere


def test_an_audit_lists_the_pairs_of_spans_on_request(cni, ring):
    _, out, _ = cni("audit", "--network", ring, "--json", "--list")
    assert json.loads(out)["two_span_cuts"]["cuts"] == [["A-B", "B-C"], ["A-B", "C-A"], ["B-C", "C-A"]]


def test_an_audit_in_words(cni, ring):
    _, out, _ = cni("audit", "--network", ring)
    assert "1 span whose failure alone divides the network: bridges." in out
    assert "3 pairs of spans divide it" in out


def test_an_audit_in_words_names_the_first_of_each_and_counts_the_rest(cni, tmp_path):
    drawn = network(", ".join(["A-B 1, B-C 1, C-A 1", *(f"A-D{number:02} 1" for number in range(12))]))
    path = tmp_path / "star.json"
    path.write_text(json.dumps(networkx.node_link_data(drawn.graph, edges="edges")), encoding="utf-8")

    _, out, _ = cni("audit", "--network", path)

    lines = out.splitlines()
    bridges = ", ".join(f"A-D{number:02}" for number in range(10))
    assert f"Bridges: {bridges} and 2 more; --json gives all." in lines
    assert "Articulation sites: A." in lines
    assert not any(line.startswith("Risk groups") for line in lines)
    sites = ", ".join(f"D{number:02}" for number in range(10))
    assert f"Sites that one span cuts off: {sites} and 2 more; --json gives all." in lines


def test_the_live_plant_is_audited(cni, live):
    lay(live, "A-B 100, B-C 100")
    assert len(json.loads(cni("audit", "--json")[1])["bridges"]) == 2


def test_advice_is_the_cheapest_that_cures(cni, ring, candidates):
    table = candidates("a,z,cost_pence,length_m\nD,A,900,120\nD,B,800,150\nD,C,950,100\n")
    code, out, _ = cni("reinforce", "--network", ring, "--candidates", table, "--json")
    told = json.loads(out)
    assert code == 0
    assert told["outcome"] == "found"
    assert told["candidates"] == [{"row": 3, "a": "D", "z": "B", "cost_pence": 800, "length_m": 150}]
    assert (told["cost_pence"], told["lower_bound_pence"], told["proven_optimal"]) == (800, 800, True)
    assert told["remaining"] == []


def test_advice_against_sites_needs_more_than_a_second_span(cni, ring, candidates):
    table = candidates("a,z,cost_pence\nD,C,1\n")
    told = json.loads(cni("reinforce", "--network", ring, "--candidates", table, "--against", "site", "--json")[1])
    assert (told["outcome"], told["candidates"]) == ("none", [])
    assert [(each["kind"], each["id"]) for each in told["remaining"]] == [("site", "C")]


def test_advice_in_words(cni, ring, candidates):
    _, out, _ = cni("reinforce", "--network", ring, "--candidates", candidates("a,z,cost_pence\nD,A,90000\n"))
    assert "For £900.00 the candidates below make good 1 of them, and nothing cheaper does." in out
    assert "Row 2: D – A, £900.00." in out


def test_faulty_candidates_are_told_by_row_and_column(cni, ring, candidates):
    table = candidates("a,z,cost_pence\nD,NOWHERE,1\nD,D,x\n")
    code, out, _ = cni("reinforce", "--network", ring, "--candidates", table, "--json")
    told = [(problem["row"], problem["column"]) for problem in json.loads(out)["problems"]]
    assert (code, told) == (2, [(2, "z"), (3, "z"), (3, "cost_pence")])


def test_against_what_is_a_word_of_three(cni, ring, candidates):
    table = candidates("a,z,cost_pence\nD,A,1\n")
    assert cni("reinforce", "--network", ring, "--candidates", table, "--against", "owner")[0] == 2
