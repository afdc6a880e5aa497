"""Plant files for the tests of imports, made by GDAL: a grid of chambers with spans between neighbours."""

from __future__ import annotations

import io
import tempfile
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely

from cni.primitives.grid import from_grid_many

WIDTH = 15
"""So many chambers to a row; a large plant has longer rows."""
EAST, NORTH, STEP_M = 384_000, 398_000, 180


@dataclass(frozen=True)
class Plant:
    """Sites and spans in grid metres, to be written in whatever system."""

    sites: dict[str, np.ndarray]
    places: np.ndarray
    spans: dict[str, np.ndarray]
    lines: np.ndarray


def make_plant(spans: int = 200, owner: str = "irwell-council", prefix: str = "") -> Plant:
    """So many spans, each of three points, and the sites that they join, in British National Grid metres."""
    numbers, width = range(spans + 1), max(WIDTH, int(spans**0.5))
    points = np.array([[EAST + (n % width) * STEP_M, NORTH + (n // width) * STEP_M] for n in numbers], dtype=float)
    middle = (points[:-1] + points[1:]) / 2 + (7, 11)
    lines = shapely.linestrings(np.stack([points[:-1], middle, points[1:]], axis=1))
    ids = [f"{prefix}N{n}" for n in numbers]
    text = {"id": ids, "name": [f"Chamber {n}" for n in numbers], "kind": ["chamber"] * len(ids)}
    span_text: dict[str, Any] = {
        "id": [f"{prefix}S{n}" for n in range(spans)],
        "a": ids[:-1],
        "z": ids[1:],
        "length_m": [round(float(line.length) + 4.25, 2) for line in lines],
        "length_basis": ["as_built"] * spans,
        "fibre_owner": [owner] * spans,
        "fibres": [48] * spans,
        "reserved_pairs": [4] * spans,
        "offered_pairs": [8] * spans,
    }
    kinds = {"length_m": float, "fibres": np.int64, "reserved_pairs": np.int64, "offered_pairs": np.int64}
    columns = {name: np.array(values, dtype=kinds.get(name, object)) for name, values in span_text.items()}
    sites = {name: np.array(values, dtype=object) for name, values in text.items()}
    return Plant(sites, shapely.points(points), columns, np.asarray(lines))


def in_system(shapes: np.ndarray, crs: str) -> np.ndarray:
    """Return shapes of grid metres in EPSG:27700 or EPSG:4326."""
    if crs == "EPSG:27700":
        return shapes
    return np.asarray(shapely.transform(shapes, lambda points: np.column_stack(from_grid_many(*points.T))))


def write(plant: Plant, driver: str, ending: str, crs: str = "EPSG:27700", *, zipped: bool = False) -> dict[str, bytes]:
    """Return the plant as files by name: one with two layers where the format can, else one for each."""
    layers = {
        "sites": ("Point", in_system(plant.places, crs), plant.sites),
        "spans": ("LineString", in_system(plant.lines, crs), plant.spans),
    }
    together = driver in ("GPKG", "LIBKML", "KML")
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):  # of names cut short
        for layer, (kind, shapes, columns) in layers.items():
            path = Path(folder) / (f"plant.{ending}" if together else f"{layer}.{ending}")
            options = {"append": True} if together and path.exists() else {}
            if driver == "CSV":
                options["layer_options"] = {"GEOMETRY": "AS_WKT"}
            pyogrio.raw.write(
                path, shapely.to_wkb(shapes), list(columns.values()), list(columns), driver=driver, crs=crs,
                geometry_type=kind, layer=layer, **options,
            )  # fmt: skip
        found = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
    if not zipped:
        return found
    return {f"{layer}.zip": pack({n: d for n, d in found.items() if n.startswith(layer)}) for layer in layers}


def pack(files: dict[str, bytes]) -> bytes:
    """Return files as a zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()
