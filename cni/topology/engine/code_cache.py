"""Where machine code is kept between processes, and when it is out of date.

Beside the source, in `__pycache__`, or in the folder that `NUMBA_CACHE_DIR` names; where that cannot be written, what
is there is read, and the rest is compiled anew in each process.

numba by itself takes kept code for fresh as long as the file that the function is in has not changed. But a function's
code holds that of the functions it calls, and the values of the constants it reads, whatever file those are in. So here
kept code is fresh as long as neither its file nor any that it imports, directly or through another, has changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba.core.caching import CompileResultCacheImpl, FunctionCache, InTreeCacheLocator, UserProvidedCacheLocator

ROOT = Path(__file__).resolve().parents[3]
IMPORT = re.compile(r"^from (cni[.\w]*) import ([\w, ]*)", re.M)
"""One at the start of a line: code that is compiled cannot import for itself."""


@cache
def source_stamp(path: Path) -> str:
    """Return what changes whenever a file of ours does, or one that it rests on."""
    stamp = sha256()
    for source in sorted(_rests_on(path)):
        stamp.update(source.name.encode() + source.read_bytes())
    return stamp.hexdigest()


def _rests_on(path: Path) -> set[Path]:
    found, waiting = set[Path](), [path]
    while waiting:
        source = waiting.pop()
        if source not in found:
            found.add(source)
            waiting.extend(_imported(source))
    return found


@cache
def _imported(source: Path) -> tuple[Path, ...]:
    """Return the modules of ours that a file imports, and those that it imports names from."""
    return tuple(_modules(source.read_text(encoding="utf-8")))


def _modules(text: str) -> Iterator[Path]:
    for package, names in IMPORT.findall(text):
        for dotted in (package, *(f"{package}.{name.split()[0]}" for name in names.split(",") if name.strip())):
            path = ROOT.joinpath(*dotted.split(".")).with_suffix(".py")
            if path.exists():
                yield path


def keep(dispatcher: Any) -> Any:
    """Let a function that numba compiles keep its machine code, and return it."""
    if hasattr(dispatcher, "enable_caching"):  # it is plain Python with NUMBA_DISABLE_JIT=1
        # As `enable_caching` does with a cache of numba's own.
        dispatcher._cache = _Cache(dispatcher.py_func)  # type: ignore[no-untyped-call]
    return dispatcher


class _Locator:
    """Finds the folder; that it can be written is not asked for."""

    _py_file: str

    def get_source_stamp(self) -> str:
        return source_stamp(Path(self._py_file))

    def ensure_cache_path(self) -> None:
        with suppress(OSError):
            Path(self.get_cache_path()).mkdir(parents=True, exist_ok=True)  # type: ignore[attr-defined]


class _AsTold(_Locator, UserProvidedCacheLocator):
    """The folder that `NUMBA_CACHE_DIR` names."""


class _BesideSource(_Locator, InTreeCacheLocator):
    """The source's `__pycache__`."""


class _Places(CompileResultCacheImpl):
    _locator_classes = [_AsTold, _BesideSource]  # noqa: RUF012 as numba has it


class _Cache(FunctionCache):
    _impl_class = _Places

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return kept code; None where there is none that can be read."""
        with suppress(OSError):
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep code, where that is possible."""
        with suppress(OSError):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]
