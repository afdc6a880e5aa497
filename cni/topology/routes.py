"""Finding routes: from a question to its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cni.primitives.errors import Invalid, Problem
from cni.topology.answers import Answer, Blocker, Numbers, Outcome, shared_by
from cni.topology.engine.search import find_routes
from cni.topology.engine.view import Int32s
from cni.topology.network import Network
from cni.topology.questions import Diversity, Question, question_problems, refuse
from cni.topology.routing.asked import Asked
from cni.topology.routing.blockers import blockers_of_pair, find_blockers, not_used, sharing_risks, too_close
from cni.topology.routing.conflicts import KeptApart, also_apart, risks_apart, shared_groups
from cni.topology.routing.maximal import STRICT_TIME, Pair, find_pair, weigh
from cni.topology.routing.pairs import Best, Sought, find_apart
from cni.topology.routing.required import find_using, missing_from, pairs_using
from cni.topology.routing.ways import open_way, parts_at_once, way_along

HALF = 0.5


def answer_question(network: Network, question: Question) -> Answer:
    """Return the routes of least total length that answer a question, shortest first, or what stands in their way.

    Each span of a route has the free pairs asked for. Parallel spans count as different spans: two of them are even a
    site-diverse pair between neighbours. Where no two routes are as diverse as asked, the answer is the two that share
    as little as can be; a span that both use has free pairs for both. Equal totals: fewest spans, as a rule, then by
    the ids; never by the order in which the network was put together.

    Raises:
        NotFound: a site, span or risk group is not in the network.
        Invalid: the question cannot be asked, with every problem.
    """
    return measured(network, find_answer(network, question))


def find_answer(network: Network, question: Question) -> Answer:
    """Return what `answer_question` does, but without measuring how far apart the routes of a pair are.

    Raises:
        NotFound, Invalid: as there.
    """
    refuse(question_problems(network, question))
    asked = Asked(network, question)
    if asked.must_use:  # half the time for routes without that condition, half for those with it
        asked = asked.with_time(HALF)
    return _required(asked, _pair(asked) if asked.is_pair else _several(asked))


def measured(network: Network, answer: Answer) -> Answer:
    """Return an answer with the metres that the two routes of a pair keep apart, if everything on them has a place."""
    if len(answer.routes) != 2 or network.line(answer.routes[0].spans[0]) is None:
        return answer
    from cni.topology.ground.geometry import nearest_places, trim_radius_m  # late: its libraries are slow to import

    question = answer.question
    asked_m = question.separation_m if question else None
    nearest = nearest_places(network, [route.spans for route in answer.routes], trim_radius_m(asked_m))
    if nearest is None:
        return answer
    answer = replace(answer, separation_m=nearest.metres, separation_radius_m=nearest.radius_m)
    if asked_m is not None and answer.outcome is Outcome.PARTLY_DIVERSE and nearest.metres < asked_m:
        answer = replace(answer, blocked_by=(*answer.blocked_by, too_close(network, nearest, asked_m)))
    return answer


def _several(asked: Asked) -> Answer:
    """Answer a question for one route, or for more than two."""
    count = asked.question.routes
    found = find_routes(asked.view, asked.ends, count, asked.closed, apart_at_sites=asked.apart_at_sites)
    if len(found) < count:
        return _none(asked, find_blockers(asked))
    if asked.question.diversity is not Diversity.RISK or count == 1:
        return _answer(asked, found)
    best = find_apart(_sought(asked, found))
    if best.routes is None:
        shared = shared_groups(risks_apart(asked, asked.counted), found)
        return replace(_none(asked, sharing_risks(asked, shared)), proven_optimal=best.is_proven)
    return _answer(asked, best.routes, best)


def _pair(asked: Asked) -> Answer:
    """Answer a question for two routes."""
    count = 1 if asked.is_whole_plant and parts_at_once(asked) else 2
    found = find_routes(asked.view, asked.ends, count, asked.closed, apart_at_sites=asked.apart_at_sites)
    if not found:
        return _none(asked, find_blockers(asked))
    if len(found) == 2 and asked.question.separation_m is not None:
        return _kept_separate(asked, found)
    if len(found) == 2 and asked.question.diversity is not Diversity.RISK:
        return _answer(asked, found)
    return _most_diverse(asked, found)


def _most_diverse(asked: Asked, found: Sequence[Int32s]) -> Answer:
    """Answer with the two routes that share as little as can be, from those found (one or two) on."""
    if len(found) == 2 and asked.apart_at_sites:
        way, legs = open_way(*asked.ends), [found]
    else:
        way = way_along(asked, found[0])
        legs = [find_routes(asked.view, ends, 2, asked.closed, apart_at_sites=True) for ends in way.stretches]
    return _answer_of_pair(asked, find_pair(asked, way, legs))


def _answer_of_pair(asked: Asked, pair: Pair) -> Answer:
    if pair.routes is None:
        return _none(asked, blockers_of_pair(asked, pair))
    answer = _answer(asked, pair.routes, Best(pair.routes, pair.bound_um, pair.is_proven))
    shared = answer.shared
    if not (shared.sites or shared.spans or set(shared.risks) - set(asked.question.exempt)):
        return answer
    return replace(answer, outcome=Outcome.PARTLY_DIVERSE, blocked_by=blockers_of_pair(asked, pair))


def _kept_separate(asked: Asked, found: Sequence[Int32s]) -> Answer:
    """Answer with two routes that keep the separation asked for; else with the most diverse ones."""
    asked = asked.with_time(HALF)  # for each of the two searches
    best = find_apart(_sought(asked, found))
    if best.routes is not None:
        return _answer(asked, best.routes, best)
    answer = replace(_most_diverse(asked, found), outcome=Outcome.PARTLY_DIVERSE)
    return answer if best.is_proven else replace(answer, proven_optimal=False)


def _required(asked: Asked, answer: Answer) -> Answer:
    """Return the answer, or, where it does without something that has to be used, one that uses it."""
    numbers = asked.view.span_numbers
    routes = [np.array([numbers[span] for span in route.spans], np.int32) for route in answer.routes if asked.must_use]
    if not routes or not missing_from(asked, routes):
        return answer
    best = Best(None, 0, is_proven=True)
    if answer.outcome is Outcome.FOUND:
        best = find_using(asked, _sought(asked, time_share=STRICT_TIME), routes)
    if best.routes is not None:
        return _answer(asked, best.routes, best)
    blocked_by = (*answer.blocked_by, *not_used(asked))
    if not asked.is_pair:
        return replace(_none(asked, blocked_by), proven_optimal=best.is_proven)
    pair = weigh(asked, open_way(*asked.ends), (), pairs_using(asked, routes), asked.must_use)
    is_proven = best.is_proven and pair.is_proven
    if pair.routes is None:
        return replace(_none(asked, blocked_by), proven_optimal=is_proven)
    partly = _answer(asked, pair.routes, Best(pair.routes, pair.bound_um, is_proven))
    return replace(partly, outcome=Outcome.PARTLY_DIVERSE, blocked_by=blocked_by)


def _sought(asked: Asked, found: Sequence[Int32s] | None = None, time_share: float = 1) -> Sought:
    """Return the search for routes as asked; those found have least cost, whether they conflict or not."""
    question, way = asked.question, open_way(*asked.ends)
    limit_s = asked.time_limit_s * time_share
    first = None if found is None else [found]
    kept = _kept_apart(asked)
    return Sought(asked.view, way, question.routes, asked.apart_at_sites, asked.closed, kept, limit_s, first)


def _kept_apart(asked: Asked) -> KeptApart:
    """Return what only one of the routes may use."""
    counts = asked.question.diversity is Diversity.RISK and asked.question.routes > 1
    kept = risks_apart(asked, asked.counted if counts else np.zeros_like(asked.counted))
    metres = asked.question.separation_m
    if metres is None:
        return kept
    from cni.topology.ground.geometry import close_spans, placeless_spans, trim_radius_m  # late: slow to import

    placeless = [asked.view.span_ids[span] for span in placeless_spans(asked.network)]
    if placeless:
        message = f"Span {placeless[0]} has no place, so nobody can tell how far from other spans it runs."
        remedy = "Give its sites longitude and latitude, or leave the separation out."
        raise Invalid.from_problems([Problem("no_place", message, remedy, "separation_m")])
    ends = [asked.question.a, asked.question.z]
    return also_apart(kept, close_spans(asked.network, metres, trim_radius_m(metres), ends))


def _none(asked: Asked, blocked_by: tuple[Blocker, ...]) -> Answer:
    return Answer(Outcome.NONE, blocked_by=blocked_by, question=asked.question)


def _answer(asked: Asked, routes: Sequence[Int32s], best: Best | None = None) -> Answer:
    """Return these routes as an answer, proven to be the best unless `best` says otherwise."""
    numbers = [Numbers.of(asked.view, asked.ends[0], spans) for spans in routes]
    found = [each.as_route(asked.view) for each in numbers]
    return Answer(
        Outcome.FOUND,
        tuple(sorted(found, key=lambda route: (route.length_um, len(route.spans), route.spans))),
        shared_by(asked.view, numbers),
        proven_optimal=best is None or best.is_proven,
        bound_um=None if best is None or best.is_proven else best.bound_um,
        question=asked.question,
    )
