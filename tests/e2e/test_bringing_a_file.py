"""A council's asset officer brings a Shapefile in British National Grid, and a table of grid references."""

from __future__ import annotations

import warnings
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.test_every_page import faults_of
from tests.imports import make_plant, pack, write

OFFICER = "assets@irwell-council.example"


def test_a_shapefile_without_its_projection_is_led_to_the_map_brought_in_and_undone(open_page, tmp_path):
    with warnings.catch_warnings(action="ignore"):  # a Shapefile cuts the names of its columns
        files = write(make_plant(12, prefix="WIZ-"), "ESRI Shapefile", "shp", "EPSG:27700")
    path = tmp_path / "fibre.zip"
    path.write_bytes(pack({name: data for name, data in files.items() if not name.endswith(".prj")}))
    officer, faults = open_page(OFFICER), []

    bring(officer, path)
    expect(officer.get_by_role("heading", name="What is in fibre.zip")).to_be_visible()
    faults += faults_of(officer)
    officer.get_by_role("button", name="Continue").click()
    expect(officer.get_by_role("heading", name="Columns of fibre.zip")).to_be_visible()
    faults += faults_of(officer)
    officer.get_by_role("button", name="Continue").click()
    expect(officer.get_by_role("heading", name="Coordinates of fibre.zip")).to_be_visible()
    expect(officer.locator("plant-map")).to_have_attribute("data-state", "ready")
    faults += faults_of(officer)
    officer.get_by_label("British National Grid (EPSG:27700)", exact=True).check()
    officer.get_by_role("button", name="Continue").click()
    expect(officer.get_by_text("Nothing is wrong with this, and nothing is saved yet.")).to_be_visible()
    expect(officer.locator("plant-map")).to_have_attribute("data-state", "ready")
    faults += faults_of(officer)
    officer.get_by_role("button", name="Bring it in").click()
    expect(officer.get_by_text("12 new, 0 changed, 0 as they were")).to_be_visible()
    faults += faults_of(officer)
    officer.locator("summary", has_text="Undo the import").click()
    officer.get_by_role("button", name="Undo the import").click()
    expect(officer.get_by_text("What it brought is gone", exact=False).first).to_be_visible()

    assert faults == []


def test_a_table_of_grid_references_says_its_columns_and_is_checked_on_a_telephone(open_page, tmp_path):
    path = tmp_path / "chambers.csv"
    path.write_text(
        "Chamber,Title,NGR\nGR-1,Demonstration chamber 1,SJ 8440 9850\nGR-2,Demonstration chamber 2,SJ 8450 9830\n"
    )
    officer = open_page(OFFICER, scheme="dark", width=375)

    bring(officer, path)
    expect(officer.get_by_role("heading", name="Columns of chambers.csv")).to_be_visible()
    officer.get_by_label("Chamber", exact=True).select_option("id")
    officer.get_by_label("Kind of a site").select_option("chamber")
    assert faults_of(officer) == []
    officer.get_by_role("button", name="Continue").click()
    expect(officer.get_by_role("heading", name="Check chambers.csv")).to_be_visible()
    expect(officer.locator("[data-site='GR-1']")).to_be_visible()
    assert faults_of(officer) == []


def bring(page: Page, path: Path) -> None:
    page.goto("/plant/register/upload")
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_role("button", name="Look into the file").click()
