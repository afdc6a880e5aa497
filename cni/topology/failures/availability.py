"""How much of a year routes work: a closed form from how often spans and risk groups fail, and how long that lasts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from cni.primitives.errors import Problem, refuse_if_any
from cni.topology.network import Network

HOURS_A_YEAR = 8_760
MINUTES_A_YEAR = 525_600
MOST_ROUTES = 2


@dataclass(frozen=True, slots=True)
class FailureFigures:
    """How often things fail and how long they take to mend: assumptions, to be replaced by what was measured.

    A span fails as often as cable is dug up, by its length. A risk group fails as a whole: a duct collapses, a bridge
    is closed, a building burns. The figures for groups have no source: once in 100 years, mended within two days.

    Source: 4.39 failures a year per 1,000 miles of cable, 12 hours to mend one: W. Grover, Mesh-Based Survivable
    Networks (2003), chapter 3, after D. Crawford, Fiber Optic Cable Dig-ups (1993).
    """

    span_failures_per_km_year: float = 0.0027
    span_repair_hours: float = 12.0
    group_failures_per_year: float = 0.01
    group_repair_hours: float = 48.0


@dataclass(frozen=True, slots=True)
class Availability:
    """The part of time at which at least one route works, and what that rests on, a sentence each."""

    fraction: float
    assumptions: tuple[str, ...]

    @property
    def minutes_a_year(self) -> float:
        """The minutes a year, of 525,600, at which no route works."""
        return (1 - self.fraction) * MINUTES_A_YEAR


ASSUMED = FailureFigures()


def availability(network: Network, routes: Sequence[Sequence[str]], figures: FailureFigures = ASSUMED) -> Availability:
    """Return how available one route is, or two of which one has to work; each is given by its spans.

    What both routes cross counts once, as shared: a span, or a risk group that has spans of both. With S the product
    of the availabilities of what is shared, and P and Q of what only one route crosses, it is S (1 - (1 - P)(1 - Q)).

    Raises:
        Invalid: there are not one or two routes with spans that the network has, or a figure is no number of 0 or more.
    """
    refuse_if_any([*_route_problems(network, routes), *_figure_problems(figures)])
    crossed = [_crossed(network, route) for route in routes]
    shared = set.intersection(*crossed)
    works = [_works(network, on_it - shared, figures) for on_it in crossed]
    fraction = _works(network, shared, figures)
    if len(works) == MOST_ROUTES:
        fraction *= 1 - (1 - works[0]) * (1 - works[1])
    return Availability(fraction, _assumptions(figures, len(routes)))


Thing = tuple[str, str]
"""A span or risk group: ("span", id) or ("risk", id)."""


def _crossed(network: Network, route: Sequence[str]) -> set[Thing]:
    spans = {("span", span) for span in route}
    return spans | {("risk", risk) for span in route for risk in network.spans[span].risks}


def _works(network: Network, things: Iterable[Thing], figures: FailureFigures) -> float:
    """Return the part of time at which all of these work, each failing by itself."""
    return math.prod(_works_alone(network, thing, figures) for thing in sorted(things))


def _works_alone(network: Network, thing: Thing, figures: FailureFigures) -> float:
    """Return the part of time at which a thing works: working time over working time and repairs."""
    kind, id = thing
    if kind == "span":
        failures = figures.span_failures_per_km_year * network.spans[id].length_m / 1000
        return HOURS_A_YEAR / (HOURS_A_YEAR + failures * figures.span_repair_hours)
    return HOURS_A_YEAR / (HOURS_A_YEAR + figures.group_failures_per_year * figures.group_repair_hours)


def _assumptions(figures: FailureFigures, routes: int) -> tuple[str, ...]:
    said = (
        f"A span fails {figures.span_failures_per_km_year:g} times a year for each kilometre,"
        f" and is mended in {figures.span_repair_hours:g} hours.",
        f"A risk group fails as a whole {figures.group_failures_per_year:g} times a year,"
        f" and is mended in {figures.group_repair_hours:g} hours.",
        "Spans and risk groups fail independently of each other; what both routes cross counts once."
        if routes == MOST_ROUTES
        else "Spans and risk groups fail independently of each other.",
        "Sites and the members' own equipment never fail.",
    )
    return (*said, "The change from one route to the other takes no time.") if routes == MOST_ROUTES else said


def _route_problems(network: Network, routes: Sequence[Sequence[str]]) -> Iterable[Problem]:
    if not 1 <= len(routes) <= MOST_ROUTES:
        yield Problem("out_of_range", f"There are {len(routes)} routes.", "Give one or two.", "routes")
    for number, route in enumerate(routes, 1):
        if not route:
            yield Problem("missing_route", f"Route {number} has no span.", "Give its spans in order.", "routes")
        for span in route:
            if span not in network.spans:
                message = f"There is no span {span} in the network."
                yield Problem("unknown", message, "Check the id of the span.", "routes")


def _figure_problems(figures: FailureFigures) -> Iterable[Problem]:
    for field in fields(figures):
        value = getattr(figures, field.name)
        if not 0 <= value < math.inf:  # not-a-number fails this too
            message = f"{field.name.replace('_', ' ').capitalize()} is {value:g}."
            yield Problem("out_of_range", message, "Give a number, 0 or more.", field.name)
