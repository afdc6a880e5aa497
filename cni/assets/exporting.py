"""Plant given out as files that `importing` reads back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cni.assets.drafts import PlantDrafts, SiteDraft, SpanDraft
from cni.primitives.geo import Position


def as_geojson(plant: PlantDrafts) -> dict[str, Any]:
    """Return sites and spans as a GeoJSON feature collection that can be uploaded again.

    Source: RFC 7946, The GeoJSON Format.
    """
    features = [_site_feature(site) for site in plant.sites] + [_span_feature(span) for span in plant.spans]
    return {"type": "FeatureCollection", "features": features}


def feature(kind: str, coordinates: Position | Sequence[Position] | None, properties: dict[str, Any]) -> dict[str, Any]:
    """Return a GeoJSON feature: `kind` is Point or LineString; no coordinates, no geometry."""
    geometry = None if coordinates is None else {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _site_feature(site: SiteDraft) -> dict[str, Any]:
    properties = {"id": site.code, "name": site.name, "kind": site.kind.value, "owner": site.owner}
    return feature("Point", site.position, properties)


def _span_feature(span: SpanDraft) -> dict[str, Any]:
    properties = {
        "id": span.code,
        "a": span.a,
        "z": span.z,
        "length_m": float(span.length_m),
        "length_basis": span.length_basis.value,
        "fibre_owner": span.fibre_owner,
        "duct_owner": span.duct_owner,
        "fibres": span.fibres,
        "reserved_pairs": span.reserved_pairs,
        "offered_pairs": span.offered_pairs,
        "risks": list(span.risks),
    }
    return feature("LineString", span.geometry, properties)
