"""Bring a database to the newest schema, by the numbered files in migrations/."""

from __future__ import annotations

import importlib
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, inspect

from cni.db.base import Base
from cni.primitives.errors import Conflict

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
MIGRATION_LOCK = 2_041_976
"""Any number will do as long as every process takes the same."""

TABLE_MODULES = (
    "cni.members.models",
    "cni.events.models",
    "cni.assets.models",
    "cni.assets.hidden_risks",
    "cni.assets.audits",
    "cni.assets.imports.records",
    "cni.assets.evidence",
    "cni.assets.registers",
    "cni.assets.structure",
    "cni.assets.terms",
    "cni.assets.access_log",
    "cni.assets.edits",
    "cni.leases.models",
    "cni.ledger.models",
    "cni.governance.models",
)
"""By name and not by import: the packages that own tables stand on higher floors than this one."""


class SchemaOutdated(Conflict):
    """The database holds the schema of an older (or newer) program."""

    code = "schema_outdated"
    title = "The database has to be upgraded"


def models_metadata() -> MetaData:
    """Return the metadata with every package's tables in it."""
    for module in TABLE_MODULES:
        importlib.import_module(module)
    return Base.metadata


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database up to `revision`; what is there already stays as it is."""
    with engine.begin() as connection:
        command.upgrade(_configuration(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database back down to `revision` ("base": empty)."""
    with engine.begin() as connection:
        command.downgrade(_configuration(connection), revision)


def ensure_schema(engine: Engine) -> None:
    """Make the schema in a database that is empty; one that holds an older schema is left as it is.

    Raises:
        SchemaOutdated: it has to be upgraded first, at a time that its operator chooses.
    """
    with engine.connect() as connection:
        if is_current(connection):
            return
        is_empty = not inspect(connection).get_table_names()
    if not is_empty:
        raise SchemaOutdated("The database does not have this program's schema. Run: cni db upgrade")
    upgrade(engine)


def is_current(connection: Connection) -> bool:
    """Tell whether the database is at the newest schema that this program knows."""
    heads = ScriptDirectory.from_config(_configuration(connection)).get_heads()
    return set(MigrationContext.configure(connection).get_current_heads()) == set(heads)


def _configuration(connection: Connection) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    configuration.attributes["connection"] = connection
    return configuration
