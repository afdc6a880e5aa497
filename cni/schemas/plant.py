"""Sites, spans and contributions as they come in and go out, and as maps draw them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import marshmallow as ma
from marshmallow.validate import Length, Range

from cni.assets.disclosure import EXACT_DECIMALS, Reason, Sight, Tier
from cni.assets.drafts import SpanDraft
from cni.assets.exporting import feature
from cni.assets.importing import SITE_COLUMNS, UPLOAD_SPAN_COLUMNS, Submission, read_objects
from cni.assets.models import Site, Span
from cni.assets.words import ContributionStatus, FoiLabel, LengthBasis, PlantStatus, SiteKind
from cni.operations.browsing import PlantOnMap, SpanFacts, status_of
from cni.operations.registering import Checked
from cni.primitives.geo import Position
from cni.schemas.paging import PageQuery
from cni.schemas.reading import Request, View

KEEPERS = (Reason.OWNER, Reason.STAFF)
"""Who reads a freedom-of-information label: those who see the asset exactly for one of these reasons."""

AddressOf = Callable[[str, str], str]
"""The address of the page of a site or span: its kind ("site", "span") and its code."""


STATUS = {"type": "string", "enum": [status.value for status in PlantStatus]}
RETIRED = {"description": "The first day on which it has left the plant; null: it is there."}


class SpanQuery(PageQuery):
    """Which spans to list."""

    owner = ma.fields.String(validate=Length(max=200), metadata={"description": "Slug of the fibre's owner."})
    free_pairs = ma.fields.Integer(
        validate=Range(0, 10_000, error="Ask for 0 to 10,000 free pairs."),
        metadata={"label": "The number of free pairs", "description": "At least so many pairs are free today."},
    )


def _tier_field() -> ma.fields.Enum:
    return ma.fields.Enum(
        Tier,
        by_value=True,
        required=True,
        metadata={"description": "How finely it is shown to you: public 0.01°, members 0.001°, party exactly."},
    )


@dataclass(frozen=True, slots=True)
class ShownSite:
    """A site as somebody sees it; the label is for its keepers."""

    site: Site
    longitude: float
    latitude: float
    tier: Tier
    foi_label: FoiLabel | None
    foi_reason: str | None


@dataclass(frozen=True, slots=True)
class ShownSpan:
    """A span as somebody sees it; the label is for its keepers."""

    facts: SpanFacts
    geometry: dict[str, Any]
    tier: Tier
    foi_label: FoiLabel | None
    foi_reason: str | None


def shown_site(site: Site, sight: Sight) -> ShownSite:
    """Return a site as it is seen."""
    longitude, latitude = _rounded([sight.position(site)])[0]
    return ShownSite(site, longitude, latitude, sight.tier_of_site(site), **label_of(site, sight.why_site(site)))


def shown_span(facts: SpanFacts, sight: Sight) -> ShownSpan:
    """Return a span as it is seen."""
    span = facts.span
    line = {"type": "LineString", "coordinates": _rounded(sight.line(span))}
    return ShownSpan(facts, line, sight.tier_of_span(span), **label_of(span, sight.why_span(span)))


def label_of(asset: Site | Span, why: Reason | None) -> dict[str, Any]:
    """Return the freedom-of-information label of an asset and its reason, for whoever keeps it."""
    is_kept = why in KEEPERS
    return {
        "foi_label": asset.foi_label if is_kept else None,
        "foi_reason": asset.foi_reason if is_kept else None,
    }


class SiteView(View):
    """A site; its label is null for all but its owner and the co-op's staff."""

    code = ma.fields.String(attribute="site.code", required=True)
    name = ma.fields.String(attribute="site.name", required=True)
    kind = ma.fields.Enum(SiteKind, by_value=True, attribute="site.kind", required=True)
    latitude = ma.fields.Float(required=True, metadata={"description": "WGS84 degrees, at the tier."})
    longitude = ma.fields.Float(required=True, metadata={"description": "WGS84 degrees, at the tier."})
    tier = _tier_field()
    owner = ma.fields.Function(
        lambda shown: shown.site.owner and shown.site.owner.slug, metadata={"type": ["string", "null"]}
    )
    status = ma.fields.Function(lambda shown: status_of(shown.site).value, metadata=STATUS)
    retired_on = ma.fields.Date(attribute="site.retired_on", allow_none=True, metadata=RETIRED)
    foi_label = ma.fields.Enum(FoiLabel, by_value=True, allow_none=True)
    foi_reason = ma.fields.String(allow_none=True)


