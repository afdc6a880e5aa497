"""From routes that were found to a requested lease: have a quote made, request the lease.

How routes are found is in `searching`, what becomes of a request in `leasing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from cni.assets.models import Site
from cni.db.engine import read_rows
from cni.db.paging import read_page
from cni.events.kinds import LeaseRequested, QuoteMade
from cni.events.record import record
from cni.leases import queries
from cni.leases.allocation import NewLease, RouteSpan, add_lease
from cni.leases.lifecycle import LeaseStatus
from cni.leases.models import Lease, QuoteRow
from cni.leases.offers import Offer, SharedElement, as_snapshot
from cni.leases.searches import RouteSearch
from cni.members.models import MemberRoleHeld
from cni.members.policy import Actor, MemberRole, Permission, require, require_found
from cni.operations.searching import RouteFinding, find_routes
from cni.primitives.errors import Conflict, Forbidden, Invalid, Problem
from cni.primitives.ids import Chooser, new_reference
from cni.primitives.paging import FIRST_PAGE, Page, PageRequest
from cni.primitives.period import add_months, in_words, london_date
from cni.topology.answers import Answer

QUOTE_DAYS = 30
"""A quote can be requested until this many days after it was made, the last one included."""

IS_USED = select(Lease.id).where(Lease.quote_id == bindparam("quote_id")).exists()
IS_USER = (
    select(MemberRoleHeld.id)
    .where(MemberRoleHeld.member_id == bindparam("member_id"), MemberRoleHeld.role == MemberRole.USER)
    .where(or_(MemberRoleHeld.starts_on.is_(None), MemberRoleHeld.starts_on <= bindparam("today")))
    .where(or_(MemberRoleHeld.ends_on.is_(None), MemberRoleHeld.ends_on > bindparam("today")))
    .exists()
)
USED_AND_USER = select(IS_USED, IS_USER)
"""Whether a lease was requested from a quote, and whether a member is a user of the co-op on a day."""


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


class OfferChanged(Conflict):
    """What would be quoted is no longer what was shown: fibre was taken or freed, plant or prices have changed."""

    code = "offer_changed"
    title = "Not what was shown"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a planner says to when a quote is made.

    `digest` is that of the offer that was shown, None for whatever is found now; `accepts_shared`: that both routes may
    share what they are said to, although something more diverse was asked for.
    """

    digest: str | None = None
    accepts_shared: bool = False


UNSEEN = Confirmed()
"""What is said by whoever asks for a quote without having looked first, as a program may."""


def make_quote(
    session: Session,
    actor: Actor,
    search: RouteSearch,
    confirmed: Confirmed = UNSEEN,
    *,
    at: datetime,
    chooser: Chooser,
) -> QuoteRow:
    """Freeze the routes that a search finds today, and their price, as a quote of the actor's member.

    It holds no fibre: that is for the request.

    Permission: quotes:create. Event: QuoteMade.
    Raises:
        Invalid: the search cannot be asked, with every problem; or the routes share more than was asked for, and the
            planner has not said that they may.
        NotAUser: the member may not lease today.
        NoSuchRoutes: there are none that can be leased; the problems name what blocks them.
        OfferChanged: they are not those that the planner was shown.
    """
    require(actor, Permission.QUOTES_CREATE)
    today = london_date(at)
    member_id = _require_user(session, actor, today)
    finding = find_routes(session, actor, search, on=today)
    quote = _frozen(session, finding, _require_quotable(finding, confirmed))
    quote.reference = new_reference("QUO", chooser)
    quote.member_id, quote.person_id = member_id, actor.person_id
    quote.made_at, quote.expires_on = at, today + timedelta(days=QUOTE_DAYS)
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
        SpanRetired: a span of the route has left the plant since, being split or merged; the problems name each.
    """
    require(actor, Permission.LEASES_REQUEST)
    quote = require_found(actor, Permission.LEASES_REQUEST, queries.lock_quote(session, quote_reference))
    today = london_date(at)
    asked = {"quote_id": quote.id, "member_id": actor.member_id, "today": today}
    [(is_used, is_user)] = read_rows(session, USED_AND_USER, asked)  # only now that the quote is locked
    _refuse_unless_open(quote, today, is_used=is_used)
    _refuse_unless_user(actor, is_user=is_user)
    lease, pairs, splicing = add_lease(session, _as_quoted(actor, quote, at=at, chooser=chooser))
    requested = LeaseRequested(
        subject=lease.reference,
        member_id=lease.member_id,
        quote=quote.reference,
        fibre_pairs=[f"{code}/{number}" for code, numbers in pairs.items() for number in numbers],
        new_splices=splicing.new,
        existing_splices=splicing.existing,
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


def is_open(quote: QuoteRow, on: date) -> bool:
    """Tell whether a lease can be requested from a quote on a day; the quote's lease must be loaded."""
    return quote.lease is None and on <= min(quote.expires_on, quote.starts_on)


