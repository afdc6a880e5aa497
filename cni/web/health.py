"""For whoever watches the server: is the process alive, and can it serve?"""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from cni import runtime
from cni.db.migrate import is_current

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@health.get("/readyz")
def readyz() -> tuple[dict[str, str], int] | Response:
    """The database answers and has the newest schema; else 503 and why not."""
    try:
        with runtime.reading() as session:
            ready = is_current(session.connection())
    except Exception:  # whatever keeps us from the database, the answer is the same
        return {"status": "unavailable", "reason": "The database does not answer."}, 503
    if not ready:
        return {"status": "unavailable", "reason": "The database's schema is not this program's: cni db upgrade."}, 503
    return {"status": "ok"}, 200
