"""One's own sessions and API tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.members.passwords import digest_of
from cni.operations import signing_in
from cni.primitives.errors import Problem
from cni.schemas.members import TokenRequest
from cni.web.forms import read_form, shown_again_by
from cni.web.pages import render
from cni.web.session import actor, session_token
from cni.web.words import browser_words

access = Blueprint("access", __name__, url_prefix="/access")


@access.get("")
def index(values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """Where the actor is signed in, and by which tokens programs act for them."""
    with runtime.reading() as session:
        sign_ins = signing_in.list_sessions(session, actor(), at=runtime.now())
        tokens = signing_in.list_tokens(session, actor())
    return render(
        "access/index.html",
        sign_ins=sign_ins,
        this_one=digest_of(session_token() or ""),
        tokens=tokens,
        now=runtime.now(),
        browser_words=browser_words,
        values=values or {"days": 90},
        problems=problems,
    )


@access.post("")
@shown_again_by(index)
def create_token() -> str:
    """Make a token, and show it once."""
    wanted = read_form(TokenRequest())
    with runtime.transaction() as session:
        token, text = signing_in.create_token(session, actor(), wanted, at=runtime.now(), chooser=runtime.chooser())
    return render("access/token.html", token=token, text=text)


@access.post("/tokens/<token>/revoke")
def revoke_token(token: str) -> Response:
    """Revoke a token."""
    with runtime.transaction() as session:
        signing_in.revoke_token(session, actor(), token, at=runtime.now())
    flash("The token is revoked.", "success")
    return redirect(url_for("access.index"))


@access.post("/sessions/<sign_in>/end")
def end_session(sign_in: str) -> Response:
    """End a session, wherever it is."""
    with runtime.transaction() as session:
        signing_in.end_session(session, actor(), sign_in, at=runtime.now())
    flash("The session has ended.", "success")
    return redirect(url_for("access.index"))
