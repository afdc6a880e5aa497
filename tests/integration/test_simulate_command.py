"""`cni simulate`, on files and on the live plant, and the leases that it is about."""

from __future__ import annotations

import json
from dataclasses import replace

import networkx
import pytest

from cni.cli import main
from cni.members.policy import Role
from cni.operations import simulating
from cni.primitives.errors import Forbidden
from cni.topology.failures.simulate import LeasedRoutes
from cni.topology.questions import Diversity
from tests.conftest import NOW
from tests.factories import make_actor, make_member
from tests.leases import SITE_DIVERSE, START, make_coop
from tests.notation import network

DRAWN = network("A-B 100 [K], B-Z 100, A-C 200 [K], C-Z 200, A-D 300 x1, D-Z 300")
LEASES = """reference,member,spans,second_spans,pairs,starts_on,term_months
L1,spindle,A-B;B-Z,C-Z;A-C,1,2026-01-01,12
L2,spindle,A-B;B-Z,,2,2026-02-01,12
"""


@pytest.fixture
def files(tmp_path):
    """The options that name the drawn network and these leases."""

    def write(leases=LEASES):
        plant, table = tmp_path / "plant.json", tmp_path / "leases.csv"
        plant.write_text(json.dumps(networkx.node_link_data(DRAWN.graph, edges="edges")), encoding="utf-8")
        table.write_text(leases, encoding="utf-8")
        return "--network", plant, "--leases", table

    return write


@pytest.fixture
def coop(session):
    return make_coop(session, "A-B 1200 [K1], B-Z 900, A-C 1500, C-Z 1100 [K1], Z-D 700")


@pytest.fixture
def rival(session, coop):
    """The same co-op as another user sees it."""
    member = make_member(session, "rival", roles="user")
    return replace(coop, user=member, planner=make_actor(session, member, Role.PLANNER))


# From files


def test_files_are_answered_in_words(cni, files):
    code, out, _ = cni("simulate", *files(), "--cut", "site:B")

    assert code == 0
    assert out.splitlines() == [
        "Leases hit: 2. Surviving on another route: 1. Failed: 1, of which 1 can be re-routed one after another"
        " (earliest start first, then by reference) and 0 cannot.",
        "L1 survives over A-C C-Z. A second route, as diverse as before: A-D D-Z (600 m).",
        "L2 can be led over A-C C-Z (400 m).",
    ]


def test_files_are_answered_as_json_and_cuts_can_follow_each_other(cni, files):
    code, out, _ = cni("simulate", *files(), "--cut", "span:A-B", "span:A-C", "--json")
    document = json.loads(out)

    assert code == 0
    assert document["cuts"] == ["span:A-B", "span:A-C"]
    assert document["failed"] == ["L1", "L2"]
    assert [row["spans"] for row in document["reroutable"]] == [["A-D", "D-Z"]]
    assert [row["reference"] for row in document["not_reroutable"]] == ["L2"]
    assert [row["reference"] for row in document["regardless_of_pairs"]["reroutable"]] == ["L1", "L2"]


def test_a_second_route_written_from_the_other_end_is_one_all_the_same(cni, files):
    document = json.loads(cni("simulate", *files(), "--cut", "span:B-Z", "--json")[1])

    assert document["surviving"][0]["spans"] == ["A-C", "C-Z"]


@pytest.mark.parametrize("word", ["span:Q", "site:Q", "risk:Q"])
def test_what_is_not_there_leaves_with_3(cni, files, word):
    code, out, err = cni("simulate", *files(), "--cut", word)

    assert (code, out) == (3, "")
    assert "Q in the network." in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Nothing is cut."),
        (("--cut", "A-B"), "“A-B” does not say what is cut."),
        (("--cut", "span:Q", "--cut", "K"), "“K” does not say what is cut."),
    ],
)
def test_what_cannot_be_cut_leaves_with_2(cni, files, words, said):
    code, out, err = cni("simulate", *files(), *words)

    assert (code, out) == (2, "")
    assert said in err


def test_a_network_needs_its_leases_and_leases_their_network(cni, files):
    options = files()

    assert "Give --leases too, or neither." in cni("simulate", *options[:2], "--cut", "span:A-B")[2]
    assert "Give --network too, or neither." in cni("simulate", *options[2:], "--cut", "span:A-B")[2]


