"""Searching routes: what comes in, the answer with its offer as it goes out, and routes as maps draw them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import marshmallow as ma

from cni.assets.drawing import DrawnSpan
from cni.formats.kmz import NamedLine, as_kmz
from cni.leases.loss import Reach
from cni.leases.offers import APART
from cni.leases.searches import RouteSearch
from cni.operations.ordering import Confirmed
from cni.operations.searching import MOST_ALTERNATIVES, RouteFinding
from cni.schemas.reading import Request, View
from cni.topology.answers import BlockerKind, Outcome, answer_as_json
from cni.topology.questions import Diversity

DIVERSITY_WORDS = {"none": None} | {str(diversity): diversity for diversity in Diversity}
"""Every grade of diversity that can be asked for, by its word."""


def _site(label: str) -> ma.fields.String:
    metadata = {"label": label, "remedy": "Choose a site.", "description": "Code of a site."}
    return ma.fields.String(required=True, metadata=metadata)


def _things(description: str) -> ma.fields.List:
    return ma.fields.List(ma.fields.String(), load_default=list, metadata={"description": description})


class SearchedRequest(Request):
    """Which routes are sought.

    Only form is judged here; what is too much or too little, the search itself says, all of it at once.
    """

    class Meta(Request.Meta):
        """`from` is no name that Python would let a field have."""

        include: ClassVar = {"from": _site("The site to begin at"), "to": _site("The site to end at")}

    diverse = ma.fields.String(
        load_default="none",
        validate=ma.validate.OneOf(DIVERSITY_WORDS, error="That is not a kind of diversity."),
        metadata={
            "description": "none: one route; span, site, risk: two that share no span, nor any site between the ends, "
            "nor any risk group.",
            "remedy": "Ask for none, span, site or risk.",
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
    separation_m = ma.fields.Float(
        load_default=None,
        allow_none=True,
        metadata={
            "label": "The separation",
            "remedy": "Give metres, or leave it empty.",
            "description": "Metres that two routes keep apart, away from their ends.",
        },
    )
    avoid = _things("What no route may use: site:CODE, span:CODE, risk:CODE, or owner:SLUG (of fibre or duct).")
    must_use = _things("What some route has to use, written likewise.")
    exempt = _things("Codes of risk groups that both routes may share all the same.")


class RouteSearchRequest(SearchedRequest):
    """Which routes are sought; loads to a `RouteSearch`."""

    @ma.post_load
    def _search(self, given: dict[str, Any], **_rest: Any) -> RouteSearch:
        return _search_of(given)


class QuoteRequest(SearchedRequest):
    """Of which routes a quote is to be made; loads to a `RouteSearch` and what is `Confirmed`."""

    offer = ma.fields.String(
        load_default=None,
        metadata={
            "description": "`offer_digest` of the routes that were shown: the quote is of those, or none is made."
        },
    )
    accepts_shared = ma.fields.Boolean(
        load_default=False,
        metadata={"description": "Of routes that are partly diverse: they may share what they are said to share."},
    )

    @ma.post_load
    def _quote(self, given: dict[str, Any], **_rest: Any) -> tuple[RouteSearch, Confirmed]:
        confirmed = Confirmed(given.pop("offer"), given.pop("accepts_shared"))
        return _search_of(given), confirmed


def _search_of(given: dict[str, Any]) -> RouteSearch:
    diverse = DIVERSITY_WORDS[given.pop("diverse")]
    things: dict[str, Any] = {name: tuple(given.pop(name)) for name in ("avoid", "must_use", "exempt")}
    return RouteSearch(given.pop("from"), given.pop("to"), diverse=diverse, **things, **given)


def search_as_words(search: RouteSearch) -> dict[str, Any]:
    """Return a search as it is given in an address or a form; what was not asked for is left out."""
    words = {
        "from": search.from_site,
        "to": search.to_site,
        "diverse": str(search.diverse or "none"),
        "pairs": search.pairs,
        "starts_on": search.starts_on.isoformat(),
        "term_months": search.term_months,
        "separation_m": search.separation_m and f"{search.separation_m:g}",
        "avoid": list(search.avoid),
        "must_use": list(search.must_use),
        "exempt": list(search.exempt),
    }
    return {name: word for name, word in words.items() if word not in (None, [])}


class AlternativesQuery(Request):
    """Whether to look for more routes to compare with."""

    alternatives = ma.fields.Integer(
        load_default=0,
        validate=ma.validate.Range(
            0, MOST_ALTERNATIVES - 1, error=f"Other routes can be looked for: {MOST_ALTERNATIVES - 1} at most."
        ),
        metadata={
            "remedy": f"Ask for 0 to {MOST_ALTERNATIVES - 1}.",
            "description": "How many other routes to look for at most, each the answer to a similar search.",
        },
    )


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


class PassageView(View):
    """What the light of a route goes through."""

    length_m = ma.fields.Float(required=True)
    splices = ma.fields.Integer(required=True, metadata={"description": "One at each site between its ends."})
    connectors = ma.fields.Integer(required=True, metadata={"description": "One at each end."})


class LossLineView(View):
    """One line of a loss."""

    what = ma.fields.String(required=True, metadata={"enum": ["fibre", "splices", "connectors"]})
    quantity = ma.fields.Float(required=True, metadata={"description": "Kilometres of fibre, or how many there are."})
    each_db = ma.fields.Float(required=True)
    loss_db = ma.fields.Float(required=True, metadata={"description": "Half-up to hundredths."})


class LossView(View):
    """What is lost at a wavelength, line by line."""

    wavelength_nm = ma.fields.Integer(required=True)
    lines = ma.fields.List(ma.fields.Nested(LossLineView), required=True)
    total_db = ma.fields.Float(required=True)


class OpticReachView(View):
    """Whether a kind of transceiver reaches over a route."""

    name = ma.fields.String(attribute="optic.name", required=True)
    wavelength_nm = ma.fields.Integer(attribute="optic.wavelength_nm", required=True)
    budget_db = ma.fields.Float(
        attribute="optic.budget_db", required=True, metadata={"description": "The most loss that it is made for."}
    )
    reach_m = ma.fields.Integer(
        attribute="optic.reach_m", required=True, metadata={"description": "As far as its standard vouches for it."}
    )
    source = ma.fields.String(attribute="optic.source", required=True)
    reach = ma.fields.Enum(
        Reach,
        by_value=True,
        required=True,
        metadata={"description": "as_expected: not if the fibre loses all that the limit allows."},
    )
    limit_spare_db = ma.fields.Float(required=True, metadata={"description": "Less than 0: too much loss."})
    expected_spare_db = ma.fields.Float(required=True, metadata={"description": "Less than 0: too much loss."})
    beyond_m = ma.fields.Integer(required=True, metadata={"description": "How much too long the route is."})


class LossBudgetView(View):
    """What a route loses, in dB: expected of fibre in good order, and the limit that it meets when it is accepted."""

    passage = ma.fields.Nested(PassageView, required=True)
    expected = ma.fields.List(ma.fields.Nested(LossView), required=True)
    limit = ma.fields.List(ma.fields.Nested(LossView), required=True)
    optics = ma.fields.List(ma.fields.Nested(OpticReachView), required=True)


class OfferedRouteView(View):
    """A route that is offered."""

    metres = ma.fields.Integer(required=True)
    sites = ma.fields.List(ma.fields.Nested(OfferedSiteView), required=True)
    spans = ma.fields.List(ma.fields.Nested(OfferedSpanView), required=True)
    loss = ma.fields.Nested(
        LossBudgetView, allow_none=True, metadata={"description": "Null: quoted before losses were told."}
    )


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
    separation_m = ma.fields.Float(allow_none=True, metadata={"description": "Least metres between two routes."})
    separation_radius_m = ma.fields.Float(
        allow_none=True, metadata={"description": "So near to ends and shared sites it is not measured."}
    )
    lower_bound_m = ma.fields.Float(
        allow_none=True,
        metadata={"description": "Not null: the search was ended, and none are shorter than so many metres in all."},
    )
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

    kind = ma.fields.String(required=True, metadata={"enum": [str(kind) for kind in BlockerKind]})
    id = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    why = ma.fields.String(required=True)


class QuestionView(View):
    """What was asked, as `cni routes --json` gives it; what is left out or has to be used is written `KIND:ID`."""

    class Meta(View.Meta):
        """`from` is no name that Python would let a field have."""

        include: ClassVar = {"from": ma.fields.String(required=True)}

    to = ma.fields.String(required=True)
    diverse = ma.fields.String(required=True)
    routes = ma.fields.Integer(required=True)
    pairs = ma.fields.Integer(required=True)
    exempt = ma.fields.List(ma.fields.String(), required=True)
    without = ma.fields.List(ma.fields.String(), required=True)
    must_use = ma.fields.List(ma.fields.String(), required=True)
    separation_m = ma.fields.Float(allow_none=True)


class AlternativeView(View):
    """The answer to a search, as `cni routes --json` gives it, and the offer if there are routes."""

    question = ma.fields.Nested(QuestionView, required=True)
    outcome = ma.fields.String(
        required=True,
        metadata={
            "enum": [str(outcome) for outcome in Outcome],
            "description": "partly_diverse: less diverse than asked for; `shared` has what a quote must accept.",
        },
    )
    routes = ma.fields.List(ma.fields.Nested(FoundRouteView), required=True)
    total_length_m = ma.fields.Float(allow_none=True)
    lower_bound_m = ma.fields.Float(allow_none=True)
    proven_optimal = ma.fields.Boolean(required=True)
    shared = ma.fields.Nested(SharedView, required=True)
    separation_m = ma.fields.Float(allow_none=True)
    separation_radius_m = ma.fields.Float(allow_none=True)
    blocked_by = ma.fields.List(ma.fields.Nested(BlockerView), required=True)
    offer = ma.fields.Nested(OfferView, allow_none=True)
    offer_digest = ma.fields.String(allow_none=True, metadata={"description": "Sent back, it ties a quote to this."})


class RouteAnswerView(AlternativeView):
    """The answer to a search, and other routes to compare with it, if they were asked for."""

    alternatives = ma.fields.List(ma.fields.Nested(AlternativeView), required=True)


def findings_as_answer(first: RouteFinding, *others: RouteFinding) -> dict[str, Any]:
    """Return what `RouteAnswerView` shows of a finding and of those to compare with it."""
    return _as_answer(first) | {"alternatives": [_as_answer(other) for other in others]}


def _as_answer(finding: RouteFinding) -> dict[str, Any]:
    return answer_as_json(finding.answer) | {"offer": finding.offer, "offer_digest": finding.digest}


def routes_as_kmz(drawn: Iterable[DrawnSpan], name: str, mark: str) -> bytes:
    """Return the spans of routes as KMZ; `mark` says for whom and when it was made."""
    lines = [NamedLine(span.code, f"Route {span.route}. {mark}", span.line) for span in drawn]
    return as_kmz(name, mark, lines)


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
