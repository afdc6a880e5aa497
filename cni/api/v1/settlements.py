"""Settlements: the months, a month's figures, their approval and issue."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.operations import settling
from cni.schemas.ledger import DigestRequest, SettlementsView, SettlementView, month_at

settlements = Resources(
    "settlements", __name__, url_prefix="/settlements", description="What users owe and contributors earn, by month"
)


@settlements.get("")
@settlements.response(200, SettlementsView)
def list_settlements() -> Any:
    """List the months, newest first, with how far each has come."""
    with runtime.reading() as session:
        return {"items": settling.list_settlements(session, actor(), today=runtime.today())}


@settlements.get("/<period>")
@settlements.response(200, SettlementView)
def preview_settlement(period: str) -> Any:
    """Preview a month such as 2026-10; of an issued month, show what was issued."""
    with runtime.reading() as session:
        return settling.preview_settlement(session, actor(), month_at(period), today=runtime.today())


@settlements.post("/<period>/approve")
@settlements.arguments(DigestRequest)
@settlements.response(200, SettlementView)
def approve_settlement(given: dict[str, Any], period: str) -> Any:
    """Approve a month's figures by their digest, as second approver."""
    with runtime.transaction() as session:
        return settling.approve_settlement(
            session, actor(), month_at(period), **given, at=runtime.now(), today=runtime.today()
        )


@settlements.post("/<period>/issue")
@settlements.arguments(DigestRequest)
@settlements.response(200, SettlementView)
def issue_settlement(given: dict[str, Any], period: str) -> Any:
    """Issue a month's approved figures, as treasurer; once more: only documents that were withheld."""
    with runtime.transaction() as session:
        return settling.issue_settlement(
            session, actor(), month_at(period), **given, at=runtime.now(), today=runtime.today()
        )
