"""Whether the books still take a day: for operations that date something in the past and know no more of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy.orm import Session

from cni.ledger.book import lock_month
from cni.ledger.queries import period, run_of
from cni.primitives.errors import Problem
from cni.primitives.period import Month, in_words


def settled_month_problems(session: Session, day: date, place: str) -> Iterator[Problem]:
    """Yield a problem at `place` where a day lies in a month that is issued or closed, and would never be charged.

    The month stays locked until the transaction ends, so that it is not issued meanwhile.
    """
    month = Month.of(day)
    lock_month(session, month)
    row, run = period(session, month), run_of(session, month)
    remedy = f"Give {in_words(month.period.end)} or a later day."
    if row is not None and row.closed_at is not None:
        yield Problem("period_closed", f"{in_words(day)} lies in a month whose books are closed.", remedy, place)
    elif run is not None and run.run.issued_at is not None:
        yield Problem("month_issued", f"{in_words(day)} lies in a month that is settled already.", remedy, place)
