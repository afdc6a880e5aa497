"""Write down what happened."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy.orm import Session

from cni.events.kinds import Event
from cni.events.models import EventRow
from cni.members.policy import Actor


def record(session: Session, actor: Actor, event: Event, *, at: datetime) -> None:
    """Add an event to the audit trail, in the transaction of what it tells."""
    details = asdict(event)
    subject, member_id = details.pop("subject"), details.pop("member_id")
    session.add(
        EventRow(
            at=at,
            kind=type(event).__name__,
            actor_id=actor.person_id,
            actor_name=actor.name,
            member_id=member_id,
            subject=subject,
            details=details,
        )
    )
