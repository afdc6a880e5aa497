"""Find members, people, sessions and tokens. Each says what it loads."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from cni.members.models import ApiToken, Cooperative, Member, PasswordLink, Person, SignIn
from cni.members.passwords import digest_of
from cni.members.policy import Actor, is_managed_by
from cni.primitives.errors import NotFound

WITH_WHAT_AN_ACTOR_NEEDS = (joinedload(Person.roles), joinedload(Person.member))


def cooperative(session: Session) -> Cooperative | None:
    """Return the co-op itself; None before anything was loaded."""
    return session.get(Cooperative, 1)


def actor_of(person: Person) -> Actor:
    """Return the actor that a person is; their roles must be loaded."""
    roles = frozenset(held.role for held in person.roles)
    return Actor(person_id=person.id, member_id=person.member_id, roles=roles, name=person.name)


def person_by_email(session: Session, email: str) -> Person | None:
    """Return the person of an address in whatever case, with roles and member."""
    return _one_person(session, func.lower(Person.email) == email.lower())


def person_of_session(session: Session, token: str, at: datetime) -> Person | None:
    """Return whose live session a token is, with roles and member."""
    live = (SignIn.token_hash == digest_of(token), SignIn.revoked_at.is_(None), SignIn.expires_at > at)
    signed_in = select(SignIn.person_id).where(*live).scalar_subquery()
    return _one_person(session, Person.id == signed_in, Person.is_active.is_(True))


def person_of_password_link(session: Session, token: str, at: datetime) -> Person | None:
    """Return who may choose a password by a link that was neither used nor replaced, with roles and member."""
    live = (PasswordLink.token_hash == digest_of(token), PasswordLink.used_at.is_(None), PasswordLink.expires_at > at)
    invited = select(PasswordLink.person_id).where(*live).scalar_subquery()
    return _one_person(session, Person.id == invited, Person.is_active.is_(True))


def person_of_token(session: Session, public_id: str, secret: str, at: datetime) -> Person | None:
    """Return whose live API token this is, with roles and member."""
    live = (ApiToken.public_id == public_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > at)
    # The secret is looked up by its digest: comparing 256 random bits leaks nothing that helps to guess them.
    holder = select(ApiToken.person_id).where(*live, ApiToken.secret_hash == digest_of(secret)).scalar_subquery()
    return _one_person(session, Person.id == holder, Person.is_active.is_(True))


def managed_person(session: Session, actor: Actor, email: str) -> Person:
    """Return the person of an address, of a member whose people are the actor's to manage, with roles and member.

    Raises:
        NotFound: there is no such person, or not for this actor.
    """
    person = person_by_email(session, email)
    if person is None or not is_managed_by(actor, person.member_id):
        raise NotFound(f"There is no person “{email}” here.")
    return person


def people() -> Select[Person]:
    """Select everyone, with roles and member."""
    return select(Person).options(*WITH_WHAT_AN_ACTOR_NEEDS)


def member_by_slug(session: Session, slug: str) -> Member | None:
    """Return the member of a slug in whatever case, with its roles."""
    found = select(Member).where(func.lower(Member.slug) == slug.lower()).options(selectinload(Member.roles))
    return session.scalar(found)


def lock_member(session: Session, slug: str) -> Member | None:
    """Return the member of a slug in whatever case, with its roles, for nobody else to change until the end."""
    found = select(Member).where(func.lower(Member.slug) == slug.lower()).options(selectinload(Member.roles))
    # Whoever waited for the lock may hold rows from before: read them anew.
    return session.scalar(found.with_for_update().execution_options(populate_existing=True))


def all_members() -> Select[Member]:
    """Select every member, with its roles."""
    return select(Member).options(selectinload(Member.roles))


def live_sessions(session: Session, person_id: int, at: datetime) -> list[SignIn]:
    """Return a person's live sessions, newest first."""
    live = (SignIn.person_id == person_id, SignIn.revoked_at.is_(None), SignIn.expires_at > at)
    return list(session.scalars(select(SignIn).where(*live).order_by(SignIn.signed_in_at.desc(), SignIn.id.desc())))


def tokens_of(session: Session, person_id: int) -> list[ApiToken]:
    """Return a person's API tokens, revoked and expired ones too, newest first."""
    return list(session.scalars(select(ApiToken).where(ApiToken.person_id == person_id).order_by(ApiToken.id.desc())))


def _one_person(session: Session, *conditions: ColumnElement[bool]) -> Person | None:
    return session.scalars(people().where(*conditions)).unique().one_or_none()
