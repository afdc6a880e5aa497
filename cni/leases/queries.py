"""Reading leases and quotes, and the network of what is free to be leased."""

from __future__ import annotations

from sqlalchemy import Select, bindparam, func, select, union
from sqlalchemy.orm import Session, joinedload, selectinload

from cni.assets.models import FibrePair, Span
from cni.assets.snapshot import Plant, live_plant
from cni.assets.terms import not_on_offer
from cni.assets.words import PairState
from cni.leases.allocation import overlaps
from cni.leases.lifecycle import LeaseStatus
from cni.leases.models import Allocation, Lease, LeaseSpan, QuoteRow
from cni.primitives.period import Period
from cni.topology.network import Network

QUOTE_LOCKED = select(QuoteRow).where(func.lower(QuoteRow.reference) == bindparam("reference")).with_for_update()


def open_network(session: Session, window: Period) -> Network:
    """Return the live plant with the pairs of each span that are free on all days of `window`. See `free_in`."""
    return free_in(session, live_plant(session), window)


def free_in(session: Session, plant: Plant, window: Period) -> Network:
    """Return a plant's network with the pairs of each span that are free on all days of `window`. One statement."""
    held = count_held_pairs(session, window)
    free = {code: plant.offered[code] - count for code, count in held.items() if code in plant.offered}
    return plant.network.with_free_pairs({**plant.offered, **free})


def count_held_pairs(session: Session, window: Period) -> dict[str, int]:
    """Return how many of a span's offered pairs are not free on all days of `window`, by code; none: not in it.

    Some lease holds them, or the span's terms or its owner's notice forbid a lease so long.
    """
    offered = select(FibrePair.span_id, FibrePair.id).where(FibrePair.state == PairState.OFFERED)
    held = offered.join(Allocation, Allocation.fibre_pair_id == FibrePair.id).where(overlaps(window))
    taken = union(held, offered.where(FibrePair.span_id.in_(not_on_offer(window)))).subquery()
    rows = session.execute(select(Span.code, func.count()).join(taken, taken.c.span_id == Span.id).group_by(Span.code))
    return dict(rows.all())


def leases_of(member_id: int | None) -> Select[Lease]:
    """Select the leases of a member (None: of all), with their ends and member."""
    leases = select(Lease).options(joinedload(Lease.member), joinedload(Lease.from_site), joinedload(Lease.to_site))
    return leases if member_id is None else leases.where(Lease.member_id == member_id)


def find_lease(session: Session, reference: str) -> Lease | None:
    """Return a lease with all that its page shows: routes, allocated pairs, member, ends, quote and tariff."""
    return session.scalar(
        select(Lease)
        .where(func.lower(Lease.reference) == reference.lower())
        .options(
            joinedload(Lease.member),
            joinedload(Lease.quote),
            joinedload(Lease.tariff),
            joinedload(Lease.from_site),
            joinedload(Lease.to_site),
            selectinload(Lease.spans).joinedload(LeaseSpan.span).options(joinedload(Span.a), joinedload(Span.z)),
            selectinload(Lease.allocations).joinedload(Allocation.fibre_pair),
        )
        # Read again what this transaction has just entered or changed.
        .execution_options(populate_existing=True)
    )


def lock_lease(session: Session, reference: str) -> Lease | None:
    """Return a lease that nobody else can change until the transaction ends."""
    locked = select(Lease).where(func.lower(Lease.reference) == reference.lower()).with_for_update()
    return session.scalar(locked.execution_options(populate_existing=True))


def quotes_of(member_id: int | None) -> Select[QuoteRow]:
    """Select the quotes of a member (None: of all), with their ends, member and the lease that came of each, if any."""
    quotes = select(QuoteRow).options(
        joinedload(QuoteRow.member),
        joinedload(QuoteRow.from_site),
        joinedload(QuoteRow.to_site),
        joinedload(QuoteRow.lease),
    )
    return quotes if member_id is None else quotes.where(QuoteRow.member_id == member_id)


def find_quote(session: Session, reference: str) -> QuoteRow | None:
    """Return a quote with its member, ends, tariff and the lease that came of it, if any."""
    return session.scalar(
        select(QuoteRow)
        .where(func.lower(QuoteRow.reference) == reference.lower())
        .options(
            joinedload(QuoteRow.member),
            joinedload(QuoteRow.from_site),
            joinedload(QuoteRow.to_site),
            joinedload(QuoteRow.tariff),
            joinedload(QuoteRow.lease),
        )
    )


def lock_quote(session: Session, reference: str) -> QuoteRow | None:
    """Return a quote that nobody else can request a lease from until the transaction ends."""
    return session.scalar(QUOTE_LOCKED, {"reference": reference.lower()})


def leases_in(session: Session, status: LeaseStatus, member_id: int | None) -> list[Lease]:
    """Return the leases of a member (None: of all) that were decided so far, the longest waiting first."""
    waiting = leases_of(member_id).where(Lease.status == status).order_by(Lease.requested_at, Lease.id)
    return list(session.scalars(waiting))


def quotes_expiring(session: Session, member_id: int, days: Period) -> list[QuoteRow]:
    """Return a member's quotes that nobody has requested and that can last be requested in `days`, soonest first."""
    last_day = func.least(QuoteRow.expires_on, QuoteRow.starts_on)
    quotes = (
        quotes_of(member_id)
        .where(last_day >= days.start, last_day < days.end)
        .where(~select(Lease.id).where(Lease.quote_id == QuoteRow.id).exists())
        .order_by(last_day, QuoteRow.id)
    )
    return list(session.scalars(quotes))
