"""Searching routes: what comes in, the answer with its offer as it goes out, and routes as maps draw them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import marshmallow as ma

from cni.assets.drawing import DrawnSpan
from cni.leases.offers import APART
from cni.operations.ordering import RouteFinding, RouteSearch
from cni.schemas.reading import Request, View
from cni.topology.answers import answer_as_json
from cni.topology.questions import Diversity

DIVERSITY_WORDS = {"none": None, "span": Diversity.SPAN, "site": Diversity.SITE}


def _is_offered(word: str) -> None:
    if word == "risk":
        raise ma.ValidationError(
            "Routes that share no risk group are not offered yet; the answer names what is shared."
        )
    if word not in DIVERSITY_WORDS:
        raise ma.ValidationError("That is not a kind of diversity.")


def _site(label: str) -> ma.fields.String:
    metadata = {"label": label, "remedy": "Choose a site.", "description": "Code of a site."}
    return ma.fields.String(required=True, metadata=metadata)


class RouteSearchRequest(Request):
    """Which routes are sought; loads to a `RouteSearch`.

    Only form is judged here; what is too much or too little, the search itself says, all of it at once.
    """

    class Meta(Request.Meta):
        """`from` is no name that Python would let a field have."""

        include: ClassVar = {"from": _site("The site to begin at"), "to": _site("The site to end at")}

    diverse = ma.fields.String(
        load_default="none",
        validate=_is_offered,
        metadata={
            "description": "none: one route; span, site: two that share no span, nor any site.",
            "remedy": "Ask for none, span or site.",
            "enum": list(DIVERSITY_WORDS),
        },
    )
    pairs = ma.fields.Integer(
        load_default=1,
        metadata={"label": "The number of fibre pairs", "remedy": "Ask for one pair or more."},
    )
    starts_on = ma.fields.Date(
        required=True, metadata={"label": "The first day", "remedy": "Write it like 2026-11-30."}
    )
    term_months = ma.fields.Integer(
        required=True,
        metadata={"label": "The term", "remedy": "Choose one of the tariff's terms, in months."},
    )

    @ma.post_load
    def _search(self, given: dict[str, Any], **_rest: Any) -> RouteSearch:
        diverse = DIVERSITY_WORDS[given.pop("diverse")]
        return RouteSearch(given.pop("from"), given.pop("to"), diverse=diverse, **given)


class OfferedSiteView(View):
    """A site that a route visits."""

    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)


class OfferedSpanView(View):
    """A span in the direction in which its route crosses it."""

    code = ma.fields.String(required=True)
    a = ma.fields.String(required=True, metadata={"description": "Code of the site where the route enters it."})
    z = ma.fields.String(required=True, metadata={"description": "Code of the site where the route leaves it."})
    metres = ma.fields.Integer(required=True, metadata={"description": "Whole metres that it is priced at."})


class OfferedRouteView(View):
    """A route that is offered."""

    metres = ma.fields.Integer(required=True)
    sites = ma.fields.List(ma.fields.Nested(OfferedSiteView), required=True)
    spans = ma.fields.List(ma.fields.Nested(OfferedSpanView), required=True)


class SharedElementView(View):
    """What both routes depend on."""

    kind = ma.fields.String(required=True, metadata={"description": "site, or the kind of a risk group."})
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)


class PriceWorkingView(View):
    """The annual price, step by step: metres × pairs × rate × term %, half-up; at least the minimum."""

    metres = ma.fields.Integer(required=True)
    pairs = ma.fields.Integer(required=True)
    rate_pence = ma.fields.Integer(required=True, metadata={"description": "Per pair, metre and year."})
    term_months = ma.fields.Integer(required=True)
    term_percent = ma.fields.Decimal(as_string=True, required=True)
    computed_pence = ma.fields.Integer(required=True)
    minimum_pence = ma.fields.Integer(required=True)
    minimum_applies = ma.fields.Boolean(required=True)
    annual_pence = ma.fields.Integer(required=True)


class OneOffChargeView(View):
    """What is charged once, when billing starts."""

    code = ma.fields.String(required=True, metadata={"description": "Line of the tariff."})
    quantity = ma.fields.Integer(required=True)
    unit_pence = ma.fields.Integer(required=True)
    amount_pence = ma.fields.Integer(required=True)


class TariffNameView(View):
    """The tariff version that an offer is priced by."""

    name = ma.fields.String(required=True)
    effective_from = ma.fields.Date(required=True)
    resolution = ma.fields.String(required=True)


class OfferView(View):
    """Routes with their price, without VAT."""

    apart = ma.fields.String(required=True, metadata={"enum": list(APART), "description": "How far apart they are."})
    routes = ma.fields.List(ma.fields.Nested(OfferedRouteView), required=True)
    shared = ma.fields.List(ma.fields.Nested(SharedElementView), required=True)
    annual_pence = ma.fields.Integer(required=True)
    working = ma.fields.Nested(PriceWorkingView, required=True)
    one_off_pence = ma.fields.Integer(required=True)
    one_off = ma.fields.List(ma.fields.Nested(OneOffChargeView), required=True)
    tariff = ma.fields.Nested(TariffNameView, required=True)


class FoundRouteView(View):
    """A route, by ids."""

    spans = ma.fields.List(ma.fields.String(), required=True)
    sites = ma.fields.List(ma.fields.String(), required=True)
    length_m = ma.fields.Float(required=True)


class SharedView(View):
    """Ids of what the routes have in common."""

    spans = ma.fields.List(ma.fields.String(), required=True)
    sites = ma.fields.List(ma.fields.String(), required=True)
    risks = ma.fields.List(ma.fields.String(), required=True)


class BlockerView(View):
    """What stands in the way."""

    kind = ma.fields.String(required=True, metadata={"enum": ["span", "site", "risk", "capacity"]})
    id = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    why = ma.fields.String(required=True)


class RouteAnswerView(View):
    """The answer to a search, as `cni routes --json` gives it, and the offer if there are such routes."""

    outcome = ma.fields.String(required=True, metadata={"enum": ["found", "none"]})
    routes = ma.fields.List(ma.fields.Nested(FoundRouteView), required=True)
    total_length_m = ma.fields.Float(allow_none=True)
    lower_bound_m = ma.fields.Float(allow_none=True)
    proven_optimal = ma.fields.Boolean(required=True)
    shared = ma.fields.Nested(SharedView, required=True)
    separation_m = ma.fields.Float(allow_none=True)
    blocked_by = ma.fields.List(ma.fields.Nested(BlockerView), required=True)
    offer = ma.fields.Nested(OfferView, allow_none=True)


def finding_as_answer(finding: RouteFinding) -> dict[str, Any]:
    """Return what `RouteAnswerView` shows of a finding."""
    return answer_as_json(finding.answer) | {"offer": finding.offer}


def routes_collection(drawn: Iterable[DrawnSpan]) -> dict[str, Any]:
    """Return the spans of routes as GeoJSON (WGS84), each with its route's number and what it shares with another."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "LineString", "coordinates": [list(position) for position in span.line]},
                "properties": {"route": span.route, "span": span.code, "shared": list(span.shared)},
            }
            for span in drawn
        ],
    }
