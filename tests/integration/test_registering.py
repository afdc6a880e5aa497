"""A council's asset officer registers fibre; the network steward accepts or refuses it."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cni.assets.importing import PlantTables, Submission, Table
from cni.assets.imports.values import Choices
from cni.assets.models import Contribution, FibrePair, Site, Span
from cni.assets.snapshot import live_plant
from cni.assets.words import ContributionStatus, LengthBasis
from cni.events.models import EventRow
from cni.members.policy import OPERATOR, Role, SamePerson
from cni.operations import browsing, importing, registering
from cni.primitives.errors import Forbidden, Invalid, NotFound
from cni.primitives.geo import line_of
from cni.primitives.tables import Row
from tests.conftest import NOW
from tests.factories import make_actor, make_contribution, make_member, make_risk_group, make_site, make_span

TODAY = NOW.date()
CHANCE = random.Random(20261122)
UPLOADS = Path(__file__).parents[2] / "demonstration" / "sample-uploads"


@pytest.fixture
def council(session):
    return make_member(session, "irwell-council", roles="contributor")


@pytest.fixture
def officer(session, council):
    return make_actor(session, council, Role.ASSET_OFFICER)


@pytest.fixture
def steward(session):
    return make_actor(session, None, Role.NETWORK_STEWARD)


@pytest.fixture
def sites(session):
    live = make_contribution(session)
    at = {"AAA": -2.3, "BBB": -2.29, "CCC": -2.28}  # on the raster that members see: 664 m from one to the next
    return {code: make_site(session, code, live, longitude=longitude) for code, longitude in at.items()}


def span_row(number=1, **cells):
    given = {"id": f"S{number}", "a": "AAA", "z": "BBB", "fibres": "48", "reserved_pairs": "4", "offered_pairs": "8"}
    return Row(number, given | cells)


def spans(*rows):
    return Submission(PlantTables(spans=Table("spans", rows)))


def propose(session, actor, submission, **more):
    return registering.propose_plant(session, actor, submission, at=NOW, chooser=CHANCE, **more)


def test_proposed_plant_is_in_no_route_until_the_steward_accepts_it(session, officer, steward, sites):
    contribution = propose(session, officer, spans(span_row()))
    assert "S1" not in live_plant(session).network.spans
    registering.accept_contribution(session, steward, contribution.reference, at=NOW)
    session.flush()
    assert "S1" in live_plant(session).network.spans
    assert contribution.decided_by_id == steward.person_id
    assert [row.kind for row in session.scalars(select(EventRow).order_by(EventRow.id))] == [
        "ContributionProposed",
        "ContributionAccepted",
    ]


def test_a_line_drawn_to_where_anothers_site_is_shown_ends_at_the_site_once_accepted(session, officer, steward):
    away = make_site(session, "AWAY", make_contribution(session), longitude=-2.24042, latitude=53.48038)
    make_site(session, "THERE", make_contribution(session), longitude=-2.23, latitude=53.48)
    line = "LINESTRING (-2.24 53.48, -2.235 53.481, -2.23 53.48)"
    contribution = propose(session, officer, spans(span_row(a="AWAY", z="THERE", geometry=line)))
    span = session.scalar(select(Span).where(Span.code == "S1"))
    assert line_of(span.geometry)[0] == (-2.24, 53.48)
    registering.accept_contribution(session, steward, contribution.reference, at=NOW)
    assert line_of(span.geometry) == [(away.longitude, away.latitude), (-2.235, 53.481), (-2.23, 53.48)]


def test_a_line_may_end_as_far_from_anothers_site_as_that_may_be_from_where_it_is_shown(session, officer):
    make_site(session, "AWAY", make_contribution(session), longitude=-2.24042, latitude=53.48038)
    make_site(session, "THERE", make_contribution(session), longitude=-2.23, latitude=53.48)

    def problems(line):
        checked = registering.check_plant(session, officer, spans(span_row(a="AWAY", z="THERE", geometry=line)))
        return [problem.message for problem in checked.problems]

    assert problems("LINESTRING (-2.24042 53.48038, -2.23 53.48)") == []
    assert problems("LINESTRING (-2.24 53.482, -2.23 53.48)") == [
        "The line ends 223 m from the site AWAY; 95 m are allowed."  # from where it is shown, not from where it is
    ]


def test_fibre_without_a_named_owner_is_the_proposers(session, officer, council, sites):
    propose(session, officer, spans(span_row()))
    span = session.scalar(select(Span).where(Span.code == "S1"))
    assert (span.fibre_owner_id, span.length_basis) == (council.id, LengthBasis.DRAWN)
    assert 660 < span.length_m < 670  # 0.01 degrees of longitude here


def test_new_sites_may_come_with_the_spans_that_end_there(session, officer, sites):
    new = Row(1, {"id": "NEW", "name": "New chamber", "kind": "chamber", "grid_ref": "SJ 840 980"})
    tables = PlantTables(sites=Table("sites", (new,)), spans=Table("spans", (span_row(z="new"),)))
    contribution = propose(session, officer, Submission(tables))
    found = browsing.find_contribution(session, officer, contribution.reference, on=TODAY)
    assert [site.code for site in found.plant.sites] == ["AAA", "NEW"]
    assert [facts.span.z.code for facts in found.plant.spans] == ["NEW"]


def test_one_faulty_row_keeps_all_of_them_out(session, officer, sites):
    with pytest.raises(Invalid) as refusal:
        propose(session, officer, spans(span_row(1), span_row(2, z="NOWHERE"), span_row(3, fibres="0")))
    assert [(problem.row, problem.code) for problem in refusal.value.problems] == [
        (2, "unknown_site"),
        (3, "bad_fibres"),
    ]
    assert session.scalar(select(func.count(Span.id))) == 0
    assert session.scalar(select(func.count(Contribution.id)).where(Contribution.member_id.is_not(None))) == 0


def test_a_check_says_what_would_be_added_and_saves_nothing(session, officer, sites):
    checked = registering.check_plant(session, officer, spans(span_row(length_m="120.5")))
    assert [(span.code, str(span.length_m)) for span in checked.drafts.spans] == [("S1", "120.5")]
    assert checked.problems == ()
    assert session.scalar(select(func.count(Span.id))) == 0


def test_ids_that_stand_already_are_refused_in_any_case(session, officer, council, sites):
    make_span(session, "Ring-1", sites["AAA"], sites["BBB"], council)
    checked = registering.check_plant(session, officer, spans(span_row(id="RING-1")))
    assert [problem.code for problem in checked.problems] == ["already_registered"]


def test_nobody_registers_what_is_wholly_anothers(session, officer, sites):
    make_member(session, "two-rivers-tram")
    own_fibre = span_row(1, fibre_owner="irwell-council", duct_owner="two-rivers-tram")
    own_duct = span_row(2, fibre_owner="two-rivers-tram", duct_owner="Irwell-Council")
    neither = span_row(3, fibre_owner="two-rivers-tram")
    checked = registering.check_plant(session, officer, spans(own_fibre, own_duct, neither))
    assert [(problem.row, problem.code, problem.column) for problem in checked.problems] == [
        (3, "not_yours", "fibre_owner")
    ]


def test_a_span_cannot_end_at_a_site_that_is_only_proposed(session, officer, sites):
    make_site(session, "LATER", make_contribution(session, live=False))
    checked = registering.check_plant(session, officer, spans(span_row(z="LATER")))
    assert [problem.code for problem in checked.problems] == ["unknown_site"]


def test_refused_plant_frees_its_ids_and_can_be_sent_again_as_it_was(session, officer, steward, sites):
    make_risk_group(session, "BRIDGE")
    at_a, at_z = ((sites[code].longitude, sites[code].latitude) for code in ("AAA", "BBB"))
    line = f"LINESTRING ({at_a[0]} {at_a[1]}, -2.29 53.49, {at_z[0]} {at_z[1]})"
    first = propose(session, officer, spans(span_row(1, risks="BRIDGE", geometry=line), span_row(2)))
    registering.refuse_contribution(session, steward, first.reference, "The duct is full.", at=NOW)
    session.flush()
    assert session.scalar(select(func.count(Span.id))) == session.scalar(select(func.count(FibrePair.id))) == 0
    again = json.dumps(first.refused_plant).encode()
    second = importing.apply_import(session, officer, again, "again.geojson", Choices(), at=NOW, chooser=CHANCE)
    session.flush()
    contribution = session.get_one(Contribution, second.contribution_id)
    found = browsing.find_contribution(session, officer, contribution.reference, on=TODAY)
    assert [facts.span.code for facts in found.plant.spans] == ["S1", "S2"]
    assert [facts.offered_pairs for facts in found.plant.spans] == [8, 8]
    assert (first.status, first.decision_note) == (ContributionStatus.REFUSED, "The duct is full.")


def test_a_refusal_says_why(session, officer, steward, sites):
    contribution = propose(session, officer, spans(span_row()))
    with pytest.raises(Invalid) as refusal:
        registering.refuse_contribution(session, steward, contribution.reference, "  ", at=NOW)
    assert [problem.place for problem in refusal.value.problems] == ["reason"]


def test_what_was_decided_stays_decided(session, officer, steward, sites):
    contribution = propose(session, officer, spans(span_row()))
    registering.accept_contribution(session, steward, contribution.reference, at=NOW)
    with pytest.raises(registering.AlreadyDecided):
        registering.refuse_contribution(session, steward, contribution.reference, "Too late.", at=NOW)


def test_nobody_decides_on_what_they_proposed(session, council, sites):
    both = make_actor(session, council, Role.ASSET_OFFICER, Role.NETWORK_STEWARD)
    contribution = propose(session, both, spans(span_row()))
    with pytest.raises(SamePerson):
        registering.accept_contribution(session, both, contribution.reference, at=NOW)
    assert not browsing.find_contribution(session, both, contribution.reference, on=TODAY).may_decide


def test_an_asset_officer_decides_nothing_and_a_planner_registers_nothing(session, council, officer, sites):
    contribution = propose(session, officer, spans(span_row()))
    with pytest.raises(Forbidden):
        registering.accept_contribution(session, officer, contribution.reference, at=NOW)
    with pytest.raises(Forbidden):
        propose(session, make_actor(session, council, Role.PLANNER), spans(span_row(2)))
    with pytest.raises(Forbidden):
        propose(session, OPERATOR, spans(span_row(2)))


def test_a_member_that_only_leases_registers_nothing(session, sites):
    user = make_actor(session, make_member(session, "spindle", roles="user"), Role.ASSET_OFFICER)
    with pytest.raises(registering.NotAContributor):
        propose(session, user, spans(span_row()))


def test_another_members_contribution_and_its_plant_are_not_even_confirmed_to_exist(session, officer, sites):
    contribution = propose(session, officer, spans(span_row()))
    stranger = make_actor(session, make_member(session, "tame-valley-nhs"), Role.ASSET_OFFICER)
    with pytest.raises(NotFound):
        browsing.find_contribution(session, stranger, contribution.reference, on=TODAY)
    with pytest.raises(NotFound):
        browsing.find_span(session, stranger, "S1", on=TODAY)
    assert browsing.list_contributions(session, stranger).items == []
    assert browsing.find_span(session, officer, "s1", on=TODAY).facts.span.code == "S1"


def test_owners_and_staff_see_all_pairs_others_only_what_is_offered_and_free(session, officer, steward, council, sites):
    make_span(session, "Ring-1", sites["AAA"], sites["BBB"], council)
    stranger = make_actor(session, make_member(session, "tame-valley-nhs"), Role.PLANNER)
    for actor, sees_all in ((officer, True), (steward, True), (stranger, False)):
        facts = browsing.find_span(session, actor, "Ring-1", on=TODAY).facts
        assert (facts.offered_pairs, facts.free_pairs, facts.use is not None) == (4, 4, sees_all)


def test_spans_are_listed_by_owner_and_by_free_pairs(session, officer, council, sites):
    nhs = make_member(session, "tame-valley-nhs")
    make_span(session, "S1", sites["AAA"], sites["BBB"], council, offered=1)
    make_span(session, "S2", sites["AAA"], sites["BBB"], council, offered=4)
    make_span(session, "S3", sites["BBB"], sites["CCC"], nhs, offered=4)

    def listed(**wanted):
        page = browsing.list_spans(session, officer, browsing.SpanFilter(**wanted), on=TODAY)
        return [facts.span.code for facts in page.items]

    assert listed() == ["S1", "S2", "S3"]
    assert listed(free_pairs=2) == ["S2", "S3"]
    assert listed(free_pairs=2, owner="Irwell-Council") == ["S2"]


def test_risk_groups_name_the_other_spans_that_would_break_too(session, officer, council, sites):
    bridge = make_risk_group(session, "BRIDGE")
    for code, risks in (("S1", [bridge]), ("S2", [bridge]), ("S3", [])):
        make_span(session, code, sites["AAA"], sites["BBB"], council, risks=risks)
    assert browsing.find_span(session, officer, "S1", on=TODAY).shared_risks == {"BRIDGE": ["S2"]}


def test_the_map_asks_the_database_a_fixed_number_of_questions(session, officer, council, sites, count_queries):
    for number in range(20):
        make_span(session, f"S{number}", sites["AAA"], sites["BBB"], council)
    session.expunge_all()
    with count_queries() as statements:
        plant = browsing.plant_on_map(session, officer, on=TODAY)
        assert [facts.span.fibre_owner.name for facts in plant.spans][:1] == ["Irwell Council"]
    assert len(plant.spans) == 20
    assert len(statements) <= 5


def test_a_steward_is_told_what_waits_and_a_new_officer_where_to_begin(session, officer, steward, sites):
    assert [task.about for task in registering.todo(session, officer, TODAY)] == ["registering"]
    contribution = propose(session, officer, spans(span_row(), span_row(2)))
    assert registering.todo(session, officer, TODAY) == []
    tasks = registering.todo(session, steward, TODAY)
    assert [(task.reference, task.title) for task in tasks] == [(contribution.reference, "Decide on 2 spans")]


def test_the_messy_sample_reports_what_its_readme_promises(session, officer):
    make_member(session, "two-rivers-tram")
    live = make_contribution(session)
    places = {"DEN": (-2.1124, 53.4551), "STO": (-2.1498, 53.4086), "AGE": (-2.299, 53.513), "HYD": (-2.08, 53.4513)}
    places |= {"STA": (-2.0575, 53.4836), "BUR": (-2.2966, 53.5934), "WHI": (-2.294812, 53.551794)}
    places |= {"ROC": (-2.1548, 53.6143), "AIR": (-2.27247, 53.36536)}
    for code, (longitude, latitude) in places.items():
        make_site(session, code, live, longitude=longitude, latitude=latitude)
    data = (UPLOADS / "messy.csv").read_bytes()
    checked = importing.dry_run(session, officer, data, "messy.csv", Choices(), at=NOW)
    assert [(problem.row, problem.column) for problem in checked.problems] == [
        (3, "z"),
        (4, "geometry"),
        (5, "offered_pairs"),
        (6, "fibres"),
        (7, "length_m"),
        (8, "id"),
    ]


def test_sites_are_not_lost_when_only_sites_are_given(session, officer, sites):
    site = Row(1, {"id": "ALONE", "name": "Alone", "kind": "mast", "latitude": "53.48", "longitude": "-2.24"})
    contribution = propose(session, officer, Submission(PlantTables(sites=Table("sites", (site,)))))
    assert session.scalar(select(Site.code).where(Site.contribution_id == contribution.id)) == "ALONE"


def test_nothing_given_is_a_problem_of_its_own(session, officer):
    checked = registering.check_plant(session, officer, Submission(PlantTables()))
    assert [problem.code for problem in checked.problems] == ["nothing_given"]


def test_the_steward_is_told_of_a_length_that_cannot_be_true(session, officer, steward, council):
    live = make_contribution(session)
    make_site(session, "WEST", live, longitude=-2.24, latitude=53.48)
    make_site(session, "EAST", live, longitude=-2.23, latitude=53.48)  # 664 m away
    line = "LINESTRING (-2.24 53.48, -2.23 53.48)"
    lengths = {"short": "600", "right": "664", "long": "2100"}
    rows = [
        span_row(number, id=name, a="WEST", z="EAST", length_m=metres, geometry=line)
        for number, (name, metres) in enumerate(lengths.items(), start=1)
    ]
    checked = registering.check_plant(session, officer, spans(*rows))
    assert checked.problems == ()
    contribution = propose(session, officer, spans(*rows))
    file = browsing.find_contribution(session, steward, contribution.reference, on=TODAY)
    assert file.remarks == browsing.draft_remarks(checked.drafts, checked.ends, checked.sight)
    assert file.remarks == {
        "short": "Its length is less than the straight line between its sites, 664 m.",
        "long": "Its length is more than 3 times that of the line, 664 m.",
    }
