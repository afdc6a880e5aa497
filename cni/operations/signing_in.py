"""Sign in and out; one's own sessions and API tokens; choosing a password.

A session and a token are random secrets of which only the SHA-256 is kept, so a stolen database signs nobody in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from cni.events.kinds import PasswordChosen, SignedIn, SignedOut, TokenCreated, TokenRevoked
from cni.events.record import record
from cni.members import access, queries, throttling
from cni.members.models import ApiToken, Person, SignIn
from cni.members.passwords import (
    MAXIMUM_LENGTH,
    MINIMUM_LENGTH,
    digest_of,
    hash_password,
    is_password,
    needs_new_hash,
    new_secret,
)
from cni.members.policy import Actor, Permission, require
from cni.primitives.errors import Forbidden, Invalid, NotFound, Problem
from cni.primitives.ids import ALPHABET

SESSION_LIFE = timedelta(hours=12)
TOKEN_PREFIX = "cni"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try to sign in: what was entered, and from where."""

    email: str
    password: str = field(repr=False)
    address: str = ""
    browser: str = ""


@dataclass(frozen=True, slots=True)
class Guest:
    """Whom a session, a token or a link stands for."""

    actor: Actor
    email: str
    member_name: str | None


def sign_in(session: Session, attempt: Attempt, *, at: datetime, chooser: Random) -> str | None:
    """Return the secret of a new session; None where address or password is wrong, or the person may not sign in.

    Nothing tells which of these it was, the time it takes included.

    Event: SignedIn.
    Raises:
        TooManyAttempts: too many wrong ones before.
    """
    throttling.refuse_if_too_many(session, attempt.email, attempt.address, at=at)
    person = queries.person_by_email(session, attempt.email)
    is_right = is_password(attempt.password, person.password_hash if person else None)
    if person is None or not is_right or not person.is_active:
        throttling.note_failure(session, attempt.email, attempt.address, at=at)
        return None
    throttling.forget_failures(session, attempt.email)
    if person.password_hash and needs_new_hash(person.password_hash):
        person.password_hash = hash_password(attempt.password)
    return _begin_session(session, person, attempt, at=at, chooser=chooser)


def _begin_session(session: Session, person: Person, attempt: Attempt, *, at: datetime, chooser: Random) -> str:
    token = new_secret(chooser)
    session.add(
        SignIn(
            person_id=person.id,
            token_hash=digest_of(token),
            signed_in_at=at,
            expires_at=at + SESSION_LIFE,
            address=attempt.address,
            browser=attempt.browser[:200],
        )
    )
    record(session, queries.actor_of(person), SignedIn(subject=person.email, member_id=person.member_id), at=at)
    return token


def guest_of_session(session: Session, token: str, *, at: datetime) -> Guest | None:
    """Return whose live session this is the secret of."""
    return _guest(queries.person_of_session(session, token, at))


def guest_of_token(session: Session, token: str, *, at: datetime) -> Guest | None:
    """Return whose live API token this is."""
    prefix, _, rest = token.partition("_")
    public_id, _, secret = rest.partition("_")
    return _guest(queries.person_of_token(session, public_id, secret, at)) if prefix == TOKEN_PREFIX else None


def guest_of_password_link(session: Session, token: str, *, at: datetime) -> Guest:
    """Return who may choose a password by a link.

    Raises:
        NotFound: the link was used, replaced or has expired, or never was.
    """
    guest = _guest(queries.person_of_password_link(session, token, at))
    if guest is None:
        raise NotFound("This link is no longer valid. Ask your member administrator or the registrar for a new one.")
    return guest


def choose_password(session: Session, token: str, password: str, *, at: datetime) -> None:
    """Set the password of whom a link was made for, once; all their sessions end.

    Event: PasswordChosen.
    Raises:
        NotFound: the link was used, replaced or has expired, or never was.
        Invalid: the password is too short, too long, or contains the e-mail address.
    """
    guest = guest_of_password_link(session, token, at=at)
    _check_password(password, guest.email)
    person = session.get_one(Person, guest.actor.person_id)
    person.password_hash = hash_password(password)
    access.use_up_password_links(session, person.id, at=at)
    access.end_sessions(session, person.id, at=at)
    record(session, guest.actor, PasswordChosen(subject=person.email, member_id=person.member_id), at=at)


