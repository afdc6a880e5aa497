"""The plant as a checker reads it: span by span from the graph, and what a question may use of it, from its words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from cni.topology.checking.documents import Asked, Element, micrometres
from cni.topology.checking.flows import Leftover

if TYPE_CHECKING:
    from cni.topology.network import Network

Place = tuple[float, float]
"""(longitude, latitude) in WGS84 degrees."""


@dataclass(frozen=True, slots=True)
class PlantSpan:
    """A span between its ends. No `pairs`: without a limit; no `line`: nobody drew one."""

    a: str
    z: str
    length_um: int
    pairs: int | None
    risks: frozenset[str]
    line: tuple[Place, ...] | None


@dataclass(frozen=True, eq=False)
class Plant:
    """Every site with its place, None without one, every span, and every risk group."""

    sites: Mapping[str, Place | None]
    spans: Mapping[str, PlantSpan]
    risks: frozenset[str]

    def has(self, element: Element) -> bool:
        """Tell whether there is such a site, span or risk group."""
        kind, id = element
        return id in {"site": self.sites, "span": self.spans, "risk": self.risks}[kind]

    def line(self, span_id: str) -> tuple[Place, ...] | None:
        """Return where a span runs: its line, or straight from end to end; None if an end has no place."""
        span = self.spans[span_id]
        a, z = self.sites[span.a], self.sites[span.z]
        return span.line or (None if a is None or z is None else (a, z))


_plants: WeakKeyDictionary[Network, Plant] = WeakKeyDictionary()


def plant_of(network: Network) -> Plant:
    """Return what a network's graph says, read once."""
    if network not in _plants:
        _plants[network] = _read_plant(network)
    return _plants[network]


def _read_plant(network: Network) -> Plant:
    sites = {id: _place(given) for id, given in network.graph.nodes(data=True)}
    now = network.pairs_now
    spans = {
        id: _read_span(a, z, given if now is None else {**given, "pairs": now.get(id, 0)})
        for a, z, id, given in network.graph.edges(keys=True, data=True)
    }
    return Plant(sites, spans, frozenset(network.risk_names).union(*(span.risks for span in spans.values())))


def _place(given: Mapping[str, Any]) -> Place | None:
    return (given["lon"], given["lat"]) if "lon" in given and "lat" in given else None


def _read_span(a: str, z: str, given: Mapping[str, Any]) -> PlantSpan:
    risks = frozenset(given.get("risks") or ())
    return PlantSpan(a, z, micrometres(given["length_m"]), given.get("pairs"), risks, given.get("line"))


def is_closed(plant: Plant, span_id: str, closed: Collection[Element]) -> bool:
    """Tell whether a span is among these spans, ends at one of these sites or is in one of these risk groups."""
    span = plant.spans[span_id]
    return (
        ("span", span_id) in closed
        or ("site", span.a) in closed
        or ("site", span.z) in closed
        or any(("risk", risk) in closed for risk in span.risks)
    )


def leftover(plant: Plant, question: Asked, *, apart: bool) -> Leftover:
    """Return the plant that the question may use, with no route taken yet.

    Not `apart`: routes may share everything, on spans with free pairs for both.
    """
    left = Leftover((question.a, question.z), apart_at_sites=apart and question.diversity == "site")
    for site in plant.sites:
        left.add_site(site)
    most = 1 if apart else question.routes or 1
    for id, span in plant.spans.items():
        room = most if span.pairs is None else min(most, span.pairs // question.pairs)
        if room and not is_closed(plant, id, question.without):
            left.add_span(id, (span.a, span.z), room, span.length_um)
    return left


def joins(plant: Plant, question: Asked, closed: Collection[Element], pairs: int) -> bool:
    """Tell whether any run of spans with so many free pairs leads from end to end without these things."""
    neighbours: dict[str, list[str]] = {}
    for id, span in plant.spans.items():
        if (span.pairs is None or span.pairs >= pairs) and not is_closed(plant, id, closed):
            neighbours.setdefault(span.a, []).append(span.z)
            neighbours.setdefault(span.z, []).append(span.a)
    reached, waiting = {question.a}, [question.a]
    while waiting:
        new = [there for there in neighbours.get(waiting.pop(), ()) if there not in reached]
        reached.update(new)
        waiting += new
    return question.z in reached
