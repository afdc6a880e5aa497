"""The command `cni`: finds the command asked for, and turns refusals into exit codes."""

from __future__ import annotations

import importlib
import json
import sys

import click

from cni.cli.output import explain
from cni.config import Config
from cni.primitives.errors import CniError, Invalid

COMMANDS = {
    "audit": "cni.cli.audit:audit",
    "check-routes": "cni.cli.check_routes:check_routes",
    "db": "cni.cli.db:db",
    "demo": "cni.cli.demo:demo",
    "export": "cni.cli.export:export",
    "find-hidden-risks": "cni.cli.hidden_risks:find_hidden_risks",
    "import": "cni.cli.import_plant:import_plant",
    "ledger": "cni.cli.ledger:ledger",
    "load": "cni.cli.load:load",
    "reinforce": "cni.cli.reinforce:reinforce",
    "routes": "cni.cli.routes:routes",
    "settle": "cni.cli.settle:settle",
    "simulate": "cni.cli.simulate:simulate",
    "undo-import": "cni.cli.undo_import:undo_import",
    "worker": "cni.worker.command:worker",
}
"""Where each command lives. They are imported on call, so that a quick one stays quick."""


class Commands(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, or None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=Commands)
def cni() -> None:
    """Run a cooperative neutral-host fibre network."""


def main() -> None:
    """Run the command line, and leave with the exit code of how it went.

    A fault of ours is not caught: Python prints where it happened and leaves with 1.
    """
    as_json = "--json" in sys.argv
    try:
        sys.exit(cni.main(standalone_mode=False))
    except CniError as error:
        explain(error, as_json=as_json)
        sys.exit(_exit_code(error))
    except click.ClickException as error:
        error.show()
        if as_json:
            usage = {"code": "usage", "title": "Not a call of this command", "detail": error.format_message()}
            click.echo(json.dumps({"error": usage, "problems": []}))
        sys.exit(_exit_code(Invalid("")))
    except click.Abort:
        sys.exit(130)  # as a shell reports Ctrl-C


def _exit_code(error: CniError) -> int:
    from cni.schemas.problems import answer_to  # late: a command that goes well needs no table of refusals

    return answer_to(error).exit_code


def open_database() -> None:
    """Connect this process to the database that the settings name; commands that need one call it first.

    Raises:
        SchemaOutdated: it has to be upgraded first. (An empty one is given its schema here.)
    """
    # Late: commands that answer from a file need neither a database nor the second that these imports take.
    from cni import runtime
    from cni.db import migrate
    from cni.db.engine import open_engine, session_factory

    config = Config.from_env()
    engine = open_engine(runtime.database_url(config))
    migrate.ensure_schema(engine)
    runtime.open_runtime(runtime.Runtime(config, session_factory(engine)))
