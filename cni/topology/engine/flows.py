"""Routes as a flow, and the steps that one more route could take: over free spans, or back along the routes there are.

A *state* is where one more route can be: twice the number of a site, plus one if it is pinned there. Where routes may
not meet at a site, who comes over a free span to a site that a route crosses is pinned, and may only go back along it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cni.topology.engine.compiled import compiled
from cni.topology.engine.search import sites_along
from cni.topology.engine.view import Int32s, Mask, View

NOWHERE = -1


class Flow(NamedTuple):
    """Routes that share no span."""

    leads_to: Int32s
    """m: the site that the route over a span goes to, -1 where it is free"""
    crossed: Mask
    """n: 1 where a route passes and none other may"""


def flow_of(view: View, a: int, routes: Sequence[Int32s], *, apart_at_sites: bool) -> Flow:
    """Return the flow of routes from a."""
    flow = Flow(np.full(len(view.span_ids), NOWHERE, np.int32), np.zeros(len(view.site_ids), np.uint8))
    for route in routes:
        visited = sites_along(view, a, route)
        flow.leads_to[route] = visited[1:]
        if apart_at_sites:
            flow.crossed[visited[1:-1]] = 1
    return flow


@compiled
def step(flow: Flow, state: int, span: int, other: int) -> int:
    """Return the state to which a span leads from a state, -1 if one more route may not go that way."""
    site, pinned = state >> 1, state & 1
    if flow.leads_to[span] == NOWHERE:
        return NOWHERE if pinned else 2 * other + flow.crossed[other]
    return 2 * other if flow.leads_to[span] == site and pinned == flow.crossed[site] else NOWHERE
