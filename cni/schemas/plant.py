"""Sites, spans and contributions as they come in and go out, and as maps draw them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import marshmallow as ma
from marshmallow.validate import Length, Range

from cni.assets.drafts import SpanDraft
from cni.assets.exporting import feature
from cni.assets.importing import SITE_COLUMNS, UPLOAD_SPAN_COLUMNS, Submission, read_objects
from cni.assets.models import Site, Span
from cni.assets.words import ContributionStatus, LengthBasis, SiteKind
from cni.operations.browsing import PlantOnMap, SpanFacts
from cni.operations.registering import Checked
from cni.primitives.geo import Position, line_of
from cni.schemas.paging import PageQuery
from cni.schemas.reading import Request, View

DECIMALS = 6
"""Of a degree: about a tenth of a metre."""

AddressOf = Callable[[str, str], str]
"""The address of the page of a site or span: its kind ("site", "span") and its code."""


class SpanQuery(PageQuery):
    """Which spans to list."""

    owner = ma.fields.String(validate=Length(max=200), metadata={"description": "Slug of the fibre's owner."})
    free_pairs = ma.fields.Integer(
        validate=Range(0, 10_000, error="Ask for 0 to 10,000 free pairs."),
        metadata={"label": "The number of free pairs", "description": "At least so many pairs are free today."},
    )


class SiteView(View):
    """A site."""

    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    kind = ma.fields.Enum(SiteKind, by_value=True, required=True)
    latitude = ma.fields.Float(required=True, metadata={"description": "WGS84 degrees."})
    longitude = ma.fields.Float(required=True, metadata={"description": "WGS84 degrees."})
    owner = ma.fields.Function(lambda site: site.owner and site.owner.slug, metadata={"type": ["string", "null"]})
    status = ma.fields.Enum(ContributionStatus, by_value=True, attribute="contribution.status", required=True)


class SpanView(View):
    """A span; what its owners and staff alone may know is null for others."""

    code = ma.fields.String(attribute="span.code", required=True)
    a = ma.fields.String(attribute="span.a.code", required=True, metadata={"description": "Code of a site."})
    z = ma.fields.String(attribute="span.z.code", required=True, metadata={"description": "Code of a site."})
    length_m = ma.fields.Float(attribute="span.length_m", required=True)
    length_basis = ma.fields.Enum(LengthBasis, by_value=True, attribute="span.length_basis", required=True)
    fibre_owner = ma.fields.String(attribute="span.fibre_owner.slug", required=True)
    duct_owner = ma.fields.Function(
        lambda facts: (facts.span.duct_owner or facts.span.fibre_owner).slug, metadata={"type": "string"}
    )
    fibres = ma.fields.Integer(attribute="span.fibres", required=True, metadata={"description": "Strands."})
    offered_pairs = ma.fields.Integer(required=True)
    free_pairs = ma.fields.Integer(required=True, metadata={"description": "Offered and held by no lease today."})
    reserved_pairs = ma.fields.Integer(attribute="use.reserved", dump_default=None, allow_none=True)
    dark_pairs = ma.fields.Integer(attribute="use.dark", dump_default=None, allow_none=True)
    broken_pairs = ma.fields.Integer(attribute="use.broken", dump_default=None, allow_none=True)
    leased_pairs = ma.fields.Integer(attribute="use.leased", dump_default=None, allow_none=True)
    risks = ma.fields.Function(
        lambda facts: [risk.code for risk in facts.span.risks],
        metadata={"type": "array", "items": {"type": "string"}, "description": "Codes of its risk groups."},
    )
    status = ma.fields.Enum(ContributionStatus, by_value=True, required=True)
    geometry = ma.fields.Function(
        lambda facts: _line(positions_of(facts.span)),
        metadata={"type": "object", "description": "GeoJSON LineString in WGS84, from a to z."},
    )


class ContributionView(View):
    """A contribution; `sites` and `spans` are the codes of what it brought."""

    reference = ma.fields.String(required=True)
    member = ma.fields.Function(
        lambda contribution: contribution.member and contribution.member.slug, metadata={"type": ["string", "null"]}
    )
    status = ma.fields.Enum(ContributionStatus, by_value=True, required=True)
    note = ma.fields.String(allow_none=True)
    proposed_at = ma.fields.AwareDateTime(required=True)
    decided_at = ma.fields.AwareDateTime(allow_none=True)
    decision_note = ma.fields.String(allow_none=True, metadata={"description": "Why it was refused."})
    sites = ma.fields.List(ma.fields.String(), attribute="site_codes", required=True)
    spans = ma.fields.List(ma.fields.String(), attribute="span_codes", required=True)


class DraftView(View):
    """A span that would be added."""

    code = ma.fields.String(required=True)
    length_m = ma.fields.Float(required=True)
    length_basis = ma.fields.Enum(LengthBasis, by_value=True, required=True)


class ProposalView(View):
    """What came of a proposal: the contribution, or, of a dry run, what it would add."""

    dry_run = ma.fields.Boolean(required=True)
    contribution = ma.fields.Nested(ContributionView, allow_none=True)
    sites = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "Codes."})
    spans = ma.fields.List(ma.fields.Nested(DraftView), required=True)


class ProposalQuery(Request):
    """How to take a proposal."""

    dry_run = ma.fields.Boolean(load_default=False, metadata={"description": "Check it and save nothing."})


def _described(columns: Sequence[str]) -> dict[str, Any]:
    """Return the schema of an object whose fields are a table's columns; `assets.checks` judges what they hold."""
    cell = {"type": ["string", "number", "array", "object", "null"]}
    return {"type": "object", "properties": dict.fromkeys(columns, cell)}


