"""Ask for a job in the transaction at hand: a rollback takes the request with it, a commit hands it to a worker."""

from __future__ import annotations

from procrastinate import App, SyncPsycopgConnector
from sqlalchemy.orm import Session

NAMESPACE = "cni"
"""The worker's tasks are known by this prefix."""

_ASKING = App(connector=SyncPsycopgConnector())
"""It is never opened: each request goes through the session's own connection."""


def ask_for(session: Session, task: str, **arguments: str) -> None:
    """Ask for a task of the worker, by its name in cni/worker/jobs.py."""
    connection = session.connection().connection.driver_connection
    _ASKING.configure_task(f"{NAMESPACE}:{task}", connection=connection).defer(**arguments)
