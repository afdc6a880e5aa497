"""`cni reinforce`: the cheapest new spans after which no single failure divides the network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cni.cli.networks import FILE, network_of, network_options
from cni.cli.output import answer, json_option
from cni.topology.failures.candidates import read_candidates
from cni.topology.failures.reinforce import explain_reinforcement, reinforcement_as_json
from cni.topology.failures.reinforce import reinforce as reinforce_network
from cni.topology.questions import Diversity


@click.command("reinforce")
@click.option(
    "--candidates",
    "candidates_file",
    type=FILE,
    required=True,
    help="Spans that could be built: a CSV file with a, z, cost_pence and, if you like, length_m.",
)
@click.option(
    "--against",
    type=click.Choice([str(kind) for kind in Diversity]),
    default=str(Diversity.SPAN),
    help="What may fail alone: a span, a site or a risk group; a span unless told.",
)
@network_options
@json_option
def reinforce(candidates_file: Path, against: str, network_file: Path | None, as_json: bool, **dates: Any) -> None:
    """Choose the cheapest candidates after which no single failure divides what hangs together today."""
    network = network_of(network_file, dates)
    candidates = read_candidates(network, candidates_file.read_bytes(), candidates_file.name)
    found = reinforce_network(network, candidates, Diversity(against))
    answer(reinforcement_as_json(found), "\n".join(explain_reinforcement(found)), as_json=as_json)
