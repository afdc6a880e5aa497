"""Wayleaves and funding conditions as they come in and go out."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow.validate import Length, OneOf

from cni.assets.expiries import HORIZONS_DAYS, RegisterKind
from cni.operations.keeping_registers import NewEntry
from cni.schemas.paging import PageQuery
from cni.schemas.reading import Request, View


def lines_of(values: list[str]) -> tuple[str, ...]:
    """Return what was given one to a line, or as a list, each once."""
    return tuple(dict.fromkeys(line.strip() for value in values for line in value.splitlines() if line.strip()))


class RegisterQuery(PageQuery):
    """Which entries to list."""

    within_days = ma.fields.Integer(
        validate=OneOf(HORIZONS_DAYS, error="Ask for 90, 180 or 365 days."),
        metadata={"description": "Only what ends within so many days, the soonest first."},
    )


class RegisterEntryRequest(Request):
    """A wayleave or funding condition; loads to `NewEntry`."""

    kind = ma.fields.Enum(RegisterKind, by_value=True, required=True, metadata={"label": "The kind"})
    party = ma.fields.String(
        load_default="",
        validate=Length(max=200, error="A name has at most 200 characters."),
        metadata={"description": "Who grants the wayleave, or funded the plant."},
    )
    title = ma.fields.String(
        load_default="",
        validate=Length(max=200, error="A reference has at most 200 characters."),
        metadata={"description": "The grantor's reference, or the name of the grant."},
    )
    starts_on = ma.fields.Date(load_default=None, allow_none=True, metadata={"label": "The first day"})
    ends_on = ma.fields.Date(
        load_default=None,
        allow_none=True,
        metadata={"label": "The first day without it", "description": "Null: it has no end."},
    )
    open_access = ma.fields.Boolean(load_default=False, metadata={"description": "The grant asks for open access."})
    covers = ma.fields.List(
        ma.fields.String(), load_default=list, metadata={"description": "Codes of the member's own spans and sites."}
    )
    notes = ma.fields.String(
        load_default=None, allow_none=True, validate=Length(max=4000, error="A note has at most 4,000 characters.")
    )

    @ma.post_load
    def _entry(self, given: dict[str, Any], **_rest: Any) -> NewEntry:
        return NewEntry(**(given | {"covers": lines_of(given["covers"])}))


class RegisterEntryView(View):
    """A wayleave or funding condition, as its owner and the co-op's staff see it."""

    reference = ma.fields.String(required=True)
    kind = ma.fields.Enum(RegisterKind, by_value=True, required=True)
    member = ma.fields.String(attribute="member.slug", required=True)
    party = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    starts_on = ma.fields.Date(allow_none=True)
    ends_on = ma.fields.Date(allow_none=True, metadata={"description": "The first day without it."})
    open_access = ma.fields.Boolean(required=True)
    covers = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "Codes of spans and sites."})
    notes = ma.fields.String(allow_none=True)
