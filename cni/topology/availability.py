"""How much of the time a lease can be expected to work: a closed form, from how often things fail and for how long.

The figures are assumptions, and so is that everything fails by itself, independently of all else. What an availability
of this kind is good for is comparing routes with each other; it is no promise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from cni.topology.network import Network

HOURS_A_YEAR = 365 * 24
MINUTES_A_YEAR = HOURS_A_YEAR * 60
METRES_PER_1000_KM = 1_000_000


@dataclass(frozen=True, slots=True)
class FailureFigures:
    """How often things fail, and for how long. The defaults are for demonstration: put your own in their place.

    Source: 2.13 failures a year for each 1,000 km of buried cable: Bellcore's figure, after Alcoa Fujikura,
    Reliability of fiber optic cable systems (2001), executive summary. The rest is assumed: half a day to mend a cable,
    one failure of a risk group in 100 years, a day to mend that.
    """

    cuts_a_year_per_1000_km: float = 2.13
    hours_to_mend_a_span: float = 12.0
    failures_a_year_of_a_risk: float = 0.01
    hours_to_mend_a_risk: float = 24.0

    def of_span(self, length_m: float) -> float:
        """Return the share of time that a span of this length works."""
        return _works(self.cuts_a_year_per_1000_km * length_m / METRES_PER_1000_KM, self.hours_to_mend_a_span)

    @property
    def of_risk(self) -> float:
        """The share of time in which a risk group has not failed."""
        return _works(self.failures_a_year_of_a_risk, self.hours_to_mend_a_risk)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What is assumed, a sentence each."""
        return (
            f"Cable fails {self.cuts_a_year_per_1000_km:g} times a year for each 1,000 km and takes"
            f" {self.hours_to_mend_a_span:g} hours to mend.",
            f"A risk group fails {self.failures_a_year_of_a_risk:g} times a year, all its spans with it, and takes"
            f" {self.hours_to_mend_a_risk:g} hours to mend.",
            "Each span and each risk group fails by itself, independently of the others; equipment does not fail.",
        )


DEMONSTRATION = FailureFigures()


@dataclass(frozen=True, slots=True)
class Availability:
    """The share of time, from 0 to 1, that one route at least works: `together`; and that each works: `of_routes`."""

    together: float
    of_routes: tuple[float, ...]
    assumptions: tuple[str, ...]

    @property
    def minutes_down_a_year(self) -> float:
        """The minutes of a year in which no route works."""
        return (1 - self.together) * MINUTES_A_YEAR


def availability(
    network: Network, routes: Sequence[Sequence[str]], figures: FailureFigures = DEMONSTRATION
) -> Availability:
    """Return how much of the time one route, or one of two, can be expected to work; routes are ids of spans.

    What both routes use has to work, and of the rest, what either of them uses.

    Raises:
        ValueError: there are neither one nor two routes.
    Source: Trivedi and Bobbio, Reliability and Availability Engineering (2017), chapter 4: series and parallel blocks,
        conditioned on what the blocks share.
    """
    if len(routes) not in (1, 2):
        raise ValueError(f"{len(routes)} routes; the closed form is for one or two")
    used = [_elements(network, route) for route in routes]
    works = {each: _share(network, each, figures) for elements in used for each in elements}
    shared = used[0] & used[-1]
    only = [_product(works, elements - shared) for elements in used]
    fails = prod(1 - each for each in only) if len(used) == 2 else 0.0
    return Availability(
        _product(works, shared) * (1 - fails),
        tuple(_product(works, elements) for elements in used),
        figures.assumptions,
    )


def availability_as_json(found: Availability) -> dict[str, Any]:
    """Return an availability as JSON: shares of time from 0 to 1, minutes a year, and what is assumed."""
    return {
        "availability": found.together,
        "minutes_down_a_year": found.minutes_down_a_year,
        "of_routes": list(found.of_routes),
        "assumptions": list(found.assumptions),
    }


Thing = tuple[str, str]
"""A kind, "span" or "risk", and an id."""


def _elements(network: Network, route: Sequence[str]) -> set[Thing]:
    return {("span", span) for span in route} | {("risk", risk) for span in route for risk in network.spans[span].risks}


def _share(network: Network, thing: Thing, figures: FailureFigures) -> float:
    kind, id = thing
    return figures.of_span(network.spans[id].length_m) if kind == "span" else figures.of_risk


def _product(works: dict[Thing, float], things: Iterable[Thing]) -> float:
    return prod(works[thing] for thing in sorted(things))  # in one order, so that the same sum comes out everywhere


def _works(failures_a_year: float, hours_to_mend: float) -> float:
    """Return the share of time that something works: the mean time between failures over that and the mending."""
    return 1 / (1 + failures_a_year * hours_to_mend / HOURS_A_YEAR)
