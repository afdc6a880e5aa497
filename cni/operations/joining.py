"""Join: the registrar admits members; administrators invite people, change their roles, close their access."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from random import Random

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cni.db.engine import violated
from cni.events.kinds import (
    AccessClosed,
    AccessOpened,
    MemberAdmitted,
    PasswordLinkMade,
    PersonInvited,
    PersonRolesChanged,
)
from cni.events.record import record
from cni.members import access, queries, registry
from cni.members.importing import MemberDraft, PersonDraft
from cni.members.models import Member, Person, PersonRole
from cni.members.policy import MEMBER_ROLES, STAFF_ROLES, Actor, Permission, Role, is_managed_by, may, require
from cni.operations.tasks import Task
from cni.primitives.errors import Conflict, NotFound, Problem, refuse_if_any


class TaskForAnother(Conflict):
    """Nobody changes their own roles or access."""

    code = "not_for_oneself"
    title = "Someone else must do this"


def admit_member(session: Session, actor: Actor, draft: MemberDraft, *, at: datetime) -> Member:
    """Admit an organisation; its roles count from the day of joining.

    Permission: members:admit. Event: MemberAdmitted.
    Raises:
        Invalid: the slug is taken, or no role is given.
    """
    require(actor, Permission.MEMBERS_ADMIT)
    problems = []
    if queries.member_by_slug(session, draft.slug):
        problems.append(_taken("slug", f"There is a member “{draft.slug}” already.", "Choose another short name."))
    if not draft.roles:
        problems.append(Problem("missing", "The member has no role.", "Choose at least one.", place="roles"))
    refuse_if_any(problems)
    try:
        with session.begin_nested():
            registry.add_members(session, [draft])
    except IntegrityError as error:  # another registrar admitted it a moment ago
        if violated(error) != "uq_members_slug":
            raise
        refuse_if_any([_taken("slug", f"There is a member “{draft.slug}” already.", "Choose another short name.")])
    member = session.scalars(queries.all_members().where(func.lower(Member.slug) == draft.slug.lower())).one()
    record(session, actor, MemberAdmitted(subject=member.slug, member_id=member.id), at=at)
    return member


@dataclass(frozen=True, slots=True)
class Invited:
    """A person who may now choose a password by the secret of a link, which is not kept."""

    email: str
    secret: str


def invite_person(session: Session, actor: Actor, draft: PersonDraft, *, at: datetime, chooser: Random) -> Invited:
    """Let someone sign in for a member (or as staff), once they have chosen a password by the link.

    Permission: people:manage, for that member; for staff only the co-op's own. Event: PersonInvited.
    Raises:
        NotFound: there is no such member here.
        Invalid: the address is taken, or the roles do not fit.
    """
    require(actor, Permission.PEOPLE_MANAGE)
    member = _managed_member(session, actor, draft.member)
    _refuse_unfit_roles(draft.roles, member)
    if queries.person_by_email(session, draft.email):
        refuse_if_any([_email_taken(draft.email)])
    try:
        with session.begin_nested():
            members = {member.slug.casefold(): member} if member else {}
            registry.add_people(session, [replace(draft, password=None)], members)
    except IntegrityError as error:  # another administrator invited them a moment ago
        if violated(error) != "uq_people_email":
            raise
        refuse_if_any([_email_taken(draft.email)])
    person = _person(session, draft.email)
    secret = access.new_password_link(session, person.id, at=at, chooser=chooser)
    roles = sorted(role.value for role in draft.roles)
    record(session, actor, PersonInvited(subject=person.email, member_id=person.member_id, roles=roles), at=at)
    return Invited(person.email, secret)


def make_password_link(session: Session, actor: Actor, email: str, *, at: datetime, chooser: Random) -> Invited:
    """Make a new link by which a person may choose a password; links made before are void.

    Permission: people:manage, for the person's member. Event: PasswordLinkMade.
    Raises:
        NotFound: there is no such person here.
    """
    require(actor, Permission.PEOPLE_MANAGE)
    person = queries.managed_person(session, actor, email)
    secret = access.new_password_link(session, person.id, at=at, chooser=chooser)
    record(session, actor, PasswordLinkMade(subject=person.email, member_id=person.member_id), at=at)
    return Invited(person.email, secret)


def change_roles(session: Session, actor: Actor, email: str, roles: frozenset[Role], *, at: datetime) -> None:
    """Give a person these roles and no others.

    Permission: people:manage, for the person's member. Event: PersonRolesChanged.
    Raises:
        NotFound: there is no such person here.
        Invalid: the roles do not fit, or none is given.
        TaskForAnother: they are one's own.
    """
    person = _someone_else(session, actor, email, "roles")
    _refuse_unfit_roles(roles, person.member)
    person.roles = [PersonRole(role=role) for role in sorted(roles)]
    names = sorted(role.value for role in roles)
    record(session, actor, PersonRolesChanged(subject=person.email, member_id=person.member_id, roles=names), at=at)


def close_access(session: Session, actor: Actor, email: str, *, at: datetime) -> None:
    """Let a person sign in no more; their sessions, tokens and links end at once.

    Permission: people:manage, for the person's member. Event: AccessClosed.
    Raises:
        NotFound: there is no such person here.
        TaskForAnother: it is one's own.
    """
    person = _someone_else(session, actor, email, "access")
    person.is_active = False
    access.end_sessions(session, person.id, at=at)
    access.end_tokens(session, person.id, at=at)
    access.use_up_password_links(session, person.id, at=at)
    record(session, actor, AccessClosed(subject=person.email, member_id=person.member_id), at=at)


def open_access(session: Session, actor: Actor, email: str, *, at: datetime) -> None:
    """Let a person sign in again, with the password and roles that they had.

    Permission: people:manage, for the person's member. Event: AccessOpened.
    Raises:
        NotFound: there is no such person here.
        TaskForAnother: it is one's own.
    """
    person = _someone_else(session, actor, email, "access")
    person.is_active = True
    record(session, actor, AccessOpened(subject=person.email, member_id=person.member_id), at=at)


def todo(session: Session, actor: Actor, today: date) -> list[Task]:
    """Return what waits for a registrar: the first member to be admitted."""
    if not may(actor, Permission.MEMBERS_ADMIT) or session.scalar(select(func.count(Member.id))):
        return []
    return [Task(about="members", title="Admit the first member", text="Then invite its people.", tone="now")]


def _managed_member(session: Session, actor: Actor, slug: str | None) -> Member | None:
    member = queries.member_by_slug(session, slug) if slug else None
    is_known = member is not None or not slug
    if not is_known or not is_managed_by(actor, member.id if member else None):
        raise NotFound("There is no such member here.")
    return member


def _someone_else(session: Session, actor: Actor, email: str, what: str) -> Person:
    require(actor, Permission.PEOPLE_MANAGE)
    person = queries.managed_person(session, actor, email)
    if person.id == actor.person_id:
        raise TaskForAnother(f"You cannot change your own {what}. Ask another administrator or the registrar.")
    return person


def _person(session: Session, email: str) -> Person:
    return session.scalars(queries.people().where(func.lower(Person.email) == email.lower())).unique().one()


def _refuse_unfit_roles(roles: frozenset[Role], member: Member | None) -> None:
    fitting = MEMBER_ROLES if member else STAFF_ROLES
    whose = "a member's people" if member else "the co-op's staff"
    remedy = f"Choose from: {', '.join(sorted(_words(role) for role in fitting))}."
    problems = [
        Problem("role_does_not_fit", f"{_words(role).capitalize()} is no role of {whose}.", remedy, place="roles")
        for role in sorted(roles - fitting)
    ]
    if not roles:
        problems.append(Problem("missing", "No role is chosen.", "Choose at least one.", place="roles"))
    refuse_if_any(problems)


def _words(role: Role) -> str:
    return role.replace("_", " ")


def _email_taken(email: str) -> Problem:
    return _taken("email", f"“{email}” signs in here already.", "Use another address, or change that person's roles.")


def _taken(place: str, message: str, remedy: str) -> Problem:
    return Problem("taken", message, remedy, place=place)
