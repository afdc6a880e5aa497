"""Finding routes: from a question to its answer."""

from __future__ import annotations

from collections.abc import Mapping

from cni.topology.answers import Answer, Outcome, route_along, shared_by
from cni.topology.blockers import find_blockers, left_out, search_flow, short_of_pairs
from cni.topology.network import Network
from cni.topology.questions import Question, question_problems, read_question, refuse


def answer_question(network: Network, question: Question) -> Answer:
    """Return the routes of least total length that answer a question, shortest first, or what stands in their way.

    Each span of a route has the free pairs asked for. Parallel spans count as different spans: two of them are even a
    site-diverse pair between neighbours. Equal totals: fewest spans, then by the order of ids; never by the order in
    which the network was put together.

    Raises:
        NotFound: a site, span or risk group is not in the network.
        Invalid: the question cannot be asked, with every problem.

    Source: Bhandari, Survivable Networks (1999), chapter 3.
    """
    refuse(question_problems(network, question))
    closed = left_out(network, question.without) | short_of_pairs(network, question.pairs)
    flow = search_flow(network, question, closed)
    if flow.count < question.routes:
        return Answer(Outcome.NONE, blocked_by=find_blockers(network, question))

    span_ids = network.search_graph.span_ids
    found = [route_along(network, question.a, [span_ids[span] for span in route]) for route in flow.routes()]
    routes = tuple(sorted(found, key=lambda route: (route.length_um, len(route.spans), route.spans)))
    return Answer(Outcome.FOUND, routes, shared_by(network, routes))


def answer_options(network: Network, asked: Mapping[str, str]) -> Answer:
    """Return the answer to a question put in words, as on a command line: see `questions.read_question`.

    Raises:
        NotFound: a site, span or risk group is not in the network, and nothing else is wrong.
        Invalid: something else is wrong, with every problem.
    """
    return answer_question(network, read_question(network, asked))
