"""The topology engine against other libraries: diverse routes, "no pair", risk groups, audits, what a view costs.

Prints one JSON document. All that is compared is measured in one process, on the same plant and the same pairs of far
sites, one library after another on each pair. Milliseconds depend on the machine; what counts are the ratios.

    python3 dev.py bench topology                           1,000, 10,000 and 100,000 sites
    python3 dev.py bench topology --size 1000000            another size; may be given again
    python3 dev.py bench topology --size 10000 --only risk  one part
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import metadata
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import networkx as nx
import numpy as np
import rustworkx

from benchmarks.measuring import in_a_child, peak_mb, resident_mb, side_by_side, summary, timed_ms
from benchmarks.networks import (
    Int64s,
    Plant,
    any_pairs,
    colocated,
    ducts,
    far_pairs,
    make_plant,
    network_of,
    topohub_plant,
)
from benchmarks.rivals import LIBRARIES, Rival, fastest_rival, igraph_graph, networkx_graph, rival, rustworkx_graph
from cni.topology.answers import Answer, Outcome
from cni.topology.engine.search import find_routes
from cni.topology.engine.view import Mask, compile_view
from cni.topology.failures.audit import audit
from cni.topology.network import Network
from cni.topology.network_files import read_network
from cni.topology.questions import Diversity, Question
from cni.topology.routes import answer_question, find_answer
from cni.topology.warming import warm

ROOT = Path(__file__).resolve().parent.parent
SIZES = (1_000, 10_000, 100_000)
PAIRS = 40
YARDSTICK = "rustworkx"
CLOSED = 0.15
TRIES = 50
"""How many pairs are looked at, for each that is wanted, to find those with an answer of the kind wanted."""
ROUNDS = 5
"""How often is measured what takes long and depends on no pair."""
LARGEST_FOR_NETWORKX = 100_000
TOPOHUB = (
    "topozoo/Janetbackbone",
    "sndlib/cost266",
    "sndlib/germany50",
    "topozoo/TataNld",
    "backbone/europe_nosc",
    "backbone/world",
)
FRESH_PROCESSES = 7
SMALL = 40
"""Sites of the network that a fresh process answers from."""

Part = dict[str, Any]


class Case(NamedTuple):
    """A pair of sites: by their numbers in the plant, and as a question put to a network."""

    pair: tuple[int, int]
    network: Network
    question: Question
    closed: Mask

    @property
    def ends(self) -> tuple[int, int]:
        """The sites' numbers in the network's view."""
        numbers = self.network.view.site_numbers
        return numbers[self.question.a], numbers[self.question.z]


@dataclass(frozen=True)
class Course:
    """A plant to measure on, and how many pairs count; one more is there to warm up on."""

    plant: Plant
    pairs: int

    make_pairs: Callable[[Plant, int], Int64s] = far_pairs

    @cached_property
    def network(self) -> Network:
        """The plant's network, with ducts as its risk groups."""
        return network_of(self.plant, ducts(self.plant))

    @cached_property
    def riskless_network(self) -> Network:
        """The plant's network without any risk group."""
        return network_of(self.plant)

    @cached_property
    def rivals(self) -> dict[str, Rival]:
        """Every other library that can cope with the size, in the order that suits it."""
        pairs = self.make_pairs(self.plant, self.pairs)
        names = [name for name in LIBRARIES if name != "networkx" or self.plant.sites <= LARGEST_FOR_NETWORKX]
        return {name: fastest_rival(name, self.plant, pairs) for name in names}

    def cases(self, routes: int, network: Network, closed: Mask) -> Iterator[Case]:
        """Yield pairs between which so many site-diverse routes can be had, 2 or only 1."""
        for pair in self.make_pairs(self.plant, self.pairs * TRIES).tolist():
            a, z = map(self.plant.site_id, pair)
            case = Case(tuple(pair), network, Question(a, z, Diversity.SITE, 2), closed)
            if len(find_routes(network.view, case.ends, 2, closed, apart_at_sites=True)) == routes:
                yield case

    def chosen(self, cases: Iterator[Case]) -> list[Case]:
        """Return as many of these cases as are measured, and one more to warm up on."""
        found = list(islice(cases, self.pairs + 1))
        if len(found) <= self.pairs:
            raise RuntimeError(f"Of {self.pairs * TRIES} pairs only {len(found)} are of the kind to be measured.")
        return found


