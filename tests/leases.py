"""A co-op in which routes can be found and leased: plant, a tariff, a user's planner and the network steward."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from cni.leases.models import Lease, QuoteRow
from cni.leases.queries import find_lease
from cni.leases.searches import RouteSearch
from cni.members.models import Member
from cni.members.policy import Actor, Role
from cni.operations import leasing, ordering
from cni.topology.questions import Diversity
from tests.conftest import NOW
from tests.factories import make_actor, make_member, make_tariff
from tests.plant import lay

CHANCE = random.Random(7)
START = date(2026, 12, 1)
SQUARE = "A-B 1200 [K1], B-Z 900, A-C 1500, C-Z 1100 [K1]"
"""Two routes from A to Z, A-B-Z and A-C-Z, which share the risk group K1."""


@dataclass
class Coop:
    """What a test about leases starts from; `quote`, `requested` … take it a step further as its planner would."""

    session: Session
    user: Member
    planner: Actor
    steward: Actor
    spans: dict = field(default_factory=dict)

    def search(self, *, a="A", z="Z", **asked) -> RouteSearch:
        given = {"starts_on": START, "term_months": 36} | asked
        return RouteSearch(a, z, **given)

    def quote(self, *, at=NOW, planner=None, **asked) -> QuoteRow:
        quote = ordering.make_quote(self.session, planner or self.planner, self.search(**asked), at=at, chooser=CHANCE)
        self.session.flush()
        return quote

    def requested(self, *, planner=None, **asked) -> Lease:
        reference = self.quote(planner=planner, **asked).reference
        lease = ordering.request_lease(self.session, planner or self.planner, reference, at=NOW, chooser=CHANCE)
        return find_lease(self.session, lease.reference)

    def reserved(self, **asked) -> Lease:
        lease = leasing.approve_lease(self.session, self.steward, self.requested(**asked).reference, at=NOW)
        self.session.flush()
        return lease

    def accepted(self, **asked) -> Lease:
        reference = self.reserved(**asked).reference
        lease = leasing.accept_lease(self.session, self.planner, reference, NOW.date(), at=NOW)
        self.session.flush()
        return lease


def make_coop(session: Session, plant: str = SQUARE, *, user: Member | None = None) -> Coop:
    """A co-op with this plant, the demonstration tariff, and a user that has asked for nothing yet."""
    user = user or make_member(session, roles="user")
    make_tariff(session)
    coop = Coop(session, user, make_actor(session, user, Role.PLANNER), make_actor(session, None, Role.NETWORK_STEWARD))
    coop.spans = lay(session, plant)
    return coop


SITE_DIVERSE = {"diverse": Diversity.SITE}
