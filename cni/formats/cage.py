"""Files that members bring, read by a process that can harm nothing: the one way in for a file from outside.

Each call starts a process of its own, with limits of memory, time and files and an empty folder; on Linux it has no
view of the machine's files, no socket and no other process; see `cni.formats.walls` and `cni.formats.calls`.
It answers in arrays and JSON, never with anything that could run here.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from itertools import pairwise
from operator import itemgetter
from signal import Signals
from threading import BoundedSemaphore
from types import SimpleNamespace
from typing import IO, Any, TypeVar
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import numpy as np
import shapely

from cni.formats.answers import Answers
from cni.formats.layers import Contents, Features, FileRefused, Geometry, Layer, refused_file
from cni.formats.limits import (
    MEBIBYTE,
    MOST_BYTES,
    MOST_KEPT_BYTES,
    MOST_KEPT_OF_ONE,
    MOST_KEPT_SECONDS,
    MOST_READERS,
    MOST_SECONDS_IN_LINE,
    seconds_for,
)
from cni.primitives.errors import Problem, TooBusy

Made = TypeVar("Made")

ENVIRONMENT = {"LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PATH": ""}
"""All that the process is told of its surroundings; nothing of the program's own settings and secrets."""
UNUSABLE = (
    ArithmeticError, AttributeError, BadZipFile, EOFError, LookupError, MemoryError, NotImplementedError, OSError,
    RecursionError, TypeError, ValueError, shapely.errors.ShapelyError,
)  # fmt: skip
"""What an answer that is none can end in."""
OUT_OF_TIME = {-Signals.SIGXCPU, -Signals.SIGKILL}


def read_file(data: bytes, name: str) -> Contents:
    """Return what a file holds, all of it.

    Raises:
        FileRefused: it cannot be read; the one problem says why, and how to mend it.
    """
    return _ask("read", data, name, _contents)


def parse_trace(data: bytes) -> Any:
    """Return what an OTDR file says, as `cni.formats.traces.parse` answers there.

    Raises:
        FileRefused: it cannot be read.
    """
    return _ask("trace", data, "", itemgetter("said"))


READERS = BoundedSemaphore(MOST_READERS)
ANSWERS = Answers(MOST_KEPT_BYTES, MOST_KEPT_OF_ONE, MOST_KEPT_SECONDS)


class TooManyReaders(TooBusy):
    """As many files are read as may be at one time, and none of them was done soon."""

    code = "too_many_files"
    title = "Too many files at once"


def _ask(task: str, data: bytes, name: str, make: Callable[[Mapping[str, Any]], Made]) -> Made:
    try:
        if len(data) > MOST_BYTES:
            message = f"The file has {len(data) // MEBIBYTE} MiB; {MOST_BYTES // MEBIBYTE} MiB are read at most."
            raise refused_file("too_large", message, "Bring it in parts, or leave out columns.")
        asked = (task, sha256(data).digest(), name)
        if (kept := ANSWERS.get(asked)) is not None:
            return _made(io.BytesIO(kept), make)
        with tempfile.TemporaryFile() as answer:
            with _in_line():
                _run([task, _argument(name), str(len(data))], data, answer)
            made = _made(answer, make)
            if answer.seek(0, os.SEEK_END) <= MOST_KEPT_OF_ONE:
                answer.seek(0)
                ANSWERS.keep(asked, answer.read())
            return made
    except FileRefused as refusal:
        raise _of_file(refusal, name) from None


@contextmanager
def _in_line() -> Iterator[None]:
    """Wait until there is room for one more reader.

    Raises:
        TooManyReaders: there was none for `MOST_SECONDS_IN_LINE`.
    """
    if not READERS.acquire(timeout=MOST_SECONDS_IN_LINE):
        message = "As many files are being read just now as can be at once. Try again in a minute."
        raise TooManyReaders(message, 60)
    try:
        yield
    finally:
        READERS.release()


def _argument(text: str) -> str:
    """Return a text that may be an argument of a process: without zeros and halves of letters."""
    return text.replace("\0", "").encode("utf-8", errors="replace").decode("utf-8")


def _run(arguments: list[str], data: bytes, answer: IO[bytes]) -> None:
    command = [sys.executable, "-I", "-m", "cni.formats.child", *arguments]
    with tempfile.TemporaryDirectory(prefix="cni-file-") as folder:
        environment = {**ENVIRONMENT, "HOME": folder, "TMPDIR": folder}
        try:
            done = subprocess.run(
                command, input=data, stdout=answer, stderr=subprocess.DEVNULL, cwd=folder, env=environment,
                timeout=seconds_for(len(data)), check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise _took_too_long() from error
    if done.returncode in OUT_OF_TIME:
        raise _took_too_long()
    if done.returncode:
        raise _broke()


def _made(answer: IO[bytes], make: Callable[[Mapping[str, Any]], Made]) -> Made:
    """Return what `make` makes of an answer. Nothing about the answer is sure: who gave it had read the file."""
    try:
        return make(_answered(answer))
    except UNUSABLE as error:
        raise _broke() from error


def _answered(answer: IO[bytes]) -> Mapping[str, Any]:
    size = answer.seek(0, os.SEEK_END)
    answer.seek(0)
    with ZipFile(answer) as packed:
        entries = packed.infolist()
        if (
            any(entry.compress_type != ZIP_STORED for entry in entries)
            or sum(each.file_size for each in entries) > size
        ):
            raise ValueError("an answer that would grow")
    answer.seek(0)
    with np.load(answer, allow_pickle=False) as arrays:
        answered = {name: arrays[name] for name in arrays.files}
    said = json.loads(answered["said"].tobytes())
    if "problem" in said:
        found = SimpleNamespace(**said["problem"])
        problem = Problem(found.code, found.message, found.remedy, row=found.row, column=found.column)
        raise FileRefused(problem.message, [problem])
    return {**answered, "said": said}


def _contents(answer: Mapping[str, Any]) -> Contents:
    said = answer["said"]
    return Contents(said["format"], tuple(_features(answer, *each) for each in enumerate(said["layers"])))


def _features(answer: Mapping[str, Any], number: int, said: Mapping[str, Any]) -> Features:
    rows, values = answer[f"rows{number}"], said["values"]
    shapes = _shapes(answer[f"wkb{number}"], answer[f"ends{number}"])
    if {len(shapes), *map(len, values.values())} - {len(rows)}:
        raise ValueError("columns of different lengths")
    layer = Layer(
        said["name"], Geometry(said["geometry"]), said["features"], tuple(said["fields"]), said["crs"],
        tuple(said["notes"]),
    )  # fmt: skip
    return Features(layer, rows, values, shapes)


def _shapes(wkb: Any, ends: Any) -> Any:
    joined, starts = wkb.tobytes(), [0, *ends.tolist()]
    parts = [joined[start:end] or None for start, end in pairwise(starts)]
    return shapely.from_wkb(np.array(parts, dtype=object))


def _of_file(refusal: FileRefused, name: str) -> FileRefused:
    found = refusal.problems[0]
    problem = Problem(found.code, found.message, found.remedy, file=name, row=found.row, column=found.column)
    return FileRefused(problem.message, [problem])


def _took_too_long() -> FileRefused:
    message = "The file takes too long to read."
    return refused_file("took_too_long", message, "Simplify its lines, or bring it in parts.")


def _broke() -> FileRefused:
    message = "The file cannot be read: it is damaged, or made to do harm."
    return refused_file("unreadable", message, "Export it again from the program that made it.")