def sign_out(session: Session, actor: Actor, token: str, *, at: datetime) -> None:
    """End the session that a secret stands for; whoever holds it may.

    Event: SignedOut.
    """
    sign_ins = queries.live_sessions(session, _person_id(actor), at)
    _end_session(session, actor, [held for held in sign_ins if held.token_hash == digest_of(token)], at)


def list_sessions(session: Session, actor: Actor, *, at: datetime) -> list[SignIn]:
    """Return one's own live sessions, newest first.

    Permission: access:manage.
    """
    require(actor, Permission.ACCESS_MANAGE)
    return queries.live_sessions(session, _person_id(actor), at)


def end_session(session: Session, actor: Actor, reference: str, *, at: datetime) -> None:
    """End one of one's own sessions, by its reference.

    Permission: access:manage. Event: SignedOut.
    Raises:
        NotFound: one has no such live session.
    """
    sign_ins = list_sessions(session, actor, at=at)
    _end_session(session, actor, [held for held in sign_ins if held.reference == reference], at)


def _end_session(session: Session, actor: Actor, found: list[SignIn], at: datetime) -> None:
    if not found:
        raise NotFound("There is no such session; it may have ended already.")
    found[0].revoked_at = at
    record(session, actor, SignedOut(subject=found[0].reference, member_id=actor.member_id), at=at)


def list_tokens(session: Session, actor: Actor) -> list[ApiToken]:
    """Return one's own API tokens, revoked and expired ones too, newest first.

    Permission: access:manage.
    """
    require(actor, Permission.ACCESS_MANAGE)
    return queries.tokens_of(session, _person_id(actor))


@dataclass(frozen=True, slots=True)
class NewToken:
    """What an API token is to be called, and for how many days it is to be valid."""

    label: str
    days: int = 90


def create_token(
    session: Session, actor: Actor, wanted: NewToken, *, at: datetime, chooser: Random
) -> tuple[ApiToken, str]:
    """Make an API token that may do what its person may; return it with its text, which is not kept.

    Permission: access:manage. Event: TokenCreated.
    """
    require(actor, Permission.ACCESS_MANAGE)
    secret = new_secret(chooser)
    token = ApiToken(
        person_id=_person_id(actor),
        public_id="".join(chooser.choices(ALPHABET, k=8)),
        secret_hash=digest_of(secret),
        label=wanted.label,
        created_at=at,
        expires_at=at + timedelta(days=wanted.days),
    )
    session.add(token)
    record(session, actor, TokenCreated(subject=token.public_id, member_id=actor.member_id), at=at)
    return token, f"{TOKEN_PREFIX}_{token.public_id}_{secret}"


def revoke_token(session: Session, actor: Actor, public_id: str, *, at: datetime) -> None:
    """Revoke one of one's own API tokens.

    Permission: access:manage. Event: TokenRevoked.
    Raises:
        NotFound: one has no such valid token.
    """
    tokens = list_tokens(session, actor)
    valid = [token for token in tokens if token.public_id == public_id and token.is_valid(at)]
    if not valid:
        raise NotFound("There is no such token; it may have been revoked already.")
    valid[0].revoked_at = at
    record(session, actor, TokenRevoked(subject=public_id, member_id=actor.member_id), at=at)


def _guest(person: Person | None) -> Guest | None:
    if person is None:
        return None
    return Guest(queries.actor_of(person), person.email, person.member.name if person.member else None)


def _person_id(actor: Actor) -> int:
    if actor.person_id is None:
        raise Forbidden("Only a person has sessions and tokens; the server's operator has none.")
    return actor.person_id


def _check_password(password: str, email: str) -> None:
    if not MINIMUM_LENGTH <= len(password) <= MAXIMUM_LENGTH:
        message = f"The password has {len(password)} characters."
        remedy = f"Use {MINIMUM_LENGTH} to {MAXIMUM_LENGTH}; three or four unrelated words are easy to remember."
        raise Invalid.from_problems([Problem("password_length", message, remedy, place="password")])
    if email.partition("@")[0].lower() in password.lower():
        message = "The password contains the e-mail address."
        raise Invalid.from_problems([Problem("password_guessable", message, "Choose another.", place="password")])
