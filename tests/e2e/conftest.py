"""A real browser on a real server: the demonstration co-op, served by gunicorn from a database of this run's own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from sqlalchemy.orm import sessionmaker
from werkzeug.routing import MapAdapter

from cni.app import create_app
from cni.config import Config
from cni.runtime import Runtime
from tests.chromium import find_browser
from tests.postgres import migrated_database

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PASSPHRASE = "spare-fibre-shared-fairly"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SECONDS_TO_START = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the browser tests, so that they can be asked for or left out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def settings() -> Iterator[dict[str, str]]:
    """The settings of a server of the demonstration co-op."""
    with migrated_database() as url:
        settings = {
            "CNI_DATABASE_URL": url,
            "CNI_SECRET_KEY": "a key for the browser tests",
            "CNI_SECURE_COOKIES": "no",
        }
        command = [BIN / "cni", "demo", "build"]
        subprocess.run(command, cwd=ROOT, env=os.environ | settings, check=True, stdout=subprocess.DEVNULL)
        yield settings


@pytest.fixture(scope="session")
def server(settings: dict[str, str]) -> Iterator[str]:
    """The address of the demonstration co-op."""
    with serving(settings) as address:
        yield address


@contextmanager
def serving(settings: dict[str, str]) -> Iterator[str]:
    """Run a server with these settings, and give its address."""
    port = _free_port()
    command = [BIN / "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
    command += ["--threads", "4", "--no-control-socket", "--log-level", "warning"]
    process = subprocess.Popen([str(word) for word in command], cwd=ROOT, env=os.environ | settings)
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/readyz")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, or a skip that says why there is none."""
    path = find_browser()
    if path is None:
        pytest.skip("there is no browser: install chromium")
    playwright: Playwright
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, server: str) -> Iterator[Callable[..., Page]]:
    """Open a page of a new visitor, signed in as someone, in a colour scheme and at a width in pixels."""
    contexts: list[BrowserContext] = []

    def opening(email: str | None = None, *, scheme: str = "light", width: int = 1440) -> Page:
        context = browser.new_context(
            base_url=server, color_scheme=scheme, viewport={"width": width, "height": 900}, locale="en-GB"
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", _refuse_errors)
        page.on("pageerror", _refuse_exceptions)
        if email:
            sign_in(page, email)
        return page

    yield opening
    for context in contexts:
        context.close()


def sign_in(page: Page, email: str) -> None:
    """Sign in as a person does."""
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSPHRASE)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")


def _refuse_errors(message: object) -> None:
    kind, text = message.type, message.text  # type: ignore[attr-defined]
    # A refused form is answered with 4xx on purpose; the browser notes that as an error of loading.
    if kind == "error" and "the server responded with a status of 4" not in text:
        raise AssertionError(f"the browser's console says: {text}")


def _refuse_exceptions(error: object) -> None:
    raise AssertionError(f"a script failed: {error}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(url: str) -> None:
    give_up_at = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < give_up_at:
        try:
            with urllib.request.urlopen(url):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise TimeoutError(f"{url} did not answer within {SECONDS_TO_START} s")


@pytest.fixture(scope="session")
def addresses(server: str) -> MapAdapter:
    """The addresses of the web door, to tell which view answers a path."""
    config = Config(secret_key="addresses only")
    return create_app(config, Runtime(config, sessions=sessionmaker())).url_map.bind(urlsplit(server).netloc)
