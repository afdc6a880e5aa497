"""`cni routes`: routes through the live plant, or through a network in a file, which needs no database."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from cni.cli.output import answer, json_option
from cni.primitives.errors import Invalid, Problem
from cni.primitives.period import Period, parse_date
from cni.topology.answers import answer_as_json, explain
from cni.topology.network import Network
from cni.topology.network_files import read_network
from cni.topology.questions import Question, read_queries, read_question
from cni.topology.routes import answer_question, find_answer, measured

DATES = ("on", "from_date", "to_date")
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command("routes")
@click.option("--network", "network_file", type=FILE, help="Answer from this file; without it, from the live plant.")
@click.option("--from", "from", default="", help="Id of the site to begin at.")
@click.option("--to", "to", default="", help="Id of the site to end at.")
@click.option("--diverse", default="", help="span: no span in common; site: nor a site; risk: nor a risk group.")
@click.option("--routes", default="", help="How many routes; 2 where diversity is asked for, else 1.")
@click.option("--pairs", default="", help="How many free fibre pairs each span must have; 1 unless told.")
@click.option("--exempt", multiple=True, help="A risk group that does not count against diversity.")
@click.option("--without", multiple=True, help="What to leave out: span:ID, site:ID or risk:ID.")
@click.option("--must-use", multiple=True, help="What some route has to use: span:ID, site:ID or risk:ID.")
@click.option("--separation-m", default="", help="Least metres between the two routes of a pair, away from their ends.")
@click.option("--time-limit-s", default="", help="Seconds for a search that takes long; 10 unless told.")
@click.option("--on", default="", help="Pairs that are free on this day; today unless told.")
@click.option("--from-date", default="", help="Pairs that are free from this day on …")
@click.option("--to-date", default="", help="… up to, not including, this day.")
@click.option("--queries", "queries_file", type=FILE, help="Many questions: a CSV file with from and to.")
@json_option
def routes(network_file: Path | None, queries_file: Path | None, as_json: bool, **options: Any) -> None:
    """Find the routes of least total length between two sites, or what stands in their way."""
    asked = {name: ";".join(given) if isinstance(given, tuple) else given for name, given in options.items()}
    window = _window(asked)
    if network_file is not None:
        if any(asked[name] for name in DATES):
            click.echo("The file says which pairs are free; the dates are not used.", err=True)
        network = read_network(network_file.read_bytes())
    else:
        network = _live_network(window)
    if queries_file is None:
        _answer_one(network, read_question(network, asked), as_json=as_json)
    else:
        _answer_many(network, read_queries(network, queries_file.read_bytes(), asked))


def _answer_one(network: Network, question: Question, *, as_json: bool) -> None:
    found = answer_question(network, question)
    words = [f"{number}. {' '.join(route.spans)}" for number, route in enumerate(found.routes, 1)]
    answer(answer_as_json(found), "\n".join([*explain(network, found), *words]), as_json=as_json)


def _answer_many(network: Network, questions: list[Question]) -> None:
    """Print one JSON document a line, each with `ms`, the milliseconds that its search took."""
    _ = network.view.labels, network.free_pairs  # made once, before the first search is timed
    for question in questions:
        began = perf_counter()
        found = find_answer(network, question)
        ms = round((perf_counter() - began) * 1000, 3)
        click.echo(json.dumps(answer_as_json(measured(network, found)) | {"ms": ms}, ensure_ascii=False))


def _live_network(window: Period | None) -> Network:
    # Late: with a file there is no database, and half a second of imports less.
    from cni import runtime
    from cni.cli.main import open_database
    from cni.members.policy import OPERATOR
    from cni.operations import searching

    open_database()
    with runtime.reading() as session:
        return searching.live_network(session, OPERATOR, window or _one_day(runtime.today()))


def _window(asked: dict[str, str]) -> Period | None:
    """Return the days that the options ask about; None: they ask about none.

    Raises:
        Invalid: a day cannot be read, or they do not go together.
    """
    on, start, end = (_day(name, asked.get(name, "")) for name in DATES)
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
