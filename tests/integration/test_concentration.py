"""On how many members each span and site depends."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from cni.leases.concentration import Holder, Usage, use_of_sites, use_of_spans
from cni.members.policy import Role
from tests.conftest import NOW
from tests.factories import make_actor, make_member
from tests.leases import SITE_DIVERSE, make_coop

IN_SERVICE = date(2026, 12, 1)
PLANT = "A-B 1000, B-Z 1000, A-C 2000, C-Z 2000, Z-D 500"


@pytest.fixture
def coop(session):
    return make_coop(session, PLANT)


@pytest.fixture
def rival(session, coop):
    """The same co-op as another user sees it."""
    member = make_member(session, "rival", roles="user")
    return replace(coop, user=member, planner=make_actor(session, member, Role.PLANNER))


def holder(coop):
    return Holder(coop.user.slug, coop.user.name)


def test_only_leases_in_service_count_on_each_span_and_site_of_their_routes(session, coop, rival, count_queries):
    coop.accepted(pairs=3)
    rival.accepted(a="A", z="B")
    rival.reserved(a="B", z="Z")

    with count_queries() as statements:
        spans, sites = use_of_spans(session, IN_SERVICE), use_of_sites(session, IN_SERVICE)

    own, other = holder(coop), holder(rival)
    assert {code: usage.pairs for code, usage in spans.items()} == {"A-B": {own: 3, other: 1}, "B-Z": {own: 3}}
    assert {code: usage.pairs for code, usage in sites.items()} == {
        "A": {own: 3, other: 1},
        "B": {own: 3, other: 1},
        "Z": {own: 3},
    }
    assert len(statements) == 2
    assert use_of_spans(session, NOW.date()) == {}  # the first day of both is to come


def test_two_routes_count_at_their_common_ends_and_a_route_once_where_its_spans_meet(session, coop):
    coop.accepted(**SITE_DIVERSE)

    assert {code: usage.leased_pairs for code, usage in use_of_sites(session, IN_SERVICE).items()} == {
        "A": 2,
        "B": 1,
        "C": 1,
        "Z": 2,
    }


def test_the_largest_share_is_in_whole_per_cent_and_a_tie_goes_by_name():
    one, two, three = (Holder(name, name.title()) for name in ("one", "two", "three"))

    usage = Usage({two: 2, one: 2, three: 1})

    assert (usage.users, usage.leased_pairs, usage.largest, usage.largest_percent) == (3, 5, one, 40)
    assert Usage({one: 1, two: 1, three: 6}).largest_percent == 75
    assert Usage({one: 5, two: 3}).largest_percent == 63  # 62.5
    assert (Usage().users, Usage().largest, Usage().largest_percent) == (0, None, 0)
