"""Networks by chance, in our notation, so that one that a test fails on can be read and tried again."""

from __future__ import annotations

import random
from itertools import pairwise

from cni.topology.questions import Diversity, Element, ElementKind, Question

LENGTHS = ("0", "0", "1", "1", "1", "2", "3", "5", "0.1", "0.2", "0.3", "0.000001")
PAIRS = (*[""] * 10, " x0", " x1", " x1", " x1", " x2", " x2", " x3", " x4")


def small_network(chance: random.Random) -> str:
    """2 to 8 sites, among them A and Z: parallel spans, loops, spans of no length, ties, few free pairs, risk groups.

    Often a row of parts joined by a span or a site, so that there is something that routes have to share.
    """
    names = ["A", *"BCDEFG"[: chance.randint(0, 6)], "Z"]
    ends = [tuple(chance.sample(names, 2)) for _ in range(chance.randint(1, 1 + 2 * len(names)))]
    part_of = dict.fromkeys(names, 0)
    if chance.random() < 0.5:
        parts = chance.randint(2, 4)
        part_of = {name: number * parts // len(names) for number, name in enumerate(names)}
        ends = [pair for pair in ends if part_of[pair[0]] == part_of[pair[1]]]
    for here, there in pairwise(names):
        is_bridge = part_of[here] != part_of[there]
        ends += [(here, there)] * (1 if is_bridge else chance.choice([0, 1, 1, 1, 2]))
    if chance.random() < 0.1:
        ends.append((names[0], names[0]))
    risks = [f"K{number}" for number in range(chance.choice([0, 1, 2, 3, 5]))]
    risks_each = chance.choice([0.1, 0.3, 0.6])
    pairs = ("",) if chance.random() < 0.4 else PAIRS
    spans = [
        f"S{number}: {a}-{z} {chance.choice(LENGTHS)}{chance.choice(pairs)}{_risks(chance, risks, risks_each)}"
        for number, (a, z) in enumerate(ends)
    ]
    return ", ".join([*(f"site {name}" for name in names), *spans])


def trap_ladder(chance: random.Random, rails: int, rungs: int) -> str:
    """Dear rails from A to Z, and cheap spans that zigzag between them and tempt the first route to break them all."""
    letters = "stuvw"[:rails]
    spans = [f"{end}-{rail}{step} {chance.randint(0, 3)}" for rail in letters for end, step in (("A", 0), ("Z", rungs))]
    for step in range(rungs):
        spans += [f"{rail}{step}-{rail}{step + 1} {chance.randint(4, 9)}" for rail in letters]
        here, there = letters[step % rails], letters[(step + 1) % rails]
        spans.append(f"{here}{step}-{there}{step + 1} {chance.randint(0, 2)}")
        if chance.random() < 0.5:
            first, second = chance.sample(letters, 2)
            spans.append(f"{first}{step}-{second}{step} {chance.choice(['0', '0', '1', '2', '3', '0.5'])}")
    for _ in range(rungs // 2):
        first, second = (f"{chance.choice(letters)}{chance.randrange(rungs + 1)}" for _ in range(2))
        spans.append(f"{first}-{second} {chance.randint(1, 30)}")
    return ", ".join([*spans, *["A-Z 200"] * chance.randint(0, 1)])


def some_elements(chance: random.Random, net_sites: list[str], spans: list[str], risks: list[str]) -> list[Element]:
    """One span, one site but A and Z, one risk group, as far as there are any."""
    sites = [id for id in net_sites if id not in ("A", "Z")]
    kinds = ((ElementKind.SPAN, spans), (ElementKind.SITE, sites), (ElementKind.RISK, risks))
    return [Element(kind, chance.choice(ids)) for kind, ids in kinds if ids]


def some_question(chance: random.Random, elements: list[Element], risks: list[str]) -> Question:
    """Any question about routes from A to Z: mostly two, often with few restrictions, now and then with many."""
    return Question(
        "A",
        "Z",
        chance.choice(list(Diversity)),
        chance.choice([1, 2, 2, 2, 2, 3]),
        chance.choice([1, 1, 1, 2]),
        exempt=tuple(chance.sample(risks, 1)) if risks and chance.random() < 0.3 else (),
        without=tuple(each for each in elements if chance.random() < 0.07),
        must_use=tuple(each for each in elements if chance.random() < 0.05),
    )


def _risks(chance: random.Random, risks: list[str], each: float) -> str:
    taken = [risk for risk in risks if chance.random() < each]
    return f" [{' '.join(taken)}]" if taken else ""
