"""Leases follow the plant: where a span is split or merged, the routes and pairs of leases go on over what takes over.

From the day of the change on, and only from then: the days before keep the span that they ran over, so that what was
charged for them stays. Whole metres are shared so that their sum, and with it the price, stays too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from cni.assets.lines import share_metres
from cni.assets.models import FibrePair, Span
from cni.leases.lifecycle import LeaseStatus
from cni.leases.models import Allocation, Lease, LeaseSpan
from cni.leases.route_checks import sites_along

FOR_GOOD = date.max


@dataclass(frozen=True, slots=True)
class Use:
    """A span on a route, at whole metres, on half-open days (None: since ever, for good)."""

    route: int
    span: int
    metres: int
    from_on: date | None
    until_on: date | None

    def lasts_beyond(self, day: date) -> bool:
        """Tell whether the route still runs over the span on a day, or will later."""
        return self.until_on is None or self.until_on > day


@dataclass(frozen=True, slots=True)
class Hold:
    """A fibre pair held on a route, on half-open days; `end` is `FOR_GOOD` where there is none."""

    route: int
    pair: int
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Holding:
    """A lease: its ends, its uses in order (route by route), the pairs that it holds."""

    lease: int
    reference: str
    ends: tuple[int, int]
    uses: tuple[Use, ...]
    holds: tuple[Hold, ...]


@dataclass(frozen=True, slots=True)
class PlacedSpan:
    """A span as leases need to know it: its sites a and z, its length in metres, and its pairs by their numbers."""

    id: int
    a: int
    z: int
    length_m: Decimal
    pairs: Mapping[int, int]


class NotTheSame(ValueError):
    """Two spans cannot be merged: these leases, by reference, do not hold the same pairs on both."""

    def __init__(self, references: Sequence[str]) -> None:
        super().__init__(", ".join(references))
        self.references = tuple(references)


def holdings(session: Session, spans: Collection[int], on: date | None = None) -> list[Holding]:
    """Return every lease that runs over one of these spans on whatever day, by reference.

    `on`: only those that are not over by then.
    """
    touching = select(LeaseSpan.lease_id).where(LeaseSpan.span_id.in_(spans))
    wanted = select(Lease.id, Lease.reference, Lease.from_site_id, Lease.to_site_id).where(Lease.id.in_(touching))
    if on is not None:
        goes_on = or_(Lease.ends_on.is_(None), Lease.ends_on > on)
        wanted = wanted.where(Lease.status.not_in((LeaseStatus.CANCELLED, LeaseStatus.REFUSED)), goes_on)
    leases = session.execute(wanted.order_by(Lease.reference)).all()
    ids = [lease.id for lease in leases]
    uses = _by_lease(
        (row[0], Use(*row[1:]))
        for row in session.execute(
            select(
                LeaseSpan.lease_id, LeaseSpan.route, LeaseSpan.span_id, LeaseSpan.metres,
                LeaseSpan.from_on, LeaseSpan.until_on,
            )
            .where(LeaseSpan.lease_id.in_(ids))
            .order_by(LeaseSpan.lease_id, LeaseSpan.route, LeaseSpan.position)
        )
    )  # fmt: skip
    holds = _by_lease(
        (lease_id, Hold(route, pair, period.lower or date.min, period.upper or FOR_GOOD))
        for lease_id, route, pair, period in session.execute(
            select(Allocation.lease_id, Allocation.route, Allocation.fibre_pair_id, Allocation.period)
            .where(Allocation.lease_id.in_(ids))
            .order_by(Allocation.lease_id, Allocation.route, Allocation.fibre_pair_id, Allocation.period)
        )
    )
    return [
        Holding(number, reference, (start, end), tuple(uses.get(number, ())), tuple(holds.get(number, ())))
        for number, reference, start, end in leases
    ]


def write_holdings(session: Session, changed: Collection[Holding]) -> None:
    """Make the routes and pairs of these leases what is given. The spans concerned must be locked."""
    ids = [holding.lease for holding in changed]
    for table in (LeaseSpan, Allocation):
        session.execute(delete(table).where(table.lease_id.in_(ids)))
    uses = [row for holding in changed for row in _use_rows(holding)]
    holds = [_hold_row(holding.lease, hold) for holding in changed for hold in holding.holds]
    if uses:
        session.execute(insert(LeaseSpan), uses)
    if holds:
        session.execute(insert(Allocation), holds)
    for thing in list(session):
        if isinstance(thing, Lease):
            session.expire(thing)


def placed_spans(session: Session, ids: Collection[int]) -> dict[int, PlacedSpan]:
    """Return spans with their sites and pairs, by number. Two statements."""
    pairs: dict[int, dict[int, int]] = {number: {} for number in ids}
    for pair in session.execute(
        select(FibrePair.span_id, FibrePair.number, FibrePair.id).where(FibrePair.span_id.in_(ids))
    ):
        pairs[pair.span_id][pair.number] = pair.id
    spans = session.execute(select(Span.id, Span.a_id, Span.z_id, Span.length_m).where(Span.id.in_(ids)))
    return {span.id: PlacedSpan(*span, pairs[span.id]) for span in spans}


def split_holding(
    holding: Holding, whole: PlacedSpan, parts: tuple[PlacedSpan, PlacedSpan], spans: Mapping[int, PlacedSpan], on: date
) -> Holding:
    """Return a lease whose use of a span goes on over its two parts, in the order in which the route meets them.

    `parts` begin at the whole's site a. `spans` has every span of the lease.
    """
    uses: list[Use] = []
    for use in holding.uses:
        if use.span != whole.id or not use.lasts_beyond(on):
            uses.append(use)
            continue
        uses += _until(use, on)
        metres = share_metres(use.metres, (parts[0].length_m, parts[1].length_m))
        begun = on if use.from_on is None or use.from_on < on else use.from_on
        met = [replace(use, span=part.id, metres=m, from_on=begun) for part, m in zip(parts, metres, strict=True)]
        uses += met if _runs_from_a(holding, use, whole, spans) else met[::-1]
    numbers = {pair: number for number, pair in whole.pairs.items()}
    holds = _moved(
        holding.holds, lambda pair: [part.pairs[numbers[pair]] for part in parts] if pair in numbers else None, on
    )
    return replace(holding, uses=tuple(uses), holds=holds)


def merge_holding(holding: Holding, parts: tuple[PlacedSpan, PlacedSpan], whole: PlacedSpan, on: date) -> Holding:
    """Return a lease whose uses of two spans go on over the one that they become.

    Raises:
        NotTheSame: it does not hold the same pairs on both.
    """
    held = [_held_numbers(holding, part, on) for part in parts]
    used = [{use.route for use in holding.uses if use.span == part.id and use.lasts_beyond(on)} for part in parts]
    if held[0] != held[1] or used[0] != used[1]:
        raise NotTheSame([holding.reference])
    ids, uses = {part.id for part in parts}, []
    metres: dict[int, int] = {}
    for use in holding.uses:
        if use.span not in ids or not use.lasts_beyond(on):
            uses.append(use)
            continue
        uses += _until(use, on)
        is_second = use.route in metres
        metres[use.route] = metres.get(use.route, 0) + use.metres
        if is_second:
            uses.append(replace(use, span=whole.id, metres=metres[use.route], from_on=on))
    first, second = ({pair: number for number, pair in part.pairs.items()} for part in parts)
    onto = {pair: [whole.pairs[number]] for pair, number in first.items()} | {pair: [] for pair in second}
    return replace(holding, uses=tuple(uses), holds=_moved(holding.holds, onto.get, on))


def as_json(holding: Holding) -> dict[str, Any]:
    """Return the routes and pairs of a lease as an image keeps them."""
    return {
        "reference": holding.reference,
        "ends": list(holding.ends),
        "uses": [[use.route, use.span, use.metres, _text(use.from_on), _text(use.until_on)] for use in holding.uses],
        "holds": [[hold.route, hold.pair, str(hold.start), str(hold.end)] for hold in holding.holds],
    }


def from_json(lease: str, kept: Mapping[str, Any]) -> Holding:
    """Return the routes and pairs that an image keeps of a lease."""
    return Holding(
        int(lease),
        kept["reference"],
        (kept["ends"][0], kept["ends"][1]),
        tuple(Use(route, span, metres, _day(start), _day(end)) for route, span, metres, start, end in kept["uses"]),
        tuple(
            Hold(route, pair, date.fromisoformat(start), date.fromisoformat(end))
            for route, pair, start, end in kept["holds"]
        ),
    )


def _by_lease(rows: Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for lease, row in rows:
        found.setdefault(lease, []).append(row)
    return found


def _use_rows(holding: Holding) -> Iterator[dict[str, Any]]:
    """Yield the rows of a lease's uses, numbered anew along each route."""
    positions: dict[int, int] = {}
    for use in holding.uses:
        positions[use.route] = positions.get(use.route, 0) + 1
        yield {
            "lease_id": holding.lease, "route": use.route, "position": positions[use.route], "span_id": use.span,
            "metres": use.metres, "from_on": use.from_on, "until_on": use.until_on,
        }  # fmt: skip


