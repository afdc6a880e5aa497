"""Engines and sessions on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import DataError
from sqlalchemy import Engine, ExceptionContext, Executable, create_engine, event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from cni.primitives.errors import Invalid, Problem

LOCK_TIMEOUT_S = 15
STATEMENT_TIMEOUT_S = 60


def open_engine(url: str, pool_size: int = 5) -> Engine:
    """Return an engine for a PostgreSQL of version 15 or later.

    Each connection works in UTC and gives up waiting for a lock after `LOCK_TIMEOUT_S` seconds, so that a stuck
    transaction becomes a clear answer and not a hung page. A text that holds a NUL, which PostgreSQL cannot keep or
    look for, is refused as what it is: somebody's input.
    """
    options = f"-c timezone=UTC -c lock_timeout={LOCK_TIMEOUT_S}s -c statement_timeout={STATEMENT_TIMEOUT_S}s"
    engine = create_engine(url, pool_size=pool_size, pool_pre_ping=True, connect_args={"options": options})
    event.listen(engine, "handle_error", _refuse_nul)
    return engine


def _refuse_nul(context: ExceptionContext) -> None:
    error = context.original_exception
    if isinstance(error, DataError) and "cannot contain NUL" in str(error):
        message = "A text holds a NUL character, which no text here can."
        raise Invalid.from_problems([Problem("not_text", message, "Write it again without.")]) from error


def session_factory(engine: Engine) -> sessionmaker[Session]:
    """Return the maker of sessions; rows stay readable after their transaction has ended."""
    return sessionmaker(engine, expire_on_commit=False)


def read_rows(session: Session, statement: Executable, given: Mapping[str, object]) -> list[Any]:
    """Return the rows of a statement of columns, without objects, after writing what the session has pending.

    For the few statements that are sent often: the session's own `execute` takes longer than PostgreSQL does.
    """
    session.flush()
    return list(session.connection().execute(statement, given))


def violated(error: IntegrityError) -> str | None:
    """Return the name of the constraint, or of the unique index, that PostgreSQL refused a row by."""
    return getattr(getattr(error.orig, "diag", None), "constraint_name", None)
