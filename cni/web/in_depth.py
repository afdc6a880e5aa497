"""What the page of a span says of it beside the plant itself: how well it is known, how it is built, on what terms."""

from __future__ import annotations

from typing import Any

from cni.assets.models import Span
from cni.members.policy import Permission, may
from cni.operations import evidencing
from cni.web.session import actor


def span_in_depth(session: Any, span: Span) -> dict[str, Any]:
    """Return what `plant/_in_depth.html` shows of a span: to its owners and staff with the way to the records."""
    owners = (span.fibre_owner_id, span.duct_owner_id)
    inspects = may(actor(), Permission.PLANT_INSPECT)
    return {
        "level": evidencing.levels(session, actor(), [span.code])[span.code],
        "is_own": inspects and (actor().member_id is None or actor().member_id in owners),
    }
