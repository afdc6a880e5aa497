"""Checking an answer without the engine that made it.

Plain Python that follows the words of the question: it shares no code with the search, imports none of it, and needs
nothing but the plant's list of spans. What it cannot check in a moment it leaves aside: that the total is least where
routes must share no risk group, and that a `partly_diverse` pair shares as little as can be. That a pair of routes
without a span or a site in common is the shortest, or that there is none, it does check, from what the routes leave
over (`flows`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cni.topology.checking.blockers import blocker_faults
from cni.topology.checking.documents import (
    Asked,
    Fault,
    SaidAnswer,
    SaidRoute,
    read_answer,
    read_asked,
    shape_faults,
)
from cni.topology.checking.plant import Plant, is_closed, leftover, plant_of
from cni.topology.checking.separation import separation_faults

if TYPE_CHECKING:
    from cni.topology.network import Network  # a list of sites and spans is all that is used of it

__all__ = ["Fault", "check_answer"]

NOTHING: Mapping[str, Any] = {}
KINDS = {"span": ("span",), "site": ("span", "site"), "risk": ("span", "site", "risk")}
"""What routes of each diversity have none of in common."""


def check_answer(network: Network, document: Mapping[str, Any], asked: Mapping[str, Any] = NOTHING) -> list[Fault]:
    """Return all that is wrong with an answer, in the shape that `cni routes --json` prints.

    The question is the answer's own `question`; each field of it that is in `asked` counts instead.
    """
    faults = shape_faults(document)
    if faults:
        return faults
    question, faults = read_asked(document, asked)
    if question is None:
        return faults
    plant, answer = plant_of(network), read_answer(document)
    faults = [*_unknown(plant, question, answer)]
    if faults:
        return faults
    faults += (fault for route in answer.routes for fault in _route_faults(plant, question, route))
    faults += _number_faults(question, answer)
    faults += _total_faults(answer)
    faults += _shared_faults(plant, question, answer)
    faults += _pairs_faults(plant, question, answer)
    faults += _must_use_faults(plant, question, answer)
    faults += separation_faults(plant, question, answer)
    faults += blocker_faults(plant, question, answer)
    return faults or [*_better_answers(plant, question, answer)]


def _unknown(plant: Plant, question: Asked, answer: SaidAnswer) -> Iterator[Fault]:
    asked = [("from", ("site", question.a)), ("to", ("site", question.z))]
    asked += [("exempt", ("risk", id)) for id in sorted(question.exempt)]
    asked += [("without", element) for element in sorted(question.without)]
    asked += [("must_use", element) for element in sorted(question.must_use)]
    for field, element in asked:
        if not plant.has(element):
            yield Fault("unknown", f"There is no {' '.join(element)} in the network.", f"question.{field}")
    for route in answer.routes:
        for id in route.spans:
            if id not in plant.spans:
                yield Fault("unknown", f"There is no span {id} in the network.", f"{route.place}.spans")


def _route_faults(plant: Plant, question: Asked, route: SaidRoute) -> Iterator[Fault]:
    place = f"{route.place}.spans"
    visited = _sites_along(plant, question.a, route.spans)
    if visited is None or visited[-1] != question.z:
        message = f"The spans do not lead from {question.a} to {question.z} one after another."
        yield Fault("not_joined", message, place)
    elif visited != list(route.sites):
        message = f"The spans lead over {', '.join(visited)}, and the sites are said to be others."
        yield Fault("wrong_sites", message, f"{route.place}.sites")
    for id, times in Counter(visited or ()).items():
        if times > 1:
            yield Fault("site_twice", f"The route visits the site {id} {times} times.", place)
    length = sum(plant.spans[id].length_um for id in route.spans)
    if length != route.length_um:
        message = f"The route is said to be {_metres(route.length_um)} m long; its spans are {_metres(length)} m."
        yield Fault("wrong_length", message, f"{route.place}.length_m")
    for id in dict.fromkeys(route.spans):
        if is_closed(plant, id, question.without):
            yield Fault("left_out", f"The route uses the span {id}, which was to be left out.", place)


def _sites_along(plant: Plant, a: str, spans: Iterable[str]) -> list[str] | None:
    """Return the sites that spans lead over from `a`; None if they do not join up."""
    visited = [a]
    for span in map(plant.spans.__getitem__, spans):
        if visited[-1] not in (span.a, span.z):
            return None
        visited.append(span.z if visited[-1] == span.a else span.a)
    return visited


def _number_faults(question: Asked, answer: SaidAnswer) -> Iterator[Fault]:
    asked, found = question.routes, len(answer.routes)
    if answer.outcome == "none":
        if found:
            yield Fault("wrong_number", f"The outcome is none, and there are {found} routes.", "routes")
    elif asked is not None and found != asked:
        yield Fault("wrong_number", f"There are {found} routes; {asked} were asked for.", "routes")
    elif not found or (answer.outcome == "partly_diverse" and found != 2):
        yield Fault("wrong_number", f"There are {found} routes, and the outcome is {answer.outcome}.", "routes")
    if (answer.outcome == "found") == bool(answer.blockers):
        message = "The answer says what blocks, and the outcome is found."
        if not answer.blockers:
            message = f"The outcome is {answer.outcome}, and nothing is said to block."
        yield Fault("blocked_by", message, "blocked_by")


def _total_faults(answer: SaidAnswer) -> Iterator[Fault]:
    if answer.outcome == "none":
        for place, value in (("total_length_m", answer.total_um), ("lower_bound_m", answer.bound_um)):
            if value is not None:
                yield Fault("wrong_total", "There are no routes, and a length is told.", place)
        return
    total = sum(route.length_um for route in answer.routes)
    if answer.total_um != total:
        said = "none" if answer.total_um is None else f"{_metres(answer.total_um)} m"
        message = f"The total is said to be {said}; the routes together are {_metres(total)} m long."
        yield Fault("wrong_total", message, "total_length_m")
    if answer.bound_um is None or answer.bound_um > total:
        yield Fault("wrong_bound", "The lower bound is missing, or above the total.", "lower_bound_m")
    elif answer.proven and answer.bound_um != total:
        yield Fault("wrong_bound", "The total is said to be proven least, and the bound is below it.", "lower_bound_m")


def _shared_faults(plant: Plant, question: Asked, answer: SaidAnswer) -> Iterator[Fault]:
    shared = _really_shared(plant, answer)
    for kind, ids in shared.items():
        said, place = answer.shared[kind], f"shared.{kind}s"
        if len(set(said)) < len(said):
            yield Fault("shared", f"One {kind} is listed twice.", place)
        for id in sorted(ids.difference(said)):
            yield Fault("shared", f"The routes share the {kind} {id}, which is not listed.", place)
        for id in sorted(set(said) - ids):
            yield Fault("shared", f"The {kind} {id} is listed, and the routes do not share it.", place)
    against = [(kind, id) for kind in KINDS[question.diversity] for id in sorted(shared[kind])]
    against = [(kind, id) for kind, id in against if not (kind == "risk" and id in question.exempt)]
    if answer.outcome == "found":
        for kind, id in against:
            message = f"Routes that share no {question.diversity} were asked for, and they share the {kind} {id}."
            yield Fault("not_diverse", message, "routes")
    elif answer.outcome == "partly_diverse" and not against and not _is_too_near(question, answer):
        yield Fault("diverse_after_all", "The routes are as diverse as was asked, so they are found.", "outcome")


def _really_shared(plant: Plant, answer: SaidAnswer) -> dict[str, set[str]]:
    routes = answer.routes
    return {
        "span": _in_several(set(route.spans) for route in routes),
        "site": _in_several(set(route.sites[1:-1]) for route in routes),
        "risk": _in_several({risk for id in route.spans for risk in plant.spans[id].risks} for route in routes),
    }


def _in_several(sets: Iterable[set[str]]) -> set[str]:
    return {id for id, count in Counter(id for ids in sets for id in ids).items() if count > 1}


def _is_too_near(question: Asked, answer: SaidAnswer) -> bool:
    asked, measured = question.separation_m, answer.separation_m
    return asked is not None and measured is not None and measured < asked


def _pairs_faults(plant: Plant, question: Asked, answer: SaidAnswer) -> Iterator[Fault]:
    for id, routes in Counter(id for route in answer.routes for id in route.spans).items():
        free, needed = plant.spans[id].pairs, routes * question.pairs
        if free is not None and free < needed:
            yield Fault("too_few_pairs", f"The span {id} has {free} free pairs; {needed} are needed.", "routes")


def _must_use_faults(plant: Plant, question: Asked, answer: SaidAnswer) -> Iterator[Fault]:
    used = {id for route in answer.routes for id in route.spans}
    for kind, id in sorted(question.must_use):
        if answer.outcome != "none" and not any(is_closed(plant, span, {(kind, id)}) for span in used):
            yield Fault("not_used", f"The {kind} {id} was to be used, and no route uses it.", "routes")


def _better_answers(plant: Plant, question: Asked, answer: SaidAnswer) -> Iterator[Fault]:
    """Yield what shows that there is a better answer; only for what can be shown quickly, and of a sound answer."""
    if question.must_use or question.separation_m is not None or question.diversity == "risk":
        if answer.outcome == "none" and _could_do(plant, question):
            yield Fault("better", "There is an answer, with routes that share something.", "outcome")
        return
    left = leftover(plant, question, apart=True)
    if answer.outcome == "found":
        for route in answer.routes:
            left.take(route.spans, route.sites)
        if answer.proven and left.can_be_shortened():
            yield Fault("better", "There are shorter routes of this kind.", "total_length_m")
        return
    if all(left.take_one_more() for _ in range(question.routes or 1)):
        yield Fault("better", "There are routes that are as diverse as was asked.", "outcome")
    elif answer.outcome == "none" and _could_do(plant, question):
        yield Fault("better", "There is an answer, with routes that share something.", "outcome")


def _could_do(plant: Plant, question: Asked) -> bool:
    """Tell whether some route, or some pair of routes that may share all things, has the free pairs that it needs."""
    if question.must_use or (question.routes or 1) > 2:
        return False
    left = leftover(plant, question, apart=False)
    return all(left.take_one_more() for _ in range(question.routes or 1))


def _metres(length_um: int) -> str:
    whole, rest = divmod(length_um, 1_000_000)
    return f"{whole:,}{f'.{rest:06}'.rstrip('0') if rest else ''}"
