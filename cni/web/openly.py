"""What the open doors share: who is asking, if anyone, and how long an answer may be kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import g, request
from flask_login import current_user
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from cni import runtime
from cni.assets.disclosure import PUBLIC_SIGHT, Sight
from cni.assets.seen_plant import SeenPlant
from cni.members.policy import Actor
from cni.operations import publishing_plant, signing_in
from cni.web.session import actor

KEPT_S = 300
"""How long, in seconds, whoever keeps a public answer may give it out without asking."""


def visitor() -> Actor | None:
    """Return who is asking: by a token (as Bearer, or as the password of Basic), or by a session; None: the public.

    Raises:
        Unauthorized: a token is given that is not valid.
    """
    if "visitor" not in g:
        g.visitor = _visitor()
    found: Actor | None = g.visitor
    return found


def _visitor() -> Actor | None:
    given = request.authorization
    if given is None:
        return actor() if current_user.is_authenticated else None
    with runtime.reading() as session:
        guest = signing_in.guest_of_token(session, given.token or given.password or "", at=runtime.now())
    if guest is None:
        challenge = WWWAuthenticate("bearer", {"realm": "cni"})
        raise Unauthorized("Send a valid API token, or none to see what is public.", www_authenticate=challenge)
    return guest.actor


@dataclass(frozen=True, slots=True)
class Look:
    """The plant as whoever asks sees it. What is given out of it exactly is noted by `note`, and logged in the end."""

    plant: SeenPlant
    sight: Sight

    def note(self, *, sites: Iterable[int] = (), spans: Iterable[int] = ()) -> None:
        """Note what is given out, by numbers in the plant's lists."""
        self.plant.note(self.sight, sites, spans)


@contextmanager
def look(place: str = "") -> Iterator[Look]:
    """Give the plant as whoever asks sees it; what they are shown exactly of others' plant is logged on leaving.

    `place` is what stands in the log; the address, unless told.
    """
    who = visitor()
    if who is None:
        with runtime.reading() as session:
            plant = publishing_plant.plant_for(session, None, PUBLIC_SIGHT)
        yield Look(plant, PUBLIC_SIGHT)
        return
    with runtime.seeing(who, place or request.path) as (session, sight):
        yield Look(publishing_plant.plant_for(session, who, sight), sight)


def tag_of(plant: SeenPlant, *parts: str) -> str:
    """Return the entity tag of an answer: by the plant's revision, by whose eyes see it, by what is asked."""
    eyes = plant.eyes
    seen = (eyes.tier, eyes.member_id, sorted(eyes.sites), sorted(eyes.spans))
    return hashlib.sha256(repr((plant.records.revision, seen, *parts)).encode()).hexdigest()[:32]


def keep(response: Response, who: Actor | None, tag: str = "") -> Response:
    """Let a public answer be kept by anyone for a while, and one for somebody by them alone; tag it.

    With a tag the answer is 304 where the one who asks has it already.
    """
    response.vary.update(("Accept", "Accept-Encoding", "Authorization", "Cookie"))
    if who is None:
        response.cache_control.public = True
        response.cache_control.max_age = KEPT_S
        response.headers["Access-Control-Allow-Origin"] = "*"  # open data, also for scripts of other sites
    else:
        response.cache_control.private = True
        response.cache_control.no_cache = True
    if tag:
        response.set_etag(tag, weak=True)
        response.make_conditional(request)
    return response


def is_known(tag: str) -> bool:
    """Tell whether the one who asks has the answer with this tag already, so that none need be made."""
    return request.if_none_match.contains_weak(tag)
