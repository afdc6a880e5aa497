"""Ducts and sub-ducts."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.operations import structuring
from cni.schemas.paging import PageQuery, page_of, page_request
from cni.schemas.structure import DuctView

ducts = Resources("ducts", __name__, url_prefix="/ducts", description="Ducts, and what lies in them")


@ducts.get("")
@ducts.arguments(PageQuery, location="query")
@ducts.response(200, page_of(DuctView))
def list_ducts(query: dict[str, Any]) -> Any:
    """List your member's ducts and sub-ducts (staff: all), by code."""
    with runtime.reading() as session:
        page = structuring.list_ducts(session, actor(), page_request(query))
    return page_answer(page)


@ducts.get("/<path:duct>")
@ducts.response(200, DuctView)
def find_duct(duct: str) -> Any:
    """Find a duct by its code: what lies in it, and how full it is."""
    with runtime.reading() as session:
        return structuring.find_duct(session, actor(), duct)
