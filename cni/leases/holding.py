"""Which leases hold which fibre pairs of spans, by number: what their owner has to heed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from cni.assets.models import FibrePair
from cni.leases.allocation import overlaps
from cni.leases.models import Allocation, Lease
from cni.primitives.period import Period


class HeldPair(NamedTuple):
    """A fibre pair of a span that a lease holds; `ends_on` is the first day after it, None: it rolls on."""

    span_id: int
    pair_number: int
    lease: str
    ends_on: date | None


def held_pairs(session: Session, span_ids: Collection[int], period: Period) -> list[HeldPair]:
    """Return the pairs of these spans that leases hold on a day of `period`, by span and number. One statement."""
    rows = session.execute(
        select(FibrePair.span_id, FibrePair.number, Lease.reference, Lease.ends_on)
        .join(Allocation, Allocation.fibre_pair_id == FibrePair.id)
        .join(Lease, Lease.id == Allocation.lease_id)
        .where(FibrePair.span_id.in_(span_ids), overlaps(period))
        .order_by(FibrePair.span_id, FibrePair.number, Lease.reference)
    )
    return [HeldPair(*row) for row in rows]
