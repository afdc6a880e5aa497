"""General meetings: what they resolved, voting, the registrar's part in it, and the parameters that follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.governance.parameters import PARAMETERS
from cni.members.policy import Permission, require
from cni.operations import governing, minuting
from cni.primitives.errors import Problem
from cni.schemas.governance import MeetingRequest, ResolutionRequest, VoteRequest
from cni.web.forms import read_form, shown_again_by
from cni.web.pages import asked_page, render
from cni.web.session import actor
from cni.web.words import DECIDES_CHOICES, DECIDES_WORDS, VOTE_CHOICES, VOTE_WORDS

resolutions = Blueprint("resolutions", __name__)

PARAMETER_CHOICES = [
    (kind.code, f"{kind.name} ({kind.low} to {kind.high} {kind.unit})") for kind in PARAMETERS.values()
]


@resolutions.get("/resolutions")
def index() -> str:
    """The resolutions, the last drafted first."""
    with runtime.reading() as session:
        page = minuting.list_resolutions(session, actor(), asked_page())
    return render("resolutions/index.html", page=page)


@resolutions.get("/resolutions/<resolution>")
def show(resolution: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """A resolution; while its vote is open how many voted, once it is closed who said what."""
    with runtime.reading() as session:
        file = minuting.find_resolution(session, actor(), resolution)
    words = {"choices": VOTE_CHOICES, "vote_words": VOTE_WORDS, "decides_words": DECIDES_WORDS, "kinds": PARAMETERS}
    return render("resolutions/resolution.html", file=file, values=values or {}, problems=problems, **words)


@resolutions.post("/resolutions/<resolution>/vote")
@shown_again_by(show)
def vote(resolution: str) -> Response:
    """Cast the one vote of one's organisation."""
    choice = read_form(VoteRequest())["choice"]
    with runtime.transaction() as session:
        governing.cast_vote(session, actor(), resolution, choice, at=runtime.now())
    flash("Your organisation’s vote is cast, and stands.", "success")
    return redirect(url_for("resolutions.show", resolution=resolution))


@resolutions.post("/resolutions/<resolution>/open")
@shown_again_by(show)
def open_vote(resolution: str) -> Response:
    """Put a resolution to the vote."""
    with runtime.transaction() as session:
        governing.open_vote(session, actor(), resolution, at=runtime.now())
    flash("The vote is open: the delegates find it on their start page.", "success")
    return redirect(url_for("resolutions.show", resolution=resolution))


@resolutions.post("/resolutions/<resolution>/close")
@shown_again_by(show)
def close_vote(resolution: str) -> Response:
    """Close the vote on a resolution."""
    with runtime.transaction() as session:
        governing.close_vote(session, actor(), resolution, at=runtime.now())
    flash("The vote is closed and counted.", "success")
    return redirect(url_for("resolutions.show", resolution=resolution))


@resolutions.get("/meetings")
def meetings() -> str:
    """The general meetings, the last called first."""
    with runtime.reading() as session:
        page = minuting.list_meetings(session, actor(), asked_page())
    return render("resolutions/meetings.html", page=page)


@resolutions.get("/meetings/<meeting>")
def meeting(meeting: str) -> str:
    """A general meeting with its resolutions."""
    with runtime.reading() as session:
        file = minuting.find_meeting(session, actor(), meeting)
    return render("resolutions/meeting.html", file=file)


@resolutions.get("/call-meeting")
def call(values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """The form to call a general meeting."""
    require(actor(), Permission.MEETINGS_HOLD)
    return render("resolutions/call.html", values=values or {}, problems=problems)


@resolutions.post("/call-meeting")
@shown_again_by(call)
def call_meeting() -> Response:
    """Call a general meeting."""
    given = read_form(MeetingRequest())
    with runtime.transaction() as session:
        called = governing.call_meeting(session, actor(), given, at=runtime.now(), chooser=runtime.chooser())
    flash(f"Meeting {called.reference} is called. Draft its resolutions.", "success")
    return redirect(url_for("resolutions.meeting", meeting=called.reference))


@resolutions.get("/meetings/<meeting>/draft")
def draft(meeting: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """The form to draft a resolution for a meeting."""
    require(actor(), Permission.MEETINGS_HOLD)
    with runtime.reading() as session:
        file = minuting.find_meeting(session, actor(), meeting)
    choices = {"decides": DECIDES_CHOICES, "parameters": PARAMETER_CHOICES}
    return render("resolutions/draft.html", file=file, values=values or {}, problems=problems, **choices)


@resolutions.post("/meetings/<meeting>/draft")
@shown_again_by(draft)
def draft_resolution(meeting: str) -> Response:
    """Draft a resolution for a meeting."""
    given = read_form(ResolutionRequest())
    with runtime.transaction() as session:
        drafted = governing.draft_resolution(
            session, actor(), meeting, given, at=runtime.now(), chooser=runtime.chooser()
        )
    flash(f"Resolution {drafted.reference} is drafted. Put it to the vote when the meeting has begun.", "success")
    return redirect(url_for("resolutions.show", resolution=drafted.reference))


@resolutions.get("/parameters")
def parameters() -> str:
    """The parameters of the co-op: today's values, those before and those to come."""
    today = runtime.today()
    with runtime.reading() as session:
        files = minuting.parameters(session, actor(), on=today)
    return render("resolutions/parameters.html", files=files, today=today)
