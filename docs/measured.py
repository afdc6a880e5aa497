"""The page of measurements, made from what the benchmarks printed when they last ran: benchmarks/results/*.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docs.measured_plant import plant_import, tiles
from docs.measured_topology import topology

RESULTS = Path(__file__).resolve().parent.parent / "benchmarks" / "results"

INTRODUCTION = """# Performance

Seconds depend on the machine, so what counts here are the zeros and the ratios of things measured one after the other
in one run. `python3 dev.py bench NAME` prints a benchmark's figures as JSON; its last ones lie in
`benchmarks/results/`, and this page is made from them.

"""


def performance() -> str:
    """Return the page of all benchmarks."""
    parts = {"allocation": _allocation, "plant_import": plant_import, "tiles": tiles, "topology": topology}
    return "\n".join([INTRODUCTION + "\n".join(make(_result(name)) for name, make in parts.items()), ""])


def _result(name: str) -> dict[str, Any]:
    """Return what a benchmark printed."""
    result: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return result


def _allocation(result: dict[str, Any]) -> str:
    ways = {"through `request_lease`": result["operation"], "four SQL statements by hand": result["sql_by_hand"]}
    rows = [
        f"| {name} | {way['races']:,} | {way['outcomes']['won']:,} | {way['outcomes']['taken']:,} | {way['doubles']}"
        f" | {way['halves']} | {way['deadlocks']} | {way['ms_median']} | {way['ms_95']} |"
        for name, way in ways.items()
    ]
    header = "| way | races | won | told “taken” | sold twice | half allocated | deadlocks | ms, median | ms, 95 % |"
    rule = "|---|" + "---:|" * 8
    return "\n".join(
        [
            "## Allocation",
            "",
            f"{result['clients']} clients at once ask for the last free fibre pair of a route over"
            f" {result['spans']} spans, half of them from each end.",
            "By hand means: without permission, quote or event, to know what the database alone costs.",
            "",
            header,
            rule,
            *rows,
            "",
            f"Rate of the operation ÷ rate of the statements by hand: {result['operation_to_sql_by_hand']}.",
            "",
        ]
    )
