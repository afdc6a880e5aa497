"""Plant in the tables: put in quickly, read back as it was given."""

from __future__ import annotations

import csv
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from cni.assets.checks import KnownPlant, read_plant
from cni.assets.drafts import differences
from cni.assets.importing import RACK_COLUMNS, RISK_COLUMNS, SITE_COLUMNS, SPAN_COLUMNS, PlantTables, Table
from cni.assets.models import FibrePair, Span
from cni.assets.registry import add_plant, registered_plant
from cni.assets.words import PairState
from cni.primitives.tables import read_table
from tests.factories import make_contribution, make_member

FOLDER = Path(__file__).parents[2] / "demonstration"


def table(name, columns):
    rows, problems = read_table((FOLDER / name).read_bytes(), name, columns)
    assert problems == []
    return Table(name, tuple(rows))


@pytest.fixture(scope="module")
def drafts():
    lines = (FOLDER / "members.csv").read_text(encoding="utf-8").splitlines()
    members = frozenset(row["slug"] for row in csv.DictReader(lines))
    tables = PlantTables(
        sites=table("sites.csv", SITE_COLUMNS),
        risks=table("risks.csv", RISK_COLUMNS),
        spans=table("spans.csv", SPAN_COLUMNS),
        racks=table("racks.csv", RACK_COLUMNS),
    )
    drafts, problems = read_plant(tables, KnownPlant(members=members))
    assert problems == []
    return drafts


@pytest.fixture
def added(session, drafts, count_queries):
    slugs = {owner for span in drafts.spans for owner in (span.fibre_owner, span.duct_owner) if owner}
    slugs |= {thing.owner for thing in (*drafts.sites, *drafts.racks) if thing.owner}
    members = {slug: make_member(session, slug).id for slug in slugs}
    contribution = make_contribution(session)
    with count_queries() as statements:
        add_plant(session, contribution, drafts, members)
    return statements


def test_a_whole_network_goes_in_with_a_dozen_statements_and_comes_back_as_it_was_given(session, drafts, added):
    assert len(added) <= 12
    standing = registered_plant(session)
    for kind in ("sites", "risks", "spans", "racks"):
        stands = {draft.code: draft for draft in getattr(standing, kind)}
        given = getattr(drafts, kind)
        assert len(stands) == len(given) > 0
        assert [differences(stands[draft.code], draft) for draft in given] == [()] * len(given)


def test_pairs_are_numbered_reserved_first_then_offered_then_dark(session, drafts, added):
    given = next(span for span in drafts.spans if span.code == "AOB-AOBN")
    pairs = session.execute(
        select(FibrePair.number, FibrePair.state)
        .join(Span, Span.id == FibrePair.span_id)
        .where(Span.code == given.code)
        .order_by(FibrePair.number)
    ).all()
    expected = [PairState.RESERVED] * given.reserved_pairs + [PairState.OFFERED] * given.offered_pairs
    expected += [PairState.DARK] * (given.fibres // 2 - len(expected))
    assert pairs == list(enumerate(expected, start=1))


def test_what_differs_is_named_by_its_column(session, drafts, added):
    standing = {span.code: span for span in registered_plant(session).spans}
    given = drafts.spans[0]
    changed = replace(
        given,
        length_m=given.length_m + Decimal("0.1"),
        offered_pairs=given.offered_pairs + 1,
        fibre_owner=given.fibre_owner.upper(),
    )
    assert differences(standing[given.code], changed) == ("length_m", "offered_pairs")
