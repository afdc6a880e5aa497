"""Places where owners' spans run side by side undeclared: found, named as a risk group, or dismissed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.assets.words import RiskKind
from cni.operations import surveying
from cni.primitives.errors import Problem
from cni.schemas.hidden_risks import DismissalRequest, LimitsRequest, RiskGroupRequest, place_marks
from cni.web.forms import read_form, shown_again_by
from cni.web.pages import asked_page, render
from cni.web.session import actor
from cni.web.words import ELEMENT_WORDS

hidden_risks = Blueprint("hidden_risks", __name__, url_prefix="/resilience/hidden-risks")

KIND_CHOICES = [(kind.value, ELEMENT_WORDS[kind]) for kind in RiskKind]
LIMITS = {"within_m": f"{surveying.WITHIN_M:g}", "along_m": f"{surveying.ALONG_M:g}"}


@hidden_risks.get("")
def index(values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """The places that wait for the network steward; on request, those that were decided on."""
    is_decided = "decided" in request.args
    with runtime.seeing(actor(), request.path) as (session, sight):
        page = surveying.list_hidden_risks(session, actor(), asked_page(), is_decided=is_decided)
        sight.note_spans(span for risk in page.items for span in risk.spans)
    return render(
        "hidden_risks/index.html",
        page=page,
        is_decided=is_decided,
        marks=place_marks(page.items, fit=True),
        values=values or LIMITS,
        problems=problems,
    )


@hidden_risks.post("")
@shown_again_by(index)
def look() -> Response:
    """Compare the lines of all spans again."""
    limits = read_form(LimitsRequest())
    with runtime.transaction() as session:
        waiting = surveying.find_hidden_risks(session, actor(), limits, at=runtime.now(), chooser=runtime.chooser())
    places = "One place waits" if len(waiting) == 1 else f"{len(waiting) or 'No'} places wait"
    flash(f"All lines were compared. {places} for your decision.", "success")
    return redirect(url_for("hidden_risks.index"))


@hidden_risks.get("/<hidden_risk>")
def show(hidden_risk: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """A place: which spans, where, and the decision."""
    with runtime.seeing(actor(), request.path) as (session, sight):
        file = surveying.find_hidden_risk(session, actor(), hidden_risk, on=runtime.today())
        sight.note_spans(file.risk.spans)
    return render(
        "hidden_risks/place.html",
        file=file,
        marks=place_marks([file.risk], fit=True),
        kinds=KIND_CHOICES,
        kind_words=ELEMENT_WORDS,
        values=values or {"kind": RiskKind.TRENCH.value},
        problems=problems,
    )


@hidden_risks.post("/<hidden_risk>/accept")
@shown_again_by(show)
def accept(hidden_risk: str) -> Response:
    """Make a risk group of its spans."""
    group = read_form(RiskGroupRequest())
    with runtime.transaction() as session:
        surveying.accept_hidden_risk(session, actor(), hidden_risk, group, at=runtime.now())
    flash(f"{group.code} is a risk group now. Routes that share no risk keep off using both.", "success")
    return redirect(url_for("hidden_risks.show", hidden_risk=hidden_risk))


@hidden_risks.post("/<hidden_risk>/dismiss")
@shown_again_by(show)
def dismiss(hidden_risk: str) -> Response:
    """Say why it is no risk to name."""
    reason = read_form(DismissalRequest())
    with runtime.transaction() as session:
        surveying.dismiss_hidden_risk(session, actor(), hidden_risk, reason, at=runtime.now())
    flash("Dismissed. The same spans are not proposed again.", "success")
    return redirect(url_for("hidden_risks.show", hidden_risk=hidden_risk))
