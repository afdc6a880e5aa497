"""The co-op itself, as its documents name it."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.operations import correcting
from cni.operations.correcting import CoopCorrection
from cni.schemas.members import CoopCorrectionRequest, CoopView

coop = Resources("co-op", __name__, url_prefix="/co-op", description="The co-op itself, for the registrar")


@coop.get("")
@coop.response(200, CoopView)
def find_coop() -> Any:
    """Find what documents say of the co-op."""
    with runtime.reading() as session:
        return correcting.find_coop(session, actor())


@coop.patch("")
@coop.arguments(CoopCorrectionRequest)
@coop.response(200, CoopView)
def correct_coop(correction: CoopCorrection) -> Any:
    """Correct what is known of the co-op: the fields that are sent."""
    with runtime.transaction() as session:
        correcting.correct_coop(session, actor(), correction, at=runtime.now())
        return correcting.find_coop(session, actor())
