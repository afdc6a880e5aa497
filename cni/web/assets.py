"""Built front-end files: which addresses a page must load.

Vite writes `static/dist/manifest.json`; `asset_tags("app")` in a template gives the tags of one bundle (`app`, `map`).
The built files are made by `dev.py setup` and never committed.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, url_for
from markupsafe import Markup

DIST = Path(__file__).parent / "static" / "dist"
Chunk = dict[str, Any]
"""A file in Vite's manifest: `file`, and perhaps `css` and `imports`."""


class AssetsNotBuilt(RuntimeError):
    """The front end was not built, or not with this bundle."""


def register_assets(app: Flask) -> None:
    """Give templates `asset_tags(bundle)`."""
    app.jinja_env.globals["asset_tags"] = asset_tags


def asset_tags(bundle: str) -> Markup:
    """Return the style sheet, preload and script tags of a bundle, in the order to load them.

    Raises:
        AssetsNotBuilt: there is no build, or the build has no such bundle.
    """
    chunk = _chunk_of(bundle)
    imported = _imported_chunks(chunk)
    styles = dict.fromkeys(path for part in [*imported, chunk] for path in part.get("css", []))
    tags = [Markup('<link rel="stylesheet" href="{}">').format(_address(path)) for path in styles]
    tags += [Markup('<link rel="modulepreload" href="{}">').format(_address(part["file"])) for part in imported]
    tags.append(Markup('<script type="module" src="{}"></script>').format(_address(chunk["file"])))
    return Markup("\n").join(tags)


def _chunk_of(bundle: str) -> Chunk:
    chunk = _manifest().get(f"src/{bundle}.ts")
    if chunk is None:
        raise AssetsNotBuilt(f"the front end has no bundle {bundle!r}: run `python3 dev.py setup`")
    return chunk


def _imported_chunks(chunk: Chunk) -> list[Chunk]:
    """Return the chunks that a chunk imports, the deepest first, each once."""
    found: dict[str, Chunk] = {}
    for name in chunk.get("imports", []):
        imported = _manifest()[name]
        found |= {part["file"]: part for part in _imported_chunks(imported)}
        found[imported["file"]] = imported
    return list(found.values())


def _address(path: str) -> str:
    return url_for("static", filename=f"dist/{path}")


@cache
def _manifest() -> dict[str, Chunk]:
    try:
        chunks: dict[str, Chunk] = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AssetsNotBuilt("the front end is not built: run `python3 dev.py setup`") from None
    return chunks
