"""How values are written on pages: British dates, pounds, metres. Jinja filters of the same names."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from flask import Flask

from cni.primitives.money import pounds

LONDON = ZoneInfo("Europe/London")


def register_formats(app: Flask) -> None:
    """Give templates the filters `pounds`, `day`, `instant`, `metres`, `kilometres` and `decibels`."""
    lengths = {"metres": metres, "kilometres": kilometres}
    app.jinja_env.filters.update(pounds=pounds, day=day, instant=instant, decibels=decibels, **lengths)


def day(when: date | None) -> str:
    """Return a date as it is written in Britain; an open end is a dash.

    >>> day(date(2026, 11, 2))
    '2 November 2026'
    """
    return "–" if when is None else f"{when.day} {when:%B %Y}"


def instant(when: datetime | None) -> str:
    """Return an instant in London's time.

    >>> from datetime import UTC
    >>> instant(datetime(2026, 7, 1, 12, 5, tzinfo=UTC))
    '1 July 2026 at 13:05'
    """
    if when is None:
        return "–"
    local = when.astimezone(LONDON)
    return f"{day(local)} at {local:%H:%M}"


def metres(length_m: float | None) -> str:
    """Return a length in whole metres, thousands apart.

    >>> metres(12345.6)
    '12,346 m'
    """
    return "–" if length_m is None else f"{length_m:,.0f} m"


def kilometres(length_m: float | None) -> str:
    """Return a length given in metres as kilometres with one decimal.

    >>> kilometres(12345.6)
    '12.3 km'
    """
    return "–" if length_m is None else f"{length_m / 1000:,.1f} km"


def decibels(loss_db: Decimal) -> str:
    """Return a loss in dB to a hundredth.

    >>> decibels(Decimal("2.1"))
    '2.10 dB'
    """
    return f"{loss_db:.2f} dB"
