"""The part of the page of measurements that is about the topology engine: what benchmarks/topology.py printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import log
from typing import Any

Sizes = dict[str, Any]
LARGE, MIDDLE = "100000", "10000"

INTRODUCTION = """## Topology

The network is made up: sites scattered over a box the size of Great Britain, three spans a site, a hundredth of them
side by side, some without a length. Far pairs have their ends in opposite quarters of the map. On each pair all take
their turn, one after another, in one process; each library has the sites in the order that it is fastest with. With
rustworkx the length of the route is all that is asked for, by Dijkstra's search up to the goal: the route as well would
take it five times as long. “Kernel” is the search alone, from numbers to numbers; “answer” is what `cni routes
--queries` reports as `ms`: the question checked, searched and answered, with what blocks or is shared. Medians.
"""


@dataclass(frozen=True)
class Figure:
    """A figure that has a target: at most that much, better at most `stretch`; `more` says that it is at least."""

    name: str
    size: str
    target: float
    get: Callable[[Sizes], float]
    stretch: float | None = None
    unit: str = ""
    more: bool = False


def ratio(part: str, ours: str, theirs: str = "rustworkx") -> Callable[[Sizes], float]:
    """Return how to divide the medians of two contenders of a part."""
    return lambda found: found[part][ours]["median"] / found[part][theirs]["median"]


def proven(part: str) -> Callable[[Sizes], float]:
    """Return how to look up which share of a part's answers is proven."""
    return lambda found: found[part]["proven_share"]


def command_s(found: Sizes) -> float:
    """Return the seconds that the command takes."""
    return found["fresh_process"]["command"]["median"] / 1000


def in_memory_s(found: Sizes) -> float:
    """Return the seconds from a network in memory to its first answer."""
    steps = found["fresh_process"]["steps_ms"]
    return (steps["view"] + steps["first answer"]) / 1000


DIJKSTRA = "÷ one rustworkx Dijkstra"
FIGURES = (
    Figure(f"Pair of site-diverse routes {DIJKSTRA}: kernel", LARGE, 0.2, ratio("site_diverse", "kernel"), 0.1),
    Figure("… answer", LARGE, 0.2, ratio("site_diverse", "answer"), 0.1),
    Figure("… with 15 % of the spans closed: kernel", LARGE, 0.35, ratio("site_diverse_masked", "kernel"), 0.2),
    Figure("… answer", LARGE, 0.35, ratio("site_diverse_masked", "answer"), 0.2),
    Figure(f"“No pair exists”, with why, {DIJKSTRA}: whole plant", LARGE, 0.2, ratio("no_pair", "answer")),
    Figure("… where there are no risk groups to share least of", LARGE, 0.2, ratio("no_pair_riskless", "answer")),
    Figure("… with 15 % of the spans closed, others each time", LARGE, 1.5, ratio("no_pair_fresh", "answer")),
    Figure("Audit ÷ bridges and articulation points of rustworkx", LARGE, 0.5, ratio("audit", "audit")),
    Figure(f"Risk-diverse pair, ducts, {DIJKSTRA}", MIDDLE, 1.0, ratio("risk_ducts", "answer")),
    Figure("… proven optimal in 10 s", MIDDLE, 0.95, proven("risk_ducts"), more=True),
    Figure(f"Risk-diverse pair, close together, {DIJKSTRA}", MIDDLE, 3.0, ratio("risk_colocated", "answer")),
    Figure("… proven optimal in 10 s", MIDDLE, 0.95, proven("risk_colocated"), more=True),
    Figure("Compiling the view ÷ building its networkx graph", LARGE, 1.0, ratio("compile", "view", "networkx")),
    Figure("First answer of a fresh process: `cni routes`, 40 sites", LARGE, 1.0, command_s, unit=" s"),
    Figure("… network in memory: view and answer", LARGE, 1.0, in_memory_s, unit=" s"),
)


def topology(result: dict[str, Any]) -> str:
    """Return the part of the page."""
    lines = [INTRODUCTION, *_targets(result["sizes"]), *_growth(result), *_risks(result["sizes"])]
    return "\n".join([*lines, *_memory(result["sizes"]), *_of_others(result), *_machine(result)])


def _targets(sizes: Sizes) -> Iterator[str]:
    yield "### Targets\n"
    yield "| figure | sites | target | stretch | measured | |"
    yield "|---|---:|---:|---:|---:|---|"
    for figure in FIGURES:
        value = figure.get(sizes[figure.size])
        sign = "≥" if figure.more else "≤"
        stretch = "" if figure.stretch is None else f"{sign} {figure.stretch:g}"
        cells = (
            figure.name,
            f"{int(figure.size):,}",
            f"{sign} {figure.target:g}{figure.unit}",
            stretch,
            f"{value:.2f}{figure.unit}",
            _verdict(figure, value),
        )
        yield f"| {' | '.join(cells)} |"
    yield ""


def _verdict(figure: Figure, value: float) -> str:
    """Say by the figure as it is printed whether it is as it was to be."""
    shown = round(value, 2)
    if shown < figure.target if figure.more else shown > figure.target:
        return "**missed**"
    return "stretch met" if figure.stretch is not None and shown <= figure.stretch else "met"


