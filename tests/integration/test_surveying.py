"""Spans of different owners side by side: found, proposed to the network steward, accepted or dismissed."""

from __future__ import annotations

import json
import random

import pytest
from sqlalchemy import select

from cni.assets.hidden_risks import HiddenRisk, HiddenRiskStatus
from cni.assets.models import RiskGroup, Span
from cni.assets.snapshot import live_plant
from cni.assets.words import RiskKind
from cni.events.models import EventRow
from cni.members.policy import OPERATOR, Role
from cni.operations import surveying
from cni.operations.surveying import HiddenRiskDecided, Limits, NewRiskGroup
from cni.primitives.errors import Forbidden, Invalid, NotFound
from cni.primitives.geo import wkb_of
from tests.conftest import NOW
from tests.factories import make_actor, make_contribution, make_member, make_risk_group, make_site, make_span
from tests.unit.test_topology_geometry import place

TRENCH = NewRiskGroup("TR-STREET", "One trench along the street", "trench")


@pytest.fixture
def chance():
    return random.Random(20261122)


@pytest.fixture
def steward(session):
    return make_actor(session, None, Role.NETWORK_STEWARD)


@pytest.fixture
def owners(session):
    return {slug: make_member(session, slug, roles="contributor") for slug in ("council", "trust", "college")}


@pytest.fixture
def street(session, owners):
    """Three owners' spans: the council's and the trust's in one street for 600 m, the college's a kilometre off."""
    live = make_contribution(session, owners["council"])
    return {
        "C1": lay(session, live, "C1", owners["council"], [(0, 0), (1000, 0)]),
        "T1": lay(session, live, "T1", owners["trust"], [(200, 300), (200, 5), (800, 5), (800, 300)]),
        "L1": lay(session, live, "L1", owners["college"], [(0, 1000), (1000, 1000)]),
    }


def lay(session, contribution, code, owner, points):
    line = [place(*point) for point in points]
    ends = [
        make_site(session, f"{code}{end}", contribution, longitude=at[0], latitude=at[1])
        for end, at in (("A", line[0]), ("Z", line[-1]))
    ]
    return make_span(session, code, *ends, owner, geometry=wkb_of(line))


def look(session, steward, chance, **limits):
    return surveying.find_hidden_risks(session, steward, Limits(**limits), at=NOW, chooser=chance)


def events(session):
    return [row.kind for row in session.scalars(select(EventRow).order_by(EventRow.id))]


def test_what_is_found_waits_for_the_steward_with_its_spans_metres_and_place(session, steward, street, chance):
    (risk,) = look(session, steward, chance)

    assert risk.span_codes == ("C1", "T1")
    assert 600 <= risk.metres < 620
    assert risk.status is HiddenRiskStatus.PROPOSED
    assert [len(line) for line in risk.lines["coordinates"]] == [2]
    assert events(session) == ["HiddenRisksFound"]
    assert surveying.todo(session, steward, NOW.date())[0].title.startswith("One place where")


def test_looking_again_changes_nothing_and_records_nothing(session, steward, street, chance):
    (first,) = look(session, steward, chance)
    (second,) = look(session, steward, chance)

    assert second.reference == first.reference
    assert events(session) == ["HiddenRisksFound"]


def test_what_is_no_longer_so_goes_unless_it_was_decided_on(session, steward, street, chance):
    (risk,) = look(session, steward, chance)
    street["T1"].geometry = None
    session.flush()

    assert look(session, steward, chance) == []
    assert session.scalars(select(HiddenRisk)).all() == []
    row = session.scalars(select(EventRow).order_by(EventRow.id.desc())).first()
    assert row.details == {"found": [], "gone": [risk.reference]}


def test_what_was_found_within_more_metres_stays_until_those_are_looked_at_again(
    session, steward, street, chance, owners
):
    live = make_contribution(session, owners["college"])
    lay(session, live, "L2", owners["college"], [(100, -20), (900, -20)])
    (wide,) = look(session, steward, chance, within_m=25)
    assert wide.span_codes == ("C1", "L2", "T1")

    assert look(session, steward, chance) == [wide]  # the narrower place is part of it
    assert look(session, steward, chance, within_m=25) == [wide]
    street["T1"].geometry = None
    session.flush()
    (narrower,) = look(session, steward, chance, within_m=25)
    assert narrower.span_codes == ("C1", "L2")


def test_an_accepted_place_is_a_risk_group_that_routes_heed(session, steward, street, chance):
    (risk,) = look(session, steward, chance)
    surveying.accept_hidden_risk(session, steward, risk.reference.lower(), TRENCH, at=NOW)
    session.flush()
    session.expire_all()

    group = session.scalars(select(RiskGroup)).one()
    assert (group.code, group.name, group.kind) == ("TR-STREET", "One trench along the street", RiskKind.TRENCH)
    assert {code: live_plant(session).network.spans[code].risks for code in street} == {
        "C1": ("TR-STREET",), "T1": ("TR-STREET",), "L1": (),
    }  # fmt: skip
    assert events(session) == ["HiddenRisksFound", "HiddenRiskAccepted"]
    assert look(session, steward, chance) == []
    decided = surveying.list_hidden_risks(session, steward, is_decided=True)
    assert [(each.status, each.risk_group.code) for each in decided.items] == [("accepted", "TR-STREET")]


