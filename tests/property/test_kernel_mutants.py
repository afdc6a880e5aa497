"""Faults planted in the kernel, each of which a small battery of checks has to find; and the kernel itself passing it.

The battery holds a kernel against all sets of routes on small networks, against linear programs on ladders, and, after
each search, against what makes the next one right: no step costs less than the potentials' difference, and no state is
settled twice. A wrong update of potentials often changes no total, so only the latter sees it.

Each fault replaces a line that has to be in the source exactly once: when the kernel changes, so must this list.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import pytest

from cni.topology.engine import kernel, labels
from cni.topology.engine.kernel import FREE
from cni.topology.network import Network
from cni.topology.questions import Diversity, Element, ElementKind, Question
from tests.networks import small_network, trap_ladder
from tests.notation import network
from tests.oracles import Possibilities, least_totals

FOLDER = Path(kernel.__file__).parent
MOST_STEPS = 200_000
"""More rounds of loops than a query of the battery needs: a fault may send the kernel round for ever."""


class StuckError(Exception):
    """A loop of a faulty kernel doesn't end."""


def interpreted(name: str, line: str = "", instead: str = "") -> ModuleType:
    """A module of the engine as plain Python, one line of it replaced; its loops end, if need be by `StuckError`."""
    source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    if line:
        assert source.count(line) == 1, f"{name}.py has no such line, or several: {line}"
        source = source.replace(line, instead)
    source = source.replace("    while ", "    while _ticks() and ")
    source = re.sub(r"from cni.topology.engine.compiled import (\w+)", r"\1 = lambda function: function", source)
    module = ModuleType(name)
    module.__dict__["_ticks"] = Ticks()
    exec(compile(source, f"{name} with a fault", "exec"), module.__dict__)
    return module


class Ticks:
    """Counts the rounds of all loops since it was last wound."""

    def __init__(self) -> None:
        self.wind()

    def wind(self) -> None:
        self._numbers = count()

    def __call__(self) -> bool:
        if next(self._numbers) > MOST_STEPS:
            raise StuckError
        return True


def kernel_with(line: str = "", instead: str = "") -> ModuleType:
    heap, faulty = interpreted("heap"), interpreted("kernel", line, instead)
    faulty.push, faulty.drop_first = heap.push, heap.drop_first  # interpreted too: a bad index is an error in them
    return faulty


# --- the battery ------------------------------------------------------------------------------------------------------


class Case(NamedTuple):
    """A question to a kernel, and the least total: micrometres, None where there are not so many routes."""

    net: Network
    question: Question
    total_um: int | None


@cache
def cases() -> tuple[Case, ...]:
    return (*small_cases(), *ladder_cases())


def small_cases() -> Iterator[Case]:
    chance = random.Random(91)
    for _ in range(120):
        net = network(small_network(chance))
        possible = Possibilities(net, "A", "Z")
        for diversity in (Diversity.SPAN, Diversity.SITE):
            without = tuple(Element(ElementKind.SPAN, id) for id in net.spans if chance.random() < 0.1)
            question = Question("A", "Z", diversity, chance.randint(1, 3), chance.choice([1, 2]), without=without)
            best = possible.best(question)
            yield Case(net, question, best.total_um if best.outcome == "found" else None)


def ladder_cases() -> list[Case]:
    chance = random.Random(92)
    nets = [network(trap_ladder(chance, chance.randint(2, 4), chance.randint(4, 9))) for _ in range(20)]
    diversities = (Diversity.SPAN, Diversity.SITE)
    asked = [(net, Question("A", "Z", diversity, k)) for net in nets for diversity in diversities for k in (2, 4)]
    return [Case(*each, total) for each, total in zip(asked, least_totals(asked), strict=True)]


def faults_of(module: Any) -> Iterator[str]:
    """What the battery finds wrong with a kernel, as it is found."""
    wind = getattr(getattr(module, "_ticks", None), "wind", lambda: None)
    spaces: dict[int, Any] = {}
    for net, question, total in cases():
        wind()
        view = net.view
        space = spaces.setdefault(id(net), module.new_workspace(len(view.site_ids), len(view.span_ids)))
        try:
            yield from faults_of_query(module, net, question, (space, total))
        except (StuckError, IndexError, OverflowError) as error:
            yield f"{type(error).__name__} {error}"
            spaces.pop(id(net))


