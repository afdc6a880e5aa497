"""Leases: the list, each lease with its fibre pairs on the map, and what can be done to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.operations import evidencing, leasing, searching
from cni.primitives.errors import Problem
from cni.schemas.leases import LeaseAcceptanceRequest, LeaseEndRequest, LeaseRefusalRequest
from cni.schemas.routes import routes_collection
from cni.web import findings as words
from cni.web.expiries import ending_on_lease
from cni.web.forms import read_form, shown_again_by
from cni.web.pages import asked_page, render
from cni.web.routes import kmz_of_routes, private_json
from cni.web.session import actor
from cni.web.timelines import lease_timeline

leases = Blueprint("leases", __name__)


@leases.get("/leases")
def index() -> str:
    """The leases of whoever asks."""
    with runtime.reading() as session:
        page = leasing.leases(session, actor(), asked_page(), on=runtime.today())
    return render("leases/index.html", page=page)


@leases.get("/leases/<lease>")
def show(lease: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """A lease: its routes with the fibre pairs held, what happened, what can be done now."""
    today = runtime.today()
    with runtime.reading() as session:
        file = leasing.lease_file(session, actor(), lease, on=today)
        ending = ending_on_lease(session, file.lease)
        levels = evidencing.levels(session, actor(), [use.span.code for use in file.lease.spans_latest])
    given = values or {"accepted_on": today.isoformat()}
    timeline = lease_timeline(file, today)
    quoted = file.lease.quote.offer.routes if file.lease.quote else ()
    facts = {"file": file, "timeline": timeline, "ending": ending, "levels": levels, "quoted": quoted}
    return render("leases/lease.html", values=given, problems=problems, words=words, **facts)


@leases.get("/map/leases/<lease>.json")
def drawn(lease: str) -> Response:
    """The routes of a lease as the map draws them."""
    with runtime.seeing(actor(), request.path) as (session, sight):
        routes = leasing.lease_file(session, actor(), lease, on=runtime.today()).routes
        spans = searching.draw(session, actor(), [[span.code for span in route] for route in routes], sight)
    return private_json(routes_collection(spans))


@leases.get("/leases/<lease>/routes.kmz")
def as_kmz(lease: str) -> Response:
    """The routes of a lease as a file, exactly, marked with who took it and when."""
    with runtime.seeing(actor(), request.path) as (session, sight):
        file = leasing.lease_file(session, actor(), lease, on=runtime.today())
        codes = [[span.code for span in route] for route in file.routes]
        drawn = searching.draw_exactly(session, actor(), codes, sight)
        return kmz_of_routes(f"Lease {file.lease.reference}", drawn)


@leases.post("/leases/<lease>/approve")
@shown_again_by(show)
def approve(lease: str) -> Response:
    """Approve a request."""
    with runtime.transaction() as session:
        leasing.approve_lease(session, actor(), lease, at=runtime.now())
    return _back_to(lease, "The request is approved: its fibre pairs are reserved.")


@leases.post("/leases/<lease>/refuse")
@shown_again_by(show)
def refuse(lease: str) -> Response:
    """Refuse a request and say why."""
    reason = read_form(LeaseRefusalRequest())
    with runtime.transaction() as session:
        leasing.refuse_lease(session, actor(), lease, reason, at=runtime.now())
    return _back_to(lease, "The request is refused: its fibre pairs are free again.")


@leases.post("/leases/<lease>/cancel")
@shown_again_by(show)
def cancel(lease: str) -> Response:
    """Take a request back."""
    with runtime.transaction() as session:
        leasing.cancel_lease(session, actor(), lease, at=runtime.now())
    return _back_to(lease, "The request is cancelled: its fibre pairs are free again.")


@leases.post("/leases/<lease>/accept")
@shown_again_by(show)
def accept(lease: str) -> Response:
    """Accept the fibre as delivered."""
    accepted_on = read_form(LeaseAcceptanceRequest())
    with runtime.transaction() as session:
        leasing.accept_lease(session, actor(), lease, accepted_on, at=runtime.now())
    return _back_to(lease, "The fibre is accepted: billing starts on that day, or on the lease's first day if later.")


@leases.post("/leases/<lease>/end")
@shown_again_by(show)
def end(lease: str) -> Response:
    """End a lease before its term."""
    ends_on = read_form(LeaseEndRequest())
    with runtime.transaction() as session:
        leasing.end_lease(session, actor(), lease, ends_on, at=runtime.now())
    return _back_to(lease, "The end is agreed: from that day on the fibre pairs are free.")


def _back_to(lease: str, words: str) -> Response:
    flash(words, "success")
    return redirect(url_for("leases.show", lease=lease))
