"""The people of a member, for its administrator; everyone, for the registrar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.operations import joining, viewing
from cni.primitives.errors import Problem
from cni.schemas.members import InvitationRequest, RolesRequest
from cni.web.forms import read_form, shown_again_by
from cni.web.pages import asked_page, render
from cni.web.session import actor
from cni.web.words import MEMBER_ROLE_CHOICES, STAFF_ROLE_CHOICES

people = Blueprint("people", __name__, url_prefix="/people")

Values = Mapping[str, Any] | None


@people.get("")
def index() -> str:
    """The people whom the actor manages."""
    with runtime.reading() as session:
        page = viewing.list_people(session, actor(), asked_page())
    return render("people/index.html", page=page)


@people.get("/new")
def new(values: Values = None, problems: Sequence[Problem] = ()) -> str:
    """The form to invite someone."""
    with runtime.reading() as session:
        members = viewing.list_managed_members(session, actor())
    return render(
        "people/new.html",
        members=members,
        may_invite_staff=actor().member_id is None,
        role_choices=MEMBER_ROLE_CHOICES if actor().member_id else MEMBER_ROLE_CHOICES + STAFF_ROLE_CHOICES,
        values=values or request.args,
        problems=problems,
    )


@people.post("/new")
@shown_again_by(new)
def invite() -> str:
    """Invite someone, and show once the link that they need."""
    draft = read_form(InvitationRequest())
    with runtime.transaction() as session:
        invited = joining.invite_person(session, actor(), draft, at=runtime.now(), chooser=runtime.chooser())
    return render("people/link.html", email=invited.email, link=_link(invited))


@people.get("/<email>")
def show(email: str, values: Values = None, problems: Sequence[Problem] = ()) -> str:
    """A person: their roles and access."""
    with runtime.reading() as session:
        person = viewing.find_person(session, actor(), email)
    return render(
        "people/person.html",
        person=person,
        is_oneself=actor().person_id == person.person_id,
        role_choices=MEMBER_ROLE_CHOICES if person.member else STAFF_ROLE_CHOICES,
        values=values or {"roles": person.roles},
        problems=problems,
    )


@people.post("/<email>/roles")
@shown_again_by(show)
def change_roles(email: str) -> Response:
    """Give a person other roles."""
    roles = read_form(RolesRequest())
    with runtime.transaction() as session:
        joining.change_roles(session, actor(), email, roles, at=runtime.now())
    flash("The roles are changed.", "success")
    return redirect(url_for("people.show", email=email))


@people.post("/<email>/link")
def make_link(email: str) -> str:
    """Make a new link to choose a password by, and show it once."""
    with runtime.transaction() as session:
        invited = joining.make_password_link(session, actor(), email, at=runtime.now(), chooser=runtime.chooser())
    return render("people/link.html", email=invited.email, link=_link(invited))


@people.post("/<email>/close")
@shown_again_by(show)
def close_access(email: str) -> Response:
    """Let a person in no more."""
    with runtime.transaction() as session:
        joining.close_access(session, actor(), email, at=runtime.now())
    flash("The access is closed; sessions and tokens have ended.", "success")
    return redirect(url_for("people.show", email=email))


@people.post("/<email>/open")
@shown_again_by(show)
def open_access(email: str) -> Response:
    """Let a person in again."""
    with runtime.transaction() as session:
        joining.open_access(session, actor(), email, at=runtime.now())
    flash("The access is open again.", "success")
    return redirect(url_for("people.show", email=email))


def _link(invited: joining.Invited) -> str:
    return url_for("auth.choose_password", token=invited.secret, _external=True)
