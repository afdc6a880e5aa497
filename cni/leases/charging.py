"""Who owes and earns which penny of a period: the charge of a lease, shared over spans and owners.

A lease's days in a period are cut into segments, on each of which nothing changes; each segment is charged by
cumulative rounding, shared over the spans, then over the owners of fibre and duct. Always charge = fee + margin, none
of them negative, and any split of a lease year adds up to its annual price exactly.

Source: rules to the penny, charging and sharing, rules 1 to 4 and 7 to 13.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from itertools import groupby
from typing import TypeAlias

from cni.leases.pricing import MONTHS_PER_YEAR, FeePolicy, History, in_force
from cni.primitives.money import half_up, percent_of, share_by_largest_remainder
from cni.primitives.period import Period, add_months

SUSPENSE = "suspense"
"""The contributor of a fee that nobody has a right to: kept under this name until somebody has, never lost."""

Entitlement: TypeAlias = Mapping[str, Sequence[Period]]
"""The periods in which each member is a contributor, by slug; whoever is absent never is."""


@dataclass(frozen=True, slots=True)
class SpanUse:
    """A span as one lease uses it: its billed metres, how often it stands on the routes, whose it is (slugs).

    `duct_owner` None means that the fibre's owner has the duct too. `code` None means rack space: see `rack_use`.
    """

    code: str | None
    metres: int
    times: int
    fibre_owner: str
    duct_owner: str | None = None

    @property
    def owners(self) -> tuple[str, ...]:
        """The owner of the fibre, then that of the duct where it is another."""
        if self.duct_owner in (None, self.fibre_owner):
            return (self.fibre_owner,)
        return (self.fibre_owner, self.duct_owner)


def rack_use(site_owner: str) -> SpanUse:
    """Return the use of rack space or of a cross-connect: no span, all of it the site's owner's.

    Source: rules to the penny, rule 12.
    """
    return SpanUse(code=None, metres=1, times=1, fibre_owner=site_owner)


@dataclass(frozen=True, slots=True)
class BillableLease:
    """All that charging needs to know of a lease.

    `ends_on` is the first day not charged, None = no end; no `accepted_on`: nothing is charged yet. `annual_pence` is
    the annual price *A*, 0 while on hold. `uses` are the spans of both routes, each span once; a change of route or of
    an owner is a new entry. `one_off_pence` is by tariff code. `user` is the slug of the member that leases.

    Raises:
        ValueError: a span stands twice among the uses of one day.
    """

    reference: str
    user: str
    starts_on: date
    ends_on: date | None
    accepted_on: date | None
    annual_pence: History[int]
    pairs: History[int]
    uses: History[tuple[SpanUse, ...]]
    one_off_pence: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for dated in self.uses:
            if len({use.code for use in dated.value}) != len(dated.value):
                raise ValueError(f"a span of lease {self.reference} stands twice; count it in `times`")

    @property
    def billed(self) -> Period | None:
        """The days charged, from the billing start; None when nothing is, empty when it ends on the billing start."""
        start = billing_start(self.starts_on, self.accepted_on)
        # Reading: a lease called off before its billing start never came to billing; it owes no one-off charges either.
        if start is None or (self.ends_on is not None and self.ends_on < start):
            return None
        return Period.open_ended(start, self.ends_on)


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """What a user owes for one segment of a lease on one span, and how it divides.

    `start` and `end` are half-open (`from` and `to` in JSON). `contributor` earns the fee. One-off charges have a
    `code`, no span, no contributor and no days; rack space has no span.
    """

    lease: str
    span: str | None
    contributor: str | None
    user: str
    start: date
    end: date
    days: int
    charge_pence: int
    fee_pence: int
    margin_pence: int
    code: str | None = None


@dataclass(frozen=True, slots=True)
class _Terms:
    """All that must stay the same for days to be one segment; `entitled` are the owners with a right to a fee."""

    annual_pence: int
    pairs: int
    uses: tuple[SpanUse, ...]
    policy: FeePolicy
    entitled: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Segment:
    period: Period
    terms: _Terms


def charge_lines(
    lease: BillableLease, month: Period, policies: History[FeePolicy], entitled: Entitlement
) -> tuple[ChargeLine, ...]:
    """Return what a lease owes for a period and who earns it: oldest segment first, spans by code, one-offs last.

    Lines of nothing are left out. Only the days of `month` count, whatever was or was not settled before.

    Source: rules to the penny, rules 1 to 13.
    """
    billed = lease.billed
    if billed is None:
        return ()
    days = billed.overlap(month)
    lines: list[ChargeLine] = []
    for segment in _segments(lease, days, policies, entitled) if days else ():
        lines += _segment_lines(lease, billed.start, segment)
    # Even when the lease ends on its billing start, with no day charged: it was connected all the same.
    if billed.start in month:
        lines += _one_off_lines(lease, billed.start)
    return tuple(line for line in lines if line.charge_pence)


def billing_start(starts_on: date, accepted_on: date | None) -> date | None:
    """Return the first day charged: the later of start and acceptance, or None before acceptance.

    Source: rules to the penny, rule 2.
    """
    return None if accepted_on is None else max(starts_on, accepted_on)


def lease_years(start: date, period: Period) -> list[Period]:
    """Return the lease years, counted from the billing start, that have days in `period`, oldest first.

    Source: rules to the penny, rule 3.
    """
    number = max(period.start.year - start.year - 1, 0)
    years = []
    while (begins := add_months(start, MONTHS_PER_YEAR * number)) < period.end:
        number += 1
        year = Period(begins, add_months(start, MONTHS_PER_YEAR * number))
        if year.end > period.start:
            years.append(year)
    return years


def charged_between(steps: History[int], start: date, period: Period) -> int:
    """Return the pence charged for the days of `period` from the billing start on, by cumulative rounding.

    `steps` are annual prices in pence, each from a day; the first counts before its day too. Adjoining periods add up
    to the charge of both together, so that a lease year adds up to its annual price.

    Source: rules to the penny, rules 3 and 4.
    """
    days = period.overlap(Period(start))
    if days is None:
        return 0
    return sum(
        _charged_by(steps, year, min(days.end, year.end)) - _charged_by(steps, year, max(days.start, year.start))
        for year in lease_years(start, days)
    )


def reserve_of(charge_pence: int, policy: FeePolicy) -> int:
    """Return the pence that a segment, or a one-off charge, brings the reserve; the rest of its margin runs the co-op.

    Source: rules to the penny, rule 9.
    """
    # Reading: each one-off charge is rounded by itself, as a segment is, since each is a tariff line of its own.
    return percent_of(charge_pence, policy.reserve_percent)


def _charged_by(steps: History[int], year: Period, until: date) -> int:
    """Return C(n): the pence of a lease year's days before `until`, rounded once."""
    pieces = Period(year.start, until).cut_at(step.from_on for step in steps)
    exact = sum(in_force(steps, piece.start) * piece.days for piece in pieces)
    return half_up(Fraction(exact, year.days))


