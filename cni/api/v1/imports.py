"""Imports: files brought in, tried first, undone."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from werkzeug.datastructures import FileStorage

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.assets.imports.values import Choices
from cni.operations import importing
from cni.operations.previewing import AT_ONCE_FEATURES
from cni.schemas.imports import DryRunView, ImportQuery, ImportRequest, ImportView, MendQuery
from cni.schemas.paging import PageQuery, page_of, page_request

imports = Resources("imports", __name__, url_prefix="/imports", description="Plant from files of any format")


@imports.get("")
@imports.arguments(PageQuery, location="query")
@imports.response(200, page_of(ImportView))
def list_imports(query: dict[str, Any]) -> Any:
    """List the imports of your member, the newest first."""
    with runtime.reading() as session:
        page = importing.list_imports(session, actor(), page_request(query))
    return page_answer(page)


@imports.post("")
@imports.arguments(ImportQuery, location="query")
@imports.arguments(ImportRequest, location="files")
@imports.response(201, ImportView)
@imports.alt_response(200, schema=DryRunView, description="The dry run: what it would do. Nothing was saved.")
@imports.alt_response(202, schema=ImportView, description="A large file: the worker brings it in. Look at `percent`.")
def bring_in(query: dict[str, Any], brought: tuple[FileStorage, Choices]) -> Any:
    """Bring a file in, all of it or nothing. What the file leaves open is a refusal with a `question` to answer."""
    file, choices = brought
    data, name = file.read(), file.filename or "upload"
    at, chooser = runtime.now(), runtime.chooser()
    if query["dry_run"]:
        with runtime.reading() as session:
            return jsonify(DryRunView().dump(importing.dry_run(session, actor(), data, name, choices, at=at)))
    with runtime.transaction() as session:
        looked = importing.look_into_file(session, actor(), data, name, choices)
        is_large = sum(layer.features for layer in looked.contents.layers) > AT_ONCE_FEATURES
        if is_large:
            upload = importing.keep_upload(session, actor(), data, name, at=at, chooser=chooser)
            row = importing.request_import(session, actor(), upload, choices, at=at, chooser=chooser)
        else:
            row = importing.apply_import(session, actor(), data, name, choices, at=at, chooser=chooser)
        reference = row.reference
    return _found(reference), 202 if is_large else 201


@imports.post("/failed-rows")
@imports.arguments(MendQuery, location="query")
@imports.arguments(ImportRequest, location="files")
@imports.response(200, description="CSV", content_type="text/csv")
def failed_rows(query: dict[str, Any], brought: tuple[FileStorage, Choices]) -> Any:
    """Get the rows of a file that have problems, and those that wait for them, with what is wrong; or all its rows."""
    file, choices = brought
    data, name = file.read(), file.filename or "upload"
    with runtime.reading() as session:
        rows = importing.rows_to_mend(session, actor(), data, name, choices, at=runtime.now(), **query)
    return Response(rows, content_type="text/csv; charset=utf-8")


@imports.get("/<imported>")
@imports.response(200, ImportView)
def find_import(imported: str) -> Any:
    """Find an import, and how far it has come."""
    return _found(imported)


@imports.post("/<imported>/undo")
@imports.response(200, ImportView)
def undo(imported: str) -> Any:
    """Undo an import while nothing depends on it."""
    with runtime.transaction() as session:
        importing.undo_import(session, actor(), imported, at=runtime.now())
    return _found(imported)


def _found(reference: str) -> Any:
    with runtime.reading() as session:
        return importing.find_import(session, actor(), reference)
