"""Wayleaves and funding conditions."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.operations import keeping_registers
from cni.operations.keeping_registers import NewEntry
from cni.primitives.paging import Page
from cni.schemas.paging import page_of, page_request
from cni.schemas.registers import RegisterEntryRequest, RegisterEntryView, RegisterQuery

register_entries = Resources(
    "register-entries",
    __name__,
    url_prefix="/register-entries",
    description="Wayleaves and funding conditions over plant",
)


@register_entries.get("")
@register_entries.arguments(RegisterQuery, location="query")
@register_entries.response(200, page_of(RegisterEntryView))
def list_register_entries(query: dict[str, Any]) -> Any:
    """List your member's entries (staff: all), the newest first; or what ends soon, the soonest first, in one page."""
    with runtime.reading() as session:
        if "within_days" in query:
            ending = keeping_registers.ending_within(session, actor(), query["within_days"], on=runtime.today())
            page = Page(list(ending), None)
        else:
            page = keeping_registers.list_entries(session, actor(), page_request(query))
    return page_answer(page)


@register_entries.post("")
@register_entries.arguments(RegisterEntryRequest)
@register_entries.response(201, RegisterEntryView)
def add_register_entry(given: NewEntry) -> Any:
    """Enter a wayleave or funding condition."""
    with runtime.transaction() as session:
        made = keeping_registers.add_entry(session, actor(), given, at=runtime.now(), chooser=runtime.chooser())
        reference = made.reference
    return _found(reference)


@register_entries.get("/<entry>")
@register_entries.response(200, RegisterEntryView)
def find_register_entry(entry: str) -> Any:
    """Find an entry."""
    return _found(entry)


@register_entries.put("/<entry>")
@register_entries.arguments(RegisterEntryRequest)
@register_entries.response(200, RegisterEntryView)
def correct_register_entry(given: NewEntry, entry: str) -> Any:
    """Correct an entry, or say that it was renewed; its kind stays."""
    with runtime.transaction() as session:
        keeping_registers.correct_entry(session, actor(), entry, given, at=runtime.now())
    return _found(entry)


def _found(reference: str) -> Any:
    with runtime.reading() as session:
        return keeping_registers.find_entry(session, actor(), reference)
