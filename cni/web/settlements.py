"""Settlements: the months, a month's figures, their approval and issue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.ledger.lines import SettledLine
from cni.operations import reporting, settling
from cni.operations.settling import Preview
from cni.primitives.errors import Problem
from cni.schemas.ledger import DigestRequest, month_at
from cni.web.downloads import csv_file
from cni.web.forms import read_form, shown_again_by
from cni.web.pages import render
from cni.web.session import actor

settlements = Blueprint("settlements", __name__, url_prefix="/settlements")

SHOWN_LINES = 200
"""How many charge lines a page shows; the file has them all."""


@settlements.get("")
def index() -> str:
    """The months, newest first, with how far each has come."""
    with runtime.reading() as session:
        months = settling.list_settlements(session, actor(), today=runtime.today())
    return render("settlements/index.html", months=months)


@settlements.get("/<period>")
def show(period: str, values: Any = None, problems: Sequence[Problem] = ()) -> str:
    """A month's figures: totals, documents, warnings, charge lines."""
    preview = _preview(period)
    wanted = request.args.get("find", "").strip()
    lines = list(enumerate(preview.settlement.lines, start=1))
    found = [(position, line) for position, line in lines if _matches(line, wanted)]
    return render(
        "settlements/settlement.html",
        preview=preview,
        lines=found[:SHOWN_LINES],
        found=len(found),
        values=values or request.args,
        problems=problems,
        is_approver=preview.run is not None and preview.run.run.approved_by_id == actor().person_id,
    )


@settlements.get("/<period>/charges.csv")
def charges(period: str) -> Response:
    """All charge lines of a month, as a file."""
    preview = _preview(period)
    return csv_file(f"charges-{preview.settlement.month}", reporting.charges_csv(preview.settlement.lines))


@settlements.post("/<period>/approve")
@shown_again_by(show)
def approve(period: str) -> Response:
    """Approve a month's figures."""
    month, digest = month_at(period), read_form(DigestRequest())["digest"]
    with runtime.transaction() as session:
        settling.approve_settlement(session, actor(), month, digest, at=runtime.now(), today=runtime.today())
    flash("The figures are approved; the treasurer can issue them.", "success")
    return redirect(url_for("settlements.show", period=period))


@settlements.post("/<period>/issue")
@shown_again_by(show)
def issue(period: str) -> Response:
    """Issue a month's approved figures."""
    month, digest = month_at(period), read_form(DigestRequest())["digest"]
    with runtime.transaction() as session:
        issued = settling.issue_settlement(session, actor(), month, digest, at=runtime.now(), today=runtime.today())
    count = sum(1 for document in issued.documents if document.number)
    flash(f"The settlement is issued; it has {count} numbered documents.", "success")
    return redirect(url_for("settlements.show", period=period))


def _preview(period: str) -> Preview:
    month = month_at(period)
    with runtime.reading() as session:
        return settling.preview_settlement(session, actor(), month, today=runtime.today())


def _matches(line: SettledLine, wanted: str) -> bool:
    """Tell whether a line is of this lease, span or member, or has this code; nothing wanted: every line is."""
    return not wanted or wanted.lower() in {
        name.lower() for name in (line.lease, line.span, line.contributor, line.user, line.code) if name
    }
