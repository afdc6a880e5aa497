"""In which reference system a file's coordinates are, and how they become longitudes and latitudes of WGS84."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from cni.primitives.coordinates import System, possible_systems
from cni.primitives.geo import UK_LATITUDE, UK_LONGITUDE
from cni.primitives.grid import from_grid_many

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]

WGS84, BRITISH, MERCATOR = "EPSG:4326", "EPSG:27700", "EPSG:3857"
SWAPPED = " swapped"
"""After the name of a system: what it puts second stands first."""

ALSO = {
    "OGC:CRS84": WGS84, "EPSG:4258": WGS84, "EPSG:4979": WGS84, "EPSG:7405": BRITISH, "EPSG:900913": MERCATOR,
    "EPSG:3785": MERCATOR,
}  # fmt: skip
"""Systems that are the same for us: without heights, and ETRS89 is taken as WGS84."""

OFFERED = (WGS84, BRITISH, MERCATOR)
"""What a file without a system is most likely in."""

IRISH_REASON = (
    "The coordinates are of the Irish Grid. The co-op keeps plant in Great Britain's grid and WGS84, and has no "
    "transformation of the Irish one that is good to a metre."
)


def system_of(name: str) -> str | None:
    """Return the system that a name means, as "EPSG:27700" (with " swapped" behind it), or None: nobody knows."""
    text = " ".join(name.split())
    is_swapped = text.lower().endswith(SWAPPED)
    known = _system_of(text[: -len(SWAPPED)] if is_swapped else text)
    return f"{known}{SWAPPED}" if known and is_swapped else known


def srid_of(system: str) -> str:
    """Return what stands before a shape as text to say its system, as "SRID=27700;"; empty where no number says it."""
    number = system.removeprefix("EPSG:")
    return f"SRID={number};" if number.isdecimal() else ""


@cache
def _system_of(text: str) -> str | None:
    if text.isdecimal():
        text = f"EPSG:{text}"
    if text.upper() in ("CRS84", "WGS84", "WGS 84"):
        return WGS84
    try:
        found = CRS.from_user_input(text)
    except CRSError:
        return None
    authority = found.to_authority(min_confidence=60) if found.is_geographic or found.is_projected else None
    name = ":".join(authority) if authority else ""
    return ALSO.get(name, name) or None


def to_wgs84(shapes: Shapes, system: str) -> Shapes:
    """Return shapes with longitudes and latitudes; not-a-number where the system does not reach."""
    name = system.removesuffix(SWAPPED)
    is_swapped = name != system
    if name == WGS84 and not is_swapped:
        return shapes
    return np.asarray(shapely.transform(shapes, lambda points: _turned(points, name, is_swapped)), dtype=object)


def _turned(points: Floats, name: str, is_swapped: bool) -> Floats:
    x, y = (points[:, 1], points[:, 0]) if is_swapped else (points[:, 0], points[:, 1])
    if name == WGS84:
        return np.column_stack([x, y])
    if name == BRITISH:
        return np.column_stack(from_grid_many(x, y))
    longitudes, latitudes = _transformer(name).transform(x, y)
    found = np.column_stack([longitudes, latitudes])
    return np.where(np.isfinite(found), found, np.nan)


@cache
def _transformer(name: str) -> Any:
    return Transformer.from_crs(name, WGS84, always_xy=True)


def are_in_uk(points: Floats) -> NDArray[np.bool_]:
    """Tell of each position (n x 2, longitude first) whether it lies in the box around the United Kingdom."""
    longitude, latitude = points[:, 0], points[:, 1]
    return (
        (longitude >= UK_LONGITUDE[0]) & (longitude <= UK_LONGITUDE[1])
        & (latitude >= UK_LATITUDE[0]) & (latitude <= UK_LATITUDE[1])
    )  # fmt: skip


def are_irish(points: Floats) -> bool:
    """Tell whether coordinates (n x 2) can only be of the Irish Transverse Mercator.

    Those of the older Irish Grid read like British ones of Wales and the north-west: numbers alone tell nothing.
    """
    return len(points) > 0 and possible_systems(points[:, 0], points[:, 1]) == (System.IRISH_GRID,)


def likely_systems(points: Floats) -> list[str]:
    """Return the systems in which nearly all of these coordinates (n x 2) would lie in the United Kingdom."""
    candidates = [f"{name}{suffix}" for suffix in ("", SWAPPED) for name in OFFERED]
    return [name for name in candidates if _fit(points, name)]


def _fit(points: Floats, system: str) -> bool:
    is_swapped = system.endswith(SWAPPED)
    with np.errstate(all="ignore"):
        found = _turned(points, system.removesuffix(SWAPPED), is_swapped)
    return bool(len(found)) and bool(are_in_uk(found).mean() > MOSTLY)


MOSTLY = 0.5
"""Where more than so many of the coordinates lie in the United Kingdom, a system fits the file."""