def by_kernel(case: Case, routes: int = 2) -> object:
    """Search alone: numbers in, numbers out."""
    return find_routes(case.network.view, case.ends, routes, case.closed, apart_at_sites=True)


def by_question(case: Case) -> Answer:
    """Do what `cni routes --queries` reports as `ms`: all but measuring how far apart the routes are."""
    return find_answer(case.network, case.question)


def by_question_measured(case: Case) -> Answer:
    """Do what a member is told: routes, and how far apart they are."""
    return answer_question(case.network, case.question)


def shortest(rival: Rival) -> Callable[[Case], object]:
    """Return how a library finds one shortest route."""
    return lambda case: rival.shortest(case.pair)


def compared(contenders: Mapping[str, Callable[[Any], object]], cases: Iterable[Any]) -> Part:
    """Measure contenders, rustworkx among them."""
    return side_by_side(contenders, YARDSTICK, cases)


# The parts


def site_diverse(course: Course) -> Part:
    """Measure the whole pair of site-diverse routes, and one route, against one route of the others."""
    network = course.network
    cases = course.chosen(course.cases(2, network, network.view.nothing_closed))
    rivals = {name: shortest(each) for name, each in course.rivals.items()}
    ours = {"one route": lambda case: by_kernel(case, 1), "kernel": by_kernel, "answer": by_question}
    slower = {"answer, measured": by_question_measured, **rivals}
    return compared(slower, cases) | compared({**ours, YARDSTICK: rivals[YARDSTICK]}, cases)


def site_diverse_masked(course: Course) -> Part:
    """Measure the same with 15 % of the spans closed, which the others are spared: theirs lack those spans."""
    network, closed = closed_network(course, seed=0)
    open_plant = course.plant.without(closed_in_plant(course, seed=0))
    cases = course.chosen(course.cases(2, network, closed))
    rivals = {name: shortest(rival(name, open_plant, each.order)) for name, each in course.rivals.items()}
    return compared(rivals, cases) | compared(
        {"kernel": by_kernel, "answer": by_question, YARDSTICK: rivals[YARDSTICK]}, cases
    )


def no_pair(course: Course) -> Part:
    """Measure saying that there is no pair, why, and which two routes share least, on the whole plant."""
    return no_pair_of(course, course.network)


def no_pair_riskless(course: Course) -> Part:
    """Measure the same where there are no risk groups, of which the two routes are to share least."""
    return no_pair_of(course, course.riskless_network)


def no_pair_of(course: Course, network: Network) -> Part:
    """Measure saying that there is no pair."""
    cases = course.chosen(course.cases(1, network, network.view.nothing_closed))
    if any(by_question(case).outcome is Outcome.FOUND for case in cases):
        raise RuntimeError("A pair was found where the kernel says that there is none.")
    return compared({"answer": by_question, YARDSTICK: shortest(course.rivals[YARDSTICK])}, cases)


def no_pair_fresh(course: Course) -> Part:
    """Measure the same, each time with another 15 % of the spans closed."""
    order, graphs = course.rivals[YARDSTICK].order, {}

    def by_rustworkx(case: Case) -> object:
        return graphs[id(case.network)].shortest(case.pair)

    def cases() -> Iterator[Case]:
        for seed in count(1):
            network, closed = closed_network(course, seed)
            for case in islice(course.cases(1, network, closed), 1):
                graphs.clear()
                graphs[id(network)] = rival(YARDSTICK, course.plant.without(closed_in_plant(course, seed)), order)
                yield case

    return compared({"answer": by_question, YARDSTICK: by_rustworkx}, islice(cases(), course.pairs + 1))


def closed_in_plant(course: Course, seed: int) -> Mask:
    """Return 1 for some 15 % of the spans, by their numbers in the plant."""
    return (np.random.default_rng([seed, 15]).random(len(course.plant.a)) < CLOSED).astype(np.uint8)


def closed_network(course: Course, seed: int) -> tuple[Network, Mask]:
    """Return the network with no free pair on the closed spans, and the mask that is by the view's numbers."""
    closed = closed_in_plant(course, seed)
    free = {f"L{number}": 1 for number in np.flatnonzero(closed == 0).tolist()}
    network = course.network.with_free_pairs(free)
    return network, (network.free_pairs == 0).astype(np.uint8)


