"""The audit of a whole network: what divides it by itself, two by two or as a risk group, and how each site stands.

A site is held against the *core*: the largest part that no single site or span divides (see `exposure`). Weakest first
it is

- `unjoined`: no route leads to the core;
- `span`: a single span that fails cuts it off from the core, that is, leaves it with no more than half of it;
- `site`: no single span does, but a single other site that fails;
- `risk`: neither, but a single risk group;
- `sound`: nothing that fails alone cuts it off.

Where there is no core, because every span is a bridge, all sites are `unjoined`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cni.topology.engine.compiled import compiled
from cni.topology.engine.labels import NONE, Labels, label_open, open_plant
from cni.topology.engine.severing import Core, sever
from cni.topology.engine.sketch import Classes, sketch_plant
from cni.topology.engine.view import Int32s, Mask, View
from cni.topology.failures.exposure import Standing
from cni.topology.network import Network

STANDINGS = tuple(Standing)
"""Weakest first; an audit tells a site's standing by its place here."""


@dataclass(frozen=True, eq=False)
class Audit:
    """What was found, by the numbers of `view`.

    Any two spans of one of the `alike` divide the network together, though neither does alone.
    """

    view: View
    bridges: Int32s
    articulation_sites: Int32s
    single_point_risks: Int32s
    two_edge_connected_components: int
    alike: Classes
    core_sites: int
    standing: Mask
    """n: place in `STANDINGS`"""

    @property
    def two_span_cuts(self) -> int:
        """How many pairs of spans divide the network together, though neither of the two does alone."""
        sizes = np.diff(self.alike.first).astype(np.int64)
        return int((sizes * (sizes - 1) // 2).sum())


def audit(network: Network, closed: Mask | None = None, on_progress: Callable[[str], None] | None = None) -> Audit:
    """Return the audit of a network, of what is left of it where some spans are `closed`.

    A closed span is in no answer. `on_progress` is told what is looked for next.
    """
    view, tell = network.view, on_progress or (lambda _: None)
    plant = open_plant(view.arrays, view.nothing_closed if closed is None else closed)
    tell("bridges and articulation sites")
    labels = label_open(plant)
    tell("pairs of spans")
    words, alike = sketch_plant(plant, labels)
    tell("risk groups")
    core = find_core(view, labels)
    severed = sever(plant, labels, words, (view.spans_of_risks.first, view.spans_of_risks.member), core)
    return Audit(
        view,
        bridges=_numbers(labels.is_bridge),
        articulation_sites=_numbers(labels.is_articulation),
        single_point_risks=_numbers(severed.by_group),
        two_edge_connected_components=int(labels.two_edge.max(initial=-1)) + 1,
        alike=alike,
        core_sites=core.sites,
        standing=_standings(labels, core, severed.is_cut_off),
    )


def find_core(view: View, labels: Labels) -> Core:
    """Return the core: the largest part that no single site or span divides, of several the first by its ids."""
    sizes = _sites_of_blocks(labels)
    if not sizes.any():
        return Core(np.zeros(len(view.site_ids), np.uint8), 0, -1)
    block = _first_block(view, labels, np.flatnonzero(sizes == sizes.max()))
    has_site = _sites_of_block(labels, block)
    return Core(has_site, int(sizes[block]), int(labels.two_edge[has_site.argmax()]))


@compiled
def _sites_of_blocks(labels: Labels) -> Int32s:
    """Return by block how many sites it has, 0 for bridges: one more than it has spans of the tree."""
    sizes = np.zeros(len(labels.block), np.int32)
    for span in labels.walk.entered_by:
        if span >= 0 and labels.is_bridge[span] == 0:
            block = labels.block[span]
            sizes[block] += 1 if sizes[block] else 2
    return sizes


@compiled
def _sites_of_block(labels: Labels, block: int) -> Mask:
    walk, has_site = labels.walk, np.zeros(len(labels.component), np.uint8)
    for place in range(len(walk.order)):
        span = walk.entered_by[place]
        if span >= 0 and labels.block[span] == block:
            has_site[walk.order[place]] = has_site[walk.order[walk.above[place]]] = 1
    return has_site


def _first_block(view: View, labels: Labels, blocks: NDArray[np.int64]) -> int:
    """Return of several blocks, no two of the same sites, that whose sites come first in the order of ids."""
    if len(blocks) == 1:
        return int(blocks[0])
    sites = defaultdict[int, set[str]](set)
    for span in np.flatnonzero(np.isin(labels.block, blocks)).tolist():
        ends = (view.arrays.end_a[span], view.arrays.end_z[span])
        sites[int(labels.block[span])].update(view.site_ids[end] for end in ends)
    return min(sites, key=lambda block: sorted(sites[block]))


@compiled
def _standings(labels: Labels, core: Core, is_cut_off: Mask) -> Mask:
    """Return each site's place in `STANDINGS`."""
    standing = np.zeros(len(labels.component), np.uint8)
    component = NONE
    for site in range(len(standing)):
        if core.has_site[site]:
            component = labels.component[site]
            break
    for site in range(len(standing)):
        if core.has_site[site]:
            standing[site] = 4 - is_cut_off[site]
        elif core.sites and labels.two_edge[site] == core.two_edge:
            standing[site] = 2
        elif core.sites and labels.component[site] == component:
            standing[site] = 1
    return standing


def audit_as_json(found: Audit, *, with_cuts: bool = False) -> dict[str, Any]:
    """Return an audit in the shape that `cni audit --json` prints, ids in order; `with_cuts` lists the 2-span cuts."""
    view = found.view
    cuts: dict[str, Any] = {"count": found.two_span_cuts}
    if with_cuts:
        cuts["cuts"] = sorted(_pairs(found))
    standing = {place: (found.standing == place).view(np.uint8) for place in range(len(STANDINGS))}
    return {
        "bridges": _ids(view.span_ids, found.bridges),
        "articulation_sites": _ids(view.site_ids, found.articulation_sites),
        "single_point_risks": _ids(view.risk_ids, found.single_point_risks),
        "two_edge_connected_components": found.two_edge_connected_components,
        "two_span_cuts": cuts,
        "core_sites": found.core_sites,
        "sites_by_resilience": {
            str(STANDINGS[place]): _ids(view.site_ids, _numbers(has)) for place, has in standing.items()
        },
    }


def explain_audit(found: Audit) -> tuple[str, ...]:
    """Return an audit in words, a sentence each."""
    counts = np.bincount(found.standing, minlength=len(STANDINGS)).tolist()
    unjoined, span, site, risk, sound = counts
    core = f"the core, {found.core_sites:,} sites that no single site or span divides"
    return (
        f"{_count(found.bridges, 'span')} whose failure alone divides the network: bridges.",
        f"{_count(found.articulation_sites, 'site')} whose failure alone divides it: articulation sites.",
        f"{_count(found.single_point_risks, 'risk group')} whose failure alone divides it.",
        f"{found.two_span_cuts:,} pairs of spans divide it that neither of the two divides alone.",
        f"It has {found.two_edge_connected_components:,} parts that no single span divides.",
        *(
            ()
            if not found.core_sites
            else (
                f"Of {len(found.standing):,} sites, {sound:,} keep most of {core}, whatever fails alone;"
                f" {risk:,} lose it with one risk group, {site:,} with one site, {span:,} with one span,"
                f" {unjoined:,} have no route to it.",
            )
        ),
    )


def _pairs(found: Audit) -> list[list[str]]:
    first = found.alike.first.tolist()
    ids = [found.view.span_ids[span] for span in found.alike.member.tolist()]
    return [list(pair) for begin, end in pairwise(first) for pair in combinations(sorted(ids[begin:end]), 2)]


def _numbers(mask: Mask) -> Int32s:
    return np.flatnonzero(mask.view(np.bool_)).astype(np.int32)


def _ids(ids: Sequence[str], numbers: Int32s) -> list[str]:
    return sorted(ids[number] for number in numbers.tolist())


def _count(found: Int32s, word: str) -> str:
    return f"{len(found):,} {word}{'' if len(found) == 1 else 's'}"
