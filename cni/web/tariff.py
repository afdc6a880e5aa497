"""The tariff: what everything costs, the same for everyone."""

from __future__ import annotations

from flask import Blueprint

from cni import runtime
from cni.operations import minuting, publishing
from cni.web.pages import render
from cni.web.session import actor
from cni.web.words import TARIFF_WORDS

tariff = Blueprint("tariff", __name__)


@tariff.get("/tariff")
def show() -> str:
    """Every version of the tariff, the one in force today marked."""
    today = runtime.today()
    with runtime.reading() as session:
        versions = publishing.tariffs(session, actor())
        current = publishing.tariff_on(session, actor(), today) if versions else None
        named = minuting.resolutions_named(session, actor(), {version.resolution for version in versions})
    facts = {"versions": versions[::-1], "current": current, "today": today, "resolutions": named}
    return render("tariff/show.html", tariff_words=TARIFF_WORDS, **facts)
