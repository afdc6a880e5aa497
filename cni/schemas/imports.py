"""Imports as they are asked for and told."""

from __future__ import annotations

import json
from typing import Any

import marshmallow as ma

from cni.assets.imports.records import ImportStatus
from cni.assets.imports.values import Choices
from cni.schemas.problems import ProblemView
from cni.schemas.reading import Request, View, load


class ChoicesRequest(Request):
    """How a file is to be read; what is left out is as the file says, or as the last time. Loads to `Choices`."""

    layers = ma.fields.List(ma.fields.String(), load_default=list)
    crs = ma.fields.String(load_default=None, allow_none=True)
    columns = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), load_default=dict)
    values = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), load_default=dict)
    make_sites = ma.fields.Boolean(load_default=False)
    snap = ma.fields.Boolean(load_default=False)
    note = ma.fields.String(load_default="")

    @ma.post_load
    def _choices(self, given: dict[str, Any], **_rest: Any) -> Choices:
        return Choices(**given | {"layers": tuple(given["layers"])})


class ImportRequest(Request):
    """A file, and what is said beside it; loads to the file as it was sent, and `Choices`."""

    file = ma.fields.Raw(required=True, metadata={"type": "string", "format": "binary", "label": "The file"})
    choices = ma.fields.String(
        load_default="{}",
        metadata={
            "description": (
                'JSON: `layers` to take; `crs`, as EPSG:27700; `columns`, the field that each column is, "" leaving it '
                "out; `values`, what a field is where a row does not say; `make_sites`, `snap`: true or false; `note`, "
                "for the network steward."
            ),
            "example": '{"crs": "EPSG:27700", "columns": {"SPAN_REF": "id", "cores": "fibres"}}',
        },
    )

    @ma.post_load
    def _choices(self, given: dict[str, Any], **_rest: Any) -> tuple[Any, Choices]:
        try:
            said = json.loads(given["choices"] or "{}")
        except (ValueError, RecursionError):
            raise ma.ValidationError("The choices are no JSON object.", "choices") from None
        return given["file"], load(ChoicesRequest(), said)


class ImportQuery(Request):
    """How to take an import."""

    dry_run = ma.fields.Boolean(load_default=False, metadata={"description": "Try it and save nothing."})


class MendQuery(Request):
    """Which rows of a file to mend."""

    every_row = ma.fields.Boolean(
        load_default=False, metadata={"description": "All rows, to be brought again whole; else the failed ones alone."}
    )


class CountsView(View):
    """How many are new, change, and stand already as the file has them."""

    added = ma.fields.Integer(required=True)
    changed = ma.fields.Integer(required=True)
    unchanged = ma.fields.Integer(required=True)


class ImportCountsView(View):
    """What came of sites and of spans."""

    sites = ma.fields.Nested(CountsView, required=True)
    spans = ma.fields.Nested(CountsView, required=True)


class PartView(View):
    """One thing that quality lost points to."""

    words = ma.fields.String(required=True)
    rows = ma.fields.Integer(required=True)
    points = ma.fields.Float(required=True)


class ChangeView(View):
    """A site or span that stands, before and after, by column."""

    kind = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    row = ma.fields.Integer(required=True)
    before = ma.fields.Dict(required=True)
    after = ma.fields.Dict(required=True)


class LeftAloneView(View):
    """What an import would not change, and why."""

    code = ma.fields.String(required=True)
    row = ma.fields.Integer(required=True)
    column = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)


class DryRunView(View):
    """What an import would do; with `problems` nothing can be brought in."""

    format = ma.fields.String(required=True)
    crs = ma.fields.String(allow_none=True)
    sites = ma.fields.Nested(CountsView, required=True)
    spans = ma.fields.Nested(CountsView, required=True)
    problems = ma.fields.List(ma.fields.Nested(ProblemView), required=True)
    rows = ma.fields.Integer(required=True, metadata={"description": "All of the file."})
    good_rows = ma.fields.Integer(required=True, metadata={"description": "That could be brought in."})
    held_back = ma.fields.List(
        ma.fields.Nested(ProblemView),
        required=True,
        metadata={"description": "Rows that are right, but end at a site whose row is not."},
    )
    remarks = ma.fields.List(ma.fields.Nested(ProblemView), required=True, metadata={"description": "Stop nothing."})
    quality = ma.fields.Integer(attribute="quality.points", required=True, metadata={"description": "0 to 100."})
    lost_to = ma.fields.List(ma.fields.Nested(PartView), attribute="quality.parts", required=True)
    changes = ma.fields.List(ma.fields.Nested(ChangeView), required=True)
    left_alone = ma.fields.List(ma.fields.Nested(LeftAloneView), required=True)
    ignored_columns = ma.fields.List(ma.fields.String(), required=True)


class ImportView(View):
    """An import; `counts` is null while it is under way, and where nothing came of it."""

    reference = ma.fields.String(required=True)
    member = ma.fields.Function(lambda row: row.member and row.member.slug, metadata={"type": ["string", "null"]})
    file = ma.fields.String(required=True)
    format = ma.fields.String(allow_none=True)
    crs = ma.fields.String(allow_none=True)
    status = ma.fields.Enum(ImportStatus, by_value=True, required=True)
    percent = ma.fields.Integer(required=True, metadata={"description": "How much of the work is done."})
    counts = ma.fields.Nested(ImportCountsView, allow_none=True)
    quality = ma.fields.Integer(allow_none=True, metadata={"description": "0 to 100."})
    contribution = ma.fields.Function(
        lambda row: row.contribution and row.contribution.reference, metadata={"type": ["string", "null"]}
    )
    failure = ma.fields.String(allow_none=True, metadata={"description": "Why nothing came of it."})
    requested_at = ma.fields.AwareDateTime(required=True)
    finished_at = ma.fields.AwareDateTime(allow_none=True)
    undone_at = ma.fields.AwareDateTime(allow_none=True)
