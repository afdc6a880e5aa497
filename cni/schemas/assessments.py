"""The resilience of plant, sites and leases as the API gives it, and what it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import marshmallow as ma
from marshmallow.validate import Length, Range

from cni.operations.assessing import LeaseResilience, PlantAudit, SiteResilience
from cni.operations.foreseeing import Foreseen
from cni.operations.reinforcing import Proposal
from cni.operations.sharing import Share
from cni.primitives.money import half_up
from cni.schemas.reading import Request, View
from cni.topology.failures.exposure import Standing
from cni.topology.failures.simulate import ORDER
from cni.topology.questions import Diversity, Element

NOT_ASKED = "not_asked"
WORDS = {"type": "array", "items": {"type": "string"}, "description": "Each as span:CODE, site:CODE or risk:CODE."}


class CodesView(View):
    """Codes of spans, sites and risk groups."""

    spans = ma.fields.List(ma.fields.String(), required=True)
    sites = ma.fields.List(ma.fields.String(), required=True)
    risks = ma.fields.List(ma.fields.String(), required=True)


class PlantAuditView(View):
    """The audit of the live plant, or how far the worker has come with it."""

    status = ma.fields.String(
        required=True, metadata={"description": "done, waiting, running or failed; not_asked: nobody asked for it yet."}
    )
    percent = ma.fields.Integer(required=True, metadata={"description": "So much of the work is done."})
    spans = ma.fields.Integer(required=True, metadata={"description": "How many spans the plant has."})
    result = ma.fields.Dict(
        keys=ma.fields.String(), allow_none=True, metadata={"description": "As `cni audit --json` prints it."}
    )


class SiteResilienceView(View):
    """What one failure would do to a site."""

    site = ma.fields.String(required=True)
    standing = ma.fields.Enum(
        Standing,
        by_value=True,
        required=True,
        metadata={"description": "By what kind of single failure it is cut off from the core; sound: by none."},
    )
    words = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "The same in sentences."})
    cut_off_by = ma.fields.Nested(CodesView, required=True, metadata={"description": "Each of these alone."})
    cuts_off = ma.fields.List(
        ma.fields.String(), required=True, metadata={"description": "Sites that its own failure cuts off."}
    )


class LeaseResilienceView(View):
    """What a lease relies on: each of these alone takes all of its routes down, as do its ends."""

    lease = ma.fields.String(required=True)
    routes = ma.fields.List(ma.fields.List(ma.fields.String()), required=True)
    diversity = ma.fields.String(
        allow_none=True, required=True, metadata={"description": "Really achieved: span, site or risk; null: none."}
    )
    relies_on = ma.fields.Nested(CodesView, required=True)
    ends = ma.fields.List(ma.fields.String(), required=True)
    down_minutes_a_year = ma.fields.Float(required=True, metadata={"description": "Expected, under `assumptions`."})
    assumptions = ma.fields.List(ma.fields.String(), required=True)


class SharedUseView(View):
    """How many independent members use a span or site; what may not be told is null."""

    code = ma.fields.String(required=True)
    users = ma.fields.Integer(allow_none=True, required=True, metadata={"description": "null: fewer than three."})
    share = ma.fields.Enum(
        Share, by_value=True, allow_none=True, required=True, metadata={"description": "The largest user's, as a band."}
    )
    largest_percent = ma.fields.Integer(allow_none=True, required=True, metadata={"description": "For staff."})
    holders = ma.fields.Function(
        lambda use: [{"member": holder.slug, "pairs": pairs} for holder, pairs in use.holders],
        metadata={
            "type": "array",
            "items": {"type": "object", "properties": {"member": {"type": "string"}, "pairs": {"type": "integer"}}},
            "description": "For staff.",
        },
    )


class CommercialResilienceView(View):
    """The use of every span and site, those that depend on the fewest members first, unused ones last."""

    names_are_told = ma.fields.Boolean(required=True)
    spans = ma.fields.List(ma.fields.Nested(SharedUseView), required=True)
    sites = ma.fields.List(ma.fields.Nested(SharedUseView), required=True)


class FailureRequest(Request):
    """What fails together."""

    cuts = ma.fields.List(
        ma.fields.String(),
        required=True,
        validate=Length(min=1, error="Nothing is to fail."),
        metadata={"label": "What fails", "description": "Each as span:CODE, site:CODE or risk:CODE."},
    )


class FateView(View):
    """What becomes of a lease."""

    lease = ma.fields.String(attribute="hit.lease.reference", required=True)
    becomes = ma.fields.String(
        attribute="hit.becomes",
        required=True,
        metadata={"description": "survives, rerouted (it could be led another way) or lost."},
    )
    ways = ma.fields.List(
        ma.fields.List(ma.fields.String()),
        required=True,
        metadata={"description": "Spans of the routes that it has or could have then: the one in service first."},
    )
    why = ma.fields.Function(
        lambda fate: list(fate.hit.replacement.why) if fate.hit.replacement else [],
        metadata={"type": "array", "items": {"type": "string"}, "description": "Why it is lost."},
    )
    lacks_pairs = ma.fields.Boolean(required=True, metadata={"description": "It is lost for want of free pairs alone."})


class FailureView(View):
    """What things that fail together do. `leases` is null for those who may not read leases."""

    cuts = ma.fields.List(ma.fields.String(), required=True)
    spans = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "Out of service."})
    cut_off = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "Sites, from the core."})
    order = ma.fields.String(required=True, metadata={"description": "Who is led another way before whom."})
    leases = ma.fields.List(
        ma.fields.Nested(FateView),
        allow_none=True,
        required=True,
        metadata={"description": "Your member's, as if nobody else needed the free pairs; for staff everyone's."},
    )


class AgainstRequest(Request):
    """Of what kind the failures are that shall not divide the plant any more."""

    against = ma.fields.Enum(
        Diversity,
        by_value=True,
        load_default=Diversity.SPAN,
        error_messages={"unknown": "That is not a kind of failure."},
        metadata={"remedy": "Ask for span, site or risk."},
    )


class ProposalRequest(AgainstRequest):
    """Which candidates are proposed, and against what; loads to a `Proposal` and a kind."""

    within_m = ma.fields.Float(
        required=True,
        validate=Range(1, 50_000, error="Sites can be proposed that are 1 to 50,000 metres apart."),
        metadata={"label": "The distance", "remedy": "Give metres."},
    )
    pounds_per_metre = ma.fields.Decimal(
        required=True,
        validate=Range(Decimal("0.01"), Decimal(100_000), error="A metre costs £0.01 to £100,000."),
        metadata={"label": "The price a metre", "remedy": "Give pounds, such as 85 or 85.50."},
    )

    @ma.post_load
    def _proposal(self, given: dict[str, Any], **_rest: Any) -> tuple[Proposal, Diversity]:
        return Proposal(given["within_m"], half_up(Fraction(given["pounds_per_metre"]) * 100)), given["against"]


class AdviceRequest(AgainstRequest):
    """Candidates of one's own, and what they shall be good for; loads to CSV and a kind."""

    candidates = ma.fields.String(
        required=True,
        metadata={"label": "The candidates", "description": "CSV with the columns a,z,cost_pence,length_m."},
    )

    @ma.post_load
    def _csv(self, given: dict[str, Any], **_rest: Any) -> tuple[bytes, Diversity]:
        return given["candidates"].encode(), given["against"]


