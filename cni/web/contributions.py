"""Contributions: what was proposed, and the network steward's decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, flash, json, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cni import runtime
from cni.operations import browsing, registering
from cni.primitives.errors import NotFound, Problem
from cni.schemas.plant import plant_collection
from cni.web.forms import shown_again_by
from cni.web.pages import asked_page, render
from cni.web.plant import ROWS_SHOWN, page_address
from cni.web.session import actor

contributions = Blueprint("contributions", __name__, url_prefix="/contributions")


@contributions.get("")
def index() -> str:
    """The contributions of one's own member; for staff, all."""
    with runtime.reading() as session:
        page = browsing.list_contributions(session, actor(), asked_page())
    return render("contributions/index.html", page=page)


@contributions.get("/<contribution>")
def show(contribution: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """A contribution: its plant, what is remarkable about it, and the decision."""
    with runtime.seeing(actor(), request.path) as (session, sight):
        file = browsing.find_contribution(session, actor(), contribution, on=runtime.today())
        drawn = plant_collection(file.plant, sight, page_address)
    facts = {"file": file, "drawn": drawn, "most": ROWS_SHOWN}
    return render("contributions/show.html", values=values or {}, problems=problems, **facts)


@contributions.get("/<contribution>/plant.geojson")
def refused_plant(contribution: str) -> Response:
    """The plant of a refused contribution as a file, to be mended and uploaded again."""
    with runtime.reading() as session:
        file = browsing.find_contribution(session, actor(), contribution, on=runtime.today())
    if file.contribution.refused_plant is None:
        raise NotFound("Only a refused contribution is kept as a file.")
    text = json.dumps(file.contribution.refused_plant, indent=1)
    headers = {"Content-Disposition": f'attachment; filename="{file.contribution.reference}.geojson"'}
    return Response(text, content_type="application/geo+json", headers=headers)


@contributions.post("/<contribution>/accept")
@shown_again_by(show)
def accept(contribution: str) -> BaseResponse:
    """Accept the plant: it goes live."""
    with runtime.transaction() as session:
        registering.accept_contribution(session, actor(), contribution, at=runtime.now())
    flash("Accepted: the plant is live, and routes may use it.", "success")
    return redirect(url_for("contributions.show", contribution=contribution))


@contributions.post("/<contribution>/refuse")
@shown_again_by(show)
def refuse(contribution: str) -> BaseResponse:
    """Refuse the plant, and say why."""
    with runtime.transaction() as session:
        registering.refuse_contribution(
            session, actor(), contribution, request.form.get("reason", ""), at=runtime.now()
        )
    flash("Refused. The contributor sees the reason and can send it again.", "success")
    return redirect(url_for("contributions.show", contribution=contribution))
