"""Members, as all see them."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.operations import viewing
from cni.schemas.members import MemberView, MemberWithDetailsView
from cni.schemas.paging import PageQuery, page_of, page_request

members = Resources("members", __name__, url_prefix="/members", description="The members' directory")


@members.get("")
@members.arguments(PageQuery, location="query")
@members.response(200, page_of(MemberView))
def list_members(query: dict[str, Any]) -> Any:
    """List the members, by slug."""
    with runtime.reading() as session:
        page = viewing.list_members(session, actor(), page_request(query), on=runtime.today())
    return page_answer(page)


@members.get("/<slug>")
@members.response(200, MemberWithDetailsView)
def find_member(slug: str) -> Any:
    """Find a member; `details` for its own people and the co-op's staff."""
    with runtime.reading() as session:
        return viewing.find_member(session, actor(), slug, on=runtime.today())