def _segments(
    lease: BillableLease, days: Period, policies: History[FeePolicy], entitled: Entitlement
) -> Iterator[_Segment]:
    """Yield the days cut where something changes, and nowhere else: an entry that repeats its forerunner cuts nothing.

    An anniversary does not cut: rule 4 adds its two parts.
    """
    pieces = days.cut_at(_days_of_change(lease, policies, entitled))
    for terms, run in groupby(pieces, key=lambda piece: _terms_on(piece.start, lease, policies, entitled)):
        unchanged = list(run)
        yield _Segment(Period(unchanged[0].start, unchanged[-1].end), terms)


def _days_of_change(lease: BillableLease, policies: History[FeePolicy], entitled: Entitlement) -> Iterator[date]:
    for history in (lease.annual_pence, lease.pairs, lease.uses, policies):
        yield from (dated.from_on for dated in history)
    # Reading: a right to a fee that begins or ends cuts like a change of owner, for rule 10 asks about it by the day.
    for owner in {owner for dated in lease.uses for use in dated.value for owner in use.owners}:
        for period in entitled.get(owner, ()):
            yield from (period.start, period.end)


def _terms_on(day: date, lease: BillableLease, policies: History[FeePolicy], entitled: Entitlement) -> _Terms:
    uses = [_plainly(use) for use in in_force(lease.uses, day)]
    owners = {owner for use in uses for owner in use.owners}
    return _Terms(
        annual_pence=in_force(lease.annual_pence, day),
        pairs=in_force(lease.pairs, day),
        # Python compares text by code points, as rule 8 does: "S10" comes before "S2".
        uses=tuple(sorted(uses, key=lambda use: use.code or "")),
        policy=in_force(policies, day),
        entitled=frozenset(owner for owner in owners if any(day in period for period in entitled.get(owner, ()))),
    )


def _plainly(use: SpanUse) -> SpanUse:
    """Return the use with a duct owner only where it is another: naming the fibre's owner twice changes nothing."""
    return replace(use, duct_owner=None) if use.duct_owner == use.fibre_owner else use


def _segment_lines(lease: BillableLease, start: date, segment: _Segment) -> Iterator[ChargeLine]:
    """Yield a segment's lines: shared over the spans first, then inside each span."""
    period, terms = segment.period, segment.terms
    charge_pence = charged_between(lease.annual_pence, start, period)
    margin_pence = percent_of(charge_pence, terms.policy.margin_percent)
    charges = share_by_largest_remainder(
        charge_pence, {use.code: use.metres * terms.pairs * use.times for use in terms.uses}
    )
    margins = share_by_largest_remainder(margin_pence, charges)
    for use in terms.uses:
        shares = _between_owners(use, charges[use.code], margins[use.code], terms)
        for contributor, (charge, margin) in shares.items():
            yield ChargeLine(
                lease=lease.reference,
                span=use.code,
                contributor=contributor,
                user=lease.user,
                start=period.start,
                end=period.end,
                days=period.days,
                charge_pence=charge,
                fee_pence=charge - margin,
                margin_pence=margin,
            )


def _between_owners(use: SpanUse, charge_pence: int, margin_pence: int, terms: _Terms) -> dict[str, tuple[int, int]]:
    """Return charge and margin of a span in pence by contributor: the fibre's owner first, and so first in a tie.

    Owners without a right to a fee share one line, `suspense`: one line per lease, segment, span and contributor.
    """
    duct_percent = Fraction(terms.policy.duct_share_percent)
    percents = (100 - duct_percent, duct_percent) if len(use.owners) > 1 else (Fraction(100),)
    charges = share_by_largest_remainder(charge_pence, dict(zip(use.owners, percents, strict=True)))
    margins = share_by_largest_remainder(margin_pence, charges)
    shares: dict[str, tuple[int, int]] = {}
    for owner in use.owners:
        contributor = owner if owner in terms.entitled else SUSPENSE
        charge, margin = shares.get(contributor, (0, 0))
        shares[contributor] = (charge + charges[owner], margin + margins[owner])
    return shares


def _one_off_lines(lease: BillableLease, start: date) -> Iterator[ChargeLine]:
    for code, pence in lease.one_off_pence.items():
        yield ChargeLine(
            lease=lease.reference,
            span=None,
            contributor=None,
            user=lease.user,
            start=start,
            end=start,
            days=0,
            charge_pence=pence,
            fee_pence=0,
            margin_pence=pence,
            code=code,
        )
