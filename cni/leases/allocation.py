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

from sqlalchemy import ARRAY, BigInteger, ColumnElement, String, any_, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlalchemy.orm import Session

from cni.assets.models import FibrePair, Span
from cni.assets.terms import not_on_offer_between
from cni.assets.words import PairState
from cni.db.engine import read_rows
from cni.leases.choosing import Pairs, Splicing, choose_pairs, count_splicing
from cni.leases.continuity import spliced_along
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
    """A span on a route: its code, and the whole metres that the lease pays for."""

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


class Held(NamedTuple):
    """A lease that was entered, with its splices; `pairs` are the numbers of those it holds, by span code in order."""

    lease: Lease
    pairs: dict[str, Pairs]
    splicing: Splicing


# Made once: making a statement costs more than sending it.
LIVE_SPANS_LOCKED = (
    select(Span.code, Span.id)
    .where(func.lower(Span.code) == any_(bindparam("codes", type_=ARRAY(String))), Span.retired_on.is_(None))
    .order_by(Span.id)
    .with_for_update()
)
HELD_ON_THE_DAYS = Allocation.period.bool_op("&&")(bindparam("days", type_=DATERANGE))
FREE_PAIRS = (
    select(FibrePair.span_id, FibrePair.number, FibrePair.id)
    .where(FibrePair.span_id == any_(bindparam("span_ids", type_=ARRAY(BigInteger))))
    .where(FibrePair.state == PairState.OFFERED)
    .where(~select(Allocation.id).where(Allocation.fibre_pair_id == FibrePair.id, HELD_ON_THE_DAYS).exists())
    .where(FibrePair.span_id.not_in(not_on_offer_between(bindparam("first_day"), bindparam("after"))))
    .order_by(FibrePair.span_id, FibrePair.number)
)
LEASE_COLUMNS = tuple(field.name for field in fields(NewLease) if field.name != "routes")


def add_lease(session: Session, new: NewLease) -> Held:
    """Enter a lease with its spans, and hold free pairs of each: all of it or, when one lacks, nothing.

    Which pairs: those that need the fewest new splices, of these the lowest (`choosing`). Checks neither permission nor
    the routes' shape (`route_checks`), and records no event: that is for its callers. Of several leases entered at
    once, those that start earlier must come first: then whatever is held on any of a lease's days is held on its first
    day too, so that enough pairs are free where enough are left on each day, whichever the earlier ones took.

    Raises:
        FibreTaken: a span has too few free pairs on some of the days; the problems name each such span.
        SpanRetired: a span has left the plant; the problems name each such span.
    """
    span_ids = _lock_routes(session, new.routes)
    found = free_pairs(session, span_ids.values(), new.period)
    free = {code: found[span_id] for code, span_id in span_ids.items()}
    _refuse_if_short(new, free)
    pairs, splicing = _choose(session, new, span_ids, free)
    held = {code: [free[code][number] for number in numbers] for code, numbers in pairs.items()}
    lease = _lease_of(new, span_ids, held)
    session.add(lease)
    return Held(lease, pairs, splicing)


def lock_spans(session: Session, span_ids: Iterable[int]) -> None:
    """Lock these spans against everyone else who would hold or free a pair of them, until the transaction ends.

    Always in order of id, whatever the order asked: two routes that cross cannot wait for each other.
    """
    ordered = select(Span.id).where(Span.id.in_(set(span_ids))).order_by(Span.id).with_for_update()
    session.execute(ordered).all()


def free_pairs(session: Session, span_ids: Collection[int], period: Period) -> dict[int, dict[int, int]]:
    """Return the offered pairs of each span that no lease holds on any day of `period`: the id of each by its number.

    A span whose terms or whose owner's notice forbid a lease for all of `period` has none. Call it after `lock_spans`,
    never in the same statement.
    """
    days = {"days": days_of(period), "first_day": period.start, "after": period.end}
    free: dict[int, dict[int, int]] = {span_id: {} for span_id in span_ids}
    for span_id, number, pair_id in read_rows(session, FREE_PAIRS, {"span_ids": list(span_ids)} | days):
        free[span_id][number] = pair_id
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


def _lock_routes(session: Session, routes: Iterable[Sequence[RouteSpan]]) -> dict[str, int]:
    """Lock the spans of these routes, as `lock_spans` does; return the id of each by its code.

    A row is returned as it is once its lock is there: a span that left the plant meanwhile is seen.
    """
    codes = [span.code for span in chain.from_iterable(routes)]
    ids = dict(read_rows(session, LIVE_SPANS_LOCKED, {"codes": [code.lower() for code in codes]}))
    if gone := sorted(code for code in codes if code not in ids):
        raise _retired(gone)
    return {code: ids[code] for code in codes}


def _retired(codes: Sequence[str]) -> SpanRetired:
    remedy = "Find routes again: they run over what is there now, and are priced anew."
    gone = [Problem("span_retired", f"Span {code} has left the plant.", remedy, code) for code in codes]
    verb = "has" if len(codes) == 1 else "have"
    return SpanRetired(f"The route has changed: {', '.join(codes)} {verb} left the plant.", gone)


def _refuse_if_short(new: NewLease, free: Mapping[str, Collection[int]]) -> None:
    short = {code: len(pairs) for code, pairs in free.items() if len(pairs) < new.pairs}
    if short:
        codes, until = ", ".join(short), "on" if new.ends_on is None else f"to {in_words(new.ends_on)}"
        wanted = "a free fibre pair" if new.pairs == 1 else f"{new.pairs} free fibre pairs"
        detail = f"Taken: from {in_words(new.starts_on)} {until} there are not {wanted} left on {codes}."
        raise FibreTaken(detail, [_taken(code, count) for code, count in short.items()])


def _taken(code: str, count: int) -> Problem:
    left = {0: "no free fibre pair", 1: "1 free fibre pair"}.get(count, f"{count} free fibre pairs")
    remedy = "Search again for routes that are free on these days, or ask for fewer pairs or other days."
    return Problem("taken", f"Span {code} has {left} left on these days.", remedy, code)


def _choose(
    session: Session, new: NewLease, span_ids: Mapping[str, int], free: Mapping[str, Collection[int]]
) -> tuple[dict[str, Pairs], Splicing]:
    """Return the numbers of the pairs to hold on each span, and the splices of all routes."""
    routes = [[span.code for span in route] for route in new.routes]
    spliced = spliced_along(session, [[span_ids[code] for code in codes] for codes in routes])
    pairs: dict[str, Pairs] = {}
    counts = Splicing(0, 0)
    for codes, joints in zip(routes, spliced, strict=True):
        chosen = choose_pairs([free[code] for code in codes], joints, new.pairs)
        pairs |= zip(codes, chosen, strict=True)
        counts = counts.plus(count_splicing(chosen, joints))
    return pairs, counts


def _lease_of(new: NewLease, span_ids: Mapping[str, int], held: Mapping[str, Iterable[int]]) -> Lease:
    """Return the rows of a lease that holds these pairs, by id, on each of its spans."""
    lease = Lease(**{name: getattr(new, name) for name in LEASE_COLUMNS})
    days = days_of(new.period)
    for number, route in enumerate(new.routes, 1):
        for position, (code, metres) in enumerate(route, 1):
            lease.spans.append(LeaseSpan(route=number, position=position, span_id=span_ids[code], metres=metres))
            for pair_id in held[code]:
                lease.allocations.append(Allocation(route=number, fibre_pair_id=pair_id, period=days))
    return lease
