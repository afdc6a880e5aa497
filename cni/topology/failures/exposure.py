"""What one failure would do to a site: which spans, sites and risk groups stand alone between it and the core.

The *core* is the largest part of the plant that no single site or span divides. A thing *cuts a site off* when, without
it, the site is left with no more than half of the core's sites; of the core, only a risk group can cut anything off.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from cni.topology.engine.labels import label_plant
from cni.topology.engine.view import View
from cni.topology.network import Network


class Standing(StrEnum):
    """How well a site is joined to the core, weakest first: by what kind of single failure it is cut off."""

    UNJOINED = "unjoined"
    SPAN = "span"
    SITE = "site"
    RISK = "risk"
    SOUND = "sound"


@dataclass(frozen=True, slots=True)
class Exposure:
    """What cuts a site off from the core, each alone: ids, in order from the site; the core's sites, by id."""

    site: str
    core: frozenset[str]
    is_joined: bool
    spans: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()

    @property
    def standing(self) -> Standing:
        """How well the site is joined to the core."""
        if not self.is_joined:
            return Standing.UNJOINED
        kinds = ((self.spans, Standing.SPAN), (self.sites, Standing.SITE), (self.risks, Standing.RISK))
        return next((standing for found, standing in kinds if found), Standing.SOUND)


@dataclass(frozen=True, slots=True)
class _Way:
    """A way from a site to the core: the spans, and the site that each leads to."""

    spans: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()


def core_of(network: Network) -> frozenset[str]:
    """Return the sites of the core, of equally large parts the first by its ids; none: there is no such."""
    view = network.view
    if not view.span_ids:
        return frozenset()
    arrays, labels = view.arrays, view.labels
    sound = (labels.is_bridge == 0) & (arrays.end_a != arrays.end_z)
    ends = np.concatenate([arrays.end_a[sound], arrays.end_z[sound]])
    block, site = np.unique(np.stack([np.tile(labels.block[sound], 2), ends]), axis=1)
    if not len(block):
        return frozenset()
    counts = np.bincount(block)
    largest = np.flatnonzero(counts == counts.max())
    cores = [frozenset(view.site_ids[number] for number in site[block == each].tolist()) for each in largest]
    return min(cores, key=sorted)


def find_exposure(network: Network, site: str, severing: Collection[str]) -> Exposure:
    """Return what cuts a site off from the core; `severing` are the risk groups that alone divide the plant.

    Raises:
        KeyError: the network has no such site.
    """
    core = core_of(network)
    way = _way_to(network, site, core)
    if way is None:
        return Exposure(site, core, is_joined=False)
    numbers, labels = network.view.span_numbers, network.view.labels
    blocks = [int(labels.block[numbers[span]]) for span in way.spans] + [-1]
    risks = _risks_to_try(network, way, core, severing)
    return Exposure(
        site,
        core,
        is_joined=True,
        spans=tuple(span for span in way.spans if labels.is_bridge[numbers[span]]),
        # Between two blocks stands one site alone; the last one is the gate of the core.
        sites=tuple(passed for index, passed in enumerate(way.sites) if blocks[index] != blocks[index + 1]),
        risks=tuple(risk for risk in risks if site in cut_off_sites(network, core, spans_in_risk(network, risk), ())),
    )


def cut_off_sites(network: Network, core: frozenset[str], spans: Iterable[str], sites: Collection[str]) -> list[str]:
    """Return the sites that are left with no more than half of the core once these spans and sites fail, by id.

    Sites that fail are not among them, nor are those that were not joined to the core before.
    """
    view = network.view
    if not core:
        return []
    closed = np.zeros(len(view.span_ids), np.uint8)
    closed[[view.span_numbers[span] for span in spans]] = 1
    for site in (view.site_numbers[site] for site in sites):
        arcs = view.arrays.first_arc[site : site + 2]
        closed[view.arrays.arc_span[arcs[0] : arcs[1]]] = 1
    in_core = np.zeros(len(view.site_ids), np.int64)
    in_core[[view.site_numbers[site] for site in core]] = 1
    joined = _core_within_reach(view, in_core, view.labels.component) > 0
    left = _core_within_reach(view, in_core, label_plant(view.arrays, closed).component)
    lost = np.flatnonzero(joined & (2 * left <= len(core))).tolist()
    return sorted({view.site_ids[number] for number in lost} - set(sites))


