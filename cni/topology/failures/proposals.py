"""Candidates to begin with: new spans straight over the map between sites that lie near each other.

They are indicative only: no way on the ground is known, no permission, no survey. A pair of sites is proposed where a
new span between them could cure something: the two are not yet joined by two ways of the kind asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cni.primitives.errors import Invalid, Problem
from cni.primitives.geo import Position
from cni.topology.engine.view import View
from cni.topology.ground.plane import Floats, Plane
from cni.topology.network import Network
from cni.topology.questions import Diversity

Numbers = NDArray[np.signedinteger[Any]]

MOST_PROPOSED = 5_000
"""More would take longer to choose from than somebody who waits for a page has patience."""


class Proposed(NamedTuple):
    """Two sites that a new span could join, and the metres between them, straight and rounded up."""

    a: str
    z: str
    length_m: int


def propose_spans(
    network: Network, within_m: float, against: Diversity, places: Mapping[str, Position] | None = None
) -> list[Proposed]:
    """Return the pairs of sites at most so many metres apart that a single failure parts, by their ids.

    `against` says of what kind the failure is. `places` says where sites are taken to be, None: where the network has
    them. Sites without a place are left out.

    Raises:
        Invalid: there are more than 5,000 such pairs.
    """
    from scipy.spatial import KDTree  # late: a large library

    view = network.view
    if places is None:
        nodes = network.graph.nodes(data=True)
        places = {site: (given["lon"], given["lat"]) for site, given in nodes if "lon" in given}
    placed = [site for site in view.site_ids if site in places]
    if len(placed) < 2:
        return []
    positions = np.array([places[site] for site in placed], np.float64)
    plane = Plane.over(positions)
    near = KDTree(plane.project(positions)).query_pairs(within_m * plane.stretch, output_type="ndarray")
    is_parted = _parted(view, against)
    numbers = [view.site_numbers[site] for site in placed]
    pairs = [(one, other) for one, other in near.tolist() if is_parted(numbers[one], numbers[other])]
    proposed = [
        Proposed(min(placed[one], placed[other]), max(placed[one], placed[other]), ceil(length_m))
        for (one, other), length_m in zip(pairs, _metres(positions, pairs), strict=True)
        if length_m <= within_m
    ]
    if len(proposed) > MOST_PROPOSED:
        message = f"{len(proposed):,} pairs of sites are that near to each other."
        remedy = f"Give a smaller distance, for {MOST_PROPOSED:,} pairs at most, or candidates of your own."
        raise Invalid.from_problems([Problem("too_many", message, remedy, "within_m")])
    return sorted(proposed)


def _metres(positions: Floats, pairs: list[tuple[int, int]]) -> list[float]:
    """Return the geodesic metres between pairs of positions."""
    from pyproj import Geod

    ends = np.array(pairs, np.int64).reshape(-1, 2)
    a, z = positions[ends[:, 0]], positions[ends[:, 1]]
    _, _, metres = Geod(ellps="WGS84").inv(a[:, 0], a[:, 1], z[:, 0], z[:, 1])
    return [float(each) for each in metres]


def _parted(view: View, against: Diversity) -> Callable[[int, int], bool]:
    """Return what tells of two sites in one component whether a failure of the kind could part them."""
    component = view.labels.component
    if against is Diversity.SPAN:
        label = view.labels.two_edge
        return lambda one, other: bool(component[one] == component[other] and label[one] != label[other])
    groups = _neighbours(view) if against is Diversity.RISK else _blocks_of_sites(view)
    return lambda one, other: bool(component[one] == component[other]) and not groups[one] & groups[other]


def _blocks_of_sites(view: View) -> list[set[int]]:
    """Return the blocks of each site; two sites of one block, unless that is a bridge, no single site parts."""
    sound = np.flatnonzero(view.labels.is_bridge == 0)
    return _gathered(view, sound, view.labels.block[sound])


def _neighbours(view: View) -> list[set[int]]:
    """Return the spans of each site: two sites with a span in common are joined already."""
    every = np.arange(len(view.span_ids))
    return _gathered(view, every, every)


def _gathered(view: View, spans: Numbers, labels: Numbers) -> list[set[int]]:
    gathered: list[set[int]] = [set() for _ in view.site_ids]
    for ends in (view.arrays.end_a, view.arrays.end_z):
        for site, label in zip(ends[spans].tolist(), labels.tolist(), strict=True):
            gathered[site].add(label)
    return gathered