def faults_of_query(module: Any, net: Network, question: Question, given: tuple[Any, int | None]) -> Iterator[str]:
    view, (space, total) = net.view, given
    ends = view.site_numbers["A"], view.site_numbers["Z"]
    closed = mask_of(net, question)
    module.begin_query(space)
    found = 0
    while found < question.routes:
        if not module.add_route(view.arrays, space, closed, ends, question.diversity is Diversity.SITE):
            break
        found += 1
        yield from broken_invariants(module, net, (space, closed, ends))
    routes = [read(module, net, space, ends) for _ in range(found)]
    spans = [span for route in routes for span in route]
    length = int(view.length_um[spans].sum()) if found == question.routes else None
    if length != total:
        yield f"the total is {length}, not {total}"
    if len(set(spans)) < len(spans) or closed[spans].any():
        yield "a span is used twice, or closed"
    sites = [site for route in routes for site in walked(net, ends, route)]
    if question.diversity is Diversity.SITE and len(set(sites)) < len(sites):
        yield "a site is passed twice"


def read(module: Any, net: Network, space: Any, ends: tuple[int, int]) -> list[int]:
    route = np.empty(len(net.view.span_ids), np.int32)
    return route[: module.read_route(net.view.arrays, space, ends, route)].tolist()


def walked(net: Network, ends: tuple[int, int], route: list[int]) -> list[int]:
    """The sites between the ends; an index error if the spans do not join up."""
    sites = [ends[0]]
    for span in route:
        either = {int(net.view.arrays.end_a[span]), int(net.view.arrays.end_z[span])}
        if sites[-1] not in either:
            raise IndexError("the spans do not join up")
        sites += either - {sites[-1]}
    return sites[1:-1]


def mask_of(net: Network, question: Question) -> Any:
    left_out = {element.id for element in question.without}
    short = {id for id, span in net.spans.items() if span.pairs is not None and span.pairs < question.pairs}
    return np.array([id in left_out | short for id in net.view.span_ids], np.uint8)


def broken_invariants(module: Any, net: Network, searched: tuple[Any, Any, tuple[int, int]]) -> Iterator[str]:
    """What keeps the next search from being right, by the words of the kernel's docstring, not by its code."""
    (space, closed, ends), arrays = searched, net.view.arrays
    settled = space.settled[: space.counters[module.SETTLED]].tolist()
    if len(set(settled)) < len(settled):
        yield "a state is settled twice"

    def potential(state: int) -> int:
        if space.states[state, module.TOUCHED_IN] >= space.counters[module.QUERY_BEGAN]:
            return int(space.states[state, module.POTENTIAL])
        landmarks = arrays.landmarks
        return -int(np.abs(landmarks[state % len(space.crossed)] - landmarks[ends[1]]).max(initial=0))

    for site in range(len(arrays.first_arc) - 1):
        for pinned in (0, 1) if space.crossed[site] else (0,):
            state = site + len(space.crossed) * pinned
            for reached, cost in steps_from(arrays, space, closed, state):
                if cost + potential(state) - potential(reached) < 0:
                    yield f"a step from {state} to {reached} costs less than nothing"


def steps_from(arrays: Any, space: Any, closed: Any, state: int) -> Iterator[tuple[int, int]]:
    """Each state that the next search may go to, and what that adds to the total."""
    pinned, site = divmod(state, len(space.crossed))
    if space.crossed[site] and not pinned:
        yield state + len(space.crossed), 0
    for arc in range(arrays.first_arc[site], arrays.first_arc[site + 1]):
        span, other = arrays.arc_span[arc], int(arrays.arc_site[arc])
        cost, leads_to = int(arrays.cost[span]), space.leads_to[span]
        if closed[span]:
            continue
        if leads_to == FREE and not pinned:
            yield other + len(space.crossed) * int(space.crossed[other]), cost
        elif leads_to == site and pinned == space.crossed[site]:
            yield other, -cost


# --- the kernel, and faults in it -------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", [lambda: kernel, kernel_with], ids=["compiled", "interpreted"])
def test_the_battery_finds_nothing_wrong_with_the_kernel(of: Callable[[], Any]):
    assert list(faults_of(of())) == []


