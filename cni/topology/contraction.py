"""A network made small without changing which single failures divide it.

What no single failure of the kind can take apart becomes one *lump*; only the spans, sites or risk groups that divide
something by themselves are left to tell. A country's plant shrinks to its bridges, or to its blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cni.topology.audit import audit
from cni.topology.labels import label_plant
from cni.topology.network import Network
from cni.topology.questions import Diversity, Element, ElementKind
from cni.topology.view import Int32s, Mask, View

Link = tuple[int, int]
"""Two lumps that a span, or the passage between a site and a block, joins."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A thing whose failure divides something: the links that go with it, and the lump, where it is a site."""

    element: Element
    links: frozenset[int]
    lump: int | None = None


@dataclass(frozen=True)
class Contraction:
    """Lumps by number, the links between them, the lump of each site, and the failures that divide something."""

    lumps: int
    links: Sequence[Link]
    lump_of_site: Int32s
    failures: Sequence[Failure]

    def parts_without(self, failure: Failure | None, more: Iterable[Link] = ()) -> list[int]:
        """Return which part each lump is in when this has failed and these links are added: parts by a lump of each."""
        parts = list(range(self.lumps))
        gone, lump = (frozenset[int](), None) if failure is None else (failure.links, failure.lump)
        for number, link in enumerate(self.links):
            if number not in gone:
                _join(parts, link)
        for link in more:
            if lump not in link:
                _join(parts, link)
        return [_root(parts, each) for each in range(self.lumps)]


def contract(network: Network, against: Diversity) -> Contraction:
    """Return the network as small as it can be made for failures of a kind."""
    return _by_blocks(network.view) if against is Diversity.SITE else _by_spans(network, against)


def _by_spans(network: Network, against: Diversity) -> Contraction:
    """Lumps are what hangs together without any of the spans that fail; those spans are the links."""
    view, groups = network.view, _failing_groups(network, against)
    failing = np.unique(np.concatenate([*groups.values(), np.empty(0, np.int32)])).astype(np.int32)
    closed: Mask = np.zeros(len(view.span_ids), np.uint8)
    closed[failing] = 1
    lump_of_site = label_plant(view.arrays, closed).component
    links = [(int(lump_of_site[view.arrays.end_a[span]]), int(lump_of_site[view.arrays.end_z[span]])) for span in failing]
    number = {int(span): place for place, span in enumerate(failing)}
    failures = [Failure(each, frozenset(number[int(span)] for span in spans)) for each, spans in groups.items()]
    return Contraction(int(lump_of_site.max(initial=-1)) + 1, links, lump_of_site, failures)


def _failing_groups(network: Network, against: Diversity) -> dict[Element, Int32s]:
    view, found = network.view, audit(network)
    if against is Diversity.SPAN:
        spans = np.asarray(found.bridges, np.int32)
        return {Element(ElementKind.SPAN, view.span_ids[span]): np.array([span], np.int32) for span in spans}
    risks = [int(risk) for risk in found.single_point_risks]
    return {Element(ElementKind.RISK, view.risk_ids[risk]): view.spans_of_risks.members(risk) for risk in risks}


def _by_blocks(view: View) -> Contraction:
    """Lumps are the articulation sites and the blocks, an articulation site being linked to each of its blocks."""
    labels = view.labels
    cut_sites = np.flatnonzero(labels.is_articulation)
    lump_of_site = np.full(len(view.site_ids), -1, np.int32)
    first_block = int(len(cut_sites))
    blocks = int(labels.block.max(initial=-1)) + 1
    for ends in (view.arrays.end_a, view.arrays.end_z):
        lump_of_site[ends] = first_block + labels.block
    lump_of_site[cut_sites] = np.arange(first_block)
    alone = np.flatnonzero(lump_of_site < 0)
    lump_of_site[alone] = first_block + blocks + np.arange(len(alone))
    links = sorted(set(_passages(view, first_block)))
    of_site: dict[int, set[int]] = {}
    for number, (site, _) in enumerate(links):
        of_site.setdefault(site, set()).add(number)
    failures = [
        Failure(Element(ElementKind.SITE, view.site_ids[site]), frozenset(of_site.get(lump, ())), lump)
        for lump, site in enumerate(cut_sites.tolist())
    ]
    return Contraction(first_block + blocks + len(alone), links, lump_of_site, failures)


def _passages(view: View, first_block: int) -> Iterator[Link]:
    is_cut, block = view.labels.is_articulation, view.labels.block
    lump = np.cumsum(is_cut) - 1
    for ends in (view.arrays.end_a, view.arrays.end_z):
        spans = np.flatnonzero(is_cut[ends] == 1)
        yield from zip(lump[ends[spans]].tolist(), (first_block + block[spans]).tolist(), strict=True)


def _root(parts: list[int], lump: int) -> int:
    while parts[lump] != lump:
        parts[lump] = parts[parts[lump]]
        lump = parts[lump]
    return lump


def _join(parts: list[int], link: Link) -> None:
    a, z = (_root(parts, lump) for lump in link)
    parts[max(a, z)] = min(a, z)
