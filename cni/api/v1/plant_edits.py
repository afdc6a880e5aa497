"""Edits of live plant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.assets.edits import PlantEdit
from cni.operations import editing
from cni.operations.editing import NewSite, SiteMove, SpanChange, SpanMerge, SpanSplit
from cni.schemas.editing import (
    LineRequest,
    MoveRequest,
    NewSiteRequest,
    PlantEditView,
    SpanMergeRequest,
    SpanSplitRequest,
)
from cni.schemas.paging import PageQuery, page_of, page_request

plant_edits = Resources(
    "plant-edits",
    __name__,
    url_prefix="/plant-edits",
    description="Spans split, merged and changed, sites moved and added; undone and made again",
)


@plant_edits.get("")
@plant_edits.arguments(PageQuery, location="query")
@plant_edits.response(200, page_of(PlantEditView))
def list_edits(query: dict[str, Any]) -> Any:
    """List the edits of your plant, the newest first."""
    with runtime.reading() as session:
        page = editing.list_edits(session, actor(), page_request(query))
    return page_answer(page)


@plant_edits.post("/splits")
@plant_edits.arguments(SpanSplitRequest)
@plant_edits.response(201, PlantEditView)
def split_span(asked: SpanSplit) -> Any:
    """Split a span at a site; leases run over both parts from today on."""
    return _made(editing.split_span, asked)


@plant_edits.post("/merges")
@plant_edits.arguments(SpanMergeRequest)
@plant_edits.response(201, PlantEditView)
def merge_spans(asked: SpanMerge) -> Any:
    """Make one span of two; leases run over it from today on."""
    return _made(editing.merge_spans, asked)


@plant_edits.post("/lines")
@plant_edits.arguments(LineRequest)
@plant_edits.response(201, PlantEditView)
def edit_span(asked: SpanChange) -> Any:
    """Change a span's line or length; leases keep the metres that they are priced at."""
    return _made(editing.edit_span, asked)


@plant_edits.post("/moves")
@plant_edits.arguments(MoveRequest)
@plant_edits.response(201, PlantEditView)
def move_site(asked: SiteMove) -> Any:
    """Move a site, and the ends of its owner's lines with it."""
    return _made(editing.move_site, asked)


@plant_edits.post("/sites")
@plant_edits.arguments(NewSiteRequest)
@plant_edits.response(201, PlantEditView)
def add_site(asked: NewSite) -> Any:
    """Add a site."""
    return _made(editing.add_site, asked)


@plant_edits.get("/<edit>")
@plant_edits.response(200, PlantEditView)
def find_edit(edit: str) -> Any:
    """Find an edit."""
    return _found(edit)


@plant_edits.post("/<edit>/undo")
@plant_edits.response(200, PlantEditView)
def undo_edit(edit: str) -> Any:
    """Undo an edit while nothing depends on it."""
    with runtime.transaction() as session:
        editing.undo_edit(session, actor(), edit, at=runtime.now())
    return _found(edit)


@plant_edits.post("/<edit>/redo")
@plant_edits.response(200, PlantEditView)
def redo_edit(edit: str) -> Any:
    """Make an edit again that was undone."""
    with runtime.transaction() as session:
        editing.redo_edit(session, actor(), edit, at=runtime.now())
    return _found(edit)


def _made(make: Callable[..., PlantEdit], asked: Any) -> PlantEdit:
    with runtime.transaction() as session:
        reference = make(session, actor(), asked, at=runtime.now(), chooser=runtime.chooser()).reference
    return _found(reference)


def _found(reference: str) -> PlantEdit:
    with runtime.reading() as session:
        return editing.find_edit(session, actor(), reference)
