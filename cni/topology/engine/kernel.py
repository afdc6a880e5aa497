"""The one kernel: the next of several routes that share no span, or no site, at the least extra cost.

Successive shortest paths. The first search finds the cheapest route; each later one may also *undo* a span that an
earlier route uses, at minus its cost, and so turns earlier routes aside where that is cheaper in total. A span has one
state (free, or used in one direction), never two copies.

A *state* is where a search can be: the number of a site, plus the number of all sites if it is *pinned* there. Where
routes may not meet at a site, who comes over a free span to one that a route crosses is pinned, and may only go back
along that route.

Costs are told from potentials, so that no step costs less than nothing: what a site starts with is the landmarks' bound
on its way to the goal, which leads the search there. A search stops at its goal; potentials then fall by what each
settled state is nearer than the goal, and by nothing elsewhere, which keeps the work to what was touched.

Source: Suurballe and Tarjan, Networks 14 (1984); Bhandari, Survivable Networks (1999), chapter 3; Ahuja, Magnanti and
Orlin, Network Flows (1993), section 9.7; Goldberg and Harrelson (SODA 2005).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cni.topology.engine.compiled import compiled_in_place
from cni.topology.engine.heap import drop_first, push
from cni.topology.engine.view import Arrays, Int32s, Int64s, Mask

MOST_ROUTES = 8
"""A query's searches are no more, so neither is how often one span comes into use."""
FREE = -1
NO_SPAN = -1

DISTANCE, POTENTIAL, TOUCHED_IN, ARRIVAL = range(4)
"""Columns of `Workspace.states`."""
QUERY_BEGAN, SEARCH, SETTLED, USED = range(4)
"""Places in `Workspace.counters`: numbers of the query's first search and of this one, how many are settled, used."""


class Workspace(NamedTuple):
    """What a query writes on, one for each thread. Stamps tell what is of this search, so that nothing is wiped."""

    states: Int64s
    """2 n × 4, a row for each state, so that what is asked of one lies together: its distance from the start, its
    potential, the last search that touched it (before that, both are old), and how it was reached: twice the span,
    plus one if from a pinned state; -1 where a crossed site was stepped across"""
    settled: Int32s
    """2 n: states in the order in which this search settled them"""
    heap_keys: Int64s
    heap_states: Int32s
    leads_to: Int32s
    """m: the site that the route over a span goes to, -1 where it is free"""
    crossed: Mask
    """n: 1 where a route passes and none other may"""
    used: Int32s
    """Spans that some search of the query took into use"""
    counters: Int64s


def new_workspace(site_count: int, span_count: int) -> Workspace:
    """Return a workspace for a view of so many sites and spans."""
    steps = 4 * span_count + 2 * site_count + 1
    return Workspace(
        states=np.zeros((2 * site_count, 4), np.int64),
        settled=np.zeros(2 * site_count, np.int32),
        heap_keys=np.zeros(steps, np.int64),
        heap_states=np.zeros(steps, np.int32),
        leads_to=np.full(span_count, FREE, np.int32),
        crossed=np.zeros(site_count, np.uint8),
        used=np.zeros(MOST_ROUTES * span_count, np.int32),
        counters=np.zeros(4, np.int64),
    )


@compiled_in_place
def begin_query(space: Workspace) -> None:
    """Free what the last query used, and start a new one."""
    for number in range(space.counters[USED]):
        span = space.used[number]
        if space.leads_to[span] != FREE:
            space.crossed[space.leads_to[span]] = 0
            space.leads_to[span] = FREE
    space.counters[USED] = 0
    space.counters[QUERY_BEGAN] = space.counters[SEARCH] + 1


@compiled_in_place
def add_route(graph: Arrays, space: Workspace, closed: Mask, ends: tuple[int, int], apart: bool) -> bool:
    """Make one more route between the ends at the least extra cost; tell whether there is one.

    `apart`: routes share no site either, but the ends.
    """
    if not search(graph, space, closed, ends):
        return False
    lower_potentials(space, ends[1])
    take_route(graph, space, ends, apart)
    return True


@compiled_in_place
def search(graph: Arrays, space: Workspace, closed: Mask, ends: tuple[int, int]) -> bool:
    """Settle states from the first one until the other is settled; tell whether it was."""
    # Arrays are taken out of their tuples first: inside the loop, that would count references at every step.
    first_arc, arc_site, arc_span = graph.first_arc, graph.arc_site, graph.arc_span
    cost, landmarks = graph.cost, graph.landmarks
    states, settled, keys, queue = space.states, space.settled, space.heap_keys, space.heap_states
    leads_to, crossed = space.leads_to, space.crossed
    pin = len(crossed)
    space.counters[SEARCH] += 1
    now = (space.counters[QUERY_BEGAN], space.counters[SEARCH], ends[1])
    count, state, arrived = 0, ends[0], False
    improves(states, landmarks, (state, state, NO_SPAN), potential_at(states, landmarks, (state, state), now), now)
    size = push(keys, queue, 0, 0, state)
    while size > 0 and not arrived:
        key, state = keys[0], queue[0]
        size = drop_first(keys, queue, size)
        if key > states[state, DISTANCE]:
            continue
        settled[count] = state
        count, arrived = count + 1, state == ends[1]
        pinned = state >= pin
        site, from_here = state - pin * pinned, key + states[state, POTENTIAL]
        for arc in range(first_arc[site], first_arc[site + 1]):
            span, other = arc_span[arc], arc_site[arc]
            uses = leads_to[span]
            if closed[span] or not may_take(uses, site, pinned, crossed[site]):
                continue
            step = other + pin * (uses == FREE and crossed[other])
            price = cost[span] if uses == FREE else -cost[span]
            if improves(states, landmarks, (step, other, 2 * span + pinned), from_here + price, now):
                size = push(keys, queue, size, states[step, DISTANCE], step)
        across = state + pin
        if crossed[site] and not pinned and improves(states, landmarks, (across, site, NO_SPAN), from_here, now):
            size = push(keys, queue, size, states[across, DISTANCE], across)
    space.counters[SETTLED] = count
    return arrived


