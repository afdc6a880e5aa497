"""What failures would do: to the plant, a site, a lease; on how many members plant depends; what would mend it."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.operations import assessing, foreseeing, reinforcing, sharing
from cni.schemas.assessments import (
    AdviceRequest,
    AdviceView,
    CommercialResilienceView,
    FailureRequest,
    FailureView,
    LeaseResilienceView,
    PlantAuditView,
    SiteResilienceView,
    audit_as_answer,
    failure_as_answer,
    lease_as_answer,
    site_as_answer,
)
from cni.topology.questions import Diversity

resilience = Resources("resilience", __name__, url_prefix="/resilience", description="What failures would do")


@resilience.get("/audit")
@resilience.response(200, PlantAuditView)
def find_audit() -> Any:
    """Find where a single failure would divide the plant; of a large plant, how far the audit has come."""
    return _audit_as_it_stands()


@resilience.post("/audit")
@resilience.response(202, PlantAuditView)
def request_audit() -> Any:
    """Ask the worker for an audit of the plant, which a small one does not need; once is enough."""
    with runtime.transaction() as session:
        assessing.request_audit(session, actor(), at=runtime.now())
    return _audit_as_it_stands()


@resilience.get("/sites/<path:site>")
@resilience.response(200, SiteResilienceView)
def find_site_resilience(site: str) -> Any:
    """Find what one failure would do to a site, and what its own would do to others."""
    with runtime.reading() as session:
        return site_as_answer(assessing.assess_site(session, actor(), site))


@resilience.get("/leases/<lease>")
@resilience.response(200, LeaseResilienceView)
def find_lease_resilience(lease: str) -> Any:
    """Find what a lease relies on, and how available that makes it."""
    with runtime.reading() as session:
        return lease_as_answer(assessing.assess_lease(session, actor(), lease))


@resilience.post("/what-if")
@resilience.arguments(FailureRequest)
@resilience.response(200, FailureView)
def foresee_failure(given: dict[str, Any]) -> Any:
    """Tell what becomes of sites and leases if things fail together. Nothing is kept."""
    with runtime.reading() as session:
        return failure_as_answer(foreseeing.what_if(session, actor(), given["cuts"], on=runtime.today()))


@resilience.post("/reinforcement")
@resilience.arguments(AdviceRequest)
@resilience.response(200, AdviceView)
def advise(given: tuple[bytes, Diversity]) -> Any:
    """Choose the cheapest candidates after which no single failure divides the plant. Nothing is kept."""
    candidates, against = given
    with runtime.reading() as session:
        return reinforcing.advise(session, actor(), candidates, against)


@resilience.get("/commercial")
@resilience.response(200, CommercialResilienceView)
def find_commercial_resilience() -> Any:
    """Find on how many independent members each span and site depends, as far as you may see it."""
    with runtime.reading() as session:
        return sharing.commercial_resilience(session, actor(), on=runtime.today())


def _audit_as_it_stands() -> dict[str, Any]:
    with runtime.reading() as session:
        return audit_as_answer(assessing.audit_plant(session, actor(), on=runtime.today()))
