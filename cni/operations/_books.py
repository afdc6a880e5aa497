"""Whether the books still take a day: for operations that date something in the past and know no more of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy.orm import Session

from cni.ledger.queries import period
from cni.primitives.errors import Problem
from cni.primitives.period import Month, in_words


def closed_month_problems(session: Session, day: date, place: str) -> Iterator[Problem]:
    """Yield a problem at `place` where a day lies in a month that the treasurer has closed."""
    month = period(session, Month.of(day))
    if month is not None and month.closed_at is not None:
        message = f"{in_words(day)} lies in a month whose books are closed."
        yield Problem("period_closed", message, f"Give {in_words(month.ends_on)} or a later day.", place)
