"""The tests' databases: a real PostgreSQL, migrated once, and a copy of that for each process that runs tests.

Several runs, and the workers of each, may use the server at once. It is the embedded one, or that of
`CNI_TEST_DATABASE_URL`, a database from which its role may create others.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from cni.db import embedded
from cni.db.engine import open_engine
from cni.db.migrate import MIGRATIONS, upgrade

ROOT = Path(__file__).resolve().parent.parent
LOCK = 0x636E69  # "cni": one run at a time makes the template


@contextmanager
def migrated_database() -> Iterator[str]:
    """The URL of a migrated database without rows for this process alone; it is dropped in the end."""
    with _server() as server:
        template = _template(server)
        with _copy(server, template) as url:
            yield url


@contextmanager
def _server() -> Iterator[str]:
    """A URL on the server to use, of a database that always exists."""
    given = os.environ.get("CNI_TEST_DATABASE_URL")
    if given:
        yield given
        return
    cluster = embedded.start(ROOT / "instance" / "test-postgres", durable=False)
    try:
        server = cluster.url("postgres")
        _drop_what_killed_runs_left(server)
        yield server
    finally:
        cluster.stop()


@contextmanager
def _copy(server: str, template: str) -> Iterator[str]:
    url = _named(server, f"cni_test_{os.getpid()}_{secrets.token_hex(4)}")
    embedded.create_database(url, template=template)
    try:
        yield url
    finally:
        embedded.drop_database(url)


def _template(server: str) -> str:
    """The name of the database that these very migrations made; whoever comes first makes it, the others wait."""
    digest = hashlib.sha256()
    for path in sorted(MIGRATIONS.rglob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    name = f"cni_template_{digest.hexdigest()[:16]}"
    with _connection(server) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone():
            for old in _databases(server, "cni_template_"):
                embedded.drop_database(_named(server, old))
            _migrate(_named(server, f"{name}_unfinished"))
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(rename.format(sql.Identifier(f"{name}_unfinished"), sql.Identifier(name)))
    return name


def _migrate(url: str) -> None:
    embedded.create_database(url)
    engine = open_engine(url)
    try:
        upgrade(engine)
    finally:
        engine.dispose()


def _drop_what_killed_runs_left(server: str) -> None:
    for name in _databases(server, "cni_test_"):
        try:
            os.kill(int(name.split("_")[2]), 0)
        except ProcessLookupError:
            embedded.drop_database(_named(server, name))
        except PermissionError:
            pass  # it lives, as another account's process


def _databases(server: str, prefix: str) -> list[str]:
    with _connection(server) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
        return [name for (name,) in rows]


def _named(server: str, database: str) -> str:
    return make_url(server).set(database=database).render_as_string(hide_password=False)


def _connection(server: str) -> psycopg.Connection:
    return psycopg.connect(server.replace("postgresql+psycopg:", "postgresql:", 1), autocommit=True)
