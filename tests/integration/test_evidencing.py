"""Evidence of spans: the steps, the two people, the files, and the traces among them."""

from __future__ import annotations

import io
import random
import re
from datetime import date
from hashlib import sha256

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from cni.assets.evidence_levels import EvidenceAction, EvidenceLevel, WrongLevel
from cni.assets.models import Site
from cni.assets.words import LengthBasis
from cni.members.policy import MEMBER_ROLES, Actor, Role
from cni.operations import editing, evidencing
from cni.operations._own_plant import NotLive
from cni.operations.editing import EditDependedOn, NewSite, SpanMerge, SpanSplit
from cni.operations.evidencing import NewFile, NewStep, NoTrace
from cni.primitives.errors import Forbidden, Invalid, NotFound
from tests.conftest import NOW
from tests.factories import make_actor, make_member, make_person
from tests.plant import lay
from tests.sor import write_sor

TODAY = NOW.date()
ACCEPT, RETURN, SURVEY, TEST = (EvidenceAction[name] for name in ("ACCEPT", "RETURN", "SURVEY", "TEST"))
CHANCE = random.Random(11)


@pytest.fixture
def council(session):
    return make_member(session, "council", roles="contributor")


@pytest.fixture
def span(session, council):
    return lay(session, "A-B 1000", owner=council)["A-B"]


@pytest.fixture
def officer(session, council, span):
    return make_actor(session, council, Role.ASSET_OFFICER)


@pytest.fixture
def steward(session):
    return make_actor(session, None, Role.NETWORK_STEWARD)


@pytest.fixture
def step(session, officer):
    def stepping(action, done_on=TODAY, note=None, by=officer):
        taken = evidencing.record_step(session, by, "A-B", NewStep(action, done_on, note), at=NOW)
        session.flush()
        return taken

    return stepping


@pytest.fixture
def attach(session, officer):
    def attaching(data, name="trace.sor", pair=None):
        given = NewFile(name, data, pair)
        kept = evidencing.attach_file(session, officer, "A-B", given, at=NOW, chooser=CHANCE)
        session.flush()
        return kept

    return attaching


def level(session, actor):
    return evidencing.levels(session, actor, ["A-B"])["A-B"]


def test_a_span_is_declared_surveyed_tested_and_accepted_by_another(session, officer, steward, step):
    levels = [level(session, officer)]
    for action in (SURVEY, TEST):
        step(action)
        levels.append(level(session, officer))
    evidencing.decide_evidence(session, steward, "A-B", ACCEPT, None, at=NOW)
    session.flush()

    assert [*levels, level(session, officer)] == ["declared", "surveyed", "tested", "accepted"]
    assert [step.level for step in evidencing.evidence_of(session, steward, "A-B").steps] == [*levels[1:], "accepted"]


def test_no_level_is_skipped(session, steward, step):
    with pytest.raises(WrongLevel):
        step(TEST)
    with pytest.raises(WrongLevel):
        evidencing.decide_evidence(session, steward, "A-B", ACCEPT, None, at=NOW)


def test_who_took_a_step_does_not_accept(session, steward, step):
    """Even one who was the owner's asset officer then and is a steward now."""
    step(SURVEY)
    taken = step(TEST)
    turned = Actor(taken.person_id, None, frozenset({Role.NETWORK_STEWARD}), "Once the officer")

    with pytest.raises(Forbidden):
        evidencing.decide_evidence(session, turned, "A-B", ACCEPT, None, at=NOW)
    assert evidencing.decide_evidence(session, steward, "A-B", ACCEPT, None, at=NOW)


def test_the_steward_returns_with_a_reason_and_it_begins_again(session, officer, steward, step):
    step(SURVEY)
    with pytest.raises(Invalid):
        evidencing.decide_evidence(session, steward, "A-B", RETURN, " ", at=NOW)
    evidencing.decide_evidence(session, steward, "A-B", RETURN, "The drawing shows another street.", at=NOW)
    session.flush()

    assert level(session, officer) is EvidenceLevel.DECLARED
    step(SURVEY)


def test_the_owner_does_not_accept_nor_date_ahead(session, officer, step):
    step(SURVEY)
    step(TEST)
    with pytest.raises(Invalid) as refusal:
        step(ACCEPT, date(2026, 12, 1))

    assert sorted(problem.code for problem in refusal.value.problems) == ["day_not_possible", "not_the_owners"]
    with pytest.raises(Forbidden):
        evidencing.decide_evidence(session, officer, "A-B", ACCEPT, None, at=NOW)


