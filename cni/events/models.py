"""The table of what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from cni.db.base import Base, Identified


class EventRow(Identified, Base):
    """An event as it is kept. PostgreSQL refuses to change or delete one."""

    __tablename__ = "events"

    at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    actor_name: Mapped[str]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), index=True)
    subject: Mapped[str] = mapped_column(index=True)
    details: Mapped[dict[str, Any]]
