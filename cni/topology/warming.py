"""Compiling everything before it is first needed.

The first call of a compiled function takes seconds or, where its machine code is kept, milliseconds. `dev.py setup` has
it all compiled, and the web and the worker have it loaded when they start, so that no question has to wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from cni.topology.network import Network, Site, Span, build_network
from cni.topology.questions import Diversity, Element, ElementKind, Question
from cni.topology.routes import find_answer

SPANS = ("AB", "BC", "CD", "AE", "ED", "BE", "EF", "DG", "DG", "DH", "HI", "HI", "AJ", "JD", "CJ")
"""By their ends: ways round each other, a site at the end of one span, spans side by side, and a bridge."""
RISKS = {0: ("R1",), 2: ("R2",), 3: ("R2",), 4: ("R1",), 12: ("R1", "R3"), 13: ("R3",)}


@cache
def warm() -> None:
    """Call every compiled function, with arguments of the kinds that it is ever called with; once in a process."""
    from cni.topology.failures.audit import audit  # late: a question needs no audit

    network = _small_network()
    for question in _questions():
        find_answer(network, question)
    audit(network)


def _small_network() -> Network:
    sites = [Site(id) for id in sorted(set("".join(SPANS)))]
    spans = [
        Span(f"S{number}", ends[0], ends[1], 1 + number, risks=RISKS.get(number, ()))
        for number, ends in enumerate(SPANS)
    ]
    return build_network(sites, spans)


def _questions() -> Iterator[Question]:
    """Yield questions of every kind: with routes and without, with and without something closed."""
    closed = (Element(ElementKind.SPAN, "S0"),)
    for diversity in Diversity:
        for z in "DFI":
            yield Question("A", z, diversity, 2)
            yield Question("A", z, diversity, 2, without=closed)
            yield Question("A", z, diversity, 3)
    yield Question("A", "D", Diversity.SITE, 2, must_use=(Element(ElementKind.SITE, "C"),))
