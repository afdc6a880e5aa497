"""Lines looked at all at once come to what the judge of single rows makes of each."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cni.assets.checks import KnownPlant, read_plant
from cni.assets.importing import PlantTables, Table
from cni.assets.imports.drawn import plain_lines
from cni.assets.imports.ends import draw_on
from cni.assets.imports.reading import Given
from cni.assets.places import ENDS_WITHIN_M
from cni.formats.layers import Features, Geometry, Layer
from cni.primitives.geo import distance_m
from cni.primitives.tables import Row

SITES = {
    "a": (-2.24, 53.48), "b": (-2.23, 53.485), "near b": (-2.2299, 53.485), "at a": (-2.24, 53.48), "far": (-1.9, 55.9),
    "faulty": None,
}  # fmt: skip
NEAR = st.floats(-0.0006, 0.0006).map(lambda value: round(value, 7))
CODES = st.sampled_from([*SITES, "A", "ghost", ""])
CELLS = {
    "length_m": st.sampled_from(["", "12.5", "0", "-3", "0.0000001", "many"]),
    "length_basis": st.sampled_from(["", "drawn", "as_built", "guessed"]),
    "fibre_owner": st.sampled_from(["council", "COUNCIL", "nobody", ""]),
    "duct_owner": st.sampled_from(["", "council", "nobody"]),
    "fibres": st.sampled_from(["48", "7", "0", ""]),
    "offered_pairs": st.sampled_from(["", "4", "25"]),
    "risks": st.sampled_from(["", "x", "x; X;y", "z"]),
}


@st.composite
def lines(draw, ends):
    """A line between two sites or not quite, either way round, or one that is none."""
    sites = [SITES.get(end.casefold()) or (-2.2, 53.5) for end in ends]
    first, last = ((round(x + draw(NEAR), 7), round(y + draw(NEAR), 7)) for x, y in sites)
    bends = draw(st.lists(st.sampled_from([(-2.235, 53.483), (-2.3, 53.6), (53.5, -2.2), (9.0, 54.0)]), max_size=2))
    through = [first, *bends, last]
    return draw(st.sampled_from([through, through[::-1], [*sites], [first, first], None]))


@st.composite
def layers(draw):
    """A layer of spans of all sorts, and their lines."""
    rows, shapes = [], []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        a, z = draw(CODES), draw(CODES)
        cells = {name: draw(cell) for name, cell in CELLS.items()} | {"reserved_pairs": "", "geometry": ""}
        rows.append(Row(number, {"id": draw(st.sampled_from([f"S{number}", "S1", "=S"])), "a": a, "z": z} | cells))
        line = draw(lines((a, z)))
        shapes.append(None if line is None else shapely.LineString(line))
    layer = Layer("spans", Geometry.LINE, len(rows), ("id", "a", "z"))
    numbers = np.arange(len(rows))
    found = np.empty(len(rows), dtype=object)
    found[:] = shapes
    features = Features(layer, numbers + 1, {}, found)
    return Given("spans", features, frozenset({"id", "a", "z"}), numbers, rows, found)


@given(layers(), st.sampled_from([{}, {"b": 40}]))
def test_a_line_that_is_plainly_right_is_what_its_row_would_be_judged_to_say(layer, within_m):
    known = KnownPlant(frozenset({"council"}), SITES, within_m, frozenset({"x", "y"}))
    texts = shapely.to_wkt(layer.shapes, rounding_precision=-1)
    written = [
        Row(row.number, row.cells | {"geometry": text or ""}) for row, text in zip(layer.rows, texts, strict=True)
    ]

    plain = plain_lines(layer, SITES, within_m)
    left = [row if row.number in plain else one for row, one in zip(layer.rows, written, strict=True)]

    one_by_one = read_plant(PlantTables(spans=Table("spans", tuple(written))), known)
    assert read_plant(PlantTables(spans=Table("spans", tuple(left), plain)), known) == one_by_one


@given(layers())
def test_every_line_that_ends_some_metres_off_is_told_of_and_no_other(layer):
    told = {remark.row for remark in draw_on([layer], SITES, snap=False)}
    for row, line in zip(layer.rows, layer.shapes, strict=True):
        a, z = (SITES.get(row.cells[end].casefold()) for end in ("a", "z"))
        if line is None or a is None or z is None:
            assert row.number not in told
            continue
        first, last = line.coords[0], line.coords[-1]
        forward = (distance_m(first, a), distance_m(last, z))
        backward = (distance_m(first, z), distance_m(last, a))
        if abs(sum(forward) - sum(backward)) > 1:  # else either way round will do
            gap_m = max(min(forward, backward, key=sum))
            if 1.02 < gap_m < ENDS_WITHIN_M * 0.98:
                assert row.number in told
            elif not 0.98 < gap_m < ENDS_WITHIN_M * 1.02:
                assert row.number not in told


def test_plain_lines_are_found_at_all():
    rows = [Row(n, {"a": "A", "z": "b"}) for n in (1, 2, 3)]
    through = [SITES["a"], (-2.235, 53.483), SITES["b"]]
    astray = [SITES["a"], (9.0, 54.0), SITES["b"]]
    shapes = np.array([shapely.LineString(each) for each in (through, through[::-1], astray)], dtype=object)
    layer = Given("spans", None, frozenset(), np.arange(3), rows, shapes)
    assert plain_lines(layer, SITES, {}) == {1: tuple(through), 2: tuple(through)}
