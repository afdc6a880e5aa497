"""What general meetings resolve, the votes of members, and the parameters that follow."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.operations import governing, minuting
from cni.schemas.governance import ParametersView, ResolutionEntryView, ResolutionView, VoteRequest
from cni.schemas.paging import PageQuery, page_of, page_request

resolutions = Resources("resolutions", __name__, url_prefix="", description="General meetings: votes and parameters")


@resolutions.get("/resolutions")
@resolutions.arguments(PageQuery, location="query")
@resolutions.response(200, page_of(ResolutionEntryView))
def list_resolutions(query: dict[str, Any]) -> Any:
    """List the resolutions, the last drafted first."""
    with runtime.reading() as session:
        page = minuting.list_resolutions(session, actor(), page_request(query))
    return page_answer(page)


@resolutions.get("/resolutions/<resolution>")
@resolutions.response(200, ResolutionView)
def find_resolution(resolution: str) -> Any:
    """Find a resolution; how members voted is told once the vote is closed."""
    with runtime.reading() as session:
        return minuting.find_resolution(session, actor(), resolution)


@resolutions.post("/resolutions/<resolution>/vote")
@resolutions.arguments(VoteRequest)
@resolutions.response(201, ResolutionView)
def cast_vote(given: dict[str, Any], resolution: str) -> Any:
    """Cast your member's one vote, as its delegate; it stands."""
    with runtime.transaction() as session:
        governing.cast_vote(session, actor(), resolution, given["choice"], at=runtime.now())
        session.flush()
        return minuting.find_resolution(session, actor(), resolution)


@resolutions.get("/parameters")
@resolutions.response(200, ParametersView)
def list_parameters() -> Any:
    """List the parameters of the co-op: today's values, those before and those to come."""
    with runtime.reading() as session:
        return {"items": minuting.parameters(session, actor(), on=runtime.today())}
