"""Spans that could be built, as a table of candidates gives them."""

from __future__ import annotations

from dataclasses import dataclass

from cni.primitives.errors import refuse_if_any
from cni.primitives.tables import Cells, Columns, echoed, read_table
from cni.topology.network import LONGEST_SPAN_M, Network

COLUMNS = Columns(required=("a", "z", "cost_pence"), optional=("length_m",))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that could be built between the sites `a` and `z`; it would be in no risk group.

    `row` is its row in the table it came in (the header is 1).
    """

    row: int
    a: str
    z: str
    cost_pence: int
    length_m: float | None = None


def read_candidates(network: Network, data: bytes, file: str = "candidates.csv") -> list[Candidate]:
    """Return the candidates of a CSV file with the columns `a`, `z`, `cost_pence` and, if you like, `length_m`.

    Raises:
        Invalid: the file is wrong; every problem with its row and column.
    """
    rows, problems = read_table(data, file, COLUMNS)
    found = []
    for row in rows:
        cells = Cells(row, file)
        candidate = _candidate(network, cells)
        problems += cells.problems
        if candidate:
            found.append(candidate)
    refuse_if_any(sorted(problems, key=lambda problem: problem.row or 0))
    return found


def _candidate(network: Network, cells: Cells) -> Candidate | None:
    a, z = cells.text("a", required=True), cells.text("z", required=True)
    for column, end in (("a", a), ("z", z)):
        if end and end not in network.graph:
            message = f"There is no site {echoed(end)} in the network."
            cells.problem("unknown", column, message, "Check the id of the site.")
    if a and a == z:
        cells.problem("same_ends", "z", f"The span would start and end at the same site, {echoed(a)}.", "Choose two.")
    cost = cells.whole("cost_pence", least=0, required=True)
    length = cells.decimal("length_m")
    if length is not None and not 0 <= length <= LONGEST_SPAN_M:
        cells.problem("bad_length_m", "length_m", f"{length} m is no length.", "Give metres from 0 up to 100,000,000.")
    if cells.problems or a is None or z is None or cost is None:
        return None
    return Candidate(cells.row.number, a, z, cost, None if length is None else float(length))
