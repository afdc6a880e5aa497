"""What one failure would do to a site: which spans, sites and risk groups stand alone between it and the core.

The *core* is the largest set of sites that stay joined when any one span fails. A thing *cuts a site off* when, without
it, no route leads from the site to any other site of the core that is left. Such a thing lies on every route there, so
one route names all candidates, and each is tried by itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np

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
    """What cuts a site off from the core, each alone: ids, in order from the site."""

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
class _Route:
    """A way from a site to the core: the sites after the first, and the span to each."""

    sites: tuple[str, ...]
    spans: tuple[str, ...]


def core_of(network: Network) -> frozenset[str]:
    """Return the sites of the core, of equally large ones that of the first site by id; none: no two sites are safe."""
    view = network.view
    if not view.site_ids:
        return frozenset()
    labels = view.labels.two_edge
    counts = np.bincount(labels)
    largest = [view.site_ids[number] for number in np.flatnonzero(counts[labels] == counts.max()).tolist()]
    label = labels[view.site_numbers[min(largest)]]
    core = frozenset(view.site_ids[number] for number in np.flatnonzero(labels == label).tolist())
    return core if len(core) > 1 else frozenset()


def find_exposure(network: Network, site: str, core: frozenset[str] | None = None) -> Exposure:
    """Return what cuts a site off from the core; `core` is passed in where many sites are asked about.

    Raises:
        KeyError: the network has no such site.
    """
    core = core_of(network) if core is None else core
    network.graph.adj[site]  # a KeyError here says more than one inside the search
    route = _way_to(network, site, core - {site})
    if route is None:
        return Exposure(site, core, is_joined=False)
    cuts_off = partial(_cuts_off, network, site, core)
    risks = dict.fromkeys(risk for span in route.spans for risk in network.spans[span].risks)
    return Exposure(
        site,
        core,
        is_joined=True,
        spans=tuple(span for span in route.spans if cuts_off({span}, None)),
        sites=tuple(passed for passed in route.sites if cuts_off(frozenset(), passed)),
        risks=tuple(risk for risk in risks if cuts_off(spans_in_risk(network, risk), None)),
    )


def cut_off_sites(network: Network, core: frozenset[str], spans: Collection[str], sites: Collection[str]) -> list[str]:
    """Return the sites that reach none of the core any more once these spans and sites fail, by id.

    Sites that fail are not among them, nor are those that did not reach the core before.
    """
    before = _reached_from(network, core, frozenset(), frozenset())
    after = _reached_from(network, core - set(sites), spans, sites)
    return sorted(before - after - set(sites))


def spans_in_risk(network: Network, risk: str) -> frozenset[str]:
    """Return the spans of a risk group."""
    view = network.view
    numbers = view.spans_of_risks.members(view.risk_numbers[risk])
    return frozenset(view.span_ids[number] for number in numbers.tolist())


def _cuts_off(network: Network, site: str, core: frozenset[str], spans: Collection[str], passed: str | None) -> bool:
    """Tell whether the site reaches nothing of the core without these; where no core is left, nothing is cut."""
    goals = core - {site, passed}
    return bool(goals) and _way_to(network, site, goals, spans, passed) is None


def _way_to(
    network: Network, start: str, goals: Collection[str], closed: Collection[str] = (), passed: str | None = None
) -> _Route | None:
    """Return a way of the fewest spans from a site to any of the goals, None where there is none."""
    came: dict[str, tuple[str, str] | None] = {start: None}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        for span, there in _spans_from(network, here):
            if span in closed or there == passed or there in came:
                continue
            came[there] = (here, span)
            if there in goals:
                return _back(came, there)
            waiting.append(there)
    return None


def _back(came: dict[str, tuple[str, str] | None], goal: str) -> _Route:
    sites, spans = [], []
    here = goal
    while (step := came[here]) is not None:
        sites.append(here)
        here, span = step
        spans.append(span)
    return _Route(tuple(reversed(sites)), tuple(reversed(spans)))


def _reached_from(
    network: Network, starts: Collection[str], closed: Collection[str], gone: Collection[str]
) -> set[str]:
    reached, waiting = set(starts), list(starts)
    while waiting:
        for span, there in _spans_from(network, waiting.pop()):
            if span not in closed and there not in gone and there not in reached:
                reached.add(there)
                waiting.append(there)
    return reached


def _spans_from(network: Network, site: str) -> Iterator[tuple[str, str]]:
    """Yield the spans at a site with the sites that they lead to, by id: every process goes the same way."""
    return iter(sorted((span, there) for there, spans in network.graph.adj[site].items() for span in spans))


def explain_exposure(network: Network, exposure: Exposure) -> tuple[str, ...]:
    """Return what one failure would do to the site in words, a sentence each."""
    name, core = network.site_name(exposure.site), len(exposure.core)
    if not core:
        return ("The network has no core: no two of its sites stay joined whichever span fails.",)
    others = "another of " if exposure.site in exposure.core else ""
    if not exposure.is_joined:
        return (f"No route leads from {name} to the core, {core:,} sites that stay joined whichever span fails.",)
    every = f"Every route from {name} to {others}the core"
    said = [f"{every} crosses span {span} ({network.span_name(span)})." for span in exposure.spans]
    said += [f"{every} passes {network.site_name(site)}." for site in exposure.sites]
    said += [f"{every} uses the risk group {network.risk_name(risk)}." for risk in exposure.risks]
    return tuple(said) or (
        f"No single span, site or risk group that fails cuts {name} off from the core,"
        f" {core:,} sites that stay joined whichever span fails.",
    )
