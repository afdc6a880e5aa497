"""The evidence of spans: steps and decisions. Files are attached on pages."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.assets.evidence_levels import EvidenceAction
from cni.operations import evidencing
from cni.operations.evidencing import NewStep
from cni.schemas.evidence import DecisionRequest, EvidenceView, StepRequest

evidence = Resources("evidence", __name__, url_prefix="/evidence", description="How well spans are known")


@evidence.get("/<path:span>")
@evidence.response(200, EvidenceView)
def find_evidence(span: str) -> Any:
    """Find the evidence of a span of your member (staff: of any)."""
    return _found(span)


@evidence.post("/steps/<path:span>")
@evidence.arguments(StepRequest)
@evidence.response(200, EvidenceView)
def record_step(given: NewStep, span: str) -> Any:
    """Say that a span was surveyed or tested."""
    with runtime.transaction() as session:
        evidencing.record_step(session, actor(), span, given, at=runtime.now())
    return _found(span)


@evidence.post("/decisions/<path:span>")
@evidence.arguments(DecisionRequest)
@evidence.response(200, EvidenceView)
def decide_evidence(given: tuple[EvidenceAction, str | None], span: str) -> Any:
    """Accept what was tested, or return it with a reason."""
    with runtime.transaction() as session:
        evidencing.decide_evidence(session, actor(), span, *given, at=runtime.now())
    return _found(span)


def _found(span: str) -> Any:
    with runtime.reading() as session:
        return evidencing.evidence_of(session, actor(), span)
