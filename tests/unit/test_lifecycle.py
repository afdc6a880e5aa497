"""The life of a lease, without a database."""

from __future__ import annotations

from datetime import date

import pytest

from cni.leases.lifecycle import ACTIONS, LeaseAction, LeaseState, LeaseStatus, WrongState, require_action, state_on

START, END = date(2026, 12, 1), date(2027, 12, 1)


def state(day, status=LeaseStatus.ACCEPTED, *, accepted_on=START, ends_on=END):
    return state_on(status, day, starts_on=START, ends_on=ends_on, accepted_on=accepted_on)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 30), LeaseState.ACCEPTED),
        (date(2026, 12, 1), LeaseState.ACTIVE),
        (date(2027, 11, 30), LeaseState.ACTIVE),
        (date(2027, 12, 1), LeaseState.ENDED),
    ],
)
def test_an_accepted_lease_is_active_from_its_first_day_until_its_end(day, expected):
    assert state(day) is expected


def test_a_lease_accepted_late_is_active_from_its_acceptance():
    late = date(2026, 12, 15)
    assert state(date(2026, 12, 14), accepted_on=late) is LeaseState.ACCEPTED
    assert state(late, accepted_on=late) is LeaseState.ACTIVE


def test_a_lease_without_an_end_rolls_on():
    assert state(date(2099, 1, 1), ends_on=None) is LeaseState.ACTIVE


@pytest.mark.parametrize("status", [LeaseStatus.REQUESTED, LeaseStatus.RESERVED])
def test_what_was_never_accepted_is_over_when_its_days_are(status):
    assert state(START, status, accepted_on=None) == status
    assert state(END, status, accepted_on=None) is LeaseState.ENDED


@pytest.mark.parametrize("status", [LeaseStatus.REFUSED, LeaseStatus.CANCELLED])
def test_refused_and_cancelled_stay_so(status):
    assert state(START, status, accepted_on=None) == state(END, status, accepted_on=None) == status


def test_every_state_says_what_it_allows():
    assert set(ACTIONS) == set(LeaseState)


@pytest.mark.parametrize("action", LeaseAction)
def test_what_is_over_allows_nothing_more(action):
    for over in (LeaseState.ENDED, LeaseState.REFUSED, LeaseState.CANCELLED):
        with pytest.raises(WrongState, match="nothing more"):
            require_action(over, action)


def test_a_refused_action_names_the_state_and_what_it_allows():
    with pytest.raises(WrongState, match=r"reserved.*accept, cancel"):
        require_action(LeaseState.RESERVED, LeaseAction.END)
