"""Edits of live plant as they come in and go out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import marshmallow as ma

from cni.assets.disclosure import EXACT_DECIMALS
from cni.assets.edits import EditKind
from cni.assets.exporting import feature
from cni.operations._edit_values import PlannedSite, PlannedSpan
from cni.operations.editing import CheckedEdit, NewSite, SiteMove, SpanChange, SpanMerge, SpanSplit
from cni.primitives.geo import Position
from cni.schemas.reading import Request, View

WHERE = "A grid reference, eastings and northings, or latitude and longitude."


def _text(words: str, **more: Any) -> ma.fields.String:
    return ma.fields.String(load_default="", metadata={"description": words}, **more)


class NewSiteRequest(Request):
    """A site to be added; loads to it."""

    where = _text(WHERE)
    id = _text("Its id, short and unique.")
    name = _text("Its name.")
    kind = _text("Its kind, such as chamber.")
    owner = _text("The slug of its owner; for the co-op's staff to say.")

    @ma.post_load
    def _site(self, given: dict[str, Any], **_rest: Any) -> NewSite:
        return NewSite(**given)


class SplitRequest(Request):
    """Where to split a span, and what the parts are called; loads to keyword arguments of a split."""

    site = _text("The code of a live site of yours; else say a place.")
    where = _text(f"{WHERE} The site of yours within 25 m, or else a new one.")
    id = _text("The id of the new site there.")
    name = _text("The name of the new site.")
    kind = _text("The kind of the new site.")
    first = _text("The id of the part at the span's site a; empty: the span's with .1.")
    second = _text("The id of the part at the span's site z; empty: the span's with .2.")


class MergeRequest(Request):
    """The span to merge another one with; loads to keyword arguments of a merge."""

    second = _text("The code of the span that it meets.")
    code = _text("The id of the one span that they become; empty: what they have in common.")
    with_site = ma.fields.Boolean(
        load_default=False, metadata={"description": "Whether the site between them leaves the plant too."}
    )


class SpanChangeRequest(Request):
    """A span's new line and length; loads to keyword arguments of a change."""

    line = _text("LINESTRING (longitude latitude, …) in WGS84, or one place to a line; empty: as it is.")
    length_m = _text("Metres; empty: measured along the line.")
    length_basis = _text("Where a given length comes from: drawn, as_built or otdr.")


class SiteMoveRequest(Request):
    """A site's new place; loads to keyword arguments of a move."""

    where = _text(WHERE)


class SpanSplitRequest(SplitRequest):
    """A span to split; loads to the split."""

    span = ma.fields.String(required=True, metadata={"description": "The code of a live span."})

    @ma.post_load
    def _split(self, given: dict[str, Any], **_rest: Any) -> SpanSplit:
        return split_of(given["span"], given)


class SpanMergeRequest(MergeRequest):
    """Two spans to merge; loads to the merge."""

    first = ma.fields.String(required=True, metadata={"description": "The code of a live span."})

    @ma.post_load
    def _merge(self, given: dict[str, Any], **_rest: Any) -> SpanMerge:
        return merge_of(given["first"], given)


class LineRequest(SpanChangeRequest):
    """A span whose line or length changes; loads to the change."""

    span = ma.fields.String(required=True, metadata={"description": "The code of a live span."})

    @ma.post_load
    def _change(self, given: dict[str, Any], **_rest: Any) -> SpanChange:
        return change_of(given["span"], given)


class MoveRequest(SiteMoveRequest):
    """A site to move; loads to the move."""

    site = ma.fields.String(required=True, metadata={"description": "The code of a live site."})

    @ma.post_load
    def _move(self, given: dict[str, Any], **_rest: Any) -> SiteMove:
        return move_of(given["site"], given)


class PlantEditView(View):
    """An edit of live plant."""

    reference = ma.fields.String(required=True)
    kind = ma.fields.Enum(EditKind, by_value=True, required=True)
    member = ma.fields.Function(lambda edit: edit.member and edit.member.slug, metadata={"type": ["string", "null"]})
    made_at = ma.fields.AwareDateTime(required=True)
    undone_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    summary = ma.fields.String(required=True)
    spans_before = ma.fields.List(ma.fields.String(), attribute="codes.spans_before", required=True)
    spans_after = ma.fields.List(ma.fields.String(), attribute="codes.spans_after", required=True)
    sites = ma.fields.List(ma.fields.String(), attribute="codes.sites", required=True)


def split_of(span: str, given: dict[str, Any]) -> SpanSplit:
    """Return the split of a span that a request asks for."""
    new = NewSite(**{name: given[name] for name in ("where", "id", "name", "kind")})
    return SpanSplit(span, given["site"], new, given["first"], given["second"])


def merge_of(span: str, given: dict[str, Any]) -> SpanMerge:
    """Return the merge of a span with another that a request asks for."""
    return SpanMerge(span, given["second"], given["code"], given["with_site"])


def change_of(span: str, given: dict[str, Any]) -> SpanChange:
    """Return the change of a span that a request asks for."""
    return SpanChange(span, given["line"], given["length_m"], given["length_basis"])


def move_of(site: str, given: dict[str, Any]) -> SiteMove:
    """Return the move of a site that a request asks for."""
    return SiteMove(site, given["where"])


def edit_collection(checked: CheckedEdit) -> dict[str, Any]:
    """Return what an edit would make as the map draws it: a GeoJSON feature collection of sites, then spans."""
    plan = checked.plan
    ends = [end for span in plan.spans_after for end in (span.a, span.z)]
    sites = {site.code: site for site in (*ends, *plan.sites_after)}
    features = [_site(site, is_new=site in plan.sites_after) for site in sites.values()]
    features += [_span(span) for span in plan.spans_after]
    return {"type": "FeatureCollection", "features": features}


def _site(site: PlannedSite, *, is_new: bool) -> dict[str, Any]:
    status = "proposed" if is_new else "live"
    facts = {
        "type": "site",
        "code": site.code,
        "name": site.name,
        "kind": str(site.kind),
        "status": status,
        "owner": "",
    }
    return feature("Point", _rounded([site.position])[0], facts)


def _span(span: PlannedSpan) -> dict[str, Any]:
    facts = {
        "type": "span", "code": span.code, "a": span.a.code, "z": span.z.code, "length_m": float(span.length_m),
        "length_basis": str(span.length_basis), "fibre_owner": "", "duct_owner": None, "offered_pairs": None,
        "free_pairs": None, "risks": [], "status": "proposed",
    }  # fmt: skip
    return feature("LineString", _rounded(span.drawn), facts)


def _rounded(line: Sequence[Position]) -> list[Position]:
    return [(round(longitude, EXACT_DECIMALS), round(latitude, EXACT_DECIMALS)) for longitude, latitude in line]
