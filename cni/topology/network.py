"""Sites and spans, and the graph that they make.

The canonical graph is a `networkx.MultiGraph` whose edge key is the span id, so that parallel spans stay apart.
Searches run on `Network.view`, an immutable view of it that is made once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from cni.primitives.errors import Problem, refuse_if_any
from cni.topology.engine.view import MICROMETRES_PER_METRE, Int32s, View, compile_view

if TYPE_CHECKING:
    from cni.primitives.geo import Position  # its libraries are slow to import, and a search needs no places

UNLIMITED = np.iinfo(np.int32).max
"""Stands for the free pairs of a span without a limit."""
LONGEST_SPAN_M = 100_000_000
"""More than twice round the Earth: a longer span is a slip of the keyboard or of the unit."""


@dataclass(frozen=True, slots=True)
class Site:
    """A place where plant meets or ends; `lon` and `lat` are WGS84 degrees."""

    id: str
    name: str | None = None
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Fibre cable plant between the sites `a` and `z`, `length_m` metres long.

    `pairs` is the number of its free fibre pairs, None when there is no limit; `risks` are the ids of its risk groups
    (known elsewhere as shared-risk link groups, SRLG); `line` is where it runs, as (longitude, latitude) in WGS84.
    """

    id: str
    a: str
    z: str
    length_m: float
    pairs: int | None = None
    risks: tuple[str, ...] = ()
    name: str | None = None
    line: tuple[Position, ...] | None = None


@dataclass(frozen=True, eq=False)
class Network:
    """The graph of sites and spans, with the names of its risk groups by id.

    The graph is not to be changed once the network is made: build another one.
    """

    graph: nx.MultiGraph
    risk_names: Mapping[str, str] = field(default_factory=dict)
    pairs_now: Mapping[str, int] | None = None
    """The free pairs of each span on the days asked about, none where absent; None: those of the graph."""

    @cached_property
    def spans(self) -> Mapping[str, Span]:
        """Every span by its id, made as it is asked for."""
        return _SpansById(self)

    @cached_property
    def view(self) -> View:
        """The view that searches run on."""
        return compile_view(self.graph, self.risk_names)

    @cached_property
    def free_pairs(self) -> Int32s:
        """The free pairs of each span by its number in the view, `UNLIMITED` where there is no limit."""
        if self.pairs_now is not None:
            return np.array([self.pairs_now.get(id, 0) for id in self.view.span_ids], np.int32)
        given = {id: pairs for *_, id, pairs in self.graph.edges(keys=True, data="pairs")}
        pairs = (given[id] for id in self.view.span_ids)
        return np.array([UNLIMITED if each is None else min(each, UNLIMITED) for each in pairs], np.int32)

    @property
    def risk_ids(self) -> Mapping[str, int]:
        """The ids of all risk groups that are named or that a span is in, with their numbers in the view."""
        return self.view.risk_numbers

    def with_free_pairs(self, pairs: Mapping[str, int]) -> Network:
        """Return the same plant with these free pairs, none where absent; what was compiled is shared."""
        other = replace(self, pairs_now=pairs)
        other.__dict__["view"] = self.view
        return other

    def line(self, span_id: str) -> tuple[Position, ...] | None:
        """Return where a span runs: its line, or the straight one between its ends; None if an end has no place."""
        span = self.spans[span_id]
        if span.line is not None:
            return span.line
        ends = [self.graph.nodes[end] for end in (span.a, span.z)]
        return None if any("lon" not in end for end in ends) else tuple((end["lon"], end["lat"]) for end in ends)

    def site_name(self, site_id: str) -> str:
        """Return what people call a site: its name, or else its id."""
        return str(self.graph.nodes[site_id].get("name") or site_id)

    def span_name(self, span_id: str) -> str:
        """Return what people call a span: its name, or else the names of its two ends."""
        span = self.spans[span_id]
        return span.name or " – ".join(map(self.site_name, sorted((span.a, span.z))))

    def risk_name(self, risk_id: str) -> str:
        """Return what people call a risk group: its name, or else its id."""
        return self.risk_names.get(risk_id) or risk_id

    def name(self, kind: str, id: str) -> str:
        """Return what people call a span (also one that lacks pairs), a site or a risk group; other things by id."""
        names = {"span": self.span_name, "capacity": self.span_name, "site": self.site_name, "risk": self.risk_name}
        return names[kind](id) if kind in names else id

    def called(self, kind: str, id: str) -> str:
        """Return how a sentence calls something: "span S12 (River bridge)"."""
        name, word = self.name(kind, id), "risk group" if kind == "risk" else kind
        return f"{word} {id}" if name == id else f"{word} {id} ({name})"


