"""Bringing a file in a browser without JavaScript: a question a page, a check, the import, and back again."""

from __future__ import annotations

import io
import re
from pathlib import Path
from threading import BoundedSemaphore
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from cni.assets.imports.records import ImportRow, Upload
from cni.assets.models import Contribution, Span
from cni.formats import cage
from cni.members.policy import Role
from cni.web import imports as wizard
from cni.web.import_pages import PROBLEMS_SHOWN, ROWS_SHOWN
from tests.browser import Browser
from tests.factories import make_contribution, make_member, make_person, make_site, make_span
from tests.imports import make_plant, pack, write

pytestmark = pytest.mark.filterwarnings("ignore:Normalized")  # a Shapefile cuts the names of its columns

UPLOADS = Path(__file__).parents[3] / "demonstration" / "sample-uploads"
HEADER = "id,a,z,fibres"


@pytest.fixture
def council(session):
    return make_member(session, "irwell-council", roles="contributor")


@pytest.fixture
def officer(client, session, council):
    live = make_contribution(session)
    make_site(session, "AAA", live, longitude=-2.24, latitude=53.48)
    make_site(session, "BBB", live, longitude=-2.23, latitude=53.48)
    return client.sign_in_as(make_person(session, council, Role.ASSET_OFFICER))


def bring(browser, data, name="spans.csv"):
    """Send a file from the first page, and go where it leads."""
    data = data.encode() if isinstance(data, str) else data
    return browser.post("/plant/register/upload", data={"file": (io.BytesIO(data), name)}, follow_redirects=True)


def rows(*lines, header=HEADER):
    return "\r\n".join([header, *lines])


def here(page):
    """The address of a page, with its query."""
    return page.request.full_path.rstrip("?")


def step(page):
    return page.request.path.rsplit("/", 1)[1]


def answer(browser, page, **fields):
    """Fill in the form of a page, and go where it leads."""
    return browser.post(here(page), data=fields, follow_redirects=True)


def apply(browser, page, **fields):
    return browser.post(here(page).replace("/check", "/apply"), data=fields, follow_redirects=True)


def spans_saved(session):
    session.expire_all()
    return session.scalar(select(func.count(Span.id)))


def test_a_file_in_our_own_columns_leads_straight_to_the_check_and_saves_nothing_yet(officer, session):
    page = bring(officer, rows("S1,AAA,BBB,48", "S2,aaa,BBB,24"))
    assert step(page) == "check"
    assert "Nothing is wrong with this" in page.text
    assert 'data-span="S1"' in page.text
    assert spans_saved(session) == 0


def test_what_was_checked_is_brought_in_whole_and_waits_for_the_steward(officer, session):
    done = apply(officer, bring(officer, rows("S1,AAA,BBB,48", "S2,AAA,BBB,24")))
    reference = session.scalar(select(Contribution.reference).where(Contribution.member_id.is_not(None)))
    assert "2 new, 0 changed, 0 as they were" in done.text
    assert f"/contributions/{reference}" in done.text
    assert spans_saved(session) == 2


def test_an_import_is_undone_whole_and_says_so(officer, session):
    done = apply(officer, bring(officer, rows("S1,AAA,BBB,48")))
    undone = officer.post(f"{done.request.path}/undo", follow_redirects=True)
    assert "What it brought is gone" in undone.text
    assert spans_saved(session) == 0
    assert officer.post(f"{done.request.path}/undo").status_code == 409


def test_an_import_that_something_rests_on_is_not_undone_and_the_page_names_what(officer, session):
    done = apply(officer, bring(officer, rows("S1,AAA,BBB,48")))
    session.scalars(select(Span)).one().fibres = 96
    session.flush()
    refused = officer.post(f"{done.request.path}/undo")
    assert refused.status_code == 409
    assert "It cannot be undone" in refused.text
    assert "S1" in refused.text
    assert spans_saved(session) == 1


def test_columns_of_other_names_are_shown_with_their_first_values_and_a_guess(officer):
    page = bring(officer, rows("X1,AAA,BBB,48,note", header="SPAN_REF,from,to,cores,remark"))
    assert step(page) == "columns"
    assert "X1" in page.text
    assert '<option value="fibres" selected>' in page.text


