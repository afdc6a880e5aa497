"""Finding routes."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.operations import ordering
from cni.schemas.routes import RouteAnswerView, RouteSearchRequest, finding_as_answer

routes = Resources("routes", __name__, url_prefix="/routes", description="Routes and their price")


@routes.post("")
@routes.arguments(RouteSearchRequest)
@routes.response(200, RouteAnswerView)
def find_routes(search: ordering.RouteSearch) -> Any:
    """Find routes with their price; when there are none, the answer names what blocks them. Nothing is kept."""
    with runtime.reading() as session:
        finding = ordering.find_routes(session, actor(), search, on=runtime.today())
    return finding_as_answer(finding)
