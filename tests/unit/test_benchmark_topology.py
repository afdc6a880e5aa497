"""The benchmark of the topology engine: its networks are what they say, and all of it runs, on a tiny one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from benchmarks.networks import colocated, ducts, far_pairs, make_plant, network_of
from docs import measured_topology

ROOT = Path(__file__).parents[2]
IN_ONE_PROCESS = (
    "memory_mb", "site_diverse", "site_diverse_masked", "no_pair", "no_pair_riskless", "no_pair_fresh", "risk_ducts",
    "risk_colocated", "audit", "compile", "read",
)  # fmt: skip


@pytest.fixture(scope="module")
def report() -> dict:
    words = [word for part in IN_ONE_PROCESS for word in ("--only", part)]
    command = [sys.executable, "benchmarks/topology.py", "--size", "60", "--pairs", "2", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_part_measures_something(report):
    found = report["sizes"]["60"]

    medians = [times["median"] for part in IN_ONE_PROCESS[1:] for times in found[part].values() if type(times) is dict
               and "median" in times]  # fmt: skip
    assert set(found) == {*IN_ONE_PROCESS, "spans", "order"}
    assert len(medians) >= 2 * len(IN_ONE_PROCESS[1:])
    assert min(medians) > 0
    assert set(found["memory_mb"]) == {"graph", "view", "workspace", "peak", "rustworkx", "igraph", "networkx"}


def test_the_page_can_be_made_of_it(report):
    """With what takes processes of its own made up, and one size for all."""
    steps = {"view": 100.0, "first answer": 2.0}
    fresh = {"fresh_process": {"command": {"median": 900.0}, "steps_ms": steps}}
    sizes = dict.fromkeys(("1000", "10000", "100000"), report["sizes"]["60"] | fresh)

    page = measured_topology.topology(report | {"sizes": sizes})

    assert "| ≤ 1 s |  | 0.90 s | met |" in page
    assert "| … network in memory: view and answer | 100,000 | ≤ 1 s |  | 0.10 s | met |" in page
    assert page.count("\n| ") >= len(measured_topology.FIGURES) + len(measured_topology.GROWTH)


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(0.05, "stretch met"), (0.1, "stretch met"), (0.2, "met"), (0.204, "met"), (0.21, "**missed**")],
)
def test_a_figure_is_judged_as_it_is_printed(value, verdict):
    figure = measured_topology.Figure("", "1000", 0.2, lambda _: value, stretch=0.1)

    assert measured_topology._verdict(figure, value) == verdict


def test_the_same_size_makes_the_same_network_everywhere():
    one, other = make_plant(300), make_plant(300)

    assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("a", "z", "length_mm", "east_km"))
    assert [group.tolist() for group in ducts(one)] == [group.tolist() for group in ducts(other)]
    assert far_pairs(one, 5).tolist() == far_pairs(other, 5).tolist()


def test_a_made_network_is_like_fibre():
    plant = make_plant(1000)
    graph = network_of(plant, ducts(plant)).graph
    side_by_side = graph.number_of_edges() - nx.Graph(graph).number_of_edges()
    straight_km = np.hypot(*(each[plant.a] - each[plant.z] for each in (plant.east_km, plant.north_km)))

    assert nx.is_connected(graph)
    assert 2.9 < 2 * graph.number_of_edges() / 1000 < 3.1
    assert 5 <= side_by_side <= 30
    assert np.count_nonzero(plant.length_mm == 0) >= 1
    assert (plant.length_mm[plant.length_mm > 0] >= straight_km[plant.length_mm > 0] * 1.05e6 - 1).all()


def test_colocated_spans_lie_close_together():
    plant = make_plant(1000)
    middles = np.column_stack([plant.east_km[plant.a] + plant.east_km[plant.z],
                               plant.north_km[plant.a] + plant.north_km[plant.z]]) / 2  # fmt: skip

    widths = [np.ptp(middles[group], axis=0).max() for group in colocated(plant)]

    assert np.median(widths) < 60  # of 1,000 km
