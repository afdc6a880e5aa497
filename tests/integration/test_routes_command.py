"""`cni routes`, on a file and on the live plant."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date

import networkx
import pytest

from cni.cli import main
from tests.leases import make_coop
from tests.notation import network
from tests.plant import lay


@pytest.fixture
def square(tmp_path):
    """A network file: two routes from A to Z, which share the risk group K1."""
    drawn = network("A-B 1200 x4 [K1], B-Z 900, A-C 1500, C-Z 1100 [K1]")
    path = tmp_path / "square.json"
    path.write_text(json.dumps(networkx.node_link_data(drawn.graph, edges="edges")), encoding="utf-8")
    return str(path)


@pytest.fixture
def live(session, test_runtime, monkeypatch):
    """The live plant of this test's session behind the command line."""
    monkeypatch.setattr(main, "open_database", lambda: None)
    return session


def test_a_file_is_answered_as_json(cni, square):
    code, out, _ = cni("routes", "--network", square, "--from", "A", "--to", "Z", "--diverse", "site", "--json")
    answer = json.loads(out)
    assert code == 0
    assert [route["spans"] for route in answer["routes"]] == [["A-B", "B-Z"], ["A-C", "C-Z"]]
    assert answer["total_length_m"] == answer["lower_bound_m"] == 4700
    assert answer["shared"]["risks"] == ["K1"]


def test_a_file_is_answered_in_words(cni, square):
    _, out, _ = cni("routes", "--network", square, "--from", "A", "--to", "Z", "--diverse", "span")
    assert "Route 1 is 2,100 m long and crosses 2 spans." in out
    assert "1. A-B B-Z" in out


def test_of_three_routes_each_two_are_told_how_near_they_come(cni, tmp_path):
    drawn = network("A-B 1200, B-Z 900, A-C 1500, C-Z 1100, A-D 1600, D-Z 1200")
    places = {"A": (0, 0), "Z": (0.02, 0), "B": (0.01, 0.01), "C": (0.01, 0), "D": (0.01, -0.005)}
    for site, (lon, lat) in places.items():
        drawn.graph.nodes[site].update(lon=lon, lat=lat)
    path = tmp_path / "three.json"
    path.write_text(json.dumps(networkx.node_link_data(drawn.graph, edges="edges")), encoding="utf-8")
    asked = ("--network", path, "--from", "A", "--to", "Z", "--routes", "3")

    told = json.loads(cni("routes", *asked, "--json")[1])["separations"]
    assert [apart["routes"] for apart in told] == [[1, 2], [1, 3], [2, 3]]
    assert all(0 < apart["separation_m"] < 1200 for apart in told)
    assert "Routes 2 and 3 keep " in cni("routes", *asked)[1]


def test_no_route_is_an_answer_and_no_failure(cni, square):
    words = ("--from", "A", "--to", "B", "--pairs", "5", "--without", "span:B-Z", "--without", "site:C", "--json")
    code, out, _ = cni("routes", "--network", square, *words)
    assert code == 0
    assert json.loads(out)["outcome"] == "none"


@pytest.mark.parametrize(
    ("words", "code", "place"),
    [
        (("--from", "A", "--to", "NOWHERE"), 3, "to"),
        (("--from", "A", "--to", "A"), 2, "to"),
        (("--from", "A", "--to", "Z", "--diverse", "duct"), 2, "diverse"),
        (("--from", "A", "--to", "Z", "--separation-m", "50"), 2, "separation_m"),
        (("--from", "A", "--to", "Z", "--pairs", "some"), 2, "pairs"),
        (("--from", "A", "--to", "Z", "--on", "2026-02-30"), 2, "on"),
        (("--from", "A", "--to", "Z", "--on", "2026-12-01", "--from-date", "2026-12-01"), 2, "on"),
        (("--from", "A", "--to", "Z", "--from-date", "2026-12-02", "--to-date", "2026-12-01"), 2, "to_date"),
        (("--from", "A", "--to", "Z", "--to-date", "2026-12-01"), 2, "to_date"),
    ],
)
def test_what_cannot_be_asked_is_told_with_its_place(cni, square, words, code, place):
    left, out, _ = cni("routes", "--network", square, *words, "--json")
    assert left == code
    assert [problem["column"] for problem in json.loads(out)["problems"]] == [place]


def test_a_command_that_only_reads_does_not_say_that_nothing_was_saved(cni, square):
    _, _, err = cni("routes", "--network", square, "--from", "A", "--to", "A", "--pairs", "0")
    assert err.startswith("2 problems to mend.\n")
    assert "saved" not in err


def test_many_questions_are_answered_line_by_line_with_the_time_of_each(cni, square, tmp_path):
    queries = tmp_path / "queries.csv"
    queries.write_text("from,to,pairs\nA,Z,\nA,B,5\n", encoding="utf-8")
    code, out, _ = cni("routes", "--network", square, "--queries", str(queries), "--diverse", "span", "--json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [answer["outcome"] for answer in answers] == ["found", "partly_diverse"]
    assert all(answer["ms"] > 0 for answer in answers)


def test_every_fault_of_a_file_of_questions_is_told_by_row(cni, square, tmp_path):
    queries = tmp_path / "queries.csv"
    queries.write_text("from,to\nA,NOWHERE\n,Z\n", encoding="utf-8")
    code, out, _ = cni("routes", "--network", square, "--queries", str(queries), "--json")
    assert code == 2
    assert [(problem["row"], problem["column"]) for problem in json.loads(out)["problems"]] == [(2, "to"), (3, "from")]


def test_a_file_says_itself_which_pairs_are_free(cni, square):
    _, _, err = cni("routes", "--network", square, "--from", "A", "--to", "Z", "--on", "2026-12-01")
    assert "dates are not used" in err


def test_the_live_plant_is_asked_for_the_days_given(cni, live):
    coop = make_coop(live, "A-Z 100 x1, A-B 100, B-Z 100")
    coop.requested(starts_on=date(2026, 12, 1), term_months=12)
    words = ("--from", "A", "--to", "Z", "--json")
    assert json.loads(cni("routes", *words)[1])["total_length_m"] == 100
    assert json.loads(cni("routes", *words, "--on", "2026-12-01")[1])["total_length_m"] == 200
    assert (
        json.loads(cni("routes", *words, "--from-date", "2026-11-01", "--to-date", "2026-12-01")[1])["total_length_m"]
        == 100
    )
    assert json.loads(cni("routes", *words, "--from-date", "2027-11-30")[1])["total_length_m"] == 200
    assert json.loads(cni("routes", *words, "--from-date", "2027-12-01")[1])["total_length_m"] == 100


def test_proposed_plant_is_not_in_the_answer(cni, live):
    lay(live, "A-B 100", live=False)
    assert cni("routes", "--from", "A", "--to", "B")[0] == 3


def test_a_file_needs_neither_a_database_nor_its_library(square):
    program = (
        "import sys; from cni.cli import main; sys.argv = ['cni', *sys.argv[1:]]\n"
        "try: main.main()\n"
        "except SystemExit: print(sorted({'sqlalchemy', 'psycopg', 'flask', 'shapely'} & set(sys.modules)))"
    )
    words = ["routes", "--network", square, "--from", "A", "--to", "Z", "--json"]
    ran = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    answer, imported = ran.stdout.splitlines()
    assert json.loads(answer)["outcome"] == "found"
    assert imported == "[]"
