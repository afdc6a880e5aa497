"""A general meeting that has begun, and resolutions that are put to the vote at it."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

from sqlalchemy.orm import Session

from cni.governance.models import EntitledMember, Meeting, Resolution
from cni.governance.words import Decides
from tests.conftest import NOW

_numbers = itertools.count(1)


def make_meeting(session: Session) -> Meeting:
    """A meeting that began an hour ago."""
    meeting = Meeting(
        reference=f"MTG-{next(_numbers):06d}",
        title="A meeting",
        held_at=NOW - timedelta(hours=1),
        place="Ashton",
        notice_on=date(2026, 11, 1),
        called_at=NOW - timedelta(days=21),
    )
    session.add(meeting)
    session.flush()
    return meeting


def make_open_vote(session: Session, *, entitled: int) -> Resolution:
    """A resolution that is put to the vote of one member, by its number."""
    resolution = Resolution(
        reference=f"RES-{next(_numbers):06d}",
        meeting=make_meeting(session),
        title="Thanks",
        text="That the volunteers be thanked.",
        decides=Decides.TEXT,
        drafted_at=NOW,
    )
    session.add(resolution)
    session.flush()
    session.add(EntitledMember(resolution_id=resolution.id, member_id=entitled))
    session.flush()
    resolution.opened_at, resolution.quorum_percent, resolution.majority_percent = NOW, 25, 50
    session.flush()
    return resolution
