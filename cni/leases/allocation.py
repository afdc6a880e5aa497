"""Holding fibre pairs for a lease, and giving them back: never the same pair twice on any day.

First the span rows are locked, in order of id, so that no two requests can wait for each other. Then, in a *second*
statement, free pairs are looked for: a single statement would see the pairs as they were before it waited for the
lock, and sell them again. PostgreSQL's exclusion constraint stands behind both, for code that forgets.

Everything that holds or frees a pair goes through this module. Source: docs/decisions/0003-no-double-allocation.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from itertools import chain
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from cni.assets.models import FibrePair, Span
from cni.assets.terms import not_on_offer
from cni.assets.words import PairState
from cni.leases.lifecycle import LeaseStatus
from cni.leases.models import Allocation, Lease, LeaseSpan
from cni.primitives.errors import Conflict, Problem
from cni.primitives.period import FAR_FUTURE, Period, in_words


class FibreTaken(Conflict):
    """Some span of the route has too few free pairs left for these days."""

    code = "taken"
    title = "Taken"


class SpanRetired(Conflict):
    """A span of the route has left the plant: it was split, merged or withdrawn."""

    code = "span_retired"
    title = "No longer in the plant"


class RouteSpan(NamedTuple):
    """A span on a route: its row, its code, and the whole metres that the lease pays for."""

    id: int
    code: str
    metres: int


@dataclass(frozen=True, slots=True)
class NewLease:
    """A lease to be entered. `routes` are one, or two diverse ones, each as its spans in order.

    `ends_on` None: it rolls on. `annual_pence` None: priced by the tariff, that of `tariff_id` if given.
    """

    reference: str
    member_id: int
    from_site_id: int
    to_site_id: int
    routes: tuple[tuple[RouteSpan, ...], ...]
    pairs: int
    starts_on: date
    ends_on: date | None
    term_months: int
    status: LeaseStatus
    requested_at: datetime
    requested_by_id: int | None = None
    quote_id: int | None = None
    tariff_id: int | None = None
    annual_pence: int | None = None
    accepted_on: date | None = None

    @property
    def period(self) -> Period:
        """The days for which fibre is held."""
        return Period.open_ended(self.starts_on, self.ends_on)


LEASE_COLUMNS = tuple(field.name for field in fields(NewLease) if field.name != "routes")


def add_lease(session: Session, new: NewLease) -> Lease:
    """Enter a lease with its spans, and hold the lowest free pairs of each: all of it or, when one lacks, nothing.

    Checks neither permission nor the routes' shape (`route_checks`), and records no event: that is for its callers.
    Of several leases entered at once, those that start earlier must come first: in that order the lowest free pair
    always suffices where `pairs` are left on each day.

    Raises:
        FibreTaken: a span has too few free pairs on some of the days; the problems name each such span.
        SpanRetired: a span has left the plant; the problems name each such span.
    """
    spans = list(chain.from_iterable(new.routes))
    lock_spans(session, [span.id for span in spans])
    _refuse_retired(session, spans)
    free = free_pairs(session, [span.id for span in spans], new.period)
    _refuse_if_short(new, free)
    lease = _lease_of(new, free)
    session.add(lease)
    return lease


def lock_spans(session: Session, span_ids: Iterable[int]) -> None:
    """Lock these spans against everyone else who would hold or free a pair of them, until the transaction ends.

    Always in order of id, whatever the order asked: two routes that cross cannot wait for each other.
    """
    ordered = select(Span.id).where(Span.id.in_(set(span_ids))).order_by(Span.id).with_for_update()
    session.execute(ordered).all()


def free_pairs(session: Session, span_ids: Collection[int], period: Period) -> dict[int, list[FibrePair]]:
    """Return the offered pairs of each span that no lease holds on any day of `period`, lowest number first.

    A span whose terms or whose owner's notice forbid a lease for all of `period` has none. Call it after `lock_spans`,
    never in the same statement.
    """
    pairs = session.scalars(
        select(FibrePair)
        .where(FibrePair.span_id.in_(span_ids), FibrePair.state == PairState.OFFERED)
        .where(~select(Allocation.id).where(Allocation.fibre_pair_id == FibrePair.id, overlaps(period)).exists())
        .where(FibrePair.span_id.not_in(not_on_offer(period)))
        .order_by(FibrePair.span_id, FibrePair.number)
    )
    free: dict[int, list[FibrePair]] = {span_id: [] for span_id in span_ids}
    for pair in pairs:
        free[pair.span_id].append(pair)
    return free


def release(session: Session, lease: Lease) -> None:
    """Give back every pair that a lease holds, from its first day on."""
    lock_spans(session, _spans_held(session, lease))
    session.execute(delete(Allocation).where(Allocation.lease_id == lease.id))


def shorten(session: Session, lease: Lease, ends_on: date) -> None:
    """Give back every pair that a lease holds from `ends_on`, the first day after it, on."""
    lock_spans(session, _spans_held(session, lease))
    held = Allocation.lease_id == lease.id
    kept = Allocation.period * days_of(Period(date.min, ends_on))
    session.execute(delete(Allocation).where(held, func.lower(Allocation.period) >= ends_on))
    session.execute(update(Allocation).where(held).values(period=kept))


def overlaps(period: Period) -> ColumnElement[bool]:
    """Return the condition that an allocation has a day in `period`."""
    return Allocation.period.bool_op("&&")(days_of(period))


def days_of(period: Period) -> Range[date]:
    """Return a period as PostgreSQL keeps it; without an end its upper bound is missing."""
    return Range(period.start, None if period.end == FAR_FUTURE else period.end, bounds="[)")


def _spans_held(session: Session, lease: Lease) -> list[int]:
    return list(session.scalars(select(LeaseSpan.span_id).where(LeaseSpan.lease_id == lease.id)))


def _refuse_retired(session: Session, spans: Sequence[RouteSpan]) -> None:
    ids = [span.id for span in spans]
    codes = session.scalars(select(Span.code).where(Span.id.in_(ids), Span.retired_on.is_not(None)).order_by(Span.code))
    if retired := list(codes):
        remedy = "Find routes again: they run over what is there now, and are priced anew."
        gone = [Problem("span_retired", f"Span {code} has left the plant.", remedy, code) for code in retired]
        verb = "has" if len(retired) == 1 else "have"
        raise SpanRetired(f"The route has changed: {', '.join(retired)} {verb} left the plant.", gone)


def _refuse_if_short(new: NewLease, free: Mapping[int, Sequence[FibrePair]]) -> None:
    spans = chain.from_iterable(new.routes)
    short = {span.code: len(free[span.id]) for span in spans if len(free[span.id]) < new.pairs}
    if short:
        codes, until = ", ".join(short), "on" if new.ends_on is None else f"to {in_words(new.ends_on)}"
        wanted = "a free fibre pair" if new.pairs == 1 else f"{new.pairs} free fibre pairs"
        detail = f"Taken: from {in_words(new.starts_on)} {until} there are not {wanted} left on {codes}."
        raise FibreTaken(detail, [_taken(code, count) for code, count in short.items()])


def _taken(code: str, count: int) -> Problem:
    left = {0: "no free fibre pair", 1: "1 free fibre pair"}.get(count, f"{count} free fibre pairs")
    remedy = "Search again for routes that are free on these days, or ask for fewer pairs or other days."
    return Problem("taken", f"Span {code} has {left} left on these days.", remedy, code)


def _lease_of(new: NewLease, free: Mapping[int, Sequence[FibrePair]]) -> Lease:
    """Return the rows of a lease that holds the first of the free pairs on each of its spans."""
    lease = Lease(**{name: getattr(new, name) for name in LEASE_COLUMNS})
    days = days_of(new.period)
    for number, route in enumerate(new.routes, 1):
        for position, span in enumerate(route, 1):
            lease.spans.append(LeaseSpan(route=number, position=position, span_id=span.id, metres=span.metres))
            for pair in free[span.id][: new.pairs]:
                lease.allocations.append(Allocation(route=number, fibre_pair=pair, period=days))
    return lease
