"""The people whom one manages."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.operations import viewing
from cni.schemas.members import PersonView
from cni.schemas.paging import PageQuery, page_of, page_request

people = Resources("people", __name__, url_prefix="/people", description="People, for those who manage them")


@people.get("")
@people.arguments(PageQuery, location="query")
@people.response(200, page_of(PersonView))
def list_people(query: dict[str, Any]) -> Any:
    """List the people of your member (of all, for the registrar), by e-mail address."""
    with runtime.reading() as session:
        page = viewing.list_people(session, actor(), page_request(query))
    return page_answer(page)


@people.get("/<email>")
@people.response(200, PersonView)
def find_person(email: str) -> Any:
    """Find a person."""
    with runtime.reading() as session:
        return viewing.find_person(session, actor(), email)
