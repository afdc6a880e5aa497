"""Sites and spans, and what is made of them: the view that searches run on, and a graph that everybody understands.

That graph is a `networkx.MultiGraph` whose edge key is the span id, so that parallel spans stay apart. Searches run on
an immutable view. Both are made once for a plant, when they are first asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cni.primitives.errors import Problem, refuse_if_any
from cni.topology.engine.view import MICROMETRES_PER_METRE, Int32s, View, compile_view

if TYPE_CHECKING:
    import networkx as nx

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

    @property
    def position(self) -> Position | None:
        """Longitude and latitude, None without a place."""
        return None if self.lon is None or self.lat is None else (self.lon, self.lat)


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
class Plant:
    """All sites and spans by id, and the names of risk groups by id. Not to be changed: build another one."""

    sites: Mapping[str, Site]
    spans: Mapping[str, Span]
    risk_names: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def view(self) -> View:
        """The view that searches run on."""
        return compile_view(list(self.sites.values()), list(self.spans.values()), self.risk_names)

    @cached_property
    def graph(self) -> nx.MultiGraph:
        """The graph, with what is known of each site and span as its attributes."""
        import networkx as nx  # late: it takes half a second, and a search does without

        graph: nx.MultiGraph = nx.MultiGraph()
        for site in self.sites.values():
            graph.add_node(site.id, **_given(name=site.name, lon=site.lon, lat=site.lat))
        for span in self.spans.values():
            attributes = _given(
                length_m=span.length_m, pairs=span.pairs, risks=span.risks or None, name=span.name, line=span.line
            )
            graph.add_edge(span.a, span.z, key=span.id, **attributes)
        return graph


@dataclass(frozen=True, eq=False)
class Network:
    """A plant, with the pairs that are free in it."""

    plant: Plant
    pairs_now: Mapping[str, int] | None = None
    """The free pairs of each span on the days asked about, none where absent; None: those of the plant."""

    @property
    def sites(self) -> Mapping[str, Site]:
        """Every site by its id."""
        return self.plant.sites

    @cached_property
    def spans(self) -> Mapping[str, Span]:
        """Every span by its id, with the pairs that are free now."""
        return _SpansById(self)

    @property
    def view(self) -> View:
        """The view that searches run on."""
        return self.plant.view

    @property
    def graph(self) -> nx.MultiGraph:
        """The graph of the plant; not to be changed."""
        return self.plant.graph

    @property
    def risk_names(self) -> Mapping[str, str]:
        """What people call the risk groups, by id; some have no name."""
        return self.plant.risk_names

    @cached_property
    def free_pairs(self) -> Int32s:
        """The free pairs of each span by its number in the view, `UNLIMITED` where there is no limit."""
        if self.pairs_now is not None:
            return np.array([self.pairs_now.get(id, 0) for id in self.view.span_ids], np.int32)
        pairs = (self.plant.spans[id].pairs for id in self.view.span_ids)
        return np.array([UNLIMITED if each is None else min(each, UNLIMITED) for each in pairs], np.int32)

    @property
    def risk_ids(self) -> Mapping[str, int]:
        """The ids of all risk groups that are named or that a span is in, with their numbers in the view."""
        return self.view.risk_numbers

    def with_free_pairs(self, pairs: Mapping[str, int]) -> Network:
        """Return the same plant with these free pairs, none where absent; what was compiled is shared."""
        return replace(self, pairs_now=pairs)

    def line(self, span_id: str) -> tuple[Position, ...] | None:
        """Return where a span runs: its line, or the straight one between its ends; None if an end has no place."""
        span = self.spans[span_id]
        if span.line is not None:
            return span.line
        a, z = self.sites[span.a].position, self.sites[span.z].position
        return None if a is None or z is None else (a, z)

    def site_name(self, site_id: str) -> str:
        """Return what people call a site: its name, or else its id."""
        return self.sites[site_id].name or site_id

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

    plant = Plant({site.id: site for site in sites}, {span.id: span for span in spans}, dict(risk_names or {}))
    return Network(plant)


class _SpansById(Mapping[str, Span]):
    """The spans of a network, as they are asked for: in the order of the view and from its lower end to the other.

    So neither their order in the plant nor the way round in which they were given changes anything.
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    def __getitem__(self, id: str) -> Span:
        span, numbers = self._network.plant.spans[id], self._network.view.site_numbers
        if numbers[span.a] > numbers[span.z]:
            span = replace(span, a=span.z, z=span.a)
        pairs_now = self._network.pairs_now
        return span if pairs_now is None else replace(span, pairs=pairs_now.get(id, 0))

    def __iter__(self) -> Iterator[str]:
        return iter(self._network.view.span_ids)

    def __len__(self) -> int:
        return len(self._network.plant.spans)

    def __contains__(self, id: object) -> bool:
        return id in self._network.plant.spans


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
