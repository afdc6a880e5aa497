"""Slow down whoever guesses passwords: so many wrong ones for an e-mail address or from a network address, then a wait.

The count is in the database, so that all processes share it. Addresses that nobody has are counted like others.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from cni.members.models import SignInAttempt
from cni.primitives.errors import TooSoon

WINDOW = timedelta(minutes=15)
MOST_FOR_AN_EMAIL = 10
MOST_FROM_AN_ADDRESS = 50
KEPT = timedelta(days=1)


class TooManyAttempts(TooSoon):
    """Too many wrong passwords; `retry_after_s` says how long to wait."""

    code = "too_many_attempts"
    title = "Too many attempts"

    def __init__(self, wait: timedelta) -> None:
        seconds = max(1, int(wait.total_seconds()))
        minutes = -(-seconds // 60)
        unit = "minute" if minutes == 1 else "minutes"
        super().__init__(f"There were too many attempts to sign in. Wait {minutes} {unit}, then try again.", seconds)


def refuse_if_too_many(session: Session, email: str, address: str, *, at: datetime) -> None:
    """Refuse a further attempt while there were too many; attempts for one e-mail address take turns.

    Raises:
        TooManyAttempts: it says how long to wait.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(email.lower(), 0))))
    _refuse(session, SignInAttempt.email, email.lower(), MOST_FOR_AN_EMAIL, at)
    _refuse(session, SignInAttempt.address, address, MOST_FROM_AN_ADDRESS, at)


def note_failure(session: Session, email: str, address: str, *, at: datetime) -> None:
    """Note a failed attempt, and forget those that no longer count."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.tried_at < at - KEPT))
    session.add(SignInAttempt(email=email.lower(), address=address, tried_at=at))


def forget_failures(session: Session, email: str) -> None:
    """Forget the failed attempts for an e-mail address: its owner has signed in."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.email == email.lower()))


def _refuse(session: Session, column: InstrumentedAttribute[str], value: str, most: int, at: datetime) -> None:
    recent = select(SignInAttempt.tried_at).where(column == value, SignInAttempt.tried_at > at - WINDOW)
    # The oldest of the newest `most` attempts: when it leaves the window, there is room for one more.
    oldest = session.scalar(recent.order_by(SignInAttempt.tried_at.desc()).offset(most - 1).limit(1))
    if oldest is not None:
        raise TooManyAttempts(oldest + WINDOW - at)
