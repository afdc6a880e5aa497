"""Whether what is said to stand in the way does."""

from __future__ import annotations

from collections.abc import Iterator

from cni.topology.checking.documents import Asked, Element, Fault, SaidAnswer, SaidBlocker
from cni.topology.checking.plant import Plant, joins

EVERY_ROUTE, FREE_PAIRS = "every route", "free pair"
"""Words that a sentence is held to: it says so of all routes; it speaks of those with enough free pairs."""


def blocker_faults(plant: Plant, question: Asked, answer: SaidAnswer) -> Iterator[Fault]:
    """Yield the blockers that do not block.

    A span, site or risk group blocks if no route is left without it: without it alone, or without all that the same
    sentence names, which must be fewer than the routes asked for. A span blocks by capacity if it has too few free
    pairs. What was left out blocks if the ends do not join without it. Of the rest, where no sentence speaks of every
    route, these are believed: what the two routes of a `partly_diverse` answer share, or where they come too near, the
    risk groups that keep three or more routes from being found, and whatever is named where something has to be used.
    """
    for blocker in answer.blockers:
        if blocker.kind == "capacity":
            yield from _capacity_faults(plant, question, blocker)
        elif not plant.has((blocker.kind, blocker.id)):
            message = f"There is no {blocker.kind} {blocker.id} in the network."
            yield Fault("unknown_blocker", message, blocker.place)
        elif not _is_believed(question, answer, blocker) and not _blocks(plant, question, answer, blocker):
            message = f"There is a way round the {blocker.kind} {blocker.id}: it does not block."
            yield Fault("no_blocker", message, blocker.place)


def _capacity_faults(plant: Plant, question: Asked, blocker: SaidBlocker) -> Iterator[Fault]:
    span = plant.spans.get(blocker.id)
    if span is None:
        yield Fault("unknown_blocker", f"There is no span {blocker.id} in the network.", blocker.place)
    elif span.pairs is None or span.pairs >= question.pairs * min(question.routes or 1, 2):
        message = f"The span {blocker.id} has the free pairs that are asked for."
        yield Fault("no_blocker", message, blocker.place)


def _is_believed(question: Asked, answer: SaidAnswer, blocker: SaidBlocker) -> bool:
    if EVERY_ROUTE in blocker.why.lower():
        return False
    shared = answer.shared[blocker.kind] if answer.outcome == "partly_diverse" else ()
    is_near = question.separation_m is not None and any(blocker.id in route.spans for route in answer.routes)
    keeps_more_apart = question.diversity == blocker.kind == "risk" and (question.routes or 1) > 2
    return blocker.id in shared or is_near or keeps_more_apart or bool(question.must_use)


def _blocks(plant: Plant, question: Asked, answer: SaidAnswer, blocker: SaidBlocker) -> bool:
    element: Element = (blocker.kind, blocker.id)
    pairs = question.pairs if FREE_PAIRS in blocker.why.lower() else 0
    if element in question.without or element in (("site", question.a), ("site", question.z)):
        return not joins(plant, question, question.without, pairs)
    if not joins(plant, question, {*question.without, element}, pairs):
        return True
    together = {(each.kind, each.id) for each in answer.blockers if each.why == blocker.why}
    is_fewer = len(together) < (question.routes or 1)
    return is_fewer and not joins(plant, question, {*question.without, *together}, pairs)
