"""Leases and tariffs as they stand, read back as drafts, so that what a file gives can be compared with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from cni.leases.importing import LeaseDraft, RackLeaseDraft, TariffDraft, TariffLineDraft
from cni.leases.lifecycle import LeaseStatus
from cni.leases.models import Lease, LeaseSpan, RackLease, TariffVersion
from cni.leases.tariffs import fee_policy_of

REFERENCES = ("member", "rack", "routes")
"""The fields that name other things, by ids that compare without case."""


@dataclass(frozen=True, slots=True)
class RegisteredLease:
    """A lease that stands; one that was refused or cancelled keeps its reference but holds no fibre."""

    draft: LeaseDraft
    holds_fibre: bool


def registered_leases(session: Session) -> dict[str, RegisteredLease]:
    """Return every lease, by reference in small letters."""
    leases = session.scalars(
        select(Lease).options(joinedload(Lease.member), selectinload(Lease.spans).joinedload(LeaseSpan.span))
    )
    over = (LeaseStatus.REFUSED, LeaseStatus.CANCELLED)
    return {
        lease.reference.casefold(): RegisteredLease(_lease_draft(lease), lease.status not in over) for lease in leases
    }


def registered_rack_leases(session: Session) -> dict[str, RackLeaseDraft]:
    """Return every lease of rack units, by reference in small letters."""
    leases = session.scalars(select(RackLease).options(joinedload(RackLease.member), joinedload(RackLease.rack)))
    return {lease.reference.casefold(): _rack_lease_draft(lease) for lease in leases}


def tariff_draft_of(version: TariffVersion) -> TariffDraft:
    """Return a published version as a file would give it."""
    lines = tuple(
        TariffLineDraft(
            code=line.code,
            unit=line.unit,
            amount_pence=line.amount_pence,
            term_months=line.term_months,
            percent=line.percent,
        )
        for line in version.lines
    )
    return TariffDraft(
        name=version.name,
        effective_from=version.effective_from,
        resolution=version.resolution,
        policy=fee_policy_of(version),
        lines=lines,
    )


def differences(
    standing: LeaseDraft | RackLeaseDraft | TariffDraft, given: LeaseDraft | RackLeaseDraft | TariffDraft
) -> Iterator[str]:
    """Yield the names of the fields in which what is given is not what stands; ids compare without case."""
    for field in fields(given):
        name = field.name
        before, after = getattr(standing, name), getattr(given, name)
        if name == "reference" or (name in REFERENCES and str(before).casefold() == str(after).casefold()):
            continue
        if name == "lines" and set(before) == set(after):
            continue
        if before != after:
            yield name


def _lease_draft(lease: Lease) -> LeaseDraft:
    routes = [tuple(use.span.code for use in lease.spans_entered if use.route == number) for number in (1, 2)]
    return LeaseDraft(
        reference=lease.reference,
        member=lease.member.slug,
        routes=tuple(route for route in routes if route),
        pairs=lease.pairs,
        starts_on=lease.starts_on,
        ends_on=lease.ends_on,
        term_months=lease.term_months,
        accepted_on=lease.accepted_on,
        annual_pence=lease.annual_pence,
    )


def _rack_lease_draft(lease: RackLease) -> RackLeaseDraft:
    return RackLeaseDraft(
        reference=lease.reference,
        member=lease.member.slug,
        rack=lease.rack.code,
        first_unit=lease.units.lower or 1,
        units=(lease.units.upper or 1) - (lease.units.lower or 1),
        size=lease.size,
        starts_on=lease.starts_on,
        ends_on=lease.ends_on,
        accepted_on=lease.accepted_on,
    )
