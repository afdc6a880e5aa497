"""What every test may ask for: a session on a migrated PostgreSQL that forgets, a clock at rest, seeded chance.

Tests that need no database ask for none of it and start none. Races, which must really commit, take `own_database`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session, sessionmaker
from xdist.scheduler import LoadScopeScheduling

from cni import runtime
from cni.config import Config
from cni.db.engine import open_engine
from tests.postgres import migrated_database

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from cni.members.models import Person
    from tests.browser import Browser

BROWSER_TESTS = "tests/e2e/"

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
"""The instant at which tests take place, unless they say otherwise."""


class OneBrowser(LoadScopeScheduling):
    """Gives out test by test, but the browser's together: they share a server, and the pages that were looked at.

    Marks of groups, which do the same, do nothing with pytest 9 and pytest-xdist 3.8: names are made without them.
    """

    def _split_scope(self, nodeid: str) -> str:
        return BROWSER_TESTS if nodeid.startswith(BROWSER_TESTS) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneBrowser:
    """Return who gives tests to processes."""
    return OneBrowser(config, log)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The engine of this process's database, which every test leaves empty."""
    with migrated_database() as url:
        engine = open_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection inside a transaction that is rolled back after the test."""
    with engine.connect() as connection:
        outer = connection.begin()
        yield connection
        outer.rollback()


@pytest.fixture
def sessions(connection: Connection) -> sessionmaker[Session]:
    """Sessions that may commit (to a savepoint) and leave nothing behind."""
    return sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A session that leaves nothing behind."""
    with sessions() as session:
        yield session


@pytest.fixture
def test_runtime(sessions: sessionmaker[Session]) -> runtime.Runtime:
    """The doors' runtime, on this test's sessions, at `NOW`, with seeded chance."""
    opened = runtime.Runtime(
        config=Config(secret_key="a key for the tests", secure_cookies=False),
        sessions=sessions,
        clock=lambda: NOW,
        chooser=random.Random(20261122),
    )
    runtime.open_runtime(opened)
    return opened


@pytest.fixture
def own_database() -> Iterator[Engine]:
    """An engine on a database of the test's own, for tests that commit for real."""
    with migrated_database() as url:
        engine = open_engine(url, pool_size=20)
        yield engine
        engine.dispose()


@pytest.fixture
def count_queries(connection: Connection) -> Callable[[], object]:
    """Count statements: `with count_queries() as statements: …; assert len(statements) <= 4`."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        statements: list[str] = []

        def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
            if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK TO")):
                statements.append(statement)

        event.listen(connection, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(connection, "before_cursor_execute", note)

    return counting


@pytest.fixture
def app(test_runtime: runtime.Runtime) -> Flask:
    """Both web doors on this test's sessions. Forms need no CSRF token, save in the tests about that."""
    from cni.app import create_app  # late: tests of pure modules need no Flask

    app = create_app(test_runtime.config, test_runtime)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return app


@pytest.fixture
def client(app: Flask) -> Browser:
    """A browser without JavaScript: `client.sign_in_as(person)`, then `client.get("/members")`."""
    from tests.browser import Browser

    return Browser(app)


@pytest.fixture
def api_client(app: Flask) -> Callable[[Person], FlaskClient]:
    """A program with a person's token: `api_client(person).get("/api/v1/members")`."""
    from tests.browser import Program

    return lambda person: Program(app, person)
