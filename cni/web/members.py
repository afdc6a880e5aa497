"""The members' directory, and each member's own page."""

from __future__ import annotations

from flask import Blueprint

from cni import runtime
from cni.operations import viewing
from cni.web.pages import asked_page, render
from cni.web.session import actor

members = Blueprint("members", __name__, url_prefix="/members")


@members.get("")
def directory() -> str:
    """The members, as all see them."""
    with runtime.reading() as session:
        page = viewing.list_members(session, actor(), asked_page(), on=runtime.today())
    return render("members/directory.html", page=page)


@members.get("/<slug>")
def show(slug: str) -> str:
    """A member, as all see it."""
    with runtime.reading() as session:
        member = viewing.find_member(session, actor(), slug, on=runtime.today())
    return render("members/member.html", member=member)
