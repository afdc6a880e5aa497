"""Which fibre pairs are spliced through from span to span along routes, as the records of splices say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain, pairwise

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select
from sqlalchemy.orm import Session

from cni.assets.structure import Splice
from cni.leases.choosing import Joints, joints

AMONG = bindparam("span_ids", type_=ARRAY(BigInteger))
SPLICES_AMONG = select(Splice.from_span_id, Splice.from_fibre, Splice.to_span_id, Splice.to_fibre).where(
    Splice.from_span_id == any_(AMONG), Splice.to_span_id == any_(AMONG)
)


def spliced_along(session: Session, routes: Sequence[Sequence[int]]) -> list[list[Joints]]:
    """Return, for each route as the ids of its spans in order, the joints at each site between. One statement."""
    fibres: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for here, fibre, there, other in session.execute(SPLICES_AMONG, {"span_ids": list(chain(*routes))}):
        # A splice has no direction: which fibre was written down first says nothing.
        fibres[here, there].append((fibre, other))
        fibres[there, here].append((other, fibre))
    return [[joints(fibres[sides]) for sides in pairwise(route)] for route in routes]