def _hold_row(lease: int, hold: Hold) -> dict[str, Any]:
    period = Range(hold.start, None if hold.end == FOR_GOOD else hold.end, bounds="[)")
    return {"lease_id": lease, "route": hold.route, "fibre_pair_id": hold.pair, "period": period}


def _until(use: Use, day: date) -> list[Use]:
    """Return a use cut at a day; none where it would have no day."""
    return [] if use.from_on is not None and use.from_on >= day else [replace(use, until_on=day)]


def _moved(holds: Iterable[Hold], onto: Callable[[int], list[int] | None], on: date) -> tuple[Hold, ...]:
    """Return holds cut at a day, from which on each is on the pairs that `onto` says; None: it stays as it is."""
    moved = []
    for hold in holds:
        pairs = onto(hold.pair) if hold.end > on else None
        if pairs is None:
            moved.append(hold)
            continue
        if hold.start < on:
            moved.append(replace(hold, end=on))
        moved += [replace(hold, pair=pair, start=max(hold.start, on)) for pair in pairs]
    return tuple(sorted(moved, key=lambda hold: (hold.route, hold.pair, hold.start)))


def _held_numbers(holding: Holding, span: PlacedSpan, on: date) -> set[tuple[int, int, date, date]]:
    numbers = {pair: number for number, pair in span.pairs.items()}
    return {
        (hold.route, numbers[hold.pair], max(hold.start, on), hold.end)
        for hold in holding.holds
        if hold.pair in numbers and hold.end > on
    }


def _runs_from_a(holding: Holding, use: Use, span: PlacedSpan, spans: Mapping[int, PlacedSpan]) -> bool:
    """Tell whether a route meets a span's site a first, on the last of the days on which it runs over it."""
    day = None if use.until_on is None else use.until_on
    route = [
        each.span
        for each in holding.uses
        if each.route == use.route and (each.until_on is None if day is None else each.until_on == day)
    ]
    if len(route) == 1:
        return span.a == holding.ends[0]
    ends = {str(number): (str(spans[number].a), str(spans[number].z)) for number in route}
    sites = sites_along([str(number) for number in route], ends)
    return sites is None or sites[route.index(span.id)] == str(span.a)


def _text(day: date | None) -> str | None:
    return None if day is None else str(day)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