def test_anothers_span_has_no_evidence_for_one_but_its_level(session, span):
    stranger = make_actor(session, make_member(session), *MEMBER_ROLES)

    assert level(session, stranger) is EvidenceLevel.DECLARED
    with pytest.raises(NotFound):
        evidencing.evidence_of(session, stranger, "A-B")
    with pytest.raises(NotFound):
        evidencing.record_step(session, stranger, "A-B", NewStep(SURVEY, TODAY), at=NOW)


def test_plant_that_is_only_proposed_has_no_evidence_yet(session, council, officer):
    lay(session, "P-Q 1", owner=council, live=False)
    with pytest.raises(NotLive):
        evidencing.record_step(session, officer, "P-Q", NewStep(SURVEY, TODAY), at=NOW)


def test_the_steward_is_told_what_waits(session, officer, steward, step):
    step(SURVEY)
    assert evidencing.todo(session, steward, TODAY) == []
    step(TEST)

    (task,) = evidencing.todo(session, steward, TODAY)

    assert task.reference == "A-B"
    assert evidencing.todo(session, officer, TODAY) == []


# Files


def test_a_file_is_kept_with_its_sha256_and_once(session, officer, attach):
    kept = attach(b"a survey", "..\\..\\etc/survey\r\n.pdf")

    assert (kept.name, kept.sha256) == ("survey.pdf", sha256(b"a survey").hexdigest())
    assert evidencing.attached_file(session, officer, kept.reference).content == b"a survey"
    with pytest.raises(Invalid) as refusal:
        attach(b"a survey", "again.pdf")
    assert refusal.value.problems[0].code == "already_attached"


def test_the_database_refuses_a_content_that_is_not_what_the_digest_says(session, attach):
    kept = attach(b"a survey", "survey.pdf")
    with pytest.raises(IntegrityError, match="ck_attachments_sha256"), session.begin_nested():
        session.execute(text("UPDATE attachments SET content = 'a surve!' WHERE id = :id"), {"id": kept.id})


def test_an_empty_file_and_a_pair_that_is_not_there_are_told_at_once(attach):
    with pytest.raises(Invalid) as refusal:
        attach(b"", "nothing.pdf", 13)

    assert sorted(problem.code for problem in refusal.value.problems) == ["empty", "unknown_pair"]


def test_a_trace_is_compared_and_its_length_taken_over(session, officer, span, attach):
    kept = attach(write_sor(1_100.0, loss_db=0.3), pair=2)

    compared = evidencing.trace_of(session, officer, kept.reference)
    evidencing.take_over_length(session, officer, kept.reference, at=NOW)
    session.flush()

    assert [finding.is_good for finding in compared.findings] == [False, True, False]
    assert (float(span.length_m), span.length_basis) == (1_100.0, LengthBasis.OTDR)
    assert all(finding.is_good for finding in evidencing.trace_of(session, officer, kept.reference).findings)
    with pytest.raises(NoTrace):
        evidencing.take_over_length(session, officer, kept.reference, at=NOW)


def test_a_trace_stays_evidence_of_the_span_it_was_measured_on_and_its_parts_name_it(session, officer, span, attach):
    kept = attach(write_sor(1_000.0), pair=2)
    session.expire_all()
    a, z = session.scalars(select(Site).where(Site.code.in_(("A", "B"))).order_by(Site.code))
    where = f"{(a.latitude + z.latitude) / 2}, {(a.longitude + z.longitude) / 2}"
    middle = SpanSplit("A-B", new=NewSite(where, "M", "Middle", "chamber"))
    edit = editing.split_span(session, officer, middle, at=NOW, chooser=CHANCE)
    session.flush()
    session.expire_all()

    (before,) = evidencing.evidence_of(session, officer, "A-B.1").traced_before
    old = evidencing.evidence_of(session, officer, "A-B")

    assert (before.measured_on.code, before.measured_on.kind) == ("A-B", "split")
    assert before.compared.attachment.reference == kept.reference
    assert all(finding.is_good for finding in before.compared.findings)
    assert [each.attachment.reference for each in old.traces] == [kept.reference]
    assert (old.actions, old.may_attach, old.traced_before) == (frozenset(), False, [])
    assert not old.traces[0].offers_length
    with pytest.raises(NotLive):
        evidencing.take_over_length(session, officer, kept.reference, at=NOW)
    merged = SpanMerge("A-B.1", "A-B.2", "AB")
    editing.merge_spans(session, officer, merged, at=NOW, chooser=CHANCE)
    session.flush()
    (again,) = evidencing.evidence_of(session, officer, "AB").traced_before
    assert (again.measured_on.code, again.measured_on.kind) == ("A-B", "split")
    with pytest.raises(EditDependedOn):
        editing.undo_edit(session, officer, edit.reference, at=NOW)


