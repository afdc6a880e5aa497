"""The first job: a council's asset officer registers fibre, and the network steward accepts it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

SAMPLES = Path(__file__).parents[2] / "demonstration" / "sample-uploads"
OFFICER, STEWARD = "assets@irwell-council.example", "steward@irwell-and-tame.example"
PLANNER = "planner@pennine-wave.example"
STOCKPORT, ON_THE_WAY, WYTHENSHAWE = (0.502, 0.770), (0.43, 0.85), (0.358, 0.852)
"""Where places stand on the map as it opens, as parts of its width and height."""


def test_a_file_is_checked_registered_accepted_and_then_on_the_map(open_page):
    officer = open_page(OFFICER)
    bring(officer, SAMPLES / "four-new-spans.csv")
    expect(officer.get_by_role("heading", name="Check four-new-spans.csv")).to_be_visible()
    officer.get_by_role("button", name="Bring it in").click()
    reference = officer.get_by_text(re.compile("^CON-")).inner_text().split()[0]

    planner = open_page(PLANNER)
    assert planner.goto("/plant/spans/MID-OLD").status == 404  # not live yet

    steward = open_page(STEWARD)
    steward.get_by_role("link", name="Decide on 4 spans").click()
    expect(steward.get_by_role("heading", name=f"Contribution {reference}")).to_be_visible()
    steward.get_by_role("button", name="Accept: put it live").click()
    expect(steward.get_by_text("live", exact=False).first).to_be_visible()

    assert planner.goto("/plant/spans/MID-OLD").status == 200
    expect(planner.get_by_role("heading", name="MID-OLD")).to_be_visible()


def test_a_messy_file_shows_each_mistake_with_its_row_and_saves_nothing(open_page):
    officer = open_page(OFFICER)
    bring(officer, SAMPLES / "messy.csv")

    problems = officer.get_by_role("region", name="6 problems to mend; nothing was saved")
    for row in range(3, 9):
        expect(problems.get_by_role("cell", name=str(row), exact=True)).to_be_visible()


def test_a_span_is_typed_in_by_grid_reference(open_page):
    officer = open_page(OFFICER)
    officer.goto("/plant/register/type")
    officer.get_by_label("It begins at", exact=True).select_option("AOB")
    officer.get_by_text("It ends at a new site").click()
    officer.locator("#z_id").fill("CH-TYPED")
    officer.locator("#z_name").fill("Typed chamber")
    officer.locator("#z_kind").select_option("chamber")
    officer.locator("#z_where").fill("SJ 935 990")
    officer.get_by_label("Id of the span").fill("AOB-TYPED")
    officer.get_by_label("Fibres", exact=True).fill("48")
    officer.get_by_role("button", name="Check the span").click()

    expect(officer.get_by_role("heading", name="Check before you register")).to_be_visible()
    officer.get_by_role("button", name="Register these 1 span and 1 site").click()
    expect(officer.get_by_role("heading", name="Contribution CON-")).to_be_visible()


def test_a_span_is_drawn_on_the_map(open_page):
    officer = open_page(OFFICER)
    officer.goto("/plant/register/draw")
    expect(officer.locator("plant-map")).to_have_attribute("data-state", "ready")
    for place in (STOCKPORT, ON_THE_WAY, WYTHENSHAWE):
        click_on_map(officer, place)

    expect(officer.get_by_label("It begins at", exact=True)).to_have_value("STO")
    expect(officer.get_by_label("It ends at", exact=True)).to_have_value("WYT")
    expect(officer.get_by_label("The line")).to_have_value(re.compile(r"^LINESTRING \((\S+ \S+, ){2}\S+ \S+\)$"))
    officer.get_by_label("Id of the span").fill("STO-WYT-DRAWN")
    officer.get_by_label("Fibres", exact=True).fill("96")
    officer.get_by_role("button", name="Check the span").click()
    expect(officer.get_by_role("heading", name="Check before you register")).to_be_visible()


def test_what_is_missing_is_named_with_a_link_to_its_field(open_page):
    officer = open_page(OFFICER)
    officer.goto("/plant/register/type")
    officer.get_by_role("button", name="Check the span").click()

    expect(officer).to_have_title(re.compile("^Error: "))
    summary = officer.get_by_role("alert").first
    expect(summary).to_be_focused()
    summary.get_by_role("link").first.click()
    expect(officer.locator("input:focus, select:focus")).to_have_count(1)


def bring(page: Page, path: Path) -> None:
    page.goto("/plant/register/upload")
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_role("button", name="Look into the file").click()


def click_on_map(page: Page, place: tuple[float, float]) -> None:
    box = page.locator("plant-map .ol-viewport").bounding_box()
    assert box
    page.mouse.click(box["x"] + place[0] * box["width"], box["y"] + place[1] * box["height"])
    page.wait_for_timeout(400)  # two quick clicks are one double click, which ends a line
