"""The Resilience room, as members and staff see it."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest

from cni.assets.audits import NetworkAudit
from cni.members.models import Person
from cni.members.policy import OPERATOR, Role
from cni.operations import assessing
from cni.web import resilience
from tests.conftest import NOW
from tests.factories import make_actor, make_member, make_person
from tests.leases import SITE_DIVERSE, make_coop

PLANT = "A-B 1200 [K1], B-Z 900, A-C 1500, C-Z 1100 [K1], Z-D 700"
LATER = NOW.replace(month=12)


@pytest.fixture
def coop(session, test_runtime):
    return make_coop(session, PLANT)


@pytest.fixture
def rival(session, coop):
    """The same co-op as another user sees it."""
    member = make_member(session, "rival", roles="user")
    return replace(coop, user=member, planner=make_actor(session, member, Role.PLANNER))


@pytest.fixture
def in_december(app):
    """The pages of an app whose today is in December, when the leases of these tests are in service."""
    from cni import runtime

    runtime.open_runtime(replace(runtime.current(), clock=lambda: LATER))


@pytest.fixture
def enter(app, session, coop, in_december):
    """Sign in as an actor: `enter(coop.planner).get("/resilience")`."""
    from tests.browser import Browser

    return lambda actor: Browser(app).sign_in_as(session.get_one(Person, actor.person_id))


def marks_on(page):
    """What the page marks on its map."""
    return json.loads(re.search(r'<div id="map-marks" hidden>(.*?)</div>', page.text).group(1))


def rows_of(page, caption):
    """The rows of a table, as text."""
    table = re.search(rf"<caption[^>]*>{caption}</caption>.*?<tbody>(.*?)</tbody>", page.text, re.S).group(1)
    rows = re.findall(r"<tr.*?</tr>", table, re.S)
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in rows]


# The audit


def test_the_audit_marks_on_the_map_what_its_tables_list(enter, coop):
    page = enter(coop.planner).get("/resilience")

    marks = marks_on(page)
    assert [code for code, kinds in marks["spans"].items() if "bridge" in kinds] == ["Z-D"]
    assert {code for code, kinds in marks["spans"].items() if "risk" in kinds} == {"A-B", "C-Z"}
    assert marks["sites"]["Z"] == ["articulation", "cut_off"]
    assert marks["sites"]["D"] == ["cut_off"]
    assert [row.split()[0] for row in rows_of(page, "The bridges of the plant")] == ["Z-D"]


def test_a_long_audit_waits_for_the_worker_with_a_progress_bar(enter, coop, session, monkeypatch):
    monkeypatch.setattr(resilience, "AT_ONCE_SPANS", 4)
    planner = enter(coop.planner)
    assert "Start the audit" in planner.get("/resilience").text

    assert planner.post("/resilience").location == "/resilience"
    waiting = planner.get("/resilience").text
    assert "<progress" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    revision = session.query(NetworkAudit).one().revision
    assessing.note_progress(session, OPERATOR, revision, 50)
    session.flush()
    part = planner.get("/resilience", headers={"HX-Request": "true"}).text
    assert "50 % done" in part
    assert "<html" not in part

    result = assessing.make_audit(session, OPERATOR, revision, progress=lambda percent: None)
    assessing.finish_audit(session, OPERATOR, revision, result, at=NOW)
    session.flush()
    done = planner.get("/resilience", headers={"HX-Request": "true"})
    assert done.headers["HX-Redirect"] == "/resilience"
    assert "The bridges of the plant" in planner.get("/resilience").text


# Sites and leases


def test_a_site_page_leads_to_what_one_failure_would_do_there(enter, coop):
    planner = enter(coop.planner)
    assert 'href="/resilience/sites/D"' in planner.get("/plant/sites/D").text

    page = planner.get("/resilience/sites/D")
    assert "Every route from Site D to the core crosses the span Z-D (Site D – Site Z)." in page.text
    assert rows_of(page, "What stands alone between the site and the core")[0].startswith("Span Z-D")


def test_a_lease_page_leads_to_what_it_relies_on_and_others_find_nothing(enter, coop, rival):
    lease = coop.accepted(**SITE_DIVERSE).reference
    planner = enter(coop.planner)
    assert f'href="/resilience/leases/{lease}"' in planner.get(f"/leases/{lease}").text

    page = planner.get(f"/resilience/leases/{lease}")
    assert "share no span and no site between the ends, but a known risk group" in page.text
    assert rows_of(page, "What takes the lease down by itself")[0].startswith("Risk group K1")
    assert enter(coop.steward).get(f"/resilience/leases/{lease}").status_code == 200
    assert enter(rival.planner).get(f"/resilience/leases/{lease}").status_code == 404


# What if


def test_the_address_holds_what_fails_and_empty_choices_leave_it(enter, coop):
    planner = enter(coop.planner)

    answer = planner.get("/resilience/what-if?cut=span:Z-D&cut=&cut=site:B&cut=span:Z-D")
    assert answer.location == "/resilience/what-if?cut=span:Z-D&cut=site:B"

    page = planner.get(answer.location)
    assert marks_on(page)["sites"] == {"B": ["cut"], "D": ["cut_off"]}
    assert rows_of(page, "The sites that are cut off") == ["Site D D"]
    assert rows_of(page, "The spans that are out") == [
        "A-B Site A – Site B",
        "B-Z Site B – Site Z",
        "Z-D Site D – Site Z",
    ]


def test_what_is_not_there_cannot_fail(enter, coop):
    page = enter(coop.planner).get("/resilience/what-if?cut=span:nowhere&cut=colour:red")

    assert page.status_code == 422
    assert "There is no live span nowhere." in page.text
    assert "“colour:red” names nothing that can fail." in page.text


def test_a_member_sees_what_becomes_of_its_own_leases_only(enter, coop, rival):
    own = coop.accepted(a="A", z="Z").reference
    other = rival.accepted(a="Z", z="D").reference

    page = enter(coop.planner).get("/resilience/what-if?cut=span:A-B&cut=span:Z-D").text
    assert own in page
    assert other not in page
    staff = enter(coop.steward).get("/resilience/what-if?cut=span:A-B&cut=span:Z-D").text
    assert own in staff
    assert other in staff


def test_who_may_not_read_leases_sees_what_becomes_of_sites(enter, coop, session):
    coop.accepted(a="A", z="Z")
    officer = make_actor(session, coop.user, Role.ASSET_OFFICER)

    page = enter(officer).get("/resilience/what-if?cut=span:A-B").text
    assert "Your roles do not include reading leases" in page
    assert "LSE-" not in page


# Reinforcement


def test_candidates_of_ones_own_are_advised_on(enter, coop):
    csv = "a,z,cost_pence,length_m\nD,C,5000000,600\nD,Z,9000000,700\n"
    planner = enter(coop.planner)

    page = planner.post("/resilience/reinforcement", data={"candidates": csv, "against_own": "span"})
    assert page.status_code == 200
    assert rows_of(page, "The cheapest spans to build")[0].endswith("600 m £50,000.00")
    assert [line["kind"] for line in marks_on(page)["lines"]] == ["candidate", "chosen"]
    sent = {"file": (io.BytesIO(csv.encode()), "candidates.csv"), "against_own": "span"}
    assert "£50,000.00" in planner.post("/resilience/reinforcement", data=sent).text


def test_candidates_that_are_wrong_are_told_with_their_rows_and_stay(enter, coop):
    csv = "a,z,cost_pence,length_m\nD,nowhere,5,600\nD,C,-1,600\n"

    page = enter(coop.planner).post("/resilience/reinforcement", data={"candidates": csv, "against_own": "span"})

    assert page.status_code == 422
    assert "nowhere" in page.text
    assert "D,C,-1,600" in page.text  # what was entered is there still


def test_proposed_candidates_are_priced_by_the_metre_and_said_to_be_indicative(enter, coop):
    planner = enter(coop.planner)

    page = planner.get("/resilience/reinforcement?against=span&within_m=5000&pounds_per_metre=100")
    assert "Indicative only" in page.text
    assert "£" in rows_of(page, "The cheapest spans to build")[0]
    wrong = planner.get("/resilience/reinforcement?within_m=0&pounds_per_metre=free")
    assert wrong.status_code == 422
    assert "Sites can be proposed that are 1 to 50,000 metres apart." in wrong.text


# Commercial


def test_commercial_resilience_begins_with_the_first_rows_and_shows_all_on_request(enter, coop, monkeypatch):
    monkeypatch.setattr("cni.web.resilience.ROWS_AT_FIRST", 2)
    staff = enter(coop.steward)

    page = staff.get("/resilience/commercial")
    assert len(rows_of(page, "Spans and their users")) == 2
    assert (
        'These are the first 2 of 5. <a href="/resilience/commercial?all=1#spans-heading">Show all spans</a>'
        in page.text
    )
    assert len(rows_of(staff.get("/resilience/commercial?all=1"), "Spans and their users")) == 5


def test_commercial_resilience_tells_members_no_names(enter, coop, rival, session):
    coop.accepted(a="A", z="B")
    rival.accepted(a="A", z="B")
    registrar = make_person(session, None, Role.REGISTRAR)

    staff = enter(coop.steward).get("/resilience/commercial")
    assert rows_of(staff, "Spans and their users")[0].startswith("A-B Site A – Site B")
    assert rival.user.name in rows_of(staff, "Spans and their users")[0]
    for page in (
        enter(coop.planner).get("/resilience/commercial"),
        enter(replace(coop.steward, person_id=registrar.id)).get("/resilience/commercial"),
    ):
        assert "All 5 spans have fewer than three users." in page.text
        assert rival.user.name not in page.text
        assert set(marks_on(page)["spans"]) == {"A-B", "B-Z", "A-C", "C-Z", "Z-D"}
        assert {kind for kinds in marks_on(page)["spans"].values() for kind in kinds} == {"few_users"}
