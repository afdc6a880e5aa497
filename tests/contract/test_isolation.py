"""What is another member's does not exist: 404 on every route of both doors.

A foreign member's person, with every role that a member's person can hold, calls every route that has something in its
address, filled in with another member's identifiers. `FOREIGN` says how to make one for each name in an address; a name
that is not there fails, so that a new page cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

import pytest
from sqlalchemy.orm import Session

from cni.assets.evidence import Attachment, Trace
from cni.assets.expiries import RegisterKind
from cni.assets.imports.records import ImportRow, ImportStatus, Upload
from cni.assets.models import Span
from cni.assets.registers import RegisterEntry
from cni.assets.structure import Duct
from cni.assets.terms import Withdrawal
from cni.leases.models import Lease, QuoteRow
from cni.members.models import ApiToken, Member, Person, SignIn
from cni.members.passwords import digest_of
from cni.members.policy import MEMBER_ROLES, Actor
from cni.operations.editing import NewSite, add_site
from tests.books import OCTOBER, make_document
from tests.conftest import NOW
from tests.contract.doors import routes
from tests.factories import make_contribution, make_member, make_person, make_site, make_span
from tests.leases import CHANCE, make_coop
from tests.meetings import make_meeting, make_open_vote

SEEN_BY_ALL = {
    "GET /api/v1/members/<slug>",  # the directory: its details are tested in test_joining.py
    "GET /api/v1/resolutions/<resolution>",  # resolutions are every member's; votes are tested in test_governing.py
    "GET /meetings/<meeting>",
    "GET /members/<slug>",
    "GET /ogc/collections/<collection>",  # live plant by tier, in test_ogc.py; so are the tiles in test_tiles.py
    "GET /ogc/collections/<collection>/feature-schema",
    "GET /ogc/collections/<collection>/items",
    "GET /ogc/collections/<collection>/items/<path:feature>",
    "GET /ogc/collections/<collection>/schema",
    "GET /password/<token>",  # public: the token is what counts
    "POST /password/<token>",
    "GET /resolutions/<resolution>",
    "GET /static/<path:filename>",
    "GET /tiles/<zoom>/<column>/<row>.mvt",
    "GET /tiles/grid/<zoom>/<column>/<row>.mvt",
}
"""The routes with something in their address that is no member's own."""


THE_COOPS = (
    "/settlements/",
    "/ledger/",
    "/resilience/hidden-risks/",
    "/api/v1/hidden-risks/",
    "/api/v1/settlements/",
    "/resolutions/",
    "/api/v1/resolutions/",
    "/meetings/",
)
"""How addresses begin that lead to what is no member's at all: no member's person may go there, whoever they are.
(To a resolution they may; here its vote opened before they were a member.)"""

THE_REGISTRARS = ("/members/<slug>/roles", "/api/v1/members/<slug>/roles")
"""What only the registrar does to a member: no member's person may go there, not even to their own."""


@dataclass(frozen=True, slots=True)
class Another:
    """Another member, and a person of it."""

    member: Member
    person: Person


def _email(_session: Session, another: Another) -> str:
    return another.person.email


def _slug(_session: Session, another: Another) -> str:
    return another.member.slug


def _token(session: Session, another: Another) -> str:
    token = ApiToken(
        person_id=another.person.id,
        public_id="FRGN2345",
        secret_hash=digest_of("theirs"),
        label="theirs",
        created_at=NOW,
        expires_at=NOW.replace(year=2027),
    )
    session.add(token)
    session.flush()
    return token.public_id


def _sign_in(session: Session, another: Another) -> str:
    sign_in = SignIn(
        person_id=another.person.id,
        token_hash=digest_of("theirs"),
        signed_in_at=NOW,
        expires_at=NOW.replace(year=2027),
    )
    session.add(sign_in)
    session.flush()
    return sign_in.reference


def _contribution(session: Session, another: Another) -> str:
    return make_contribution(session, another.member, live=False).reference


def _site(session: Session, another: Another) -> str:
    return make_site(session, "THEIR-SITE", make_contribution(session, another.member, live=False)).code


def _span(session: Session, another: Another) -> str:
    proposed = make_contribution(session, another.member, live=False)
    a, z = make_site(session, "THEIR-A", proposed), make_site(session, "THEIR-Z", proposed)
    return make_span(session, "THEIR-SPAN", a, z, another.member).code


