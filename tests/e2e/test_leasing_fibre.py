"""The second job: a planner finds two diverse routes, sees their price, requests the lease, and it becomes active."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

PLANNER, STEWARD = "planner@pennine-wave.example", "steward@irwell-and-tame.example"
COMPETITOR = "planner@spindle.example"


def test_a_diverse_lease_from_the_search_to_its_acceptance(open_page):
    planner, steward = open_page(PLANNER), open_page(STEWARD)

    search(planner, "AOB", "MSP")
    expect(planner.get_by_role("heading", name="Two routes from Ashton Old Baths")).to_be_visible()
    expect(planner.locator("#answer").get_by_text("Medlock chamber").first).to_be_visible()
    expect(planner.get_by_text("25,469 m × 1 pair × £0.60 a metre and year")).to_be_visible()
    expect(planner.locator("plant-map")).to_have_attribute("data-state", "ready")

    planner.get_by_role("button", name="Get a quote").click()
    expect(planner.get_by_role("heading", name="Quote QUO-").first).to_be_visible()
    quote = planner.url.rsplit("/", 1)[1]
    planner.get_by_role("button", name="Request the lease").click()
    expect(planner.get_by_role("heading", name="Lease LSE-").first).to_be_visible()
    lease = planner.url.rsplit("/", 1)[1]
    expect(planner.get_by_text("requested", exact=False).first).to_be_visible()

    steward.goto(f"/leases/{lease}")
    steward.get_by_role("button", name="Approve").click()
    expect(steward.get_by_text("reserved", exact=False).first).to_be_visible()

    planner.reload()
    planner.locator("summary", has_text="Accept the fibre").click()
    planner.get_by_role("button", name="Accept the fibre").click()
    expect(planner.locator(".status").first).to_have_text(re.compile("accepted", re.IGNORECASE))

    competitor = open_page(COMPETITOR)
    assert competitor.goto(f"/leases/{lease}").status == 404
    assert competitor.goto(f"/quotes/{quote}").status == 404


def test_where_there_are_no_such_routes_what_blocks_them_is_named(open_page):
    planner = open_page(PLANNER)
    search(planner, "AOB", "GLO")

    expect(planner.get_by_role("heading", name="No such routes from Ashton Old Baths to Glossop")).to_be_visible()
    expect(planner.get_by_role("cell", name="EBW-EBE").first).to_be_visible()
    expect(planner.get_by_role("button", name="Get a quote")).to_have_count(0)


def test_a_request_is_refused_with_a_reason_that_its_user_reads(open_page):
    planner, steward = open_page(PLANNER), open_page(STEWARD)
    search(planner, "STO", "WYT")
    planner.get_by_role("button", name="Get a quote").click()
    planner.get_by_role("button", name="Request the lease").click()
    lease = planner.url.rsplit("/", 1)[1]

    steward.goto(f"/leases/{lease}")
    steward.locator("summary", has_text="Refuse").click()
    steward.get_by_label("Reason").fill("The chamber at Stockport is full.")
    steward.get_by_role("button", name="Refuse").click()

    planner.goto(f"/leases/{lease}")
    expect(planner.get_by_text("The chamber at Stockport is full.").first).to_be_visible()


def search(page: Page, start: str, end: str) -> None:
    page.goto("/routes")
    page.get_by_label("From", exact=True).select_option(start)
    page.get_by_label("To", exact=True).select_option(end)
    page.get_by_label("Two routes, no shared site").check()
    page.get_by_role("button", name="Find routes").click()
