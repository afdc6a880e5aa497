"""Audits of the whole plant that take so long that the worker makes them: how far each has come, and what it found.

One for each revision of the plant, and those of older revisions are dropped.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from cni.db.base import Base, Identified, Word


class AuditStatus(StrEnum):
    """How far an audit has come."""

    DONE = "done"
    FAILED = "failed"
    RUNNING = "running"
    WAITING = "waiting"


class NetworkAudit(Identified, Base):
    """An audit of the plant at a revision; `percent` of the work is done. `result`: as `cni audit` prints it."""

    __tablename__ = "network_audits"

    revision: Mapped[str] = mapped_column(unique=True)
    status: Mapped[AuditStatus] = mapped_column(Word(AuditStatus))
    percent: Mapped[int]
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    requested_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None]

    @property
    def is_under_way(self) -> bool:
        """Whether a result is still to come."""
        return self.status in (AuditStatus.WAITING, AuditStatus.RUNNING)


def find_audit(session: Session, revision: str) -> NetworkAudit | None:
    """Return the audit of a revision."""
    return session.scalar(select(NetworkAudit).where(NetworkAudit.revision == revision))


def enter_audit(session: Session, revision: str, person_id: int | None, *, at: datetime) -> bool:
    """Enter an audit that waits, in place of those of other revisions and of one that failed; tell whether it is new.

    Of two people at once only one enters it: the other finds it there.
    """
    failed = NetworkAudit.status == AuditStatus.FAILED
    session.execute(delete(NetworkAudit).where((NetworkAudit.revision != revision) | failed))
    waiting = {"revision": revision, "status": AuditStatus.WAITING, "percent": 0}
    asked = insert(NetworkAudit).values(**waiting, requested_by_id=person_id, requested_at=at)
    entered = asked.on_conflict_do_nothing(index_elements=[NetworkAudit.revision]).returning(NetworkAudit.id)
    return session.scalar(entered) is not None
