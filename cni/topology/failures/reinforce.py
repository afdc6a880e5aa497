"""The cheapest new spans after which no single failure of a kind divides anything that hangs together today.

Each failure that divides the network leaves pieces. Those that were one before have to be joined again by new spans; so
of the new spans that leave any set of pieces that holds some of them and not all, at least one has to be chosen. There
are far too many such sets to write down, so the cheapest choice is sought for those known so far, and whatever it
leaves apart is one more; when it leaves nothing apart, it is the cheapest of all, proven.

A failure that not even all candidates together make good is told, and asks for nothing: the choice is the cheapest that
makes good all that can be made good.

Source: cut generation for survivable network design: Grötschel, Monma and Stoer, Design of survivable networks,
Handbooks in Operations Research 7 (1995), section 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cni.primitives.money import pounds
from cni.topology.engine.labels import label_plant
from cni.topology.failures.audit import audit
from cni.topology.failures.candidates import Candidate
from cni.topology.failures.covering import Cover, cover_cheaply
from cni.topology.network import Network
from cni.topology.questions import Diversity, Element, ElementKind

TIME_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Remaining:
    """Something that alone divides the network whatever is built, and why."""

    element: Element
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Reinforcement:
    """The cheapest candidates that make good every single failure, of the kind `against`, that can be made good.

    `cured` are those failures; `remaining` those that no candidates make good. `lower_bound_pence`: no choice that
    cures as much costs less; the choice is proven where it costs just that.
    """

    against: Diversity
    chosen: tuple[Candidate, ...]
    lower_bound_pence: int
    cured: tuple[Element, ...]
    remaining: tuple[Remaining, ...]

    @property
    def cost_pence(self) -> int:
        """What the chosen candidates cost together."""
        return sum(candidate.cost_pence for candidate in self.chosen)

    @property
    def proven_optimal(self) -> bool:
        """Whether it is proven that nothing cheaper cures as much."""
        return self.cost_pence == self.lower_bound_pence


def reinforce(
    network: Network, candidates: Sequence[Candidate], against: Diversity, time_limit_s: float = TIME_LIMIT_S
) -> Reinforcement:
    """Return the cheapest of these candidates; past the time limit, the cheapest found, and what none can be below."""
    failures = list(_failures(network, candidates, against))
    every = range(len(candidates))
    curable = [failure for failure in failures if failure.is_cured_by(every)]
    costs = [candidate.cost_pence for candidate in candidates]

    def left_apart(chosen: Sequence[int]) -> Iterator[frozenset[int]]:
        return chain.from_iterable(failure.unmet_by(chosen) for failure in curable)

    found = cover_cheaply(Cover(costs, left_apart, time_limit_s))
    return Reinforcement(
        against,
        chosen=tuple(candidates[number] for number in sorted(found.chosen)),
        lower_bound_pence=found.lower_bound,
        cured=tuple(failure.element for failure in curable),
        remaining=tuple(
            _remaining(network, failure, failure.pieces_left(every))
            for failure in failures
            if not failure.is_cured_by(every)
        ),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Failure:
    """The pieces that are left when an element fails, by number.

    `together` are sets of pieces that were one before; `joins` are the pieces that each candidate would join, by its
    number, those left out that would end at the element itself or within one piece.
    """

    element: Element
    piece: NDArray[np.int32]
    together: tuple[frozenset[int], ...]
    joins: dict[int, tuple[int, int]]

    def is_cured_by(self, chosen: Iterable[int]) -> bool:
        """Tell whether these candidates join again all that were one before."""
        return next(self.pieces_left(chosen), None) is None

    def unmet_by(self, chosen: Iterable[int]) -> Iterator[frozenset[int]]:
        """Yield sets of candidates of each of which at least one is needed besides those chosen."""
        for joined in self.pieces_left(chosen):
            yield frozenset(each for each, (a, z) in self.joins.items() if (a in joined) != (z in joined))

    def pieces_left(self, chosen: Iterable[int]) -> Iterator[frozenset[int]]:
        """Yield the sets of pieces that these candidates join into one and that are still apart from their others."""
        part_of: dict[int, set[int]] = {}
        for a, z in (self.joins[each] for each in chosen if each in self.joins):
            one, other = part_of.setdefault(a, {a}), part_of.setdefault(z, {z})
            if one is not other:
                one |= other
                part_of.update(dict.fromkeys(other, one))
        told = set()
        for group in self.together:
            for piece in group:
                joined = frozenset(part_of.get(piece, {piece}))
                if joined not in told and not group <= joined:
                    told.add(joined)
                    yield joined


def _failures(network: Network, candidates: Sequence[Candidate], against: Diversity) -> Iterator[_Failure]:
    """Yield each failure of the kind that divides the network, by id."""
    view = network.view
    ends = [(view.site_numbers[each.a], view.site_numbers[each.z]) for each in candidates]
    before = view.labels.component
    for element, spans, gone in _dividing(network, against):
        closed = np.zeros(len(view.span_ids), np.uint8)
        closed[spans] = 1
        piece = label_plant(view.arrays, closed).component
        stays = np.arange(len(piece)) != gone
        divided = np.unique(np.stack([before[stays], piece[stays]]), axis=1)
        parts, counts = np.unique(divided[0], return_counts=True)
        together = tuple(frozenset(divided[1][divided[0] == part].tolist()) for part in parts[counts > 1])
        joins = {
            number: (int(piece[a]), int(piece[z]))
            for number, (a, z) in enumerate(ends)
            if gone not in (a, z) and piece[a] != piece[z]
        }
        yield _Failure(element, piece, together, joins)


def _dividing(network: Network, against: Diversity) -> Iterator[tuple[Element, Any, int]]:
    """Yield each element that alone divides the network, the spans that fail with it, and the site (-1: none)."""
    view, found = network.view, audit(network)
    match against:
        case Diversity.SPAN:
            for span in sorted(found.bridges.tolist(), key=view.span_ids.__getitem__):
                yield Element(ElementKind.SPAN, view.span_ids[span]), [span], -1
        case Diversity.SITE:
            first, spans = view.arrays.first_arc, view.arrays.arc_span
            for site in sorted(found.articulation_sites.tolist(), key=view.site_ids.__getitem__):
                yield Element(ElementKind.SITE, view.site_ids[site]), spans[first[site] : first[site + 1]], site
        case Diversity.RISK:
            for risk in sorted(found.single_point_risks.tolist(), key=view.risk_ids.__getitem__):
                yield Element(ElementKind.RISK, view.risk_ids[risk]), view.spans_of_risks.members(risk), -1


def _remaining(network: Network, failure: _Failure, left: Iterable[frozenset[int]]) -> Remaining:
    """Return what remains of a failure when all candidates are built: the smallest part that stays apart."""
    parts = [np.flatnonzero(np.isin(failure.piece, list(pieces))).tolist() for pieces in left]
    sites = min(
        (sorted(network.view.site_ids[site] for site in part) for part in parts), key=lambda ids: (len(ids), ids)
    )
    more = f" and {len(sites) - 1:,} more" if sites[1:] else ""
    name = network.name(failure.element.kind, failure.element.id)
    why = (
        f"When {name} fails, no candidate joins {network.site_name(sites[0])}{more}"
        f" to the rest of what {'it was' if not more else 'they were'} joined to."
    )
    return Remaining(failure.element, name, why)


def reinforcement_as_json(found: Reinforcement) -> dict[str, Any]:
    """Return the advice in the shape that `cni reinforce --json` prints; `found`: nothing alone divides any more."""
    return {
        "outcome": "none" if found.remaining else "found",
        "against": str(found.against),
        "candidates": [
            {"row": each.row, "a": each.a, "z": each.z, "cost_pence": each.cost_pence, "length_m": each.length_m}
            for each in found.chosen
        ],
        "cost_pence": found.cost_pence,
        "lower_bound_pence": found.lower_bound_pence,
        "proven_optimal": found.proven_optimal,
        "cured": [{"kind": str(each.kind), "id": each.id} for each in found.cured],
        "remaining": [
            {"kind": str(each.element.kind), "id": each.element.id, "name": each.name, "why": each.why}
            for each in found.remaining
        ],
    }


def explain_reinforcement(found: Reinforcement) -> tuple[str, ...]:
    """Return the advice in words, a sentence each."""
    kind = {Diversity.SPAN: "span", Diversity.SITE: "site", Diversity.RISK: "risk group"}[found.against]
    if not found.cured and not found.remaining:
        return (f"No single {kind} that fails divides the network, so nothing has to be built.",)
    cured, remaining = len(found.cured), len(found.remaining)
    is_one = cured + remaining == 1
    sentences = [f"{cured + remaining:,} {kind}{' alone divides' if is_one else 's alone divide'} the network."]
    if found.cured:
        proof = "and nothing cheaper does" if found.proven_optimal else "nothing can for less than "
        proof += "" if found.proven_optimal else pounds(found.lower_bound_pence)
        sentences.append(f"For {pounds(found.cost_pence)} the candidates below make good {cured:,} of them, {proof}.")
        sentences += [f"Row {each.row}: {each.a} – {each.z}, {pounds(each.cost_pence)}." for each in found.chosen]
    return (*sentences, *(each.why for each in found.remaining))
