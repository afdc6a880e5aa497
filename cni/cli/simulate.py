"""`cni simulate`: which leases fail, survive or can be re-routed when things are cut."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import click

from cni.cli.networks import FILE, network_of
from cni.cli.output import answer, json_option
from cni.primitives.errors import Invalid, Problem
from cni.primitives.period import Period, parse_date
from cni.topology.failures.simulate import LeasedRoutes, explain_simulation, read_cuts, simulation_as_json
from cni.topology.failures.simulate import simulate as simulate_cuts
from cni.topology.network import Network


@click.command("simulate")
@click.option("--cut", "cuts", multiple=True, metavar="KIND:ID", help="What is cut: span:ID, site:ID or risk:ID.")
@click.argument("more", nargs=-1, metavar="[KIND:ID]...")
@click.option("--network", "network_file", type=FILE, help="Take this file; without it, the live plant.")
@click.option("--leases", "leases_file", type=FILE, help="The leases on the network in that file: a leases.csv.")
@click.option("--on", default="", help="Leases in service and pairs that are free on this day; today unless told.")
@json_option
def simulate(cuts: tuple[str, ...], more: tuple[str, ...], as_json: bool, on: str, **files: Path | None) -> None:
    """Tell what becomes of leases if everything named is cut together."""
    network, leases = _live(_day(on)) if _are_live(files) else _from_files(files, on)
    found = simulate_cuts(network, leases, read_cuts(network, [*cuts, *more]))
    answer(simulation_as_json(found), "\n".join(explain_simulation(found)), as_json=as_json)


def _are_live(files: dict[str, Path | None]) -> bool:
    """Tell whether the live plant is meant.

    Raises:
        Invalid: of two files that go together only one is given.
    """
    missing = [option for option in ("network", "leases") if files[f"{option}_file"] is None]
    if len(missing) == 1:
        message = "The leases and the network that they are on come in two files, of which one is not given."
        remedy = f"Give --{missing[0]} too, or neither."
        raise Invalid.from_problems([Problem("missing", message, remedy, missing[0])])
    return bool(missing)


def _from_files(files: dict[str, Path | None], on: str) -> tuple[Network, list[LeasedRoutes]]:
    from cni.leases.leased_routes import read_leases  # late, as what is below: each is for one kind of plant only

    network, leases = network_of(files["network_file"], {"on": on}), files["leases_file"]
    assert leases is not None
    return network, read_leases(network, leases.read_bytes(), leases.name)


def _live(on: date | None) -> tuple[Network, list[LeasedRoutes]]:
    from cni import runtime
    from cni.cli.main import open_database
    from cni.members.policy import OPERATOR
    from cni.operations import searching, simulating

    open_database()
    day = on or runtime.today()
    with runtime.reading() as session:
        leases = simulating.leases_in_service(session, OPERATOR, day)
        return searching.live_network(session, OPERATOR, Period(day, day + timedelta(days=1))), leases


def _day(text: str) -> date | None:
    try:
        return parse_date(text) if text else None
    except ValueError as error:
        problem = Problem("bad_dates", f"{error}.", "Write a day that exists.", "on")
        raise Invalid.from_problems([problem]) from None
