"""What the co-op shows everyone: figures, and the plant as files; each by the tier of who asks."""

from __future__ import annotations

import json

from flask import Blueprint, current_app
from werkzeug.wrappers import Response

from cni import runtime
from cni.assets.disclosure import IN_WORDS, Tier
from cni.operations import publishing_plant
from cni.web.openly import keep, visitor
from cni.web.pages import render

open_pages = Blueprint("open", __name__, url_prefix="/open")


@open_pages.get("")
def index() -> Response:
    """The co-op in figures, and where its data are."""
    who = visitor()
    with runtime.reading() as session:
        found = publishing_plant.statistics(session, who, on=runtime.today())
    tier = Tier.PUBLIC if who is None else Tier.MEMBERS
    page = render("open/index.html", found=found, tier=tier, accuracy=IN_WORDS[tier])
    return keep(current_app.response_class(page), who)


@open_pages.get("/statistics.json")
def statistics() -> Response:
    """The co-op in figures, for programs."""
    with runtime.reading() as session:
        found = publishing_plant.statistics(session, None, on=runtime.today())
    body = json.dumps(found.as_json(), ensure_ascii=False)
    return keep(current_app.response_class(body, content_type="application/json"), None)
