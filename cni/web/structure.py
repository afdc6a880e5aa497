"""How plant is built: tubes and fibres of a span in their colours, ducts, splices at a site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.assets.colours import SCHEME_WORDS
from cni.assets.duct_fill import FULL_PERCENT, PLANNED_PERCENT
from cni.members.policy import Permission, require
from cni.operations import structuring
from cni.primitives.errors import Problem
from cni.schemas.structure import CableRequest, DuctRequest, SplicesRequest
from cni.web.forms import entered, read_form, shown_again_by
from cni.web.pages import asked_page, render
from cni.web.session import actor

structure = Blueprint("structure", __name__, url_prefix="/plant/structure")

SCHEMES = [(scheme.value, words) for scheme, words in SCHEME_WORDS.items()]
LIMITS = {"planned": PLANNED_PERCENT, "full": FULL_PERCENT}
USUAL = {"scheme": "tia_598", "fibres_per_tube": "12"}
SPLICE_LIMIT_DB = 0.2
"""Source: SSNf, Tjänstespecifikation Svartfiber 3.0: a splice loses at most 0.2 dB."""


@structure.get("/spans/<path:span>")
def show(span: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """A span's cable, tube by tube, and the ducts it lies in."""
    with runtime.reading() as session:
        built = structuring.structure_of(session, actor(), span, on=runtime.today())
    standing = entered({name: getattr(built.cable, name) for name in (*USUAL, "diameter_mm")}) if built.cable else USUAL
    facts = {"built": built, "schemes": SCHEMES, "words": SCHEME_WORDS}
    return render("structure/span.html", values=values or standing, problems=problems, **facts)


@structure.post("/spans/<path:span>")
@shown_again_by(show)
def describe(span: str) -> Response:
    """Say how the span's cable is built."""
    given = read_form(CableRequest())
    with runtime.transaction() as session:
        structuring.describe_cable(session, actor(), span, given, at=runtime.now())
    flash("The cable is described.", "success")
    return redirect(url_for("structure.show", span=span))


@structure.get("/ducts")
def ducts(values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """One's own ducts (staff: all) with how full each is, and a form for another."""
    with runtime.reading() as session:
        page = structuring.list_ducts(session, actor(), asked_page())
    return render("structure/ducts.html", page=page, values=values or {}, problems=problems, limits=LIMITS)


@structure.post("/ducts")
@shown_again_by(ducts)
def add_duct() -> Response:
    """Register a duct."""
    return _keep_duct()


@structure.get("/ducts/<path:duct>")
def show_duct(duct: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """A duct: what lies in it, and the form to correct it."""
    with runtime.reading() as session:
        facts = structuring.find_duct(session, actor(), duct)
    found = facts.duct
    standing = entered({name: getattr(found, name) for name in ("code", "bore_mm", "outer_mm", "length_m")})
    standing |= {"parent": found.parent.code if found.parent else ""}
    standing |= {"spans": "\n".join(span.code for span in found.spans)}
    return render("structure/duct.html", facts=facts, values=values or standing, problems=problems, limits=LIMITS)


@structure.post("/ducts/<path:duct>")
@shown_again_by(show_duct)
def correct_duct(duct: str) -> Response:
    """Correct a duct; its id stays."""
    with runtime.reading() as session:
        structuring.find_duct(session, actor(), duct)
    return _keep_duct()


@structure.get("/splices/<path:site>")
def splices(site: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """The splices at a site, and the form to say what they are."""
    with runtime.reading() as session:
        found, there = structuring.splices_at(session, actor(), site)
    rows = ((each.from_span.code, each.from_fibre, each.to_span.code, each.to_fibre, each.loss_db) for each in there)
    lines = [", ".join(str(cell) for cell in row if cell is not None) for row in rows]
    given = values or {"splices": "\n".join(lines)}
    return render(
        "structure/splices.html", site=found, there=there, values=given, problems=problems, limit_db=SPLICE_LIMIT_DB
    )


@structure.post("/splices/<path:site>")
@shown_again_by(splices)
def keep_splices(site: str) -> Response:
    """Say which fibres are spliced at the site."""
    given = read_form(SplicesRequest())
    with runtime.transaction() as session:
        structuring.keep_splices(session, actor(), site, given, at=runtime.now())
    flash("The splices are on record.", "success")
    return redirect(url_for("structure.splices", site=site))


def _keep_duct() -> Response:
    require(actor(), Permission.PLANT_KEEP)
    given = read_form(DuctRequest())
    with runtime.transaction() as session:
        kept = structuring.keep_duct(session, actor(), given, at=runtime.now())
    flash(f"Duct {kept.code} is on record.", "success")
    return redirect(url_for("structure.show_duct", duct=kept.code))