def test_columns_are_said_once_and_remembered_for_the_next_file(officer):
    data = rows("X1,AAA,BBB,48", header="Kabel,from,to,Adern")
    first = bring(officer, data)
    names = ["Kabel", "from", "to", "Adern"]
    checked = answer(officer, first, column=names, guess=["", "a", "z", ""], field=["id", "a", "z", "fibres"])
    assert step(checked) == "check"
    apply(officer, checked)
    again = bring(officer, data.replace("X1", "X2"))
    assert '<option value="id" selected>' in again.text
    assert '<option value="fibres" selected>' in again.text


def test_two_columns_that_are_said_to_be_one_field_are_refused_and_stay_as_chosen(officer):
    page = bring(officer, rows("X1,AAA,BBB,48", header="one,from,to,two"))
    names = ["one", "from", "to", "two"]
    refused = officer.post(here(page), data={"column": names, "guess": [""] * 4, "field": ["id", "a", "z", "id"]})
    assert refused.status_code == 422
    assert "one and two are both said to be" in refused.text
    assert refused.text.count('<option value="id" selected>') == 2


def test_a_column_left_out_stays_out_though_its_name_fits(officer):
    page = bring(officer, rows("X1,AAA,BBB,48,99999", header="code,from,to,cores,length"))
    names = ["code", "from", "to", "cores", "length"]
    fields = ["id", "a", "z", "fibres", "length_m"]
    checked = answer(officer, page, column=names, guess=fields, field=[*fields[:4], ""])
    assert "left out: length" in checked.text
    assert "664 m" in checked.text  # measured: 0.01° of longitude at 53.48° north


def test_a_column_that_is_said_to_be_the_id_takes_it_from_the_one_that_was_guessed(officer):
    page = bring(officer, rows("GR-1,First,SJ 8440 9850", header="Chamber,Title,NGR"))
    assert re.search(r'value="Title"><input type="hidden" name="guess" value="id"', page.text)
    names = ["Chamber", "Title", "NGR"]
    chosen = {"column": names, "guess": ["", "id", "grid_ref"], "field": ["id", "id", "grid_ref"]}
    checked = answer(officer, page, **chosen, kind="chamber")
    assert step(checked) == "check"
    assert re.search(r'data-site="GR-1".*First', checked.text)


def test_what_rows_do_not_say_may_be_said_for_all(officer):
    page = bring(officer, rows("X1,AAA,BBB", header="code,from,to"))
    fields = ["id", "a", "z"]
    checked = answer(officer, page, column=["code", "from", "to"], guess=fields, field=fields, fibres="48")
    assert step(checked) == "check"
    assert "Nothing is wrong with this" in checked.text


def shapefile(plant, crs="EPSG:27700", prj=True):
    files = write(plant, "ESRI Shapefile", "shp", crs)
    return pack({name: data for name, data in files.items() if prj or not name.endswith(".prj")})


def test_a_shapefile_in_national_grid_is_led_through_layers_and_brought_in(officer, session):
    page = bring(officer, shapefile(make_plant(12)), "fibre.zip")
    assert step(page) == "layers"
    assert "EPSG:27700" in page.text
    after = answer(officer, page, layers=["sites", "spans"])
    while step(after) == "columns":  # a Shapefile cuts names to ten letters: they are shown, and guessed
        after = pass_columns(officer, after)
    assert step(after) == "check"
    assert "British National Grid" in after.text
    assert "12" in apply(officer, after).text
    assert spans_saved(session) == 12


def pass_columns(browser, page):
    """Take the guesses of the page of columns."""
    names = re.findall(r'name="column" value="([^"]*)"', page.text)
    guesses = re.findall(r'name="guess" value="([^"]*)"', page.text)
    return answer(browser, page, column=names, guess=guesses, field=guesses)


def test_a_file_that_does_not_say_its_system_is_a_question_with_a_map_for_each_answer(officer, session):
    page = bring(officer, shapefile(make_plant(4), prj=False), "fibre.zip")
    page = answer(officer, page, layers=["sites", "spans"])
    while step(page) == "columns":
        page = pass_columns(officer, page)
    assert step(page) == "coordinates"
    assert page.status_code == 200
    assert "does not say in which reference system" in page.text
    assert "British National Grid (EPSG:27700)" in page.text
    assert "Outside the United Kingdom" in page.text  # read as longitudes and latitudes
    assert "<plant-map" in page.text
    assert officer.post(here(page), data={}).status_code == 422
    checked = answer(officer, page, crs="EPSG:27700")
    assert step(checked) == "check"
    apply(officer, checked)
    assert spans_saved(session) == 4


