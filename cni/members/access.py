"""Begin and end what lets a person in: sessions, password links, API tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from sqlalchemy import update
from sqlalchemy.orm import Session

from cni.members.models import ApiToken, PasswordLink, SignIn
from cni.members.passwords import digest_of, new_secret

PASSWORD_LINK_LIFE = timedelta(days=7)


def end_sessions(session: Session, person_id: int, *, at: datetime) -> None:
    """End all of a person's sessions."""
    live = (SignIn.person_id == person_id, SignIn.revoked_at.is_(None))
    session.execute(update(SignIn).where(*live).values(revoked_at=at))


def end_tokens(session: Session, person_id: int, *, at: datetime) -> None:
    """Revoke all of a person's API tokens."""
    live = (ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None))
    session.execute(update(ApiToken).where(*live).values(revoked_at=at))


def use_up_password_links(session: Session, person_id: int, *, at: datetime) -> None:
    """Make all of a person's password links void."""
    unused = (PasswordLink.person_id == person_id, PasswordLink.used_at.is_(None))
    session.execute(update(PasswordLink).where(*unused).values(used_at=at))


def new_password_link(session: Session, person_id: int, *, at: datetime, chooser: Random) -> str:
    """Return the secret of a new password link; those before are void."""
    use_up_password_links(session, person_id, at=at)
    secret = new_secret(chooser)
    session.add(PasswordLink(person_id=person_id, token_hash=digest_of(secret), expires_at=at + PASSWORD_LINK_LIFE))
    return secret