class ProposalRequest(Request):
    """Plant to be registered: objects whose fields are named like the columns of sites.csv and spans.csv."""

    note = ma.fields.String(allow_none=True, validate=Length(max=2000, error="A note has at most 2,000 characters."))
    sites = ma.fields.List(
        ma.fields.Dict(keys=ma.fields.String()),
        load_default=list,
        metadata={"items": _described(SITE_COLUMNS.required + SITE_COLUMNS.optional)},
    )
    spans = ma.fields.List(
        ma.fields.Dict(keys=ma.fields.String()),
        load_default=list,
        metadata={"items": _described(UPLOAD_SPAN_COLUMNS.required + UPLOAD_SPAN_COLUMNS.optional)},
    )

    @ma.post_load
    def _as_submission(self, given: dict[str, Any], **_rest: Any) -> tuple[Submission, str | None]:
        return read_objects(given["sites"], given["spans"]), given.get("note")


class RefusalRequest(Request):
    """Why plant is refused."""

    reason = ma.fields.String(
        load_default="", metadata={"label": "The reason", "remedy": "Say why, in words that help the contributor."}
    )


def positions_of(span: Span) -> list[Position]:
    """Return a span's line, a straight one where only its ends are known; the ends must be loaded."""
    if span.geometry is not None:
        return line_of(span.geometry)
    return [(span.a.longitude, span.a.latitude), (span.z.longitude, span.z.latitude)]


def plant_collection(plant: PlantOnMap, address_of: AddressOf) -> dict[str, Any]:
    """Return plant as the map draws it: a GeoJSON feature collection of sites, then spans."""
    features = [_site_feature(site, address_of) for site in plant.sites]
    features += [_span_feature(facts, address_of) for facts in plant.spans]
    return {"type": "FeatureCollection", "features": features}


def draft_collection(checked: Checked) -> dict[str, Any]:
    """Return what a submission would add as the map draws it, with the standing sites where its spans end."""
    drafts = checked.drafts
    features = [_place(site.position, site.code, site.name, site.kind.value, "proposed") for site in drafts.sites]
    features += [
        _place((site.longitude, site.latitude), site.code, site.name, site.kind.value, "live") for site in checked.ends
    ]
    places = {given["properties"]["code"].casefold(): given["geometry"]["coordinates"] for given in features}
    for span in drafts.spans:
        line = span.geometry or (places[span.a.casefold()], places[span.z.casefold()])
        features.append(feature("LineString", _rounded(line), _draft_facts(span)))
    return {"type": "FeatureCollection", "features": features}


def _draft_facts(span: SpanDraft) -> dict[str, Any]:
    return {
        "type": "span",
        "code": span.code,
        "a": span.a,
        "z": span.z,
        "length_m": float(span.length_m),
        "length_basis": span.length_basis.value,
        "fibre_owner": span.fibre_owner,
        "duct_owner": span.duct_owner or span.fibre_owner,
        "offered_pairs": span.offered_pairs,
        "free_pairs": None,
        "risks": list(span.risks),
        "status": "proposed",
    }


def _site_feature(site: Site, address_of: AddressOf) -> dict[str, Any]:
    status = site.contribution.status.value
    place = _place((site.longitude, site.latitude), site.code, site.name, site.kind.value, status)
    place["properties"] |= {"owner": site.owner.name if site.owner else "", "url": address_of("site", site.code)}
    return place


def _place(position: Position, code: str, name: str, kind: str, status: str) -> dict[str, Any]:
    facts = {"type": "site", "code": code, "name": name, "kind": kind, "status": status, "owner": ""}
    return feature("Point", _rounded([position])[0], facts)


def _span_feature(facts: SpanFacts, address_of: AddressOf) -> dict[str, Any]:
    span = facts.span
    properties = {
        "type": "span",
        "code": span.code,
        "a": span.a.code,
        "z": span.z.code,
        "length_m": float(span.length_m),
        "length_basis": span.length_basis.value,
        "fibre_owner": span.fibre_owner.name,
        "duct_owner": (span.duct_owner or span.fibre_owner).name,
        "offered_pairs": facts.offered_pairs,
        "free_pairs": facts.free_pairs,
        "risks": [risk.name for risk in span.risks],
        "risk_codes": [risk.code for risk in span.risks],
        "status": facts.status.value,
        "url": address_of("span", span.code),
    }
    return feature("LineString", _rounded(positions_of(span)), properties)


def _line(positions: Sequence[Position]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": _rounded(positions)}


def _rounded(positions: Sequence[Position]) -> list[Position]:
    return [(round(longitude, DECIMALS), round(latitude, DECIMALS)) for longitude, latitude in positions]