@compiled_in_place
def may_take(uses: int, site: int, pinned: bool, crossed: bool) -> bool:
    """Tell whether an arc may be taken from a site: `uses` is the site that a route over its span goes to."""
    if uses == FREE:
        return not pinned
    return uses == site and pinned == crossed


@compiled_in_place
def improves(
    states: Int64s, landmarks: Int64s, step: tuple[int, int, int], cost: int, now: tuple[int, int, int]
) -> bool:
    """Take a step (state reached, its site, arrival) unless the state was reached as cheaply before in this search.

    `now`: numbers of the query's first search and of this one, and the site sought.
    """
    state, site, arrival = step
    distance = cost - potential_at(states, landmarks, (state, site), now)
    if states[state, TOUCHED_IN] == now[1] and distance >= states[state, DISTANCE]:
        return False
    states[state, TOUCHED_IN] = now[1]
    states[state, DISTANCE] = distance
    states[state, ARRIVAL] = arrival
    return True


@compiled_in_place
def potential_at(states: Int64s, landmarks: Int64s, place: tuple[int, int], now: tuple[int, int, int]) -> int:
    """Return the potential of a state at a site; the first time in a query, minus the bound on its way to the goal."""
    state, site = place
    if states[state, TOUCHED_IN] < now[0]:
        states[state, POTENTIAL] = -bound(landmarks, site, now[2])
    return int(states[state, POTENTIAL])


@compiled_in_place
def bound(landmarks: Int64s, site: int, goal: int) -> int:
    """Return a cost that no route between two sites is below."""
    best = 0
    for number in range(landmarks.shape[1]):
        best = max(best, abs(landmarks[site, number] - landmarks[goal, number]))
    return best


@compiled_in_place
def lower_potentials(space: Workspace, goal: int) -> None:
    """Let the next search start from what this one has learnt, so that again no step costs less than nothing."""
    states, settled = space.states, space.settled
    furthest = states[goal, DISTANCE]
    for number in range(space.counters[SETTLED]):
        state = settled[number]
        states[state, POTENTIAL] += states[state, DISTANCE] - furthest


@compiled_in_place
def take_route(graph: Arrays, space: Workspace, ends: tuple[int, int], apart: bool) -> None:
    """Walk back from the goal: take free spans into use, give up those that were undone."""
    states, leads_to, crossed = space.states, space.leads_to, space.crossed
    pin, site, pinned = len(crossed), ends[1], False
    while site != ends[0]:
        arrival = states[site + pin * pinned, ARRIVAL]
        if arrival == NO_SPAN:
            crossed[site], pinned = False, False
            continue
        span = arrival >> 1
        if leads_to[span] != FREE:
            leads_to[span] = FREE
        else:
            leads_to[span] = site
            space.used[space.counters[USED]] = span
            space.counters[USED] += 1
            if apart and site != ends[1] and not crossed[site]:
                crossed[site] = True
                states[site + pin, POTENTIAL] = states[site, POTENTIAL]
                states[site + pin, TOUCHED_IN] = space.counters[SEARCH]
        site = graph.end_a[span] + graph.end_z[span] - site
        pinned = arrival & 1


@compiled_in_place
def read_route(graph: Arrays, space: Workspace, ends: tuple[int, int], route: Int32s) -> int:
    """Write the spans of one of the routes into `route` and free them; return how many there are.

    Where routes meet, this one goes on over the span whose id is lowest. No site is met twice: every span costs
    something, so routes of least cost have no circle in them.
    """
    first_arc, arc_site, arc_span, id_rank = graph.first_arc, graph.arc_site, graph.arc_span, graph.id_rank
    leads_to, crossed = space.leads_to, space.crossed
    site, length = ends[0], 0
    while site != ends[1]:
        onward = NO_SPAN
        for arc in range(first_arc[site], first_arc[site + 1]):
            span = arc_span[arc]
            leads_away = leads_to[span] == arc_site[arc] != site
            if leads_away and (onward == NO_SPAN or id_rank[span] < id_rank[onward]):
                onward = span
        route[length] = onward
        length += 1
        site = leads_to[onward]
        leads_to[onward] = FREE
        crossed[site] = 0
    return length
