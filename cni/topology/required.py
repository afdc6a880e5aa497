"""Routes that use what they must: of each element asked for, some route uses a span.

Where the routes that are best without this happen to use it all, they are the answer. Else an integer program finds
them, for no search by itself can be made to pass somewhere and still find the least total.
"""

from __future__ import annotations

import numpy as np

from cni.topology.answers import Answer
from cni.topology.asked import Asked
from cni.topology.nearby import spans_between
from cni.topology.pairs import MOST_IN_PROGRAM, Best, Sought, strict_task
from cni.topology.programs import Level, solve


def uses_all(asked: Asked, answer: Answer) -> bool:
    """Tell whether the routes of an answer use something of each element that has to be used."""
    if not asked.must_use:
        return True
    numbers = [asked.view.span_numbers[span] for route in answer.routes for span in route.spans]
    return all(np.isin(numbers, each).any() for each in asked.must_use)


def find_using(asked: Asked, sought: Sought) -> Best:
    """Return the routes of least total length among those sought that use something of each element."""
    spans = spans_between(sought.view, sought.way.ends, sought.closed)
    places = [np.flatnonzero(np.isin(spans, each)).astype(np.int32) for each in asked.must_use]
    if not all(map(len, places)):
        return Best(None, 0, is_proven=True)
    if len(spans) * sought.count > MOST_IN_PROGRAM:
        return Best(None, 0, is_proven=False)
    found = solve(strict_task(sought, spans, places), [Level.LENGTH], sought.time_limit_s)
    return Best(found.routes, found.bound_um, found.is_proven)
