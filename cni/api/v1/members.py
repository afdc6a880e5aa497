"""Members, as all see them; for who may, to be corrected."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.operations import correcting, viewing
from cni.operations.correcting import MemberCorrection
from cni.schemas.members import MemberCorrectionRequest, MemberRolesRequest, MemberView, MemberWithDetailsView
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


@members.patch("/<slug>")
@members.arguments(MemberCorrectionRequest)
@members.response(200, MemberWithDetailsView)
def correct_member(correction: MemberCorrection, slug: str) -> Any:
    """Correct what is known of a member: the fields that are sent. Its administrator: address, postcode, sector."""
    with runtime.transaction() as session:
        correcting.correct_member(session, actor(), slug, correction, at=runtime.now())
        return viewing.find_member(session, actor(), slug, on=runtime.today())


@members.put("/<slug>/roles")
@members.arguments(MemberRolesRequest)
@members.response(200, MemberWithDetailsView)
def change_member_roles(given: dict[str, Any], slug: str) -> Any:
    """Give a member these roles and no others from a day on; what it held before stays on record."""
    on = given["on"] or runtime.today()
    with runtime.transaction() as session:
        correcting.change_member_roles(session, actor(), slug, given["roles"], on=on, at=runtime.now())
        return viewing.find_member(session, actor(), slug, on=runtime.today())
