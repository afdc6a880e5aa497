"""Leases as far as cuts concern them: made from their routes, or read from a leases.csv beside a network file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from cni.leases.importing import LEASE_COLUMNS
from cni.leases.route_checks import check_routes, sites_along
from cni.primitives.errors import refuse_if_any
from cni.primitives.tables import Cells, Columns, first_of_each, read_table, split
from cni.topology.failures.reliance import find_reliance
from cni.topology.failures.simulate import LeasedRoutes
from cni.topology.network import Network
from cni.topology.questions import MOST_PAIRS, Diversity

NEEDED = ("reference", "spans", "pairs", "starts_on")
COLUMNS = Columns(
    required=NEEDED,
    optional=tuple(column for column in (*LEASE_COLUMNS.required, *LEASE_COLUMNS.optional) if column not in NEEDED),
)
"""Those of leases.csv, as `cni load` takes it; what is not needed here is not read, `second_spans` aside."""


def leased_routes(
    network: Network, reference: str, routes: Sequence[Sequence[str]], pairs: int, starts_on: date
) -> LeasedRoutes:
    """Return a lease over these routes, which are simple paths between the same two sites, as diverse as they are."""
    ends = _ends(network, routes)
    visited = [sites_along(route, ends) or [] for route in routes]
    start = visited[0][0]
    from_start = [
        tuple(route) if sites[0] == start else tuple(reversed(route))
        for route, sites in zip(routes, visited, strict=True)
    ]
    return LeasedRoutes(reference, tuple(from_start), pairs, _diversity(network, start, from_start), starts_on)


def read_leases(network: Network, data: bytes, file: str) -> list[LeasedRoutes]:
    """Return the leases of a CSV file, whose spans are those of the network.

    Raises:
        Invalid: the file or some rows are wrong; every problem, with its row and column.
    """
    rows, problems = read_table(data, file, COLUMNS)
    cells = [Cells(row, file) for row in rows]
    leases = [lease for each in cells if (lease := _lease(network, each)) is not None]
    _, repeated = first_of_each(cells, lambda each: each.row.cells["reference"] or None)
    for each, earlier in repeated:
        message = f"{each.row.cells['reference']} is the reference of row {earlier.row.number} too."
        each.problem("duplicate_id", "reference", message, "Give each lease one of its own.")
    refuse_if_any([*problems, *(problem for each in cells for problem in each.problems)])
    return leases


def _lease(network: Network, cells: Cells) -> LeasedRoutes | None:
    """Return the lease of a row; None, with problems noted, where the row is faulty."""
    reference = cells.text("reference", required=True)
    pairs = cells.whole("pairs", least=1, required=True)
    starts_on = cells.day("starts_on", required=True)
    if pairs is not None and pairs > MOST_PAIRS:
        cells.problem("out_of_range", "pairs", f"{pairs:,} is more pairs than a cable has.", f"At most {MOST_PAIRS:,}.")
    routes = [split(cells.row.cells[column]) for column in ("spans", "second_spans")]
    routes = routes[:1] if not cells.is_given("second_spans") else routes
    if cells.text("spans", required=True):
        for problem in check_routes(routes, _ends(network, routes)):
            cells.problem(problem.code, problem.place, problem.message, problem.remedy)
    if cells.problems or not cells.row.is_whole or not (reference and pairs and starts_on):
        return None
    return leased_routes(network, reference, routes, pairs, starts_on)


def _ends(network: Network, routes: Sequence[Sequence[str]]) -> Mapping[str, tuple[str, str]]:
    """Return the sites of each span on these routes that the network has."""
    spans = [network.spans[id] for route in routes for id in route if id in network.spans]
    return {span.id: (span.a, span.z) for span in spans}


def _diversity(network: Network, start: str, routes: Sequence[Sequence[str]]) -> Diversity | None:
    return find_reliance(network, start, routes).diversity if len(routes) > 1 else None
