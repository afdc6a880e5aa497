"""Measuring things side by side, so that what else the machine does falls on all of them alike."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import TypeVar

Case = TypeVar("Case")
Times = dict[str, float]
KB_PER_MB = 1024


def side_by_side(
    contenders: Mapping[str, Callable[[Case], object]], yardstick: str, cases: Iterable[Case]
) -> dict[str, Times]:
    """Return what each contender takes in milliseconds: on each case one after another, in turns.

    The yardstick, one of them, comes after each of the others, so that none finds in the processor's caches what
    another has looked at for the same case. The first case is there to warm up on, and does not count.
    """
    others = [name for name in contenders if name != yardstick]
    spent: dict[str, list[float]] = {name: [] for name in contenders}
    warmed = 0
    for number, case in enumerate(cases):
        turn = number % len(others)
        for name in others[turn:] + others[:turn]:
            spent[name].append(timed_ms(contenders[name], case))
            spent[yardstick].append(timed_ms(contenders[yardstick], case))
        warmed = warmed or len(spent[yardstick])
    return {name: summary(each[warmed if name == yardstick else 1 :]) for name, each in spent.items()}


def timed_ms(act: Callable[..., object], *given: object) -> float:
    """Return how many milliseconds an act takes."""
    began = time.perf_counter()
    act(*given)
    return (time.perf_counter() - began) * 1000


def summary(spent_ms: Sequence[float]) -> Times:
    """Return the middle, the nine tenths and the most of these milliseconds."""
    ordered = sorted(spent_ms)
    ninth = ordered[min(len(ordered) - 1, int(len(ordered) * 0.9))]
    return {"median": round(median(ordered), 4), "p90": round(ninth, 4), "max": round(ordered[-1], 4)}


def in_a_child(work: Callable[[], dict[str, float]]) -> dict[str, float]:
    """Return what some work returns, done in a process forked for it, so that its memory is its own."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.write(writing, json.dumps(work()).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as told:
        text = told.read()
    os.waitpid(child, 0)
    if not text:
        raise RuntimeError("The process that measures memory failed; its reason is above.")
    return json.loads(text)


def resident_mb() -> float:
    """Return the memory that this process holds, in megabytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / KB_PER_MB**2


def peak_mb() -> float:
    """Return the most memory that this process ever held, in megabytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / KB_PER_MB if sys.platform == "linux" else most / KB_PER_MB**2
