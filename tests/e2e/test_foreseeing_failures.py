"""The Resilience room in a browser: from the map of the audit to what a failure does to leases, and what mends it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

PLANNER, STEWARD = "planner@weft-and-weave.example", "steward@irwell-and-tame.example"
GLOSSOP, ASHTON = "LSE-7FR3", "LSE-3BM4"
"""Leases of the planner's member: along the bridges to Glossop; by two routes from Ashton, through one chamber."""


def test_a_planner_cuts_a_span_on_the_map_and_sees_who_fails(open_page):
    planner = open_page(PLANNER)
    planner.goto("/")
    planner.get_by_role("navigation", name="Main").get_by_role("link", name="Resilience").click()
    expect(planner.get_by_role("heading", name="Network audit")).to_be_visible()
    ready(planner)
    expect(planner.locator(".map-legend")).to_contain_text("Bridge: alone divides the plant")

    find(planner, "Span HAT-EBW")
    expect(planner.locator(".map-details")).to_contain_text("Bridge: alone divides the plant")
    planner.get_by_role("link", name="What if it fails: this span").click()

    expect(planner.get_by_role("checkbox", name="Span HAT-EBW")).to_be_checked()
    row = planner.get_by_role("row").filter(has_text=GLOSSOP)
    expect(row).to_contain_text("Fails: no other way")
    expect(planner.get_by_role("region", name="The sites that are cut off")).to_contain_text("Glossop")


def test_several_things_fail_together_and_the_address_says_which(open_page):
    planner = open_page(PLANNER)
    planner.goto("/resilience/what-if?cut=span:AOBN-AWE")
    expect(planner.get_by_role("row").filter(has_text=ASHTON)).to_contain_text("Survives")

    planner.get_by_label("A risk group").select_option("risk:CH-MEDLOCK")
    planner.get_by_role("button", name="Show again").click()
    planner.wait_for_url("**/what-if?cut=span:AOBN-AWE&cut=risk:CH-MEDLOCK*")
    expect(planner.get_by_role("row").filter(has_text=ASHTON)).not_to_contain_text("Survives")

    planner.get_by_role("checkbox", name="Span AOBN-AWE").uncheck()
    planner.get_by_role("button", name="Show again").click()
    planner.wait_for_url("**/what-if?cut=risk:CH-MEDLOCK*")


def test_the_cheapest_of_proposed_spans_is_drawn_and_priced(open_page):
    steward = open_page(STEWARD)
    steward.goto("/resilience/reinforcement")
    steward.get_by_label("At most so far apart").fill("6000")
    steward.get_by_label("Price a metre").fill("90")
    steward.get_by_role("button", name="Propose and advise").click()

    expect(steward.get_by_text("Indicative only").last).to_be_visible()
    ready(steward)
    expect(steward.locator(".map-legend")).to_contain_text("Span to build")
    expect(steward.get_by_role("region", name="The cheapest spans to build").get_by_role("row").last).to_contain_text(
        "£"
    )


def ready(page: Page) -> None:
    expect(page.locator("plant-map")).to_have_attribute("data-state", "ready")


def find(page: Page, words: str) -> None:
    page.get_by_label("Find").fill(words)
    page.get_by_label("Find").press("Enter")
