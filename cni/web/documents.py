"""Documents, statements, and how an amount came about: a member's own; for staff, everybody's."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.members.policy import nothing_here
from cni.operations import reporting
from cni.primitives.period import parse_date
from cni.schemas.ledger import month_at
from cni.web.downloads import csv_file
from cni.web.formats import day
from cni.web.pages import asked_page, render
from cni.web.session import actor

documents = Blueprint("documents", __name__)


@documents.app_template_filter()
def iso_day(text: str) -> str:
    """Return a date of a frozen paper as it is written in Britain.

    >>> iso_day("2026-11-02")
    '2 November 2026'
    """
    return day(parse_date(text))


@documents.app_template_filter()
def iso_last_day(text: str) -> str:
    """Return the day before a date of a frozen paper: periods there name the first day that is not in them.

    >>> iso_last_day("2026-11-01")
    '31 October 2026'
    """
    return day(parse_date(text) - timedelta(days=1))


@documents.get("/documents")
def index() -> str:
    """The documents, the latest first."""
    with runtime.reading() as session:
        page = reporting.list_documents(session, actor(), asked_page())
    return render("documents/index.html", page=page)


@documents.get("/documents/<number>")
def show(number: str) -> str:
    """A document as it was issued."""
    with runtime.reading() as session:
        document = reporting.find_document(session, actor(), number)
    return render("documents/document.html", document=document, paper=document.snapshot)


@documents.get("/documents/<number>/lines.csv")
def lines(number: str) -> Response:
    """A document's lines, as a file."""
    with runtime.reading() as session:
        document = reporting.find_document(session, actor(), number)
    return csv_file(document.number, reporting.document_csv(document.snapshot))


@documents.get("/statements")
def statements() -> str | Response:
    """The members' statements; who may see one only is taken there."""
    with runtime.reading() as session:
        parties = reporting.list_statements(session, actor())
    if len(parties) == 1:
        return redirect(url_for("documents.statement", slug=parties[0].slug))
    return render("documents/statements.html", parties=parties)


@documents.get("/statements/<slug>")
def statement(slug: str) -> str:
    """How a member stands, with a month's charges and fees."""
    return render("documents/statement.html", statement=_statement(slug))


@documents.get("/statements/<slug>/lines.csv")
def statement_lines(slug: str) -> Response:
    """A statement's lines of a month, as a file."""
    found = _statement(slug)
    return csv_file(f"statement-{slug}-{found.month or 'empty'}", reporting.statement_csv(found))


@documents.get("/charges/<period>/<position>")
def trace(period: str, position: str) -> str:
    """How an amount came about."""
    if not (position.isascii() and position.isdigit() and len(position) < 10):
        raise nothing_here()
    with runtime.reading() as session:
        traced = reporting.trace_line(session, actor(), month_at(period), int(position))
    return render("documents/trace.html", traced=traced, line=traced.line, working=traced.line.working)


def _statement(slug: str) -> reporting.Statement:
    month = month_at(request.args["period"]) if request.args.get("period") else None
    with runtime.reading() as session:
        return reporting.statement(session, actor(), slug, month)
