"""Plain functions that make valid, dull rows: each adds, flushes and returns; a test names only what matters to it."""

from __future__ import annotations

import itertools
from datetime import date

from sqlalchemy.orm import Session

from cni.assets.models import Contribution, FibrePair, RiskGroup, Site, Span
from cni.assets.words import ContributionStatus, LengthBasis, PairState, RiskKind, SiteKind
from cni.leases.models import TariffLine, TariffVersion
from cni.members.models import Member, MemberRoleHeld, Person, PersonRole
from cni.members.policy import Actor, MemberRole, Role
from tests.conftest import NOW

_numbers = itertools.count(1)


def make_member(session: Session, slug: str | None = None, *, roles: str = "contributor user", **more) -> Member:
    """A member with these roles since ever, and all that a document needs."""
    slug = slug or f"member-{next(_numbers)}"
    given = {
        "vat_number": "GB980780684",
        "address": "1 Demonstration Square",
        "postcode": "M99 9ZZ",
        "joined_on": date(2024, 1, 1),
        "self_billing_from": date(2026, 1, 1),
        "self_billing_to": date(2027, 1, 1),
    }
    member = Member(slug=slug, name=slug.replace("-", " ").title(), **(given | more))
    member.roles = [MemberRoleHeld(role=MemberRole(role)) for role in roles.split()]
    session.add(member)
    session.flush()
    return member


def make_person(session: Session, member: Member | None, *roles: Role, email: str | None = None) -> Person:
    """A person of the member (None: the co-op's staff) with these roles, and no password."""
    person = Person(
        email=email or f"person-{next(_numbers)}@demonstration.example",
        name="A person",
        member_id=member.id if member else None,
        roles=[PersonRole(role=role) for role in roles],
    )
    session.add(person)
    session.flush()
    return person


def make_actor(session: Session, member: Member | None, *roles: Role) -> Actor:
    """The actor that such a person is."""
    person = make_person(session, member, *roles)
    return Actor(person_id=person.id, member_id=person.member_id, roles=frozenset(roles), name=person.name)


def make_contribution(session: Session, member: Member | None = None, *, live: bool = True) -> Contribution:
    """A contribution that is live (or proposed)."""
    contribution = Contribution(
        reference=f"CON-{next(_numbers):06d}",
        member_id=member.id if member else None,
        status=ContributionStatus.LIVE if live else ContributionStatus.PROPOSED,
        proposed_at=NOW,
        decided_at=NOW if live else None,
    )
    session.add(contribution)
    session.flush()
    return contribution


def make_site(session: Session, code: str, contribution: Contribution, **more) -> Site:
    """A cabinet in Greater Manchester, each a little further east."""
    given = {
        "name": f"Site {code}",
        "kind": SiteKind.CABINET,
        "longitude": -2.3 + next(_numbers) * 0.0001,
        "latitude": 53.48,
    }
    site = Site(code=code, contribution_id=contribution.id, **(given | more))
    session.add(site)
    session.flush()
    return site


def make_span(session: Session, code: str, a: Site, z: Site, owner: Member, *, offered: int = 4, **more) -> Span:
    """A span of 24 fibres with two reserved pairs, some offered, the rest dark."""
    given = {"length_m": 1000, "length_basis": LengthBasis.AS_BUILT, "fibres": 24, "contribution_id": a.contribution_id}
    span = Span(code=code, a_id=a.id, z_id=z.id, fibre_owner_id=owner.id, **(given | more))
    states = [PairState.RESERVED] * 2 + [PairState.OFFERED] * offered
    states += [PairState.DARK] * (span.fibres // 2 - len(states))
    span.pairs = [FibrePair(number=number, state=state) for number, state in enumerate(states, start=1)]
    session.add(span)
    session.flush()
    return span


def make_risk_group(session: Session, code: str, kind: RiskKind = RiskKind.DUCT) -> RiskGroup:
    """A risk group, named after its code."""
    group = RiskGroup(code=code, name=f"Risk {code}", kind=kind)
    session.add(group)
    session.flush()
    return group


DEMONSTRATION_PRICES = {
    "pair_metre_year": (60, "pair-metre-year"),
    "minimum": (120_000, "lease-year"),
    "connection": (75_000, "end"),
    "splice": (6_500, "site"),
    "rack_quarter": (22_000, "month"),
    "rack_half": (38_000, "month"),
    "rack_full": (65_000, "month"),
    "cross_connect_install": (15_000, "each"),
    "cross_connect_month": (2_500, "month"),
    "survey": (45_000, "each"),
    "abortive_visit": (18_000, "each"),
}


def make_tariff(session: Session, *, effective_from: date = date(2025, 1, 1), **prices: int) -> TariffVersion:
    """The demonstration tariff; `prices` by code replace its amounts of pence."""
    lines = [
        TariffLine(code=code, unit=unit, amount_pence=prices.get(code, amount))
        for code, (amount, unit) in DEMONSTRATION_PRICES.items()
    ]
    lines += [
        TariffLine(code="term_factor", unit="percent", term_months=months, percent=percent)
        for months, percent in ((12, 100), (36, 92), (60, 85))
    ]
    tariff = TariffVersion(
        name=f"Demonstration tariff {effective_from.year}",
        effective_from=effective_from,
        resolution="GM-1 (demonstration)",
        contributor_percent=75,
        reserve_percent=10,
        running_costs_percent=15,
        duct_share_percent=30,
        lines=lines,
    )
    session.add(tariff)
    session.flush()
    return tariff
