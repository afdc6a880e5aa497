"""Hearing what PostgreSQL tells: a thread with a connection of its own that waits for notifications.

What is heard makes a process quicker and never more right: a notification may be missed while the connection is down.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import cast

import psycopg
import structlog
from psycopg import sql
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

LOOK_UP_S = 5.0
"""How often, in seconds, a listener looks whether it is to stop."""

AGAIN_AFTER_S = 5.0
"""How long, in seconds, a listener waits before it connects anew."""

log = structlog.get_logger()


class Listener(Thread):
    """A thread that calls `heard` whenever the channel is notified, and each time it has connected.

    Several notifications that came meanwhile are one call. What `heard` raises is logged and otherwise without effect.
    """

    def __init__(self, engine: Engine, channel: str, heard: Callable[[], object]) -> None:
        super().__init__(name=f"listening to {channel}", daemon=True)
        self._engine, self._channel, self._heard = engine, channel, heard
        self._stopped = Event()

    def run(self) -> None:
        """Listen until stopped, over as many connections as it takes."""
        while not self._stopped.is_set():
            try:
                self._listen()
            except (psycopg.Error, SQLAlchemyError) as error:
                log.warning("not listening", channel=self._channel, error=str(error), again_after_s=AGAIN_AFTER_S)
                self._stopped.wait(AGAIN_AFTER_S)

    def stop(self) -> None:
        """Let the thread end, which it does within `LOOK_UP_S` seconds."""
        self._stopped.set()

    def _listen(self) -> None:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as pooled:
            connection = cast("psycopg.Connection", pooled.connection.driver_connection)
            pooled.detach()  # the pool's connections are for questions
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
            self._tell()
            while not self._stopped.is_set():
                if list(connection.notifies(timeout=LOOK_UP_S, stop_after=1)):
                    self._tell()

    def _tell(self) -> None:
        try:
            self._heard()
        except Exception:  # whatever it is, the next notification is to be heard
            log.exception("what was heard could not be acted on", channel=self._channel)
