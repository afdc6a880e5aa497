"""Zips, opened with care: every entry is looked at before one is unpacked, and each is unpacked by us, not by GDAL."""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from cni.formats.layers import FileRefused, refused_file
from cni.formats.limits import MEBIBYTE, MOST_ENTRIES, MOST_RATIO, MOST_UNPACKED_BYTES

IGNORED = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$)|/$")
OUTSIDE = re.compile(r"^/|^[A-Za-z]:|(^|/)\.\.(/|$)|\0")
NESTED = (".zip", ".kmz", ".7z", ".rar", ".gz", ".tar")
PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")


def entry_names(data: bytes) -> list[str]:
    """Return the names of a zip's entries, folders and leavings of the system left out.

    Raises:
        FileRefused: an entry is not what it should be; see `unpack`.
    """
    with _opened(data) as archive:
        return [entry.filename for entry in _entries(archive)]


def unpack(data: bytes, endings: tuple[str, ...]) -> dict[str, bytes]:
    """Return the entries of a zip whose names have one of these endings, by name.

    Raises:
        FileRefused: the zip is cut short or locked, names a place outside of itself, links elsewhere, holds another
            zip, or unpacks to more than is read.
    """
    with _opened(data) as archive:
        wanted = [entry for entry in _entries(archive) if entry.filename.lower().endswith(endings)]
        return {entry.filename: _read(archive, entry) for entry in wanted}


@contextmanager
def _opened(data: bytes) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield archive
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        message = "The zip is damaged, cut short, or packed in an unusual way."
        raise refused_file("truncated", message, "Zip it again with an ordinary program, and send it whole.") from error


def _entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    every = archive.infolist()
    if len(every) > MOST_ENTRIES:
        message = f"The zip has {len(every):,} entries; {MOST_ENTRIES:,} are read at most."
        raise refused_file("zip_bomb", message, "Zip only the files of the map data.")
    for entry in every:
        _refuse_odd(entry)
    if sum(entry.file_size for entry in every) > MOST_UNPACKED_BYTES:
        raise _too_much()
    entries = [entry for entry in every if not IGNORED.search(entry.filename)]
    for entry in entries:
        _refuse_packed(archive, entry)
    return entries


def _refuse_odd(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename.replace("\\", "/")
    if OUTSIDE.search(name):
        message = "An entry of the zip names a place outside of it."
        raise refused_file("path_traversal", message, "Zip the files themselves, without the folders above them.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        message = "An entry of the zip is a link to another file."
        raise refused_file("path_traversal", message, "Zip the files themselves instead of links to them.")
    if entry.flag_bits & 1:
        raise refused_file("locked", "The zip is locked by a password.", "Zip it again without a password.")
    if entry.file_size > max(MEBIBYTE, MOST_RATIO * entry.compress_size):
        raise _too_much()


def _refuse_packed(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    with archive.open(entry) as file:
        if entry.filename.lower().endswith(NESTED) or file.read(4).startswith(PACKED):
            message = "The zip holds another zip."
            raise refused_file("zip_bomb", message, "Unpack it, and zip the files of the map data alone.")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as file:
        content = file.read(entry.file_size + 1)  # the size was counted; the entry may say less than it holds
    if len(content) != entry.file_size:
        raise _too_much()
    return content


def _too_much() -> FileRefused:
    message = (
        f"The zip unpacks to more than is read ({MOST_UNPACKED_BYTES // MEBIBYTE} MiB), or far more than it packs."
    )
    return refused_file("zip_bomb", message, "Bring fewer layers at once, each in a zip of its own.")
