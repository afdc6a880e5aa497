"""Withdrawing spans: see what a notice would do, give it, and see which leases still hold what leaves.

Between the first two nothing is kept on the server: the page carries what was entered, and it is judged once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for

from cni import runtime
from cni.members.policy import Permission, require
from cni.operations import withdrawing
from cni.primitives.errors import Problem
from cni.schemas.terms import NoticeRequest
from cni.web.forms import read_form, shown_again_by
from cni.web.pages import asked_page, render
from cni.web.session import actor

withdrawals = Blueprint("withdrawals", __name__, url_prefix="/withdrawals")

GIVE, CHANGE = "give", "change"
"""The buttons of the page that shows what a notice would do."""


@withdrawals.get("")
def index() -> str:
    """One's own withdrawals; for staff, all."""
    with runtime.reading() as session:
        page = withdrawing.list_withdrawals(session, actor(), asked_page())
    return render("withdrawals/index.html", page=page)


@withdrawals.get("/new")
def new(values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """The form to give notice; the address may name spans."""
    require(actor(), Permission.PLANT_KEEP)
    return render("withdrawals/new.html", values=values or request.args.to_dict(), problems=problems)


@withdrawals.post("/new")
@shown_again_by(new)
def give_notice() -> Any:
    """Say what the notice would do and ask once more, or, once that was seen, give it."""
    if request.form.get("act") == CHANGE:
        return new(request.form)
    given = read_form(NoticeRequest())
    if request.form.get("act") != GIVE:
        with runtime.reading() as session:
            leaving = withdrawing.check_notice(session, actor(), given, on=runtime.today())
        return render("withdrawals/check.html", given=given, leaving=leaving, today=runtime.today())
    with runtime.transaction() as session:
        made = withdrawing.give_notice(session, actor(), given, at=runtime.now(), chooser=runtime.chooser())
    flash(f"Notice {made.reference} is given. No lease is ended by it.", "success")
    return redirect(url_for("withdrawals.show", withdrawal=made.reference))


@withdrawals.get("/<withdrawal>")
def show(withdrawal: str) -> str:
    """A withdrawal: each span with its day, and the leases that hold it."""
    with runtime.reading() as session:
        file = withdrawing.find_withdrawal(session, actor(), withdrawal, on=runtime.today())
    return render("withdrawals/withdrawal.html", file=file)