def build_network(sites: Iterable[Site], spans: Iterable[Span], risk_names: Mapping[str, str] | None = None) -> Network:
    """Return the network of these sites and spans.

    Raises:
        Invalid: an id occurs twice, an end is missing, or a length or number of pairs cannot be; all of them at once.
    """
    sites, spans = list(sites), list(spans)
    refuse_if_any(network_problems(sites, spans))

    graph: nx.MultiGraph = nx.MultiGraph()
    for site in sites:
        graph.add_node(site.id, **_given(name=site.name, lon=site.lon, lat=site.lat))
    for span in spans:
        attributes = _given(
            length_m=span.length_m, pairs=span.pairs, risks=span.risks or None, name=span.name, line=span.line
        )
        graph.add_edge(span.a, span.z, key=span.id, **attributes)
    return Network(graph, dict(risk_names or {}))


class _SpansById(Mapping[str, Span]):
    """The spans of a network, made from its graph as they are asked for: most questions touch few of them."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __getitem__(self, id: str) -> Span:
        view = self._network.view
        number = view.span_numbers[id]
        a, z = (view.site_ids[ends[number]] for ends in (view.arrays.end_a, view.arrays.end_z))
        span = Span(id, a, z, **self._network.graph.edges[a, z, id])
        pairs_now = self._network.pairs_now
        return span if pairs_now is None else replace(span, pairs=pairs_now.get(id, 0))

    def __iter__(self) -> Iterator[str]:
        return iter(self._network.view.span_ids)

    def __len__(self) -> int:
        return len(self._network.view.span_ids)

    def __contains__(self, id: object) -> bool:
        return id in self._network.view.span_numbers


def _given(**attributes: object) -> dict[str, object]:
    return {name: value for name, value in attributes.items() if value is not None}


def network_problems(sites: Iterable[Site], spans: Iterable[Span]) -> Iterator[Problem]:
    """Yield everything that keeps these sites and spans from being a network."""
    spans, site_counts = list(spans), Counter(site.id for site in sites)
    span_counts = Counter(span.id for span in spans)
    for kind, counts in (("site", site_counts), ("span", span_counts)):
        for repeated in (id for id, count in counts.items() if count > 1):
            message = f"The {kind} id {repeated} is used {counts[repeated]} times."
            yield Problem("duplicate_id", message, f"Give each {kind} an id of its own.", repeated)
    for span in spans:
        yield from _span_problems(span, site_counts)


def _span_problems(span: Span, site_ids: Mapping[str, int]) -> Iterator[Problem]:
    for end in dict.fromkeys((span.a, span.z)):
        if end not in site_ids:
            message = f"Span {span.id} ends at {end}, which is not among the sites."
            yield Problem("unknown_site", message, f"Add the site {end} or correct the span's end.", span.id)
    if not 0 <= span.length_m <= LONGEST_SPAN_M:  # not-a-number fails this too
        message = f"Span {span.id} has the length {span.length_m} m."
        yield Problem("bad_length_m", message, "Give metres from 0 up to 100,000,000.", span.id)
    if span.pairs is not None and span.pairs < 0:
        message = f"Span {span.id} has {span.pairs} free pairs."
        yield Problem("bad_pairs", message, "Give the number of free pairs, 0 or more, or leave it out.", span.id)


def micrometres(length_m: float) -> int:
    """Return a length in metres as whole micrometres: sums of those are exact, whatever their order.

    >>> micrometres(0.1) + micrometres(0.2) == micrometres(0.3)
    True
    """
    return round(Decimal(str(length_m)) * MICROMETRES_PER_METRE)


def metres(length_um: int) -> int | float:
    """Return whole micrometres as metres, as an integer when they are whole."""
    whole, rest = divmod(length_um, MICROMETRES_PER_METRE)
    return length_um / MICROMETRES_PER_METRE if rest else whole