def _document(session: Session, another: Another) -> str:
    return make_document(session, another.member)


def _month(_session: Session, _another: Another) -> str:
    return str(OCTOBER)


def _first(_session: Session, _another: Another) -> str:
    """The first journal, and the first line of the month: those of the document."""
    return "1"


def _lease(session: Session, another: Another) -> str:
    return make_coop(session, user=another.member).requested().reference


def _quote(session: Session, another: Another) -> str:
    lease = session.query(Lease).filter_by(member_id=another.member.id).one()
    return session.get_one(QuoteRow, lease.quote_id).reference


def _entry(session: Session, another: Another) -> str:
    entry = RegisterEntry(
        reference="WAY-222222",
        kind=RegisterKind.WAYLEAVE,
        member_id=another.member.id,
        party="A landowner",
        title="Deed 1",
        open_access=False,
        changed_at=NOW,
    )
    session.add(entry)
    session.flush()
    return entry.reference


def _attachment(session: Session, another: Another) -> str:
    span = session.query(Span).filter_by(code="THEIR-SPAN").one()
    data = b"theirs"
    file = Attachment(
        reference="ATT-222222",
        span_id=span.id,
        name="theirs.pdf",
        content=data,
        size_bytes=len(data),
        sha256=sha256(data).hexdigest(),
        attached_at=NOW,
        trace=Trace(wavelength_nm=1310, length_m=1000, events=[]),
    )
    session.add(file)
    session.flush()
    return file.reference


def _duct(session: Session, another: Another) -> str:
    duct = Duct(code="THEIR-DUCT", owner_id=another.member.id, bore_mm=96, length_m=100)
    session.add(duct)
    session.flush()
    return duct.code


def _withdrawal(session: Session, another: Another) -> str:
    withdrawal = Withdrawal(reference="WDR-222222", member_id=another.member.id, reason="Theirs", given_at=NOW)
    session.add(withdrawal)
    session.flush()
    return withdrawal.reference


