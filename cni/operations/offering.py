"""Saying on what terms a span is contributed: which pairs by number, from when until when, with what notice."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cni.assets import terms
from cni.assets.models import FibrePair, Span
from cni.assets.terms import FeeBasis, SpanTerms
from cni.assets.words import PairState
from cni.events.kinds import SpanTermsSet
from cni.events.record import record
from cni.leases.allocation import lock_spans
from cni.leases.holding import HeldPair, held_pairs
from cni.members.policy import Actor, Permission, may, nothing_here, require
from cni.operations._own_plant import live_span_of_owner, span_of_owner
from cni.primitives.errors import Problem, refuse_if_any
from cni.primitives.period import Period, london_date

MOST_NOTICE_MONTHS = 120


@dataclass(frozen=True, slots=True)
class NewTerms:
    """Terms as they were given; `offered` and `reserved` are the numbers of pairs, what is in neither is dark."""

    fee_basis: FeeBasis
    offered: tuple[int, ...]
    reserved: tuple[int, ...]
    starts_on: date | None = None
    ends_on: date | None = None
    notice_months: int = terms.NOTICE_MONTHS


@dataclass(frozen=True, slots=True)
class Offered:
    """The terms of a span (None: none were set), its pairs by number and the leases that hold some of them."""

    span: Span
    terms: SpanTerms | None
    pairs: Mapping[int, PairState]
    held: list[HeldPair]
    may_set: bool

    def numbers(self, state: str) -> list[int]:
        """Return the numbers of the pairs in a state, in order."""
        return [number for number, each in self.pairs.items() if each == state]


def terms_of(session: Session, actor: Actor, code: str, *, on: date) -> Offered:
    """Return on what terms a span is contributed, with the leases that hold pairs on a day or after it.

    Permission: plant:inspect.
    Raises:
        NotFound: there is no such span, or it is another member's.
    """
    require(actor, Permission.PLANT_INSPECT)
    span = span_of_owner(session, actor, code)
    pairs = {pair.number: pair.state for pair in _pairs(session, span)}
    sets = may(actor, Permission.PLANT_KEEP) and actor.member_id == span.fibre_owner_id
    return Offered(span, terms.terms_of(session, span), pairs, held_pairs(session, [span.id], Period(on)), sets)


def set_terms(session: Session, actor: Actor, code: str, given: NewTerms, *, at: datetime) -> SpanTerms:
    """Set the terms on which a span is contributed. Leases that hold pairs of it run on as they were made.

    Permission: plant:keep. Event: SpanTermsSet.
    Raises:
        NotFound: the member has no such fibre.
        NotLive: the span is only proposed.
        Invalid: with every problem: a pair is not there, named twice, broken, or leased and no longer offered; it ends
            before it starts; the notice is too long.
    """
    require(actor, Permission.PLANT_KEEP)
    span = live_span_of_owner(session, actor, code)
    if actor.member_id not in (None, span.fibre_owner_id):
        raise nothing_here()
    lock_spans(session, [span.id])
    pairs = {pair.number: pair for pair in _pairs(session, span)}
    held = {each.pair_number: each.lease for each in held_pairs(session, [span.id], Period(london_date(at)))}
    refuse_if_any([*_pair_problems(given, pairs, held), *_period_problems(given)])
    for number, pair in pairs.items():
        if pair.state is not PairState.BROKEN:
            pair.state = _state_of(number, given)
    standing = terms.terms_of(session, span) or SpanTerms(span_id=span.id)
    standing.fee_basis, standing.notice_months = given.fee_basis, given.notice_months
    standing.starts_on, standing.ends_on = given.starts_on, given.ends_on
    standing.changed_by_id, standing.changed_at = actor.person_id, at
    session.add(standing)
    told = SpanTermsSet(
        subject=span.code,
        member_id=span.fibre_owner_id,
        offered=sorted(given.offered),
        reserved=sorted(given.reserved),
    )
    record(session, actor, told, at=at)
    return standing


def _pairs(session: Session, span: Span) -> Collection[FibrePair]:
    return session.scalars(select(FibrePair).where(FibrePair.span_id == span.id).order_by(FibrePair.number)).all()


def _state_of(number: int, given: NewTerms) -> PairState:
    if number in given.offered:
        return PairState.OFFERED
    return PairState.RESERVED if number in given.reserved else PairState.DARK


def _pair_problems(given: NewTerms, pairs: Mapping[int, FibrePair], held: Mapping[int, str]) -> Iterator[Problem]:
    for place, numbers in (("offered", given.offered), ("reserved", given.reserved)):
        missing = sorted(set(numbers) - pairs.keys())
        if missing:
            message = f"The span has no fibre pair {_listed(missing)}."
            yield Problem("unknown_pair", message, f"Give numbers from 1 to {len(pairs)}.", place)
        broken = sorted(number for number in {*numbers} & pairs.keys() if pairs[number].state is PairState.BROKEN)
        if broken:
            yield Problem("broken_pair", f"Pair {_listed(broken)} is broken.", "Leave it out.", place)
    both = sorted({*given.offered} & {*given.reserved})
    if both:
        message = f"Pair {_listed(both)} is both offered and reserved."
        yield Problem("named_twice", message, "Name each once.", "reserved")
    leased = sorted(held.keys() - {*given.offered})
    if leased:
        leases = ", ".join(sorted({held[number] for number in leased}))
        message = f"Pair {_listed(leased)} is leased ({leases}) and stays offered."
        yield Problem("leased_pair", message, "Offer it too; give notice if the span shall leave.", "offered")


def _period_problems(given: NewTerms) -> Iterator[Problem]:
    if given.starts_on and given.ends_on and given.ends_on <= given.starts_on:
        message = "It would end before it starts."
        yield Problem("ends_before_start", message, "Give a later first day without it.", "ends_on")
    if not 0 <= given.notice_months <= MOST_NOTICE_MONTHS:
        message = f"A notice of {given.notice_months} months is not possible."
        yield Problem("out_of_range", message, f"Give 0 to {MOST_NOTICE_MONTHS} months.", "notice_months")


def _listed(numbers: Collection[int]) -> str:
    return ", ".join(str(number) for number in numbers)
