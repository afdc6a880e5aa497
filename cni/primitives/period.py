"""Days and periods: Europe/London civil dates in half-open periods.

`end` is the first day that is *not* in the period; `None` means that it has no end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

FAR_FUTURE = date.max
"""Stands for "no end" in comparisons; never shown and never stored."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The days from `start` up to, not including, `end`.

    Raises:
        ValueError: it ends before it starts.
    """

    start: date
    end: date = FAR_FUTURE

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a period cannot end ({self.end}) before it starts ({self.start})")

    @classmethod
    def open_ended(cls, start: date, end: date | None) -> Period:
        """Return the period of a start and an end that may be missing."""
        return cls(start, FAR_FUTURE if end is None else end)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def overlap(self, other: Period) -> Period | None:
        """Return the days that are in both, or None where there are none."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None

    def cut_at(self, days: Iterable[date]) -> list[Period]:
        """Return the period cut before each of `days` that lies inside it: pieces, oldest first."""
        cuts = sorted({day for day in days if self.start < day < self.end})
        edges = [self.start, *cuts, self.end]
        return [Period(start, end) for start, end in pairwise(edges)]


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month, written `2026-10`: the settlement period."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Return the month that `text` names.

        Raises:
            ValueError: it is not of the form 2026-10.
        """
        match = re.fullmatch(r"(\d{4})-(\d{2})", text.strip())
        if not match or not 1 <= int(match[2]) <= 12 or int(match[1]) == 0:
            raise ValueError(f"{text!r} is not a month; write it like 2026-10")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> Month:
        """Return the month that a day lies in."""
        return cls(day.year, day.month)

    @property
    def period(self) -> Period:
        """Its days."""
        following = self.next()
        return Period(date(self.year, self.number, 1), date(following.year, following.number, 1))

    @property
    def last_day(self) -> date:
        """Its last day."""
        return self.period.end - timedelta(days=1)

    def next(self) -> Month:
        """Return the month after it."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    def previous(self) -> Month:
        """Return the month before it."""
        return Month.of(self.period.start - timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


def add_months(day: date, months: int) -> date:
    """Return the same day of the month, `months` later; the month's last day where it has no such day.

    >>> add_months(date(2024, 2, 29), 12), add_months(date(2026, 1, 31), 1)
    (datetime.date(2025, 2, 28), datetime.date(2026, 2, 28))
    """
    month = day.month - 1 + months
    year, number = day.year + month // 12, month % 12 + 1
    last = Month(year, number).last_day.day
    return date(year, number, min(day.day, last))


def parse_date(text: str) -> date:
    """Return the date written as 2026-11-22.

    Raises:
        ValueError: it is not of that form, or there is no such day.
    """
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date; write it like 2026-11-22") from None


def london_date(at: datetime) -> date:
    """Return the civil date of an instant in Europe/London.

    >>> from datetime import UTC
    >>> london_date(datetime(2026, 6, 30, 23, 30, tzinfo=UTC))
    datetime.date(2026, 7, 1)
    """
    return at.astimezone(LONDON).date()


def in_words(day: date) -> str:
    """Return a day as people write it: "22 November 2026"."""
    return f"{day.day} {day:%B %Y}"
