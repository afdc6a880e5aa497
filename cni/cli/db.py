"""`cni db`: the schema of the database."""

from __future__ import annotations

import click

from cni import runtime
from cni.cli.output import answer, json_option
from cni.config import Config
from cni.db import migrate
from cni.db.engine import open_engine


@click.group()
def db() -> None:
    """Look after the database."""


@db.command("upgrade")
@json_option
def upgrade(as_json: bool) -> None:
    """Bring the database to the newest schema; what is in it stays."""
    engine = open_engine(runtime.database_url(Config.from_env()))
    migrate.upgrade(engine)
    answer({"upgraded": True}, "The database has the newest schema.", as_json=as_json)
