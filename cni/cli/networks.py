"""The network that a command answers from: a file, which needs no database, or the live plant on some days."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from cni.primitives.errors import Invalid, Problem
from cni.primitives.period import Period, parse_date
from cni.topology.network import Network
from cni.topology.network_files import read_network

DATES = ("on", "from_date", "to_date")
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)

Command = TypeVar("Command", bound=Callable[..., Any])


def network_options(command: Command) -> Command:
    """Give a command `--network` (as `network_file`), `--on`, `--from-date` and `--to-date`."""
    for option in (
        click.option("--to-date", default="", help="… up to, not including, this day."),
        click.option("--from-date", default="", help="Pairs that are free from this day on …"),
        click.option("--on", default="", help="Pairs that are free on this day; today unless told."),
        click.option("--network", "network_file", type=FILE, help="Take this file; without it, the live plant."),
    ):
        command = option(command)
    return command


def network_of(file: Path | None, dates: Mapping[str, str]) -> Network:
    """Return the network in a file, or the live plant with what is free on the days that `dates` names.

    Raises:
        Invalid: the file is no network, a day cannot be read, or the days do not go together.
    """
    window = _window(dates)
    if file is None:
        return _live_network(window)
    if window:
        click.echo("The file says which pairs are free; the dates are not used.", err=True)
    return read_network(file.read_bytes())


def _live_network(window: Period | None) -> Network:
    # Late: with a file there is no database, and half a second of imports less.
    from cni import runtime
    from cni.cli.main import open_database
    from cni.members.policy import OPERATOR
    from cni.operations import searching

    open_database()
    with runtime.reading() as session:
        return searching.live_network(session, OPERATOR, window or _one_day(runtime.today()))


def _window(dates: Mapping[str, str]) -> Period | None:
    """Return the days that the options ask about; None: they ask about none."""
    on, start, end = (_day(name, dates.get(name, "")) for name in DATES)
    if on and (start or end):
        raise _bad_dates("on", "--on asks about one day, --from-date and --to-date about several.", "Use one of them.")
    if end and not start:
        raise _bad_dates("to_date", "--to-date needs a day to begin with.", "Give --from-date too.")
    if start and end and end <= start:
        raise _bad_dates("to_date", f"{end} is not after {start}.", "Give the first day that is not asked about.")
    if on:
        return _one_day(on)
    return Period.open_ended(start, end) if start else None


def _day(name: str, text: str) -> date | None:
    try:
        return parse_date(text) if text else None
    except ValueError as error:
        raise _bad_dates(name, f"{error}.", "Write a day that exists.") from None


def _one_day(day: date) -> Period:
    return Period(day, day + timedelta(days=1))


def _bad_dates(place: str, message: str, remedy: str) -> Invalid:
    return Invalid.from_problems([Problem("bad_dates", message, remedy, place)])
