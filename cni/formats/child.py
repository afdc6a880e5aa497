"""The process in the cage: `python -I -m cni.formats.child`, a file on its input, arrays and JSON on its output.

It binds itself before it looks at the first byte, and ends with its answer. It is never imported by the program.
"""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cni.formats.calls import forbid
from cni.formats.limits import seconds_for
from cni.formats.walls import hide, limit, program_folders

if TYPE_CHECKING:
    from cni.formats.layers import Features

CLOCK_MARGIN = 1.0


def main() -> None:
    """Read a file as the arguments ask: what to do, the file's name and size."""
    limit(seconds_for(int(sys.argv[3])) + CLOCK_MARGIN)
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints stays out of the answer
    hide(os.getcwd(), program_folders())
    forbid()
    data = sys.stdin.buffer.read()
    from cni.formats.layers import refused_file  # late: numpy, too, is loaded behind the walls

    try:
        said, arrays = _trace(data) if sys.argv[1] == "trace" else _read(data, sys.argv[2])
    except MemoryError:
        refusal = refused_file("too_large", "The file needs more memory than it may.", "Bring it in parts.")
        said, arrays = {"problem": asdict(refusal.problems[0])}, {}
    _write(answer, said, arrays)


def _trace(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    from cni.formats.traces import parse

    return {**parse(data)}, {}


def _read(data: bytes, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    from cni.formats.found import checked
    from cni.formats.layers import FileRefused
    from cni.formats.readers import read_layers
    from cni.formats.sniffing import sniff

    try:
        kind = sniff(data, name)
        found = read_layers(data, kind)
        del data
        features = [checked(each) for each in found]
    except FileRefused as refusal:
        return {"problem": asdict(refusal.problems[0])}, {}
    layers = [asdict(each.layer) | {"values": each.values} for each in features]
    return {"format": kind.value, "layers": layers}, _arrays(features)


def _arrays(features: list[Features]) -> dict[str, Any]:
    """Return for each layer, by its number: its rows, its geometries as one run of WKB, and where each ends in it."""
    import numpy as np
    import shapely

    arrays = {}
    for number, each in enumerate(features):
        wkb = shapely.to_wkb(each.geometry)
        arrays[f"rows{number}"] = each.rows
        arrays[f"wkb{number}"] = np.frombuffer(b"".join(filter(None, wkb)), dtype=np.uint8)
        arrays[f"ends{number}"] = np.cumsum([len(one) if one else 0 for one in wkb], dtype=np.int64)
    return arrays


def _write(answer: Any, said: dict[str, Any], arrays: dict[str, Any]) -> None:
    import numpy as np

    text = json.dumps(said, ensure_ascii=False).encode("utf-8", errors="replace")
    packed = io.BytesIO()
    np.savez(packed, said=np.frombuffer(text, dtype=np.uint8), **arrays)
    answer.write(packed.getbuffer())
    answer.flush()
    os._exit(0)  # libraries that were fed a hostile file get no last word


if __name__ == "__main__":
    main()
