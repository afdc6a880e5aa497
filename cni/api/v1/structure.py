"""How spans are built: cables with their colours."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.operations import structuring
from cni.operations.structuring import NewCable
from cni.schemas.structure import CableRequest, StructureView

structure = Resources("structure", __name__, url_prefix="/structure", description="How spans are built")


@structure.get("/<path:span>")
@structure.response(200, StructureView)
def find_structure(span: str) -> Any:
    """Find how a span is built, fibre by fibre."""
    return _found(span)


@structure.put("/<path:span>")
@structure.arguments(CableRequest)
@structure.response(200, StructureView)
def describe_cable(given: NewCable, span: str) -> Any:
    """Say how the cable of a span is built."""
    with runtime.transaction() as session:
        structuring.describe_cable(session, actor(), span, given, at=runtime.now())
    return _found(span)


def _found(span: str) -> Any:
    with runtime.reading() as session:
        return structuring.structure_of(session, actor(), span, on=runtime.today())
