"""`cni audit`: what divides the network by itself, two by two or as a risk group, and how each site stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cni.cli.networks import network_of, network_options
from cni.cli.output import answer, json_option
from cni.topology.failures.audit import audit as audit_network
from cni.topology.failures.audit import audit_as_json, explain_audit


@click.command("audit")
@click.option("--list", "with_cuts", is_flag=True, help="With --json: list the pairs of spans too.")
@network_options
@json_option
def audit(network_file: Path | None, with_cuts: bool, as_json: bool, **dates: Any) -> None:
    """Audit a network: bridges, articulation sites, risk groups that alone divide it, pairs of spans that do."""
    found = audit_network(network_of(network_file, dates), on_progress=lambda stage: click.echo(f"{stage} …", err=True))
    answer(audit_as_json(found, with_cuts=with_cuts), "\n".join(explain_audit(found)), as_json=as_json)
