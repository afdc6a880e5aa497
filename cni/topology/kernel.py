"""The one kernel: the next of several routes that share no span, or no site, at the least extra cost.

Successive shortest paths. The first search finds the cheapest route; each later one may also *undo* a span that an
earlier route uses, at minus its cost, and so turns earlier routes aside where that is cheaper in total. A span has one
state (free, or used in one direction), never two copies.

A *state* is where a search can be: twice the number of a site, plus one if it is *pinned* there. Where routes may not
meet at a site, who comes over a free span to a site that a route crosses is pinned, and may only go back along it.

Costs are told from potentials, so that no step costs less than nothing: what a site starts with is the landmarks' bound
on its way to the goal, which leads the search there. A search stops at its goal; potentials then fall by what each
settled state is nearer than the goal, and by nothing elsewhere, which keeps the work to what was touched.

Source: Suurballe and Tarjan, Networks 14 (1984); Bhandari, Survivable Networks (1999), chapter 3; Ahuja, Magnanti and
Orlin, Network Flows (1993), section 9.7; Goldberg and Harrelson (SODA 2005).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cni.topology.compiled import compiled
from cni.topology.heap import drop_first, push
from cni.topology.view import Arrays, Int32s, Int64s, Mask

MOST_ROUTES = 8
"""A query's searches are no more, so neither is how often one span comes into use."""
FREE = -1
NO_SPAN = -1

QUERY, SEARCH, HEAP_SIZE, SETTLED, USED = range(5)
"""Places in `Workspace.counters`: number of the query and of the search, then sizes."""


class Workspace(NamedTuple):
    """What a query writes on, one for each thread. Stamps tell what is of this search, so that nothing is wiped."""

    distance: Int64s
    """2 n: from the start, by state"""
    potential: Int64s
    """2 n"""
    arrival_span: Int32s
    """2 n: the span by which a state was reached, -1 where a crossed site was stepped across"""
    arrival_state: Int32s
    """2 n: the state before it"""
    reached_in: Int32s
    """2 n: the search that reached it last"""
    potential_of: Int32s
    """2 n: the query that its potential is of"""
    settled: Int32s
    """2 n: states in the order in which this search settled them"""
    heap_keys: Int64s
    heap_states: Int32s
    leads_to: Int32s
    """m: the site that the route over a span goes to, -1 where it is free"""
    crossed: Mask
    """n: 1 where a route passes and none other may"""
    used: Int32s
    """m: spans that some search of the query took into use"""
    counters: Int64s


def new_workspace(site_count: int, span_count: int) -> Workspace:
    """Return a workspace for a view of so many sites and spans."""
    states, steps = 2 * site_count, 4 * span_count + 2 * site_count + 1
    return Workspace(
        distance=np.zeros(states, np.int64),
        potential=np.zeros(states, np.int64),
        arrival_span=np.zeros(states, np.int32),
        arrival_state=np.zeros(states, np.int32),
        reached_in=np.zeros(states, np.int32),
        potential_of=np.zeros(states, np.int32),
        settled=np.zeros(states, np.int32),
        heap_keys=np.zeros(steps, np.int64),
        heap_states=np.zeros(steps, np.int32),
        leads_to=np.full(span_count, FREE, np.int32),
        crossed=np.zeros(site_count, np.uint8),
        used=np.zeros(MOST_ROUTES * span_count, np.int32),
        counters=np.zeros(5, np.int64),
    )


@compiled
def begin_query(space: Workspace) -> None:
    """Free what the last query used, and start a new one."""
    for number in range(space.counters[USED]):
        span = space.used[number]
        if space.leads_to[span] != FREE:
            space.crossed[space.leads_to[span]] = 0
            space.leads_to[span] = FREE
    space.counters[USED] = 0
    space.counters[QUERY] += 1


@compiled
def add_route(graph: Arrays, space: Workspace, closed: Mask, ends: tuple[int, int], apart: bool) -> bool:
    """Make one more route between the ends at the least extra cost; tell whether there is one.

    `apart`: routes share no site either, but the ends.
    """
    a, z = ends
    if not search(graph, space, closed, ends):
        return False
    lower_potentials(space, 2 * z)
    take_route(space, 2 * a, 2 * z, apart)
    return True


@compiled
def search(graph: Arrays, space: Workspace, closed: Mask, ends: tuple[int, int]) -> bool:
    """Settle states from the first end until the other is settled; tell whether it was."""
    start, goal = 2 * ends[0], 2 * ends[1]
    counters = space.counters
    counters[SEARCH] += 1
    counters[HEAP_SIZE] = counters[SETTLED] = 0
    reach(graph, space, ends[1], (start, start, NO_SPAN), potential_at(graph, space, start, ends[1]))
    while counters[HEAP_SIZE] > 0:
        key, state = space.heap_keys[0], space.heap_states[0]
        counters[HEAP_SIZE] = drop_first(space.heap_keys, space.heap_states, counters[HEAP_SIZE])
        if key > space.distance[state]:
            continue
        space.settled[counters[SETTLED]] = state
        counters[SETTLED] += 1
        if state == goal:
            return True
        step_on(graph, space, closed, ends[1], state)
    return False


