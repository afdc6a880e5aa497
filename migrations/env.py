"""Runs the migrations on the connection that `cni.db.migrate` passes in, one process at a time."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

from cni.db.migrate import MIGRATION_LOCK, models_metadata

connection = context.config.attributes["connection"]
connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
connection.execute(text("SET LOCAL lock_timeout = '5s'"))
context.configure(connection=connection, target_metadata=models_metadata(), transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
