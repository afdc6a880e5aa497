"""Who is asking, in the API: a bearer token and nothing else; cookies are not looked at."""

from __future__ import annotations

from flask import Flask, g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from cni import runtime
from cni.members.policy import Actor
from cni.operations import signing_in

API_PREFIX = "/api/"
PUBLIC = frozenset({"api-docs.openapi_json"})
"""The endpoints of the API that need no token."""


def actor() -> Actor:
    """Return who is asking; every resource behind the gate has one."""
    asking: Actor = g.api_actor
    return asking


def guard_api(app: Flask) -> None:
    """Demand a valid token for everything under /api/ that is not public."""
    app.before_request(_demand_token)


def _demand_token() -> None:
    if not request.path.startswith(API_PREFIX) or request.endpoint in PUBLIC:
        return
    given = request.authorization
    token = given.token if given is not None and given.type == "bearer" else None
    with runtime.reading() as session:
        guest = signing_in.guest_of_token(session, token or "", at=runtime.now())
    if guest is None:
        challenge = WWWAuthenticate("bearer", {"realm": "cni"})
        raise Unauthorized("Send `Authorization: Bearer` with a valid API token.", www_authenticate=challenge)
    g.api_actor = guest.actor
