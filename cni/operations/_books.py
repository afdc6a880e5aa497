"""Whether the books still take a day: for operations that date something in the past and know no more of the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from sqlalchemy.orm import Session

from cni.ledger.book import lock_month
from cni.ledger.queries import period, periods, run_of, runs
from cni.primitives.errors import Problem
from cni.primitives.period import Month, in_words


def lock_month_of(session: Session, day: date) -> None:
    """Keep the month of a day from being issued or closed until the transaction ends; before asking what it is."""
    lock_month(session, Month.of(day))


def settled_month_problems(session: Session, day: date, place: str) -> Iterator[Problem]:
    """Yield a problem at `place` where a day lies in a month that is issued or closed, and would never be charged."""
    row, run = period(session, Month.of(day)), run_of(session, Month.of(day))
    return _problems(day, bool(row and row.closed_at), bool(run and run.run.issued_at), place)


def problems_of_days(session: Session, days: Collection[date], place: str) -> dict[date, list[Problem]]:
    """Return the same of several days, by day. Three statements, however many; none where there is no day."""
    if not days:
        return {}
    closed = {Month.of(row.starts_on) for row in periods(session) if row.closed_at}
    issued = {run.month for run in runs(session) if run.run.issued_at}
    return {day: list(_problems(day, Month.of(day) in closed, Month.of(day) in issued, place)) for day in days}


def _problems(day: date, is_closed: bool, is_issued: bool, place: str) -> Iterator[Problem]:
    remedy = f"Give {in_words(Month.of(day).period.end)} or a later day."
    if is_closed:
        yield Problem("period_closed", f"{in_words(day)} lies in a month whose books are closed.", remedy, place)
    elif is_issued:
        yield Problem("month_issued", f"{in_words(day)} lies in a month that is settled already.", remedy, place)
