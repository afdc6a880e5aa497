"""What is said of others' plant where an import cannot be undone."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import select

from cni.assets.imports.values import Choices
from cni.assets.models import Site
from cni.members.policy import Role
from cni.operations import importing
from cni.operations._import_undoing import ImportDependedOn
from tests.conftest import NOW
from tests.factories import make_actor, make_contribution, make_member, make_site, make_span
from tests.imports import make_plant, write

CHANCE = random.Random(20261122)


def test_spans_that_another_member_proposes_keep_an_import_and_are_not_named(session):
    council = make_member(session, "irwell-council", roles="contributor")
    officer = make_actor(session, council, Role.ASSET_OFFICER)
    data = write(make_plant(12), "GPKG", "gpkg")["plant.gpkg"]
    row = importing.apply_import(session, officer, data, "plant.gpkg", Choices(), at=NOW, chooser=CHANCE)
    session.flush()
    end = session.scalars(select(Site).where(Site.code == "N3")).one()
    for code, member, is_live in (
        ("SECRET-1", make_member(session), False),
        ("SECRET-2", make_member(session), False),
        ("KNOWN", make_member(session), True),
        ("OWN", council, False),
    ):
        brought = make_contribution(session, member, live=is_live)
        far = make_site(session, f"{code}-END", brought)
        make_span(session, code, end, far, member, contribution_id=brought.id)

    with pytest.raises(ImportDependedOn) as refused:
        importing.undo_import(session, officer, row.reference, at=NOW)

    (message,) = [problem.message for problem in refused.value.problems if "end at" in problem.message]
    assert message == "Spans end at its sites: what another member proposes, KNOWN, OWN."
