"""Asking the kernel: routes by number, under a mask, and what every route has to cross."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from cni.topology.engine import cuts, kernel
from cni.topology.engine.view import Int32s, Int64s, Mask, View


@dataclass(frozen=True, slots=True, eq=False)
class Cuts:
    """What every route from a to z has to cross, in order from a: spans (bridges) and sites between the ends."""

    spans: Int32s
    sites: Int32s


def find_routes(
    view: View, ends: tuple[int, int], count: int, closed: Mask, *, apart_at_sites: bool, cost: Int64s | None = None
) -> list[Int32s]:
    """Return routes of least total cost, as many as there are up to `count`, each as its spans in order from a to z.

    No two share a span, nor, `apart_at_sites`, a site but the ends, which must be two. Of several such sets the one
    is chosen that the parts of costs that decide ties say: the same in every process. `cost` stands in for the costs
    of the view, and is nowhere less. Routes come as they leave `a`, not by length.
    """
    graph = view.arrays if cost is None else view.arrays._replace(cost=cost)
    space = _workspace(view)
    kernel.begin_query(space)
    found = 0
    while found < count and kernel.add_route(graph, space, closed, ends, apart_at_sites):
        found += 1
    return [_read_route(view, space, ends) for _ in range(found)]


def sites_along(view: View, a: int, route: Int32s) -> Int32s:
    """Return the sites that a route from `a` visits, both ends included."""
    sites = np.empty(len(route) + 1, np.int32)
    cuts.follow(view.arrays, a, route, sites)
    return sites


def cuts_along(view: View, a: int, route: Int32s, closed: Mask) -> Cuts:
    """Return what every route between the ends of this one has to cross: its bridges and cut sites."""
    sites = sites_along(view, a, route)
    found = cuts.new_findings(len(route))
    cuts.find_cuts(view.arrays, closed, (route, sites), cuts.new_marks(len(view.site_ids)), found)
    return Cuts(route[found.spans == 1], sites[1:-1][found.sites[1:-1] == 1])


_workspaces = threading.local()


def _workspace(view: View) -> kernel.Workspace:
    """Return this thread's workspace for a view, which goes when the view does."""
    if not hasattr(_workspaces, "of"):
        _workspaces.of = WeakKeyDictionary()
    spaces: WeakKeyDictionary[View, kernel.Workspace] = _workspaces.of
    if view not in spaces:
        spaces[view] = kernel.new_workspace(len(view.site_ids), len(view.span_ids))
    return spaces[view]


def _read_route(view: View, space: kernel.Workspace, ends: tuple[int, int]) -> Int32s:
    route = space.settled  # no search goes on, so its list of settled states is free to be written on
    length = kernel.read_route(view.arrays, space, ends, route)
    return route[:length].copy()