GROWTH = (
    ("one route", "site_diverse", "one route"),
    ("pair, kernel", "site_diverse", "kernel"),
    ("pair, answer", "site_diverse", "answer"),
    ("pair, answer and how far apart", "site_diverse", "answer, measured"),
    ("pair, 15 % closed, answer", "site_diverse_masked", "answer"),
    ("no pair, answer", "no_pair", "answer"),
    ("no pair, no risk groups, answer", "no_pair_riskless", "answer"),
    ("no pair, new mask, answer", "no_pair_fresh", "answer"),
    ("risk-diverse pair, ducts", "risk_ducts", "answer"),
    ("risk-diverse pair, close together", "risk_colocated", "answer"),
    ("audit", "audit", "audit"),
    ("compile the view", "compile", "view"),
    ("read a network file", "read", "network"),
    ("one route, rustworkx (its length)", "site_diverse", "rustworkx"),
    ("one route, igraph", "site_diverse", "igraph"),
    ("one route, networkx", "site_diverse", "networkx"),
    ("bridges and articulation points, rustworkx", "audit", "rustworkx"),
    ("bridges and articulation points, igraph", "audit", "igraph"),
    ("bridges and articulation points, networkx", "audit", "networkx"),
)
"""What is told by size: words, part, contender."""


def _growth(result: dict[str, Any]) -> Iterator[str]:
    sizes = result["sizes"]
    numbers = sorted(map(int, sizes))
    small, large = numbers[0], max(number for number in numbers if number <= int(LARGE))
    allowed = large * log(large) / (small * log(small))
    yield "### By size\n"
    yield f"Milliseconds, medians over {result['pairs']} pairs. The last column is the growth from {small:,} sites to"
    yield f"{large:,}, divided by that of n log n, which is {allowed:,.0f}: up to 1, it is within it.\n"
    yield f"| | {' | '.join(f'{number:,} sites' for number in numbers)} | ÷ n log n |"
    yield "|---|" + "---:|" * (len(numbers) + 1)
    for words, part, contender in GROWTH:
        medians = {number: _median(sizes[str(number)], part, contender) for number in numbers}
        first, last = medians[small], medians[large]
        grown = f"{last / first / allowed:.2f}" if first and last else "–"
        yield f"| {words} | {' | '.join(map(_ms, medians.values()))} | {grown} |"
    yield "\nNone of the others finds a pair of least total length; what they are compared with is one route."
    yield "rustworkx counts some bridges too many where spans run side by side.\n"


def _median(found: dict[str, Any], part: str, contender: str) -> float | None:
    median: float | None = found.get(part, {}).get(contender, {}).get("median")
    return median


def _ms(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _risks(sizes: Sizes) -> Iterator[str]:
    yield "### Risk-diverse pairs\n"
    yield "Far pairs as they come, those without such a pair too; time limit 10 s.\n"
    yield "| sites | risk groups | found | partly | none | proven | p50 ms | p90 ms | most ms | p50 ÷ rustworkx |"
    yield "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    for size, found in sizes.items():
        for words, part in (("ducts", "risk_ducts"), ("close together", "risk_colocated")):
            if part in found:
                yield _risk_row(int(size), words, found[part])
    yield ""


def _risk_row(size: int, words: str, found: dict[str, Any]) -> str:
    outcomes = [str(found["outcomes"].get(name, 0)) for name in ("found", "partly_diverse", "none")]
    times = [_ms(found["answer"][name]) for name in ("median", "p90", "max")]
    cells = [f"{size:,}", f"{found['groups']:,} {words}", *outcomes, f"{found['proven_share']:.0%}", *times]
    relative = found["answer"]["median"] / found["rustworkx"]["median"]
    return f"| {' | '.join([*cells, f'{relative:.2f}'])} |"


def _memory(sizes: Sizes) -> Iterator[str]:
    yield "### Memory\n"
    yield "Megabytes that each adds to a process; peak: the most that one with our graph, view and search ever held.\n"
    names = ("graph", "view", "workspace", "peak", "rustworkx", "igraph", "networkx")
    yield "| sites | our graph (networkx) | view | workspace | peak | rustworkx | igraph | networkx, lengths alone |"
    yield "|---:|" + "---:|" * len(names)
    for size, found in sizes.items():
        if "memory_mb" in found:
            cells = [f"{found['memory_mb'][name]:,.0f}" for name in names]
            yield f"| {int(size):,} | {' | '.join(cells)} |"
    yield ""


def _of_others(result: dict[str, Any]) -> Iterator[str]:
    if "topohub" not in result:
        return
    names = ("kernel", "answer", "rustworkx", "igraph", "networkx")
    yield "### Networks of others\n"
    yield "From the collection topohub; milliseconds: of the first two for a pair of site-diverse routes, of the others"
    yield "for one route.\n"
    yield f"| network | sites | spans | {' | '.join(names)} |"
    yield "|---|---:|---:|" + "---:|" * len(names)
    for name, found in result["topohub"].items():
        times = [_ms(found["site_diverse"][each]["median"]) for each in names]
        yield f"| {name} | {found['sites']:,} | {found['spans']:,} | {' | '.join(times)} |"
    yield ""


def _machine(result: dict[str, Any]) -> Iterator[str]:
    machine = result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    load = machine["load_before"]
    yield f"Measured on {machine['cores']} cores, at a load of {load} to begin with; {versions}."
