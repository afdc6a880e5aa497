"""Networks to measure on, made up but shaped like fibre: the same ones for the same size and seed, everywhere.

Sites lie scattered over a box the size of Great Britain. Spans are the short neighbourly ones of a Delaunay
triangulation (its Gabriel graph), thinned to three a site without coming apart; a hundredth have a second span beside
them, and a few have no length, as registers have. Numbers stand for sites and spans, so that any library can be given
the same network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay, cKDTree

from cni.topology.network import Network, Site, Span, build_network

Int64s = NDArray[np.int64]
Floats = NDArray[np.float64]

WEST, SOUTH = -6.0, 50.0
WIDTH_KM, HEIGHT_KM = 550.0, 1000.0
KM_PER_DEGREE = 111.2
KM_PER_DEGREE_EAST = 66.0
"""Half way up Great Britain."""

SPANS_PER_SITE = 3.03 / 2
DETOUR = (1.05, 1.6)
"""How much longer a cable is than the straight line: from, to."""
PARALLEL = 0.01
ZERO_LENGTH = 0.002
MM_PER_KM = 1_000_000


@dataclass(frozen=True)
class Plant:
    """n sites at `east_km` and `north_km`, and m spans between the sites `a` and `z`, `length_mm` long."""

    east_km: Floats
    north_km: Floats
    a: Int64s
    z: Int64s
    length_mm: Int64s

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return len(self.east_km)

    def site_id(self, number: int) -> str:
        """Return the id of a site in the network made of this."""
        return f"S{number}"

    def without(self, closed: NDArray[np.uint8]) -> Plant:
        """Return the same without the spans that are 1 in `closed`."""
        kept = closed == 0
        return Plant(self.east_km, self.north_km, self.a[kept], self.z[kept], self.length_mm[kept])

    def in_order(self, order: Int64s) -> Plant:
        """Return the same with its sites in another order, and its spans in the order of their ends."""
        place = np.empty_like(order)
        place[order] = np.arange(self.sites)
        a, z = place[self.a], place[self.z]
        spans = np.lexsort((np.maximum(a, z), np.minimum(a, z)))
        return Plant(self.east_km[order], self.north_km[order], a[spans], z[spans], self.length_mm[spans])

    def morton_order(self) -> Int64s:
        """Return the sites along a Z-curve over the map."""
        return np.argsort(_spread(self.east_km) | _spread(self.north_km) << 1, kind="stable")


def _spread(coordinates: Floats) -> Int64s:
    """Return coordinates, from the least to the most, as whole numbers of 16 bits, with an empty bit above each bit."""
    bits = ((coordinates - coordinates.min()) / max(np.ptp(coordinates), 1e-9) * 0xFFFF).astype(np.int64)
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        bits = (bits | bits << shift) & mask
    return bits


def make_plant(sites: int, seed: int = 3) -> Plant:
    """Return a plant of so many sites, at least 10."""
    chance = np.random.default_rng([seed, sites])
    places = chance.uniform((0, 0), (WIDTH_KM, HEIGHT_KM), (sites, 2))
    ends = _thinned(_gabriel(places), places, chance)
    ends = np.concatenate([ends, chance.choice(ends, max(1, round(len(ends) * PARALLEL)), replace=False)])
    ends = chance.permuted(ends, axis=1)

    straight_km = np.linalg.norm(places[ends[:, 0]] - places[ends[:, 1]], axis=1)
    length_mm = np.rint(straight_km * chance.uniform(*DETOUR, len(ends)) * MM_PER_KM).astype(np.int64)
    length_mm[chance.random(len(ends)) < ZERO_LENGTH] = 0
    return Plant(places[:, 0].copy(), places[:, 1].copy(), ends[:, 0].copy(), ends[:, 1].copy(), length_mm)


def _gabriel(places: Floats) -> Int64s:
    """Return the pairs of sites with no third in the circle between them: none but sharp corners face them."""
    corners = Delaunay(places).simplices.astype(np.int64)
    sides, blunt = [], []
    for opposite in range(3):
        u, v, w = (corners[:, (opposite + turn) % 3] for turn in (1, 2, 0))
        sides.append(np.minimum(u, v) * len(places) + np.maximum(u, v))
        blunt.append(np.einsum("ij,ij->i", places[u] - places[w], places[v] - places[w]) < 0)
    keys, number = np.unique(np.concatenate(sides), return_inverse=True)
    is_gabriel = np.bincount(number, np.concatenate(blunt)) == 0
    return np.stack(np.divmod(keys[is_gabriel], len(places)), axis=1)


def _thinned(ends: Int64s, places: Floats, chance: np.random.Generator) -> Int64s:
    """Return as many of these spans as there are to be, among them those of the shortest tree."""
    n = len(places)
    lengths = np.linalg.norm(places[ends[:, 0]] - places[ends[:, 1]], axis=1)
    tree = minimum_spanning_tree(coo_array((lengths, (ends[:, 0], ends[:, 1])), shape=(n, n)).tocsr()).tocoo()
    in_tree = np.isin(ends[:, 0] * n + ends[:, 1], tree.row.astype(np.int64) * n + tree.col)
    others = np.flatnonzero(~in_tree)
    wanted = round(n * SPANS_PER_SITE / (1 + PARALLEL)) - int(in_tree.sum())
    in_tree[chance.choice(others, min(wanted, len(others)), replace=False)] = True
    return ends[in_tree]


# Risk groups


def ducts(plant: Plant, seed: int = 5) -> list[Int64s]:
    """Return groups of spans that share a duct: two or three that leave a site together, or a run of two to five.

    There is one exit for every four sites, and one run for every eight.
    """
    chance = np.random.default_rng([seed, plant.sites])
    leaving = _spans_of_sites(plant)
    crossings = np.flatnonzero([len(spans) > 2 for spans in leaving])
    exits = chance.choice(crossings, min(plant.sites // 4, len(crossings)), replace=False)
    groups = [chance.choice(leaving[site], chance.integers(2, 4), replace=False) for site in exits]
    starts = chance.integers(0, len(plant.a), plant.sites // 8)
    return groups + [_run(plant, leaving, int(start), chance) for start in starts]


def _spans_of_sites(plant: Plant) -> list[Int64s]:
    sites = np.concatenate([plant.a, plant.z])
    order = np.argsort(sites, kind="stable")
    return np.split(order % len(plant.a), np.cumsum(np.bincount(sites, minlength=plant.sites))[:-1])


def _run(plant: Plant, leaving: list[Int64s], start: int, chance: np.random.Generator) -> Int64s:
    """Return spans one after another, straight on by chance."""
    spans, site = [start], int(plant.z[start])
    for _ in range(chance.integers(1, 5)):
        onward = [span for span in leaving[site].tolist() if span not in spans]
        if not onward:
            break
        spans.append(int(chance.choice(onward)))
        site = int(plant.a[spans[-1]] + plant.z[spans[-1]] - site)
    return np.array(spans, dtype=np.int64)


def colocated(plant: Plant, seed: int = 7) -> list[Int64s]:
    """Return groups of spans that lie close together, whoever's they are: two to five of the eight next to a place.

    There is one group for every eight sites.
    """
    chance = np.random.default_rng([seed, plant.sites])
    middles = np.stack(
        [plant.east_km[plant.a] + plant.east_km[plant.z], plant.north_km[plant.a] + plant.north_km[plant.z]]
    )
    tree = cKDTree(middles.T / 2)
    _, near = tree.query(chance.uniform((0, 0), (WIDTH_KM, HEIGHT_KM), (max(1, plant.sites // 8), 2)), k=8)
    return [chance.choice(spans, chance.integers(2, 6), replace=False) for spans in near]


# As this project's network


def sites_of(plant: Plant) -> Iterator[Site]:
    """Yield the sites with their places in WGS84 degrees."""
    lon = np.round(WEST + plant.east_km / KM_PER_DEGREE_EAST, 6).tolist()
    lat = np.round(SOUTH + plant.north_km / KM_PER_DEGREE, 6).tolist()
    for number in range(plant.sites):
        yield Site(plant.site_id(number), lon=lon[number], lat=lat[number])


def spans_of(plant: Plant, groups: Sequence[Int64s] = ()) -> Iterator[Span]:
    """Yield the spans, each with the ids of the risk groups that it is in."""
    risks: dict[int, list[str]] = {}
    for number, spans in enumerate(groups):
        for span in spans.tolist():
            risks.setdefault(span, []).append(f"R{number}")
    rows = zip(plant.a.tolist(), plant.z.tolist(), plant.length_mm.tolist(), strict=True)
    for number, (a, z, mm) in enumerate(rows):
        yield Span(f"L{number}", plant.site_id(a), plant.site_id(z), mm / 1000, risks=tuple(risks.get(number, ())))


def network_of(plant: Plant, groups: Sequence[Int64s] = ()) -> Network:
    """Return the network of this plant, with these risk groups."""
    return build_network(sites_of(plant), spans_of(plant, groups))


# Networks of others


def topohub_plant(name: str) -> Plant:
    """Return a network of the collection topohub: real and generated ones, with lengths in hundredths of kilometres."""
    import topohub  # late: only developers have it

    document = topohub.get(name)
    numbers = {node["id"]: number for number, node in enumerate(document["nodes"])}
    degrees = np.array([node["pos"] for node in document["nodes"]], dtype=float) - (WEST, SOUTH)
    ends = np.array([(numbers[edge["source"]], numbers[edge["target"]]) for edge in document["edges"]], dtype=np.int64)
    lengths_km = np.array([edge["dist"] for edge in document["edges"]], dtype=float)
    east_km, north_km = degrees[:, 0] * KM_PER_DEGREE_EAST, degrees[:, 1] * KM_PER_DEGREE
    return Plant(east_km, north_km, ends[:, 0], ends[:, 1], np.rint(lengths_km * MM_PER_KM).astype(np.int64))


def any_pairs(plant: Plant, count: int, seed: int = 13) -> Int64s:
    """Return (count, 2) sites: the ends of each pair are two, and chosen by chance."""
    chance = np.random.default_rng([seed, plant.sites])
    return np.array([chance.choice(plant.sites, 2, replace=False) for _ in range(count)], dtype=np.int64)


def far_pairs(plant: Plant, count: int, seed: int = 11) -> Int64s:
    """Return (count, 2) sites: the ends of a pair lie in opposite quarters of the map."""
    chance = np.random.default_rng([seed, plant.sites])
    east, north = plant.east_km > WIDTH_KM / 2, plant.north_km > HEIGHT_KM / 2
    pairs = []
    for number in range(count):
        quarter = (east & north, east & ~north)[number % 2]
        opposite = (~east & ~north, ~east & north)[number % 2]
        pairs.append([chance.choice(np.flatnonzero(side)) for side in (quarter, opposite)])
    return np.array(pairs, dtype=np.int64)
