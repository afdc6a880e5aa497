"""What every template keeps to: the content policy allows no inline script or style, and no other host."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[2] / "cni" / "web" / "templates"
FORBIDDEN = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "a script of its own": re.compile(r"<script(?![^>]*\ssrc=)", re.I),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.I),
    "a file from another host": re.compile(r"""(?:\bsrc|<link[^>]*\bhref)\s*=\s*["'](?:https?:)?//""", re.I),
    "code in an htmx attribute": re.compile(r"""hx-(?:on\b|vals\s*=\s*["']js:)""", re.I),
}


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_keeps_to_the_content_policy(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S)
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


@pytest.mark.parametrize(
    ("markup", "what"),
    [
        ('<p style="color: red">', "a style attribute"),
        ("<style>p {}</style>", "a style element"),
        ("<script>alert(1)</script>", "a script of its own"),
        ('<button onclick="go()">', "an event attribute"),
        ('<img src="//elsewhere.example/x.png">', "a file from another host"),
        ('<b hx-on:click="go()">', "code in an htmx attribute"),
    ],
)
def test_each_pattern_finds_what_it_forbids(markup: str, what: str) -> None:
    assert FORBIDDEN[what].search(markup)
