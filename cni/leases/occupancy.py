"""How the fibre pairs of spans are used on a day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from cni.assets.models import FibrePair, Span
from cni.assets.words import PairState
from cni.leases.allocation import overlaps
from cni.leases.models import Allocation
from cni.primitives.period import Period


@dataclass(frozen=True, slots=True)
class PairUse:
    """How many fibre pairs of a span are in each state on a day; `leased` are some of the offered ones."""

    reserved: int = 0
    offered: int = 0
    dark: int = 0
    broken: int = 0
    leased: int = 0

    @property
    def free(self) -> int:
        """Offered pairs that no lease holds."""
        return self.offered - self.leased


def pair_use(session: Session, span_ids: Collection[int], on: date) -> dict[int, PairUse]:
    """Return how the pairs of these spans are used on a day, by span. One statement."""
    counts = select(
        FibrePair.span_id,
        *(func.count().filter(FibrePair.state == state) for state in _STATES),
        func.count().filter(FibrePair.state == PairState.OFFERED, _is_held(on)),
    )
    rows = session.execute(counts.where(FibrePair.span_id.in_(span_ids)).group_by(FibrePair.span_id))
    return {span_id: PairUse(*numbers) for span_id, *numbers in rows}


def has_free_pairs(least: int, on: date) -> ColumnElement[bool]:
    """Return the condition that a span has at least so many offered pairs that no lease holds on a day."""
    free = select(func.count(FibrePair.id)).where(
        FibrePair.span_id == Span.id, FibrePair.state == PairState.OFFERED, ~_is_held(on)
    )
    return free.scalar_subquery() >= least


_STATES = (PairState.RESERVED, PairState.OFFERED, PairState.DARK, PairState.BROKEN)


def _is_held(on: date) -> ColumnElement[bool]:
    day = Period(on, on + timedelta(days=1))
    return select(Allocation.id).where(Allocation.fibre_pair_id == FibrePair.id, overlaps(day)).exists()
