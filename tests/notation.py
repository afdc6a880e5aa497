"""Plant in one line: `network("A-B 1200 [K1], B-Z 900, A-C 1500, C-Z 1100 [K1]")`."""

from __future__ import annotations

import re
from collections import Counter

from cni.topology.network import Network, Site, Span, build_network

SPAN = re.compile(
    r"(?:(?P<id>\S+): )?(?P<a>\w+)-(?P<z>\w+) (?P<length>[\d.]+)(?: x(?P<pairs>\d+))?(?: \[(?P<risks>.*)\])?"
)


def network(text: str) -> Network:
    """Return the network that `text` writes down: spans between commas, each `ID: A-Z METRES xPAIRS [RISK RISK]`.

    Only the ends and the metres are needed. Without an id a span is called by its ends ("A-B"; parallel ones: "A-B.2",
    "A-B.3"), without `xPAIRS` its free pairs have no limit. The ends are the sites; `site X` alone makes one more.
    """
    sites: dict[str, Site] = {}
    spans: list[Span] = []
    repeats: Counter[str] = Counter()
    for part in filter(None, map(str.strip, text.split(","))):
        found = SPAN.fullmatch(part)
        ends = found.group("a", "z") if found else (part.removeprefix("site "),)
        sites |= {end: Site(end) for end in ends}
        if found:
            repeats[name := "-".join(ends)] += 1
            id = found["id"] or (name if repeats[name] == 1 else f"{name}.{repeats[name]}")
            length, pairs, risks = float(found["length"]), found["pairs"], (found["risks"] or "").split()
            spans.append(Span(id, *ends, length, int(pairs) if pairs else None, tuple(risks)))
    return build_network(sites.values(), spans)
