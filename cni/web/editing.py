"""Editing live plant on the map or by typing: what an edit would do is shown first, then it is saved as it was shown.

Between the two steps nothing is kept on the server: the page carries what was entered, and it is judged once more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import marshmallow as ma
from flask import Blueprint, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.assets.edits import PlantEdit
from cni.operations import editing as edits
from cni.operations.browsing import PlantOnMap
from cni.operations.editing import Edit, NewSite, find_editable_site, find_editable_span
from cni.primitives.errors import Conflict, Invalid, Problem
from cni.primitives.geo import Position
from cni.primitives.paging import PageRequest
from cni.schemas.editing import (
    MergeRequest,
    NewSiteRequest,
    SiteMoveRequest,
    SpanChangeRequest,
    SplitRequest,
    change_of,
    edit_collection,
    merge_of,
    move_of,
    split_of,
)
from cni.schemas.plant import plant_collection
from cni.schemas.problems import answer_to
from cni.schemas.reading import load
from cni.web.forms import BESIDE, problems_of, shown_again_by
from cni.web.pages import render
from cni.web.session import actor

editing = Blueprint("editing", __name__, url_prefix="/plant/edit")

SAVE, CHANGE = "save", "change"
"""The buttons of the page that shows what was checked."""

MOST_SHOWN = 500
"""So many spans, and so many sites, are drawn and listed to choose from; others are found by their id."""

EDITS_SHOWN = 10
"""So many edits on a page: of each is looked up what keeps it from being undone."""

PLACE_DECIMALS = 7
"""Of a degree: about a centimetre."""

Values = Mapping[str, Any]
Page = Callable[..., str]


@editing.get("")
def index(problems: Sequence[Problem] = (), **_values: Any) -> str:
    """What can be edited, on the map and in tables; the edits so far, to be undone or made again."""
    sought = request.args.get("span", "").strip()
    if sought:
        with runtime.reading() as session:
            code = find_editable_span(session, actor(), sought, on=runtime.today()).facts.span.code
        return redirect(url_for("editing.line", span=code))  # type: ignore[return-value]  # Flask takes either
    with runtime.reading() as session:
        plant = edits.editable_plant(session, actor(), MOST_SHOWN, on=runtime.today())
        own = [site for site in plant.sites if edits.is_editable(actor(), site)]
        page = edits.list_edits(session, actor(), PageRequest(request.args.get("after"), EDITS_SHOWN))
        obstacles = edits.obstacles_of(session, actor(), page.items)
    facts = {"plant": plant, "own": own, "most": MOST_SHOWN, "page": page, "obstacles": obstacles}
    return render("editing/index.html", problems=problems, **facts)


@editing.get("/plant.json")
def plant() -> Response:
    """What can be edited, as the map draws it; what is chosen there leads to its editor."""
    with runtime.seeing(actor(), request.path) as (session, sight):
        answer = jsonify(
            plant_collection(edits.editable_plant(session, actor(), MOST_SHOWN, on=runtime.today()), sight, _editor)
        )
    answer.content_type = "application/geo+json"
    return answer


@editing.get("/spans/<path:span>/line")
def line(span: str, values: Values | None = None, problems: Sequence[Problem] = ()) -> str:
    """The editor of a span's line and length."""
    return _span_page("line", span, values, problems)


@editing.get("/spans/<path:span>/split")
def split(span: str, values: Values | None = None, problems: Sequence[Problem] = ()) -> str:
    """The editor in which a span is split."""
    return _span_page("split", span, values, problems)


@editing.get("/spans/<path:span>/merge")
def merge(span: str, values: Values | None = None, problems: Sequence[Problem] = ()) -> str:
    """The editor in which a span is merged with one that it meets."""
    return _span_page("merge", span, values, problems)


@editing.get("/sites/<path:site>/place")
def place(site: str, values: Values | None = None, problems: Sequence[Problem] = ()) -> str:
    """The editor in which a site is moved."""
    with runtime.seeing(actor(), request.path) as (session, sight):
        found = find_editable_site(session, actor(), site)
        drawn = plant_collection(PlantOnMap([found], []), sight, _editor)
    given = values or {"where": _written((found.longitude, found.latitude))}
    return render("editing/place.html", site=found, drawn=drawn, values=given, problems=problems)


@editing.get("/new-site")
def new_site(values: Values | None = None, problems: Sequence[Problem] = ()) -> str:
    """The editor in which a site is added."""
    with runtime.seeing(actor(), request.path) as (session, sight):
        around = edits.editable_plant(session, actor(), MOST_SHOWN, on=runtime.today())
        drawn = plant_collection(around, sight, _editor)
    return render("editing/new_site.html", drawn=drawn, values=values or {}, problems=problems)


