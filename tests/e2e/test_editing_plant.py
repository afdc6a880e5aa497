"""The owner of a span edits it: on the map with the pointer, and without a pointer by typing."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

OFFICER = "assets@irwell-council.example"
SPAN = "AMO-AUD"
PART = "tr[data-span='AMO-AUD.1']"


def test_a_span_is_split_where_it_is_clicked_undone_and_split_again(open_page):
    page = open_page(OFFICER)
    page.goto(f"/plant/edit/spans/{SPAN}/split")
    click_the_middle(page)
    expect(page.locator(".map-drawing p")).to_have_text(
        re.compile(r"^[\d,.]+ m of the line before it, [\d,.]+ m after\.$")
    )
    page.locator("#id").fill("CH-CLICKED")
    page.locator("#name").fill("Clicked chamber")
    page.locator("#kind").select_option("chamber")
    page.get_by_role("button", name="Check the split").click()

    expect(page.get_by_role("heading", name="Check before you save")).to_be_visible()
    expect(page.get_by_role("cell", name="892.7 m")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(PART)).to_be_visible()

    page.get_by_role("button", name=re.compile("^Undo EDT-")).first.click()
    expect(page.locator(PART)).to_have_count(0)
    page.get_by_role("button", name=re.compile("^Redo EDT-")).first.click()
    expect(page.locator(PART)).to_be_visible()
    page.get_by_role("button", name=re.compile("^Undo EDT-")).first.click()


def test_a_line_is_bent_with_the_pointer_and_what_is_not_saved_is_undone_by_keys(open_page):
    page = open_page(OFFICER)
    page.goto(f"/plant/edit/spans/{SPAN}/line")
    ready(page)
    line = page.locator("#line")
    before = line.input_value()
    x, y = bend_of(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 20, steps=6)
    page.mouse.up()

    expect(line).not_to_have_value(before)
    expect(page.locator(".map-drawing p")).to_contain_text("before)")
    bent = line.input_value()
    page.locator(".map-view").focus()
    page.keyboard.press("Control+z")
    expect(line).to_have_value(before)
    page.keyboard.press("Control+y")
    expect(line).to_have_value(bent)


def test_all_of_it_is_typed_on_a_telephone_in_the_dark(open_page):
    page = open_page(OFFICER, scheme="dark", width=375)
    page.goto(f"/plant/edit/spans/{SPAN}/line")
    ready(page)
    line = page.locator("#line")
    places = line.input_value().splitlines()
    line.fill("\n".join([places[0], "SJ 9180 9840", places[-1]]))
    line.blur()
    expect(page.locator(".map-drawing p")).to_contain_text("along the line (")
    page.get_by_label("Length", exact=False).first.fill("")
    page.get_by_role("button", name="Check the change").press("Enter")

    expect(page.get_by_role("heading", name="Check before you save")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Change it").press("Enter")
    expect(page.locator("#line")).to_have_value(re.compile("SJ 9180 9840"))


def ready(page: Page) -> None:
    expect(page.locator("plant-editor")).to_have_attribute("data-state", "ready")
    page.locator(".map-view").scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # the map is drawn in its own time


def click_the_middle(page: Page) -> None:
    ready(page)
    box = page.locator(".map-view").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def bend_of(page: Page) -> tuple[float, float]:
    """Return where the second point of the line is on the screen, by its share of the view, which shows all of it."""
    box = page.locator(".map-view").bounding_box()
    assert box
    lat, lon = (
        [float(words.split(",")[axis]) for words in page.locator("#line").input_value().splitlines()] for axis in (0, 1)
    )
    share = (lat[0] - lat[1]) / (lat[0] - lat[-1])
    top, bottom = 56, box["height"] - 48  # the margins of the view around the whole line
    metres_per_px = (lat[0] - lat[-1]) * 111_300 / (bottom - top)
    middle = (lon[0] + lon[-1]) / 2
    return (
        box["x"] + box["width"] / 2 + (lon[1] - middle) * 66_300 / metres_per_px,
        box["y"] + top + share * (bottom - top),
    )
