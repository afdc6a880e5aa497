"""Write members and people, and compare what is there with what a file says. The caller has checked them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from cni.members.importing import MemberDraft, PersonDraft
from cni.members.models import Member, MemberRoleHeld, Person, PersonRole
from cni.members.passwords import hash_password, is_password


def members_by_slug(session: Session) -> dict[str, Member]:
    """Return every member with its roles, by slug in small letters."""
    members = session.scalars(select(Member).options(selectinload(Member.roles)).order_by(Member.id))
    return {member.slug.casefold(): member for member in members}


def people_by_email(session: Session, emails: Iterable[str]) -> dict[str, Person]:
    """Return those of the people that have one of the addresses, with roles and member, by address in small letters."""
    wanted = {email.casefold() for email in emails}
    people = session.scalars(
        select(Person)
        .where(func.lower(Person.email).in_(wanted))
        .options(selectinload(Person.roles), selectinload(Person.member))
    )
    return {person.email.casefold(): person for person in people}


def add_members(session: Session, drafts: Iterable[MemberDraft]) -> None:
    """Add members. A role counts from the day of joining; without one, since before everything."""
    for draft in drafts:
        given = {field.name: getattr(draft, field.name) for field in fields(draft) if field.name != "roles"}
        held = [MemberRoleHeld(role=role, starts_on=draft.joined_on) for role in sorted(draft.roles)]
        session.add(Member(**given, roles=held))
    session.flush()


def add_people(session: Session, drafts: Iterable[PersonDraft], members: Mapping[str, Member]) -> None:
    """Add people to their members, given by slug in small letters; without a password they cannot sign in yet."""
    for draft in drafts:
        session.add(
            Person(
                email=draft.email,
                name=draft.name,
                member_id=members[draft.member.casefold()].id if draft.member else None,
                password_hash=hash_password(draft.password) if draft.password else None,
                roles=[PersonRole(role=role) for role in sorted(draft.roles)],
            )
        )
    session.flush()


def member_draft_of(member: Member) -> MemberDraft:
    """Return a member as a file would give it."""
    given = {field.name: getattr(member, field.name) for field in fields(MemberDraft) if field.name != "roles"}
    return MemberDraft(**given, roles=frozenset(held.role for held in member.roles))


def member_differences(member: Member, draft: MemberDraft) -> Iterator[str]:
    """Yield the columns in which a member is not what the file says."""
    standing = member_draft_of(member)
    for field in fields(draft):
        if field.name != "slug" and getattr(standing, field.name) != getattr(draft, field.name):
            yield field.name


def person_differences(person: Person, draft: PersonDraft) -> Iterator[str]:
    """Yield the columns in which a person is not what the file says."""
    slug = person.member.slug if person.member else None
    if person.name != draft.name:
        yield "name"
    if (slug or "").casefold() != (draft.member or "").casefold():
        yield "member"
    if {held.role for held in person.roles} != draft.roles:
        yield "roles"
    if draft.password and not is_password(draft.password, person.password_hash):
        yield "password"
