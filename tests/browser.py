"""Those who come in by the web doors: a browser without JavaScript, and a program with a token."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from cni import runtime
from cni.members.models import Person, SignIn
from cni.members.passwords import digest_of
from cni.members.queries import actor_of, person_by_email
from cni.operations.signing_in import SESSION_LIFE, NewToken, create_token


class Browser(FlaskClient):
    """A browser that can skip the sign-in page."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app, app.response_class, use_cookies=True)

    def sign_in_as(self, person: Person) -> Browser:
        """Hold a live session of the person, as the sign-in page would begin it; return the browser."""
        token = f"the session of {person.email}"
        at = runtime.now()
        with runtime.transaction() as session:
            session.add(
                SignIn(person_id=person.id, token_hash=digest_of(token), signed_in_at=at, expires_at=at + SESSION_LIFE)
            )
        with self.session_transaction() as cookie:
            cookie["sign_in"] = token
        return self


class Program(FlaskClient):
    """A program that sends a person's bearer token with every request."""

    def __init__(self, app: Flask, person: Person) -> None:
        super().__init__(app, app.response_class, use_cookies=False)
        with runtime.transaction() as session:
            found = person_by_email(session, person.email)
            assert found is not None
            _, self.token = create_token(
                session, actor_of(found), NewToken("tests"), at=runtime.now(), chooser=runtime.chooser()
            )

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request with the token, unless it has an Authorization header of its own."""
        headers = {"Authorization": f"Bearer {self.token}"} | dict(kwargs.pop("headers", {}))
        return super().open(*args, headers=headers, **kwargs)
