"""From a question on the map to a requested lease: find routes, have a quote made, request the lease.

What becomes of a request is in `leasing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from cni.assets.drawing import DrawnSpan, draw_routes
from cni.assets.models import Site, Span
from cni.assets.snapshot import NamedThing, live_plant
from cni.db.paging import read_page
from cni.events.kinds import LeaseRequested, QuoteMade
from cni.events.record import record
from cni.leases import queries
from cni.leases.allocation import NewLease, RouteSpan, add_lease
from cni.leases.lifecycle import LeaseStatus
from cni.leases.models import Lease, QuoteRow
from cni.leases.offers import Offer, Terms, as_snapshot, make_offer
from cni.leases.pricing import price_problems
from cni.leases.tariffs import prices_of, tariff_versions, version_in_force
from cni.members.models import MemberRoleHeld
from cni.members.policy import Actor, MemberRole, Permission, require, require_found
from cni.primitives.errors import Conflict, Forbidden, Problem, refuse_if_any
from cni.primitives.ids import Chooser, new_reference
from cni.primitives.paging import FIRST_PAGE, Page, PageRequest
from cni.primitives.period import Period, add_months, in_words, london_date
from cni.topology.answers import Answer, Outcome
from cni.topology.network import Network
from cni.topology.questions import Diversity, Question, question_problems
from cni.topology.routes import answer_question

QUOTE_DAYS = 30
"""A quote can be requested until this many days after it was made, the last one included."""

LATEST_START_MONTHS = 18
"""How far ahead a lease may start: fibre that is held so long earns nobody anything."""


class NotAUser(Conflict):
    """The member does not lease in the co-op: it lacks the role `user` on the day."""

    code = "not_a_user"
    title = "Not a user of the co-operative"


class NoSuchRoutes(Conflict):
    """There are no such routes, so there is nothing to quote; the problems name what blocks them."""

    code = "no_routes"
    title = "No such routes"


class QuoteExpired(Conflict):
    """The quote, or its first day, has passed."""

    code = "quote_expired"
    title = "Quote expired"


class QuoteUsed(Conflict):
    """A lease was already requested from this quote."""

    code = "quote_used"
    title = "Already requested"


@dataclass(frozen=True, slots=True)
class RouteSearch:
    """What a planner asks: between which sites (codes), how diverse, how many pairs, from when and how long.

    `diverse` None: one route is enough.
    """

    from_site: str
    to_site: str
    starts_on: date
    term_months: int
    pairs: int = 1
    diverse: Diversity | None = None

    @property
    def period(self) -> Period:
        """The days for which the fibre is wanted."""
        return Period(self.starts_on, add_months(self.starts_on, self.term_months))

    @property
    def question(self) -> Question:
        """The same as the graph engine asks it."""
        count, diversity = (1, Diversity.SPAN) if self.diverse is None else (2, self.diverse)
        return Question(self.from_site, self.to_site, diversity, count, self.pairs)


@dataclass(frozen=True, slots=True)
class RouteFinding:
    """What came of a search: an offer, or an answer that names what blocks it."""

    search: RouteSearch
    network: Network
    answer: Answer
    tariff_id: int
    offer: Offer | None


@dataclass(frozen=True, slots=True)
class SearchChoices:
    """What a search can be filled in with: the sites, by name, and the terms on offer, in months."""

    sites: list[NamedThing]
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
    version = version_in_force(tariff_versions(session), search.starts_on)
    prices = prices_of(version)
    problems = [*_date_problems(search, on), *price_problems(search.pairs, search.term_months, prices)]
    plant = live_plant(session)
    network = queries.free_in(session, plant, _tomorrow(on) if problems else search.period)
    search = _with_codes_of(network, search)
    refuse_if_any(_one_each([*problems, *question_problems(network, search.question)]))
    answer = answer_question(network, search.question)
    offer = None
    if answer.outcome is Outcome.FOUND:
        terms = Terms(search.pairs, search.term_months, prices)
        offer = make_offer(network, answer, terms, plant.risk_kinds)
    return RouteFinding(search, network, answer, version.id, offer)


def make_quote(session: Session, actor: Actor, search: RouteSearch, *, at: datetime, chooser: Chooser) -> QuoteRow:
    """Freeze the routes that a search finds today, and their price, as a quote of the actor's member.

    It holds no fibre: that is for the request.

    Permission: quotes:create. Event: QuoteMade.
    Raises:
        Invalid: the search cannot be asked, with every problem.
        NotAUser: the member may not lease today.
        NoSuchRoutes: there are none; the problems name what blocks them.
    """
    require(actor, Permission.QUOTES_CREATE)
    today = london_date(at)
    member_id = _require_user(session, actor, today)
    finding = find_routes(session, actor, search, on=today)
    if finding.offer is None:
        raise NoSuchRoutes("There are no such routes to quote.", _blocking(finding.answer))
    sites = _site_ids(session, finding.search)
    quote = QuoteRow(
        reference=new_reference("QUO", chooser),
        member_id=member_id,
        person_id=actor.person_id,
        made_at=at,
        expires_on=today + timedelta(days=QUOTE_DAYS),
        from_site_id=sites[finding.search.from_site],
        to_site_id=sites[finding.search.to_site],
        pairs=search.pairs,
        starts_on=search.starts_on,
        term_months=search.term_months,
        tariff_id=finding.tariff_id,
        annual_pence=finding.offer.annual_pence,
        snapshot=as_snapshot(finding.offer),
    )
    session.add(quote)
    record(session, actor, QuoteMade(subject=quote.reference, member_id=member_id), at=at)
    return quote


def request_lease(session: Session, actor: Actor, quote_reference: str, *, at: datetime, chooser: Chooser) -> Lease:
    """Request the lease that a quote offers, which holds its fibre pairs at once: all of them or none.

    Permission: leases:request. Event: LeaseRequested.
    Raises:
        NotFound: the member has no such quote.
        QuoteExpired: the quote, or the first day of the lease, has passed.
        QuoteUsed: the lease was requested already.
        NotAUser: the member may not lease today.
        FibreTaken: a span has too few free pairs left; the problems name each such span.
    """
    require(actor, Permission.LEASES_REQUEST)
    quote = require_found(actor, Permission.LEASES_REQUEST, queries.lock_quote(session, quote_reference))
    today = london_date(at)
    _refuse_unless_open(session, quote, today)
    _require_user(session, actor, today)
    lease = add_lease(session, _as_quoted(session, actor, quote, at=at, chooser=chooser))
    codes = {span.span_id: code for code, span in zip(_span_codes(quote), lease.spans, strict=True)}
    held = [f"{codes[held.fibre_pair.span_id]}/{held.fibre_pair.number}" for held in lease.allocations]
    requested = LeaseRequested(
        subject=lease.reference, member_id=lease.member_id, quote=quote.reference, fibre_pairs=held
    )
    record(session, actor, requested, at=at)
    return lease


def quotes(session: Session, actor: Actor, page: PageRequest = FIRST_PAGE) -> Page[QuoteRow]:
    """Return the quotes that the actor may see, the newest first.

    Permission: quotes:read.
    """
    require(actor, Permission.QUOTES_READ)
    return read_page(session, queries.quotes_of(actor.member_id), QuoteRow.id, page, newest_first=True)


def quote(session: Session, actor: Actor, reference: str) -> QuoteRow:
    """Return a quote.

    Permission: quotes:read.
    Raises:
        NotFound: there is none, or it is another member's.
    """
    require(actor, Permission.QUOTES_READ)
    return require_found(actor, Permission.QUOTES_READ, queries.find_quote(session, reference))


def search_choices(session: Session, actor: Actor, *, on: date) -> SearchChoices:
    """Return what a search can be filled in with; no term is on offer while there is no tariff.

    Permission: routes:search.
    """
    require(actor, Permission.ROUTES_SEARCH)
    versions = tariff_versions(session)
    terms = sorted(prices_of(version_in_force(versions, on)).term_percent) if versions else []
    return SearchChoices(live_plant(session).sites, terms)


def draw(session: Session, actor: Actor, routes: Sequence[Sequence[str]]) -> list[DrawnSpan]:
    """Return the spans of routes, given by their codes, as lines on a map.

    Permission: plant:read.
    """
    require(actor, Permission.PLANT_READ)
    return draw_routes(session, routes)


def is_open(quote: QuoteRow, on: date) -> bool:
    """Tell whether a lease can be requested from a quote on a day; the quote's lease must be loaded."""
    return quote.lease is None and on <= min(quote.expires_on, quote.starts_on)