@editing.post("/spans/<path:span>/line")
def take_line(span: str) -> Any:
    """Check a changed line, or save it."""
    return _take(line, edits.edit_span, lambda: change_of(span, _asked(SpanChangeRequest())), span=span)


@editing.post("/spans/<path:span>/split")
def take_split(span: str) -> Any:
    """Check a split, or do it."""
    return _take(split, edits.split_span, lambda: split_of(span, _asked(SplitRequest())), span=span)


@editing.post("/spans/<path:span>/merge")
def take_merge(span: str) -> Any:
    """Check a merge, or do it."""
    return _take(merge, edits.merge_spans, lambda: merge_of(span, _asked(MergeRequest())), span=span)


@editing.post("/sites/<path:site>/place")
def take_place(site: str) -> Any:
    """Check where a site would be moved, or move it."""
    return _take(place, edits.move_site, lambda: move_of(site, _asked(SiteMoveRequest())), site=site)


@editing.post("/new-site")
def take_new_site() -> Any:
    """Check a new site, or add it."""

    def asked() -> NewSite:
        given: NewSite = _asked(NewSiteRequest())
        return given

    return _take(new_site, edits.add_site, asked)


@editing.post("/<edit>/undo")
@shown_again_by(lambda edit, **shown: index(**shown))
def undo(edit: str) -> Response:
    """Undo an edit."""
    with runtime.transaction() as session:
        undone = edits.undo_edit(session, actor(), edit, at=runtime.now())
    flash(f"Undone: {undone.summary}.", "success")
    return redirect(url_for("editing.index"))


@editing.post("/<edit>/redo")
@shown_again_by(lambda edit, **shown: index(**shown))
def redo(edit: str) -> Response:
    """Make an edit again that was undone."""
    with runtime.transaction() as session:
        redone = edits.redo_edit(session, actor(), edit, at=runtime.now())
    flash(f"Made again: {redone.summary}.", "success")
    return redirect(url_for("editing.index"))


def _asked(schema: ma.Schema) -> Any:
    """Return what the form asks for, without its buttons; a field left empty counts as not given.

    Raises:
        Invalid: with every problem, each at its field.
    """
    return load(schema, {name: value.strip() for name, value in _entered() if value.strip()})


def _entered() -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.form.items() if name not in BESIDE]


def _span_page(way: str, code: str, values: Values | None, problems: Sequence[Problem]) -> str:
    with runtime.seeing(actor(), request.path) as (session, sight):
        found = find_editable_span(session, actor(), code, on=runtime.today())
        span = found.facts.span
        ends = {site.id: site for site in (*found.sites, span.a, span.z)}
        around = PlantOnMap(list(ends.values()), [found.facts])
        drawn = plant_collection(around, sight, _editor)
        given = values or {
            "line": "\n".join(_written(position) for position in sight.line(span)),
            "length_m": "" if span.length_basis == "drawn" else f"{span.length_m:f}",
            "length_basis": span.length_basis,
        }
    sites = [(site.code, f"{site.name} ({site.code})") for site in found.sites if site.id not in (span.a_id, span.z_id)]
    facts = {"span": span, "sites": sites, "neighbours": found.neighbours, "drawn": drawn}
    return render(f"editing/{way}.html", way=way, values=given, problems=problems, **facts)


def _take(page: Page, save: Callable[..., PlantEdit], asked: Callable[[], Edit], **address: str) -> Any:
    """Show the form again, what it would do, or, once that was seen, do it."""
    if request.form.get("act") == CHANGE:
        return page(**address, values=request.form)
    try:
        if request.form.get("act") == SAVE:
            with runtime.transaction() as session:
                edit = save(session, actor(), asked(), at=runtime.now(), chooser=runtime.chooser())
            flash(f"Saved: {edit.summary}.", "success")
            return redirect(url_for("editing.index"))
        with runtime.reading() as session:
            checked = edits.check_edit(session, actor(), asked(), on=runtime.today())
    except (Invalid, Conflict) as refusal:
        return page(**address, values=request.form, problems=problems_of(refusal)), answer_to(refusal).status
    return render("editing/check.html", checked=checked, drawn=edit_collection(checked), carried=_entered())


def _written(position: Position) -> str:
    """Return a position as it is typed: latitude, longitude."""
    longitude, latitude = position
    return f"{latitude:.{PLACE_DECIMALS}f}, {longitude:.{PLACE_DECIMALS}f}"


def _editor(kind: str, code: str) -> str:
    """Return the address of the editor of a site or span."""
    return url_for("editing.place", site=code) if kind == "site" else url_for("editing.line", span=code)