def risk_ducts(course: Course) -> Part:
    """Measure risk-diverse pairs where spans share ducts."""
    return risk_diverse(course, ducts(course.plant))


def risk_colocated(course: Course) -> Part:
    """Measure risk-diverse pairs where spans that lie close together share a risk."""
    return risk_diverse(course, colocated(course.plant))


def risk_diverse(course: Course, groups: Sequence[Int64s]) -> Part:
    """Measure risk-diverse pairs, and count how they came out; far pairs as they come, with an answer or without."""
    network, answers = network_of(course.plant, groups), list[Answer]()
    cases = []
    for pair in far_pairs(course.plant, course.pairs + 1).tolist():
        a, z = map(course.plant.site_id, pair)
        cases.append(Case(tuple(pair), network, Question(a, z, Diversity.RISK, 2), network.view.nothing_closed))
    contenders = {
        "answer": lambda case: answers.append(by_question(case)),
        YARDSTICK: shortest(course.rivals[YARDSTICK]),
    }
    measured = compared(contenders, cases)
    counted = answers[1:]
    proven = sum(answer.proven_optimal for answer in counted)
    outcomes = dict(Counter(str(answer.outcome) for answer in counted))
    return measured | {"groups": len(groups), "proven_share": round(proven / len(counted), 4), "outcomes": outcomes}


def audits(course: Course) -> Part:
    """Measure the whole audit against the others' bridges and articulation sites."""
    graphs = {name: each.graph for name, each in course.rivals.items()}
    contenders = {"audit": lambda _: audit(forgetful(course.network))}
    contenders["rustworkx"] = lambda _: (
        rustworkx.bridges(graphs["rustworkx"]),
        rustworkx.articulation_points(graphs["rustworkx"]),
    )
    contenders["igraph"] = lambda _: (graphs["igraph"].bridges(), graphs["igraph"].articulation_points())
    if "networkx" in graphs:
        graph = graphs["networkx"]
        contenders["networkx"] = lambda _: (list(nx.bridges(graph)), list(nx.articulation_points(graph)))
    return compared(contenders, range(ROUNDS + 1))


def forgetful(network: Network) -> Network:
    """Return the network with its view, but without what was found out about the view since it was compiled."""
    other = replace(network)
    other.__dict__["view"] = replace(network.view)
    return other


def compiling(course: Course) -> Part:
    """Measure compiling the view against building the networkx graph that it is compiled from."""
    graph = course.network.graph
    sites, spans = list(graph.nodes(data=True)), list(graph.edges(keys=True, data=True))

    def build(_: object) -> object:
        built: nx.MultiGraph = nx.MultiGraph()
        built.add_nodes_from(sites)
        built.add_edges_from(spans)
        return built

    return side_by_side({"view": lambda _: compile_view(graph, ()), "networkx": build}, "networkx", range(ROUNDS + 1))


def reading(course: Course) -> Part:
    """Measure reading the network from a file."""
    document = json.dumps(nx.node_link_data(course.network.graph, edges="edges")).encode()
    contenders = {"network": lambda _: read_network(document), "json alone": lambda _: json.loads(document)}
    return side_by_side(contenders, "json alone", range(ROUNDS + 1)) | {"megabytes": round(len(document) / 1e6, 1)}


def memory(course: Course) -> Part:
    """Measure what each thing adds to the memory of a process, in megabytes."""
    plant = course.plant

    def ours() -> dict[str, float]:
        warm()  # machine code is no part of any of it
        groups = ducts(plant)
        before = trimmed_mb()
        network = network_of(plant, groups)
        graph = trimmed_mb()
        view = network.view
        compiled = trimmed_mb()
        find_routes(view, (0, 1), 1, view.nothing_closed, apart_at_sites=True)
        return {
            "graph": graph - before,
            "view": compiled - graph,
            "workspace": resident_mb() - compiled,
            "peak": peak_mb(),
        }

    def theirs(make: Callable[[Plant], object]) -> dict[str, float]:
        before = trimmed_mb()
        graph = make(plant)
        return {"graph": (graph is not None) * (trimmed_mb() - before)}

    found = in_a_child(ours)
    others = {"rustworkx": rustworkx_graph, "igraph": igraph_graph, "networkx": networkx_graph}
    found |= {name: in_a_child(lambda: theirs(make))["graph"] for name, make in others.items()}  # noqa: B023 at once
    return {name: round(mb, 1) for name, mb in found.items()}


