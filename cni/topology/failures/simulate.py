"""What happens to leases when spans, sites or risk groups are cut: who fails, who survives, who can be re-routed.

First, in a stated order, each lease with no route left is given one. Then, in the same order, each that had two routes
and has one is sought a second, which keeps as far from the first as the two did before. Service comes before
protection, so no lease's second route takes pairs that another's only one needs.

Where free pairs are respected, a lease takes its pairs of each span that a new route uses, and who comes later does
without them. Its own pairs on those spans of its failed routes that still stand remain its own: it may use them again,
nobody else may. Where they are not, each lease is led as if every span had pairs enough.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np

from cni.primitives.errors import Problem
from cni.topology.answers import Numbers, Route
from cni.topology.engine.view import Int32s
from cni.topology.network import UNLIMITED, Network
from cni.topology.questions import Diversity, Element, ElementKind, Question, refuse
from cni.topology.routes import find_answer
from cni.topology.routing.asked import spans_of


@dataclass(frozen=True, slots=True)
class LeasedRoutes:
    """A lease as far as cuts concern it: one route, or two, each by its spans in order, with `pairs` on every span.

    `diversity` is how diverse two routes are; None: there is one.
    """

    reference: str
    routes: tuple[tuple[str, ...], ...]
    pairs: int
    diversity: Diversity | None
    starts_on: date


ORDER = "earliest start first, then by reference"
"""Who is led another way before whom."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What came of seeking a new route: the route, or None and why there is none, a sentence each."""

    route: Route | None
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A lease that a cut touches.

    `surviving` are its routes that cross nothing cut. Where there are none, `replacement` is what came of seeking
    another. `second` is what came of seeking a second route to the one left or found; None: it never had two, or has
    none now.
    """

    lease: LeasedRoutes
    surviving: tuple[tuple[str, ...], ...]
    replacement: Sought | None = None
    second: Sought | None = None

    @property
    def becomes(self) -> Literal["survives", "rerouted", "lost"]:
        """What becomes of the lease."""
        if self.surviving:
            return "survives"
        return "rerouted" if self.replacement and self.replacement.route else "lost"

    @property
    def route(self) -> tuple[str, ...] | None:
        """The spans that it runs over after the cut: those of the route that survives, or else of the new one."""
        if self.surviving:
            return self.surviving[0]
        found = self.replacement and self.replacement.route
        return found.spans if found else None


@dataclass(frozen=True, slots=True)
class Simulation:
    """What cuts do, to each lease that they touch, in `ORDER`: with free pairs respected, and without."""

    cuts: tuple[Element, ...]
    hits: tuple[Hit, ...]
    regardless_of_pairs: tuple[Hit, ...]

    @property
    def failed(self) -> tuple[str, ...]:
        """The references of the leases that have no route left."""
        return tuple(hit.lease.reference for hit in self.hits if not hit.surviving)


def read_cuts(network: Network, words: Sequence[str]) -> tuple[Element, ...]:
    """Return what is cut, each once, from words such as `span:S12`, `site:PIC` and `risk:D7`.

    Raises:
        NotFound: something is not in the network, and nothing else is wrong.
        Invalid: a word names nothing that can be cut, or there is none; every problem.
    """
    problems, cuts = list[Problem](), list[Element]()
    if not words:
        problems.append(Problem("missing", "Nothing is cut.", "Name a span:ID, site:ID or risk:ID.", "cut"))
    for word in words:
        kind, _, id = word.strip().partition(":")
        if kind in set(ElementKind) and id:
            cuts.append(Element(ElementKind(kind), id))
        else:
            message = f"“{word[:40]}” does not say what is cut."
            problems.append(Problem("bad_cut", message, "Write span:ID, site:ID or risk:ID.", "cut"))
    refuse([*problems, *_unknown(network, cuts)])
    return tuple(dict.fromkeys(cuts))


def simulate(network: Network, leases: Sequence[LeasedRoutes], cuts: Sequence[Element]) -> Simulation:
    """Return what becomes of these leases when all of `cuts` fail together; the module says by which rules.

    The free pairs of the network are those that no lease holds, these leases included.

    Raises:
        NotFound: something cut is not in the network.
    """
    refuse(list(_unknown(network, cuts)))
    view = network.view
    failed = {view.span_ids[span] for cut in cuts for span in spans_of(view, cut).tolist()}
    by_span = leases_by_span(leases)
    touched = {lease for span in failed for lease in by_span.get(span, ())}
    in_order = sorted((leases[number] for number in touched), key=lambda lease: (lease.starts_on, lease.reference))
    hits = [_hit(lease, failed) for lease in in_order]
    return Simulation(
        tuple(cuts),
        tuple(_restore(_Restoring(network, cuts, failed), hits)),
        tuple(_restore(_Restoring(network, cuts, failed, respects_pairs=False), hits)),
    )


def leases_by_span(leases: Sequence[LeasedRoutes]) -> Mapping[str, Sequence[int]]:
    """Return for each span that is leased the places in `leases` of those that cross it."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, lease in enumerate(leases):
        for span in dict.fromkeys(span for route in lease.routes for span in route):
            places[span].append(place)
    return places


