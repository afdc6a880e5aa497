"""What a lease relies on: the spans, sites and risk groups whose failure, each alone, takes down all of its routes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from cni.topology.network import Network
from cni.topology.questions import Diversity


@dataclass(frozen=True, slots=True)
class Reliance:
    """What is on every route, by id in the order of the first route; the two ends, which no second route spares."""

    ends: tuple[str, str]
    routes: int
    spans: tuple[str, ...]
    sites: tuple[str, ...]
    risks: tuple[str, ...]

    @property
    def diversity(self) -> Diversity | None:
        """How diverse two routes really are; None: there is one route only, or they share a span."""
        if self.routes < 2 or self.spans:
            return None
        if self.sites:
            return Diversity.SPAN
        return Diversity.SITE if self.risks else Diversity.RISK


def find_reliance(network: Network, a: str, routes: Sequence[Sequence[str]]) -> Reliance:
    """Return what these routes from site `a`, given by their spans in order, rely on together."""
    visited = [_sites_along(network, a, route) for route in routes]
    risks = [[risk for span in route for risk in network.spans[span].risks] for route in routes]
    return Reliance(
        ends=(a, visited[0][-1]),
        routes=len(routes),
        spans=_on_all(routes),
        sites=_on_all(sites[1:-1] for sites in visited),
        risks=_on_all(risks),
    )


def _sites_along(network: Network, a: str, route: Sequence[str]) -> list[str]:
    sites = [a]
    for span in (network.spans[code] for code in route):
        sites.append(span.z if span.a == sites[-1] else span.a)
    return sites


def _on_all(lists: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Return what is in every list, once, in the order of the first."""
    first, *others = lists
    common = reduce(lambda kept, other: kept & set(other), others, set(first))
    return tuple(dict.fromkeys(each for each in first if each in common))
