"""A council's officer brings files: what is new waits, what is theirs changes, leases stay true, all can be undone."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select, text, update

from cni.assets.exporting import as_geojson
from cni.assets.imports.records import ImportChange, ImportRow, Upload
from cni.assets.imports.values import Choices
from cni.assets.models import Contribution, FibrePair, Site, Span
from cni.assets.registry import CODES_LOCK, registered_plant
from cni.events.models import EventRow
from cni.leases.allocation import NewLease, RouteSpan, add_lease
from cni.leases.lifecycle import LeaseStatus
from cni.members.policy import OPERATOR, Role
from cni.operations import editing, importing, registering
from cni.operations._import_undoing import AlreadyUndone, ImportDependedOn
from cni.operations._import_work import NotYours
from cni.primitives.errors import Invalid, NotFound
from tests.conftest import NOW
from tests.factories import make_actor, make_member
from tests.imports import make_plant, write

CHANCE = random.Random(20261122)
WHOLE = write(make_plant(12), "GPKG", "gpkg")["plant.gpkg"]


@pytest.fixture
def council(session):
    return make_member(session, "irwell-council", roles="contributor")


@pytest.fixture
def officer(session, council):
    return make_actor(session, council, Role.ASSET_OFFICER)


@pytest.fixture
def steward(session):
    return make_actor(session, None, Role.NETWORK_STEWARD)


def bring(session, actor, data=WHOLE, name="plant.gpkg", choices=Choices()):  # noqa: B008 nothing changes it
    row = importing.apply_import(session, actor, data, name, choices, at=NOW, chooser=CHANCE)
    session.expire_all()
    return row


def csv(*rows, columns="id,a,z,fibres,reserved_pairs,offered_pairs"):
    return "\n".join([columns, *rows]).encode()


def lease(session, span, pairs):
    """A lease of some pairs of a span from last month on."""
    route = (RouteSpan(span.code, 200),)
    user = make_member(session, roles="user")
    add_lease(
        session,
        NewLease("LSE-1", user.id, span.a_id, span.z_id, (route,), pairs, date(2026, 10, 1), None, 12,
                 LeaseStatus.RESERVED, NOW),
    )  # fmt: skip
    session.flush()


def plant(session):
    """All plant as it stands, without where it was given."""
    found = registered_plant(session)
    return [replace(each, file="", row=0) for each in (*found.sites, *found.spans)]


def kinds(session):
    return list(session.scalars(select(EventRow.kind).order_by(EventRow.id)))


def test_a_members_new_plant_waits_for_the_steward(session, officer, steward):
    row = bring(session, officer)
    contribution = session.get_one(Contribution, row.contribution_id)
    assert (contribution.status, row.counts["spans"]["added"]) == ("proposed", 12)
    registering.accept_contribution(session, steward, contribution.reference, at=NOW)
    assert kinds(session) == ["PlantImported", "ContributionAccepted"]


def test_changes_to_own_live_plant_count_at_once_and_show_what_they_change(session, council, officer):
    bring(session, OPERATOR)
    data = csv("S1,N1,N2,96,4,10")
    tried = importing.dry_run(session, officer, data, "spans.csv", Choices(), at=NOW)
    (change,) = tried.changes
    assert (change.before, change.after) == (
        {"fibres": "48", "offered_pairs": "8"},
        {"fibres": "96", "offered_pairs": "10"},
    )
    row = bring(session, officer, data, "spans.csv")
    assert row.counts["spans"] == {"added": 0, "changed": 1, "unchanged": 0}
    span = session.scalar(select(Span).where(Span.code == "S1"))
    assert (span.fibres, span.geometry is not None, span.length_basis) == (96, True, "as_built")
    states = session.scalars(select(FibrePair.state).where(FibrePair.span_id == span.id).order_by(FibrePair.number))
    assert [str(state) for state in states] == ["reserved"] * 4 + ["offered"] * 10 + ["dark"] * 34


def test_a_file_that_would_change_plant_of_others_is_refused_with_their_ids(session, council):
    bring(session, OPERATOR)
    other = make_member(session, "other-council", roles="contributor")
    stranger = make_actor(session, other, Role.ASSET_OFFICER)
    with pytest.raises(NotYours, match="S1, s2") as refused:
        bring(session, stranger, csv("S1,N1,N2,2,0,0", "s2,N2,N3,2,0,0", "NEW,N2,N3,x,0,0"), "spans.csv")
    assert [(found.row, found.code) for found in refused.value.problems] == [
        (2, "not_yours"),
        (3, "not_yours"),
        (4, "bad_fibres"),
    ]
    assert session.scalar(select(func.count()).select_from(Span)) == 12


def test_plant_that_another_member_has_only_proposed_is_not_looked_into(session, officer):
    bring(session, officer)
    stranger = make_actor(session, make_member(session, "other-council", roles="contributor"), Role.ASSET_OFFICER)
    near = b"id,name,kind,latitude,longitude\nN2,Chamber 2,chamber,53.4,-2.2\n"
    with pytest.raises(NotYours, match="N2"):
        importing.dry_run(session, stranger, near, "sites.csv", Choices(), at=NOW)
    with pytest.raises(NotYours, match="S1"):
        importing.dry_run(session, stranger, csv("S1,N1,N2,2,0,0"), "spans.csv", Choices(), at=NOW)


def test_own_plant_that_is_only_proposed_is_registered_already(session, officer):
    bring(session, officer)
    near = b"id,name,kind,latitude,longitude\nN2,Chamber 2,chamber,53.4,-2.2\n"
    tried = importing.dry_run(session, officer, near, "sites.csv", Choices(), at=NOW)
    assert {problem.code for problem in tried.problems} == {"still_proposed"}


def test_a_note_for_the_steward_is_kept_with_what_is_new(session, officer):
    bring(session, officer, choices=Choices(note="Surveyed in May."))
    assert session.scalar(select(Contribution.note)) == "Imported from plant.gpkg. Surveyed in May."
    with pytest.raises(Invalid, match="2,000 are kept"):
        importing.dry_run(session, officer, WHOLE, "plant.gpkg", Choices(note="x" * 2001), at=NOW)


def test_the_same_file_again_while_it_waits_is_unchanged_and_says_so_once(session, officer):
    bring(session, officer)
    reference = session.scalar(select(Contribution.reference).where(Contribution.status == "proposed"))
    again = importing.dry_run(session, officer, WHOLE, "plant.gpkg", Choices(), at=NOW)
    assert (again.problems, again.sites.unchanged, again.spans.unchanged) == ((), 13, 12)
    (waits,) = [remark for remark in again.remarks if remark.code == "waits"]
    assert f"25 rows are as proposed in {reference} already" in waits.message
    assert again.quality.points == 100


def test_what_differs_from_what_waits_or_joins_it_names_the_contribution(session, officer):
    bring(session, officer)
    reference = session.scalar(select(Contribution.reference).where(Contribution.status == "proposed"))
    columns = "id,name,kind,latitude,longitude,a,z,fibres"
    near = csv("N1,Chamber 1,cabinet,53.4,-2.2,,,", columns=columns)
    (differs,) = importing.dry_run(session, officer, near, "sites.csv", Choices(), at=NOW).problems
    assert (differs.code, reference in differs.message) == ("still_proposed", True)
    plant = make_plant(12)
    plant.spans["id"][0] = "OTHER"
    joins = importing.dry_run(session, officer, write(plant, "GPKG", "gpkg")["plant.gpkg"], "p.gpkg", Choices(), at=NOW)
    assert [(each.code, each.row, each.column) for each in joins.problems] == [
        ("still_proposed", 1, "a"),
        ("still_proposed", 1, "z"),
    ]


def test_a_withdrawn_span_brought_again_is_told_its_day(session, council, officer):
    bring(session, OPERATOR)
    session.execute(update(Span).where(Span.code == "S3").values(retired_on=date(2026, 11, 2)))
    (problem,) = importing.dry_run(session, officer, WHOLE, "plant.gpkg", Choices(), at=NOW).problems
    assert (problem.code, problem.row) == ("withdrawn", 4)
    assert "S3 was withdrawn or replaced on 2 November 2026" in problem.message


def test_how_good_the_national_grid_is_stands_once_whatever_the_layers(session, officer):
    tried = importing.dry_run(session, officer, WHOLE, "plant.gpkg", Choices(), at=NOW)
    assert [remark.code for remark in tried.remarks].count("accuracy") == 1


def test_a_span_may_end_at_a_site_of_others_that_the_file_only_names(session, council):
    bring(session, OPERATOR)
    other = make_member(session, "other-council", roles="contributor")
    stranger = make_actor(session, other, Role.ASSET_OFFICER)
    row = bring(session, stranger, csv("NEW,N2,N3,2,0,0"), "spans.csv")
    assert row.counts["spans"]["added"] == 1
    moved = b"id,name,kind,latitude,longitude\nN2,Chamber 2,mast,53.4,-2.2\n"
    with pytest.raises(NotYours, match="N2"):
        bring(session, stranger, moved, "sites.csv")


def test_an_import_over_leased_spans_changes_only_what_leaves_leases_true(session, council, officer):
    bring(session, OPERATOR)
    span = session.scalar(select(Span).where(Span.code == "S1"))
    lease(session, span, pairs=2)
    data = csv("S1,N1,N3,48,4,1,777", columns="id,a,z,fibres,reserved_pairs,offered_pairs,length_m")
    tried = importing.dry_run(session, officer, data, "spans.csv", Choices(), at=NOW)
    assert {left.column for left in tried.left_alone} == {"z", "geometry", "length_m", "offered_pairs"}
    row = bring(session, officer, csv("S1,N1,N2,48,4,2,205.5", columns=data.decode().split("\n")[0]), "spans.csv")
    assert row.counts["spans"]["changed"] == 1  # a re-survey, and two pairs are still offered
    session.expire_all()
    span = session.scalar(select(Span).where(Span.code == "S1"))
    assert float(span.length_m) == 205.5


def test_own_plant_that_is_given_out_comes_back_as_unchanged(session, council, officer):
    bring(session, OPERATOR)
    data = json.dumps(as_geojson(registered_plant(session))).encode()
    row = bring(session, officer, data, "export.geojson")
    assert row.counts == {
        "sites": {"added": 0, "changed": 0, "unchanged": 13},
        "spans": {"added": 0, "changed": 0, "unchanged": 12},
    }


def test_undoing_restores_all_exactly(session, council, officer):
    bring(session, OPERATOR)
    before = plant(session)

    row = bring(session, officer, csv("S1,N1,N2,96,4,10"), "spans.csv")
    more = bring(session, officer, csv("NEW,N2,N5,12,0,6"), "more.csv")
    assert plant(session) != before
    importing.undo_import(session, officer, more.reference, at=NOW)
    importing.undo_import(session, officer, row.reference, at=NOW)
    session.expire_all()
    assert plant(session) == before
    assert kinds(session)[-1] == "ImportUndone"
    assert session.scalar(select(func.count()).select_from(Contribution)) == 1
    with pytest.raises(AlreadyUndone):
        importing.undo_import(session, officer, row.reference, at=NOW)


def test_an_import_on_which_something_rests_is_not_undone_and_names_it(session, council):
    row = bring(session, OPERATOR)
    span = session.scalar(select(Span).where(Span.code == "S1"))
    lease(session, span, pairs=1)
    with pytest.raises(ImportDependedOn) as refusal:
        importing.undo_import(session, OPERATOR, row.reference, at=NOW)
    assert "lease spans" in refusal.value.detail
    assert session.scalar(select(func.count()).select_from(Span)) == 12


def test_an_import_that_was_changed_since_is_not_undone(session, council, officer):
    row = bring(session, OPERATOR)
    bring(session, officer, csv("S1,N1,N2,96,4,10"), "spans.csv")
    with pytest.raises(ImportDependedOn, match="Changed or gone since: S1"):
        importing.undo_import(session, OPERATOR, row.reference, at=NOW)


def test_later_spans_at_its_sites_keep_an_import(session, council, officer):
    row = bring(session, OPERATOR)
    bring(session, officer, csv("NEW,N1,N5,2,0,0"), "spans.csv")
    with pytest.raises(ImportDependedOn, match="NEW"):
        importing.undo_import(session, OPERATOR, row.reference, at=NOW)


def test_a_span_that_has_left_the_plant_keeps_the_sites_at_which_it_ended(session, council, officer):
    row = bring(session, OPERATOR)
    bring(session, officer, csv("NEW,N1,N5,2,0,0"), "spans.csv")
    session.scalars(select(Span).where(Span.code == "NEW")).one().retired_on = NOW.date()
    session.flush()
    with pytest.raises(ImportDependedOn) as refusal:
        importing.undo_import(session, OPERATOR, row.reference, at=NOW)

    (problem,) = refusal.value.problems
    assert problem.message == ("Spans that have left the plant ended at its sites and are kept for their past: NEW.")
    assert "Let the import stay" in problem.remedy


def test_an_import_of_which_a_split_was_undone_can_be_undone(session, council):
    row = bring(session, OPERATOR)
    owner = make_actor(session, council, Role.ASSET_OFFICER)
    middle = editing.NewSite(where="384267 398007", id="M", name="Middle", kind="chamber")
    edit = editing.split_span(session, owner, editing.SpanSplit("S1", new=middle), at=NOW, chooser=CHANCE)
    with pytest.raises(ImportDependedOn, match="Changed or gone since: S1"):
        importing.undo_import(session, OPERATOR, row.reference, at=NOW)
    editing.undo_edit(session, owner, edit.reference, at=NOW)
    importing.undo_import(session, OPERATOR, row.reference, at=NOW)
    assert session.scalar(select(func.count()).select_from(Span)) == 0


def test_undoing_sends_no_more_values_however_much_is_undone(session, council, count_queries):
    row = bring(session, OPERATOR, write(make_plant(40), "GPKG", "gpkg")["plant.gpkg"])
    with count_queries() as statements:
        importing.undo_import(session, OPERATOR, row.reference, at=NOW)
    assert max(statement.count("%(") for statement in statements) < 30


def test_others_take_codes_while_a_file_is_read(session, council):
    locks = text("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND objid = :codes")
    held = []
    importing.begin_import(
        session, OPERATOR, WHOLE, "plant.gpkg", Choices(), at=NOW,
        on_progress=lambda percent: held.append(session.scalar(locks, {"codes": CODES_LOCK})),
    )  # fmt: skip
    assert held == [0, 1, 1]  # read, judged, looked over


def test_one_faulty_row_keeps_all_out_and_goes_into_the_file_of_failed_rows(session, council, officer):
    bring(session, OPERATOR)
    data = csv("GOOD,N1,N3,4,0,0", "BAD,N1,NOWHERE,4,0,0", "GOOD,N2,N4,x,0,0")
    with pytest.raises(Invalid) as refusal:
        bring(session, officer, data, "spans.csv")
    found = [(problem.row, problem.code) for problem in refusal.value.problems]
    assert found == [(3, "unknown_site"), (4, "duplicate_id"), (4, "bad_fibres")]
    lines = importing.rows_to_mend(session, officer, data, "spans.csv", Choices(), at=NOW).splitlines()
    assert [line.split(",")[0] for line in lines] == ["id", "BAD", "GOOD"]
    assert "No site is called NOWHERE" in lines[1]
    tried = importing.dry_run(session, officer, data, "spans.csv", Choices(), at=NOW)
    assert tried.quality.points == 33


def test_columns_are_remembered_for_the_member(session, council, officer):
    bring(session, OPERATOR)
    data = csv("NEW,N1,N3,4", columns="tag,one,other,glass")
    columns = {"tag": "id", "one": "a", "other": "z", "glass": "fibres"}
    bring(session, officer, data, "spans.csv", Choices(columns=columns))
    again = importing.look_into_file(session, officer, data, "spans.csv")
    assert again.columns["table"] == columns
    assert importing.look_into_file(session, OPERATOR, data, "spans.csv").question.ask == "columns"


def test_imports_of_others_are_not_there(session, council, officer):
    row = bring(session, OPERATOR)
    with pytest.raises(NotFound):
        importing.find_import(session, make_actor(session, make_member(session), Role.ASSET_OFFICER), "IMP-XXXXXX")
    assert importing.find_import(session, OPERATOR, row.reference.lower()).reference == row.reference
    own = bring(session, officer, csv("NEW,N1,N3,4,0,0"), "spans.csv")
    assert [each.reference for each in importing.list_imports(session, officer).items] == [own.reference]
    assert [change.code for change in importing.list_changes(session, officer, own.reference)] == ["NEW"]
    stranger = make_actor(session, make_member(session), Role.ASSET_OFFICER)
    with pytest.raises(NotFound):
        importing.undo_import(session, stranger, own.reference, at=NOW)


def test_what_an_import_did_is_listed_part_by_part_and_its_count_is_known(session, council):
    row = bring(session, OPERATOR)
    parts = [importing.list_changes(session, OPERATOR, row.reference, after=after, limit=10) for after in (0, 10, 20)]
    assert [len(part) for part in parts] == [10, 10, 5]
    assert len({change.code for part in parts for change in part}) == row.change_count == 25


def test_an_upload_is_kept_for_a_day_and_the_worker_brings_it_in_once(session, council, officer):
    upload = importing.keep_upload(session, officer, WHOLE, "plant.gpkg", at=NOW, chooser=CHANCE)
    row = importing.request_import(session, officer, upload, Choices(), at=NOW, chooser=CHANCE)
    told = []
    for _ in range(2):
        importing.run_import(session, OPERATOR, row.reference, upload, at=NOW, chooser=CHANCE, on_progress=told.append)
    session.expire_all()
    done = session.scalar(select(ImportRow).where(ImportRow.reference == row.reference))
    assert (done.status, done.percent, done.counts["spans"]["added"], done.member_id) == ("done", 100, 12, council.id)
    assert told == sorted(told)
    assert session.scalar(select(func.count()).select_from(ImportChange)) == 25
    assert importing.forget_old_uploads(session, OPERATOR, at=NOW) == 0
    assert importing.forget_old_uploads(session, OPERATOR, at=NOW + 2 * importing.KEPT_FOR) == 1
    assert session.scalar(select(func.count()).select_from(Upload)) == 0
    assert session.scalar(select(func.count()).select_from(Site)) == 13
