"""The parts of pages: tags of built files, values as they are written, and what the macros say of a refused form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask, render_template_string

from cni.primitives.errors import Problem
from cni.web import assets
from cni.web.formats import day, instant, kilometres, metres, register_formats

MANIFEST = {
    "src/app.ts": {"file": "assets/app-1.js", "css": ["assets/app-1.css"]},
    "src/map.ts": {"file": "assets/map-1.js", "css": ["assets/map-1.css"], "imports": ["_shared.js"]},
    "_shared.js": {"file": "assets/shared-1.js", "css": ["assets/shared-1.css"], "imports": ["_deep.js"]},
    "_deep.js": {"file": "assets/deep-1.js"},
}
PROBLEMS = [
    Problem("required", "Enter the name.", "As the public knows it.", place="name"),
    Problem("closed", "The period is closed.", "Choose an open month."),
]


@pytest.fixture
def app() -> Flask:
    app = Flask("cni.web")
    assets.register_assets(app)
    register_formats(app)
    return app


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder of built files with MANIFEST."""
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    monkeypatch.setattr(assets, "DIST", tmp_path)
    assets._manifest.cache_clear()
    yield tmp_path
    assets._manifest.cache_clear()


def test_a_bundle_brings_the_styles_and_chunks_that_it_imports(app: Flask, built: Path) -> None:
    with app.test_request_context():
        assert assets.asset_tags("map").split("\n") == [
            '<link rel="stylesheet" href="/static/dist/assets/shared-1.css">',
            '<link rel="stylesheet" href="/static/dist/assets/map-1.css">',
            '<link rel="modulepreload" href="/static/dist/assets/deep-1.js">',
            '<link rel="modulepreload" href="/static/dist/assets/shared-1.js">',
            '<script type="module" src="/static/dist/assets/map-1.js"></script>',
        ]


def test_a_bundle_that_was_not_built_names_the_remedy(app: Flask, built: Path) -> None:
    with app.test_request_context(), pytest.raises(assets.AssetsNotBuilt, match=r"dev\.py setup"):
        assets.asset_tags("chart")
    (built / "manifest.json").unlink()
    assets._manifest.cache_clear()
    with app.test_request_context(), pytest.raises(assets.AssetsNotBuilt, match=r"dev\.py setup"):
        assets.asset_tags("app")


def test_values_are_written_the_british_way() -> None:
    assert day(date(2026, 11, 2)) == "2 November 2026"
    assert instant(datetime(2026, 7, 1, 12, 5, tzinfo=UTC)) == "1 July 2026 at 13:05"
    assert (metres(12345.6), kilometres(12345.6)) == ("12,346 m", "12.3 km")
    assert {day(None), instant(None), metres(None), kilometres(None)} == {"–"}


def _rendered(app: Flask, source: str) -> str:
    with app.test_request_context():
        return render_template_string(source, problems=PROBLEMS, values={"name": 'A "quoted" <name>', "pairs": 2})


def test_a_field_shows_its_own_problem_and_is_described_by_it(app: Flask) -> None:
    page = _rendered(app, '{% from "_macros/form.html" import text %}{{ text("name", "Name", values, problems) }}')
    assert "Enter the name." in page
    assert "The period is closed." not in page
    assert 'aria-describedby="name-error" aria-invalid="true"' in page
    assert 'value="A &#34;quoted&#34; &lt;name&gt;"' in page


def test_a_field_without_a_problem_says_nothing_is_wrong(app: Flask) -> None:
    page = _rendered(app, '{% from "_macros/form.html" import number %}{{ number("pairs", "", values, problems) }}')
    assert 'value="2"' in page
    assert "aria-invalid" not in page
    assert "field--wrong" not in page


def test_a_password_is_never_sent_back(app: Flask) -> None:
    source = '{% from "_macros/form.html" import text %}{{ text("name", "Password", values, [], type="password") }}'
    assert "quoted" not in _rendered(app, source)


def test_the_summary_links_to_fields_and_lists_what_has_none(app: Flask) -> None:
    page = _rendered(app, '{% from "_macros/page.html" import error_summary %}{{ error_summary(problems) }}')
    assert '<a href="#name">Enter the name.</a>' in page
    assert "The period is closed." in page
    assert "Choose an open month." in page


def test_a_choice_is_kept_when_the_form_comes_back(app: Flask) -> None:
    source = '{% from "_macros/form.html" import select %}{{ select("pairs", "", [(1, "One"), (2, "Two")], values) }}'
    page = _rendered(app, source)
    assert '<option value="2" selected>Two</option>' in page
    assert page.count("selected") == 1