def _tomorrow(on: date) -> Period:
    return Period(on, on + timedelta(days=1))


def _date_problems(search: RouteSearch, today: date) -> Iterator[Problem]:
    latest = add_months(today, LATEST_START_MONTHS)
    if search.starts_on < today:
        message = f"The first day, {in_words(search.starts_on)}, has passed."
        yield Problem("in_the_past", message, f"Give {in_words(today)} or a later day.", "starts_on")
    if search.starts_on > latest:
        message = f"The first day, {in_words(search.starts_on)}, is more than {LATEST_START_MONTHS} months ahead."
        yield Problem("too_far_ahead", message, f"Give {in_words(latest)} or an earlier day.", "starts_on")


def _one_each(problems: list[Problem]) -> list[Problem]:
    """Return the first problem of each place: two ways of saying that a number is too small are one too many."""
    return list({problem.place: problem for problem in reversed(problems)}.values())[::-1]


def _with_codes_of(network: Network, search: RouteSearch) -> RouteSearch:
    """Return the search with the sites' codes as they are written; they compare without case."""
    codes = {code.lower(): code for code in network.graph}
    ends = {name: codes.get(getattr(search, name).lower(), getattr(search, name)) for name in ("from_site", "to_site")}
    return replace(search, **ends)


def _blocking(answer: Answer) -> list[Problem]:
    remedy = "Ask for less diversity, fewer pairs or other days, or choose other ends."
    return [Problem(f"blocked_by_{item.kind}", item.why, remedy, item.id) for item in answer.blocked_by]


