"""Leases: requested from a quote, decided by the network steward, accepted and ended by their user."""

from __future__ import annotations

from datetime import date
from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.operations import leasing, ordering
from cni.schemas.leases import (
    LeaseAcceptanceRequest,
    LeaseEndRequest,
    LeaseEntryView,
    LeaseRefusalRequest,
    LeaseRequest,
    LeaseView,
)
from cni.schemas.paging import PageQuery, page_of, page_request

leases = Resources("leases", __name__, url_prefix="/leases", description="Leases")


@leases.get("")
@leases.arguments(PageQuery, location="query")
@leases.response(200, page_of(LeaseEntryView))
def list_leases(query: dict[str, Any]) -> Any:
    """List the leases that you may see, newest first."""
    with runtime.reading() as session:
        page = leasing.leases(session, actor(), page_request(query), on=runtime.today())
    return page_answer(page)


@leases.post("")
@leases.arguments(LeaseRequest)
@leases.response(201, LeaseView)
def request_lease(quote: str) -> Any:
    """Request the lease that a quote offers. It holds its fibre pairs at once; 409 `taken` when one is gone."""
    with runtime.transaction() as session:
        lease = ordering.request_lease(session, actor(), quote, at=runtime.now(), chooser=runtime.chooser())
        return leasing.lease_file(session, actor(), lease.reference, on=runtime.today())


@leases.get("/<lease>")
@leases.response(200, LeaseView)
def find_lease(lease: str) -> Any:
    """Find a lease, with its routes, its fibre pairs, and what you can do to it now."""
    with runtime.reading() as session:
        return leasing.lease_file(session, actor(), lease, on=runtime.today())


@leases.post("/<lease>/approve")
@leases.response(200, LeaseView)
def approve_lease(lease: str) -> Any:
    """Approve a request: its fibre pairs are reserved."""
    with runtime.transaction() as session:
        leasing.approve_lease(session, actor(), lease, at=runtime.now())
        return leasing.lease_file(session, actor(), lease, on=runtime.today())


@leases.post("/<lease>/refuse")
@leases.arguments(LeaseRefusalRequest)
@leases.response(200, LeaseView)
def refuse_lease(reason: str, lease: str) -> Any:
    """Refuse a request and say why; its fibre pairs are free again."""
    with runtime.transaction() as session:
        leasing.refuse_lease(session, actor(), lease, reason, at=runtime.now())
        return leasing.lease_file(session, actor(), lease, on=runtime.today())


@leases.post("/<lease>/cancel")
@leases.response(200, LeaseView)
def cancel_lease(lease: str) -> Any:
    """Take a request back before acceptance; its fibre pairs are free again."""
    with runtime.transaction() as session:
        leasing.cancel_lease(session, actor(), lease, at=runtime.now())
        return leasing.lease_file(session, actor(), lease, on=runtime.today())


@leases.post("/<lease>/accept")
@leases.arguments(LeaseAcceptanceRequest)
@leases.response(200, LeaseView)
def accept_lease(accepted_on: date, lease: str) -> Any:
    """Accept the fibre as delivered: billing starts on that day, or on the lease's first day if that is later."""
    with runtime.transaction() as session:
        leasing.accept_lease(session, actor(), lease, accepted_on, at=runtime.now())
        return leasing.lease_file(session, actor(), lease, on=runtime.today())


@leases.post("/<lease>/end")
@leases.arguments(LeaseEndRequest)
@leases.response(200, LeaseView)
def end_lease(ends_on: date, lease: str) -> Any:
    """End a lease before its term; from the day given on, its fibre pairs are free."""
    with runtime.transaction() as session:
        leasing.end_lease(session, actor(), lease, ends_on, at=runtime.now())
        return leasing.lease_file(session, actor(), lease, on=runtime.today())