@compiled
def step_on(graph: Arrays, space: Workspace, closed: Mask, goal_site: int, state: int) -> None:
    """Reach what can be reached from a state in one step."""
    site, pinned = state >> 1, state & 1
    crossed = space.crossed[site]
    from_here = space.distance[state] + space.potential[state]
    for arc in range(graph.first_arc[site], graph.first_arc[site + 1]):
        span, other = graph.arc_span[arc], graph.arc_site[arc]
        if closed[span]:
            continue
        leads_to = space.leads_to[span]
        if leads_to == FREE:
            if not pinned:
                step = (2 * other + space.crossed[other], state, span)
                reach(graph, space, goal_site, step, from_here + graph.cost[span])
        elif leads_to == site and pinned == crossed:
            reach(graph, space, goal_site, (2 * other, state, span), from_here - graph.cost[span])
    if crossed and not pinned:
        reach(graph, space, goal_site, (state + 1, state, NO_SPAN), from_here)


@compiled
def reach(graph: Arrays, space: Workspace, goal_site: int, step: tuple[int, int, int], cost: int) -> None:
    """Take a step (state reached, state before, span between), unless the state was reached as cheaply before."""
    state, before, span = step
    distance = cost - potential_at(graph, space, state, goal_site)
    if space.reached_in[state] == space.counters[SEARCH] and distance >= space.distance[state]:
        return
    space.reached_in[state] = space.counters[SEARCH]
    space.distance[state] = distance
    space.arrival_state[state] = before
    space.arrival_span[state] = span
    size = space.counters[HEAP_SIZE]
    space.counters[HEAP_SIZE] = push(space.heap_keys, space.heap_states, size, distance, state)


@compiled
def potential_at(graph: Arrays, space: Workspace, state: int, goal_site: int) -> int:
    """Return the potential of a state; the first time in a query, minus the bound on its way to the goal."""
    if space.potential_of[state] != space.counters[QUERY]:
        space.potential_of[state] = space.counters[QUERY]
        space.potential[state] = -bound(graph.landmarks, state >> 1, goal_site)
    return int(space.potential[state])


@compiled
def bound(landmarks: Int64s, site: int, goal_site: int) -> int:
    """Return a cost that no route between two sites is below."""
    best = 0
    for number in range(landmarks.shape[1]):
        from_goal = landmarks[goal_site, number]
        if from_goal >= 0:
            best = max(best, abs(landmarks[site, number] - from_goal))
    return best


@compiled
def lower_potentials(space: Workspace, goal: int) -> None:
    """Let the next search start from what this one has learnt, so that again no step costs less than nothing."""
    furthest = space.distance[goal]
    for number in range(space.counters[SETTLED]):
        state = space.settled[number]
        space.potential[state] += space.distance[state] - furthest


@compiled
def take_route(space: Workspace, start: int, goal: int, apart: bool) -> None:
    """Walk back from the goal: take free spans into use, give up those that were undone."""
    state = goal
    while state != start:
        before, span = space.arrival_state[state], space.arrival_span[state]
        if span == NO_SPAN:
            space.crossed[state >> 1] = 0
        elif space.leads_to[span] != FREE:
            space.leads_to[span] = FREE
        else:
            space.leads_to[span] = state >> 1
            space.used[space.counters[USED]] = span
            space.counters[USED] += 1
            if apart and state != goal and not space.crossed[state >> 1]:
                space.crossed[state >> 1] = 1
                space.potential[state + 1] = space.potential[state]
                space.potential_of[state + 1] = space.counters[QUERY]
        state = before


@compiled
def read_route(graph: Arrays, space: Workspace, ends: tuple[int, int], route: Int32s) -> int:
    """Write the spans of one of the routes into `route` and free them; return how many there are.

    Where routes meet, this one goes on over the span whose id is lowest. No site is met twice: every span costs
    something, so routes of least cost have no circle in them.
    """
    site, length = ends[0], 0
    while site != ends[1]:
        onward = NO_SPAN
        for arc in range(graph.first_arc[site], graph.first_arc[site + 1]):
            span = graph.arc_span[arc]
            leads_away = space.leads_to[span] == graph.arc_site[arc] != site
            if leads_away and (onward == NO_SPAN or graph.id_rank[span] < graph.id_rank[onward]):
                onward = span
        route[length] = onward
        length += 1
        site = space.leads_to[onward]
        space.leads_to[onward] = FREE
        space.crossed[site] = 0
    return length
