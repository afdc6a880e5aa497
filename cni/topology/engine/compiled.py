"""Compiling plain functions over arrays to machine code.

Written once, so that every one of them is compiled alike: kept between processes (see `code_cache`), and without
holding Python's lock, so that threads search side by side, each in a workspace of its own. With `NUMBA_DISABLE_JIT=1`
they stay plain Python, which a debugger can step through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

from cni.topology.engine.code_cache import keep

Compiled = TypeVar("Compiled", bound=Callable[..., Any])


def compiled(function: Compiled) -> Compiled:
    """Return the function as machine code, made at its first call and kept for the next process."""
    return cast(Compiled, keep(njit(nogil=True)(function)))


def compiled_in_place(function: Compiled) -> Compiled:
    """Return the function as machine code that makes no arrays, which is refused if it tries to.

    In return nothing counts references to arrays, which at each of a search's small steps takes as long as the step.
    """
    return cast(Compiled, keep(cast(Any, njit)(nogil=True, _nrt=False)(function)))
