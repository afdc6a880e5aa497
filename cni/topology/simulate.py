"""What becomes of leases when things fail: which fail with them, which survive, which can be led another way.

A lease fails when all of its routes do. Those that fail are led another way one after another, in a stated order, each
over the shortest route that is left with enough free pairs. The pairs that a failed lease holds on spans that still
work stay its own: it may run over them again, and nobody else may, so that it can go back when all is mended. What one
lease takes is gone for those after it. One route is looked for, however many there were: service before diversity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

import numpy as np

from cni.primitives.errors import Problem
from cni.topology.answers import Route
from cni.topology.asked import spans_of
from cni.topology.labels import label_plant
from cni.topology.leased_routes import LeasedRoutes, ends_of
from cni.topology.network import UNLIMITED, Network
from cni.topology.questions import Element, ElementKind, Question, refuse
from cni.topology.routes import find_answer
from cni.topology.view import Int64s, Mask


class Order(StrEnum):
    """In which order leases that fail are led another way; where that is even, by reference.

    `START`: the earliest start first. `PAIRS`: the most pairs first. `REFERENCE`: by reference alone.
    """

    START = "start"
    PAIRS = "pairs"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Survivor:
    """A lease that lost one of its routes and runs on the other."""

    reference: str
    route: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rerouted:
    """A lease that failed, and the route that it can be led over."""

    reference: str
    route: Route


@dataclass(frozen=True, slots=True)
class Stranded:
    """A lease that failed and cannot be led another way, and why: a sentence each."""

    reference: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Simulation:
    """What becomes of leases when the `cuts` fail, and with them the spans in `lost`, by id.

    The leases that fail are those `rerouted` and those `stranded`, each in the order in which they were tried.
    `joined` are the references of those of them that could be led another way if free pairs were no matter.
    `elsewhere` are leases whose spans are not in the network or do not join up there; nothing is told of them.
    """

    cuts: tuple[Element, ...]
    lost: tuple[str, ...]
    order: Order
    unaffected: int
    survivors: tuple[Survivor, ...]
    rerouted: tuple[Rerouted, ...]
    stranded: tuple[Stranded, ...]
    joined: tuple[str, ...]
    elsewhere: tuple[str, ...]


def read_cuts(network: Network, given: Sequence[str]) -> tuple[Element, ...]:
    """Return the elements that these words name, each once: `span:ID`, `site:ID` or `risk:ID`.

    Raises:
        NotFound: the network has no such thing, and nothing else is wrong.
        Invalid: a word names nothing that can fail, or there is none.
    """
    known = {ElementKind.SPAN: network.spans, ElementKind.SITE: network.graph, ElementKind.RISK: network.risk_ids}
    words, problems = {ElementKind.RISK: "risk group"}, list[Problem]()
    found = []
    for text in dict.fromkeys(given):
        kind, _, id = text.partition(":")
        if kind not in set(ElementKind) or not id:
            message = f"{text[:40]} does not say what fails."
            problems.append(Problem("bad_cut", message, "Write span:ID, site:ID or risk:ID.", "cut"))
        elif id not in known[ElementKind(kind)]:
            word = words.get(ElementKind(kind), kind)
            message = f"There is no {word} {id[:40]} in the network."
            problems.append(Problem("unknown", message, f"Check the id of the {word}.", "cut"))
        else:
            found.append(Element(ElementKind(kind), id))
    if not given:
        problems.append(Problem("missing", "Nothing is said to fail.", "Name it: span:ID, site:ID or risk:ID.", "cut"))
    refuse(problems)
    return tuple(found)


def simulate(
    network: Network, leases: Sequence[LeasedRoutes], cuts: Sequence[Element], order: Order = Order.START
) -> Simulation:
    """Return what becomes of these leases when the cuts, elements of the network, fail together."""
    view = network.view
    closed = np.zeros(len(view.span_ids), np.uint8)
    for cut in cuts:
        closed[spans_of(view, cut)] = 1
    lost = frozenset(view.span_ids[span] for span in np.flatnonzero(closed).tolist())
    here = [lease for lease in leases if all(ends_of(network, route) for route in lease.routes)]
    touched = _touched(here, lost)
    survivors = [
        Survivor(lease.reference, route)
        for lease in touched
        if (route := next((route for route in lease.routes if lost.isdisjoint(route)), None))
    ]
    kept = {each.reference for each in survivors}
    failed = sorted((lease for lease in touched if lease.reference not in kept), key=KEYS[order])
    rerouted, stranded = _led_another_way(network, failed, tuple(cuts))
    ids = {lease.reference for lease in here}
    return Simulation(
        tuple(cuts),
        tuple(sorted(lost)),
        order,
        unaffected=len(here) - len(touched),
        survivors=tuple(sorted(survivors, key=lambda each: each.reference)),
        rerouted=tuple(rerouted),
        stranded=tuple(stranded),
        joined=tuple(_joined(network, failed, closed)),
        elsewhere=tuple(sorted(lease.reference for lease in leases if lease.reference not in ids)),
    )


KEYS: dict[Order, Callable[[LeasedRoutes], Any]] = {
    Order.START: lambda lease: (lease.starts_on or date.max, lease.reference),
    Order.PAIRS: lambda lease: (-lease.pairs, lease.reference),
    Order.REFERENCE: lambda lease: lease.reference,
}


def _touched(leases: Sequence[LeasedRoutes], lost: frozenset[str]) -> list[LeasedRoutes]:
    """Return the leases with a lost span, by way of which leases run over which span."""
    on_span: dict[str, list[int]] = {}
    for number, lease in enumerate(leases):
        for route in lease.routes:
            for span in route:
                on_span.setdefault(span, []).append(number)
    return [leases[number] for number in sorted({number for span in lost for number in on_span.get(span, ())})]


def _led_another_way(
    network: Network, failed: Sequence[LeasedRoutes], cuts: tuple[Element, ...]
) -> tuple[list[Rerouted], list[Stranded]]:
    """Lead one lease after another over what is left, each with what those before it have left free."""
    free = network.free_pairs.astype(np.int64)
    rerouted, stranded = [], []
    for lease in failed:
        ends = _ends(network, lease)
        down = [end for end in ends if Element(ElementKind.SITE, end) in cuts]
        if down:
            why = tuple(f"It ends at {network.site_name(end)}, which fails." for end in down)
            stranded.append(Stranded(lease.reference, why))
            continue
        own = _own_pairs(network, lease)
        found = find_answer(_with_free(network, free + own), Question(*ends, pairs=lease.pairs, without=cuts))
        if not found.routes:
            stranded.append(Stranded(lease.reference, tuple(dict.fromkeys(each.why for each in found.blocked_by))))
            continue
        rerouted.append(Rerouted(lease.reference, found.routes[0]))
        for span in (network.view.span_numbers[id] for id in found.routes[0].spans):
            if free[span] < UNLIMITED:
                free[span] -= max(0, lease.pairs - int(own[span]))
    return rerouted, stranded


def _ends(network: Network, lease: LeasedRoutes) -> tuple[str, str]:
    ends = ends_of(network, lease.routes[0])
    assert ends is not None, lease.reference  # those whose spans do not join up were set aside
    return ends


def _own_pairs(network: Network, lease: LeasedRoutes) -> Int64s:
    """Return the pairs that the lease itself holds on each span."""
    own = np.zeros(len(network.view.span_ids), np.int64)
    for route in lease.routes:
        for span in route:
            own[network.view.span_numbers[span]] += lease.pairs
    return own


def _with_free(network: Network, free: Int64s) -> Network:
    """Return the same plant with these free pairs by the numbers of its view; what was compiled is shared."""
    other = replace(network)
    other.__dict__.update(view=network.view, free_pairs=np.minimum(free, UNLIMITED).astype(np.int32))
    return other


def _joined(network: Network, failed: Sequence[LeasedRoutes], closed: Mask) -> Iterator[str]:
    """Yield the leases whose two ends some run of spans still joins."""
    component = label_plant(network.view.arrays, closed).component
    for lease in failed:
        a, z = (network.view.site_numbers[end] for end in _ends(network, lease))
        if component[a] == component[z]:
            yield lease.reference


def simulation_as_json(found: Simulation) -> dict[str, Any]:
    """Return what becomes of leases in the shape that `cni simulate --json` prints; lengths are metres."""
    failed = [each.reference for each in found.rerouted] + [each.reference for each in found.stranded]
    return {
        "cut": [{"kind": str(cut.kind), "id": cut.id} for cut in found.cuts],
        "spans_lost": list(found.lost),
        "order": str(found.order),
        "unaffected": found.unaffected,
        "failed": sorted(failed),
        "surviving": [{"lease": each.reference, "spans": list(each.route)} for each in found.survivors],
        "rerouted": [
            {"lease": each.reference, "spans": list(each.route.spans), "length_m": each.route.length_m}
            for each in found.rerouted
        ],
        "not_rerouted": [{"lease": each.reference, "why": list(each.why)} for each in found.stranded],
        "reroutable_without_regard_to_pairs": {"count": len(found.joined), "leases": sorted(found.joined)},
        "not_in_network": list(found.elsewhere),
    }


def explain_simulation(found: Simulation) -> tuple[str, ...]:
    """Return what becomes of leases in words, a sentence each."""
    failed = len(found.rerouted) + len(found.stranded)
    sentences = [
        f"{len(found.lost):,} spans fail; {failed:,} leases fail with them, {len(found.survivors):,} survive on"
        f" another route, {found.unaffected:,} are not touched.",
        f"Of those that fail, {len(found.rerouted):,} can be led another way with the pairs that are free,"
        f" {len(found.joined):,} if pairs were no matter.",
        *(f"{each.reference} survives on {' '.join(each.route)}." for each in found.survivors),
        *(
            f"{each.reference} can be led over {' '.join(each.route.spans)} ({each.route.length_m:,} m)."
            for each in found.rerouted
        ),
        *(f"{each.reference} cannot be led another way: {' '.join(each.why)}" for each in found.stranded),
    ]
    if found.elsewhere:
        sentences.append(f"Left aside, since their spans do not join up in this network: {', '.join(found.elsewhere)}.")
    return tuple(sentences)
