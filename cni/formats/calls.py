"""What the process that reads a file may ask of the kernel: to open no socket, start no program, touch no process.

A filter of system calls (seccomp), on Linux on x86-64 and ARM64; elsewhere nothing is refused here. Threads may start.

Source: Linux, Documentation/userspace-api/seccomp_filter.rst; arch/x86/entry/syscalls/syscall_64.tbl;
include/uapi/asm-generic/unistd.h.
"""

from __future__ import annotations

import ctypes
import os
import sys
from errno import ENOSYS, EPERM

NO_NEW_PRIVILEGES, SET_FILTER, BY_PROGRAM = 38, 22, 2
LOAD, IF_EQUAL, IF_AT_LEAST, IF_ANY_BIT, ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
CALL, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
"""Where a call's number, its architecture and the lower half of its first argument lie."""
KILL, REFUSE, ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
OF_ANOTHER_SYSTEM = 0x40000000
"""From this number on, x86-64 takes calls for those of x32."""
A_THREAD = 0x10000

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
REFUSED = {
    # socket, socketpair, fork, vfork, execve, kill, ptrace, rt_sigqueueinfo, tkill, tgkill, unshare, rt_tgsigqueueinfo,
    # process_vm_readv, process_vm_writev, execveat, pidfd_send_signal, io_uring_setup, pidfd_open, pidfd_getfd
    "x86_64": (41, 53, 57, 58, 59, 62, 101, 129, 200, 234, 272, 297, 310, 311, 322, 424, 425, 434, 438),
    "aarch64": (198, 199, 221, 129, 117, 138, 130, 131, 97, 240, 270, 271, 281, 424, 425, 434, 438),
}
CLONE = {"x86_64": 56, "aarch64": 220}
CLONE_ANEW = 435
"""Its flags cannot be looked at: it is said not to exist, and `clone` is taken instead."""
LIMIT_OF = {"x86_64": 302, "aarch64": 261}


class _Step(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("value", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Step)))


def forbid() -> bool:
    """Refuse this process, for good, sockets, programs and processes; tell whether the kernel could."""
    machine = os.uname().machine
    if sys.platform != "linux" or machine not in ARCHITECTURES:
        return False
    written = _steps(machine)
    steps = (_Step * len(written))(*(_Step(*step) for step in written))
    program = _Program(len(written), steps)
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(
        libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
        and libc.prctl(SET_FILTER, BY_PROGRAM, ctypes.byref(program), 0, 0) == 0
    )


def _steps(machine: str) -> list[tuple[int, int, int, int]]:
    """Return the filter, step by step: code, how many steps to pass over if so and if not, value."""
    refuse, allow = (ANSWER, 0, 0, REFUSE | EPERM), (ANSWER, 0, 0, ALLOW)
    steps = [
        (LOAD, 0, 0, ARCHITECTURE), (IF_EQUAL, 1, 0, ARCHITECTURES[machine]), (ANSWER, 0, 0, KILL),
        (LOAD, 0, 0, CALL), (IF_AT_LEAST, 0, 1, OF_ANOTHER_SYSTEM), refuse,
        (IF_EQUAL, 0, 1, CLONE_ANEW), (ANSWER, 0, 0, REFUSE | ENOSYS),
    ]  # fmt: skip
    for number in REFUSED[machine]:
        steps += [(IF_EQUAL, 0, 1, number), refuse]
    for number, if_allowed in (
        (CLONE[machine], (IF_ANY_BIT, 1, 0, A_THREAD)),
        (LIMIT_OF[machine], (IF_EQUAL, 1, 0, 0)),
    ):
        steps += [(IF_EQUAL, 0, 4, number), (LOAD, 0, 0, FIRST_ARGUMENT), if_allowed, refuse, allow]
    return [*steps, allow]
