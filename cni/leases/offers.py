"""An offer: routes with what they cost, line by line, and what they have in common. Pure.

`make_offer` takes no member, so that two members who ask the same are offered the same. A quote keeps an offer as JSON,
and gives it back unchanged: `as_snapshot` and `from_snapshot` are each other's inverse.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from cni.leases.loss import LossBudget, Passage, budget_from_json, loss_budget
from cni.leases.pricing import ENDS_PER_ROUTE, PriceWorking, TariffPrices, annual_price, billed_metres, one_off_charges
from cni.topology.answers import Answer, Route
from cni.topology.network import Network

APART = ("none", "span", "site", "risk")
"""How far apart the routes of an offer really are: only one, or two that share a span; two with no shared span; nor any
shared site between the ends; nor any risk group, of those that the plant knows."""

DIGEST_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class OfferedSpan:
    """A span in the direction in which its route crosses it; `metres` are those that it is priced at."""

    code: str
    a: str
    z: str
    metres: int


@dataclass(frozen=True, slots=True)
class OfferedSite:
    """A site that a route visits."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class OfferedRoute:
    """A route: its sites in order, both ends included, the spans between them, and the loss of its whole length.

    `loss` None: it was quoted before losses were told.
    """

    sites: tuple[OfferedSite, ...]
    spans: tuple[OfferedSpan, ...]
    loss: LossBudget | None = None

    @property
    def metres(self) -> int:
        """The metres that the route is priced at."""
        return sum(span.metres for span in self.spans)

    @property
    def splice_count(self) -> int:
        """How many sites lie between its ends, at each of which the fibre is spliced."""
        return len(self.sites) - ENDS_PER_ROUTE


@dataclass(frozen=True, slots=True)
class SharedElement:
    """What both routes depend on: a span, a site, or a risk group by its kind ("chamber", "bridge" …)."""

    kind: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class OneOffCharge:
    """What is charged once, when billing starts: how many of a tariff line, at how many pence each."""

    code: str
    quantity: int
    unit_pence: int
    amount_pence: int


@dataclass(frozen=True, slots=True)
class TariffName:
    """The tariff version that an offer is priced by."""

    name: str
    effective_from: date
    resolution: str


