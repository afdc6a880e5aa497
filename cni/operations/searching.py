"""Looking for routes: ask between two sites, see what there is with its price, and compare it with what else there is.

Nothing is kept, and the answer is the same whoever asks. To have it frozen as a quote is in `ordering`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import chain, islice

from sqlalchemy.orm import Session

from cni.assets.disclosure import Sight, Tier
from cni.assets.drawing import DrawnSpan, draw_routes
from cni.assets.snapshot import NamedThing, Plant, by_name, live_plant
from cni.leases import queries
from cni.leases.offers import Offer, Terms, digest_of, make_offer
from cni.leases.pricing import price_problems
from cni.leases.searches import RouteSearch, as_written, asked_otherwise, going_round, question_of, search_problems
from cni.leases.tariffs import prices_of, tariff_versions, version_in_force
from cni.members.policy import Actor, Permission, require
from cni.primitives.errors import Conflict, Problem, refuse_if_any
from cni.primitives.period import Period, add_months, in_words
from cni.topology.answers import Answer, BlockerKind, Outcome
from cni.topology.network import Network
from cni.topology.routes import answer_question

LATEST_START_MONTHS = 18
"""How far ahead a lease may start: fibre that is held so long earns nobody anything."""

MOST_ALTERNATIVES = 5
"""So many answers stand side by side, the one to what was asked included."""

MOST_TRIED = 12
"""So many more questions are asked for them at most."""

LISTED_SPANS = 500
"""With more spans than this a form does not list them to choose from; their codes can be typed."""


class NotAParty(Conflict):
    """The quote or lease is over, so that its routes are shown to the member as to all others."""

    code = "not_a_party"
    title = "Not a party any more"


@dataclass(frozen=True)
class RouteFinding:
    """What came of a search, its codes as the plant writes them: an answer, and an offer where it has routes."""

    search: RouteSearch
    plant: Plant
    answer: Answer
    tariff_id: int
    offer: Offer | None

    @cached_property
    def digest(self) -> str | None:
        """What tells this offer from any other: see `offers.digest_of`."""
        return None if self.offer is None else digest_of(self.offer)

    @property
    def is_partly_diverse(self) -> bool:
        """Whether the routes are less diverse than was asked for: a quote has to accept what they share."""
        return self.answer.outcome is Outcome.PARTLY_DIVERSE

    @property
    def is_quotable(self) -> bool:
        """Whether a quote can be made of it. A lease holds each span once: not of two routes that share a span."""
        return self.offer is not None and not self.answer.shared.spans

    @property
    def network(self) -> Network:
        """The network, for the names of what is in it."""
        return self.plant.network


@dataclass(frozen=True, slots=True)
class SearchChoices:
    """What a search can be filled in with, by name; `terms` are those on offer, in months.

    `spans` is empty where there are more than `LISTED_SPANS`.
    """

    sites: list[NamedThing]
    spans: list[NamedThing]
    risks: list[NamedThing]
    owners: list[NamedThing]
    terms: list[int]


def live_network(session: Session, actor: Actor, window: Period) -> Network:
    """Return the live plant with the pairs that are free on all days of `window`.

    Permission: routes:search.
    """
    require(actor, Permission.ROUTES_SEARCH)
    return queries.open_network(session, window)


def find_routes(session: Session, actor: Actor, search: RouteSearch, *, on: date) -> RouteFinding:
    """Return routes with their price, or what stands in their way: the same whoever asks.

    Permission: routes:search.
    Raises:
        Invalid: the search cannot be asked, with every problem.
    """
    require(actor, Permission.ROUTES_SEARCH)
    ground, search = _ground(session, search, on)
    return ground.finding(search)


def compare_routes(
    session: Session, actor: Actor, search: RouteSearch, *, on: date, count: int = MOST_ALTERNATIVES
) -> list[RouteFinding]:
    """Return what `find_routes` does, and after it what other routes there are, `count` in all at most, no two alike.

    Each of the others is the answer to a search of its own: as diverse as another grade asks, or round a span of those.

    Permission: routes:search.
    Raises:
        Invalid: the search cannot be asked, with every problem.
    """
    require(actor, Permission.ROUTES_SEARCH)
    ground, search = _ground(session, search, on)
    first = ground.finding(search)
    return [first, *islice(_unlike(first, ground), count - 1)]


def search_choices(session: Session, actor: Actor, *, on: date) -> SearchChoices:
    """Return what a search can be filled in with; no term is on offer while there is no tariff.

    Permission: routes:search.
    """
    require(actor, Permission.ROUTES_SEARCH)
    versions, plant = tariff_versions(session), live_plant(session)
    return SearchChoices(
        sites=plant.sites,
        spans=plant.spans if len(plant.owners) <= LISTED_SPANS else [],
        risks=plant.risks,
        owners=by_name(plant.owner_names),
        terms=sorted(prices_of(version_in_force(versions, on)).term_percent) if versions else [],
    )


def draw(session: Session, actor: Actor, routes: Sequence[Sequence[str]], sight: Sight) -> list[DrawnSpan]:
    """Return the spans of routes, given by their codes, as lines on a map, as they are seen.

    Permission: plant:read.
    """
    require(actor, Permission.PLANT_READ)
    return draw_routes(session, routes, sight)


def draw_exactly(session: Session, actor: Actor, routes: Sequence[Sequence[str]], sight: Sight) -> list[DrawnSpan]:
    """Return what `draw` does, for a party to all of these spans: to be taken along as a file.

    Permission: plant:read.
    Raises:
        NotAParty: some of it is not the actor's to see exactly.
    """
    require(actor, Permission.PLANT_READ)
    drawn = draw_routes(session, routes, sight)
    hidden = sorted({span.code for span in drawn if span.tier is not Tier.PARTY})
    if hidden:
        raise NotAParty(
            f"These spans are not yours to see exactly: {', '.join(hidden)}. An open quote, a lease that goes on and "
            "the plant of your own organisation are."
        )
    return drawn


@dataclass(frozen=True, slots=True)
class _Ground:
    """What searches for the same days are answered from: the plant, what is free of it, and the prices."""

    plant: Plant
    network: Network
    terms: Terms
    tariff_id: int

    def finding(self, search: RouteSearch) -> RouteFinding:
        answer = answer_question(self.network, question_of(self.plant, search))
        offer = make_offer(self.network, answer, self.terms, self.plant.risk_kinds) if answer.routes else None
        return RouteFinding(search, self.plant, _with_owners_named(answer, self.plant), self.tariff_id, offer)


def _ground(session: Session, search: RouteSearch, on: date) -> tuple[_Ground, RouteSearch]:
    """Return what to answer a search from, and the search with codes as they are written.

    Raises:
        Invalid: it cannot be asked.
    """
    version = version_in_force(tariff_versions(session), search.starts_on)
    prices = prices_of(version)
    plant = live_plant(session)
    search = as_written(plant, search)
    problems = [*_date_problems(search, on), *price_problems(search.pairs, search.term_months, prices)]
    said = {problem.place for problem in problems}  # too few pairs to price are also too few to seek: once will do
    refuse_if_any([*problems, *(each for each in search_problems(plant, search) if each.place not in said)])
    network = queries.free_in(session, plant, search.period)
    return _Ground(plant, network, Terms(search.pairs, search.term_months, prices), version.id), search


def _unlike(first: RouteFinding, ground: _Ground) -> Iterator[RouteFinding]:
    """Yield what other routes can be leased, each once. Where the first were hard to find, no more are looked for."""
    if not first.answer.routes or not first.answer.proven_optimal:
        return
    seen, searches = {_spans_of(first)}, chain(asked_otherwise(first.search), _round_each(first))
    for _ in range(MOST_TRIED):
        search = next(searches, None)
        if search is None:
            return
        finding = ground.finding(search)
        if _is_as_good(finding, first) and _spans_of(finding) not in seen:
            seen.add(_spans_of(finding))
            searches = chain(searches, _round_each(finding))
            yield finding


def _round_each(finding: RouteFinding) -> Iterator[RouteSearch]:
    """Yield the search round each of the spans that it found, the longest first: those are what a planner may doubt."""
    spans = [finding.network.spans[code] for route in finding.answer.routes for code in route.spans]
    return going_round(finding.search, [span.id for span in sorted(spans, key=lambda span: (-span.length_m, span.id))])


def _is_as_good(finding: RouteFinding, first: RouteFinding) -> bool:
    """Tell whether a planner might prefer it: it can be quoted, and falls no shorter of the same diversity."""
    falls_short = finding.is_partly_diverse and not first.is_partly_diverse
    return finding.is_quotable and not (falls_short and finding.search.diverse is first.search.diverse)


def _spans_of(finding: RouteFinding) -> frozenset[tuple[str, ...]]:
    return frozenset(route.spans for route in finding.answer.routes)


def _with_owners_named(answer: Answer, plant: Plant) -> Answer:
    """Return an answer whose blockers call owners by name: the graph engine knows their slugs only."""
    blockers = [
        replace(each, name=plant.owner_names[each.id], why=each.why.replace(each.id, plant.owner_names[each.id]))
        if each.kind is BlockerKind.OWNER
        else each
        for each in answer.blocked_by
    ]
    return replace(answer, blocked_by=tuple(blockers))


def _date_problems(search: RouteSearch, today: date) -> Iterator[Problem]:
    latest = add_months(today, LATEST_START_MONTHS)
    if search.starts_on < today:
        message = f"The first day, {in_words(search.starts_on)}, has passed."
        yield Problem("in_the_past", message, f"Give {in_words(today)} or a later day.", "starts_on")
    if search.starts_on > latest:
        message = f"The first day, {in_words(search.starts_on)}, is more than {LATEST_START_MONTHS} months ahead."
        yield Problem("too_far_ahead", message, f"Give {in_words(latest)} or an earlier day.", "starts_on")