def _imported(session: Session, another: Another) -> str:
    row = ImportRow(
        reference="IMP-222222", member_id=another.member.id, file="theirs.csv", status=ImportStatus.WAITING, percent=0,
        choices={}, requested_at=NOW,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.reference


def _upload(session: Session, another: Another) -> str:
    data = b"id,a,z,fibres\r\nTHEIR-NEW,THEIR-A,THEIR-Z,48\r\n"
    upload = Upload(
        reference="UPL-22222222", member_id=another.member.id, name="theirs.csv", data=data, uploaded_at=NOW
    )
    session.add(upload)
    session.flush()
    return upload.reference


def _hidden_risk(_session: Session, _another: Another) -> str:
    return "HR-222222"


def _resolution(session: Session, another: Another) -> str:
    """A resolution on which only another member may vote."""
    return make_open_vote(session, entitled=another.member.id).reference


def _meeting(session: Session, _another: Another) -> str:
    return make_meeting(session).reference


def _edit(session: Session, another: Another) -> str:
    asked = NewSite(where="53.47, -2.25", id="another-added", name="Added", kind="cabinet")
    officer = Actor(another.person.id, another.member.id, frozenset(MEMBER_ROLES), another.person.name)
    edit = add_site(session, officer, asked, at=NOW, chooser=CHANCE)
    session.flush()
    return edit.reference


FOREIGN: dict[str, Callable[[Session, Another], str]] = {
    "contribution": _contribution,
    "duct": _duct,
    "edit": _edit,
    "email": _email,
    "entry": _entry,
    "hidden_risk": _hidden_risk,
    "lease": _lease,
    "meeting": _meeting,
    "quote": _quote,
    "resolution": _resolution,
    "journal": _first,
    "number": _document,
    "period": _month,
    "position": _first,
    "sign_in": _sign_in,
    "site": _site,
    "slug": _slug,
    "span": _span,
    "token": _token,
    "attachment": _attachment,  # of the span
    "withdrawal": _withdrawal,
    "imported": _imported,
    "upload": _upload,
}
"""How another member's thing is made, by its name in addresses; returns the identifier to put there."""


@pytest.fixture
def theirs(session) -> dict[str, str]:
    """Identifiers of another member's things, by their names in addresses."""
    member = make_member(session, "another-member")
    another = Another(member, make_person(session, member, *MEMBER_ROLES))
    return {name: make(session, another) for name, make in FOREIGN.items()}


@pytest.fixture
def foreigner(session) -> Person:
    """A person of a member, who may there whatever a member's person may."""
    return make_person(session, make_member(session, "a-member"), *MEMBER_ROLES)


def test_every_name_in_an_address_has_a_foreign_identifier(app):
    names = {name for route in routes(app) if str(route) not in SEEN_BY_ALL for name in route.parameters}

    assert names <= FOREIGN.keys()


def test_another_members_things_are_not_found_on_any_route(app, client, api_client, session, theirs, foreigner):
    browser, program = client.sign_in_as(foreigner), api_client(foreigner)
    found = []
    for route in routes(app):
        if str(route) in SEEN_BY_ALL or not route.parameters or not route.parameters <= FOREIGN.keys():
            continue
        visitor = program if route.rule.rule.startswith("/api/") else browser
        answer = visitor.open(route.address(theirs), method=route.method, **_sent(route.endpoint))
        address = route.rule.rule
        expected = 403 if address.startswith(THE_COOPS) or address in THE_REGISTRARS else 404
        found += [] if answer.status_code == expected else [f"{route}: {answer.status}"]

    assert found == []


def test_the_same_routes_find_the_owners_own_things(app, client, session, theirs):
    """Else the test above could pass because the addresses lead nowhere."""
    owner = session.query(Person).join(Member).where(Member.slug == "another-member").order_by(Person.id).first()
    browser = client.sign_in_as(owner)

    assert browser.get(f"/leases/{theirs['lease']}").status_code == 200
    assert browser.get(f"/quotes/{theirs['quote']}").status_code == 200
    assert browser.get(f"/people/{owner.email}").status_code == 200
    assert browser.get(f"/documents/{theirs['number']}").status_code == 200
    assert browser.get("/statements/another-member").status_code == 200
    assert browser.get("/charges/2026-10/1").status_code == 200
    assert browser.post(f"/access/tokens/{theirs['token']}/revoke").status_code == 302
    assert browser.post(f"/access/sessions/{theirs['sign_in']}/end").status_code == 302


BODIES: dict[str, dict[str, object]] = {
    "api-sites.label_site": {"json": {"foi_label": "internal"}},
    "api-spans.label_span": {"json": {"foi_label": "internal"}},
    "api-evidence.decide_evidence": {"json": {"action": "accept"}},
    "api-evidence.record_step": {"json": {"action": "survey", "done_on": "2026-11-20"}},
    "api-register-entries.correct_register_entry": {"json": {"kind": "wayleave"}},
    "api-leases.accept_lease": {"json": {"accepted_on": "2026-11-22"}},
    "api-leases.end_lease": {"json": {"ends_on": "2027-06-01"}},
    "api-leases.refuse_lease": {"json": {"reason": "The duct is full."}},
    "api-resolutions.cast_vote": {"json": {"choice": "for"}},
    "api-structure.describe_cable": {"json": {"scheme": "fotag", "fibres_per_tube": 12}},
    "api-settlements.approve_settlement": {"json": {"digest": "0" * 64}},
    "api-settlements.issue_settlement": {"json": {"digest": "0" * 64}},
    "api-members.change_member_roles": {"json": {"roles": ["user"]}},
    "api-terms.set_terms": {"json": {"fee_basis": "pair_metre", "offered": "1", "reserved": ""}},
    "ledger.reverse": {"data": {"reason": "Wrong"}},
    "members.change_roles": {"data": {"roles": "user"}},
    "resolutions.draft_resolution": {"data": {"title": "Mine", "text": "Mine", "decides": "text"}},
    "plant.label_site": {"data": {"foi_label": "internal"}},
    "plant.label_span": {"data": {"foi_label": "internal"}},
    "resolutions.vote": {"data": {"choice": "for"}},
    "settlements.approve": {"data": {"digest": "0" * 64}},
    "settlements.issue": {"data": {"digest": "0" * 64}},
    "people.change_roles": {"data": {"roles": "planner"}},
}
"""What a route must be sent so that it looks for its subject at all, by endpoint."""


def _sent(endpoint: str) -> dict[str, object]:
    return BODIES.get(endpoint, {})
