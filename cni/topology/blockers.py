"""Why there are not as many routes as asked for: what stands in the way, by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from cni.topology.answers import Blocker, BlockerKind
from cni.topology.network import Network
from cni.topology.old_search import Cut, Flow, Search, find_flow
from cni.topology.questions import Diversity, ElementKind, Exclusion, Question


def short_of_pairs(network: Network, pairs: int) -> frozenset[str]:
    """Return the ids of the spans with fewer free pairs than these."""
    return frozenset(span.id for span in network.spans.values() if span.pairs is not None and span.pairs < pairs)


def left_out(network: Network, exclusions: Collection[Exclusion]) -> frozenset[str]:
    """Return the ids of the spans that these exclusions close."""
    return frozenset(id for exclusion in exclusions for id in _closed_by(network, exclusion))


def _closed_by(network: Network, exclusion: Exclusion) -> Iterator[str]:
    match exclusion.kind:
        case ElementKind.SPAN:
            yield exclusion.id
        case ElementKind.SITE:
            yield from (id for _, _, id in network.graph.edges(exclusion.id, keys=True))
        case ElementKind.RISK:
            yield from (span.id for span in network.spans.values() if exclusion.id in span.risks)


def search_flow(network: Network, question: Question, closed: Collection[str], avoided: Collection[str] = ()) -> Flow:
    """Return the routes of least total length that use no closed span, and as few of the avoided ones as can be."""
    graph = network.search_graph
    costs: list[int | None] = [*graph.costs]
    if avoided:
        dear = sum(graph.costs)
        for id in avoided:
            number = graph.span_numbers[id]
            costs[number] = graph.costs[number] + dear
    for id in closed:
        costs[graph.span_numbers[id]] = None
    a, z = graph.site_numbers[question.a], graph.site_numbers[question.z]
    return find_flow(graph, Search(a, z, question.routes, question.diversity is Diversity.SITE, costs))


def find_blockers(network: Network, question: Question) -> tuple[Blocker, ...]:
    """Return what stands in the way of a question that has no answer, from a towards z.

    First the spans and sites that the plant itself, without what was left out, leaves no way round; then the spans
    that lack free pairs, as few as need more. If the plant does not join the two ends at all, what was left out and
    would join them; or else the far end.
    """
    short = short_of_pairs(network, question.pairs)
    plant = search_flow(network, question, left_out(network, question.without), avoided=short)
    if plant.count == 0:
        return tuple(_keeping_apart(network, question))
    unavoidable = plant.cuts() if plant.count < question.routes else ()
    return (
        *(blocker for cut in unavoidable for blocker in _blockers_of(network, question, cut)),
        *_lacking_pairs(network, question, [id for id in _used(network, plant) if id in short]),
    )


def _blockers_of(network: Network, question: Question, cut: Cut) -> Iterator[Blocker]:
    graph = network.search_graph
    spans = [(BlockerKind.SPAN, graph.span_ids[span]) for span in cut.spans]
    sites = [(BlockerKind.SITE, graph.site_ids[site]) for site in cut.sites]
    called = [_called(network, kind, id) for kind, id in (*spans, *sites)]
    ends = f"from {network.site_name(question.a)} to {network.site_name(question.z)}"
    condition = "With these exclusions, " if question.without else ""
    if len(called) == 1:
        why = f"{condition}every route {ends} {'crosses' if spans else 'passes'} {called[0]}."
    else:
        why = (
            f"{condition}at most {len(called)} routes {ends} share no {question.diversity}:"
            f" each has to use one of {', '.join(called)}."
        )
    for kind, id in (*spans, *sites):
        yield Blocker(kind, id, _name(network, kind, id), why[0].upper() + why[1:])


def _lacking_pairs(network: Network, question: Question, spans: list[str]) -> Iterator[Blocker]:
    for id in spans:
        called, free = _called(network, "span", id), network.spans[id].pairs
        why = f"{called} has {free} free {'pair' if free == 1 else 'pairs'}; {question.pairs} asked for."
        yield Blocker(BlockerKind.CAPACITY, id, network.span_name(id), why[0].upper() + why[1:])


def _keeping_apart(network: Network, question: Question) -> Iterator[Blocker]:
    a, z = network.site_name(question.a), network.site_name(question.z)
    one_route = replace(question, routes=1)
    joined = search_flow(network, one_route, (), avoided=left_out(network, question.without))
    if joined.count == 0:
        yield Blocker(BlockerKind.SITE, question.z, z, f"No run of spans leads from {a} to {z}.")
    used = set(_used(network, joined))
    for exclusion in question.without:
        if used.intersection(_closed_by(network, exclusion)):
            called = _called(network, exclusion.kind, exclusion.id)
            why = f"Without {called}, which was left out, no run of spans leads from {a} to {z}."
            yield Blocker(BlockerKind(exclusion.kind), exclusion.id, _name(network, exclusion.kind, exclusion.id), why)


def _used(network: Network, flow: Flow) -> list[str]:
    return [network.search_graph.span_ids[span] for route in flow.routes() for span in route]


def _name(network: Network, kind: str, id: str) -> str:
    match kind:
        case "span":
            return network.span_name(id)
        case "site":
            return network.site_name(id)
        case _:
            return network.risk_name(id)


def _called(network: Network, kind: str, id: str) -> str:
    """Return how a sentence calls something: "span S12 (River bridge)"."""
    name = _name(network, kind, id)
    word = "risk group" if kind == "risk" else kind
    return f"{word} {id}" if name == id else f"{word} {id} ({name})"
