"""`cni worker`: run the jobs."""

from __future__ import annotations

import click

from cni import runtime
from cni.config import Config
from cni.worker.jobs import run_worker


@click.command()
@click.option("--until-done", is_flag=True, help="Stop when no job is left.")
def worker(until_done: bool) -> None:
    """Run jobs until stopped. Any number of workers may run, on any number of machines."""
    config = Config.from_env()
    url = runtime.database_url(config)
    runtime.open_runtime(runtime.connect(config))
    if not until_done:
        runtime.follow_plant()
    run_worker(url, wait=not until_done)
