"""Hidden risks: places where owners' spans run side by side undeclared."""

from __future__ import annotations

from typing import Any

from flask import request

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.operations import surveying
from cni.operations.surveying import Limits, NewRiskGroup
from cni.schemas.hidden_risks import (
    DismissalRequest,
    HiddenRiskQuery,
    HiddenRiskView,
    LimitsRequest,
    RiskGroupRequest,
)
from cni.schemas.paging import page_of, page_request

hidden_risks = Resources(
    "hidden-risks",
    __name__,
    url_prefix="/hidden-risks",
    description="Spans of different owners that run side by side undeclared",
)


HIDDEN_RISKS = page_of(HiddenRiskView)


@hidden_risks.get("")
@hidden_risks.arguments(HiddenRiskQuery, location="query")
@hidden_risks.response(200, HIDDEN_RISKS)
def list_hidden_risks(query: dict[str, Any]) -> Any:
    """List the places that wait for the network steward, or those decided on, the newest first."""
    return _page(query)


@hidden_risks.post("")
@hidden_risks.arguments(LimitsRequest)
@hidden_risks.response(200, HIDDEN_RISKS)
def find_hidden_risks(limits: Limits) -> Any:
    """Compare the lines of all live spans; answers with the first page of the places that wait then."""
    with runtime.transaction() as session:
        surveying.find_hidden_risks(session, actor(), limits, at=runtime.now(), chooser=runtime.chooser())
    return _page(HiddenRiskQuery().load({}))


@hidden_risks.get("/<hidden_risk>")
@hidden_risks.response(200, HiddenRiskView)
def find_hidden_risk(hidden_risk: str) -> Any:
    """Find a place."""
    return _found(hidden_risk)


@hidden_risks.post("/<hidden_risk>/accept")
@hidden_risks.arguments(RiskGroupRequest)
@hidden_risks.response(200, HiddenRiskView)
def accept_hidden_risk(group: NewRiskGroup, hidden_risk: str) -> Any:
    """Make a risk group of a place's spans."""
    with runtime.transaction() as session:
        surveying.accept_hidden_risk(session, actor(), hidden_risk, group, at=runtime.now())
    return _found(hidden_risk)


@hidden_risks.post("/<hidden_risk>/dismiss")
@hidden_risks.arguments(DismissalRequest)
@hidden_risks.response(200, HiddenRiskView)
def dismiss_hidden_risk(reason: str, hidden_risk: str) -> Any:
    """Dismiss a place with a reason; the same spans are not proposed again."""
    with runtime.transaction() as session:
        surveying.dismiss_hidden_risk(session, actor(), hidden_risk, reason, at=runtime.now())
    return _found(hidden_risk)


def _found(reference: str) -> Any:
    with runtime.seeing(actor(), request.path) as (session, sight):
        risk = surveying.find_hidden_risk(session, actor(), reference, on=runtime.today()).risk
        sight.note_spans(risk.spans)
    return risk


def _page(query: dict[str, Any]) -> Any:
    with runtime.seeing(actor(), request.path) as (session, sight):
        page = surveying.list_hidden_risks(session, actor(), page_request(query), is_decided=query["decided"])
        sight.note_spans(span for risk in page.items for span in risk.spans)
    return page_answer(page)
