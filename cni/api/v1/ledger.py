"""The books, for those who may read them."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.operations import bookkeeping
from cni.schemas.ledger import BalanceQuery, BooksReportView, TrialBalanceView

ledger = Resources("ledger", __name__, url_prefix="/ledger", description="The books")


@ledger.get("/trial-balance")
@ledger.arguments(BalanceQuery, location="query")
@ledger.response(200, TrialBalanceView)
def trial_balance(query: dict[str, Any]) -> Any:
    """Show what each account comes to at the end of a day; without one, of today."""
    on = query.get("on") or runtime.today()
    with runtime.reading() as session:
        return {"on": on, "accounts": bookkeeping.trial_balance(session, actor(), on=on)}


@ledger.get("/verification")
@ledger.response(200, BooksReportView)
def verify_books() -> Any:
    """Read all the books back; name the first wrong journal, if there is one."""
    with runtime.reading() as session:
        return bookkeeping.verify_books(session, actor())
