"""What becomes of sites and leases if things fail, as far as each may see it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cni.members.policy import Role
from cni.operations.foreseeing import MOST_CUTS, what_if
from cni.primitives.errors import Invalid
from tests.factories import make_actor, make_member
from tests.leases import SITE_DIVERSE, START, make_coop

PLANT = "A-B 1000 x2, B-Z 1000 x2, A-C 1500 x2, C-Z 1500 x2, A-D 2000 x1, D-Z 2000 x1, Z-E 700 x2 [K]"


@pytest.fixture
def coop(session):
    return make_coop(session, PLANT)


@pytest.fixture
def rival(session, coop):
    """The same co-op as another user sees it."""
    member = make_member(session, "rival", roles="user")
    return replace(coop, user=member, planner=make_actor(session, member, Role.PLANNER))


def foreseen(coop, *cuts, actor=None):
    return what_if(coop.session, actor or coop.planner, cuts, on=START)


def fates(coop, *cuts, actor=None):
    return {fate.hit.lease.reference: fate.hit.becomes for fate in foreseen(coop, *cuts, actor=actor).fates}


def test_a_lease_survives_is_led_another_way_or_is_lost(coop):
    pair = coop.accepted(**SITE_DIVERSE).reference
    single = coop.accepted(a="Z", z="E").reference

    assert fates(coop, "span:A-B", "risk:K") == {pair: "survives", single: "lost"}
    assert fates(coop, "span:A-B", "site:C") == {pair: "rerouted"}
    assert fates(coop, "span:A-D") == {}


def test_leases_are_led_one_after_another_over_the_pairs_that_are_free(coop, rival):
    """Both lose A-B-Z; one pair each is free on A-C-Z only, since a third lease holds the other, and on A-D-Z."""
    first, second, third = (each.accepted().reference for each in (coop, rival, coop))
    [via_c] = [r for r in (first, second, third) if r not in fates(coop, "span:A-B", actor=coop.steward)]
    assert via_c == third

    failed = foreseen(coop, "span:A-B", actor=coop.steward).fates
    assert sorted(fate.ways[0] for fate in failed) == [("A-C", "C-Z"), ("A-D", "D-Z")]
    failed = foreseen(coop, "span:A-B", "span:A-D", actor=coop.steward).fates
    assert sorted(fate.hit.becomes for fate in failed) == ["lost", "rerouted"]
    assert [fate.lacks_pairs for fate in failed] == [True, False]  # the one that is lost stands first


def test_what_a_member_is_told_does_not_depend_on_what_fails_of_others(coop, rival):
    own = coop.accepted(starts_on=START.replace(day=2)).reference
    rivals = rival.accepted().reference  # it starts first, and is led first
    at = START.replace(day=3)

    alone = what_if(coop.session, coop.planner, ["span:A-B"], on=at)
    everyone = what_if(coop.session, coop.steward, ["span:A-B"], on=at)

    assert [fate.hit.lease.reference for fate in alone.fates] == [own]
    assert {fate.hit.lease.reference for fate in everyone.fates} == {own, rivals}
    assert alone.fates[0].ways == (("A-C", "C-Z"),)


def test_sites_and_spans_are_told_without_leases_to_who_may_not_read_them(coop, session):
    coop.accepted(a="Z", z="E")
    officer = make_actor(session, coop.user, Role.ASSET_OFFICER)

    found = foreseen(coop, "site:z", actor=officer)

    assert found.fates is None
    assert found.failure.cut_off == ("E",)
    assert found.failure.spans == {"B-Z", "C-Z", "D-Z", "Z-E"}


def test_all_that_is_wrong_with_what_fails_is_told_at_once(coop):
    with pytest.raises(Invalid) as refused:
        foreseen(coop, "span:nowhere", "site:", "colour:red", "risk:none")
    assert [problem.code for problem in refused.value.problems] == ["unknown", "unknown", "bad_cut", "unknown"]

    with pytest.raises(Invalid, match=f"{MOST_CUTS + 1} things"):
        foreseen(coop, *(f"span:{number}" for number in range(MOST_CUTS + 1)))


def test_it_takes_three_statements_however_much_fails(coop, count_queries):
    coop.accepted(**SITE_DIVERSE)
    coop.accepted(a="Z", z="E")
    foreseen(coop, "span:A-B")

    with count_queries() as statements:
        foreseen(coop, "span:A-B", "site:C", "risk:K")

    assert len(statements) == 3  # the revision, the leases, the pairs that are held
