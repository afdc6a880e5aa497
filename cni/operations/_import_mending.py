"""The rows of a file that has to be mended, as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from cni.assets.imports.reading import Brought
from cni.primitives.errors import Problem


def failed_rows(brought: Brought, problems: Sequence[Problem]) -> str:
    """Return the rows that have problems, in the file's own columns, with all that is wrong with each."""
    wrong: dict[tuple[str | None, int | None], list[str]] = {}
    for problem in problems:
        wrong.setdefault((problem.file, problem.row), []).append(f"{problem.message} {problem.remedy}".strip())
    if not wrong:
        return ""
    names = list(dict.fromkeys(name for features in brought.layers for name in features.layer.fields))
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow([*names, *(["geometry"] if "geometry" not in names else []), "problem"])
    for features in brought.layers:
        file = brought.file_of(features)
        for place, row in enumerate(features.rows.tolist()):
            if (file, row) in wrong:
                cells = [features.values[name][place] if name in features.values else "" for name in names]
                shape = features.geometry[place]
                shapes = [] if "geometry" in names else [shape.wkt if shape is not None else ""]
                writer.writerow([*map(_safe, cells), *shapes, " ".join(wrong[file, row])])
    return sheet.getvalue()


def _safe(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "@")) else cell
