"""Questions in words, one at a time or in a CSV file."""

from __future__ import annotations

import pytest

from cni.primitives.errors import Invalid, NotFound
from cni.topology.questions import Diversity, Element, ElementKind, Question, read_queries, read_question
from tests.notation import network

NETWORK = network("A-B 1200 [K1], B-Z 900, A-C 1500, C-Z 1100 [K1 K2]")


def test_two_routes_are_meant_where_diversity_is_asked_for_and_else_one():
    ends = {"from": "A", "to": "Z"}

    assert read_question(NETWORK, ends) == Question("A", "Z", Diversity.SPAN, routes=1)
    assert read_question(NETWORK, {**ends, "diverse": "site"}) == Question("A", "Z", Diversity.SITE, routes=2)
    assert read_question(NETWORK, {**ends, "diverse": "site", "routes": "3"}).routes == 3


def test_several_ids_are_joined_by_semicolons():
    question = read_question(NETWORK, {"from": "A", "to": "Z", "exempt": "K1;K2", "without": "span:B-Z; site:C"})

    assert question.exempt == ("K1", "K2")
    assert question.without == (Element(ElementKind.SPAN, "B-Z"), Element(ElementKind.SITE, "C"))


def test_what_must_be_used_how_far_apart_and_how_long_to_search():
    words = {"must_use": "site:C;risk:K2", "separation_m": "50.5", "time_limit_s": "2", "diverse": "risk"}

    question = read_question(NETWORK, {"from": "A", "to": "Z", **words})

    assert question.diversity is Diversity.RISK
    assert question.must_use == (Element(ElementKind.SITE, "C"), Element(ElementKind.RISK, "K2"))
    assert question.separation_m == 50.5
    assert question.time_limit_s == 2


def test_who_asks_for_a_separation_asks_for_two_routes():
    assert read_question(NETWORK, {"from": "A", "to": "Z", "separation_m": "50"}).routes == 2


@pytest.mark.parametrize(
    ("words", "code", "place"),
    [
        ({"must_use": "C"}, "bad_element", "must_use"),
        ({"separation_m": "wide"}, "not_a_number", "separation_m"),
        ({"separation_m": "inf"}, "not_a_number", "separation_m"),
        ({"separation_m": "-5"}, "not_a_number", "separation_m"),
        ({"separation_m": "20000"}, "out_of_range", "separation_m"),
        ({"separation_m": "50", "routes": "3"}, "not_a_pair", "separation_m"),
        ({"time_limit_s": "nan"}, "not_a_number", "time_limit_s"),
        ({"time_limit_s": "0"}, "not_a_number", "time_limit_s"),
        ({"time_limit_s": "1e9"}, "out_of_range", "time_limit_s"),
    ],
)
def test_a_measure_that_cannot_be_is_refused_with_its_place(words, code, place):
    with pytest.raises(Invalid) as refusal:
        read_question(NETWORK, {"from": "A", "to": "Z", **words})

    assert [(problem.code, problem.place) for problem in refusal.value.problems] == [(code, place)]


def test_what_must_be_used_has_to_be_there():
    with pytest.raises(NotFound, match="There is no risk group K9 in the network"):
        read_question(NETWORK, {"from": "A", "to": "Z", "must_use": "risk:K9"})


def test_every_problem_of_a_question_comes_at_once():
    with pytest.raises(Invalid) as refusal:
        read_question(
            NETWORK,
            {"from": "A", "to": "Q", "diverse": "duct", "routes": "two", "pairs": "0", "without": "B-Z;span:X"},
        )

    assert sorted((problem.place, problem.code) for problem in refusal.value.problems) == [
        ("diverse", "bad_diversity"),
        ("pairs", "out_of_range"),
        ("routes", "not_a_number"),
        ("to", "unknown"),
        ("without", "bad_exclusion"),
        ("without", "unknown"),
    ]


def test_unknown_ids_alone_are_not_found_all_of_them():
    with pytest.raises(NotFound) as refusal:
        read_question(NETWORK, {"from": "P", "to": "Q"})

    assert refusal.value.detail == "There is no site P in the network. There is no site Q in the network."


def test_a_file_of_questions_is_read_in_its_order_with_the_options_for_empty_cells():
    data = "\ufefffrom,to,diverse,pairs,without\r\nA,Z,,2,\r\n\r\nB,C,site,,span:A-B;risk:K2\r\n".encode()

    questions = read_queries(NETWORK, data, defaults={"diverse": "span"})

    assert questions == [
        Question("A", "Z", Diversity.SPAN, routes=2, pairs=2),
        Question(
            "B",
            "C",
            Diversity.SITE,
            routes=2,
            without=(Element(ElementKind.SPAN, "A-B"), Element(ElementKind.RISK, "K2")),
        ),
    ]


def test_every_problem_of_a_file_comes_at_once_with_its_row_and_column():
    data = "from,to,pairs\nA,Z,1\nA,Q,1\n\nA,A,many\nA,Z,1,4\n"

    with pytest.raises(Invalid) as refusal:
        read_queries(NETWORK, data)

    assert [(problem.row, problem.column, problem.code) for problem in refusal.value.problems] == [
        (3, "to", "unknown"),
        (5, "pairs", "not_a_number"),
        (5, "to", "same_ends"),
        (6, None, "bad_row"),
    ]


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        ("", ["missing_column", "missing_column"]),
        ("from,colour\nA,red\n", ["missing_column", "bad_column"]),
        ("from,to,to\nA,Z,Z\n", ["bad_column"]),
        ('from,to\n"A,Z\n', ["bad_csv"]),
        (b"from,to\nA,\xff\n", ["bad_encoding"]),
    ],
)
def test_a_file_that_holds_no_questions_is_refused(data, codes):
    with pytest.raises(Invalid) as refusal:
        read_queries(NETWORK, data)

    assert [problem.code for problem in refusal.value.problems] == codes