@dataclass(frozen=True, slots=True)
class Offer:
    """Routes and their price. `apart` is one of `APART`; `working` is the annual price with its working.

    `separation_m` is the least distance in metres between two routes, more than `separation_radius_m` from their ends
    and from the sites that both pass; None where it is not known. `lower_bound_m`: the search was ended by its time
    limit, and no routes as diverse are shorter than so many metres in all; None: none are shorter than these.
    """

    apart: str
    routes: tuple[OfferedRoute, ...]
    shared: tuple[SharedElement, ...]
    working: PriceWorking
    one_off: tuple[OneOffCharge, ...]
    tariff: TariffName
    separation_m: float | None = None
    separation_radius_m: float | None = None
    lower_bound_m: float | None = None

    @property
    def annual_pence(self) -> int:
        """The price of a year, in pence, without VAT."""
        return self.working.annual_pence

    @property
    def one_off_pence(self) -> int:
        """What is charged once, in pence, without VAT."""
        return sum(charge.amount_pence for charge in self.one_off)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a price depends on apart from the metres."""

    pairs: int
    term_months: int
    prices: TariffPrices


def make_offer(network: Network, answer: Answer, terms: Terms, risk_kinds: Mapping[str, str]) -> Offer:
    """Return what is offered for routes that were found; `risk_kinds` says what each shared risk group is.

    Raises:
        Invalid: the term is not on offer, fewer than one pair is asked for, or a tariff line is missing.
    Source: rules to the penny, rules 5, 6 and 11.
    """
    routes = tuple(_offered(network, route) for route in answer.routes)
    metres = sum(route.metres for route in routes)
    prices = terms.prices
    return Offer(
        apart=_how_far_apart(answer),
        routes=routes,
        shared=tuple(_shared(network, answer, risk_kinds)),
        working=annual_price(metres, terms.pairs, terms.term_months, prices),
        one_off=tuple(_one_off(routes, prices)),
        tariff=TariffName(prices.name, prices.effective_from, prices.resolution),
        separation_m=answer.separation_m,
        separation_radius_m=answer.separation_radius_m,
        lower_bound_m=None if answer.proven_optimal else answer.lower_bound_m,
    )


def as_snapshot(offer: Offer) -> dict[str, Any]:
    """Return an offer as JSON values; decimals and dates are text."""
    kept: dict[str, Any] = json.loads(_as_json(offer))
    return kept


def from_snapshot(kept: Mapping[str, Any]) -> Offer:
    """Return the offer that was kept as these JSON values."""
    working, tariff = kept["working"], kept["tariff"]
    return Offer(
        apart=kept["apart"],
        routes=tuple(
            OfferedRoute(
                sites=tuple(OfferedSite(**site) for site in route["sites"]),
                spans=tuple(OfferedSpan(**span) for span in route["spans"]),
                loss=budget_from_json(route["loss"]) if route.get("loss") else None,
            )
            for route in kept["routes"]
        ),
        shared=tuple(SharedElement(**element) for element in kept["shared"]),
        working=PriceWorking(**(working | {"term_percent": Decimal(working["term_percent"])})),
        one_off=tuple(OneOffCharge(**charge) for charge in kept["one_off"]),
        tariff=TariffName(**(tariff | {"effective_from": date.fromisoformat(tariff["effective_from"])})),
        separation_m=kept.get("separation_m"),  # quotes made before it was measured have none
        separation_radius_m=kept.get("separation_radius_m"),
        lower_bound_m=kept.get("lower_bound_m"),
    )


def digest_of(offer: Offer) -> str:
    """Return a short text that is the same for the same routes, price, terms, shared things and losses, and no others.

    How far a search came in its time is no part of it: the same routes found once more are the same offer.
    """
    shown = _as_json(replace(offer, lower_bound_m=None))
    return sha256(shown.encode()).hexdigest()[:DIGEST_CHARACTERS]


def _as_json(offer: Offer) -> str:
    return json.dumps(asdict(offer), sort_keys=True, default=_as_text)


def _as_text(value: object) -> str:
    if isinstance(value, Decimal | date):
        return str(value)
    raise TypeError(f"an offer has no {type(value).__name__}")


def _how_far_apart(answer: Answer) -> str:
    """Return how far apart the routes really are, whatever was asked for."""
    shared = answer.shared
    if len(answer.routes) == 1 or shared.spans:
        return "none"
    if shared.sites:
        return "span"
    return "site" if shared.risks else "risk"


def _offered(network: Network, route: Route) -> OfferedRoute:
    sites = tuple(OfferedSite(code, network.site_name(code)) for code in route.sites)
    spans = [
        OfferedSpan(code, a, z, billed_metres(Decimal(str(network.spans[code].length_m))))
        for code, a, z in zip(route.spans, route.sites, route.sites[1:], strict=False)
    ]
    length_m = sum((Decimal(str(network.spans[code].length_m)) for code in route.spans), Decimal(0))
    return OfferedRoute(sites, tuple(spans), loss_budget(Passage(length_m, splices=len(sites) - ENDS_PER_ROUTE)))


def _shared(network: Network, answer: Answer, risk_kinds: Mapping[str, str]) -> Iterator[SharedElement]:
    for code in answer.shared.spans:
        yield SharedElement("span", code, network.span_name(code))
    for code in answer.shared.risks:
        yield SharedElement(str(risk_kinds.get(code, "risk")), code, network.risk_name(code))
    for code in answer.shared.sites:
        yield SharedElement("site", code, network.site_name(code))


def _one_off(routes: tuple[OfferedRoute, ...], prices: TariffPrices) -> Iterator[OneOffCharge]:
    splices = sum(route.splice_count for route in routes)
    quantities = {"connection": ENDS_PER_ROUTE * len(routes), "splice": splices}
    for code, amount_pence in one_off_charges(len(routes), splices, prices).items():
        if quantities[code]:
            yield OneOffCharge(code, quantities[code], prices.pence_for(code), amount_pence)
