"""`cni check-routes`, on a file and on the live plant."""

from __future__ import annotations

import json

import networkx
import pytest

from cni.cli import main
from tests.notation import network
from tests.plant import lay

DRAWN = network("A-B 1200 x4 [K1], B-Z 900, A-C 1500, C-Z 1100 [K1]")
ASKED = ("--from", "A", "--to", "Z", "--diverse", "site")


@pytest.fixture
def square(tmp_path):
    path = tmp_path / "square.json"
    path.write_text(json.dumps(networkx.node_link_data(DRAWN.graph, edges="edges")), encoding="utf-8")
    return path


@pytest.fixture
def answered(cni, square, tmp_path):
    """A file with the answer to `ASKED`, or what `change` makes of it."""

    def write(change=lambda document: document, *, asked=ASKED):
        document = json.loads(cni("routes", "--network", square, *asked, "--json")[1])
        path = tmp_path / "answer.json"
        path.write_text(json.dumps(change(document), indent=1), encoding="utf-8")
        return path

    return write


def test_an_answer_of_ours_holds(cni, square, answered):
    assert cni("check-routes", answered(), "--network", square, *ASKED) == (0, "The answer holds.\n", "")


def test_what_is_wrong_is_told_in_words_and_as_json(cni, square, answered):
    path = answered(lambda document: document | {"total_length_m": 1, "lower_bound_m": 1})
    message = "The total is said to be 1 m; the routes together are 4,700 m long."

    code, out, _ = cni("check-routes", path, "--network", square, *ASKED)
    assert code == 2
    assert f"total_length_m: {message}" in out.splitlines()

    code, out, _ = cni("check-routes", path, "--network", square, *ASKED, "--json")
    told = json.loads(out)
    assert code == 2
    assert told["valid"] is False
    assert {"code": "wrong_total", "message": message, "place": "total_length_m"} in told["faults"]


def test_the_answer_is_held_against_what_the_options_say(cni, square, answered):
    path = answered()

    assert cni("check-routes", path, "--network", square, *ASKED, "--pairs", "4")[0] == 0
    assert cni("check-routes", path, "--network", square, *ASKED, "--pairs", "5")[0] == 2
    assert cni("check-routes", path, "--network", square, *ASKED, "--without", "site:B")[0] == 2
    assert cni("check-routes", path, "--network", square, *ASKED[:4], "--diverse", "risk")[0] == 2
    assert cni("check-routes", path, "--network", square, *ASKED[:4], "--diverse", "risk", "--exempt", "K1")[0] == 0


def test_answers_on_lines_are_each_checked(cni, square, tmp_path):
    queries = tmp_path / "queries.csv"
    queries.write_text("from,to,diverse,pairs\nA,Z,span,1\nA,B,span,5\n", encoding="utf-8")
    lines = cni("routes", "--network", square, "--queries", queries)[1].splitlines()
    path = tmp_path / "answers.jsonl"

    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    asked = ("--from", "A", "--diverse", "span")  # for answers that do not tell their question
    assert cni("check-routes", path, "--network", square, *asked)[0] in (0, 2)

    path.write_text(lines[0].replace('"K1"', '"K2"') + "\n\n" + lines[0] + "\n", encoding="utf-8")
    code, out, _ = cni("check-routes", path, "--network", square, "--json")
    assert code == 2
    assert {fault["place"] for fault in json.loads(out)["faults"]} == {"line 1, shared.risks"}


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("", 1),
        ("hello", 1),
        ("[" * 10**5, 1),
        ('{"outcome": "\\ud800"}', 1),
        ("[]", 1),
        ('{"nodes": []}', 1),
        ('{"outcome": "none"}\n17\n', 2),
    ],
)
def test_a_file_that_is_no_answer_is_told_in_one_sentence(cni, square, tmp_path, text, row):
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")

    code, out, err = cni("check-routes", path, "--network", square, "--json")

    assert code == 2
    assert [(problem["code"], problem["row"]) for problem in json.loads(out)["problems"]] == [("not_an_answer", row)]
    assert f"Line {row} is not an answer of cni routes" in err


def test_the_live_plant_is_checked_against_where_no_file_is_given(cni, session, test_runtime, monkeypatch, answered):
    monkeypatch.setattr(main, "open_database", lambda: None)
    path = answered()
    lay(session, "A-B 1200, B-Z 900, A-C 1500")

    code, out, _ = cni("check-routes", path)
    assert code == 2
    assert "There is no span C-Z in the network." in out


def test_a_fault_names_the_route_and_the_answer_that_it_is_in(cni, square, answered, tmp_path):
    sound = json.loads(answered().read_text(encoding="utf-8"))
    longer = json.loads(json.dumps(sound))
    longer["routes"][1]["length_m"] = 9999
    beyond = json.loads(json.dumps(sound))
    beyond["routes"][1]["length_m"] = 10**400
    path = tmp_path / "answers.jsonl"
    path.write_text("\n".join(map(json.dumps, (sound, longer, beyond))), encoding="utf-8")

    _, out, _ = cni("check-routes", path, "--network", square)
    assert "line 2, route 2, length_m: The route is said to be 9,999 m long; its spans are 2,600 m." in out
    assert "line 3, route 2, length_m: The route's length_m is missing, or is not of the kind" in out

    faults = json.loads(cni("check-routes", path, "--network", square, "--json")[1])["faults"]
    assert {fault["place"] for fault in faults if fault["place"].startswith("line 3")} == {"line 3, routes[1].length_m"}


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--pairs", "-1"), "The question's pairs is -1; it can be from 1 to 10,000. Give a number within"),
        (("--routes", "9" * 40), f"The question's routes is {'9' * 20}…; it can be from 1 to 8."),
        (("--separation-m", "nan"), "The question's separation_m is nan; it can be from 0 to 10,000."),
    ],
)
def test_an_option_out_of_bounds_is_refused_in_a_sentence(cni, square, answered, option, said):
    code, _, err = cni("check-routes", answered(), "--network", square, *option)
    assert code == 2
    assert said in err


@pytest.mark.parametrize("pairs", [-1, 10**400])
def test_a_question_out_of_bounds_is_a_fault_in_a_sentence(cni, square, answered, pairs):
    path = answered(lambda document: document | {"question": document["question"] | {"pairs": pairs}})
    code, out, _ = cni("check-routes", path, "--network", square)
    assert code == 2
    assert out.startswith("question.pairs: The question's pairs is ")
    assert out.endswith("it can be from 1 to 10,000.\n")
