"""Meetings, resolutions, votes and parameters, as they come in and go out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import marshmallow as ma
from marshmallow.validate import Length

from cni.governance.drafts import NewMeeting, NewResolution
from cni.governance.words import Choice, Decides, Outcome, ResolutionState
from cni.primitives.period import LONDON
from cni.schemas.members import required_text
from cni.schemas.reading import Request, View


class LocalDateTime(ma.fields.NaiveDateTime):
    """An instant as people write it, in Europe/London: "2026-11-22T18:30"; loads to UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        local = super()._deserialize(value, attr, data, **kwargs)
        return local.replace(tzinfo=LONDON).astimezone(UTC)


class MeetingRequest(Request):
    """A general meeting to be called; loads to `NewMeeting`."""

    title = required_text("The title")
    held_at = LocalDateTime(
        required=True,
        error_messages={"invalid": "This is no day and time; write it as 2026-11-30T18:30."},
        metadata={"label": "The day and time"},
    )
    place = required_text("The place")
    notice_on = ma.fields.Date(required=True, metadata={"label": "The day of the notice"})

    @ma.post_load
    def _meeting(self, given: dict[str, Any], **_rest: Any) -> NewMeeting:
        return NewMeeting(**given)


class ResolutionRequest(Request):
    """A resolution to be drafted; loads to `NewResolution`."""

    title = required_text("The title")
    text = required_text("The text", longest=10_000)
    decides = ma.fields.Enum(Decides, by_value=True, required=True, metadata={"label": "What it decides"})
    reference = ma.fields.String(load_default="", validate=Length(max=30, error="At most 30 characters."))
    parameter_code = ma.fields.String(load_default=None, metadata={"label": "The parameter"})
    parameter_value = ma.fields.Integer(load_default=None, metadata={"label": "Its value"})
    effective_from = ma.fields.Date(load_default=None, metadata={"label": "Its first day"})

    @ma.post_load
    def _resolution(self, given: dict[str, Any], **_rest: Any) -> NewResolution:
        return NewResolution(**given)


class VoteRequest(Request):
    """A member's one vote."""

    choice = ma.fields.Enum(
        Choice,
        by_value=True,
        required=True,
        error_messages={"unknown": "A vote is “for”, “against” or “abstain”."},
        metadata={"label": "The vote", "remedy": "Choose one of the three."},
    )


class MeetingView(View):
    """A general meeting."""

    reference = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    held_at = ma.fields.AwareDateTime(required=True)
    place = ma.fields.String(required=True)
    notice_on = ma.fields.Date(required=True)


class ParameterSetView(View):
    """The parameter that a resolution decides."""

    code = ma.fields.String(attribute="parameter_code", required=True)
    value = ma.fields.Integer(attribute="parameter_value", required=True)
    effective_from = ma.fields.Date(required=True)


class ResolutionEntryView(View):
    """A resolution in a list; before its vote opens nobody is entitled yet."""

    reference = ma.fields.String(attribute="resolution.reference", required=True)
    title = ma.fields.String(attribute="resolution.title", required=True)
    decides = ma.fields.Enum(Decides, by_value=True, attribute="resolution.decides", required=True)
    state = ma.fields.Enum(ResolutionState, by_value=True, attribute="resolution.state", required=True)
    outcome = ma.fields.Enum(
        Outcome,
        by_value=True,
        attribute="resolution.outcome",
        required=True,
        allow_none=True,
        metadata={"description": "Null until the vote is closed."},
    )
    meeting = ma.fields.Nested(MeetingView, attribute="resolution.meeting", required=True)
    opened_at = ma.fields.AwareDateTime(attribute="resolution.opened_at", required=True, allow_none=True)
    closed_at = ma.fields.AwareDateTime(attribute="resolution.closed_at", required=True, allow_none=True)
    entitled = ma.fields.Integer(required=True, metadata={"description": "How many members may vote."})
    voted = ma.fields.Integer(required=True, metadata={"description": "How many have."})


class MemberVoteView(View):
    """What a member said; null: nothing."""

    member = ma.fields.String(attribute="member.slug", required=True)
    choice = ma.fields.Enum(Choice, by_value=True, required=True, allow_none=True)


class TallyView(View):
    """The votes, counted."""

    votes_for = ma.fields.Integer(required=True)
    votes_against = ma.fields.Integer(required=True)
    abstentions = ma.fields.Integer(required=True)


class ResolutionView(ResolutionEntryView):
    """A resolution. How members voted is told once the vote is closed."""

    text = ma.fields.String(attribute="resolution.text", required=True)
    quorum_percent = ma.fields.Integer(attribute="resolution.quorum_percent", required=True, allow_none=True)
    majority_percent = ma.fields.Integer(attribute="resolution.majority_percent", required=True, allow_none=True)
    parameter = ma.fields.Method("_parameter", metadata={"type": ["object", "null"]})
    tally = ma.fields.Nested(TallyView, required=True, allow_none=True)
    votes = ma.fields.List(ma.fields.Nested(MemberVoteView), required=True)
    may_vote = ma.fields.Boolean(required=True, metadata={"description": "Whether you can vote for your member now."})
    has_voted = ma.fields.Boolean(required=True, metadata={"description": "Whether your member's vote is cast."})

    def _parameter(self, file: Any) -> Any:
        decides = file.resolution.decides is Decides.PARAMETER
        return ParameterSetView().dump(file.resolution) if decides else None


class ParameterValueView(View):
    """A value of a parameter, from a day on."""

    value = ma.fields.Integer(required=True)
    effective_from = ma.fields.Date(required=True)
    resolution = ma.fields.String(attribute="resolution.reference", required=True)


class ParameterView(View):
    """A parameter of the co-op; `value` is today's."""

    code = ma.fields.String(attribute="kind.code", required=True)
    name = ma.fields.String(attribute="kind.name", required=True)
    unit = ma.fields.String(attribute="kind.unit", required=True)
    meaning = ma.fields.String(attribute="kind.meaning", required=True)
    default = ma.fields.Integer(attribute="kind.default", required=True)
    value = ma.fields.Integer(required=True)
    values = ma.fields.List(
        ma.fields.Nested(ParameterValueView), required=True, metadata={"description": "Newest first, also to come."}
    )


class ParametersView(View):
    """Every parameter of the co-op."""

    items = ma.fields.List(ma.fields.Nested(ParameterView), required=True)