def trimmed_mb() -> float:
    """Return the memory that this process holds, after giving back what it does not use."""
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    return resident_mb()


def fresh_process(course: Course) -> Part:
    """Measure the first answer of a process: the command on a small file; and, on this plant, each step."""
    small = make_plant(SMALL)
    network = network_of(small)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "small.json"
        file.write_text(json.dumps(nx.node_link_data(network.graph, edges="edges")))
        a, z = map(small.site_id, far_pairs(small, 1)[0].tolist())
        command = [Path(sys.executable).with_name("cni"), "routes", "--network", file, "--json"]
        command += ["--from", a, "--to", z, "--diverse", "site"]
        times = [timed_ms(_run, command) for _ in range(FRESH_PROCESSES + 1)]
    script = f"from benchmarks.first_answer import tell; tell({course.plant.sites})"
    steps = json.loads(subprocess.check_output([sys.executable, "-c", script], cwd=ROOT))
    return {"command": summary(times[1:]), "steps_ms": steps}


def _run(command: Sequence[object]) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if '"outcome"' not in done.stdout:
        raise RuntimeError(f"cni routes gave no answer: {done.stderr}")


PARTS: dict[str, Callable[[Course], Part]] = {
    "memory_mb": memory,
    "site_diverse": site_diverse,
    "site_diverse_masked": site_diverse_masked,
    "no_pair": no_pair,
    "no_pair_riskless": no_pair_riskless,
    "no_pair_fresh": no_pair_fresh,
    "risk_ducts": risk_ducts,
    "risk_colocated": risk_colocated,
    "audit": audits,
    "compile": compiling,
    "read": reading,
    "fresh_process": fresh_process,
}
"""In this order, so that memory is measured before there is much of it."""


def of_others(pairs: int) -> Part:
    """Measure pairs of routes on networks of topohub, between sites chosen by chance."""
    found = {}
    for name in TOPOHUB:
        course = Course(topohub_plant(name), pairs, any_pairs)
        size = {"sites": course.plant.sites, "spans": len(course.plant.a)}
        found[name] = size | {"site_diverse": site_diverse(course)}
    return found


def machine() -> dict[str, object]:
    """Return what the figures depend on."""
    libraries = ("numpy", "numba", "networkx", "scipy", "rustworkx", "igraph")
    versions = {"python": platform.python_version()} | {name: metadata.version(name) for name in libraries}
    load = round(os.getloadavg()[0], 1)
    return {"cores": os.cpu_count(), "system": platform.system(), "load_before": load, "versions": versions}


def measured_at(size: int, pairs: int, parts: Sequence[str]) -> Part:
    """Return these parts, measured on a plant of so many sites."""
    course = Course(make_plant(size), pairs)
    found: Part = {"spans": len(course.plant.a)}
    for name in parts:
        print(f"{size:,} sites: {name}", file=sys.stderr)
        found[name] = PARTS[name](course)
    return found | {"order": {name: each.order for name, each in course.rivals.items()}}


def main() -> int:
    """Measure and print the figures."""
    parser = argparse.ArgumentParser(description="Measure the topology engine.")
    parser.add_argument("--size", type=int, action="append", help="sites of the network; may be given again")
    parser.add_argument("--pairs", type=int, default=PAIRS, help=f"how many pairs of far sites ({PAIRS})")
    parser.add_argument("--only", action="append", choices=[*PARTS, "topohub"], help="a part; may be given again")
    options = parser.parse_args()
    parts = options.only or [*PARTS, "topohub"]
    report: dict[str, Any] = {"benchmark": "topology", "machine": machine(), "pairs": options.pairs, "sizes": {}}
    for size in options.size or SIZES:
        report["sizes"][str(size)] = measured_at(size, options.pairs, [name for name in PARTS if name in parts])
    if "topohub" in parts:
        report["topohub"] = of_others(options.pairs)
    print(json.dumps(report, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
