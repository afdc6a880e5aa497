"""Places where owners' spans run side by side, as they come in and go out, and as maps mark them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import marshmallow as ma
from marshmallow.validate import Length

from cni.assets.hidden_risks import HiddenRisk, HiddenRiskStatus
from cni.operations.surveying import ALONG_M, WITHIN_M, Limits, NewRiskGroup
from cni.schemas.paging import PageQuery
from cni.schemas.reading import Request, View

MARK_WORDS = {"chosen": "Spans of different owners", "bridge": "Where they run side by side"}
"""The key of the map; frontend/src/map/marks.ts draws these kinds."""


class HiddenRiskQuery(PageQuery):
    """Which places to list."""

    decided = ma.fields.Boolean(
        load_default=False, metadata={"description": "Those that were accepted or dismissed, not those that wait."}
    )


class LimitsRequest(Request):
    """Which spans count as side by side; loads to `Limits`."""

    within_m = ma.fields.Float(
        load_default=WITHIN_M,
        metadata={"label": "The distance between spans", "description": "They are nearer to each other than this."},
    )
    along_m = ma.fields.Float(
        load_default=ALONG_M,
        metadata={"label": "The distance along spans", "description": "They are so near for more than this."},
    )

    @ma.post_load
    def _limits(self, given: dict[str, Any], **_rest: Any) -> Limits:
        return Limits(**given)


class RiskGroupRequest(Request):
    """The risk group that the spans of a place shall be; loads to `NewRiskGroup`."""

    code = ma.fields.String(load_default="", metadata={"description": "As in risks.csv, such as TR-CANAL-ST."})
    name = ma.fields.String(load_default="", validate=Length(max=200, error="A name has at most 200 characters."))
    kind = ma.fields.String(
        load_default="",
        metadata={"description": "trench, duct, chamber, bridge, building_entry, power_feed or flood_area."},
    )

    @ma.post_load
    def _group(self, given: dict[str, Any], **_rest: Any) -> NewRiskGroup:
        return NewRiskGroup(**given)


class DismissalRequest(Request):
    """Why spans side by side are no risk to name; loads to the reason."""

    reason = ma.fields.String(
        load_default="", validate=Length(max=2000, error="A reason has at most 2,000 characters.")
    )

    @ma.post_load
    def _reason(self, given: dict[str, Any], **_rest: Any) -> str:
        return str(given["reason"])


class HiddenRiskView(View):
    """Spans of different owners that run side by side, and what the network steward said to it."""

    reference = ma.fields.String(required=True)
    status = ma.fields.Enum(HiddenRiskStatus, by_value=True, required=True)
    spans = ma.fields.List(ma.fields.String(), attribute="span_codes", required=True)
    owners = ma.fields.Function(
        lambda risk: sorted({span.fibre_owner.slug for span in risk.spans}),
        metadata={"type": "array", "items": {"type": "string"}, "description": "Slugs of the fibre's owners."},
    )
    within_m = ma.fields.Float(required=True)
    metres = ma.fields.Float(required=True, metadata={"description": "They are within `within_m` for so long."})
    lines = ma.fields.Dict(required=True, metadata={"description": "Where: a GeoJSON MultiLineString in WGS84."})
    longitude = ma.fields.Float(required=True, metadata={"description": "Half-way along the longest line."})
    latitude = ma.fields.Float(required=True)
    found_at = ma.fields.AwareDateTime(required=True)
    decided_at = ma.fields.AwareDateTime(allow_none=True)
    reason = ma.fields.String(allow_none=True, metadata={"description": "Why it was dismissed."})
    risk_group = ma.fields.Function(
        lambda risk: risk.risk_group and risk.risk_group.code,
        metadata={"type": ["string", "null"], "description": "Code of the risk group that it became."},
    )


def place_marks(risks: Iterable[HiddenRisk], *, fit: bool) -> dict[str, Any]:
    """Return marks for a map: the spans of places, and where they run side by side; `fit`: begin near them."""
    risks = list(risks)
    return {
        "kinds": [{"kind": kind, "words": words} for kind, words in MARK_WORDS.items()],
        "spans": {code: ["chosen"] for risk in risks for code in risk.span_codes},
        "lines": [
            {"kind": "bridge", "words": f"{risk.reference}: {', '.join(risk.span_codes)}", "line": line}
            for risk in risks
            for line in risk.lines["coordinates"]
        ],
        "fit": fit,
    }