FAULTS = {
    "no residual arc": (
        "return uses == site and pinned == crossed",
        "return False",
    ),
    "undoing a span costs, where it should give back": ("else -cost[span]", "else cost[span]"),
    "a route may be undone in its own direction": ("may_take(uses, site, pinned", "may_take(uses, other, pinned"),
    "who is pinned may go anywhere": ("return not pinned", "return True"),
    "nobody is pinned": ("step = other + pin * (uses == FREE and crossed[other])", "step = other"),
    "who is not pinned at a crossed site may go back along it": ("uses == site and pinned == crossed", "uses == site"),
    "a crossed site cannot be stepped across": ("if crossed[site] and not pinned and improves(", "if 0 and improves("),
    "a site that was stepped across counts as crossed": (
        "            crossed[site], pinned = False, False\n",
        "            pinned = False\n",
    ),
    "a route crosses no site": ("                crossed[site] = True\n", "                pass\n"),
    "the goal counts as crossed": ("apart and site != ends[1] and", "apart and"),
    "the mask is ignored": ("if closed[span] or not may_take", "if not may_take"),
    "potentials rise by the distance alone": ("states[state, DISTANCE] - furthest", "states[state, DISTANCE]"),
    "potentials fall the wrong way": ("+= states[state, DISTANCE] - furthest", "-= states[state, DISTANCE] - furthest"),
    "potentials stay as they were": (
        "        states[state, POTENTIAL] += states[state, DISTANCE] - furthest\n",
        "        pass\n",
    ),
    "a pinned state starts with a potential of its own": (
        "                states[site + pin, TOUCHED_IN] = space.counters[SEARCH]\n",
        "                states[site + pin, TOUCHED_IN] = 0\n",
    ),
    "a pinned state starts from nothing": (
        "states[site + pin, POTENTIAL] = states[site, POTENTIAL]",
        "states[site + pin, POTENTIAL] = 0",
    ),
    "landmarks promise twice what they may": ("    return best\n", "    return 2 * best\n"),
    "landmarks lead the wrong way": ("states[state, POTENTIAL] = -bound(", "states[state, POTENTIAL] = bound("),
    "the distance leaves out the potential reached": (
        "distance = cost - potential_at(states, landmarks, (state, site), now)",
        "distance = cost - 0 * potential_at(states, landmarks, (state, site), now)",
    ),
    "a worse way replaces a better one": (
        "and distance >= states[state, DISTANCE]",
        "and distance < states[state, DISTANCE]",
    ),
    "what is out of date is settled again": ("if key > states[state, DISTANCE]:", "if key < states[state, DISTANCE]:"),
    "a search believes the one before": ("space.counters[SEARCH] += 1", "space.counters[SEARCH] = 1"),
    "a query believes the one before": (
        "space.counters[QUERY_BEGAN] = space.counters[SEARCH] + 1",
        "space.counters[QUERY_BEGAN] = 1",
    ),
    "a span that was undone stays in use": (
        "            leads_to[span] = FREE\n        else:",
        "            pass\n        else:",
    ),
    "of routes that meet, one loses its way": ("if leads_away and (onward == NO_SPAN or", "if (onward == NO_SPAN or"),
    "a route that was read stays": ("        leads_to[onward] = FREE\n", "        pass\n"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_battery_finds_a_planted_fault(fault):
    faulty = kernel_with(*FAULTS[fault])

    assert next(faults_of(faulty), None) is not None


def test_a_wrong_potential_is_seen_though_every_total_is_right():
    """Why the battery looks at potentials at all: the totals alone would let this fault live."""
    faulty = kernel_with(*FAULTS["potentials stay as they were"])

    found = list(faults_of(faulty))

    assert any("costs less than nothing" in fault for fault in found)
    assert not any("total" in fault for fault in found)


# --- labels -----------------------------------------------------------------------------------------------------------


def bridges_of(net: Network) -> set[str]:
    """By networkx, which takes one of two parallel spans for no bridge if told that there are two."""
    simple = nx.Graph((a, z) for a, z in net.graph.edges() if a != z)
    alone = {pair for pair in nx.bridges(simple) if net.graph.number_of_edges(*pair) == 1}
    return {id for a, z, id in net.graph.edges(keys=True) if {(a, z), (z, a)} & alone}


def labelled_bridges(module: Any, net: Network) -> set[str]:
    told = module.label_plant(net.view.arrays, net.view.nothing_closed)
    return {id for id, is_bridge in zip(net.view.span_ids, told.is_bridge, strict=True) if is_bridge}


@cache
def labelled_networks() -> tuple[Network, ...]:
    chance = random.Random(93)
    return tuple(network(small_network(chance)) for _ in range(300))


@pytest.mark.parametrize("of", [lambda: labels, lambda: interpreted("labels")], ids=["compiled", "interpreted"])
def test_labels_name_the_bridges_that_networkx_names(of: Callable[[], Any]):
    module = of()

    assert [labelled_bridges(module, net) == bridges_of(net) for net in labelled_networks()].count(False) == 0
    assert sum(len(bridges_of(net)) for net in labelled_networks()) > 300


LABEL_FAULTS = {
    "the walk leaves out the parent site, not the span": (
        "if plant.closed[span] or span == entry:",
        "if plant.closed[span] or plant.arc_site[arc] == (walk.order[walk.above[place]] if entry >= 0 else -1):",
    ),
    "the walk leaves out nothing": ("if plant.closed[span] or span == entry:", "if plant.closed[span]:"),
}


@pytest.mark.parametrize("fault", LABEL_FAULTS)
def test_labels_with_a_planted_fault_name_other_bridges(fault):
    faulty = interpreted("labels", *LABEL_FAULTS[fault])

    assert any(labelled_bridges(faulty, net) != bridges_of(net) for net in labelled_networks())
