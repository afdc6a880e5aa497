"""What is kept for who asks next: as much as there is room for, made once, and nobody waits for what another wants."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from cni.primitives.kept import Kept

PATIENCE_S = 20


def test_the_values_asked_for_last_are_kept_as_far_as_there_is_room():
    kept, made = Kept(1000, size=len), []

    for key in "abcabcda":
        kept.get(key, lambda key=key: made.append(key) or "x" * 300)

    assert made == ["a", "b", "c", "d", "a"]


def test_of_two_that_want_the_same_the_first_makes_it():
    kept, begun, go_on, made = Kept(1), Event(), Event(), []

    def make():
        begun.set()
        assert go_on.wait(PATIENCE_S)
        made.append("made")
        return "value"

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(kept.get, "key", make)
        assert begun.wait(PATIENCE_S)
        second = threads.submit(kept.get, "key", make)
        go_on.set()
        assert [first.result(PATIENCE_S), second.result(PATIENCE_S)] == ["value", "value"]
    assert made == ["made"]


def test_nobody_waits_while_something_else_is_made():
    kept, begun, go_on = Kept(2), Event(), Event()
    kept.get("ready", lambda: "at once")

    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(kept.get, "slow", lambda: begun.set() or go_on.wait(PATIENCE_S))
        assert begun.wait(PATIENCE_S)
        assert kept.get("ready", lambda: "anew") == "at once"
        go_on.set()
        assert slow.result(PATIENCE_S)


def test_what_could_not_be_made_is_made_by_the_next():
    kept = Kept(1)
    with pytest.raises(ZeroDivisionError):
        kept.get("key", lambda: 1 / 0)

    assert kept.get("key", lambda: "value") == "value"
