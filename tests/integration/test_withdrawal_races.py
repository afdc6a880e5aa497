"""A notice of withdrawal and a request for a lease at once: the lease stands and the span stays, or neither."""

from __future__ import annotations

import random
import threading

import pytest
from sqlalchemy import select, text

from cni.assets.models import Site, Span
from cni.assets.terms import WithdrawalSpan
from cni.db.engine import session_factory
from cni.leases.allocation import FibreTaken, SpanRetired
from cni.leases.models import Lease
from cni.members.models import Member
from cni.members.policy import Role
from cni.operations import editing, ordering, withdrawing
from cni.operations.editing import NewSite, SpanSplit
from cni.operations.withdrawing import NewNotice
from cni.primitives.errors import Invalid
from cni.primitives.period import add_months
from tests.conftest import NOW
from tests.factories import make_actor
from tests.integration.test_races import at_once
from tests.leases import make_coop


@pytest.mark.parametrize("seed", range(3))
def test_a_span_is_leased_or_withdrawn_at_once_and_never_both(own_database, seed):
    sessions = session_factory(own_database)
    with sessions.begin() as session:
        coop = make_coop(session, "A-B 1200, B-Z 900")
        owner = session.get_one(Member, coop.spans["A-B"].fibre_owner_id)
        officer, planner = make_actor(session, owner, Role.ASSET_OFFICER), coop.planner
        quotes = [coop.quote(pairs=1).reference for _ in range(3)]

    def request(reference):
        with sessions.begin() as session:
            ordering.request_lease(session, planner, reference, at=NOW, chooser=random.Random(reference))

    def withdraw():
        given = NewNotice(("B-Z", "A-B"), None, "Trams")
        with sessions.begin() as session:
            withdrawing.give_notice(session, officer, given, at=NOW, chooser=random.Random(seed))

    answers = at_once(withdraw, *(lambda reference=reference: request(reference) for reference in quotes))

    assert {type(answer) for answer in answers} <= {type(None), FibreTaken, SpanRetired}
    with sessions() as session:
        retired = set(session.scalars(select(Span.retired_on)))
        effective = set(session.scalars(select(WithdrawalSpan.effective_on)))
        leased = session.scalars(select(Lease.id)).all()
    today = NOW.date()
    assert (retired, effective) == (({None}, {add_months(today, 12)}) if leased else ({today}, {today}))


def test_who_waited_while_a_span_was_split_gives_no_notice_for_it(own_database):
    sessions = session_factory(own_database)
    with sessions.begin() as session:
        coop = make_coop(session, "A-B 1200")
        officer = make_actor(session, session.get_one(Member, coop.spans["A-B"].fibre_owner_id), Role.ASSET_OFFICER)
        a, z = session.scalars(select(Site).order_by(Site.code))
        where = f"{(a.latitude + z.latitude) / 2}, {(a.longitude + z.longitude) / 2}"
    is_split = threading.Event()

    def split():
        asked = SpanSplit("A-B", new=NewSite(where, "M", "Middle", "chamber"))
        with sessions.begin() as session:
            editing.split_span(session, officer, asked, at=NOW, chooser=random.Random(1))
            session.flush()
            is_split.set()
            with sessions() as watching:
                while not watching.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                    watching.rollback()

    def withdraw():
        assert is_split.wait(10)
        with sessions.begin() as session:
            given = NewNotice(("A-B",), None, "Trams")
            withdrawing.give_notice(session, officer, given, at=NOW, chooser=random.Random(2))

    done, refused = at_once(split, withdraw)

    assert done is None
    assert isinstance(refused, Invalid)
    assert [problem.code for problem in refused.problems] == ["unknown_plant"]