def _frozen(session: Session, finding: RouteFinding, offer: Offer) -> QuoteRow:
    """Return a quote of what was found, which nobody has asked for yet."""
    search, sites = finding.search, _site_ids(session, finding.search)
    return QuoteRow(
        from_site_id=sites[search.from_site],
        to_site_id=sites[search.to_site],
        pairs=search.pairs,
        starts_on=search.starts_on,
        term_months=search.term_months,
        tariff_id=finding.tariff_id,
        annual_pence=offer.annual_pence,
        snapshot=as_snapshot(offer),
    )


def _require_quotable(finding: RouteFinding, confirmed: Confirmed) -> Offer:
    """Return what can be quoted of a finding."""
    if finding.offer is None:
        raise NoSuchRoutes("There are no such routes to quote.", _blocking(finding.answer))
    if confirmed.digest not in (None, finding.digest):
        detail = "The routes or their price are no longer what was shown: somebody took or freed fibre, or"
        raise OfferChanged(f"{detail} plant or prices changed. Look at what there is now.")
    if not finding.is_quotable:
        shared = [element for element in finding.offer.shared if element.kind == "span"]
        raise NoSuchRoutes(
            "Both routes would use the same span, which a lease cannot.", [_shared_span(element) for element in shared]
        )
    if finding.is_partly_diverse and not confirmed.accepts_shared:
        names = ", ".join(element.name for element in finding.offer.shared)
        message = f"Both routes depend on {names}, though more diversity was asked for."
        remedy = "Accept that, or ask for something else."
        raise Invalid.from_problems([Problem("shares", message, remedy, "accepts_shared")])
    return finding.offer


def _shared_span(element: SharedElement) -> Problem:
    remedy = "Ask for one route, or choose other ends."
    return Problem("shared_span", f"Both routes use the span {element.code} ({element.name}).", remedy, element.code)


def _blocking(answer: Answer) -> list[Problem]:
    remedy = "Ask for less diversity, fewer pairs or other days, or choose other ends."
    return [Problem(f"blocked_by_{item.kind}", item.why, remedy, item.id) for item in answer.blocked_by]


def _require_user(session: Session, actor: Actor, today: date) -> int:
    """Return the actor's member, which must be a user of the co-op on the day."""
    is_user = session.scalar(select(IS_USER), {"member_id": actor.member_id, "today": today})
    return _refuse_unless_user(actor, is_user=bool(is_user))


def _refuse_unless_user(actor: Actor, *, is_user: bool) -> int:
    if actor.member_id is None:
        raise Forbidden("A lease is requested by a person of the member that will use it.")
    if not is_user:
        raise NotAUser(
            "Your organisation does not lease in the co-operative today. The registrar can add the role “user”."
        )
    return actor.member_id


def _site_ids(session: Session, search: RouteSearch) -> dict[str, int]:
    codes = (search.from_site, search.to_site)
    return dict(session.execute(select(Site.code, Site.id).where(Site.code.in_(codes))).all())


def _refuse_unless_open(quote: QuoteRow, today: date, *, is_used: bool) -> None:
    if is_used:
        raise QuoteUsed(
            f"The lease of quote {quote.reference} was requested already. Make a new quote for another one."
        )
    if today > quote.expires_on:
        raise QuoteExpired(f"Quote {quote.reference} expired on {in_words(quote.expires_on)}. Make a new one.")
    if today > quote.starts_on:
        detail = f"The lease in quote {quote.reference} was to start on {in_words(quote.starts_on)}, which has passed."
        raise QuoteExpired(f"{detail} Make a new quote.")


def _as_quoted(actor: Actor, quote: QuoteRow, *, at: datetime, chooser: Chooser) -> NewLease:
    return NewLease(
        reference=new_reference("LSE", chooser),
        member_id=quote.member_id,
        from_site_id=quote.from_site_id,
        to_site_id=quote.to_site_id,
        # The spans alone, of all that a quote says: reading the rest takes longer than finding out that fibre is taken.
        routes=tuple(
            tuple(RouteSpan(span["code"], span["metres"]) for span in route["spans"])
            for route in quote.snapshot["routes"]
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