class NewSpanView(View):
    """A span that could be built; `row` is where it stands in the CSV, the header being row 1."""

    row = ma.fields.Integer(required=True)
    a = ma.fields.String(required=True)
    z = ma.fields.String(required=True)
    cost_pence = ma.fields.Integer(required=True)
    length_m = ma.fields.Float(allow_none=True, required=True)


class AdviceView(View):
    """The cheapest of the candidates, what they cure, and what none of them does; no set is below the bound."""

    against = ma.fields.Enum(Diversity, by_value=True, required=True)
    candidates = ma.fields.List(ma.fields.Nested(NewSpanView), attribute="found.chosen", required=True)
    cost_pence = ma.fields.Integer(attribute="found.cost_pence", required=True)
    lower_bound_pence = ma.fields.Integer(attribute="found.lower_bound_pence", required=True)
    proven_optimal = ma.fields.Boolean(attribute="found.proven_optimal", required=True)
    cured = ma.fields.Function(lambda advice: _words(advice.found.cured), metadata=WORDS)
    remaining = ma.fields.Function(
        lambda advice: _words([left.element for left in advice.found.remaining]), metadata=WORDS
    )


def failure_as_answer(foreseen: Foreseen) -> dict[str, Any]:
    """Return what a failure does as `FailureView` takes it."""
    failure = foreseen.failure
    return {
        "cuts": _words(failure.cuts),
        "spans": sorted(failure.spans),
        "cut_off": failure.cut_off,
        "order": ORDER,
        "leases": foreseen.fates,
    }


def _words(elements: Sequence[Element]) -> list[str]:
    return [f"{element.kind}:{element.id}" for element in elements]


def audit_as_answer(audited: PlantAudit) -> dict[str, Any]:
    """Return an audit as `PlantAuditView` takes it."""
    done = audited.document is not None
    status = "done" if done else audited.run.status.value if audited.run else NOT_ASKED
    percent = 100 if done else audited.run.percent if audited.run else 0
    return {"status": status, "percent": percent, "spans": audited.spans, "result": audited.document}


def site_as_answer(found: SiteResilience) -> dict[str, Any]:
    """Return the resilience of a site as `SiteResilienceView` takes it."""
    exposure = found.exposure
    return {
        "site": exposure.site,
        "standing": exposure.standing,
        "words": found.words,
        "cut_off_by": exposure,
        "cuts_off": found.cut_off,
    }


def lease_as_answer(found: LeaseResilience) -> dict[str, Any]:
    """Return the resilience of a lease as `LeaseResilienceView` takes it."""
    relies = found.relies_on
    return {
        "lease": found.lease.reference,
        "routes": found.routes,
        "diversity": relies.diversity,
        "relies_on": relies,
        "ends": relies.ends,
        "down_minutes_a_year": found.availability.minutes_a_year,
        "assumptions": found.availability.assumptions,
    }
