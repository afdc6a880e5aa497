"""On what terms a span is contributed: its offered and reserved pairs by number, period, notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.assets.terms import NOTICE_MONTHS, FeeBasis
from cni.assets.words import PairState
from cni.operations import offering
from cni.operations.offering import Offered
from cni.primitives.errors import Problem
from cni.schemas.terms import TermsRequest, in_ranges
from cni.web.forms import entered, read_form, shown_again_by
from cni.web.pages import render
from cni.web.session import actor

terms = Blueprint("terms", __name__, url_prefix="/plant/terms")

BASES = {
    FeeBasis.PAIR_METRE.value: "Pairs and metres that are leased",
    FeeBasis.AVAILABILITY.value: "Being available (on record; not settled yet)",
}
FIELDS = ("fee_basis", "starts_on", "ends_on", "notice_months")


@terms.get("/<path:span>")
def show(span: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """The terms of a span and which leases hold pairs of it, with the form to set them."""
    with runtime.reading() as session:
        offered = offering.terms_of(session, actor(), span, on=runtime.today())
    facts = {"offered": offered, "bases": BASES, "notice_months": NOTICE_MONTHS, "in_ranges": in_ranges}
    return render("terms/span.html", values=values or _standing(offered), problems=problems, **facts)


@terms.post("/<path:span>")
@shown_again_by(show)
def set_terms(span: str) -> Response:
    """Set the terms."""
    given = read_form(TermsRequest())
    with runtime.transaction() as session:
        offering.set_terms(session, actor(), span, given, at=runtime.now())
    flash("The terms are set. Leases run on as they were made.", "success")
    return redirect(url_for("terms.show", span=span))


def _standing(offered: Offered) -> dict[str, Any]:
    usual = {"fee_basis": FeeBasis.PAIR_METRE.value, "notice_months": NOTICE_MONTHS}
    standing = entered({name: getattr(offered.terms, name) for name in FIELDS}) if offered.terms else usual
    words = {"offered": PairState.OFFERED, "reserved": PairState.RESERVED}
    return standing | {name: in_ranges(offered.numbers(state)) for name, state in words.items()}
