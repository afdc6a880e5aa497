"""Contributions: plant proposed, accepted or refused."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.assets.importing import Submission
from cni.operations import browsing, registering
from cni.primitives.errors import refuse_if_any
from cni.schemas.paging import PageQuery, page_of, page_request
from cni.schemas.plant import ContributionView, ProposalQuery, ProposalRequest, ProposalView, RefusalRequest

contributions = Resources(
    "contributions", __name__, url_prefix="/contributions", description="Plant proposed, accepted or refused"
)


@contributions.get("")
@contributions.arguments(PageQuery, location="query")
@contributions.response(200, page_of(ContributionView))
def list_contributions(query: dict[str, Any]) -> Any:
    """List the contributions of your member (staff: all), the newest first."""
    with runtime.reading() as session:
        page = browsing.list_contributions(session, actor(), page_request(query))
    return page_answer(page)


@contributions.post("")
@contributions.arguments(ProposalQuery, location="query")
@contributions.arguments(ProposalRequest)
@contributions.response(201, ProposalView)
@contributions.alt_response(200, schema=ProposalView, description="The dry run found no problem; nothing was saved.")
def propose(query: dict[str, Any], given: tuple[Submission, str | None]) -> Any:
    """Register plant, all of it or nothing; every problem is told with its row and column."""
    submission, note = given
    if query["dry_run"]:
        return _checked(submission), 200
    with runtime.transaction() as session:
        made = registering.propose_plant(
            session, actor(), submission, note, at=runtime.now(), chooser=runtime.chooser()
        )
        file = browsing.find_contribution(session, actor(), made.reference, on=runtime.today())
    spans = [facts.span for facts in file.plant.spans]
    return {
        "dry_run": False,
        "contribution": file.contribution,
        "sites": file.contribution.site_codes,
        "spans": spans,
    }


def _checked(submission: Submission) -> dict[str, Any]:
    with runtime.reading() as session:
        checked = registering.check_plant(session, actor(), submission)
    refuse_if_any(checked.problems)
    sites = [site.code for site in checked.drafts.sites]
    return {"dry_run": True, "contribution": None, "sites": sites, "spans": checked.drafts.spans}


@contributions.get("/<contribution>")
@contributions.response(200, ContributionView)
def find_contribution(contribution: str) -> Any:
    """Find a contribution."""
    return _found(contribution)


@contributions.post("/<contribution>/accept")
@contributions.response(200, ContributionView)
def accept(contribution: str) -> Any:
    """Accept proposed plant: it goes live."""
    with runtime.transaction() as session:
        registering.accept_contribution(session, actor(), contribution, at=runtime.now())
    return _found(contribution)


@contributions.post("/<contribution>/refuse")
@contributions.arguments(RefusalRequest)
@contributions.response(200, ContributionView)
def refuse(given: dict[str, Any], contribution: str) -> Any:
    """Refuse proposed plant, and say why."""
    with runtime.transaction() as session:
        registering.refuse_contribution(session, actor(), contribution, given["reason"], at=runtime.now())
    return _found(contribution)


def _found(contribution: str) -> Any:
    with runtime.reading() as session:
        return browsing.find_contribution(session, actor(), contribution, on=runtime.today()).contribution
