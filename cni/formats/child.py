"""The process in the cage: `python -I -m cni.formats.child`, a file on its input, arrays and JSON on its output.

It binds itself before it looks at the first byte, and ends with its answer. It is never imported by the program.
"""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import asdict
from typing import Any

from cni.formats.calls import forbid
from cni.formats.limits import seconds_for
from cni.formats.walls import hide, limit, program_folders

CLOCK_MARGIN = 1.0


def main() -> None:
    """Read a file as the arguments ask: what to do, the file's name and size, the layer."""
    limit(seconds_for(int(sys.argv[3])) + CLOCK_MARGIN)
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints stays out of the answer
    hide(os.getcwd(), program_folders())
    forbid()
    data = sys.stdin.buffer.read()
    from cni.formats.layers import refused_file  # late: numpy, too, is loaded behind the walls

    try:
        task, name, layer = sys.argv[1], sys.argv[2], sys.argv[4]
        said, arrays = _trace(data) if task == "trace" else _read(data, task, name, layer)
    except MemoryError:
        refusal = refused_file("too_large", "The file needs more memory than it may.", "Bring it in parts.")
        said, arrays = {"problem": asdict(refusal.problems[0])}, {}
    _write(answer, said, arrays)


def _trace(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    from cni.formats.traces import parse

    return {**parse(data)}, {}


def _read(data: bytes, task: str, name: str, layer: str) -> tuple[dict[str, Any], dict[str, Any]]:
    from cni.formats.found import checked
    from cni.formats.layers import FileRefused
    from cni.formats.readers import read_layers
    from cni.formats.sniffing import sniff

    try:
        kind = sniff(data, name)
        found = read_layers(data, kind, layer if task == "read" else None)
        del data
        features = [checked(each) for each in found]
    except FileRefused as refusal:
        return {"problem": asdict(refusal.problems[0])}, {}
    said = {"format": kind.value, "layers": [asdict(each.layer) for each in features]}
    if task == "look":
        return said, {}
    import numpy as np
    import shapely

    (only,) = features
    wkb = shapely.to_wkb(only.geometry)
    ends = np.cumsum([len(each) if each else 0 for each in wkb], dtype=np.int64)
    joined = np.frombuffer(b"".join(filter(None, wkb)), dtype=np.uint8)
    return {**said, "values": only.values}, {"rows": only.rows, "wkb": joined, "ends": ends}


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
