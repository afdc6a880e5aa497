"""Vector tiles of the plant, each by the tier of who asks.

`/tiles/{z}/{x}/{y}.mvt` are those of the web's maps (Web Mercator); `/tiles/grid/…` lie on the National Grid, for our
own. With `v`, the version that a page was given, a tile is kept without asking: the version changes with the plant and
with what one may see of it.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass

from flask import Blueprint, current_app, request, url_for
from werkzeug.wrappers import Response

from cni.assets.planes import PLANES
from cni.assets.seen_plant import Numbers, SeenPlant
from cni.assets.tiling import DEEPEST, cut_tile
from cni.primitives.errors import NotFound
from cni.primitives.kept import Kept
from cni.schemas.ogc import extent_of
from cni.web.openly import is_known, keep, look, tag_of, visitor

tiles = Blueprint("tiles", __name__, url_prefix="/tiles")

Place = tuple[int, int, int]
"""Zoom, column and row."""
CONTENT_TYPE = "application/vnd.mapbox-vector-tile"
MOST_BYTES = 32 * 1024 * 1024
"""So much of tiles a process keeps."""
KEPT_WITH_VERSION_S = 24 * 3600
COMPRESSION = 5


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """A tile as it is sent, compressed, and what it holds, by numbers in the plant's lists."""

    data: bytes
    sites: Numbers
    spans: Numbers

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return len(self.data) + int(self.sites.nbytes) + int(self.spans.nbytes)


_kept: Kept[Packed] = Kept(MOST_BYTES, size=lambda tile: tile.size)


@tiles.get("/<zoom>/<column>/<row>.mvt")
def mercator(zoom: str, column: str, row: str) -> Response:
    """A tile of Web Mercator."""
    return _tile("mercator", _place(zoom, column, row))


@tiles.get("/grid/<zoom>/<column>/<row>.mvt")
def grid(zoom: str, column: str, row: str) -> Response:
    """A tile of the National Grid."""
    return _tile("grid", _place(zoom, column, row))


def version_of(plant: SeenPlant) -> str:
    """Return the version of the tiles that somebody sees."""
    return tag_of(plant, "tiles")


def tiles_of_much() -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Return who owns fibre, and what a map needs to draw plant from tiles, for whoever asks."""
    with look() as seen:
        plant = seen.plant
        version = version_of(plant)
        address = url_for("tiles.grid", zoom="z", column="x", row="y", v=version)
        tiles = {
            "url": address.replace("/z/x/y.mvt", "/{z}/{x}/{y}.mvt"),
            "version": version,
            "box": ",".join(map(str, extent_of(plant.sites))),
            "kinds": ",".join(sorted({site.kind.value for site in plant.records.sites})),
        }
        return plant.fibre_owners, tiles


def _place(*given: str) -> Place:
    if all(number.isdecimal() and number.isascii() and len(number) < 8 for number in given):
        zoom, column, row = map(int, given)
        if zoom <= DEEPEST and max(column, row) < 2**zoom:
            return zoom, column, row
    raise NotFound(f"There is no such tile: zooms are 0 to {DEEPEST}, columns and rows 0 to 2 to the zoom, less 1.")


def _tile(plane: str, place: Place) -> Response:
    with look("/tiles") as seen:
        version = version_of(seen.plant)
        tag = tag_of(seen.plant, plane, str(place))
        if is_known(tag):
            return _kept_for_long(keep(current_app.response_class(status=304), visitor(), tag), version)
        key = (seen.plant.records.revision, seen.plant.eyes, plane, place)
        tile = _kept.get(key, lambda: _cut(seen.plant, plane, place))
        seen.note(sites=tile.sites.tolist(), spans=tile.spans.tolist())
    is_packed = "gzip" in request.accept_encodings
    response = current_app.response_class(tile.data if is_packed else gzip.decompress(tile.data))
    response.content_type = CONTENT_TYPE
    if is_packed:
        response.content_encoding = "gzip"
    return _kept_for_long(keep(response, visitor(), tag), version)


def _cut(plant: SeenPlant, plane: str, place: Place) -> Packed:
    tile = cut_tile(plant, PLANES[plane], *place)
    return Packed(gzip.compress(tile.data, COMPRESSION, mtime=0), tile.sites, tile.spans)


def _kept_for_long(response: Response, version: str) -> Response:
    if request.args.get("v") == version:
        response.cache_control.no_cache = None
        response.cache_control.max_age = KEPT_WITH_VERSION_S
    return response
