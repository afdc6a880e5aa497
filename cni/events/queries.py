"""Find what happened."""

from __future__ import annotations

from sqlalchemy import Select, select

from cni.events.models import EventRow


def events(kind: str | None = None, subject: str | None = None) -> Select[EventRow]:
    """Select events, of one kind or about one subject where given."""
    found = select(EventRow)
    if kind:
        found = found.where(EventRow.kind == kind)
    if subject:
        found = found.where(EventRow.subject == subject)
    return found
