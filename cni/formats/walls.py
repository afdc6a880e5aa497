"""The walls of the cage: what the process that reads a file may take, and what of the machine it may see.

Limits hold everywhere. On Linux from 5.13 the kernel also hides the file system but for the program and its own
folder (Landlock), and from 6.7 refuses connections by TCP; all other sockets, programs and processes are refused in
`cni.formats.calls`. Where the kernel can do neither, the limits and the single driver remain.

Source: Linux, Documentation/userspace-api/landlock.rst.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys
from collections.abc import Iterable
from math import ceil
from pathlib import Path

from cni.formats.limits import MEMORY_BYTES, MOST_OPEN_FILES, MOST_UNPACKED_BYTES

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION = 1
BENEATH_A_PATH = 1
NO_NEW_PRIVILEGES = 38
EVERYTHING = (1 << 13) - 1
"""All that the first version knows: to execute, read and list, write, make and remove."""
TO_READ = 0b1101
"""To execute (which loading a library is), to read a file, to list a folder."""
TO_READ_A_FILE = 0b0101
CONNECTIONS = 0b11
FIRST_WITH_CONNECTIONS = 4

SYSTEM = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/null")


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("connections", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def limit(seconds: float) -> None:
    """Bind this process, for good, to the limits of memory, processor time, files and their size."""
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: ceil(seconds),
        resource.RLIMIT_FSIZE: MOST_UNPACKED_BYTES,
        resource.RLIMIT_NOFILE: MOST_OPEN_FILES,
        resource.RLIMIT_AS: MEMORY_BYTES,
    }
    for which, most in limits.items():
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some; a lower limit may be there already
            resource.setrlimit(which, (most, most))


def program_folders() -> list[str]:
    """Return where the program, its libraries and Python itself lie."""
    return [*SYSTEM, sys.prefix, f"{sys.base_prefix}/lib", str(Path(__file__).resolve().parents[1])]


def hide(folder: str, readable: Iterable[str]) -> bool:
    """Hide from this process, for good, all but `readable` and its own `folder`; tell whether the kernel could."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ASK_VERSION)
    if version < 1:
        return False
    wanted = _Ruleset(EVERYTHING, CONNECTIONS if version >= FIRST_WITH_CONNECTIONS else 0)
    size = ctypes.sizeof(wanted) if version >= FIRST_WITH_CONNECTIONS else ctypes.sizeof(ctypes.c_uint64)
    rules = libc.syscall(CREATE_RULESET, ctypes.byref(wanted), ctypes.c_size_t(size), 0)
    if rules < 0:
        return False
    for path in readable:
        _allow(libc, rules, path, TO_READ if os.path.isdir(path) else TO_READ_A_FILE)
    _allow(libc, rules, folder, EVERYTHING)
    done = libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0 and libc.syscall(RESTRICT_SELF, rules, 0) == 0
    os.close(rules)
    return done


def _allow(libc: ctypes.CDLL, rules: int, path: str, rights: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        libc.syscall(ADD_RULE, rules, BENEATH_A_PATH, ctypes.byref(_Beneath(rights, opened)), 0)
        os.close(opened)
