"""Splices at sites."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.operations import structuring
from cni.schemas.paging import PageQuery, page_of, page_request
from cni.schemas.structure import SpliceView

splices = Resources("splices", __name__, url_prefix="/splices", description="Which fibres are joined at a site")


@splices.get("/<path:site>")
@splices.arguments(PageQuery, location="query")
@splices.response(200, page_of(SpliceView))
def list_splices(query: dict[str, Any], site: str) -> Any:
    """List the splices at a site that are on your member's spans (staff: all)."""
    with runtime.reading() as session:
        page = structuring.list_splices(session, actor(), site, page_request(query))
    return page_answer(page)
