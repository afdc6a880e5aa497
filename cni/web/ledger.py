"""The books: trial balance, journals, months; for the treasurer, reversing and closing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.operations import bookkeeping
from cni.primitives.errors import Invalid, NotFound, Problem
from cni.schemas.ledger import ReversalRequest, day_of, month_at
from cni.web.forms import problems_of, read_form, shown_again_by
from cni.web.pages import asked_page, render
from cni.web.session import actor

ledger = Blueprint("ledger", __name__, url_prefix="/ledger")

Values = Mapping[str, Any] | None


@ledger.get("")
def trial_balance() -> str | tuple[str, int]:
    """What each account comes to at the end of a day."""
    today = runtime.today()
    try:
        on, problems = (day_of(request.args["on"]) if request.args.get("on") else today), []
    except Invalid as refusal:
        on, problems = today, problems_of(refusal)
    with runtime.reading() as session:
        balances = bookkeeping.trial_balance(session, actor(), on=on)
    values = request.args if problems else {"on": on.isoformat()}
    page = render("ledger/trial_balance.html", balances=balances, on=on, values=values, problems=problems)
    return (page, 422) if problems else page


@ledger.get("/journals")
def journals() -> str:
    """The journals, the latest first; of one month where asked."""
    month = month_at(request.args["period"]) if request.args.get("period") else None
    with runtime.reading() as session:
        page = bookkeeping.list_journals(session, actor(), asked_page(), month=month)
    return render("ledger/journals.html", page=page, month=month)


@ledger.get("/journals/<journal>")
def show_journal(journal: str, values: Values = None, problems: Sequence[Problem] = ()) -> str:
    """A journal with its postings and its seal."""
    with runtime.reading() as session:
        view = bookkeeping.find_journal(session, actor(), _number(journal))
    return render("ledger/journal.html", view=view, values=values or {}, problems=problems)


@ledger.post("/journals/<journal>/reverse")
@shown_again_by(show_journal)
def reverse(journal: str) -> Response:
    """Take a journal back."""
    number, reason = _number(journal), read_form(ReversalRequest())["reason"]
    with runtime.transaction() as session:
        view = bookkeeping.reverse_journal(session, actor(), number, reason, at=runtime.now(), today=runtime.today())
    flash(f"Journal {number} is reversed.", "success")
    return redirect(url_for("ledger.show_journal", journal=view.journal.seal.chain_number))


@ledger.get("/months")
def months(values: Values = None, problems: Sequence[Problem] = ()) -> str:
    """The months of the books: open or closed."""
    with runtime.reading() as session:
        periods = bookkeeping.list_periods(session, actor())
    return render("ledger/months.html", periods=periods, today=runtime.today(), problems=problems)


@ledger.post("/months/<period>/close")
@shown_again_by(lambda period, **shown: months(**shown))
def close(period: str) -> Response:
    """Close a month for good."""
    month = month_at(period)
    with runtime.transaction() as session:
        bookkeeping.close_month(session, actor(), month, at=runtime.now(), today=runtime.today())
    flash(f"{month.period.start:%B %Y} is closed.", "success")
    return redirect(url_for("ledger.months"))


@ledger.get("/verification")
def verification() -> str:
    """What reading all the books back finds."""
    with runtime.reading() as session:
        report = bookkeeping.verify_books(session, actor())
    return render("ledger/verification.html", report=report)


def _number(journal: str) -> int:
    if not (journal.isascii() and journal.isdigit() and len(journal) < 18):
        raise NotFound(f"There is no journal “{journal}”.")
    return int(journal)
