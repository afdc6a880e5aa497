"""Oracles for the route search: all sets of routes there are on small networks, and linear programs on larger ones.

Both are written from what is promised (which routes are asked for, and which of them are best), not from how the search
goes about it, and read the network's graph rather than the view that searches run on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from cni.topology.checking.documents import micrometres
from cni.topology.network import Network
from cni.topology.questions import Diversity, Element, Question

FAR = 1 << 40
"""More micrometres than the routes of a small network have together."""
MOST = 1 << 7
"""More spans, sites or risk groups than routes of a small network can share."""


@dataclass(frozen=True)
class Best:
    """What the best answer is: its outcome, how much a `partly_diverse` pair shares, and micrometres in all."""

    outcome: str
    shared: tuple[int, int, int] | None = None
    """Risk groups, exempt ones aside; sites; spans."""
    total_um: int | None = None


class Possibilities:
    """Every route between two sites that visits no site twice, as bits: its spans, its sites in between, its risks."""

    def __init__(self, net: Network, a: str, z: str) -> None:
        self._spans = {id: (ends, given) for *ends, id, given in net.graph.edges(keys=True, data=True)}
        self._bit = {("span", id): 1 << number for number, id in enumerate(self._spans)}
        self._bit |= {("site", id): 1 << number for number, id in enumerate(net.graph)}
        risks = sorted({risk for _, given in self._spans.values() for risk in given.get("risks", ())})
        self._bit |= {("risk", id): 1 << number for number, id in enumerate(risks)}
        self._length = {id: micrometres(given["length_m"]) for id, (_, given) in self._spans.items()}
        found = sorted(self._walk(a, z, (a,), ()))
        columns = np.array([[length, *self._bits(spans, sites)] for length, spans, sites in found], np.int64)
        self.length, self.spans, self.sites, self.risks = columns.reshape(-1, 4).T

    def best(self, question: Question) -> Best:
        """Return what the best answer to a question between these sites is."""
        routes = self.usable(question)
        if question.routes == 1:
            needed = [self.uses(element)[routes] for element in question.must_use]
            lengths = self.length[routes][np.logical_and.reduce(needed)] if needed else self.length[routes]
            return Best("found", total_um=int(lengths.min())) if len(lengths) else Best("none")
        pairs = Pairs(self, routes, question)
        return pairs.best() if question.routes == 2 else pairs.best_of_more(question.routes)

    def spans_of_shortest(self, question: Question) -> np.ndarray:
        """Return how many spans each of the shortest routes, or diverse pairs of routes, has."""
        routes = self.usable(question)
        count = np.bitwise_count(self.spans[routes]).astype(np.int64)
        if question.routes == 1:
            return count[self.length[routes] == self.length[routes].min()]
        pairs = Pairs(self, routes, question)
        diverse = pairs.is_diverse & pairs.has_pairs
        return (count[:, None] + count)[diverse & (pairs.total == pairs.total[diverse].min())]

    def usable(self, question: Question) -> np.ndarray:
        """Return the routes on which nothing is left out and every span has the free pairs."""
        return np.flatnonzero((self.spans & self._closed(question)) == 0)

    def on_every(self, routes: np.ndarray, risk: str) -> bool:
        """Tell whether each of these routes uses a risk group."""
        return bool((self.risks[routes] & self.risk_bits([risk])).all())

    def uses(self, element: Element) -> np.ndarray:
        """Tell for each route whether it uses a span of this."""
        return (self.spans & self._spans_of(element)) != 0

    def short_of(self, pairs: int) -> int:
        """Return the bits of the spans with fewer free pairs than these."""
        short = (
            id for id, (_, given) in self._spans.items() if given.get("pairs") is not None and given["pairs"] < pairs
        )
        return sum(self._bit["span", id] for id in short)

    def risk_bits(self, ids: Sequence[str]) -> int:
        """Return the bits of these risk groups."""
        return sum(self._bit.get(("risk", id), 0) for id in set(ids))

    def _walk(
        self, a: str, z: str, visited: tuple[str, ...], spans: tuple[str, ...]
    ) -> Iterator[tuple[int, tuple[str, ...], tuple[str, ...]]]:
        if a == z:
            yield sum(self._length[id] for id in spans), spans, visited[1:-1]
            return
        for id, (ends, _) in self._spans.items():
            if a in ends:
                other = ends[1] if ends[0] == a else ends[0]
                if other not in visited:
                    yield from self._walk(other, z, (*visited, other), (*spans, id))

    def _bits(self, spans: Sequence[str], sites: Sequence[str]) -> tuple[int, int, int]:
        risks = [risk for id in spans for risk in self._spans[id][1].get("risks", ())]
        return (
            sum(self._bit["span", id] for id in spans),
            sum(self._bit["site", id] for id in sites),
            self.risk_bits(risks),
        )

    def _closed(self, question: Question) -> int:
        closed = self.short_of(question.pairs)
        for element in question.without:
            closed |= self._spans_of(element)
        return closed

    def _spans_of(self, element: Element) -> int:
        """Return the bits of a span; of all that end at a site; of all in a risk group."""
        match str(element.kind):
            case "span":
                ids = {element.id}
            case "site":
                ids = {id for id, (ends, _) in self._spans.items() if element.id in ends}
            case _:
                ids = {id for id, (_, given) in self._spans.items() if element.id in given.get("risks", ())}
        return sum(self._bit["span", id] for id in ids)


class Pairs:
    """Every pair of these routes, a route with itself too: what the two share, and their length."""

    def __init__(self, all_routes: Possibilities, routes: np.ndarray, question: Question) -> None:
        self._question = question
        length, spans, sites = (each[routes] for each in (all_routes.length, all_routes.spans, all_routes.sites))
        risks = all_routes.risks[routes] & ~all_routes.risk_bits(question.exempt)
        shared_spans = spans[:, None] & spans
        self.total = length[:, None] + length
        self.shared = [np.bitwise_count(each[:, None] & each).astype(np.int64) for each in (risks, sites)]
        self.shared.append(np.bitwise_count(shared_spans).astype(np.int64))
        self.uses = [all_routes.uses(element)[routes] for element in question.must_use]
        self.has_pairs = (shared_spans & all_routes.short_of(2 * question.pairs)) == 0
        for uses in self.uses:
            self.has_pairs &= uses[:, None] | uses

    @property
    def is_diverse(self) -> np.ndarray:
        """Whether two routes share nothing that they must not."""
        risks, sites, spans = self.shared
        match self._question.diversity:
            case Diversity.SPAN:
                return spans == 0
            case Diversity.SITE:
                return spans + sites == 0
            case _:
                return spans + sites + risks == 0

    def best(self) -> Best:
        """Return the shortest diverse pair; else that which shares the fewest risks, sites, spans; else none."""
        diverse = self.is_diverse & self.has_pairs
        if diverse.any():
            return Best("found", total_um=int(self.total[diverse].min()))
        if not self.has_pairs.any():
            return Best("none")
        risks, sites, spans = self.shared
        order = ((risks * MOST + sites) * MOST + spans) * FAR + self.total
        at = np.where(self.has_pairs, order, np.iinfo(np.int64).max).argmin()
        return Best("partly_diverse", self._shared_at(at), int(self.total.flat[at]))

    def best_of_more(self, count: int) -> Best:
        """Return the shortest set of `count` routes of which any two are diverse, or none."""
        best, diverse, length = FAR, self.is_diverse, np.diagonal(self.total) // 2

        def add(taken: tuple[int, ...], candidates: np.ndarray) -> None:
            nonlocal best
            left, total = count - len(taken), int(length[list(taken)].sum())
            if left == 0:
                is_used = all(uses[list(taken)].any() for uses in self.uses)
                best = min(best, total) if is_used else best
                return
            for place, route in enumerate(candidates):  # shortest first
                if total + left * length[route] >= best:
                    return
                rest = candidates[place + 1 :]
                add((*taken, route), rest[diverse[route][rest]])

        add((), np.arange(len(length)))
        return Best("found", total_um=best) if best < FAR else Best("none")

    def _shared_at(self, at: np.intp) -> tuple[int, int, int]:
        risks, sites, spans = (int(each.flat[at]) for each in self.shared)
        return risks, sites, spans


# --- linear programs --------------------------------------------------------------------------------------------------


def least_totals(asked: Sequence[tuple[Network, Question]]) -> list[int | None]:
    """Return for each (network, question) the least total micrometres of its routes, None where there are none.

    One linear program for all of them side by side: a flow of as many units as there are routes, from site to site, at
    most one on a span and one through a site if routes share none. What can't flow takes a dear way beside the plant.
    """
    blocks = [_Block(net, question) for net, question in asked]
    balance, supply, cost, capacity = [], [], [], []
    rows = columns = 0
    for block in blocks:
        balance.append(block.incidence(rows, columns))
        supply.append(block.supply)
        cost.append(block.cost)
        capacity.append(block.capacity)
        rows, columns = rows + len(block.supply), columns + len(block.cost)
    at, value = np.hstack([each[:2] for each in balance]), np.hstack([each[2] for each in balance])
    matrix = coo_array((value, (at[0].astype(int), at[1].astype(int))), shape=(rows, columns)).tocsc()
    solved = linprog(
        np.concatenate(cost),
        A_eq=matrix,
        b_eq=np.concatenate(supply),
        bounds=np.column_stack([np.zeros(columns), np.concatenate(capacity)]),
        method="highs",
    )
    assert solved.status == 0, solved.message
    flows = np.split(solved.x, np.cumsum([len(each) for each in cost])[:-1])
    return [block.total(flow) for block, flow in zip(blocks, flows, strict=True)]


class _Block:
    """The flow problem of one question: two points for each site (as it is come to and left), and arcs between them."""

    def __init__(self, net: Network, question: Question) -> None:
        numbers = {id: number for number, id in enumerate(net.graph)}
        spans = [(numbers[a], numbers[z], length_m) for a, z, length_m in _usable(net, question)]
        a, z, length = (np.array(column) for column in zip(*spans, strict=True))
        sites, start, goal = np.arange(len(numbers)), numbers[question.a], numbers[question.z]
        through = np.where(np.isin(sites, (start, goal)) | (question.diversity is Diversity.SPAN), question.routes, 1)
        self.leaves = np.concatenate((2 * sites, 2 * a + 1, 2 * z + 1, [2 * start + 1]))
        self.reaches = np.concatenate((2 * sites + 1, 2 * z, 2 * a, [2 * goal]))
        self.length_um = np.concatenate((0 * sites, [micrometres(each) for each in (*length, *length)], [0]))
        dear = 1 + length.sum() * question.routes
        self.cost = np.concatenate((0 * sites, length, length, [dear]))
        self.capacity = np.concatenate((through, np.ones(2 * len(a)), [question.routes]))
        self.supply = np.zeros(2 * len(sites))
        self.supply[[2 * start + 1, 2 * goal]] = question.routes, -question.routes

    def incidence(self, row: int, column: int) -> np.ndarray:
        """Return rows, columns and values of what leaves (1) and reaches (-1) each point."""
        arcs = np.arange(len(self.cost)) + column
        leaving = np.vstack((self.leaves + row, arcs, np.ones(len(arcs))))
        reaching = np.vstack((self.reaches + row, arcs, -np.ones(len(arcs))))
        return np.hstack((leaving, reaching))

    def total(self, flow: np.ndarray) -> int | None:
        """Return the length of what flows, None if some of it had to go beside the plant."""
        whole = np.rint(flow)
        assert np.abs(flow - whole).max() < 1e-6  # corners of this polytope are whole numbers
        return None if whole[-1] else int((whole * self.length_um).sum())


def _usable(net: Network, question: Question) -> Iterator[tuple[str, str, float]]:
    """Yield ends and metres of the spans with enough free pairs that are not left out."""
    left_out = {(str(element.kind), element.id) for element in question.without}
    for a, z, id, given in net.graph.edges(keys=True, data=True):
        of_it = {("span", id), ("site", a), ("site", z), *(("risk", risk) for risk in given.get("risks", ()))}
        if not of_it & left_out and given.get("pairs", question.pairs) >= question.pairs:
            yield a, z, given["length_m"]
