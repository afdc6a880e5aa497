"""What documents say of the co-op itself, and the form by which the registrar corrects it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.operations import correcting
from cni.primitives.errors import Problem
from cni.schemas.members import CoopCorrectionRequest
from cni.web.forms import entered, read_correction, shown_again_by
from cni.web.pages import render
from cni.web.session import actor

coop = Blueprint("coop", __name__, url_prefix="/co-op")


@coop.get("")
def details(values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """The form to correct what is known of the co-op."""
    with runtime.reading() as session:
        standing = entered(correcting.find_coop(session, actor()))
    return render("coop/details.html", values=values or standing, problems=problems)


@coop.post("")
@shown_again_by(details)
def correct() -> Response:
    """Correct what is known of the co-op."""
    correction = read_correction(CoopCorrectionRequest())
    with runtime.transaction() as session:
        correcting.correct_coop(session, actor(), correction, at=runtime.now())
    flash("The details are corrected. Documents that are issued stay as they are.", "success")
    return redirect(url_for("coop.details"))
