"""Finding routes."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.leases.searches import RouteSearch
from cni.operations import searching
from cni.schemas.routes import AlternativesQuery, RouteAnswerView, RouteSearchRequest, findings_as_answer

routes = Resources("routes", __name__, url_prefix="/routes", description="Routes and their price")


@routes.post("")
@routes.arguments(AlternativesQuery, location="query")
@routes.arguments(RouteSearchRequest)
@routes.response(200, RouteAnswerView)
def find_routes(query: dict[str, int], search: RouteSearch) -> Any:
    """Find routes with their price; where there are none as asked, the answer names what blocks. Nothing is kept."""
    count = 1 + query["alternatives"]
    with runtime.reading() as session:
        findings = searching.compare_routes(session, actor(), search, on=runtime.today(), count=count)
    return findings_as_answer(*findings)
