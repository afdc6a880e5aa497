"""Sign in, sign out, choose a password."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from cni import runtime
from cni.operations import signing_in
from cni.primitives.errors import Invalid, Problem
from cni.schemas.members import PasswordRequest, SignInRequest
from cni.web.forms import read_form, shown_again_by
from cni.web.pages import render
from cni.web.session import actor, begin_session, session_token

auth = Blueprint("auth", __name__)

WRONG = Problem(
    code="wrong_sign_in",
    message="E-mail address or password is wrong.",
    remedy="Check both; if you have no password yet, ask your member administrator for a link to choose one.",
    place="email",
)


@auth.get("/sign-in")
def sign_in(values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> Any:
    """The sign-in page; who is signed in already goes to the start page."""
    if current_user.is_authenticated:
        return redirect(url_for("home.start"))
    return render("auth/sign_in.html", values=values or {}, problems=problems, next=_way_on())


@auth.post("/sign-in")
@shown_again_by(sign_in)
def start_session() -> Response:
    """Sign in, and go on to where the person was heading."""
    given = read_form(SignInRequest())
    attempt = signing_in.Attempt(
        given["email"], given["password"], request.remote_addr or "", request.headers.get("User-Agent", "")
    )
    with runtime.transaction() as db:
        token = signing_in.sign_in(db, attempt, at=runtime.now(), chooser=runtime.chooser())
    if token is None:
        raise Invalid.from_problems([WRONG])
    begin_session(token)
    return redirect(_way_on() or url_for("home.start"))


@auth.post("/sign-out")
def sign_out() -> Response:
    """End this session."""
    with runtime.transaction() as db:
        signing_in.sign_out(db, actor(), session_token() or "", at=runtime.now())
    session.clear()
    flash("You are signed out.", "success")
    return redirect(url_for("auth.sign_in"))


@auth.get("/password/<token>")
def choose_password(token: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> Any:
    """The page on which an invited person chooses a password."""
    with runtime.reading() as db:
        guest = signing_in.guest_of_password_link(db, token, at=runtime.now())
    return render("auth/choose_password.html", guest=guest, problems=problems)


@auth.post("/password/<token>")
@shown_again_by(choose_password)
def save_password(token: str) -> Response:
    """Keep the chosen password; then the person signs in with it."""
    given = read_form(PasswordRequest())
    with runtime.transaction() as db:
        signing_in.choose_password(db, token, given["password"], at=runtime.now())
    session.clear()
    flash("Your password is set. Sign in with it.", "success")
    return redirect(url_for("auth.sign_in"))


def _way_on() -> str | None:
    """Return where to go after signing in, if it is an address of this site."""
    way = request.values.get("next", "")
    is_ours = way.startswith("/") and not way.startswith(("//", "/\\")) and way.isprintable()
    return way if is_ours else None