@pytest.mark.parametrize("said", ["EPSG:0", "EPSG:99999999", "nowhere"])
def test_a_reference_system_that_nobody_knows_is_asked_for(officer, said):
    page = bring(officer, shapefile(make_plant(4), prj=False), "fibre.zip")
    while step(page) != "coordinates":
        page = pass_columns(officer, page) if step(page) == "columns" else answer(officer, page, layers=["spans"])

    asked = officer.get(f"{here(page)}&crs={said}")

    assert asked.status_code == 200
    assert "British National Grid (EPSG:27700)" in asked.text
    assert said in asked.text


def test_no_layer_is_a_problem_in_a_sentence(officer):
    page = bring(officer, shapefile(make_plant(2)), "fibre.zip")
    refused = officer.post(here(page), data={})
    assert refused.status_code == 422
    assert "No layer is taken." in refused.text


def test_every_problem_of_the_messy_sample_stands_in_the_table_with_its_row_and_its_remedy(officer, session):
    page = bring(officer, (UPLOADS / "messy.csv").read_bytes(), "messy.csv")
    assert "20 reserved and 10 offered pairs need 60 fibres; the cable has 48." in page.text
    assert "Bring it in" not in page.text
    assert apply(officer, page).status_code == 422
    assert spans_saved(session) == 0
    assert session.scalar(select(func.count(ImportRow.id))) == 0


def test_the_rows_with_problems_come_as_a_file_to_mend_and_bring_again(officer):
    page = bring(officer, rows("S1,AAA,BBB,48", "S2,AAA,NOWHERE,48"))
    file = officer.get(here(page).replace("/check", "/failed-rows.csv"))
    assert file.mimetype == "text/csv"
    assert "S2" in file.text
    assert "S1" not in file.text
    mended = file.text.replace("NOWHERE,", "BBB,", 1)
    again = bring(officer, mended, "rows-to-mend.csv")
    while step(again) == "columns":
        again = pass_columns(officer, again)
    assert "Nothing is wrong with this" in again.text


def test_the_whole_file_can_be_mended_so_that_no_good_row_is_lost(officer):
    page = bring(officer, rows("S1,AAA,BBB,48", "S2,AAA,NOWHERE,48"))
    assert "1 of 2 rows are good; none was brought in" in page.text
    file = officer.get(here(page).replace("/check", "/file-to-mend.csv"))
    assert [line.split(",")[0] for line in file.text.splitlines()] == ["id", "S1", "S2"]


def test_a_note_for_the_steward_comes_with_the_file(officer, session):
    page = bring(officer, rows("S1,AAA,BBB,48"))
    refused = apply(officer, page, note="x" * 2001)
    assert (refused.status_code, spans_saved(session)) == (422, 0)
    assert "2,000 are kept at most" in refused.text
    apply(officer, page, note="Surveyed in May.")
    assert "Surveyed in May." in session.scalars(select(Contribution.note).order_by(Contribution.id.desc())).first()


def test_many_problems_are_paged(officer):
    page = bring(officer, rows(*(f"S{n},AAA,NOWHERE,48" for n in range(PROBLEMS_SHOWN + 5))))
    assert f"{PROBLEMS_SHOWN + 5} problems to mend; nothing was saved" in page.text
    assert f"S{PROBLEMS_SHOWN + 4}" not in page.text
    assert "Page 1 of 2" in page.text
    second = officer.get(f"{urlsplit(here(page)).path}?page=2")
    assert "Page 2 of 2" in second.text


def test_who_finds_too_many_files_being_read_is_told_when_to_come_back(officer, monkeypatch):
    monkeypatch.setattr(cage, "READERS", BoundedSemaphore(1))
    monkeypatch.setattr(cage, "MOST_SECONDS_IN_LINE", 0.01)
    cage.ANSWERS.forget()
    with cage.READERS:
        page = bring(officer, rows("S1,AAA,BBB,48"))
    assert (page.status_code, page.headers["Retry-After"]) == (503, "60")
    assert "Try again in a minute" in page.text


