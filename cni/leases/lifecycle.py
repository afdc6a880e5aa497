"""The life of a lease: what has been decided, what state that is on a day, and what may happen next. Pure.

Only decisions are stored (`LeaseStatus`). Whether an accepted lease is still to start, active or ended follows from its
dates, so that no job has to turn it over at midnight and no page can be behind.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from cni.primitives.errors import Conflict


class LeaseStatus(StrEnum):
    """What people have decided about a lease."""

    ACCEPTED = "accepted"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    REQUESTED = "requested"
    RESERVED = "reserved"


class LeaseState(StrEnum):
    """What a lease is on a day, as people say it."""

    ACCEPTED = "accepted"
    ACTIVE = "active"
    CANCELLED = "cancelled"
    ENDED = "ended"
    REFUSED = "refused"
    REQUESTED = "requested"
    RESERVED = "reserved"


class LeaseAction(StrEnum):
    """What can be done to a lease; the word is the button's."""

    ACCEPT = "accept"
    APPROVE = "approve"
    CANCEL = "cancel"
    END = "end"
    REFUSE = "refuse"


ACTIONS: dict[LeaseState, frozenset[LeaseAction]] = {
    LeaseState.REQUESTED: frozenset({LeaseAction.APPROVE, LeaseAction.REFUSE, LeaseAction.CANCEL}),
    LeaseState.RESERVED: frozenset({LeaseAction.ACCEPT, LeaseAction.CANCEL}),
    LeaseState.ACCEPTED: frozenset({LeaseAction.END}),
    LeaseState.ACTIVE: frozenset({LeaseAction.END}),
    LeaseState.CANCELLED: frozenset(),
    LeaseState.ENDED: frozenset(),
    LeaseState.REFUSED: frozenset(),
}
"""The whole state machine: which actions each state allows."""


class WrongState(Conflict):
    """The lease is not in a state that allows this."""

    code = "wrong_state"
    title = "Not possible in this state"


def state_on(
    status: LeaseStatus, day: date, *, starts_on: date, ends_on: date | None, accepted_on: date | None
) -> LeaseState:
    """Return what a lease is on a day."""
    if status in (LeaseStatus.CANCELLED, LeaseStatus.REFUSED):
        return LeaseState(status)
    if ends_on is not None and day >= ends_on:
        return LeaseState.ENDED
    if status is LeaseStatus.ACCEPTED and accepted_on is not None and day >= max(starts_on, accepted_on):
        return LeaseState.ACTIVE
    return LeaseState(status)


def require_action(state: LeaseState, action: LeaseAction) -> None:
    """Refuse an action that the state does not allow.

    Raises:
        WrongState: the sentence names the state and what it allows.
    """
    if action not in ACTIONS[state]:
        allowed = ", ".join(sorted(ACTIONS[state])) or "nothing more"
        raise WrongState(f"This lease is {state}; it cannot be changed by “{action}”. Possible now: {allowed}.")
