"""Who is asking, on a page: the cookie holds a random token, the database says whose session it is.

Every page demands a sign-in but the few in `PUBLIC`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Flask, Request, Response, redirect, request, session, url_for
from flask_login import LoginManager, current_user
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response as BaseResponse

from cni import runtime
from cni.members.policy import Actor
from cni.operations import signing_in

PUBLIC = frozenset(
    {
        "auth.choose_password",
        "auth.save_password",
        "auth.sign_in",
        "auth.start_session",
        "health.healthz",
        "health.readyz",
        "ogc.api",
        "ogc.collection",
        "ogc.collections",
        "ogc.conformance",
        "ogc.item",
        "ogc.items",
        "ogc.landing",
        "ogc.feature_schema",
        "ogc.schema",
        "open.geojson",
        "open.geopackage",
        "open.index",
        "open.ofds",
        "open.statistics",
        "open.tables",
        "static",
        "tiles.grid",
        "tiles.mercator",
    }
)
"""The endpoints that anyone may call."""

API_PREFIX = "/api/"
TOKEN = "sign_in"


@dataclass(frozen=True, slots=True)
class Visitor(Actor):
    """An actor who signed in to the web, as Flask-Login and the templates want to see them."""

    email: str = ""
    member_name: str | None = None
    is_authenticated: bool = True


def actor() -> Actor:
    """Return who is asking; every page behind the gate has one."""
    return cast(Actor, current_user._get_current_object())


def session_token() -> str | None:
    """Return the token of this browser's session."""
    token: str | None = session.get(TOKEN)
    return token


def begin_session(token: str) -> None:
    """Keep the token of a new session in this browser, and nothing of what was there before."""
    session.clear()
    session[TOKEN] = token
    session.permanent = True


def guard_pages(app: Flask) -> None:
    """Demand a sign-in for every page that is not public."""
    login_manager = LoginManager(app)
    login_manager.request_loader(_load_visitor)
    app.before_request(_demand_sign_in)


def _load_visitor(_request: Request) -> Visitor | None:
    token = session_token()
    if token is None:
        return None
    with runtime.reading() as db:
        guest = signing_in.guest_of_session(db, token, at=runtime.now())
    if guest is None:
        return None
    asking = guest.actor
    return Visitor(asking.person_id, asking.member_id, asking.roles, asking.name, guest.email, guest.member_name)


def _demand_sign_in() -> BaseResponse | None:
    is_ours = not request.path.startswith(API_PREFIX) and request.endpoint is not None
    if not is_ours or request.endpoint in PUBLIC or current_user.is_authenticated:
        return None
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": url_for("auth.sign_in")})
    if request.method not in ("GET", "HEAD"):
        raise Unauthorized("You are not signed in any more. Sign in and try again.")
    back = request.full_path.rstrip("?")
    return redirect(url_for("auth.sign_in", next=None if back == "/" else back))
