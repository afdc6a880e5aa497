"""What comes back for a question: routes, what they share, or what stands in the way; as a value, as JSON, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from cni.topology.engine.search import sites_along
from cni.topology.engine.view import Int32s, View
from cni.topology.network import Network, metres
from cni.topology.questions import Element, Owned, Question


class Outcome(StrEnum):
    """How a question came out.

    `PARTLY_DIVERSE`: there are no two routes as asked for, but two that share as little as can be: the fewest risk
    groups, exempt ones aside, then the fewest sites, then the fewest spans, then the least total length.
    """

    FOUND = "found"
    PARTLY_DIVERSE = "partly_diverse"
    NONE = "none"


class BlockerKind(StrEnum):
    """What kind of thing blocks: `CAPACITY` is a span with too few free pairs, `OWNER` the spans of one."""

    SPAN = "span"
    SITE = "site"
    RISK = "risk"
    CAPACITY = "capacity"
    OWNER = "owner"


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

    `total_length_m` and `lower_bound_m` are metres, None when there is no answer. `proven_optimal` says that no answer
    is better (or, for none, that none is possible); where it is false, the search was ended and no answer as diverse as
    this is shorter than `lower_bound_m`. `separation_m` is the least distance between the two routes of a pair, metres,
    at more than `separation_radius_m` from their ends and from the sites that both pass; None where it is not measured.
    """

    outcome: Outcome
    routes: tuple[Route, ...] = ()
    shared: Shared = Shared()
    blocked_by: tuple[Blocker, ...] = ()
    proven_optimal: bool = True
    bound_um: int | None = None
    """Micrometres; None: the total itself."""
    separation_m: float | None = None
    separation_radius_m: float | None = None
    question: Question | None = None

    @property
    def total_length_m(self) -> int | float | None:
        """The lengths of all routes together, in metres."""
        return metres(sum(route.length_um for route in self.routes)) if self.routes else None

    @property
    def lower_bound_m(self) -> int | float | None:
        """What no answer can be shorter than, in metres."""
        return self.total_length_m if self.bound_um is None or not self.routes else metres(self.bound_um)


class Numbers(NamedTuple):
    """What a route goes over, by number in the view: spans and sites in order, and its risk groups, each once."""

    spans: Int32s
    sites: Int32s
    risks: Int32s

    @classmethod
    def of(cls, view: View, a: int, spans: Int32s) -> Numbers:
        """Return those of the route that starts at a site and follows these spans, which must join up."""
        return cls(spans, sites_along(view, a, spans), np.unique(view.risks_of_spans.all_members(spans)[0]))

    def as_route(self, view: View) -> Route:
        """Return the route by its ids."""
        return Route(
            spans=tuple([view.span_ids[span] for span in self.spans.tolist()]),
            sites=tuple([view.site_ids[site] for site in self.sites.tolist()]),
            length_um=int(view.length_um[self.spans].sum()),
        )


def shared_by(view: View, routes: Sequence[Numbers]) -> Shared:
    """Return everything that two or more of the routes really share, asked for or not."""
    return Shared(
        spans=_in_two_or_more(view.span_ids, [route.spans for route in routes]),
        sites=_in_two_or_more(view.site_ids, [route.sites[1:-1] for route in routes]),
        risks=_in_two_or_more(view.risk_ids, [route.risks for route in routes]),
    )


def _in_two_or_more(ids: Sequence[str], collections: Sequence[Int32s]) -> tuple[str, ...]:
    numbers = np.sort(np.concatenate(collections))
    return tuple(sorted({ids[number] for number in numbers[1:][numbers[1:] == numbers[:-1]].tolist()}))


def answer_as_json(answer: Answer) -> dict[str, object]:
    """Return the answer in the shape that `cni routes --json` prints; lengths are metres."""
    return {
        "question": answer.question and _question_as_json(answer.question),
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
        "separation_radius_m": answer.separation_radius_m,
        "blocked_by": [
            {"kind": str(blocker.kind), "id": blocker.id, "name": blocker.name, "why": blocker.why}
            for blocker in answer.blocked_by
        ],
    }


def _question_as_json(question: Question) -> dict[str, object]:
    return {
        "from": question.a,
        "to": question.z,
        "diverse": str(question.diversity),
        "routes": question.routes,
        "pairs": question.pairs,
        "exempt": list(question.exempt),
        "without": _as_words(question.without),
        "must_use": _as_words(question.must_use),
        "separation_m": question.separation_m,
    }


def _as_words(elements: Iterable[Element | Owned]) -> list[str]:
    return [f"{element.kind}:{element.id}" for element in elements]


def explain(network: Network, answer: Answer) -> tuple[str, ...]:
    """Return the answer in words, a sentence each."""
    reasons = tuple(dict.fromkeys(blocker.why for blocker in answer.blocked_by))
    if answer.outcome is Outcome.NONE:
        return reasons
    return (*reasons, *_said_of_routes(answer), *_said_of_shared(network, answer))


def _said_of_routes(answer: Answer) -> Iterator[str]:
    if answer.outcome is Outcome.PARTLY_DIVERSE:
        yield (
            "These two routes share as little as can be."
            if answer.proven_optimal
            else ("These two routes are the best found; it is not proven that none share less or are shorter.")
        )
    elif not answer.proven_optimal:
        yield f"It is not proven that these are the shortest: none have less than {answer.lower_bound_m:,} m in total."
    for number, route in enumerate(answer.routes, 1):
        called = "The route" if len(answer.routes) == 1 else f"Route {number}"
        spans = "span" if len(route.spans) == 1 else "spans"
        yield f"{called} is {route.length_m:,} m long and crosses {len(route.spans)} {spans}."
    if answer.separation_m is not None:
        yield (
            f"They keep {answer.separation_m:,.0f} m apart at least, measured further than"
            f" {answer.separation_radius_m:,.0f} m from their ends and from sites that both pass."
        )


def _said_of_shared(network: Network, answer: Answer) -> Iterator[str]:
    who = "Both" if len(answer.routes) == 2 else "More than one of them"
    yield from (f"{who} cross the span {span} ({network.span_name(span)})." for span in answer.shared.spans)
    yield from (f"{who} pass the site {network.site_name(site)}." for site in answer.shared.sites)
    yield from (f"{who} use the risk group {network.risk_name(risk)}." for risk in answer.shared.risks)