def _require_user(session: Session, actor: Actor, today: date) -> int:
    """Return the actor's member, which must be a user of the co-op on the day."""
    if actor.member_id is None:
        raise Forbidden("A lease is requested by a person of the member that will use it.")
    if not _is_user(session, actor.member_id, today):
        raise NotAUser(
            "Your organisation does not lease in the co-operative today. The registrar can add the role “user”."
        )
    return actor.member_id


def _is_user(session: Session, member_id: int, today: date) -> bool:
    held = select(MemberRoleHeld.id).where(
        MemberRoleHeld.member_id == member_id,
        MemberRoleHeld.role == MemberRole.USER,
        or_(MemberRoleHeld.starts_on.is_(None), MemberRoleHeld.starts_on <= today),
        or_(MemberRoleHeld.ends_on.is_(None), MemberRoleHeld.ends_on > today),
    )
    return bool(session.scalar(select(held.exists())))


def _site_ids(session: Session, search: RouteSearch) -> dict[str, int]:
    codes = (search.from_site, search.to_site)
    return dict(session.execute(select(Site.code, Site.id).where(Site.code.in_(codes))).all())


def _refuse_unless_open(session: Session, quote: QuoteRow, today: date) -> None:
    if queries.is_used(session, quote):
        raise QuoteUsed(
            f"The lease of quote {quote.reference} was requested already. Make a new quote for another one."
        )
    if today > quote.expires_on:
        raise QuoteExpired(f"Quote {quote.reference} expired on {in_words(quote.expires_on)}. Make a new one.")
    if today > quote.starts_on:
        detail = f"The lease in quote {quote.reference} was to start on {in_words(quote.starts_on)}, which has passed."
        raise QuoteExpired(f"{detail} Make a new quote.")


def _span_codes(quote: QuoteRow) -> list[str]:
    return [span.code for route in quote.offer.routes for span in route.spans]


def _as_quoted(session: Session, actor: Actor, quote: QuoteRow, *, at: datetime, chooser: Chooser) -> NewLease:
    codes = _span_codes(quote)
    ids = dict(session.execute(select(Span.code, Span.id).where(Span.code.in_(codes))).all())
    return NewLease(
        reference=new_reference("LSE", chooser),
        member_id=quote.member_id,
        from_site_id=quote.from_site_id,
        to_site_id=quote.to_site_id,
        routes=tuple(
            tuple(RouteSpan(ids[span.code], span.code, span.metres) for span in route.spans)
            for route in quote.offer.routes
        ),
        pairs=quote.pairs,
        starts_on=quote.starts_on,
        ends_on=add_months(quote.starts_on, quote.term_months),
        term_months=quote.term_months,
        status=LeaseStatus.REQUESTED,
        requested_at=at,
        requested_by_id=actor.person_id,
        quote_id=quote.id,
        tariff_id=quote.tariff_id,
        annual_pence=quote.annual_pence,
    )
