"""The command `cni`: finds the command asked for, and turns refusals into exit codes."""

from __future__ import annotations

import importlib
import sys

import click

from cni.cli.output import explain
from cni.config import Config
from cni.primitives.errors import CniError
from cni.schemas.problems import answer_to

COMMANDS = {
    "db": "cni.cli.db:db",
    "demo": "cni.cli.demo:demo",
    "load": "cni.cli.load:load",
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
    """Run the command line, and leave with the exit code of how it went."""
    try:
        cni()
    except CniError as error:
        explain(error, as_json="--json" in sys.argv)
        sys.exit(answer_to(error).exit_code)


def open_database() -> None:
    """Connect this process to the database that the settings name; commands that need one call it first."""
    from cni import runtime

    runtime.open_runtime(runtime.connect(Config.from_env()))
