"""Notices that spans leave the co-op."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.operations import withdrawing
from cni.operations.withdrawing import NewNotice
from cni.schemas.paging import PageQuery, page_of, page_request
from cni.schemas.terms import NoticeCheckView, NoticeRequest, WithdrawalEntryView, WithdrawalView

withdrawals = Resources("withdrawals", __name__, url_prefix="/withdrawals", description="Spans that leave the co-op")


@withdrawals.get("")
@withdrawals.arguments(PageQuery, location="query")
@withdrawals.response(200, page_of(WithdrawalEntryView))
def list_withdrawals(query: dict[str, Any]) -> Any:
    """List the withdrawals of your member (staff: all), the newest first."""
    with runtime.reading() as session:
        page = withdrawing.list_withdrawals(session, actor(), page_request(query))
    return page_answer(page)


@withdrawals.post("")
@withdrawals.arguments(NoticeRequest)
@withdrawals.response(201, WithdrawalView)
def give_notice(given: NewNotice) -> Any:
    """Give notice that spans of your member leave; no lease is ended by it."""
    with runtime.transaction() as session:
        made = withdrawing.give_notice(session, actor(), given, at=runtime.now(), chooser=runtime.chooser())
        reference = made.reference
    return _found(reference)


@withdrawals.post("/check")
@withdrawals.arguments(NoticeRequest)
@withdrawals.response(200, NoticeCheckView)
def check_notice(given: NewNotice) -> Any:
    """Say what a notice given today would do, and to which leases; nothing is saved."""
    with runtime.reading() as session:
        return {"spans": withdrawing.check_notice(session, actor(), given, on=runtime.today())}


@withdrawals.get("/<withdrawal>")
@withdrawals.response(200, WithdrawalView)
def find_withdrawal(withdrawal: str) -> Any:
    """Find a withdrawal, with the leases that hold its spans."""
    return _found(withdrawal)


def _found(reference: str) -> Any:
    with runtime.reading() as session:
        return withdrawing.find_withdrawal(session, actor(), reference, on=runtime.today())
