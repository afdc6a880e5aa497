"""The map as it is where there is too much plant to send at once: drawn from tiles, each thing asked for by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import serving
from tests.e2e.test_every_page import faults_of

PLANNER, STEWARD = "planner@pennine-wave.example", "steward@irwell-and-tame.example"
DRAWN_PX = """map => [...map.querySelectorAll('canvas')].reduce((sum, canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return sum + data.filter((value, at) => at % 4 === 3 && value > 0).length;
}, 0)"""
"""How many pixels of a map something is drawn on."""


@pytest.fixture(scope="module")
def server(settings):
    """The demonstration co-op, whose map draws tiles."""
    with serving(settings | {"CNI_TILES_FROM_SPANS": "1"}) as address:
        yield address


def open_map(open_page, email: str, **how: object) -> Page:
    """Open the map, and wait for its first tile."""
    page = open_page(email, **how)
    with page.expect_response(lambda answer: ".mvt" in answer.url and answer.ok):
        page.goto("/map")
    expect(page.locator("plant-map")).to_have_attribute("data-state", "ready")
    return page


@pytest.mark.parametrize("email", [PLANNER, STEWARD])
def test_plant_is_drawn_from_tiles(open_page, email):
    page = open_map(open_page, email)

    page.wait_for_function(f"({DRAWN_PX})(document.querySelector('plant-map')) > 1000")


def test_a_thing_is_found_by_its_name_and_told_in_words(open_page):
    page = open_map(open_page, PLANNER)
    page.get_by_label("Find").fill("Stockport")
    page.get_by_label("Find").press("Enter")

    details = page.locator(".map-details")
    expect(details).to_contain_text("STO")
    details.get_by_role("link").first.click()
    expect(page).to_have_url("/plant/sites/STO")


def test_what_is_under_the_cross_is_told_by_keyboard(open_page):
    page = open_map(open_page, PLANNER)
    page.get_by_label("Find").fill("Stockport")
    page.get_by_label("Find").press("Enter")
    expect(page.locator(".map-details")).to_contain_text("STO")
    page.get_by_label("Find").fill("")
    page.get_by_role("application").press("Enter")

    expect(page.locator(".map-details")).to_contain_text("STO")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 375)])
def test_the_map_with_tiles_is_accessible(open_page, scheme, width):
    page = open_map(open_page, PLANNER, scheme=scheme, width=width)
    assert faults_of(page) == []

    page.get_by_label("Find").fill("Stockport")
    page.get_by_label("Find").press("Enter")
    expect(page.locator(".map-details")).to_contain_text("STO")
    assert faults_of(page) == []
