"""Registering fibre by drawing or typing it: checked first, then registered as it was checked.

Between the two steps nothing is kept on the server: the page carries what was entered, and it is checked once more.
Bringing a file, from its first page under the same address on, is in `imports`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cni import runtime
from cni.assets.importing import SITE_COLUMNS, SPAN_COLUMN_ORDER, Submission
from cni.assets.typed import at_fields, read_form
from cni.members.policy import Permission, require
from cni.operations import browsing, registering
from cni.operations.registering import Checked
from cni.primitives.errors import Conflict, Invalid, Problem, refuse_if_any
from cni.schemas.plant import draft_collection
from cni.schemas.problems import answer_to
from cni.web.forms import problems_of
from cni.web.pages import render
from cni.web.plant import ROWS_SHOWN
from cni.web.session import actor

registration = Blueprint("registration", __name__, url_prefix="/plant/register")

REGISTER, CHANGE = "register", "change"
"""The buttons of the page that shows what was checked."""

MAP_SHOWN = 1_000
"""So many spans, and so many new sites, does the map of what would be added draw at most."""


@registration.get("/draw")
def draw() -> str:
    """The form with the map on which a span is drawn."""
    return _form_page("draw")


@registration.get("/type")
def type_in() -> str:
    """The form in which a span is typed."""
    return _form_page("type_in")


@registration.post("/draw")
def take_drawn() -> Any:
    """Check a drawn span, or register it."""
    return _take_form("draw")


@registration.post("/type")
def take_typed() -> Any:
    """Check a typed span, or register it."""
    return _take_form("type_in")


@registration.get("/spans.csv")
def spans_template() -> Response:
    """An empty table of spans with its header, to be filled in."""
    return _template(SPAN_COLUMN_ORDER)


@registration.get("/sites.csv")
def sites_template() -> Response:
    """An empty table of sites with its header, to be filled in."""
    return _template(SITE_COLUMNS.required + SITE_COLUMNS.optional)


def _template(columns: Sequence[str]) -> Response:
    require(actor(), Permission.PLANT_PROPOSE)
    headers = {"Content-Disposition": "attachment"}
    return Response(",".join(columns) + "\r\n", content_type="text/csv; charset=utf-8", headers=headers)


def _form_page(way: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    require(actor(), Permission.PLANT_PROPOSE)
    with runtime.reading() as session:
        choices = browsing.choices(session, actor())
    return render(f"plant/{way}.html", choices=choices, values=values or {}, problems=problems)


def _take_form(way: str) -> Any:
    if request.form.get("act") == CHANGE:
        return _form_page(way, request.form)
    submission = read_form(request.form, request.form.getlist("risks"))
    try:
        return _register(submission) if request.form.get("act") == REGISTER else _preview(submission, way, _entered())
    except (Invalid, Conflict) as refusal:
        return _form_page(way, request.form, at_fields(problems_of(refusal))), answer_to(refusal).status


def _register(submission: Submission) -> BaseResponse:
    """Register what was checked before.

    Raises:
        Invalid: it is not right any more; with every problem.
    """
    with runtime.transaction() as session:
        contribution = registering.propose_plant(
            session, actor(), submission, request.form.get("note"), at=runtime.now(), chooser=runtime.chooser()
        )
    flash("Registered. It goes live when the network steward has accepted it.", "success")
    return redirect(url_for("contributions.show", contribution=contribution.reference))


def _preview(submission: Submission, way: str, carried: Iterable[tuple[str, str]]) -> str:
    """Return the page that shows what would be added, and carries what was entered to the next step.

    Raises:
        Invalid: with every problem.
    """
    with runtime.reading() as session:
        checked = registering.check_plant(session, actor(), submission)
    refuse_if_any(checked.problems)
    names = {site.code.lower(): site.name for site in checked.ends}
    names |= {site.code.lower(): site.name for site in checked.drafts.sites}
    remarks = browsing.draft_remarks(checked.drafts, checked.ends, checked.sight)
    shown = sorted(checked.drafts.spans, key=lambda span: span.code not in remarks)[:ROWS_SHOWN]
    facts = {"drafts": checked.drafts, "names": names, "remarks": remarks, "spans_shown": shown, "most": ROWS_SHOWN}
    drawn = draft_collection(_first_of(checked, MAP_SHOWN))
    return render("plant/preview.html", way=way, carried=carried, drawn=drawn, most_drawn=MAP_SHOWN, **facts)


def _first_of(checked: Checked, most: int) -> Checked:
    """Return the first spans and new sites of what was checked, with every site where those spans end."""
    spans = checked.drafts.spans[:most]
    codes = {code.casefold() for span in spans for code in (span.a, span.z)}
    codes |= {site.code.casefold() for site in checked.drafts.sites[:most]}
    sites = tuple(site for site in checked.drafts.sites if site.code.casefold() in codes)
    ends = [site for site in checked.ends if site.code.casefold() in codes]
    return replace(checked, drafts=replace(checked.drafts, spans=spans, sites=sites), ends=ends)


def _entered() -> Iterable[tuple[str, str]]:
    """Return what was entered in the form, field by field."""
    return [(name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", "act")]
