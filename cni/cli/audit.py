"""`cni audit`: what divides the network by itself, two by two or as a risk group, and how each site stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from cni.cli.networks import network_of, network_options
from cni.cli.output import answer, json_option
from cni.topology.failures.audit import audit as audit_network
from cni.topology.failures.audit import audit_as_json, explain_audit

MOST_NAMED = 10
"""So many of each kind are named in words; `--json` gives all."""

NAMED = {
    "bridges": "Bridges",
    "articulation_sites": "Articulation sites",
    "single_point_risks": "Risk groups that alone divide the network",
}
NAMED_SITES = {
    "unjoined": "Sites without a route to the core",
    "span": "Sites that one span cuts off",
    "site": "Sites that one site cuts off",
    "risk": "Sites that one risk group cuts off",
}


@click.command("audit")
@click.option("--list", "with_cuts", is_flag=True, help="With --json: list the pairs of spans too.")
@network_options
@json_option
def audit(network_file: Path | None, with_cuts: bool, as_json: bool, **dates: Any) -> None:
    """Audit a network: bridges, articulation sites, risk groups that alone divide it, pairs of spans that do."""
    found = audit_network(network_of(network_file, dates), on_progress=lambda stage: click.echo(f"{stage} …", err=True))
    document = audit_as_json(found, with_cuts=with_cuts)
    answer(document, "\n".join([*explain_audit(found), *_named(document)]), as_json=as_json)


def _named(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the first of what was found by their ids, a line for each kind that there is."""
    sites = document["sites_by_resilience"]
    kinds = [(words, document[kind]) for kind, words in NAMED.items()]
    for words, ids in [*kinds, *((words, sites[standing]) for standing, words in NAMED_SITES.items())]:
        if ids:
            yield f"{words}: {_first(ids)}."


def _first(ids: Sequence[str]) -> str:
    named = ", ".join(ids[:MOST_NAMED])
    return named if len(ids) <= MOST_NAMED else f"{named} and {len(ids) - MOST_NAMED:,} more; --json gives all"
