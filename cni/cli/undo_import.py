"""`cni undo-import`: take back all that an import brought, while nothing depends on it."""

from __future__ import annotations

import click

from cni import runtime
from cni.cli.acting import acting
from cni.cli.main import open_database
from cni.cli.output import answer, json_option
from cni.members.policy import OPERATOR
from cni.operations import importing


@click.command("undo-import")
@click.argument("reference", metavar="ID")
@click.option("--as", "email", metavar="EMAIL", help="The person who does it; without it, the server's operator.")
@json_option
def undo_import(reference: str, email: str | None, as_json: bool) -> None:
    """Undo the import ID: what it brought goes, what it changed is again as it was."""
    open_database()
    with runtime.transaction() as session:
        actor = acting(session, email) if email else OPERATOR
        row = importing.undo_import(session, actor, reference, at=runtime.now())
        document = {"import": row.reference, "status": row.status.value, "file": row.file, **(row.counts or {})}
    answer(document, f"Import {document['import']} of {document['file']} is undone.", as_json=as_json)
