"""The browser for the end-to-end tests. `python tests/chromium.py` prints its path, or nothing if there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from playwright.sync_api import sync_playwright

ON_THE_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> str | None:
    """The path of a browser: the one that `CNI_BROWSER` names, one on the PATH, Playwright's, or as root Debian's."""
    return os.environ.get("CNI_BROWSER") or _on_the_path() or _playwrights() or _debians()


def _on_the_path() -> str | None:
    return next(filter(None, map(shutil.which, ON_THE_PATH)), None)


def _playwrights() -> str | None:
    """Playwright's own; fetching it is tried once for each version of Playwright, lest runs without network wait."""
    tried = Path(sys.prefix) / "stamps" / "playwrights-browser"
    if not tried.exists() or tried.read_text() != metadata.version("playwright"):
        _tell("fetching Playwright's browser ...")
        fetch = [sys.executable, "-m", "playwright", "install", "chromium"]
        subprocess.run(fetch, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        tried.parent.mkdir(exist_ok=True)
        tried.write_text(metadata.version("playwright"))
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _debians() -> str | None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    _tell("installing Debian's browser ...")
    apt_get = ["apt-get", "--quiet=2", "--yes", "--no-install-recommends"]
    for words in (["update"], ["install", "chromium"]):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run([*apt_get, *words], stdout=sys.stderr, env=environment, check=False)
    return _on_the_path()


def _tell(line: str) -> None:
    sys.stderr.write(f"cni: {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.stdout.write(find_browser() or "")
