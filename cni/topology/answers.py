"""What comes back for a question: routes, what they share, or what stands in the way; as a value, as JSON, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cni.topology.network import Network, metres


class Outcome(StrEnum):
    """How a question came out."""

    FOUND = "found"
    NONE = "none"


class BlockerKind(StrEnum):
    """What kind of thing blocks: `CAPACITY` is a span with too few free pairs."""

    SPAN = "span"
    SITE = "site"
    RISK = "risk"
    CAPACITY = "capacity"


@dataclass(frozen=True, slots=True)
class Route:
    """An ordered run of spans; `sites` are all that it visits, both ends included."""

    spans: tuple[str, ...]
    sites: tuple[str, ...]
    length_um: int

    @property
    def length_m(self) -> int | float:
        """The length in metres."""
        return metres(self.length_um)


@dataclass(frozen=True, slots=True)
class Shared:
    """Ids of what two or more routes have in common, in order of id; the routes' ends are not counted."""

    spans: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing that stands in the way, and why, in a sentence."""

    kind: BlockerKind
    id: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question, the shortest route first.

    `total_length_m` and `lower_bound_m` are metres, None when there is no answer; `proven_optimal` says that no shorter
    total (or, for none, no answer at all) is possible. `separation_m` is None: the distance between routes is not
    measured yet.
    """

    outcome: Outcome
    routes: tuple[Route, ...] = ()
    shared: Shared = Shared()
    blocked_by: tuple[Blocker, ...] = ()
    proven_optimal: bool = True
    separation_m: float | None = None

    @property
    def total_length_m(self) -> int | float | None:
        """The lengths of all routes together, in metres."""
        return metres(sum(route.length_um for route in self.routes)) if self.routes else None

    @property
    def lower_bound_m(self) -> int | float | None:
        """What no answer can be shorter than, in metres: the total itself, since it is proven least."""
        return self.total_length_m


def route_along(network: Network, a: str, span_ids: Sequence[str]) -> Route:
    """Return the route that starts at site `a` and follows these spans, which must join up."""
    sites, length_um = [a], 0
    graph = network.search_graph
    for span_id in span_ids:
        span = network.spans[span_id]
        sites.append(span.z if sites[-1] == span.a else span.a)
        length_um += graph.lengths_um[graph.span_numbers[span_id]]
    return Route(tuple(span_ids), tuple(sites), length_um)


def shared_by(network: Network, routes: Iterable[Route]) -> Shared:
    """Return everything that two or more of the routes really share, asked for or not."""
    routes = list(routes)
    risks = [{risk for span in route.spans for risk in network.spans[span].risks} for route in routes]
    return Shared(
        spans=_in_two_or_more(route.spans for route in routes),
        sites=_in_two_or_more(route.sites[1:-1] for route in routes),
        risks=_in_two_or_more(risks),
    )


def _in_two_or_more(collections: Iterable[Iterable[str]]) -> tuple[str, ...]:
    counts = Counter(id for ids in collections for id in ids)
    return tuple(sorted(id for id, count in counts.items() if count > 1))


def answer_as_json(answer: Answer) -> dict[str, object]:
    """Return the answer in the shape that `cni routes --json` prints; lengths are metres."""
    return {
        "outcome": str(answer.outcome),
        "routes": [
            {"spans": list(route.spans), "sites": list(route.sites), "length_m": route.length_m}
            for route in answer.routes
        ],
        "total_length_m": answer.total_length_m,
        "lower_bound_m": answer.lower_bound_m,
        "proven_optimal": answer.proven_optimal,
        "shared": {
            "spans": list(answer.shared.spans),
            "sites": list(answer.shared.sites),
            "risks": list(answer.shared.risks),
        },
        "separation_m": answer.separation_m,
        "blocked_by": [
            {"kind": str(blocker.kind), "id": blocker.id, "name": blocker.name, "why": blocker.why}
            for blocker in answer.blocked_by
        ],
    }


def explain(network: Network, answer: Answer) -> tuple[str, ...]:
    """Return the answer in words, a sentence each."""
    if answer.outcome is Outcome.NONE:
        return tuple(dict.fromkeys(blocker.why for blocker in answer.blocked_by))
    sentences = [
        f"{'The route' if len(answer.routes) == 1 else f'Route {number}'} is {route.length_m:,} m long"
        f" and crosses {len(route.spans)} {'span' if len(route.spans) == 1 else 'spans'}."
        for number, route in enumerate(answer.routes, 1)
    ]
    who = "Both" if len(answer.routes) == 2 else "More than one of them"
    sentences += [f"{who} pass the site {network.site_name(site)}." for site in answer.shared.sites]
    sentences += [f"{who} use the risk group {network.risk_name(risk)}." for risk in answer.shared.risks]
    return tuple(sentences)
