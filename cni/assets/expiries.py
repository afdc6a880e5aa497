"""Rights and duties that end: a wayleave, a funding condition, and what a lease that outlives one is told. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from cni.primitives.period import FAR_FUTURE, Period, in_words

HORIZONS_DAYS = (90, 180, 365)
"""How far ahead the registers look, in days; the last is when the start page begins to call an end to mind."""


class RegisterKind(StrEnum):
    """What is registered: the right to be on someone's land, or what a grant asks in return."""

    FUNDING = "funding"
    WAYLEAVE = "wayleave"


KIND_WORDS = {RegisterKind.FUNDING: "funding condition", RegisterKind.WAYLEAVE: "wayleave"}
"""What each is called."""


@dataclass(frozen=True, slots=True)
class Cover:
    """That a span or site is covered until a day, the first without it (None: no end). `party` is never told on."""

    kind: RegisterKind
    thing: str
    code: str
    party: str
    ends_on: date | None


@dataclass(frozen=True, slots=True, order=True)
class Expiry:
    """That what covers a span or site ends on a day; `thing` is "span" or "site". It does not say whose it is."""

    ends_on: date
    thing: str
    code: str
    kind: RegisterKind


def outlived(covers: Iterable[Cover], period: Period) -> list[Expiry]:
    """Return what ends before `period` does, soonest first, each once.

    Of several of one kind with the same other party, as when one is renewed, the last counts.
    """
    last: dict[tuple[RegisterKind, str, str, str], date] = {}
    for cover in covers:
        of = cover.kind, cover.thing, cover.code, cover.party.strip().casefold()
        last[of] = max(last.get(of, date.min), cover.ends_on or FAR_FUTURE)
    return sorted(
        {Expiry(ends_on, thing, code, kind) for (kind, thing, code, _), ends_on in last.items() if ends_on < period.end}
    )


def sentences(expiries: Iterable[Expiry], period: Period) -> Iterator[str]:
    """Yield what a lease for `period` is told of each, in words.

    >>> expiry = Expiry(date(2028, 3, 1), "span", "DEN-STO", RegisterKind.WAYLEAVE)
    >>> list(sentences([expiry], Period(date(2026, 12, 1), date(2028, 12, 1))))
    ['The wayleave for span DEN-STO ends on 29 February 2028, 9 months before this lease would.']
    """
    for expiry in expiries:
        last_day = expiry.ends_on - timedelta(days=1)
        of = f"The {KIND_WORDS[expiry.kind]} for {expiry.thing} {expiry.code}"
        if expiry.ends_on <= period.start:
            yield f"{of} ended on {in_words(last_day)}, before this lease would start."
        elif period.end == FAR_FUTURE:
            yield f"{of} ends on {in_words(last_day)}; this lease has no end."
        else:
            before = _time_between(expiry.ends_on, period.end)
            yield f"{of} ends on {in_words(last_day)}, {before} before this lease would."


def _time_between(start: date, end: date) -> str:
    """Return the whole months between two days, or the days where there is none."""
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    count, unit = (months, "month") if months else ((end - start).days, "day")
    return f"{count} {unit}{'' if count == 1 else 's'}"
