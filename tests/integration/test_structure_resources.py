"""The API about files kept with spans, ducts and splices: for owners and staff, as a program meets it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cni.assets.colours import ColourScheme
from cni.members.policy import Role
from cni.members.queries import actor_of
from cni.operations import evidencing, structuring
from cni.operations.evidencing import NewFile
from cni.operations.structuring import NewCable, NewDuct, NewSplice
from tests.conftest import NOW
from tests.factories import make_member, make_person
from tests.leases import CHANCE
from tests.plant import lay
from tests.sor import write_sor

TRACE = write_sor()
LISTS = ("/api/v1/attachments", "/api/v1/ducts", "/api/v1/splices/B")


@pytest.fixture
def officer(session):
    """The asset officer of a council with files, ducts and splices."""
    council = make_member(session, "a-council", roles="contributor")
    lay(session, "A-B 1000, B-C 900", owner=council)
    officer = make_person(session, council, Role.ASSET_OFFICER)
    actor = actor_of(officer)
    for name, data in (("survey.pdf", b"surveyed"), ("trace.sor", TRACE)):
        evidencing.attach_file(session, actor, "A-B", NewFile(name, data), at=NOW, chooser=CHANCE)
    evidencing.attach_file(session, actor, "B-C", NewFile("photo.jpg", b"\xff\xd8"), at=NOW, chooser=CHANCE)
    structuring.describe_cable(session, actor, "A-B", NewCable(ColourScheme.FOTAG, 12, Decimal(14)), at=NOW)
    structuring.keep_duct(session, actor, NewDuct("D/1", Decimal(96), Decimal(300), spans=("A-B",)), at=NOW)
    session.flush()
    sub_duct = NewDuct("SUB", Decimal(40), Decimal(300), parent="D/1", outer_mm=Decimal(50))
    structuring.keep_duct(session, actor, sub_duct, at=NOW)
    spliced = [NewSplice("A-B", number, "B-C", number, Decimal("0.08")) for number in (1, 2, 3)]
    structuring.keep_splices(session, actor, "B", spliced, at=NOW)
    session.flush()
    session.expire_all()
    return officer


@pytest.fixture
def program(officer, api_client):
    return api_client(officer)


@pytest.fixture
def stranger(session, officer, api_client):
    """A program of another member's officer, who has a span at B too."""
    other = make_member(session, "another")
    return api_client(make_person(session, other, Role.ASSET_OFFICER))


def test_files_are_listed_page_by_page_and_by_span(program):
    first = program.get("/api/v1/attachments?limit=2").json
    rest = program.get("/api/v1/attachments", query_string={"limit": 2, "after": first["next"]}).json

    assert [file["name"] for file in first["items"] + rest["items"]] == ["photo.jpg", "trace.sor", "survey.pdf"]
    assert rest["next"] is None
    of_span = program.get("/api/v1/attachments?span=b-c").json["items"]
    assert [(file["name"], file["span"]) for file in of_span] == [("photo.jpg", "B-C")]


def test_a_file_is_downloaded_as_it_was_attached(program):
    trace = program.get("/api/v1/attachments?span=A-B").json["items"][0]
    address = f"/api/v1/attachments/{trace['reference']}"

    content = program.get(f"{address}/content")

    assert content.data == TRACE
    assert content.mimetype == "application/octet-stream"
    assert content.headers["Content-Disposition"] == "attachment; filename=trace.sor"
    assert program.get(address).json["trace"]["events"]


def test_a_duct_tells_what_lies_in_it_and_how_full_it_is(program):
    listed = program.get("/api/v1/ducts").json["items"]
    duct = program.get("/api/v1/ducts/d/1").json

    assert [each["code"] for each in listed] == ["D/1", "SUB"]
    assert duct == listed[0]
    assert duct["spans"] == ["A-B"]
    assert duct["sub_ducts"] == ["SUB"]
    assert duct["fill_percent"] == 29.3  # (14² + 50²) / 96²
    assert (listed[1]["parent"], listed[1]["outer_mm"], listed[1]["is_spare"]) == ("D/1", 50, True)


def test_splices_of_a_site_come_page_by_page(program):
    first = program.get("/api/v1/splices/b?limit=2").json
    rest = program.get("/api/v1/splices/b", query_string={"limit": 2, "after": first["next"]}).json

    assert [splice["from_fibre"] for splice in first["items"] + rest["items"]] == [1, 2, 3]
    assert rest["items"] == [{"from_span": "A-B", "from_fibre": 3, "to_span": "B-C", "to_fibre": 3, "loss_db": 0.08}]


def test_the_fibres_of_a_cable_have_their_tubes(program):
    fibres = program.get("/api/v1/structure/A-B").json["fibres"]

    assert [(fibre["number"], fibre["tube"], fibre["pair"]) for fibre in fibres[11:14]] == [
        (12, 1, 6),
        (13, 2, 7),
        (14, 2, 7),
    ]


def test_another_members_files_ducts_and_splices_are_not_there(program, stranger):
    reference = program.get("/api/v1/attachments").json["items"][0]["reference"]

    assert stranger.get("/api/v1/attachments").json == {"items": [], "next": None}
    assert stranger.get("/api/v1/ducts").json == {"items": [], "next": None}
    for path in (
        "attachments?span=A-B",
        f"attachments/{reference}",
        f"attachments/{reference}/content",
        "ducts/D/1",
        "splices/B",
        "splices/NOWHERE",
    ):
        answer = stranger.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_who_splices_at_the_same_site_sees_own_splices_alone(session, officer, stranger, api_client):
    neighbour = make_member(session, "a-neighbour", roles="contributor")
    lay(session, "B-N 10, N-M 10", owner=neighbour)
    program = api_client(make_person(session, neighbour, Role.ASSET_OFFICER))

    assert program.get("/api/v1/splices/B").json["items"] == []


def test_staff_who_inspect_plant_see_everyones(session, officer, api_client):
    steward = api_client(make_person(session, None, Role.NETWORK_STEWARD))

    assert [len(steward.get(path).json["items"]) for path in LISTS] == [3, 2, 3]


@pytest.mark.parametrize("path", LISTS)
def test_nobody_sees_them_signed_out(client, officer, path):
    answer = client.get(path)

    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
