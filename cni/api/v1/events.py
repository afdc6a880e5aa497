"""The audit trail."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.operations import viewing
from cni.schemas.members import EventsQuery, EventView
from cni.schemas.paging import page_of, page_request

events = Resources("events", __name__, url_prefix="/events", description="The audit trail, for registrar and auditor")


@events.get("")
@events.arguments(EventsQuery, location="query")
@events.response(200, page_of(EventView))
def list_events(query: dict[str, Any]) -> Any:
    """List what happened, newest first."""
    wanted = viewing.EventFilter(kind=query.get("kind"), subject=query.get("subject"))
    with runtime.reading() as session:
        page = viewing.list_events(session, actor(), wanted, page_request(query))
    return page_answer(page)
