"""The members' directory, each member's page, and the form by which the registrar admits one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.members.policy import Permission, require
from cni.operations import joining, viewing
from cni.primitives.errors import Problem
from cni.schemas.members import MemberRequest
from cni.web.forms import read_form, shown_again_by
from cni.web.pages import asked_page, render
from cni.web.session import actor
from cni.web.words import MEMBER_CHOICES

members = Blueprint("members", __name__)


@members.get("/members")
def directory() -> str:
    """The members, as all see them."""
    with runtime.reading() as session:
        page = viewing.list_members(session, actor(), asked_page(), on=runtime.today())
    return render("members/directory.html", page=page)


@members.get("/members/<slug>")
def show(slug: str) -> str:
    """A member; its own people and the co-op's staff see its details too."""
    with runtime.reading() as session:
        member = viewing.find_member(session, actor(), slug, on=runtime.today())
    return render("members/member.html", member=member)


@members.get("/admit-member")
def admit(values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """The form to admit an organisation."""
    require(actor(), Permission.MEMBERS_ADMIT)
    return render("members/admit.html", choices=MEMBER_CHOICES, values=values or {}, problems=problems)


@members.post("/admit-member")
@shown_again_by(admit)
def take_in() -> Response:
    """Admit an organisation."""
    draft = read_form(MemberRequest())
    with runtime.transaction() as session:
        member = joining.admit_member(session, actor(), draft, at=runtime.now())
    flash(f"{member.name} is a member now. Invite its first people.", "success")
    return redirect(url_for("members.show", slug=member.slug))
