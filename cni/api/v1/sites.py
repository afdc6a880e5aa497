"""Live sites."""

from __future__ import annotations

from typing import Any

from flask import request

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.operations import browsing, labelling
from cni.operations.labelling import Label
from cni.primitives.paging import Page
from cni.schemas.disclosures import LabelRequest
from cni.schemas.paging import PageQuery, page_of, page_request
from cni.schemas.plant import SiteView, shown_site

sites = Resources("sites", __name__, url_prefix="/sites", description="Places where plant meets or ends")


@sites.get("")
@sites.arguments(PageQuery, location="query")
@sites.response(200, page_of(SiteView))
def list_sites(query: dict[str, Any]) -> Any:
    """List the live sites, by code."""
    with runtime.seeing(actor(), request.path) as (session, sight):
        page = browsing.list_sites(session, actor(), page_request(query))
        shown = [shown_site(site, sight) for site in page.items]
    return page_answer(Page(shown, page.next))


@sites.get("/<path:site>")
@sites.response(200, SiteView)
def find_site(site: str) -> Any:
    """Find a site by its code."""
    return _found(site)


@sites.post("/<path:site>/label")
@sites.arguments(LabelRequest)
@sites.response(200, SiteView)
def label_site(label: Label, site: str) -> Any:
    """Say what is told of a site of yours on a request for information, and why."""
    with runtime.transaction() as session:
        labelling.label_site(session, actor(), site, label, at=runtime.now())
    return _found(site)


def _found(site: str) -> Any:
    with runtime.seeing(actor(), request.path) as (session, sight):
        return shown_site(browsing.find_site(session, actor(), site, on=runtime.today()).site, sight)
