"""The members' directory, each member's page, and the forms to admit one, correct it and change its roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.members.policy import Permission, require
from cni.operations import correcting, joining, viewing
from cni.primitives.errors import Problem
from cni.schemas.members import MemberCorrectionRequest, MemberRequest, MemberRolesRequest
from cni.web.formats import day
from cni.web.forms import entered, read_correction, read_form, shown_again_by
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


@members.get("/members/<slug>/details")
def details(slug: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """The form to correct what is known of a member: all for the registrar, its own part for its administrator."""
    with runtime.reading() as session:
        member = correcting.find_correctable_member(session, actor(), slug)
    standing = entered(member.standing)
    return render("members/details.html", member=member, values=values or standing, problems=problems)


@members.post("/members/<slug>/details")
@shown_again_by(details)
def correct(slug: str) -> Response:
    """Correct what is known of a member."""
    correction = read_correction(MemberCorrectionRequest())
    with runtime.transaction() as session:
        correcting.correct_member(session, actor(), slug, correction, at=runtime.now())
    flash("The details are corrected. Documents that are issued stay as they are.", "success")
    return redirect(url_for("members.show", slug=slug))


@members.get("/members/<slug>/roles")
def roles(slug: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """What a member is, was and will be, and the form to change it."""
    today = runtime.today()
    with runtime.reading() as session:
        member = correcting.find_roles_of_member(session, actor(), slug, on=today)
    standing = {"roles": member.today, "on": today}
    return render(
        "members/roles.html", member=member, choices=MEMBER_CHOICES, values=values or standing, problems=problems
    )


@members.post("/members/<slug>/roles")
@shown_again_by(roles)
def change_roles(slug: str) -> Response:
    """Give a member other roles from a day on."""
    given = read_form(MemberRolesRequest())
    on = given["on"] or runtime.today()
    with runtime.transaction() as session:
        member = correcting.change_member_roles(session, actor(), slug, given["roles"], on=on, at=runtime.now())
    flash(f"The roles of {member.name} change on {day(on)}.", "success")
    return redirect(url_for("members.roles", slug=slug))
