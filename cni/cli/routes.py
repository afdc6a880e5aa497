"""`cni routes`: routes through the live plant, or through a network in a file, which needs no database."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from cni.cli.networks import DATES, FILE, network_of, network_options
from cni.cli.output import answer, json_option
from cni.topology.answers import Answer, answer_as_json, explain
from cni.topology.network import Network
from cni.topology.questions import Question, read_queries, read_question
from cni.topology.routes import answer_question, find_answer, measured
from cni.topology.warming import warm


@click.command("routes")
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
@click.option("--queries", "queries_file", type=FILE, help="Many questions: a CSV file with from and to.")
@network_options
@json_option
def routes(network_file: Path | None, queries_file: Path | None, as_json: bool, **options: Any) -> None:
    """Find the routes of least total length between two sites, or what stands in their way."""
    asked = {name: ";".join(given) if isinstance(given, tuple) else given for name, given in options.items()}
    network = network_of(network_file, {name: asked.pop(name) for name in DATES})
    if queries_file is None:
        _answer_one(network, read_question(network, asked), as_json=as_json)
    else:
        _answer_many(network, read_queries(network, queries_file.read_bytes(), asked))


def _answer_one(network: Network, question: Question, *, as_json: bool) -> None:
    found = answer_question(network, question)
    words = [f"{number}. {' '.join(route.spans)}" for number, route in enumerate(found.routes, 1)]
    apart = _separations(network, found)
    document = answer_as_json(found) | ({"separations": apart} if apart else {})
    answer(document, "\n".join([*explain(network, found), *map(_in_words, apart), *words]), as_json=as_json)


def _separations(network: Network, found: Answer) -> list[dict[str, Any]]:
    """Return of three routes or more how near each two come to each other; of a pair the answer itself has it."""
    if len(found.routes) < 3 or network.line(found.routes[0].spans[0]) is None:
        return []
    from cni.topology.ground.geometry import nearest_places  # late: its libraries are slow to import

    nearest = [
        (pair, nearest_places(network, [route.spans for _, route in pair]))
        for pair in combinations(enumerate(found.routes, 1), 2)
    ]
    return [
        {"routes": [number for number, _ in pair], "separation_m": at.metres, "separation_radius_m": at.radius_m}
        for pair, at in nearest
        if at is not None
    ]


def _in_words(apart: dict[str, Any]) -> str:
    first, second = apart["routes"]
    beyond = f"further than {apart['separation_radius_m']:,.0f} m from their ends and from sites that both pass"
    return f"Routes {first} and {second} keep {apart['separation_m']:,.0f} m apart at least, measured {beyond}."


def _answer_many(network: Network, questions: list[Question]) -> None:
    """Print one JSON document a line, each with `ms`, the milliseconds that its search took."""
    _ = network.view.labels, network.free_pairs  # made once, before the first search is timed
    warm()
    for question in questions:
        began = perf_counter()
        found = find_answer(network, question)
        ms = round((perf_counter() - began) * 1000, 3)
        click.echo(json.dumps(answer_as_json(measured(network, found)) | {"ms": ms}, ensure_ascii=False))
