"""Quotes, leases and tariffs as they come in and go out."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow.validate import Length

from cni.leases.lifecycle import LeaseAction, LeaseState
from cni.operations.leasing import LeaseFile
from cni.schemas.reading import Request, View
from cni.schemas.routes import OfferView


class LeaseRequest(Request):
    """The quote whose lease is requested; loads to its reference."""

    quote = ma.fields.String(required=True, metadata={"label": "The quote", "remedy": "Give a quote's reference."})

    @ma.post_load
    def _reference(self, given: dict[str, Any], **_rest: Any) -> str:
        return str(given["quote"])


class LeaseRefusalRequest(Request):
    """Why a request is refused; loads to the reason."""

    reason = ma.fields.String(
        required=True,
        validate=Length(max=2000, error="A reason has at most 2,000 characters."),
        metadata={"label": "The reason", "remedy": "Say why, in words that help the user."},
    )

    @ma.post_load
    def _reason(self, given: dict[str, Any], **_rest: Any) -> str:
        return str(given["reason"])


class LeaseAcceptanceRequest(Request):
    """The day of acceptance; loads to it."""

    accepted_on = ma.fields.Date(required=True, metadata={"label": "The day of acceptance"})

    @ma.post_load
    def _day(self, given: dict[str, Any], **_rest: Any) -> Any:
        return given["accepted_on"]


class LeaseEndRequest(Request):
    """The first day not charged any more; loads to it."""

    ends_on = ma.fields.Date(
        required=True,
        metadata={"label": "The first day not charged", "description": "The first day that is not charged any more."},
    )

    @ma.post_load
    def _day(self, given: dict[str, Any], **_rest: Any) -> Any:
        return given["ends_on"]


class QuoteView(View):
    """A quote, frozen as it was made."""

    reference = ma.fields.String(required=True)
    member = ma.fields.String(attribute="member.slug", required=True)
    made_at = ma.fields.AwareDateTime(required=True)
    expires_on = ma.fields.Date(required=True, metadata={"description": "The last day on which it can be requested."})
    pairs = ma.fields.Integer(required=True)
    starts_on = ma.fields.Date(required=True)
    term_months = ma.fields.Integer(required=True)
    annual_pence = ma.fields.Integer(required=True)
    offer = ma.fields.Nested(OfferView, required=True)
    lease = ma.fields.Function(
        lambda quote: quote.lease and quote.lease.reference,
        metadata={"type": ["string", "null"], "description": "Reference of the lease that was requested from it."},
    )


class LeaseEntryView(View):
    """A lease in a list; it is in `state` today."""

    reference = ma.fields.String(attribute="lease.reference", required=True)
    member = ma.fields.String(attribute="lease.member.slug", required=True)
    state = ma.fields.Enum(LeaseState, by_value=True, required=True)
    a = ma.fields.String(attribute="lease.from_site.code", required=True, metadata={"description": "Code of a site."})
    z = ma.fields.String(attribute="lease.to_site.code", required=True, metadata={"description": "Code of a site."})
    pairs = ma.fields.Integer(attribute="lease.pairs", required=True)
    starts_on = ma.fields.Date(attribute="lease.starts_on", required=True)
    ends_on = ma.fields.Date(
        attribute="lease.ends_on", allow_none=True, metadata={"description": "First day not charged; null: rolls on."}
    )
    term_months = ma.fields.Integer(attribute="lease.term_months", required=True)
    accepted_on = ma.fields.Date(attribute="lease.accepted_on", allow_none=True)
    annual_pence = ma.fields.Integer(
        attribute="lease.annual_pence", allow_none=True, metadata={"description": "As quoted; null: by the tariff."}
    )


class LeasedSpanView(View):
    """A span on a route of a lease."""

    code = ma.fields.String(required=True)
    metres = ma.fields.Integer(required=True, metadata={"description": "Whole metres that are paid for."})
    pairs = ma.fields.List(ma.fields.Integer(), required=True, metadata={"description": "Numbers of the pairs held."})


class LeaseView(LeaseEntryView):
    """A lease with its routes, and what you can do to it now."""

    quote = ma.fields.Function(
        lambda file: file.lease.quote and file.lease.quote.reference, metadata={"type": ["string", "null"]}
    )
    decision_note = ma.fields.String(
        attribute="lease.decision_note", allow_none=True, metadata={"description": "Why it was refused."}
    )
    routes = ma.fields.List(ma.fields.List(ma.fields.Nested(LeasedSpanView)), required=True)
    actions = ma.fields.Method("_sorted_actions", metadata={"type": "array", "items": {"enum": list(LeaseAction)}})

    def _sorted_actions(self, file: LeaseFile) -> list[str]:
        return sorted(file.actions)


class TariffLineView(View):
    """A price; a `term_factor` has a term and a percentage, every other line an amount."""

    code = ma.fields.String(required=True)
    unit = ma.fields.String(required=True)
    amount_pence = ma.fields.Integer(allow_none=True)
    term_months = ma.fields.Integer(allow_none=True)
    percent = ma.fields.Decimal(as_string=True, allow_none=True)


class TariffView(View):
    """A version of the tariff and of the fee policy, in force from a day on."""

    name = ma.fields.String(required=True)
    effective_from = ma.fields.Date(required=True)
    resolution = ma.fields.String(required=True)
    contributor_percent = ma.fields.Decimal(as_string=True, required=True)
    reserve_percent = ma.fields.Decimal(as_string=True, required=True)
    running_costs_percent = ma.fields.Decimal(as_string=True, required=True)
    duct_share_percent = ma.fields.Decimal(as_string=True, required=True)
    lines = ma.fields.List(ma.fields.Nested(TariffLineView), required=True)


class TariffsView(View):
    """All versions of the tariff, oldest first."""

    items = ma.fields.List(ma.fields.Nested(TariffView), required=True)
