"""Registering fibre by drawing, typing or uploading it: checked first, then registered as it was checked.

Between the two steps nothing is kept on the server: the page carries what was entered, and it is checked once more.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cni import runtime
from cni.assets.importing import SITE_COLUMNS, SPAN_COLUMN_ORDER, Submission, read_upload
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

PROBLEMS_SHOWN = 500

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


@registration.get("/upload")
def upload() -> str:
    """The form to upload a file."""
    require(actor(), Permission.PLANT_PROPOSE)
    return render("plant/upload.html", problems=[])


@registration.post("/draw")
def take_drawn() -> Any:
    """Check a drawn span, or register it."""
    return _take_form("draw")


@registration.post("/type")
def take_typed() -> Any:
    """Check a typed span, or register it."""
    return _take_form("type_in")


@registration.post("/upload")
def take_upload() -> Any:
    """Check a file, or register what a checked one holds."""
    require(actor(), Permission.PLANT_PROPOSE)
    try:
        data, name = _carried_file() if request.form.get("act") == REGISTER else _sent_file()
        if request.form.get("act") == REGISTER:
            return _register(read_upload(data, name))
        carried = [("name", name), ("packed", _pack(data)), ("note", request.form.get("note", ""))]
        return _preview(read_upload(data, name), "upload", carried)
    except (Invalid, Conflict) as refusal:
        problems = [replace(problem, file=None) for problem in problems_of(refusal)]  # there is only one file
        more = max(0, len(problems) - PROBLEMS_SHOWN)
        page = render("plant/upload.html", problems=problems[:PROBLEMS_SHOWN], more=more)
        return page, answer_to(refusal).status


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


def _sent_file() -> tuple[bytes, str]:
    """Return the uploaded file and its name.

    Raises:
        Invalid: none was chosen, it is empty, or it is no text.
    """
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid.from_problems([_wrong_file("missing", "No file was chosen.")])
    data = sent.read()
    if not data:
        raise Invalid.from_problems([_wrong_file("empty", f"{sent.filename} is empty.")])
    for start, kind in BINARY_FILES.items():
        if data.startswith(start):
            raise Invalid.from_problems([_wrong_file("wrong_type", f"{sent.filename} is {kind}.")])
    return data, sent.filename


BINARY_FILES = {
    b"PK\x03\x04": "a spreadsheet or an archive (ZIP)",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word document",
    b"SQLite format 3": "a GeoPackage or another SQLite database",
    b"\x00\x00\x27\x0a": "a shapefile",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"<": "XML, such as KML or GML",
}
"""What a file is that begins with these bytes."""


def _wrong_file(code: str, message: str) -> Problem:
    return Problem(code, message, "Choose a GeoJSON file, or a CSV file in UTF-8.", "file")


def _pack(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode()


def _carried_file() -> tuple[bytes, str]:
    """Return the file that the page carried, byte for byte.

    Raises:
        Invalid: the page was tampered with.
    """
    try:
        unpacking = zlib.decompressobj()
        data = unpacking.decompress(
            base64.b64decode(request.form.get("packed", "")), current_app.config["MAX_CONTENT_LENGTH"]
        )
        is_whole = unpacking.eof
    except (binascii.Error, zlib.error, ValueError):
        is_whole = False
    if not is_whole:
        raise Invalid.from_problems([_wrong_file("missing", "The file was lost on the way.")])
    return data, request.form.get("name", "upload")
