"""A file with faults is given back: mended in a spreadsheet and brought again, it does the whole job."""

from __future__ import annotations

import csv
import io
import random

import numpy as np
import pytest
from sqlalchemy import func, select

from cni.assets.imports.values import Choices
from cni.assets.models import Site, Span
from cni.assets.registry import registered_plant
from cni.members.policy import Role
from cni.operations import importing
from tests.conftest import NOW
from tests.factories import make_actor, make_member
from tests.imports import make_plant, write

CHANCE = random.Random(20261123)


@pytest.fixture
def officer(session):
    return make_actor(session, make_member(session, "irwell-council", roles="contributor"), Role.ASSET_OFFICER)


def to_mend(session, officer, data, name, choices=None, *, every_row=True):
    return importing.rows_to_mend(
        session, officer, data, name, choices or Choices(), at=NOW, every_row=every_row
    )  # fmt: skip


def table(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def bring(session, officer, text):
    return importing.apply_import(
        session, officer, text.encode(), "file-to-mend.csv", Choices(), at=NOW, chooser=CHANCE
    )


def saved(session):
    return [session.scalar(select(func.count()).select_from(each)) for each in (Site, Span)]


PLACES = """id,name,kind,latitude,longitude,a,z,fibres,note
N1,One,chamber,53.48,-2.24,,,,=cmd
N2,Two,chimney,53.48,-2.23,,,,+44 161 496 0000
N3,Three,chamber,53.48,-2.22,,,,"-1, or so"
S1,,,,,N1,N3,24,-1
S2,,,,,N1,N2,24,'quoted'
"""


def test_the_page_can_say_how_many_rows_are_good_and_which_wait_for_others(session, officer):
    tried = importing.dry_run(session, officer, PLACES.encode(), "plant.csv", Choices(), at=NOW)
    assert (tried.rows, tried.good_rows) == (5, 3)
    assert [(each.row, each.message) for each in tried.held_back] == [
        (6, "This row is right, but not the row of N2, where it ends.")
    ]


def test_the_rows_to_mend_hold_those_that_wait_for_them(session, officer):
    failed = table(to_mend(session, officer, PLACES.encode(), "plant.csv", every_row=False))
    assert [row["id"] for row in failed] == ["N2", "S2"]
    assert "not the row of N2" in failed[1]["problem"]


def test_the_file_to_mend_holds_every_row_and_does_the_whole_job(session, officer):
    text = to_mend(session, officer, PLACES.encode(), "plant.csv")
    assert [row["id"] for row in table(text)] == ["N1", "N2", "N3", "S1", "S2"]
    assert [bool(row["problem"]) for row in table(text)] == [False, True, False, False, True]
    bring(session, officer, text.replace("chimney", "cabinet"))
    assert saved(session) == [3, 2]


def test_no_cell_of_it_is_a_formula_and_each_is_read_as_it_was(session, officer):
    text = to_mend(session, officer, PLACES.encode(), "plant.csv")
    assert [row["note"] for row in table(text)] == ["'=cmd", "'+44 161 496 0000", "'-1, or so", "-1", "'quoted'"]
    assert to_mend(session, officer, text.encode(), "again.csv").startswith(text.partition("problem")[0])
    assert [row["note"] for row in table(to_mend(session, officer, text.encode(), "again.csv"))] == [
        row["note"] for row in table(text)
    ]


def test_a_geopackage_comes_back_in_its_own_coordinates_and_mended_is_the_same_plant(session, officer):
    plant = make_plant(12)
    plant.sites["kind"][3] = "chimney"
    data = write(plant, "GPKG", "gpkg")["plant.gpkg"]
    text = to_mend(session, officer, data, "plant.gpkg")
    assert "SRID=27700;LINESTRING" in text
    bring(session, officer, text.replace("chimney", "chamber"))
    brought = registered_plant(session)
    whole = write(make_plant(12), "GPKG", "gpkg")["plant.gpkg"]
    again = importing.dry_run(session, officer, whole, "plant.gpkg", Choices(), at=NOW)
    assert saved(session) == [13, 12]
    assert brought is not None
    assert again.rows == 25


def test_layers_that_call_one_field_differently_come_back_under_its_own_name(session, officer):
    plant = make_plant(4)
    plant.sites["SITE_REF"] = plant.sites.pop("id")
    plant.spans["SPAN_REF"] = plant.spans.pop("id")
    plant.sites["kind"] = np.array(["chimney"] * 5, dtype=object)
    choices = Choices(columns={"SITE_REF": "id", "SPAN_REF": "id"})
    text = to_mend(session, officer, write(plant, "GPKG", "gpkg")["plant.gpkg"], "plant.gpkg", choices)
    assert {row["id"] for row in table(text)} == {*plant.sites["SITE_REF"], *plant.spans["SPAN_REF"]}
    bring(session, officer, text.replace("chimney", "chamber"))
    assert saved(session) == [5, 4]
