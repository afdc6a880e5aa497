"""What staff and members may see of who uses which span."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cni.members.policy import Role
from cni.operations.sharing import Share, commercial_resilience
from tests.factories import make_actor, make_member
from tests.leases import START, make_coop

PLANT = "A-B 1000 x9, B-C 1000 x9, C-D 1000"


@pytest.fixture
def coop(session):
    return make_coop(session, PLANT)


@pytest.fixture
def others(session, coop):
    """The same co-op as two more users see it."""
    members = [make_member(session, name, roles="user") for name in ("other-one", "other-two")]
    return [replace(coop, user=user, planner=make_actor(session, user, Role.PLANNER)) for user in members]


@pytest.fixture
def used(coop, others):
    """A-B has three users, one of whom has 5 of 7 pairs; B-C has two, C-D none."""
    coop.accepted(a="A", z="C", pairs=5)
    others[0].accepted(a="A", z="C")
    others[1].accepted(a="A", z="B")


def spans(session, actor):
    return {use.code: use for use in commercial_resilience(session, actor, on=START).spans}


def test_staff_see_who_uses_what_and_how_much(session, coop, used):
    seen = spans(session, coop.steward)

    assert [(code, use.kind) for code, use in seen.items()] == [
        ("B-C", "few_users"),
        ("A-B", "many_users"),
        ("C-D", "no_user"),
    ]
    assert [(holder.slug, pairs) for holder, pairs in seen["A-B"].holders] == [
        (coop.user.slug, 5),
        ("other-one", 1),
        ("other-two", 1),
    ]
    assert (seen["A-B"].largest_percent, seen["B-C"].largest_percent, seen["C-D"].largest_percent) == (71, 83, None)


def test_a_member_sees_no_name_no_small_count_and_no_exact_share(session, coop, used):
    seen = spans(session, coop.planner)

    assert (seen["A-B"].users, seen["A-B"].share) == (3, Share.OVER_HALF)
    assert all(use.holders == () and use.largest_percent is None for use in seen.values())
    assert all((seen[code].users, seen[code].share) == (None, None) for code in ("B-C", "C-D"))


def test_what_a_member_sees_of_two_users_one_or_none_is_alike(session, coop, others):
    """Else the order or the class would tell what the count does not."""
    before = commercial_resilience(session, others[1].planner, on=START)
    coop.accepted(a="B", z="C")
    one = commercial_resilience(session, others[1].planner, on=START)
    others[0].accepted(a="B", z="C")

    assert before == one == commercial_resilience(session, others[1].planner, on=START)


def test_staff_without_the_right_to_read_leases_see_what_members_see(session, coop, used):
    registrar = make_actor(session, None, Role.REGISTRAR)

    assert not commercial_resilience(session, registrar, on=START).names_are_told
    assert spans(session, registrar)["B-C"].users is None


def test_it_takes_a_few_statements_however_many_spans_there_are(session, coop, used, count_queries):
    commercial_resilience(session, coop.steward, on=START)

    with count_queries() as statements:
        commercial_resilience(session, coop.steward, on=START)

    assert len(statements) == 3  # the revision, spans, sites
