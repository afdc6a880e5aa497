"""Files that we write, read again as a member's would be."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from cni.formats.cage import read_file
from cni.formats.kmz import NamedLine, as_kmz
from cni.formats.layers import Geometry
from cni.formats.packing import Table, write_geopackage
from tests import files

COLUMNS = {
    "id": ["A-B", "B-C"],
    "name": ["Canal & <towpath>", "Allée – 2"],
    "fibres": [48, None],
    "length_m": [1200, 900.5],
    "note": [None, None],
}
LINES = np.array(files.lines_in("EPSG:4326", 2), dtype=object)


def test_a_geopackage_holds_every_table_with_its_values():
    sites = np.array([shapely.Point(-2.1, 53.4), shapely.Point(-2.2, 53.5)], dtype=object)
    data = write_geopackage(
        [Table("spans", COLUMNS, "LineString", LINES), Table("sites", {"id": ["A", "B"]}, "Point", sites)]
    )

    found = {layer.name: layer for layer in read_file(data, "plant.gpkg").layers}
    spans = read_file(data, "plant.gpkg").of("spans")

    assert {name: (layer.geometry, layer.crs) for name, layer in found.items()} == {
        "spans": (Geometry.LINE, "EPSG:4326"),
        "sites": (Geometry.POINT, "EPSG:4326"),
    }
    assert spans.values == {
        "id": ["A-B", "B-C"],
        "name": ["Canal & <towpath>", "Allée – 2"],
        "fibres": ["48", ""],
        "length_m": ["1200", "900.5"],
        "note": ["", ""],
    }
    assert [shapely.to_wkt(line) for line in spans.geometry] == [shapely.to_wkt(line) for line in LINES]


def test_a_kmz_says_what_it_is_and_draws_every_line():
    along = [shapely.get_coordinates(line).tolist() for line in LINES]
    lines = [NamedLine(name, "", line) for name, line in zip("AB", along, strict=True)]
    data = as_kmz("Route <1> & 2", "Demonstration", lines)

    (layer,) = read_file(data, "route.kmz").layers
    read = read_file(data, "route.kmz").of(layer.name)

    assert (layer.geometry, layer.crs) == (Geometry.LINE, "EPSG:4326")
    assert read.values["Name"] == ["A", "B"]
    for given, came in zip(along, read.geometry, strict=True):
        assert shapely.get_coordinates(came) == pytest.approx(np.array(given))
