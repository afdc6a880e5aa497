"""Who was shown plant exactly."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.operations import disclosing
from cni.schemas.disclosures import ExactViewQuery, ExactViewView
from cni.schemas.paging import page_of, page_request

exact_views = Resources(
    "exact-views", __name__, url_prefix="/exact-views", description="Who was shown plant exactly, for its owners"
)


@exact_views.get("")
@exact_views.arguments(ExactViewQuery, location="query")
@exact_views.response(200, page_of(ExactViewView))
def list_exact_views(query: dict[str, Any]) -> Any:
    """List who was shown your member's plant (for the auditor: anyone's) exactly, the newest first."""
    wanted = ExactViewQuery().filter_of(query)
    with runtime.reading() as session:
        page = disclosing.list_exact_views(session, actor(), wanted, page_request(query))
    return page_answer(page)
