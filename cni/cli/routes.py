"""`cni routes`: routes through the live plant, or through a network in a file, which needs no database."""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from cni.cli.networks import DATES, FILE, network_of, network_options
from cni.cli.output import answer, json_option
from cni.topology.answers import answer_as_json, explain
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
    answer(answer_as_json(found), "\n".join([*explain(network, found), *words]), as_json=as_json)


def _answer_many(network: Network, questions: list[Question]) -> None:
    """Print one JSON document a line, each with `ms`, the milliseconds that its search took."""
    _ = network.view.labels, network.free_pairs  # made once, before the first search is timed
    warm()
    for question in questions:
        began = perf_counter()
        found = find_answer(network, question)
        ms = round((perf_counter() - began) * 1000, 3)
        click.echo(json.dumps(answer_as_json(measured(network, found)) | {"ms": ms}, ensure_ascii=False))
