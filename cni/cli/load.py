"""`cni load`: bring a co-op in from a folder of files."""

from __future__ import annotations

from pathlib import Path

import click

from cni import runtime
from cni.cli.main import open_database
from cni.cli.output import answer, json_option
from cni.members.policy import OPERATOR
from cni.operations import loading


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@json_option
def load(folder: Path, as_json: bool) -> None:
    """Load a co-op's FOLDER: all or nothing, every problem named. Loading the same again changes nothing."""
    for path in sorted(folder.iterdir()):
        if path.suffix in (".csv", ".json") and path.name not in loading.FILES:
            click.echo(f"{path.name} is not one of a co-op's files and is left alone.", err=True)
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name in loading.FILES}
    open_database()
    with runtime.transaction() as session:
        report = loading.load_coop(
            session, OPERATOR, files, at=runtime.now(), today=runtime.today(), chooser=runtime.chooser()
        )
    words = [f"{file}: {count} added, {report.unchanged[file]} there already" for file, count in report.added.items()]
    answer({"added": report.added, "unchanged": report.unchanged}, "\n".join(words), as_json=as_json)