def test_every_bad_row_is_named(cni, files):
    rows = [
        "reference,spans,second_spans,pairs,starts_on",
        "L1,A-B;C-Z,,1,2026-01-01",
        "l1,A-B;B-Z,,1,2026-01-01",
        "L3,A-B;Q,,1,2026-01-01",
        "L4,A-B;B-Z,A-B,none,2026-02-30",
        "L5,,,20000,2026-01-01",
        "L6,A-B;B-Z,A-B;B-Z,1,2026-01-01",
        "L7,A-B;B-Z,1,2026-01-01",
        "L8,A-B,;,1,2026-01-01",
        ",A-B,,1,2026-01-01",
    ]
    code, out, _ = cni("simulate", *files("\n".join(rows)), "--cut", "span:A-B", "--json")
    found = {(each["row"], each["column"], each["code"]) for each in json.loads(out)["problems"]}

    assert code == 2
    assert {(row, column) for row, column, _ in found} == {
        (2, "spans"),
        (3, "reference"),
        (4, "spans"),
        (5, "pairs"),
        (5, "starts_on"),
        (5, "second_spans"),
        (6, "spans"),
        (6, "pairs"),
        (7, "second_spans"),
        (8, None),
        (9, "second_spans"),
        (10, "reference"),
    }
    assert (4, "spans", "unknown_span") in found


def test_a_table_without_the_columns_that_are_needed_is_refused(cni, files):
    code, _, err = cni("simulate", *files("reference,spans\nL1,A-B\n"), "--cut", "span:A-B")

    assert code == 2
    assert "pairs" in err
    assert "starts_on" in err


def test_a_day_that_does_not_exist_is_refused(cni):
    code, _, err = cni("simulate", "--cut", "span:A-B", "--on", "2026-02-30")

    assert code == 2
    assert "2026-02-30" in err


# The live plant


def test_the_live_plant_is_answered_with_the_leases_in_service(cni, session, test_runtime, coop, monkeypatch):
    monkeypatch.setattr(main, "open_database", lambda: None)
    reference = coop.accepted(a="A", z="Z").reference
    words = ("simulate", "--cut", "span:A-B", "--json")

    assert json.loads(cni(*words)[1])["hit"] == []  # it has not begun
    document = json.loads(cni(*words, "--on", START.isoformat())[1])
    assert document["failed"] == [reference]
    assert [row["spans"] for row in document["reroutable"]] == [["A-C", "C-Z"]]


def test_leases_come_with_their_routes_and_how_diverse_those_are(session, coop):
    pair, single = coop.accepted(a="A", z="Z", **SITE_DIVERSE), coop.accepted(a="Z", z="D", pairs=2)

    assert {each.reference: each for each in simulating.leases_in_service(session, coop.steward, START)} == {
        pair.reference: LeasedRoutes(pair.reference, (("A-B", "B-Z"), ("A-C", "C-Z")), 1, Diversity.SITE, START),
        single.reference: LeasedRoutes(single.reference, (("Z-D",),), 2, None, START),
    }


def test_a_member_sees_its_own_leases_and_staff_see_all(session, coop, rival):
    own, other = coop.accepted(a="A", z="D").reference, rival.accepted(a="A", z="Z").reference

    def seen(actor):
        return [each.reference for each in simulating.leases_in_service(session, actor, START)]

    assert (seen(coop.planner), seen(rival.planner)) == ([own], [other])
    assert seen(coop.steward) == sorted([own, other])
    with pytest.raises(Forbidden):
        seen(make_actor(session, coop.user, Role.ASSET_OFFICER))


def test_a_lease_that_is_not_in_service_is_left_out(session, coop):
    coop.requested(a="A", z="Z")
    coop.accepted(a="A", z="Z")

    assert simulating.leases_in_service(session, coop.steward, NOW.date()) == []
    assert len(simulating.leases_in_service(session, coop.steward, START)) == 1


def test_many_leases_take_no_more_statements_than_one(session, coop, count_queries):
    coop.accepted(a="A", z="D")
    simulating.leases_in_service(session, coop.steward, START)
    counts = []
    for _ in range(2):
        with count_queries() as statements:
            simulating.leases_in_service(session, coop.steward, START)
        counts.append(len(statements))
        coop.accepted(a="A", z="D")

    assert counts == [2, 2]  # the plant's revision, the leases
