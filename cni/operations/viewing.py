"""What people may look at: the members' directory, people, the audit trail. Nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from cni.db.paging import read_page
from cni.members import queries
from cni.members.models import Member
from cni.members.policy import Actor, MemberRole, Permission, require
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
    return Page([_entry(member, on) for member in members.items], members.next)


def find_member(session: Session, actor: Actor, slug: str, *, on: date) -> DirectoryEntry:
    """Return what all see of a member.

    Permission: directory:read.
    Raises:
        NotFound: there is no such member.
    """
    require(actor, Permission.DIRECTORY_READ)
    member = queries.member_by_slug(session, slug)
    if member is None:
        raise NotFound(f"There is no member “{slug}”.")
    return _entry(member, on)


def _entry(member: Member, on: date) -> DirectoryEntry:
    return DirectoryEntry(member.slug, member.name, member.sector, member.roles_on(on), member.joined_on)