def simulation_as_json(simulation: Simulation) -> dict[str, object]:
    """Return the simulation in the shape that `cni simulate --json` prints; lengths are metres."""
    return {
        "cuts": [f"{cut.kind}:{cut.id}" for cut in simulation.cuts],
        "order": ORDER,
        "hit": [hit.lease.reference for hit in simulation.hits],
        "failed": list(simulation.failed),
        **_hits_as_json(simulation.hits),
        "regardless_of_pairs": _hits_as_json(simulation.regardless_of_pairs),
    }


def explain_simulation(simulation: Simulation) -> tuple[str, ...]:
    """Return the simulation in words, a sentence or two for each lease that is hit."""
    if not simulation.hits:
        return ("No lease is hit.",)
    counts = {word: sum(hit.becomes == word for hit in simulation.hits) for word in ("survives", "rerouted", "lost")}
    return (
        f"Leases hit: {len(simulation.hits):,}. Surviving on another route: {counts['survives']:,}."
        f" Failed: {len(simulation.failed):,}, of which {counts['rerouted']:,} can be re-routed one after another"
        f" ({ORDER}) and {counts['lost']:,} cannot.",
        *(f"{hit.lease.reference} {_said_of(hit)}" for hit in simulation.hits),
        *_said_regardless_of_pairs(simulation),
    )


class _Restoring:
    """The plant after a cut, and what is left of its pairs as one lease after another is given a route."""

    def __init__(
        self, network: Network, cuts: Sequence[Element], failed: Collection[str], *, respects_pairs: bool = True
    ) -> None:
        self.network, self.cuts, self.failed = network, tuple(cuts), frozenset(failed)
        self.free = network.free_pairs.copy() if respects_pairs else np.full_like(network.free_pairs, UNLIMITED)

    def seek(self, lease: LeasedRoutes, besides: Sequence[Element] = ()) -> Sought:
        """Seek a route for a lease without what is cut and what is `besides`, and take its pairs if there is one."""
        a, z = _ends_of(self.network, lease.routes[0])
        for end in (a, z):
            if Element(ElementKind.SITE, end) in self.cuts:
                return Sought(None, (f"It ends at site {end}, which is cut.",))
        own = {span for route in lease.routes if not self.failed.isdisjoint(route) for span in route}
        without = tuple(dict.fromkeys((*self.cuts, *besides)))
        answer = find_answer(self._open_to(lease, own), Question(a, z, pairs=lease.pairs, without=without))
        if not answer.routes:
            # What blocks a second route is that the first was left out, which would be misread as a cut.
            return Sought(None, () if besides else tuple(dict.fromkeys(blocker.why for blocker in answer.blocked_by)))
        taken = self._numbers(set(answer.routes[0].spans) - own)
        self.free[taken] -= np.where(self.free[taken] == UNLIMITED, 0, lease.pairs).astype(np.int32)
        return Sought(answer.routes[0])

    def _open_to(self, lease: LeasedRoutes, own: Collection[str]) -> Network:
        """Return the plant with what is free for a lease: what is left, and the pairs that are its own."""
        numbers = self._numbers(own)
        free = self.free.copy()
        free[numbers] = np.minimum(free[numbers].astype(np.int64) + lease.pairs, UNLIMITED)
        return _with_free(self.network, free)

    def _numbers(self, spans: Iterable[str]) -> Int32s:
        return np.array([self.network.view.span_numbers[span] for span in spans], np.int32)

    def apart_from(self, lease: LeasedRoutes, route: Sequence[str]) -> list[Element]:
        """Return what a second route has to do without so as to be as diverse from this one as the two were."""
        view = self.network.view
        a = view.site_numbers[_ends_of(self.network, route)[0]]
        on_it = Numbers.of(view, a, self._numbers(route))
        apart = [Element(ElementKind.SPAN, span) for span in route]
        if lease.diversity in (Diversity.SITE, Diversity.RISK):
            apart += [Element(ElementKind.SITE, view.site_ids[site]) for site in on_it.sites[1:-1].tolist()]
        if lease.diversity is Diversity.RISK:
            apart += [Element(ElementKind.RISK, view.risk_ids[risk]) for risk in on_it.risks.tolist()]
        return apart


