"""Plant cut into vector tiles, of what some eyes see of it.

A tile has the layers sites and spans; each feature has its `code`, a site its `name` and `kind` too. A tile of a large
area would hold thousands of things that nobody can tell apart: it has the most important sites and the longest spans
alone, as they are shown, so that what is left out tells nothing.

Source: Mapbox Vector Tile Specification 2.1, through the library mapbox-vector-tile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely
from numpy.typing import NDArray

from cni.assets.planes import Bounds, Plane, Positions
from cni.assets.seen_plant import Numbers, SeenPlant

EXTENT = 4096
MARGIN = 128
"""How far, of `EXTENT`, lines go on beyond a tile's edge, so that their ends are not seen."""
COARSE, FINE = 8, 2
"""How far, of `EXTENT`, a bend may lie off a simplified line: in tiles of large areas, and in the others."""

WHOLE_FROM = 10
"""From this zoom on a tile has all there is, as far as `MOST_NEAR` goes; below it, `MOST_FAR`."""
MOST_FAR, MOST_NEAR = 1_500, 4_000
DEEPEST = 16

Objects = NDArray[np.object_]
_OPTIONS = {"extents": EXTENT, "y_coord_down": True, "check_winding_order": False}


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A tile as it is sent, and what is in it, by numbers in the plant's lists."""

    data: bytes
    sites: Numbers
    spans: Numbers


def cut_tile(plant: SeenPlant, plane: Plane, zoom: int, column: int, row: int) -> Tile:
    """Return a tile of a plane; one with nothing in it is empty."""
    bounds = plane.tile(zoom, column, row)
    width = bounds[2] - bounds[0]
    around = plane.in_degrees(_wider(bounds, width * MARGIN / EXTENT))
    most = MOST_NEAR if zoom >= WHOLE_FROM else MOST_FAR
    sites = _first(plant.site_tree.query(around), plant.site_ranks, most)
    spans = _first(plant.span_tree.query(around), plant.span_ranks, most)
    points, lines = (_on_tile(of[some], plane, bounds) for of, some in ((plant.sites, sites), (plant.spans, spans)))
    lines = shapely.simplify(lines, FINE if zoom >= WHOLE_FROM else COARSE)
    layers = [
        _layer("sites", points, [_site(plant, number) for number in sites.tolist()]),
        _layer("spans", lines, [{"code": plant.records.spans[number].code} for number in spans.tolist()]),
    ]
    data = mapbox_vector_tile.encode([each for each in layers if each["features"]], default_options=_OPTIONS)
    return Tile(data, sites, spans)


_EDGES = (-MARGIN, -MARGIN, EXTENT + MARGIN, EXTENT + MARGIN)


def _wider(bounds: Bounds, by: float) -> Bounds:
    west, south, east, north = bounds
    return west - by, south - by, east + by, north + by


def _site(plant: SeenPlant, number: int) -> dict[str, str]:
    site = plant.records.sites[number]
    return {"code": site.code, "name": site.name, "kind": site.kind.value}


def _first(found: NDArray[Any], ranks: Numbers, most: int) -> Numbers:
    """Return the `most` that rank first, in their order in the list."""
    if len(found) > most:
        found = found[np.argpartition(ranks[found], most)[:most]]
    return np.sort(found).astype(np.int64)


def _on_tile(geometries: Objects, plane: Plane, bounds: Bounds) -> Objects:
    """Return geometries in the units of a tile, downwards from its north-west corner; None for what is off it."""
    west, _south, east, north = bounds
    scale = EXTENT / (east - west)

    def place(positions: Positions) -> Positions:
        return (plane.project(positions) - (west, north)) * (scale, -scale)

    placed = np.asarray(shapely.transform(geometries, place), dtype=object)
    positions, numbers = shapely.get_coordinates(placed, return_index=True)
    placed[numbers[~np.isfinite(positions).all(axis=1)]] = None
    return placed


def _layer(name: str, geometries: Objects, properties: list[dict[str, str]]) -> dict[str, Any]:
    """Return a layer for the encoder, without what lies outside."""
    features = [
        {"geometry": geometry, "properties": told}
        for geometry, told in zip(shapely.clip_by_rect(geometries, *_EDGES), properties, strict=True)
        if geometry is not None and not geometry.is_empty
    ]
    return {"name": name, "features": features}