class SpanView(View):
    """A span; what its owners and staff alone may know is null for others."""

    code = ma.fields.String(attribute="facts.span.code", required=True)
    a = ma.fields.String(attribute="facts.span.a.code", required=True, metadata={"description": "Code of a site."})
    z = ma.fields.String(attribute="facts.span.z.code", required=True, metadata={"description": "Code of a site."})
    length_m = ma.fields.Float(attribute="facts.span.length_m", required=True)
    length_basis = ma.fields.Enum(LengthBasis, by_value=True, attribute="facts.span.length_basis", required=True)
    fibre_owner = ma.fields.String(attribute="facts.span.fibre_owner.slug", required=True)
    duct_owner = ma.fields.Function(
        lambda shown: (shown.facts.span.duct_owner or shown.facts.span.fibre_owner).slug, metadata={"type": "string"}
    )
    fibres = ma.fields.Integer(attribute="facts.span.fibres", required=True, metadata={"description": "Strands."})
    offered_pairs = ma.fields.Integer(attribute="facts.offered_pairs", required=True)
    free_pairs = ma.fields.Integer(
        attribute="facts.free_pairs", required=True, metadata={"description": "Offered and held by no lease today."}
    )
    reserved_pairs = ma.fields.Integer(attribute="facts.use.reserved", dump_default=None, allow_none=True)
    dark_pairs = ma.fields.Integer(attribute="facts.use.dark", dump_default=None, allow_none=True)
    broken_pairs = ma.fields.Integer(attribute="facts.use.broken", dump_default=None, allow_none=True)
    leased_pairs = ma.fields.Integer(attribute="facts.use.leased", dump_default=None, allow_none=True)
    risks = ma.fields.Function(
        lambda shown: [risk.code for risk in shown.facts.span.risks],
        metadata={"type": "array", "items": {"type": "string"}, "description": "Codes of its risk groups."},
    )
    status = ma.fields.Enum(PlantStatus, by_value=True, attribute="facts.status", required=True)
    retired_on = ma.fields.Date(attribute="facts.span.retired_on", allow_none=True, metadata=RETIRED)
    notice_until = ma.fields.Date(
        attribute="facts.notice_until",
        allow_none=True,
        metadata={"description": "The last day of its owner's notice of withdrawal; null: no notice runs."},
    )
    replaced_by = ma.fields.List(
        ma.fields.String(),
        attribute="facts.replaced_by",
        metadata={"description": "Codes of the spans that took its place when it was split or merged."},
    )
    tier = _tier_field()
    geometry = ma.fields.Dict(
        required=True, metadata={"description": "GeoJSON LineString in WGS84, from a to z, at the tier."}
    )
    foi_label = ma.fields.Enum(FoiLabel, by_value=True, allow_none=True)
    foi_reason = ma.fields.String(allow_none=True)


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


def plant_collection(plant: PlantOnMap, sight: Sight, address_of: AddressOf) -> dict[str, Any]:
    """Return plant as the map draws it: a GeoJSON feature collection of sites, then spans, as they are seen."""
    features = [_site_feature(site, sight, address_of) for site in plant.sites]
    features += [_span_feature(facts, sight, address_of) for facts in plant.spans]
    return {"type": "FeatureCollection", "features": features}


def draft_collection(checked: Checked) -> dict[str, Any]:
    """Return what a submission would add as the map draws it, with the standing sites where its spans end."""
    drafts = checked.drafts
    features = [_place(site.position, site.code, site.name, site.kind.value, "proposed") for site in drafts.sites]
    features += [
        _place(checked.sight.position(site), site.code, site.name, site.kind.value, "live") for site in checked.ends
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


def _site_feature(site: Site, sight: Sight, address_of: AddressOf) -> dict[str, Any]:
    status = status_of(site).value
    place = _place(sight.position(site), site.code, site.name, site.kind.value, status)
    place["properties"] |= {
        "owner": site.owner.name if site.owner else "",
        "tier": sight.tier_of_site(site).value,
        "url": address_of("site", site.code),
    }
    return place


def _place(position: Position, code: str, name: str, kind: str, status: str) -> dict[str, Any]:
    facts = {"type": "site", "code": code, "name": name, "kind": kind, "status": status, "owner": ""}
    return feature("Point", _rounded([position])[0], facts)


def _span_feature(facts: SpanFacts, sight: Sight, address_of: AddressOf) -> dict[str, Any]:
    span = facts.span
    properties = {
        "type": "span",
        "code": span.code,
        "a": span.a.code,
        "z": span.z.code,
        "length_m": sight.length_m(span),
        "length_basis": span.length_basis.value,
        "fibre_owner": span.fibre_owner.name,
        "duct_owner": (span.duct_owner or span.fibre_owner).name,
        "offered_pairs": facts.offered_pairs,
        "free_pairs": facts.free_pairs,
        "risks": [risk.name for risk in span.risks],
        "risk_codes": [risk.code for risk in span.risks],
        "status": facts.status.value,
        "tier": sight.tier_of_span(span).value,
        "url": address_of("span", span.code),
    }
    return feature("LineString", _rounded(sight.line(span)), properties)


def _rounded(positions: Sequence[Position]) -> list[Position]:
    return [(round(longitude, EXACT_DECIMALS), round(latitude, EXACT_DECIMALS)) for longitude, latitude in positions]