def test_a_dismissed_place_is_not_proposed_again_but_one_with_a_further_span_is(
    session, steward, street, chance, owners
):
    (risk,) = look(session, steward, chance)
    surveying.dismiss_hidden_risk(session, steward, risk.reference, " Either side of a motorway. ", at=NOW)

    assert look(session, steward, chance) == []
    assert surveying.todo(session, steward, NOW.date()) == []
    assert risk.reason == "Either side of a motorway."
    more = make_contribution(session, owners["college"])
    lay(session, more, "L2", owners["college"], [(100, -4), (900, -4)])
    (again,) = look(session, steward, chance)
    assert again.span_codes == ("C1", "L2", "T1")
    assert events(session) == ["HiddenRisksFound", "HiddenRiskDismissed", "HiddenRisksFound"]


def test_a_dismissed_place_can_be_accepted_after_all(session, steward, street, chance):
    (risk,) = look(session, steward, chance)
    surveying.dismiss_hidden_risk(session, steward, risk.reference, "Different ducts", at=NOW)
    surveying.accept_hidden_risk(session, steward, risk.reference, TRENCH, at=NOW)

    assert (risk.status, risk.reason) == (HiddenRiskStatus.ACCEPTED, None)
    for act in (
        lambda: surveying.accept_hidden_risk(session, steward, risk.reference, TRENCH, at=NOW),
        lambda: surveying.dismiss_hidden_risk(session, steward, risk.reference, "No", at=NOW),
    ):
        with pytest.raises(HiddenRiskDecided):
            act()


@pytest.mark.parametrize(
    ("group", "places"),
    [
        (NewRiskGroup("", " ", ""), ["code", "name", "kind"]),
        (NewRiskGroup("tr-old", "A trench", "trench"), ["code"]),
        (NewRiskGroup("A;B", "A trench", "ditch"), ["code", "kind"]),
        (NewRiskGroup("=A1", "A trench", "duct"), ["code"]),
    ],
)
def test_a_group_that_cannot_be_is_refused_with_every_problem_and_nothing_is_kept(
    session, steward, street, chance, group, places
):
    make_risk_group(session, "TR-OLD")
    (risk,) = look(session, steward, chance)

    with pytest.raises(Invalid) as refused:
        surveying.accept_hidden_risk(session, steward, risk.reference, group, at=NOW)

    assert [problem.place for problem in refused.value.problems] == places
    assert all(problem.remedy and problem.row is None for problem in refused.value.problems)
    assert len(session.scalars(select(RiskGroup)).all()) == 1
    assert risk.status is HiddenRiskStatus.PROPOSED


def test_a_dismissal_needs_a_reason_and_limits_need_sense(session, steward, street, chance):
    (risk,) = look(session, steward, chance)

    with pytest.raises(Invalid, match="reason is missing"):
        surveying.dismiss_hidden_risk(session, steward, risk.reference, "  ", at=NOW)
    with pytest.raises(Invalid, match="only cross"):
        look(session, steward, chance, within_m=50, along_m=100)
    with pytest.raises(NotFound):
        surveying.dismiss_hidden_risk(session, steward, "HR-222222", "No", at=NOW)


def test_only_live_plant_is_looked_at(session, steward, street, chance, owners):
    proposed = make_contribution(session, owners["college"], live=False)
    lay(session, proposed, "L2", owners["college"], [(0, 994), (1000, 994)])

    assert [risk.span_codes for risk in look(session, steward, chance)] == [("C1", "T1")]


def test_whoever_runs_the_server_and_the_steward_may_look_and_the_auditor_may_read(session, street, chance):
    auditor = make_actor(session, None, Role.AUDITOR)
    (risk,) = look(session, OPERATOR, chance)

    file = surveying.find_hidden_risk(session, auditor, risk.reference, on=NOW.date())
    assert not file.may_accept
    assert [facts.span.code for facts in file.plant.spans] == ["C1", "T1"]
    with pytest.raises(Forbidden):
        look(session, auditor, chance)
    officer = make_actor(session, make_member(session, "another"), Role.ASSET_OFFICER)
    with pytest.raises(Forbidden):
        surveying.list_hidden_risks(session, officer)
    assert surveying.todo(session, auditor, NOW.date()) == []


def test_lists_need_no_more_statements_for_more_places(session, steward, street, chance, count_queries, owners):
    live = make_contribution(session, owners["council"])
    look(session, steward, chance)
    with count_queries() as few:
        surveying.list_hidden_risks(session, steward)
    for number in range(4):
        north = 2000 + 500 * number
        lay(session, live, f"C{number}9", owners["council"], [(0, north), (900, north)])
        lay(session, live, f"T{number}9", owners["trust"], [(0, north + 3), (900, north + 3)])
    assert len(look(session, steward, chance)) == 5
    session.expire_all()
    with count_queries() as many:
        page = surveying.list_hidden_risks(session, steward)
        json.dumps([(risk.span_codes, risk.owner_names, risk.lines) for risk in page.items])

    assert len(page.items) == 5
    assert len(many) <= len(few)


def test_the_rows_and_the_spans_agree(session, steward, street, chance):
    (risk,) = look(session, steward, chance)
    session.expire_all()
    found = session.scalars(select(Span).join(HiddenRisk.spans).where(HiddenRisk.id == risk.id)).all()

    assert {span.code for span in found} == {"C1", "T1"}
