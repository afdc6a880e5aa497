"""The audit trail: who did what, and when."""

from __future__ import annotations

from flask import Blueprint, request

from cni import runtime
from cni.events.kinds import Event
from cni.operations import viewing
from cni.web.pages import asked_page, render
from cni.web.session import actor

audit = Blueprint("audit", __name__, url_prefix="/audit")


@audit.get("")
def trail() -> str:
    """The events, newest first; of one kind or about one subject where asked."""
    wanted = viewing.EventFilter(kind=request.args.get("kind") or None, subject=request.args.get("subject") or None)
    with runtime.reading() as session:
        page = viewing.list_events(session, actor(), wanted, asked_page())
    kinds = sorted(kind.__name__ for kind in Event.__subclasses__())
    return render("audit/trail.html", page=page, kinds=[(kind, in_words(kind)) for kind in kinds], in_words=in_words)


def in_words(kind: str) -> str:
    """Return the name of a kind of event as words: "MemberAdmitted" is "Member admitted"."""
    return "".join(f" {sign.lower()}" if sign.isupper() else sign for sign in kind).strip().capitalize()
