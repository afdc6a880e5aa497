"""From rows to what charging needs: everything that is billable in a period, in a handful of statements."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from cni.assets.models import Rack, Site, Span
from cni.leases.charging import SUSPENSE, BillableLease, Entitlement, SpanUse, billing_start, rack_use
from cni.leases.lifecycle import LeaseStatus
from cni.leases.models import Lease, LeaseSpan, RackLease
from cni.leases.pricing import (
    ENDS_PER_ROUTE,
    Dated,
    FeePolicy,
    History,
    TariffPrices,
    always,
    annual_price,
    annual_rack_price,
    one_off_charges,
    tariff_in_force,
)
from cni.leases.tariffs import fee_policies, prices_of, tariff_versions
from cni.leases.workings import Billed
from cni.members.models import Member, MemberRoleHeld
from cni.members.policy import MemberRole
from cni.primitives.period import FAR_FUTURE, Period


@dataclass(frozen=True, slots=True)
class BillingFacts:
    """All that decides what a period is charged."""

    billed: tuple[Billed, ...]
    policies: History[FeePolicy]
    entitled: Entitlement


def billing_facts(session: Session, period: Period) -> BillingFacts:
    """Return what is billable in a period, the fee policies, and who is a contributor when: at most seven statements.

    Raises:
        Invalid: something is billable and no tariff was ever published.
    """
    leases, racks = _leases(session, period), _rack_leases(session, period)
    if not leases and not racks:
        return BillingFacts((), (), {})
    versions = tariff_versions(session)
    tariffs = {version.id: prices_of(version) for version in versions}
    billed = [_billed_lease(lease, tariffs) for lease in leases]
    billed += [_billed_rack(rack, tariffs) for rack in racks]
    return BillingFacts(tuple(billed), fee_policies(versions), contributors(session))


def contributors(session: Session) -> Entitlement:
    """Return the periods in which each member is a contributor, by slug. One statement."""
    rows = session.execute(
        select(Member.slug, MemberRoleHeld.starts_on, MemberRoleHeld.ends_on)
        .join(MemberRoleHeld, MemberRoleHeld.member_id == Member.id)
        .where(MemberRoleHeld.role == MemberRole.CONTRIBUTOR)
    )
    found: defaultdict[str, list[Period]] = defaultdict(list)
    for slug, starts_on, ends_on in rows:
        found[slug].append(Period(starts_on or date.min, ends_on or FAR_FUTURE))
    return found


def _leases(session: Session, period: Period) -> Sequence[Lease]:
    wanted = (
        select(Lease)
        .where(Lease.status == LeaseStatus.ACCEPTED, *_billed_in(Lease, period))
        .options(
            joinedload(Lease.member),
            joinedload(Lease.from_site),
            joinedload(Lease.to_site),
            selectinload(Lease.spans)
            .joinedload(LeaseSpan.span)
            .options(joinedload(Span.fibre_owner), joinedload(Span.duct_owner)),
        )
        .order_by(Lease.reference)
    )
    return session.scalars(wanted).all()


def _rack_leases(session: Session, period: Period) -> Sequence[RackLease]:
    wanted = (
        select(RackLease)
        .where(*_billed_in(RackLease, period))
        .options(joinedload(RackLease.member), joinedload(RackLease.rack).joinedload(Rack.site).joinedload(Site.owner))
        .order_by(RackLease.reference)
    )
    return session.scalars(wanted).all()


def _billed_in(table: type[Lease] | type[RackLease], period: Period) -> tuple[ColumnElement[bool], ...]:
    """Return what rows to look at: a superset, out of which charging picks the days."""
    return (
        table.accepted_on.is_not(None),
        func.greatest(table.starts_on, table.accepted_on) < period.end,
        # One that ends on the day it starts is charged its one-offs: that day counts too.
        or_(table.ends_on.is_(None), table.ends_on >= period.start),
    )


def _billed_lease(lease: Lease, tariffs: Mapping[int, TariffPrices]) -> Billed:
    start = billing_start(lease.starts_on, lease.accepted_on)
    in_force = tariff_in_force(tariffs.values(), start or lease.starts_on)
    tariff = in_force if lease.tariff_id is None else tariffs[lease.tariff_id]
    # As they were entered: plant that is split or merged later moves no price. Source: rules 6 and 11.
    entered = lease.spans_entered
    metres = sum(use.metres for use in entered)
    price, annual_pence = None, lease.annual_pence
    if annual_pence is None:
        price = annual_price(metres, lease.pairs, lease.term_months, tariff)
        annual_pence = price.annual_pence
    routes = Counter(use.route for use in entered)
    intermediate_sites = sum(spans - 1 for spans in routes.values())
    billable = BillableLease(
        reference=lease.reference,
        user=lease.member.slug,
        starts_on=lease.starts_on,
        ends_on=lease.ends_on,
        accepted_on=lease.accepted_on,
        annual_pence=always(annual_pence),
        pairs=always(lease.pairs),
        uses=tuple(_uses_over_time(lease)),
        one_off_pence=one_off_charges(len(routes), intermediate_sites, tariff),
    )
    noun = "fibre pair" if lease.pairs == 1 else "fibre pairs"
    about = f"{lease.pairs} {noun}, {lease.from_site.name} to {lease.to_site.name}"
    counts = {"connection": ENDS_PER_ROUTE * len(routes), "splice": intermediate_sites}
    return Billed(billable, about, tariff, price=price, counts=counts)


def _billed_rack(rack_lease: RackLease, tariffs: Mapping[int, TariffPrices]) -> Billed:
    start = billing_start(rack_lease.starts_on, rack_lease.accepted_on)
    tariff = tariff_in_force(tariffs.values(), start or rack_lease.starts_on)
    code = f"rack_{rack_lease.size}"
    site = rack_lease.rack.site
    billable = BillableLease(
        reference=rack_lease.reference,
        user=rack_lease.member.slug,
        starts_on=rack_lease.starts_on,
        ends_on=rack_lease.ends_on,
        accepted_on=rack_lease.accepted_on,
        annual_pence=always(annual_rack_price(code, tariff)),
        pairs=always(1),
        uses=always((rack_use(site.owner.slug if site.owner else SUSPENSE),)),
    )
    about = f"{rack_lease.size.capitalize()} rack {rack_lease.rack.code} at {site.name}"
    return Billed(billable, about, tariff, rack_code=code)


def _uses_over_time(lease: Lease) -> Iterator[Dated[tuple[SpanUse, ...]]]:
    """Yield the spans of a lease from the first day on, and anew from each day on which its routes changed."""
    yield Dated(date.min, _uses(lease.spans_entered))
    for day in sorted({use.from_on for use in lease.spans if use.from_on is not None}):
        yield Dated(day, _uses(lease.spans_on(day)))


def _uses(spans: Iterable[LeaseSpan]) -> tuple[SpanUse, ...]:
    """Return the spans of both routes, each once, with how often it stands on them."""
    times = Counter(use.span_id for use in spans)
    by_span = {use.span_id: use for use in spans}
    return tuple(
        SpanUse(
            code=use.span.code,
            metres=use.metres,
            times=times[span_id],
            fibre_owner=use.span.fibre_owner.slug,
            duct_owner=use.span.duct_owner.slug if use.span.duct_owner else None,
        )
        for span_id, use in by_span.items()
    )
