"""Which pairs a request holds where fibres are spliced through: the fewest new splices, then the lowest numbers."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cni.assets.structure import Splice
from cni.events.models import EventRow
from cni.operations import leasing
from tests.conftest import NOW
from tests.leases import SITE_DIVERSE, Coop, make_coop

LADDER = "A-B 1000, B-C 1000, C-Z 1000"
"""Pairs 3 to 6 of each span are offered."""


@pytest.fixture
def coop(session):
    return make_coop(session, LADDER)


def splice(session: Session, coop: Coop, here: str, there: str) -> None:
    """Splice a pair to another, as in "A-B/4" and "B-C/5": both fibres."""
    (span, pair), (other, its_pair) = here.split("/"), there.split("/")
    for fibre in (0, 1):
        session.add(
            Splice(
                site_id=coop.spans[span].z_id,
                from_span_id=coop.spans[span].id,
                from_fibre=2 * int(pair) - fibre,
                to_span_id=coop.spans[other].id,
                to_fibre=2 * int(its_pair) - fibre,
            )
        )


def told(session: Session) -> list[dict]:
    """What each request told, in order."""
    requests = select(EventRow.details).where(EventRow.kind == "LeaseRequested").order_by(EventRow.id)
    return list(session.scalars(requests))


def test_a_request_follows_what_is_spliced_through_although_lower_pairs_are_free(session, coop):
    splice(session, coop, "A-B/5", "B-C/6")
    coop.requested()
    (first,) = told(session)
    assert first["fibre_pairs"] == ["A-B/5", "B-C/6", "C-Z/3"]
    assert (first["new_splices"], first["existing_splices"]) == (2, 2)


def test_a_splice_has_no_direction(session, coop):
    splice(session, coop, "A-B/5", "B-C/6")
    coop.requested(a="Z", z="A")
    assert told(session)[0]["fibre_pairs"] == ["C-Z/3", "B-C/6", "A-B/5"]


def test_what_is_held_is_no_longer_followed(session, coop):
    splice(session, coop, "A-B/5", "B-C/6")
    coop.requested()
    coop.requested()
    assert told(session)[1]["fibre_pairs"] == ["A-B/3", "B-C/3", "C-Z/4"]
    assert told(session)[1]["new_splices"] == 4


def test_what_was_given_back_is_followed_again(session, coop):
    splice(session, coop, "A-B/5", "B-C/6")
    lease = coop.requested()
    leasing.cancel_lease(session, coop.planner, lease.reference, at=NOW)
    coop.requested()
    assert told(session)[1]["fibre_pairs"] == told(session)[0]["fibre_pairs"]


def test_on_a_diverse_pair_both_routes_follow_their_own(session):
    coop = make_coop(session)
    splice(session, coop, "A-B/6", "B-Z/4")
    splice(session, coop, "A-C/4", "C-Z/4")
    coop.requested(**SITE_DIVERSE)
    (first,) = told(session)
    assert first["fibre_pairs"] == ["A-B/6", "B-Z/4", "A-C/4", "C-Z/4"]
    assert (first["new_splices"], first["existing_splices"]) == (0, 4)