def spans_in_risk(network: Network, risk: str) -> frozenset[str]:
    """Return the spans of a risk group."""
    view = network.view
    numbers = view.spans_of_risks.members(view.risk_numbers[risk])
    return frozenset(view.span_ids[number] for number in numbers.tolist())


def _core_within_reach(view: View, in_core: NDArray[np.int64], component: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return for each site how many sites of the core are joined to it."""
    counts = np.zeros(int(component.max(initial=0)) + 1, np.int64)
    np.add.at(counts, component, in_core)
    return counts[component]


def _risks_to_try(network: Network, way: _Way, core: frozenset[str], severing: Collection[str]) -> list[str]:
    """Return the risk groups that may cut the site off: those on the way, and those with two spans in the core."""
    on_way = dict.fromkeys(risk for span in way.spans for risk in network.spans[span].risks)
    ends = ((risk, network.spans[span]) for risk in severing for span in spans_in_risk(network, risk))
    inside = [risk for risk, span in ends if span.a in core and span.z in core]
    return [*on_way, *sorted({risk for risk in inside if inside.count(risk) > 1} - on_way.keys())]


def _way_to(network: Network, start: str, goals: Collection[str]) -> _Way | None:
    """Return a way of the fewest spans from a site to any of the goals, None where there is none."""
    came: dict[str, tuple[str, str] | None] = {start: None}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        if here in goals:
            return _back(came, here)
        for span, there in _spans_from(network, here):
            if there not in came:
                came[there] = (here, span)
                waiting.append(there)
    return None


def _back(came: dict[str, tuple[str, str] | None], goal: str) -> _Way:
    spans, sites = [], []
    here = goal
    while (step := came[here]) is not None:
        sites.append(here)
        here, span = step
        spans.append(span)
    return _Way(tuple(reversed(spans)), tuple(reversed(sites)))


def _spans_from(network: Network, site: str) -> Iterator[tuple[str, str]]:
    """Yield the spans at a site with the sites that they lead to, by id: every process goes the same way."""
    return iter(sorted((span, there) for there, spans in network.graph.adj[site].items() for span in spans))


def explain_exposure(network: Network, exposure: Exposure) -> tuple[str, ...]:
    """Return what one failure would do to the site in words, a sentence each."""
    name, core = network.site_name(exposure.site), len(exposure.core)
    if not core:
        return ("The network has no core: every span that fails divides it.",)
    if not exposure.is_joined:
        return (f"No route leads from {name} to the core, {core:,} sites that no single span or site divides.",)
    every = f"Every route from {name} to {'most of ' if exposure.site in exposure.core else ''}the core"
    said = [
        f"{every} {verb} {listed(things)}."
        for verb, things in (
            ("crosses " + _noun("span", exposure.spans), [f"{s} ({network.span_name(s)})" for s in exposure.spans]),
            ("passes", [network.site_name(passed) for passed in exposure.sites]),
            ("uses " + _noun("risk group", exposure.risks), [network.risk_name(risk) for risk in exposure.risks]),
        )
        if things
    ]
    return tuple(said) or (
        f"No single span, site or risk group that fails cuts {name} off from the core,"
        f" {core:,} sites that no single span or site divides.",
    )


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence.

    >>> listed(["A", "B", "C"])
    'A, B and C'
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _noun(word: str, things: Sequence[str]) -> str:
    return f"the {word}" if len(things) == 1 else f"the {word}s"
