"""General meetings on pages and in the API: the registrar holds one, delegates vote, all read what was resolved."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from cni.governance.models import Meeting, Resolution
from cni.members.models import Member
from cni.members.policy import Role
from tests.factories import make_member, make_person, make_tariff
from tests.meetings import make_meeting, make_open_vote

MEETING = {
    "title": "November meeting",
    "held_at": "2026-11-22T11:30",
    "place": "Ashton Old Baths",
    "notice_on": "2026-11-01",
}
QUORUM = {
    "reference": "gm-2026-11",
    "title": "A larger quorum",
    "text": "That the quorum be 40 per cent.\n\nFrom the new year.",
    "decides": "parameter",
    "parameter_code": "quorum_percent",
    "parameter_value": "40",
    "effective_from": "2027-01-01",
}


@pytest.fixture
def registrar(session):
    return make_person(session, None, Role.REGISTRAR)


@pytest.fixture
def delegate(session):
    return make_person(session, make_member(session, "a-council"), Role.DELEGATE)


@pytest.fixture
def colleagues(session, delegate):
    member = session.get_one(Member, delegate.member_id)
    return [make_person(session, member, role) for role in (Role.PLANNER, Role.MEMBER_ADMIN)]


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def test_a_meeting_from_its_call_to_the_parameter_that_it_set(client, session, registrar, delegate):
    make_member(session, "an-isp")
    browser = client.sign_in_as(registrar)

    called = browser.post("/call-meeting", data=MEETING)
    meeting = session.scalars(select(Meeting)).one()
    assert called.location == f"/meetings/{meeting.reference}"
    assert "Notice given 1 November 2026, 21 days before" in text_of(browser.get(called.location))
    assert "22 November 2026 at 11:30" in text_of(browser.get("/meetings"))

    drafted = browser.post(f"/meetings/{meeting.reference}/draft", data=QUORUM)
    assert drafted.location == "/resolutions/GM-2026-11"
    assert "Quorum: 40 % from 1 January 2027" in text_of(browser.get(drafted.location))
    assert browser.post("/resolutions/GM-2026-11/open").status_code == 302

    browser.sign_in_as(delegate)
    assert "Vote on GM-2026-11" in text_of(browser.get("/"))
    assert browser.post("/resolutions/GM-2026-11/vote", data={"choice": "for"}).status_code == 302
    while_open = text_of(browser.get("/resolutions/GM-2026-11"))
    assert "Your organisation has voted." in while_open
    assert "1 of 2" in while_open
    assert "Quorum 1 so many must vote" in while_open
    assert "Votes by member" not in while_open

    browser.sign_in_as(make_person(session, None, Role.REGISTRAR))
    assert "If it is carried, the parameter is set." in text_of(browser.get("/resolutions/GM-2026-11"))
    assert browser.post("/resolutions/GM-2026-11/close").status_code == 302
    closed = text_of(browser.get("/resolutions/GM-2026-11"))
    assert "A Council For" in closed
    assert "An Isp Did not vote" in closed
    assert "GM-2026-11 A larger quorum 22 November 2026 1 of 2 Carried" in text_of(browser.get("/resolutions"))
    assert "Quorum To come 40 % 1 January 2027 GM-2026-11" in text_of(browser.get("/parameters"))


def test_a_delegate_is_offered_a_vote_once(client, session, delegate):
    reference = make_open_vote(session, entitled=delegate.member_id).reference
    browser = client.sign_in_as(delegate)
    assert f'action="/resolutions/{reference}/vote"' in browser.get(f"/resolutions/{reference}").get_data(as_text=True)

    unsaid = browser.post(f"/resolutions/{reference}/vote")
    assert unsaid.status_code == 422
    assert "The vote is missing." in text_of(unsaid)
    browser.post(f"/resolutions/{reference}/vote", data={"choice": "abstain"})
    page = browser.get(f"/resolutions/{reference}").get_data(as_text=True)
    assert f'action="/resolutions/{reference}/vote"' not in page

    again = browser.post(f"/resolutions/{reference}/vote", data={"choice": "for"})
    assert again.status_code == 409
    assert "Your organisation has cast its one vote" in text_of(again)


def test_who_is_no_delegate_is_offered_none(client, session, delegate, colleagues):
    reference = make_open_vote(session, entitled=delegate.member_id).reference
    for colleague in colleagues:
        browser = client.sign_in_as(colleague)
        page = browser.get(f"/resolutions/{reference}").get_data(as_text=True)
        assert "/vote" not in page
        assert "/close" not in page
        assert browser.post(f"/resolutions/{reference}/vote", data={"choice": "for"}).status_code == 403
        assert browser.get("/call-meeting").status_code == 403


def test_a_refused_meeting_or_draft_is_shown_again_with_every_problem(client, session, registrar):
    browser = client.sign_in_as(registrar)
    refused = browser.post("/call-meeting", data=MEETING | {"held_at": "tomorrow", "place": ""})
    assert refused.status_code == 422
    assert "This is no day and time" in text_of(refused)
    assert "The place is missing." in text_of(refused)
    assert 'value="November meeting"' in refused.get_data(as_text=True)

    meeting = make_meeting(session).reference
    refused = browser.post(f"/meetings/{meeting}/draft", data=QUORUM | {"parameter_value": "0"})
    assert refused.status_code == 422
    assert "Quorum is a whole number from 1 to 100 (%)." in text_of(refused)
    assert session.scalars(select(Resolution)).all() == []


def test_a_vote_cannot_be_opened_before_the_meeting(client, session, registrar):
    browser = client.sign_in_as(registrar)
    browser.post("/call-meeting", data=MEETING | {"held_at": "2026-12-22T18:30"})
    meeting = session.scalars(select(Meeting)).one().reference
    drafted = browser.post(f"/meetings/{meeting}/draft", data=QUORUM).location
    early = browser.post(f"{drafted}/open")
    assert early.status_code == 409
    assert "A vote opens when the meeting has begun" in text_of(early)


def test_the_tariff_links_to_the_resolution_that_it_names(client, session, registrar):
    make_tariff(session)  # passed by "GM-1 (demonstration)"
    browser = client.sign_in_as(registrar)
    assert "/resolutions/GM-1" not in browser.get("/tariff").get_data(as_text=True)
    meeting = make_meeting(session).reference
    words = {"reference": "GM-1", "title": "The tariff", "text": "Publish it.", "decides": "tariff"}
    browser.post(f"/meetings/{meeting}/draft", data=words)
    assert 'href="/resolutions/GM-1"' in browser.get("/tariff").get_data(as_text=True)
    assert "Named by Demonstration tariff 2025" in text_of(browser.get("/resolutions/GM-1"))


def test_without_anything_the_pages_say_how_to_begin(client, session, registrar, delegate):
    browser = client.sign_in_as(registrar)
    assert 'href="/call-meeting"' in browser.get("/resolutions").get_data(as_text=True)
    assert 'href="/call-meeting"' in browser.get("/meetings").get_data(as_text=True)
    assert 'href="/call-meeting"' not in client.sign_in_as(delegate).get("/resolutions").get_data(as_text=True)
    assert "Quorum 25 % From the beginning" in text_of(client.get("/parameters"))


def test_a_program_reads_and_votes(api_client, session, delegate):
    reference = make_open_vote(session, entitled=delegate.member_id).reference
    program = api_client(delegate)

    (entry,) = program.get("/api/v1/resolutions").get_json()["items"]
    assert (entry["reference"], entry["state"], entry["entitled"], entry["voted"]) == (reference, "open", 1, 0)
    found = program.get(f"/api/v1/resolutions/{reference}").get_json()
    assert (found["may_vote"], found["has_voted"], found["tally"], found["votes"]) == (True, False, None, [])

    cast = program.post(f"/api/v1/resolutions/{reference}/vote", json={"choice": "against"})
    assert cast.status_code == 201
    assert (cast.get_json()["has_voted"], cast.get_json()["voted"], cast.get_json()["votes"]) == (True, 1, [])
    again = program.post(f"/api/v1/resolutions/{reference}/vote", json={"choice": "for"})
    assert (again.status_code, again.get_json()["code"]) == (409, "already_voted")
    wrong = program.post(f"/api/v1/resolutions/{reference}/vote", json={"choice": "maybe"})
    assert wrong.status_code == 422


def test_a_program_reads_votes_once_they_are_closed_and_the_parameters(
    client, api_client, session, registrar, delegate
):
    browser = client.sign_in_as(registrar)
    meeting = make_meeting(session).reference
    browser.post(f"/meetings/{meeting}/draft", data=QUORUM)
    browser.post("/resolutions/GM-2026-11/open")
    program = api_client(delegate)
    program.post("/api/v1/resolutions/GM-2026-11/vote", json={"choice": "for"})
    browser.post("/resolutions/GM-2026-11/close")

    found = program.get("/api/v1/resolutions/GM-2026-11").get_json()
    assert (found["state"], found["outcome"]) == ("closed", "carried")
    assert found["tally"] == {"votes_for": 1, "votes_against": 0, "abstentions": 0}
    assert found["votes"] == [{"member": "a-council", "choice": "for"}]
    assert found["parameter"] == {"code": "quorum_percent", "value": 40, "effective_from": "2027-01-01"}
    (quorum, *_rest) = program.get("/api/v1/parameters").get_json()["items"]
    assert (quorum["code"], quorum["value"], quorum["default"]) == ("quorum_percent", 25, 25)
    assert quorum["values"] == [{"value": 40, "effective_from": "2027-01-01", "resolution": "GM-2026-11"}]
