"""A span that is split while others request leases over it: real connections, real commits."""

from __future__ import annotations

import random

from sqlalchemy import func, select

from cni.assets.models import FibrePair, Site, Span
from cni.leases.allocation import SpanRetired
from cni.leases.models import Allocation
from cni.members.policy import Role
from cni.operations import editing, ordering
from cni.operations.editing import NewSite, SpanSplit
from tests.conftest import NOW
from tests.factories import make_actor, make_member
from tests.integration.test_races import at_once, deadlocks, sessions  # noqa: F401  fixture
from tests.leases import make_coop

CLIENTS = 6


def test_a_lease_over_a_span_that_is_split_at_once_runs_over_its_parts_or_is_refused(sessions):  # noqa: F811
    with sessions.begin() as session:
        coop = make_coop(session, f"A-B 100 x{CLIENTS}, B-Z 100 x{CLIENTS}")
        planners = [make_actor(session, make_member(session, roles="user"), Role.PLANNER) for _ in range(CLIENTS)]
        asked = [(planner, coop.quote(planner=planner).reference) for planner in planners]
        a, b = coop.spans["A-B"].a_id, coop.spans["A-B"].z_id
        middle = session.execute(
            select(func.avg(Site.latitude), func.avg(Site.longitude)).where(Site.id.in_((a, b)))
        ).one()

    def request(planner, reference):
        def doing():
            with sessions.begin() as session:
                chance = random.Random(reference)
                return ordering.request_lease(session, planner, reference, at=NOW, chooser=chance).reference

        return doing

    def split():
        new = NewSite(where=f"{middle[0]}, {middle[1]}", id="M", name="Middle", kind="chamber")
        with sessions.begin() as session:
            chance = random.Random(1)
            asked = SpanSplit("A-B", new=new)
            return editing.split_span(session, coop.steward, asked, at=NOW, chooser=chance).reference

    outcomes = at_once(split, *(request(*one) for one in asked))

    assert str(outcomes[0]).startswith("EDT-")
    assert all(isinstance(outcome, (str, SpanRetired)) for outcome in outcomes)
    leased = sum(isinstance(outcome, str) for outcome in outcomes[1:])
    with sessions() as session:
        held = session.execute(
            select(Span.code, func.count()).join(FibrePair, FibrePair.span_id == Span.id)
            .join(Allocation, Allocation.fibre_pair_id == FibrePair.id).group_by(Span.code)
        )  # fmt: skip
        assert dict(held.all()) == ({"A-B.1": leased, "A-B.2": leased, "B-Z": leased} if leased else {})
        assert deadlocks(session) == 0
