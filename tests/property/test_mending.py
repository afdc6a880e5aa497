"""A file with faults that is given back, mended and brought again is the file without faults."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from cni.assets.checks import KnownPlant
from cni.assets.drafts import SiteDraft
from cni.assets.imports.judging import judge
from cni.assets.imports.reading import arrange
from cni.assets.imports.standing import World
from cni.assets.imports.values import Choices
from cni.assets.words import SiteKind
from cni.formats.found import checked
from cni.formats.layers import Features, Geometry, Layer
from cni.formats.tabular import read_csv
from cni.operations._import_mending import as_csv

PLACES = [(-2.24, 53.48), (-2.23, 53.485), (-2.22, 53.48), (-2.21, 53.475)]
STANDING = SiteDraft(file="", row=0, code="N1", name="One", kind=SiteKind.MAST, position=PLACES[1], owner="council")
WORLD = World(
    known=KnownPlant(members=frozenset({"council", "ducts"}), sites={"n1": PLACES[1]}),
    sites={"n1": STANDING},
    proposer="council",
)
FAULTS = {"chimney": "chamber", "many": "24"}
MEANT = {"SITE_REF": "id", "SPAN_REF": "id", "Is of": "owner", "Lit": "offered_pairs", "Old owner": ""}
STRANGE = ["id", "Code", "problem", "note", "wkt", "owner", "Old owner", "b", "a;b|c", "Geography", "id (2)"]
IDS = {"sites": ["id", "code", "SITE_REF"], "spans": ["id", "uid", "SPAN_REF"]}
CODE = st.sampled_from(["EPSG:4326", "EPSG:27700", "EPSG:3857"])


@st.composite
def layers(draw, name, shapes, columns):
    """A layer of sites or of spans: its columns under names of its own, beside others that mean nothing."""
    identity = draw(st.sampled_from(IDS[name]))
    taken = {field: texts for field, texts in columns.items() if field in ("a", "z", "fibres") or draw(st.booleans())}
    ids = [f"{name[:2].upper()}{n}" if name == "spans" else f"N{n}" for n in range(len(shapes))]
    values = {identity: ids}
    for strange in draw(st.lists(st.sampled_from(STRANGE), unique=True, max_size=4)):
        if strange not in ("id", "Code") or identity in MEANT:
            values.setdefault(strange, [f"x{n}" for n in range(len(shapes))])
    if "owner" in values:
        values["owner"] = ["council"] * len(shapes)
    values |= taken
    order = draw(st.permutations(list(values)))
    crs = draw(CODE)
    turn = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform
    placed = shapely.transform(np.array(shapes, dtype=object), lambda points: np.column_stack(turn(*points.T)))
    kind = Geometry.POINT if name == "sites" else Geometry.LINE
    layer = Layer(name, kind, len(shapes), tuple(order), crs)
    return Features(layer, np.arange(1, len(shapes) + 1), {column: values[column] for column in order}, placed)


@st.composite
def files(draw):
    """One or two layers, the coordinates perhaps the wrong way round, and how they are meant."""
    count = len(PLACES)
    sites = {"kind": ["chamber"] * count, "name": [f"Site {n}" for n in range(count)], "Is of": ["council"] * count}
    spans = {
        "a": ["N0", "N1", "N2"], "z": ["N1", "N2", "N3"], "fibres": ["48"] * 3, "length_m": ["990.5"] * 3,
        "Lit": ["3"] * 3, "duct_owner": ["ducts", "", "ducts"], "fibre_owner": ["council"] * 3,
    }  # fmt: skip
    given_sites = draw(layers("sites", [shapely.Point(place) for place in PLACES], sites))
    lines = [shapely.LineString(PLACES[n : n + 2]) for n in range(count - 1)]
    found = [given_sites, draw(layers("spans", lines, spans))]
    is_swapped = draw(st.booleans())
    if is_swapped:
        found = [replace(each, geometry=shapely.transform(each.geometry, lambda p: p[:, ::-1])) for each in found]
    values = draw(st.sampled_from([{}, {"kind": "chamber"}, {"reserved_pairs": "2", "owner": "council"}]))
    return found, Choices(columns=MEANT, values=values, crs="swapped" if is_swapped else None)


def spoilt(draw, features):
    """Return a layer with some cells at fault."""
    values = dict(features.values)
    for right, wrong in (("kind", "chimney"), ("fibres", "many")):
        if right in values:
            faulty = draw(st.lists(st.booleans(), min_size=len(features.rows), max_size=len(features.rows)))
            values[right] = [wrong if is_wrong else text for is_wrong, text in zip(faulty, values[right], strict=True)]
    return replace(features, values=values)


def plant(form, file, found, choices):
    brought = arrange(form, file, found, choices, {})
    return brought, judge(brought, WORLD, choices)


def told(judged):
    """Return what was brought, wherever it stood, with what is wrong; and all coordinates."""
    sites, spans = judged.drafts.sites, judged.drafts.spans
    said = [replace(site, file="", row=0, position=(0, 0)) for site in sites]
    said += [replace(span, file="", row=0, geometry=None, length_m=round(span.length_m, 2)) for span in spans]
    points = [site.position for site in sites] + [point for span in spans for point in span.geometry]
    return [*said, *((problem.code, problem.column) for problem in judged.problems)], np.array(points)


@settings(max_examples=60)
@given(st.data())
def test_a_file_that_was_mended_brings_what_the_file_without_faults_would(data):
    whole, choices = data.draw(files())
    _, wanted = plant("GeoPackage", "plant.gpkg", whole, choices)
    faulty = [spoilt(data.draw, each) for each in whole]
    brought, judged = plant("GeoPackage", "plant.gpkg", faulty, choices)
    text = as_csv(brought, judged.problems, choices, {}, every_row=True)
    for _ in range(2):  # mended in two rounds
        again = [checked(found) for found in read_csv(text.encode())]
        brought, judged = plant("CSV", "file-to-mend.csv", again, Choices())
        text = as_csv(brought, judged.problems, Choices(), {}, every_row=True)
        assert text.partition("\r\n")[0].lower().split(",").count("problem") == 1
        for wrong, right in FAULTS.items():
            text = text.replace(wrong, right if right != "24" else "48")
    _, mended = plant("CSV", "again.csv", [checked(found) for found in read_csv(text.encode())], Choices())
    (said, points), (wanted_said, wanted_points) = told(mended), told(wanted)
    assert said == wanted_said
    assert points == pytest.approx(wanted_points, abs=1e-8)
