"""Why there are not as many routes as asked for, or none so diverse: what stands in the way, by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cni.topology.answers import Blocker, BlockerKind
from cni.topology.engine.barriers import Barrier, find_barriers
from cni.topology.engine.nearby import spans_between
from cni.topology.engine.search import find_routes, sites_along
from cni.topology.engine.view import Int32s, Int64s, Mask, View
from cni.topology.network import Network
from cni.topology.questions import Diversity
from cni.topology.routing.asked import Asked, spans_of
from cni.topology.routing.conflicts import risks_apart, shared_groups
from cni.topology.routing.maximal import Pair
from cni.topology.routing.ways import Way

if TYPE_CHECKING:
    from cni.topology.ground.geometry import Separation

MOST_COST = 1 << 62
"""What all that a search adds up stays below."""


def find_blockers(asked: Asked) -> tuple[Blocker, ...]:
    """Return what stands in the way of as many routes as asked for, from a towards z.

    First the spans and sites that the plant itself, without what was left out, leaves no way round; then the spans
    that lack free pairs, as few as need more. If the plant does not join the two ends at all, what was left out and
    would join them; or else the far end.
    """
    count, closed = asked.question.routes, asked.left_out
    cost = _dear_where(asked.view, asked.short) if asked.any_short else None
    plant = find_routes(asked.view, asked.ends, count, closed, apart_at_sites=asked.apart_at_sites, cost=cost)
    if not plant:
        return tuple(_keeping_apart(asked))
    barriers: Sequence[Barrier] = ()
    if len(plant) < count:
        barriers = find_barriers(asked.view, asked.ends, plant, closed, apart_at_sites=asked.apart_at_sites)
    used = np.concatenate(plant)
    return (
        *(blocker for barrier in barriers for blocker in _blockers_at(asked, barrier)),
        *_lacking_pairs(asked, used[asked.short[used] == 1], asked.question.pairs),
    )


def blockers_of_pair(asked: Asked, pair: Pair) -> tuple[Blocker, ...]:
    """Return why there are no two routes as diverse as asked, or, without a pair, none at all."""
    found: list[Blocker] = []
    if not pair.way.shares_nothing:
        found += find_blockers(asked) if asked.any_short else _on_the_way(asked, pair.way)
    if pair.routes is None:
        narrow = pair.way.bridges[asked.holds_two[pair.way.bridges] == 0]
        found += _lacking_pairs(asked, narrow, 2 * asked.question.pairs)
    elif asked.question.diversity is Diversity.RISK:
        found += _risks_in_the_way(asked, pair)
    return tuple(found)


def _on_the_way(asked: Asked, way: Way) -> Iterator[Blocker]:
    """Yield what every route passes, as far as it matters for the diversity that was asked for."""
    for part in way.parts:
        if part.bridge >= 0:
            yield from _blockers_at(asked, Barrier((part.bridge,), ()))
        if part.z in way.sites and asked.apart_at_sites:
            yield from _blockers_at(asked, Barrier((), (part.z,)))


def _risks_in_the_way(asked: Asked, pair: Pair) -> Iterator[Blocker]:
    """Yield the counted risk groups that every route uses; then what else the pair shares because it has to."""
    ends, network = _ends_of(asked), asked.network
    enough = f" with {_pairs(asked.question.pairs)}" if asked.any_short else ""
    for risk in pair.unavoidable:
        id = asked.view.risk_ids[risk]
        yield _blocker(asked, BlockerKind.RISK, id, f"every route {ends}{enough} uses {network.called('risk', id)}.")
    none = "no two routes" if pair.is_proven else "no two routes were found that,"
    for kind, id in _shared_besides(asked, pair):
        why = f"{none} {ends}{enough}, share no risk group and no site; those that share least share"
        yield _blocker(asked, kind, id, f"{why} {network.called(kind, id)}.")


def _shared_besides(asked: Asked, pair: Pair) -> Iterator[tuple[BlockerKind, str]]:
    """Yield what a pair shares, exempt risk groups aside, though not every route has it."""
    view, routes = asked.view, pair.routes or ()
    for risk in shared_groups(risks_apart(asked, asked.counted), routes):
        if risk not in pair.unavoidable:
            yield BlockerKind.RISK, view.risk_ids[risk]
    sites = [sites_along(view, asked.ends[0], route)[1:-1] for route in routes]
    for site in np.intersect1d(sites[0], sites[1]).tolist():
        if site not in pair.way.sites:
            yield BlockerKind.SITE, view.site_ids[site]
    for span in np.intersect1d(routes[0], routes[1]).tolist():
        if span not in pair.way.bridges:
            yield BlockerKind.SPAN, view.span_ids[span]


def sharing_risks(asked: Asked, risks: Sequence[int]) -> tuple[Blocker, ...]:
    """Return that the risk groups which the shortest of several routes share stand in the way of so many."""
    why = f"no {asked.question.routes} routes {_ends_of(asked)} share no risk group; of the shortest, several use"
    ids = [asked.view.risk_ids[risk] for risk in risks]
    return tuple(_blocker(asked, BlockerKind.RISK, id, f"{why} {asked.network.called('risk', id)}.") for id in ids)


def not_used(asked: Asked) -> Iterator[Blocker]:
    """Yield what has to be used and cannot be: no route at all crosses it, or none of those asked for."""
    ends, reachable = _ends_of(asked), spans_between(asked.view, asked.ends, asked.closed)
    lone = [each for each in asked.question.must_use if not np.isin(spans_of(asked.view, each), reachable).any()]
    for element in lone or asked.question.must_use:
        called = asked.network.called(element.kind, element.id)
        several = " with everything else that has to be used" if len(asked.question.must_use) > 1 else ""
        why = f"no route {ends} uses {called}." if lone else f"no routes {ends} as asked for use {called}{several}."
        yield _blocker(asked, BlockerKind(element.kind), element.id, why)


def too_close(network: Network, nearest: Separation, asked_m: float) -> Blocker:
    """Return that two routes come closer to each other than asked, and over which spans."""
    one, other = (network.called("span", span) for span in nearest.spans)
    close = f"The routes come within {nearest.metres:,.0f} m of each other: {one} and {other}"
    why = f"{f'Both routes cross {one}' if one == other else close}; {asked_m:,g} m asked for."
    return Blocker(BlockerKind.SPAN, nearest.spans[0], network.span_name(nearest.spans[0]), why)


def _dear_where(view: View, avoided: Mask) -> Int64s:
    """Return costs at which routes use as few of the avoided spans as can be."""
    cost = view.arrays.cost
    dear = min(int(cost.sum()), MOST_COST // max(int(avoided.sum()), 1))
    return cost + avoided.astype(np.int64) * dear


def _blockers_at(asked: Asked, barrier: Barrier) -> Iterator[Blocker]:
    """Yield the spans and sites that routes have to use one each of."""
    view, network = asked.view, asked.network
    spans = [(BlockerKind.SPAN, view.span_ids[span]) for span in barrier.spans]
    sites = [(BlockerKind.SITE, view.site_ids[site]) for site in barrier.sites]
    called = [network.called(kind, id) for kind, id in (*spans, *sites)]
    if len(called) == 1:
        why = f"every route {_ends_of(asked)} {'crosses' if spans else 'passes'} {called[0]}."
    else:
        nothing = "site" if asked.apart_at_sites else "span"
        why = (
            f"at most {len(called)} routes {_ends_of(asked)} share no {nothing}:"
            f" each has to use one of {', '.join(called)}."
        )
    for kind, id in (*spans, *sites):
        yield _blocker(asked, kind, id, why)


def _lacking_pairs(asked: Asked, spans: Int32s, pairs: int) -> Iterator[Blocker]:
    for number in spans.tolist():
        id, free = asked.view.span_ids[number], int(asked.network.free_pairs[number])
        needed = f"{pairs} asked for" if pairs == asked.question.pairs else f"two routes over it need {pairs}"
        why = f"{asked.network.called('span', id)} has {_pairs(free)}; {needed}."
        yield Blocker(BlockerKind.CAPACITY, id, asked.network.span_name(id), why[0].upper() + why[1:])


def _pairs(count: int) -> str:
    return f"{count} free {'pair' if count == 1 else 'pairs'}"


def _keeping_apart(asked: Asked) -> Iterator[Blocker]:
    view, left_out = asked.view, asked.left_out
    a, z = (asked.network.site_name(end) for end in (asked.question.a, asked.question.z))
    joined = find_routes(
        view, asked.ends, 1, view.nothing_closed, apart_at_sites=False, cost=_dear_where(view, left_out)
    )
    if not joined:
        yield Blocker(BlockerKind.SITE, asked.question.z, z, f"No run of spans leads from {a} to {z}.")
        return
    for element in asked.question.without:
        if np.isin(joined[0], spans_of(view, element)).any():
            called = asked.network.called(element.kind, element.id)
            why = f"Without {called}, which was left out, no run of spans leads from {a} to {z}."
            yield Blocker(BlockerKind(element.kind), element.id, asked.network.name(element.kind, element.id), why)


def _blocker(asked: Asked, kind: BlockerKind, id: str, why: str) -> Blocker:
    """Return a blocker of routes that are subject to what the question leaves out."""
    why = f"With these exclusions, {why}" if asked.question.without else why[0].upper() + why[1:]
    return Blocker(kind, id, asked.network.name(kind, id), why)


def _ends_of(asked: Asked) -> str:
    return f"from {asked.network.site_name(asked.question.a)} to {asked.network.site_name(asked.question.z)}"
