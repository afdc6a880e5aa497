"""What every door shares: the transaction, the clock, randomness and the settings.

The only module that reads the clock, and with the worker the only one that commits. `open_runtime` is called once in a
process; tests call it with sessions and a clock of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from random import Random
from secrets import SystemRandom
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session, sessionmaker

from cni.assets.disclosure import Sight
from cni.config import Config
from cni.db.engine import open_engine, session_factory
from cni.db.listening import Listener
from cni.members.policy import OPERATOR, Actor
from cni.operations import disclosing
from cni.primitives.errors import CniError

LONDON = ZoneInfo("Europe/London")


def _system_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a process runs on."""

    config: Config
    sessions: sessionmaker[Session]
    clock: Callable[[], datetime] = _system_clock
    chooser: Random = field(default_factory=SystemRandom)


_runtime: Runtime | None = None


def open_runtime(runtime: Runtime) -> None:
    """Make this the process's runtime."""
    global _runtime  # one process, one runtime: passing it through every view would say nothing more
    _runtime = runtime


def connect(config: Config) -> Runtime:
    """Return a runtime on the database that the settings name, or on the embedded one, started if need be."""
    return Runtime(config, session_factory(open_engine(database_url(config))))


def database_url(config: Config) -> str:
    """Return the URL of the configured database; of the embedded server, which is started, where none is."""
    if config.database_url:
        return config.database_url
    # Imported late: an installation with a server of its own never needs the embedded one.
    from cni.db import embedded

    url = embedded.start(config.instance / "postgres").url()
    embedded.create_database(url)
    return url


def current() -> Runtime:
    """Return the process's runtime.

    Raises:
        RuntimeError: no door has opened it yet: a fault of ours.
    """
    if _runtime is None:
        raise RuntimeError("open_runtime() has not been called")
    return _runtime


@contextmanager
def transaction() -> Iterator[Session]:
    """Give a session whose work is committed on leaving, or rolled back on any exception.

    A refusal leaves with the note that nothing was saved: here something could have been.
    """
    try:
        with current().sessions.begin() as session:
            yield session
    except CniError as refusal:
        refusal.add_note("Nothing was saved.")
        raise


@contextmanager
def reading() -> Iterator[Session]:
    """Give a session for reading: nothing done in it is kept, and what was loaded stays readable afterwards."""
    with current().sessions() as session:
        yield session  # closing rolls back; session.rollback() would forget what was loaded as well


@contextmanager
def seeing(actor: Actor, place: str) -> Iterator[tuple[Session, Sight]]:
    """Give a session for reading, and what the actor sees of the plant exactly.

    On leaving, and so before anything is answered, what of others' plant was shown exactly is logged under `place`, the
    address that was called: the one thing that reading writes, in a transaction of its own.
    """
    with reading() as session:
        sight = disclosing.sight_of(session, actor, on=today())
        yield session, sight
    if sight.shown.spans or sight.shown.sites:
        with transaction() as session:
            disclosing.log_views(session, actor, sight, place, at=now())


def follow_plant(*, gives_out: bool = False) -> None:
    """Have the network of the live plant ready in this process from now on, unless the settings say no.

    For processes that stay; `gives_out`: the plant as it is shown as well, for one with visitors. No answer depends on
    it: each question looks for itself whether the plant has changed.
    """
    if current().config.plant_listener:
        Listener(current().sessions.kw["bind"], "plant_revision", partial(_prepare_plant, gives_out)).start()


def _prepare_plant(gives_out: bool) -> None:
    # Late: a command that does not stay needs neither.
    from cni.operations import maintaining
    from cni.topology.warming import warm

    warm()
    with reading() as session:
        maintaining.prepare_plant(session, OPERATOR)
        if gives_out:
            maintaining.prepare_views(session, OPERATOR)


def now() -> datetime:
    """Return the instant, in UTC."""
    return current().clock()


def today() -> date:
    """Return the civil date in Europe/London."""
    return now().astimezone(LONDON).date()


def chooser() -> Random:
    """Return the source of randomness."""
    return current().chooser
