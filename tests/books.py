"""A co-op that can be settled: contributors, users, leases of plant and of a rack, a treasurer, a second approver."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from cni.assets.models import Rack, Span
from cni.leases.lifecycle import LeaseStatus
from cni.leases.models import Lease, LeaseSpan, RackLease, RackSize
from cni.ledger import issuing, queries
from cni.ledger.issuing import Signing
from cni.ledger.lines import SettledLine
from cni.ledger.parties import Party
from cni.ledger.settlement import settle
from cni.members.models import Cooperative, Member, Person
from cni.members.policy import Actor, Role
from cni.members.queries import actor_of
from cni.operations import settling
from cni.primitives.period import Month
from tests.conftest import NOW
from tests.factories import make_contribution, make_member, make_person, make_site, make_span, make_tariff

OCTOBER = Month(2026, 10)
TODAY = NOW.date()


@dataclass
class Books:
    """What a test about settlements starts from."""

    session: Session
    council: Member
    tramway: Member
    user: Member
    carrier: Member
    treasurer_person: Person
    approver_person: Person
    spans: dict[str, Span]

    @property
    def treasurer(self) -> Actor:
        return actor_of(self.treasurer_person)

    @property
    def approver(self) -> Actor:
        return actor_of(self.approver_person)

    def preview(self, month: Month = OCTOBER, *, today: date = TODAY) -> settling.Preview:
        return settling.preview_settlement(self.session, self.treasurer, month, today=today)

    def approve(self, month: Month = OCTOBER, *, digest: str | None = None, today: date = TODAY) -> settling.Preview:
        digest = digest or self.preview(month, today=today).settlement.digest
        return settling.approve_settlement(self.session, self.approver, month, digest, at=on(today), today=today)

    def issue(
        self, month: Month = OCTOBER, *, digest: str | None = None, actor: Actor | None = None, today: date = TODAY
    ) -> settling.Preview:
        digest = digest or self.preview(month, today=today).settlement.digest
        actor = actor or self.treasurer
        return settling.issue_settlement(self.session, actor, month, digest, at=on(today), today=today)

    def settle(self, month: Month = OCTOBER, *, today: date = TODAY) -> settling.Preview:
        self.approve(month, today=today)
        return self.issue(month, today=today)


def on(day: date) -> datetime:
    """Noon of a day."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def make_books(session: Session) -> Books:
    """Spans A-B-C of a council, the second in a tramway's duct; two leases, one begun in October, and a rack."""
    session.add(Cooperative(name="Demonstration co-op", vat_number="GB999111188", address="1 Yard", postcode="M99 9ZZ"))
    council = make_member(session, "council", roles="contributor")
    tramway = make_member(session, "tramway", roles="contributor", vat_number=None)
    user, carrier = make_member(session, "user", roles="user"), make_member(session, "carrier", roles="user")
    make_tariff(session)
    spans = _plant(session, council, tramway)
    make_lease(session, "LSE-ONE", user, [spans["A-B"], spans["B-C"]], pairs=2)
    make_lease(session, "LSE-TWO", carrier, [spans["B-C"]], starts_on=date(2026, 10, 12), term_months=12)
    rack = Rack(code="RACK-A", site_id=spans["A-B"].a_id, owner_id=council.id, units=42)
    session.add(rack)
    session.flush()
    session.add(
        RackLease(
            reference="LSE-RACK",
            member_id=user.id,
            rack_id=rack.id,
            units="[1,10]",
            size=RackSize.QUARTER,
            starts_on=date(2026, 1, 1),
            accepted_on=date(2026, 1, 1),
        )
    )
    session.flush()
    return Books(
        session=session,
        council=council,
        tramway=tramway,
        user=user,
        carrier=carrier,
        treasurer_person=make_person(session, None, Role.TREASURER),
        approver_person=make_person(session, None, Role.SECOND_APPROVER),
        spans=spans,
    )


def make_lease(session: Session, reference: str, user: Member, route: list[Span], **more) -> Lease:
    """An accepted lease of one route of spans in order, from 1 March 2026 on."""
    given = {"pairs": 1, "starts_on": date(2026, 3, 1), "ends_on": None, "term_months": 36} | more
    second = given.pop("second", [])
    lease = Lease(
        reference=reference,
        member_id=user.id,
        from_site_id=route[0].a_id,
        to_site_id=route[-1].z_id,
        status=LeaseStatus.ACCEPTED,
        requested_at=NOW,
        **({"accepted_on": given["starts_on"]} | given),
    )
    lease.spans = [
        LeaseSpan(route=number, position=position, span_id=span.id, metres=round(span.length_m))
        for number, spans in ((1, route), (2, second))
        for position, span in enumerate(spans, start=1)
    ]
    session.add(lease)
    session.flush()
    return lease


def _plant(session: Session, council: Member, tramway: Member) -> dict[str, Span]:
    plant = make_contribution(session, council)
    a, b, c = (make_site(session, code, plant, owner_id=council.id) for code in "ABC")
    return {
        "A-B": make_span(session, "A-B", a, b, council, length_m=1234),
        "B-C": make_span(session, "B-C", b, c, council, length_m=777, duct_owner_id=tramway.id),
    }


def make_document(session: Session, member: Member) -> str:
    """The number of an invoice to a member, for a connection in October: line 1 of its settlement."""
    line = SettledLine(
        lease="LSE-THEIRS",
        span=None,
        contributor=None,
        user=member.slug,
        code="connection",
        starts_on=date(2026, 10, 5),
        ends_on=date(2026, 10, 5),
        days=0,
        charge_pence=150_000,
        fee_pence=0,
        margin_pence=150_000,
        reserve_pence=15_000,
        working={
            "about": "Connection: 1 fibre pair, A to B",
            "tariff": {"name": "Demonstration tariff", "effective_from": "2025-01-01", "resolution": "GM-1"},
            "policy": {},
            "unit_pence": 75_000,
            "count": 2,
        },
    )
    coop = Party("", "Demonstration co-op", "1 Yard", "M99 9ZZ", "GB999111188")
    settled = settle(OCTOBER, [line], queries.parties(session), coop, TODAY)
    approver, treasurer = (
        Signing(make_person(session, None, role).id, NOW, TODAY) for role in (Role.SECOND_APPROVER, Role.TREASURER)
    )
    run = issuing.approve_run(session, None, settled, approver)
    issuing.issue_run(session, run, settled, treasurer)
    return issuing.issue_document(session, run, settled, settled.documents[0], coop, treasurer).number
