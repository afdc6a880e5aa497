"""What happened to a lease and what is to come, as a page tells it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from cni.leases.charging import billing_start
from cni.leases.lifecycle import LeaseState
from cni.operations.leasing import LeaseFile
from cni.primitives.period import in_words
from cni.web.formats import instant

EVENT_WORDS = {
    "LeaseRequested": "Requested; its fibre pairs are held",
    "LeaseApproved": "Approved; its fibre pairs are reserved",
    "LeaseRefused": "Refused; its fibre pairs are free again",
    "LeaseCancelled": "Cancelled; its fibre pairs are free again",
    "LeaseAccepted": "Accepted",
    "LeaseEnded": "An end was agreed",
}
"""What each kind of event is called on pages."""

OVER = (LeaseState.CANCELLED, LeaseState.REFUSED)


def lease_timeline(file: LeaseFile, today: date) -> list[dict[str, Any]]:
    """Return what happened, oldest first, then the days on which something changes."""
    happened = [
        {
            "title": EVENT_WORDS.get(event.kind, event.kind),
            "when": instant(event.at),
            "iso": event.at.isoformat(),
            "who": event.actor_name,
            "text": event.details.get("reason"),
        }
        for event in file.history
    ]
    if file.state in OVER:
        return happened
    days = [
        {"title": title, "when": in_words(day), "iso": day.isoformat(), "done": day <= today}
        for day, title in _days_of_change(file)
    ]
    return [*happened, *days]


def _days_of_change(file: LeaseFile) -> Iterator[tuple[date, str]]:
    """Yield the days on which a lease begins, is charged from, and ends."""
    lease = file.lease
    charged_from = billing_start(lease.starts_on, lease.accepted_on)
    if charged_from == lease.starts_on:
        yield lease.starts_on, "First day, and the first day charged"
    else:
        yield lease.starts_on, "First day"
        if charged_from:
            yield charged_from, "First day charged"
    if lease.ends_on:
        yield lease.ends_on, "Ends: the first day not charged"
