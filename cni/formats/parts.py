"""The parts of a layer that has several files (Shapefile, MapInfo): all there, whole, and pointing nowhere."""

from __future__ import annotations

import re

from cni.formats.layers import refused_file

MAY_BE_ABSENT = {".prj", ".cpg"}
TAB_IS_NATIVE = re.compile(rb"^\s*Type\s+NATIVE\b", re.IGNORECASE | re.MULTILINE)
TAB_POINTS_ELSEWHERE = re.compile(rb"create\s+view|open\s+table|IsSeamless|^\s*File\s", re.IGNORECASE | re.MULTILINE)


def refuse_parts(name: str, parts: dict[str, bytes], endings: tuple[str, ...]) -> None:
    """Refuse a layer one of whose parts, by ending, is missing, is cut short, or leads to other files.

    Raises:
        FileRefused: so it is.
    """
    for ending in endings:
        if ending not in parts and ending not in MAY_BE_ABSENT:
            message = f"The zip holds {name}{endings[0]}, but not {name}{ending}."
            raise refused_file("missing_part", message, "Zip all files of the layer together.")
    tab = parts.get(".tab")
    if tab is not None and (TAB_POINTS_ELSEWHERE.search(tab) or not TAB_IS_NATIVE.search(tab)):
        message = f"{name}.tab only points at other tables."
        raise refused_file("wrong_type", message, "Save it as a native MapInfo table of its own, and zip that.")
    for ending, size_of in SIZES.items():
        if ending in parts and len(parts[ending]) < (size := size_of(parts[ending])):
            message = f"{name}{ending} is cut short: it says {size:,} bytes, and {len(parts[ending]):,} came."
            raise refused_file("truncated", message, "Export the layer again, and zip it whole.")


def _size_of_shp(head: bytes) -> int:
    """Return how many bytes a .shp says it has, which it counts in words of two; its head alone has a hundred."""
    return max(100, 2 * int.from_bytes(head[24:28], "big"))


def _size_of_dbf(head: bytes) -> int:
    """Return how many bytes a .dbf says it has: its head, and its rows of one width."""
    rows, first, width = head[4:8], head[8:10], head[10:12]
    return max(32, int.from_bytes(first, "little") + int.from_bytes(rows, "little") * int.from_bytes(width, "little"))


SIZES = {".shp": _size_of_shp, ".shx": _size_of_shp, ".dbf": _size_of_dbf}
