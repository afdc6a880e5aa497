"""What the page of a span says of it beside the plant itself: how well it is known, how it is built, on what terms."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.assets.colours import SCHEME_WORDS
from cni.assets.expiries import KIND_WORDS
from cni.assets.models import Span
from cni.assets.words import ContributionStatus
from cni.operations import evidencing, keeping_registers, structuring
from cni.operations._own_plant import may_inspect
from cni.web.session import actor


def span_in_depth(session: Any, span: Span) -> dict[str, Any]:
    """Return what `plant/_in_depth.html` shows of a span: to its owners and staff with the way to the records."""
    is_own = may_inspect(actor(), span)
    is_live = span.contribution.status is ContributionStatus.LIVE
    return {
        "level": evidencing.levels(session, actor(), [span.code])[span.code],
        "is_own": is_own,
        "built": structuring.structure_of(session, actor(), span.code, on=runtime.today()) if is_live else None,
        "scheme_words": SCHEME_WORDS,
        "kind_words": KIND_WORDS,
        "entries": keeping_registers.entries_of_span(session, actor(), span.code) if is_own else [],
    }
