"""Evidence of spans as it comes in and goes out."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow.validate import Length

from cni.assets.edits import EditKind
from cni.assets.evidence_levels import EvidenceAction, EvidenceLevel
from cni.operations.evidencing import NewStep
from cni.schemas.paging import PageQuery
from cni.schemas.reading import Request, View

AT_MOST = Length(max=4000, error="A note has at most 4,000 characters.")


class StepRequest(Request):
    """A step of the owner; loads to `NewStep`."""

    action = ma.fields.Enum(EvidenceAction, by_value=True, required=True, metadata={"label": "What was done"})
    done_on = ma.fields.Date(required=True, metadata={"label": "The day"})
    note = ma.fields.String(allow_none=True, load_default=None, validate=AT_MOST)

    @ma.post_load
    def _step(self, given: dict[str, Any], **_rest: Any) -> NewStep:
        return NewStep(**given)


class DecisionRequest(Request):
    """What the network steward says to evidence; loads to the action and the note."""

    action = ma.fields.Enum(EvidenceAction, by_value=True, required=True, metadata={"label": "The decision"})
    note = ma.fields.String(allow_none=True, load_default=None, validate=AT_MOST)

    @ma.post_load
    def _decision(self, given: dict[str, Any], **_rest: Any) -> tuple[EvidenceAction, str | None]:
        return given["action"], given["note"]


class AttachmentRequest(Request):
    """What is said of a file besides its content."""

    pair_number = ma.fields.Integer(
        load_default=None, allow_none=True, metadata={"label": "The number of the fibre pair"}
    )


class StepView(View):
    """A step that was taken."""

    level = ma.fields.Enum(EvidenceLevel, by_value=True, required=True)
    done_on = ma.fields.Date(required=True)
    note = ma.fields.String(allow_none=True)
    person = ma.fields.Function(lambda step: step.person and step.person.name, metadata={"type": ["string", "null"]})


class TraceView(View):
    """What an OTDR trace measured."""

    wavelength_nm = ma.fields.Float(required=True)
    length_m = ma.fields.Float(required=True)
    loss_db = ma.fields.Float(allow_none=True)
    pair_number = ma.fields.Integer(allow_none=True)
    measured_at = ma.fields.AwareDateTime(allow_none=True)
    events = ma.fields.List(ma.fields.Dict(), required=True)


class AttachmentView(View):
    """A file that is kept with a span."""

    reference = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    size_bytes = ma.fields.Integer(required=True)
    sha256 = ma.fields.String(required=True)
    attached_at = ma.fields.AwareDateTime(required=True)
    trace = ma.fields.Nested(TraceView, allow_none=True)


class AttachmentOfSpanView(AttachmentView):
    """A file that is kept with a span, and which span that is."""

    span = ma.fields.String(attribute="span.code", required=True)


class AttachmentQuery(PageQuery):
    """Which files to list."""

    span = ma.fields.String(validate=Length(max=100), metadata={"description": "Only those of this span."})


class TracedBeforeView(View):
    """A trace of a span in whose place another stands, after it was split or merged."""

    span = ma.fields.String(attribute="measured_on.code", required=True)
    ended_by = ma.fields.Enum(
        EditKind, by_value=True, attribute="measured_on.kind", metadata={"description": "What was done to that span."}
    )
    attachment = ma.fields.String(attribute="compared.attachment.reference", required=True)
    trace = ma.fields.Nested(TraceView, attribute="compared.attachment.trace", required=True)


class EvidenceView(View):
    """The evidence of a span, as its owner and the co-op's staff see it."""

    span = ma.fields.String(attribute="span.code", required=True)
    level = ma.fields.Enum(EvidenceLevel, by_value=True, required=True)
    steps = ma.fields.List(ma.fields.Nested(StepView), required=True)
    attachments = ma.fields.List(ma.fields.Nested(AttachmentView), required=True)
    traced_before = ma.fields.List(ma.fields.Nested(TracedBeforeView), required=True)