def _with_free(network: Network, free: Int32s) -> Network:
    """Return the same plant with these free pairs by the numbers of its view; what was compiled is shared."""
    other = replace(network)
    other.__dict__.update(view=network.view, free_pairs=free)
    return other


def _hit(lease: LeasedRoutes, failed: Collection[str]) -> Hit:
    return Hit(lease, tuple(route for route in lease.routes if set(route).isdisjoint(failed)))


def _restore(restoring: _Restoring, hits: Sequence[Hit]) -> Iterator[Hit]:
    """Yield what becomes of each, once all have been sought a route, and only then second ones."""
    led = [
        hit if hit.surviving else Hit(hit.lease, hit.surviving, replacement=restoring.seek(hit.lease)) for hit in hits
    ]
    for hit in led:
        if hit.route is None or len(hit.lease.routes) < 2:
            yield hit
        else:
            second = restoring.seek(hit.lease, restoring.apart_from(hit.lease, hit.route))
            yield Hit(hit.lease, hit.surviving, hit.replacement, second)


def _ends_of(network: Network, route: Sequence[str]) -> tuple[str, str]:
    """Return the sites that a route joins; a single span goes from its site a to its site z."""
    spans = [network.spans[span] for span in route]
    at = start = spans[0].a
    if len(spans) > 1 and start in (spans[1].a, spans[1].z):
        at = start = spans[0].z
    for span in spans:
        at = span.z if span.a == at else span.a
    return start, at


def _unknown(network: Network, cuts: Sequence[Element]) -> Iterator[Problem]:
    view = network.view
    known: dict[str, Collection[str]] = {
        "span": view.span_numbers,
        "site": view.site_numbers,
        "risk": view.risk_numbers,
    }
    for cut in dict.fromkeys(cuts):
        if cut.id not in known[cut.kind]:
            word = "risk group" if cut.kind is ElementKind.RISK else cut.kind
            message = f"There is no {word} {cut.id} in the network."
            yield Problem("unknown", message, f"Check the id of the {word}.", "cut")


def _hits_as_json(hits: Sequence[Hit]) -> dict[str, list[dict[str, object]]]:
    by_fate: dict[str, list[dict[str, object]]] = {"survives": [], "rerouted": [], "lost": []}
    for hit in hits:
        row: dict[str, object] = {"reference": hit.lease.reference}
        if hit.surviving:
            row["spans"] = list(hit.surviving[0])
        elif hit.replacement:
            row |= _sought_as_json(hit.replacement)
        if hit.becomes != "lost":
            row["second"] = hit.second and _sought_as_json(hit.second)
        by_fate[hit.becomes].append(row)
    names = {"survives": "surviving", "rerouted": "reroutable", "lost": "not_reroutable"}
    return {names[fate]: rows for fate, rows in by_fate.items()}


def _sought_as_json(sought: Sought) -> dict[str, object]:
    if sought.route is None:
        return {"spans": None, "length_m": None, "why": list(sought.why)}
    return {"spans": list(sought.route.spans), "length_m": sought.route.length_m, "why": []}


def _said_of(hit: Hit) -> str:
    """Return what becomes of a lease, as a sentence goes on after its reference."""
    if hit.surviving:
        said = f"survives over {' '.join(hit.surviving[0])}."
    elif hit.replacement and hit.replacement.route:
        said = f"can be led over {_way(hit.replacement.route)}."
    else:
        return " ".join(["cannot be led another way.", *(hit.replacement.why if hit.replacement else ())])
    if hit.second is None:
        return said
    if hit.second.route:
        return f"{said} A second route, as diverse as before: {_way(hit.second.route)}."
    return " ".join([said, "It has no second route as diverse as before.", *hit.second.why])


def _said_regardless_of_pairs(simulation: Simulation) -> Iterator[str]:
    """Yield how the leases that cannot be led another way would fare if pairs were no limit."""
    for hit, unlimited in zip(simulation.hits, simulation.regardless_of_pairs, strict=True):
        if hit.becomes == "lost" and unlimited.becomes == "rerouted":
            yield f"If every span had pairs enough, {hit.lease.reference} {_said_of(unlimited)}"


def _way(route: Route) -> str:
    return f"{' '.join(route.spans)} ({route.length_m:,} m)"
