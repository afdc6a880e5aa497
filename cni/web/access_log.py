"""Who looked at our plant: the log of exact views, for the owners of plant and for the auditor."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from cni import runtime
from cni.operations import disclosing
from cni.operations.reporting import table_csv
from cni.primitives.paging import LONGEST_PAGE, PageRequest
from cni.schemas.disclosures import REASON_WORDS, VIEW_COLUMNS, ExactViewQuery, view_cells
from cni.schemas.reading import load
from cni.web.downloads import csv_file
from cni.web.pages import asked_page, render
from cni.web.session import actor

access_log = Blueprint("access_log", __name__, url_prefix="/plant/exact-views")

FILTERS = ("reason", "asset", "since")


@access_log.get("")
def index() -> str:
    """Who was shown our plant exactly, the newest first; narrowed down where asked."""
    asked = _asked()
    schema = ExactViewQuery()
    wanted = schema.filter_of(load(schema, asked))
    with runtime.reading() as session:
        page = disclosing.list_exact_views(session, actor(), wanted, asked_page())
    return render("access_log/index.html", page=page, values=asked, reason_words=REASON_WORDS)


@access_log.get("/exact-views.csv")
def as_csv() -> Response:
    """The same as a table, all of it."""
    schema = ExactViewQuery()
    wanted = schema.filter_of(load(schema, _asked()))
    with runtime.reading() as session:
        page = disclosing.list_exact_views(session, actor(), wanted, PageRequest(None, LONGEST_PAGE))
        views = list(page.items)
        while page.next is not None:
            page = disclosing.list_exact_views(session, actor(), wanted, PageRequest(page.next, LONGEST_PAGE))
            views += page.items
    return csv_file("exact-views", table_csv(VIEW_COLUMNS, view_cells(views)))


def _asked() -> dict[str, str]:
    return {name: request.args[name].strip() for name in FILTERS if request.args.get(name, "").strip()}
