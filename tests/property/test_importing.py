"""Whatever is uploaded, the answer is drafts or problems; and what goes out as a file comes back as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from cni.assets.checks import KnownPlant, read_plant
from cni.assets.drafts import PlantDrafts, SiteDraft, SpanDraft
from cni.assets.exporting import as_geojson
from cni.assets.importing import read_objects
from cni.assets.imports import judging
from cni.assets.imports.reading import arrange
from cni.assets.imports.standing import World
from cni.assets.imports.values import Choices
from cni.assets.words import LengthBasis, SiteKind
from cni.formats.cage import read_file
from cni.formats.found import checked
from cni.formats.tabular import read_csv
from cni.primitives.errors import Invalid
from cni.primitives.geo import is_in_uk

KNOWN = KnownPlant(
    members=frozenset({"council"}), sites={"a": (-2.24, 53.48), "b": (-2.23, 53.49)}, risks=frozenset({"x", "y"})
)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def tried(form, file, layers):
    """Judge what the layers of a file bring where nothing else stands."""
    return judging.judge(arrange(form, file, layers, Choices(), {}), World(known=KNOWN), Choices())


def judge(submission):
    """Read a submission to its end; every problem must be fit to be shown."""
    drafts, problems = read_plant(submission.tables, KNOWN)
    for problem in [*submission.problems, *problems]:
        assert problem.message
        assert problem.remedy
    return drafts, [*submission.problems, *problems]


def problems_of(table):
    """Read a CSV file to its end."""
    try:
        return tried("CSV", "spans.csv", [checked(found) for found in read_csv(table)]).problems
    except Invalid as refusal:
        return refusal.problems


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader_of_tables(data):
    assert all(problem.message and problem.remedy for problem in problems_of(data))


@given(st.lists(st.lists(TEXT, min_size=4, max_size=4), max_size=4))
def test_no_cells_break_the_reader_of_tables(rows):
    quoted = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\r\n" for row in rows)
    problems = problems_of(f"id,a,z,fibres\r\n{quoted}".encode())
    assert all(problem.message and problem.remedy for problem in problems)


@given(JSON, st.sampled_from(["Point", "LineString", "MultiLineString", "Polygon", "GeometryCollection"]))
def test_no_coordinates_break_the_reader(coordinates, kind):
    judge(read_objects([], [{"id": "P", "geometry": {"type": kind, "coordinates": coordinates}}]))


@given(st.dictionaries(st.sampled_from(["id", "a", "z", "fibres", "length_m", "risks", "geometry", "else"]), JSON))
def test_no_objects_break_the_reader(fields):
    judge(read_objects([fields], [fields]))


coordinates = st.tuples(
    st.floats(-2.4, -2.0).map(lambda value: round(value, 7)), st.floats(53.3, 53.7).map(lambda value: round(value, 7))
)
code = (
    st.text("ABCDEFGHJKLMNPQRSTUVWXYZ-/ 0123456789", min_size=1, max_size=8)
    .map(lambda text: text.strip(" -"))
    .filter(bool)
)
pairs = st.integers(0, 40)


@st.composite
def plants(draw):
    """Two new sites and spans between them, as they would be registered."""
    first, second = draw(st.tuples(coordinates, coordinates).filter(lambda ends: ends[0] != ends[1]))
    sites = [
        SiteDraft(file="", row=0, code=f"N{number}", name=draw(code), kind=draw(st.sampled_from(SiteKind)),
                  position=position, owner=draw(st.sampled_from([None, "council"])))
        for number, position in enumerate((first, second))
    ]  # fmt: skip
    spans = []
    for name in draw(st.lists(code, max_size=4, unique=True)):
        reserved, offered = draw(pairs), draw(pairs)
        bends = draw(st.none() | st.lists(coordinates, max_size=3))
        spans.append(
            SpanDraft(
                file="",
                row=0,
                code=name,
                a="N0",
                z="N1",
                geometry=None if bends is None else (first, *bends, second),
                length_m=Decimal(draw(st.integers(1, 10**9))) / 1000,
                length_basis=draw(st.sampled_from(LengthBasis)),
                fibre_owner="council",
                duct_owner=None,
                fibres=2 * (reserved + offered) + draw(st.integers(1, 9)),
                reserved_pairs=reserved,
                offered_pairs=offered,
                risks=tuple(draw(st.sets(st.sampled_from("xy")))),
            )
        )
    return PlantDrafts(sites=tuple(sites), spans=tuple(spans))


@settings(max_examples=12, deadline=None)  # each starts a process in the cage
@given(plants())
def test_plant_that_goes_out_as_a_file_comes_back_as_it_was(plant):
    contents = read_file(json.dumps(as_geojson(plant)).encode(), "f.geojson")
    judged = tried(contents.format, "f.geojson", contents.features)
    drafts = judged.drafts
    assert judged.problems == []
    assert [replace(site, file="", row=0) for site in drafts.sites] == list(plant.sites)
    assert [replace(span, file="", row=0) for span in drafts.spans] == list(plant.spans)
    assert all(is_in_uk(position) for span in drafts.spans for position in span.geometry or ())