def test_the_evidence_of_a_part_says_as_part_of_what_it_was_traced(session, client, api_client, council, span, attach):
    person = make_person(session, council, Role.ASSET_OFFICER)
    browser, program = client.sign_in_as(person), api_client(person)
    kept = attach(write_sor(1_000.0), pair=2)
    session.expire_all()
    a, z = session.scalars(select(Site).where(Site.code.in_(("A", "B"))).order_by(Site.code))
    where = f"{(a.latitude + z.latitude) / 2}, {(a.longitude + z.longitude) / 2}"
    middle = {"where": where, "id": "M", "name": "Middle", "kind": "chamber"}
    assert program.post("/api/v1/plant-edits/splits", json={"span": "A-B"} | middle).status_code == 201

    page = browser.get("/plant/evidence/A-B.2").text
    told = program.get("/api/v1/evidence/A-B.2").json
    old = browser.get("/plant/evidence/A-B").text

    assert re.search(r'Traced as part of <a class="code" href="/plant/evidence/A-B">A-B</a> on \d+ \w+ \d{4}', page)
    assert (told["attachments"], told["traced_before"][0]["span"]) == ([], "A-B")
    assert (told["traced_before"][0]["ended_by"], told["traced_before"][0]["attachment"]) == ("split", kept.reference)
    assert told["traced_before"][0]["trace"]["pair_number"] == 2
    assert "Its evidence stays as it was" in old
    assert "Attach a file" not in old


def test_a_trace_that_cannot_be_read_is_not_kept(attach):
    with pytest.raises(Invalid):
        attach(b"not one", "trace.sor")


# Pages


def test_a_span_is_proved_on_pages(session, client, council, span):
    officer = client.sign_in_as(make_person(session, council, Role.ASSET_OFFICER))
    refused = officer.post("/plant/evidence/step/A-B", data={"action": "survey", "done_on": "2027-01-01"})
    officer.post("/plant/evidence/step/A-B", data={"action": "survey", "done_on": "2026-11-20", "note": "Walked"})
    kept = officer.post(
        "/plant/evidence/attach/A-B", data={"file": (io.BytesIO(write_sor()), "t.sor"), "pair_number": "1"}
    )
    page = officer.get("/plant/evidence/A-B")
    reference = next(word for word in page.text.split("/") if word.startswith("ATT-")).split('"')[0]
    trace = officer.get(f"/plant/evidence/traces/{reference}")
    download = officer.get(f"/plant/evidence/files/{reference}")

    assert refused.status_code == 422
    assert kept.status_code == 302
    assert "Walked" in page.text
    assert "<svg" in trace.text
    assert "within the limit of 0.40" in trace.text
    assert download.data == write_sor()
    assert download.headers["Content-Disposition"].startswith("attachment")
    assert officer.post(f"/plant/evidence/traces/{reference}/length").status_code == 302
    assert "measured by OTDR" in officer.get("/plant/spans/A-B").text


def test_the_level_stands_on_the_spans_page_and_in_the_list_for_all(session, client, span):
    planner = client.sign_in_as(make_person(session, make_member(session, roles="user"), Role.PLANNER))

    assert "Declared" in planner.get("/plant/spans/A-B").text
    assert "Declared" in planner.get("/map").text
    assert planner.get("/plant/evidence/A-B").status_code == 403


def test_a_program_records_steps_and_a_steward_accepts(session, api_client, council, span):
    officer = api_client(make_person(session, council, Role.ASSET_OFFICER))
    steward = api_client(make_person(session, None, Role.NETWORK_STEWARD))
    for action in ("survey", "test"):
        officer.post("/api/v1/evidence/steps/A-B", json={"action": action, "done_on": "2026-11-20"})

    accepted = steward.post("/api/v1/evidence/decisions/A-B", json={"action": "accept"})

    assert accepted.json["level"] == "accepted"
    assert [step["level"] for step in officer.get("/api/v1/evidence/A-B").json["steps"]] == [
        "surveyed",
        "tested",
        "accepted",
    ]
