"""Every page that a role can reach by its links: accessible in light and dark, and never wider than its window."""

from __future__ import annotations

from collections import deque

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

PEOPLE = [
    None,
    "assets@irwell-council.example",
    "planner@pennine-wave.example",
    "finance@irwell-council.example",
    "admin@irwell-council.example",
    "delegate@irwell-council.example",
    "registrar@irwell-and-tame.example",
    "steward@irwell-and-tame.example",
    "treasurer@irwell-and-tame.example",
    "approver@irwell-and-tame.example",
    "auditor@irwell-and-tame.example",
]
STANDARDS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
NO_PAGE = (".csv", ".geojson", ".gpkg", ".json", ".kmz", ".zip")
"""Endings of links that bring a file and not a page."""
LINKS_AND_ACTIONS = """async path => {
    const answer = await fetch(path, { headers: { Accept: 'text/html' } });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const here = address => new URL(address, answer.url);
    const local = address => address.pathname + address.search;
    const links = [...page.querySelectorAll('a[href]')].map(link => here(link.getAttribute('href')));
    const actions = [...page.forms].map(form => here(form.getAttribute('action') ?? ''));
    return [links.filter(link => link.origin === location.origin).map(local), actions.map(local)];
}"""
"""Where a page's links and forms lead, as it was served: much sooner read than shown."""


@pytest.fixture(scope="session")
def shapes() -> set[tuple[str, ...]]:
    """The pages looked at so far, as the endpoint and those of its forms: another role's same page is not looked at."""
    return set()


@pytest.mark.parametrize("email", PEOPLE)
def test_every_page_of_a_role_is_accessible_light_and_dark(open_page, addresses: MapAdapter, shapes, email):
    wide, narrow = open_page(email), open_page(email, scheme="dark", width=375)

    faults = []
    for path in new_pages_within_reach(wide, addresses, shapes):
        for page, theme in ((wide, "light, 1440 px"), (narrow, "dark, 375 px")):
            page.goto(path)
            faults += [f"{path} ({theme}): {fault}" for fault in faults_of(page)]

    assert faults == []


def new_pages_within_reach(page: Page, addresses: MapAdapter, shapes: set[tuple[str, ...]]) -> list[str]:
    """Return one path for each kind of page that links lead to from the start, of the shapes not seen before."""
    page.goto("/")
    waiting, endpoints, paths = deque(["/"]), set(), []
    while waiting:
        path = waiting.popleft()
        endpoint = endpoint_of(path, addresses)
        if endpoint is None or endpoint in endpoints or path.split("?")[0].endswith(NO_PAGE):
            continue
        endpoints.add(endpoint)
        links, actions = page.evaluate(LINKS_AND_ACTIONS, path)
        shape = endpoint, *sorted({endpoint_of(action, addresses, "POST") or "" for action in actions})
        if shape not in shapes:
            shapes.add(shape)
            paths.append(path)
        waiting.extend(links)
    return paths


def endpoint_of(path: str, addresses: MapAdapter, method: str = "GET") -> str | None:
    """Return the endpoint that answers a path, or None where there is none for it."""
    try:
        return addresses.match(path.split("?")[0], method=method)[0]
    except HTTPException:
        return None


def faults_of(page: Page) -> list[str]:
    """Return what axe finds on a page, and whether it is wider than its window."""
    found = Axe().run(page, options=STANDARDS).response["violations"]
    faults = [f"{violation['id']}: {violation['nodes'][0]['html'][:120]}" for violation in found]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        faults.append("the page scrolls sideways")
    return faults
