"""What ends on a route before a lease over it would, in sentences for whoever may read leases."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from cni.assets.expiries import sentences
from cni.leases.models import Lease
from cni.leases.offers import OfferedRoute
from cni.members.policy import Permission, may
from cni.operations.keeping_registers import ends_before_lease
from cni.operations.withdrawing import leaving_on
from cni.primitives.period import Period, in_words
from cni.web.session import actor


def ending_on_routes(session: Any, routes: Iterable[OfferedRoute], period: Period) -> list[str]:
    """Return what ends on offered routes before a lease for `period` would; nothing for who may not read leases."""
    routes = list(routes)
    spans = {span.code for route in routes for span in route.spans}
    return _told(session, spans, {site.code for route in routes for site in route.sites}, period)


def ending_on_lease(session: Any, lease: Lease) -> list[str]:
    """Return what ends on the routes of a lease before it does; its spans must be loaded with their ends."""
    spans = [use.span for use in lease.spans_latest]
    sites = {end.code for span in spans for end in (span.a, span.z)}
    return _told(session, {span.code for span in spans}, sites, Period.open_ended(lease.starts_on, lease.ends_on))


def _told(session: Any, spans: Collection[str], sites: Collection[str], period: Period) -> list[str]:
    if not may(actor(), Permission.LEASES_READ):
        return []
    leaving = leaving_on(session, actor(), spans)
    return [
        *sentences(ends_before_lease(session, actor(), spans, sites, period), period),
        *(f"Span {code} is withdrawn on {in_words(day)}." for code, day in leaving.items() if day < period.end),
    ]
