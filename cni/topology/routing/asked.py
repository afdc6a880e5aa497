"""A question by numbers: what searches read of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cni.topology.engine.view import Int32s, Mask, View
from cni.topology.network import Network
from cni.topology.questions import Diversity, Element, ElementKind, Owned, Question


@dataclass(frozen=True, eq=False)
class Asked:
    """A question put to a network, which must have what it names."""

    network: Network
    question: Question
    time_share: float = 1
    """The part of the question's time that there is for this; what comes before or after it has the rest."""

    def with_time(self, share: float) -> Asked:
        """Return the same for a part of the time that there is."""
        return replace(self, time_share=self.time_share * share)

    @property
    def time_limit_s(self) -> float:
        """The seconds that programs may take together."""
        return self.question.time_limit_s * self.time_share

    @cached_property
    def view(self) -> View:
        """What the network's searches run on."""
        return self.network.view

    @cached_property
    def ends(self) -> tuple[int, int]:
        """The numbers of the two sites."""
        return self.view.site_numbers[self.question.a], self.view.site_numbers[self.question.z]

    @property
    def apart_at_sites(self) -> bool:
        """Whether routes may not meet at a site."""
        return self.question.diversity is not Diversity.SPAN

    @property
    def is_pair(self) -> bool:
        """Whether two routes are sought."""
        return self.question.routes == 2

    @cached_property
    def left_out(self) -> Mask:
        """The mask of what the question leaves out."""
        if not self.question.without:
            return self.view.nothing_closed
        closed = np.zeros(len(self.view.span_ids), np.uint8)
        for element in self.question.without:
            closed[spans_of(self.view, element)] = 1
        return closed

    @cached_property
    def short(self) -> Mask:
        """The mask of the spans with too few free pairs."""
        return (self.network.free_pairs < self.question.pairs).view(np.uint8)

    @cached_property
    def any_short(self) -> bool:
        """Whether some span has too few free pairs."""
        return bool(self.short.any())

    @cached_property
    def closed(self) -> Mask:
        """The mask of all that no route may use: left out, or short of pairs."""
        return self.left_out | self.short if self.any_short else self.left_out

    @property
    def is_whole_plant(self) -> bool:
        """Whether nothing is closed, so that the labels of the whole plant hold."""
        return self.closed is self.view.nothing_closed

    @cached_property
    def holds_two(self) -> Mask:
        """For each span, 1 where both routes of a pair could use it."""
        return (self.network.free_pairs >= 2 * self.question.pairs).view(np.uint8)

    @cached_property
    def counted(self) -> Mask:
        """For each risk group, 1 unless it is exempt."""
        return without_numbers(len(self.view.risk_ids), (self.view.risk_numbers[id] for id in self.question.exempt))

    @cached_property
    def must_use(self) -> tuple[Int32s, ...]:
        """For each element that has to be used, the spans that use it."""
        return tuple(spans_of(self.view, element) for element in self.question.must_use)


def spans_of(view: View, element: Element | Owned) -> Int32s:
    """Return the spans that are an element, end there, are in it or are its own."""
    if isinstance(element, Owned):
        return np.array([view.span_numbers[id] for id in element.spans], np.int32)
    match element.kind:
        case ElementKind.SPAN:
            return np.array([view.span_numbers[element.id]], np.int32)
        case ElementKind.SITE:
            site = view.site_numbers[element.id]
            return view.arrays.arc_span[view.arrays.first_arc[site] : view.arrays.first_arc[site + 1]]
        case ElementKind.RISK:
            return view.spans_of_risks.members(view.risk_numbers[element.id])


def without_numbers(count: int, numbers: Iterable[int]) -> Mask:
    """Return so many ones, but 0 at these numbers."""
    ones = np.ones(count, np.uint8)
    ones[list(numbers)] = 0
    return ones