def test_each_table_of_a_long_check_has_pages_of_its_own_and_the_map_stays(officer):
    page = bring(officer, rows(*(f"S{n},AAA,BBB,48" for n in range(ROWS_SHOWN + 5))))
    assert page.text.count("<tr data-span=") == ROWS_SHOWN
    following = officer.get(f"{urlsplit(here(page)).path}?spans_page=2")
    assert following.text.count("<tr data-span=") == 5
    assert all(text in following.text for text in ("Page 2 of 2", 'id="map-data"', "Bring it in", "First page"))
    done = apply(officer, page)
    assert "Page 1 of 2" in done.text
    assert f"S{ROWS_SHOWN + 4}" in officer.get(f"{done.request.path}?page=2").text


def test_a_file_over_what_stands_shows_before_and_after_and_changes_it(officer, session, council):
    live = make_contribution(session, council)
    a, z = make_site(session, "CCC", live, longitude=-2.22), make_site(session, "DDD", live, longitude=-2.21)
    span = make_span(session, "OLD", a, z, council)
    before = span.fibres
    page = bring(officer, rows(f"OLD,CCC,DDD,{before + 48}"))
    assert "Differences from what stands" in page.text
    assert f"<td>{before}</td><td>{before + 48}</td>" in page.text
    done = apply(officer, page)
    session.expire_all()
    assert "0 new, 1 changed" in done.text
    assert session.scalar(select(Span.fibres).where(Span.code == "OLD")) == before + 48


def test_a_file_that_touches_anothers_plant_is_forbidden_and_the_ids_are_named(officer, session):
    other = make_member(session, "other")
    live = make_contribution(session, other)
    a, z = make_site(session, "EEE", live, longitude=-2.22), make_site(session, "FFF", live, longitude=-2.21)
    make_span(session, "THEIRS", a, z, other)
    page = bring(officer, rows("THEIRS,EEE,FFF,96"))
    assert page.status_code == 403
    assert "THEIRS" in page.text


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"", "spans.csv", "The file is empty."),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "photo.png", "neither map data nor text"),
        (b"%PDF-1.7", "plan.pdf", "a PDF"),
        (b'{"type": "FeatureCollection", "features": [', "spans.geojson", "cannot be read"),
        (b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><kml/>", "bomb.kml", "entities"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_field_and_not_kept(officer, session, data, name, sentence):
    refused = bring(officer, data, name)
    assert refused.status_code == 422
    assert 'href="#file"' in refused.text
    assert sentence in refused.text
    assert session.scalar(select(func.count(Upload.id))) == 0


def test_no_file_is_a_problem_in_a_sentence(officer):
    refused = officer.post("/plant/register/upload", data={})
    assert refused.status_code == 422
    assert "No file was chosen." in refused.text


def test_another_members_file_and_import_do_not_exist(officer, session, app):
    page = bring(officer, rows("S1,AAA,BBB,48"))
    done = apply(officer, page)
    stranger = make_person(session, make_member(session, "stranger", roles="contributor"), Role.ASSET_OFFICER)
    other = Browser(app).sign_in_as(stranger)
    for name in ("layers", "columns", "coordinates", "check", "failed-rows.csv", "file-to-mend.csv"):
        assert other.get(here(page).replace("/check", f"/{name}")).status_code == 404
    assert other.post(here(page).replace("/check", "/apply")).status_code == 404
    assert other.get(done.request.path).status_code == 404
    assert "IMP-" not in other.get("/imports").text


def test_a_planner_may_bring_nothing(client, session, council):
    planner = client.sign_in_as(make_person(session, council, Role.PLANNER))
    assert planner.get("/imports").status_code == 403
    assert planner.get("/plant/register/upload").status_code == 403


def test_a_large_file_is_left_to_the_worker_and_the_page_tells_how_far_it_is(officer, session, monkeypatch):
    monkeypatch.setattr(wizard, "AT_ONCE_FEATURES", 1)
    waiting = apply(officer, bring(officer, rows("S1,AAA,BBB,48", "S2,AAA,BBB,48")))
    assert "The import waits for the worker." in waiting.text
    assert spans_saved(session) == 0
    part = officer.get(waiting.request.path, headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith('<div id="progress"')


def test_the_list_tells_what_came_of_each_file_and_who_brought_it(officer):
    apply(officer, bring(officer, rows("S1,AAA,BBB,48"), "ring-road.csv"))
    page = officer.get("/imports")
    assert "ring-road.csv" in page.text
    assert "A person" in page.text
    assert "Done" in page.text
