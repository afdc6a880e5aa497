"""The routes that leases run on, as far as what happens to them is asked; who leases them is not known here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from cni.primitives.errors import Problem, refuse_if_any
from cni.primitives.tables import Cells, Columns, Row, echoed, first_of_each, read_table, split
from cni.topology.network import Network

COLUMNS = Columns(
    required=("reference", "spans", "pairs"),
    optional=(
        *("second_spans", "starts_on"),
        *("member", "ends_on", "term_months", "accepted_on", "quoted_annual_pence"),  # of leases.csv, and not read here
    ),
)


@dataclass(frozen=True, slots=True)
class LeasedRoutes:
    """A lease's routes between the same two sites, each as the ids of its spans in order, and its pairs on each."""

    reference: str
    routes: tuple[tuple[str, ...], ...]
    pairs: int
    starts_on: date | None = None


def ends_of(network: Network, route: Sequence[str]) -> tuple[str, str] | None:
    """Return the two sites that a run of spans leads between, None where they do not join up in the network."""
    if any(id not in network.spans for id in route):
        return None
    ends = [(span.a, span.z) for span in (network.spans[id] for id in route)]
    for start in ends[0]:
        here = start
        for a, z in ends:
            if here not in (a, z):
                break
            here = z if here == a else a
        else:
            return start, here
    return None


def read_leased_routes(network: Network, data: bytes, file: str = "leases.csv") -> list[LeasedRoutes]:
    """Return the leases of a CSV file with the columns of `leases.csv` in a co-op's folder; `ends_on` is not looked at.

    Needed are `reference`, `spans` (ids in order, joined by `;`) and `pairs`; `second_spans` is the second route of a
    diverse pair.

    Raises:
        Invalid: the file is wrong; every problem with its row and column.
    """
    rows, problems = read_table(data, file, COLUMNS)
    found = []
    for row in rows:
        cells = Cells(row, file)
        lease = _lease(network, cells)
        problems += cells.problems
        if lease:
            found.append(lease)
    for row, first in first_of_each(rows, lambda row: row.cells["reference"] or None)[1]:
        problems += _repeated(row, first, file)
    refuse_if_any(sorted(problems, key=lambda problem: problem.row or 0))
    return found


def _repeated(row: Row, first: Row, file: str) -> list[Problem]:
    cells = Cells(row, file)
    message = f"Row {first.number} has the reference {echoed(row.cells['reference'])} too."
    cells.problem("duplicate_id", "reference", message, "Give each lease a reference of its own.")
    return cells.problems


def _lease(network: Network, cells: Cells) -> LeasedRoutes | None:
    reference, starts_on = cells.text("reference", required=True), cells.day("starts_on")
    pairs = cells.whole("pairs", least=1, required=True)
    cells.text("spans", required=True)
    routes = [(column, tuple(split(cells.row.cells[column]))) for column in ("spans", "second_spans")]
    ends = {ends for column, route in routes if route for ends in _checked_ends(network, cells, column, route)}
    if len(ends) > 1:
        message = "The second route does not lead between the same sites as the first."
        cells.problem("bad_route", "second_spans", message, "Correct the spans, or make it a lease of its own.")
    if cells.problems or reference is None or pairs is None:
        return None
    return LeasedRoutes(reference, tuple(route for _, route in routes if route), pairs, starts_on)


def _checked_ends(network: Network, cells: Cells, column: str, route: tuple[str, ...]) -> Iterator[frozenset[str]]:
    """Yield the two ends of a route, or note what is wrong with it."""
    unknown = [span for span in route if span not in network.spans]
    for span in unknown:
        message = f"There is no span {echoed(span)} in the network."
        cells.problem("unknown", column, message, "Check the id of the span.")
    if unknown:
        return
    ends = ends_of(network, route)
    if ends is None or ends[0] == ends[1]:
        message = "The spans do not lead from one site to another, one after the other."
        cells.problem("bad_route", column, message, "Write the spans' ids in route order, joined by ;.")
    else:
        yield frozenset(ends)
