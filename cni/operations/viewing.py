"""What people may look at: the members' directory, people, the audit trail. Nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from cni.db.paging import read_page
from cni.events.models import EventRow
from cni.events.queries import events
from cni.members import queries
from cni.members.models import Member, Person
from cni.members.policy import Actor, MemberRole, Permission, Role, may, require
from cni.primitives.errors import NotFound
from cni.primitives.paging import FIRST_PAGE, Page, PageRequest

UNNAMED = "Cooperative neutral host"


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """A member as all see it, with the roles it holds on the day that was asked about."""

    slug: str
    name: str
    sector: str | None
    roles: list[MemberRole]
    joined_on: date | None


@dataclass(frozen=True, slots=True)
class MemberDetails:
    """What a member's own people and the co-op's staff see besides.

    `account_ending`: the last four figures of the bank account, None too for those who may not read documents.
    """

    company_number: str | None
    vat_number: str | None
    address: str | None
    postcode: str | None
    self_billing_from: date | None
    self_billing_to: date | None
    account_ending: str | None


@dataclass(frozen=True, slots=True)
class MemberSeen(DirectoryEntry):
    """A member as the one who asks sees it; `details` None: it is not their own."""

    details: MemberDetails | None


@dataclass(frozen=True, slots=True)
class PersonSeen:
    """A person; `member` is the slug of theirs, None: the co-op's staff."""

    person_id: int
    email: str
    name: str
    member: str | None
    member_name: str | None
    roles: list[Role]
    is_active: bool
    has_password: bool


def coop_name(session: Session) -> str:
    """Return what the co-op is called; all may know."""
    coop = queries.cooperative(session)
    return coop.name if coop else UNNAMED


def list_members(session: Session, actor: Actor, page: PageRequest = FIRST_PAGE, *, on: date) -> Page[DirectoryEntry]:
    """Return a page of the members' directory, by slug.

    Permission: directory:read.
    """
    require(actor, Permission.DIRECTORY_READ)
    members = read_page(session, queries.all_members(), Member.slug, page)
    entries = [
        DirectoryEntry(member.slug, member.name, member.sector, member.roles_on(on), member.joined_on)
        for member in members.items
    ]
    return Page(entries, members.next)


def find_member(session: Session, actor: Actor, slug: str, *, on: date) -> MemberSeen:
    """Return a member: what all see of it, and its details for its own people and the co-op's staff.

    Permission: directory:read.
    Raises:
        NotFound: there is no such member.
    """
    require(actor, Permission.DIRECTORY_READ)
    member = queries.member_by_slug(session, slug)
    if member is None:
        raise NotFound(f"There is no member “{slug}”.")
    details = _details(member, actor) if may(actor, Permission.DIRECTORY_READ, member.id) else None
    return MemberSeen(member.slug, member.name, member.sector, member.roles_on(on), member.joined_on, details)


def _details(member: Member, actor: Actor) -> MemberDetails:
    account = member.account_number if may(actor, Permission.DOCUMENTS_READ, member.id) else None
    return MemberDetails(
        company_number=member.company_number,
        vat_number=member.vat_number,
        address=member.address,
        postcode=member.postcode,
        self_billing_from=member.self_billing_from,
        self_billing_to=member.self_billing_to,
        account_ending=account[-4:] if account else None,
    )


def list_managed_members(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """Return slug and name of each member whose people the actor manages, by name.

    Permission: people:manage.
    """
    require(actor, Permission.PEOPLE_MANAGE)
    members = queries.all_members().order_by(Member.name)
    if actor.member_id is not None:
        members = members.where(Member.id == actor.member_id)
    return [(member.slug, member.name) for member in session.scalars(members)]


def list_people(session: Session, actor: Actor, page: PageRequest = FIRST_PAGE) -> Page[PersonSeen]:
    """Return a page of the people whom the actor manages, by e-mail address.

    Permission: people:manage; a member's administrator sees that member's people only.
    """
    require(actor, Permission.PEOPLE_MANAGE)
    found = queries.people()
    if actor.member_id is not None:
        found = found.where(Person.member_id == actor.member_id)
    people = read_page(session, found, Person.email, page)
    return Page([_seen(person) for person in people.items], people.next)


def find_person(session: Session, actor: Actor, email: str) -> PersonSeen:
    """Return a person whom the actor manages.

    Permission: people:manage, for the person's member; staff are managed by the co-op's own.
    Raises:
        NotFound: there is no such person here.
    """
    require(actor, Permission.PEOPLE_MANAGE)
    return _seen(queries.managed_person(session, actor, email))


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events: of one kind, about one subject; None: all."""

    kind: str | None = None
    subject: str | None = None


EVERY_EVENT = EventFilter()


def list_events(
    session: Session, actor: Actor, wanted: EventFilter = EVERY_EVENT, page: PageRequest = FIRST_PAGE
) -> Page[EventRow]:
    """Return a page of the audit trail, newest first.

    Permission: events:read.
    """
    require(actor, Permission.EVENTS_READ)
    return read_page(session, events(wanted.kind, wanted.subject), EventRow.id, page, newest_first=True)


def _seen(person: Person) -> PersonSeen:
    return PersonSeen(
        person_id=person.id,
        email=person.email,
        name=person.name,
        member=person.member.slug if person.member else None,
        member_name=person.member.name if person.member else None,
        roles=[held.role for held in person.roles],
        is_active=person.is_active,
        has_password=person.password_hash is not None,
    )
