"""A search for routes in a planner's words, and the same as a question to the graph engine.

What is to be avoided or used is written `KIND:CODE`, as in `site:PICC` or `owner:irwell-council`; a code alone will do
where only one thing has it. Codes compare without case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from cni.assets.snapshot import Plant
from cni.primitives.errors import Problem
from cni.primitives.period import Period, add_months
from cni.topology.questions import Diversity, Element, ElementKind, Owned, Question, question_problems

SEARCH_TIME_S = 3.0
"""How long, in seconds, a search may look for proof before it answers with the best found and a bound."""

KIND_WORDS = {"site": "site", "span": "span", "risk": "risk group", "owner": "owner"}
"""What can be avoided or used, and what it is called in a sentence."""

PLACES = {"without": "avoid"}
"""Where the engine's words for what a search gives differ from ours."""


@dataclass(frozen=True, slots=True)
class RouteSearch:
    """What a planner asks: between which sites (codes), how diverse, how many pairs, from when and how long.

    `diverse` None: one route is enough. The two routes of a pair keep `separation_m` metres apart. No route uses what
    is to `avoid`; some route uses each thing of `must_use`. `exempt` are the codes of risk groups that both routes may
    share all the same.
    """

    from_site: str
    to_site: str
    starts_on: date
    term_months: int
    pairs: int = 1
    diverse: Diversity | None = None
    separation_m: float | None = None
    avoid: tuple[str, ...] = ()
    must_use: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()

    @property
    def period(self) -> Period:
        """The days for which the fibre is wanted."""
        return Period(self.starts_on, add_months(self.starts_on, self.term_months))


def kind_and_code(thing: str) -> tuple[str, str]:
    """Return the kind, in small letters, and the code of what is written `KIND:CODE`; no code without a colon.

    >>> kind_and_code("Site: PICC")
    ('site', 'PICC')
    """
    kind, _, code = thing.partition(":")
    return kind.strip().lower(), code.strip()


def as_written(plant: Plant, search: RouteSearch) -> RouteSearch:
    """Return a search with codes as the plant writes them and kinds where they were left out; unknown ones stay."""
    sites, risks = plant.codes["site"], plant.codes["risk"]
    return replace(
        search,
        from_site=sites.get(search.from_site.lower(), search.from_site),
        to_site=sites.get(search.to_site.lower(), search.to_site),
        avoid=_each_once(_written(plant, thing) for thing in search.avoid),
        must_use=_each_once(_written(plant, thing) for thing in search.must_use),
        exempt=_each_once(risks.get(code.lower().removeprefix("risk:"), code) for code in search.exempt),
    )


def search_problems(plant: Plant, search: RouteSearch) -> list[Problem]:
    """Return what keeps a search, as written, from being asked of this plant; its dates and term are not looked at."""
    asked = question_problems(plant.network, question_of(plant, search))
    return [
        *_unknown_things(plant, search),
        *(replace(problem, place=PLACES.get(problem.place or "", problem.place)) for problem in asked),
    ]


def question_of(plant: Plant, search: RouteSearch) -> Question:
    """Return the question that a search, as written, asks of the graph engine; without what the plant does not have."""
    return Question(
        search.from_site,
        search.to_site,
        search.diverse or Diversity.SPAN,
        routes=1 if search.diverse is None else 2,
        pairs=search.pairs,
        exempt=tuple(code for code in search.exempt if code in plant.risk_kinds),
        without=tuple(each for thing in search.avoid for each in _elements(plant, thing)),
        must_use=tuple(each for thing in search.must_use for each in _elements(plant, thing)),
        separation_m=search.separation_m,
        time_limit_s=SEARCH_TIME_S,
    )


def name_of(plant: Plant, thing: str) -> str:
    """Return what people call a thing written `KIND:CODE`: "site Piccadilly (PICC)"; or else what was written."""
    kind, code = kind_and_code(thing)
    if code not in plant.codes.get(kind, {}).values():
        return thing
    if kind == "owner":
        return f"owner {plant.owner_names[code]}"
    return f"{KIND_WORDS[kind]} {plant.network.name(kind, code)} ({code})"


def asked_otherwise(search: RouteSearch) -> Iterator[RouteSearch]:
    """Yield the same search with the other grades of diversity, the strictest first, and without its separation."""
    if search.diverse is not None:
        yield from (replace(search, diverse=grade) for grade in reversed(Diversity) if grade is not search.diverse)
    if search.separation_m is not None:
        yield replace(search, separation_m=None)


def going_round(search: RouteSearch, spans: Iterable[str]) -> Iterator[RouteSearch]:
    """Yield the same search round one of these spans after the other: what they find is next best in some way."""
    return (replace(search, avoid=(*search.avoid, f"span:{code}")) for code in dict.fromkeys(spans))


def _written(plant: Plant, thing: str) -> str:
    kind, code = kind_and_code(thing)
    if code and kind in plant.codes:
        return f"{kind}:{plant.codes[kind].get(code.lower(), code)}"
    having = [f"{kind}:{codes[thing.lower()]}" for kind, codes in plant.codes.items() if thing.lower() in codes]
    return having[0] if len(having) == 1 else thing


def _unknown_things(plant: Plant, search: RouteSearch) -> Iterator[Problem]:
    for place, things in (("avoid", search.avoid), ("must_use", search.must_use)):
        for thing in things:
            kind, code = kind_and_code(thing)
            if code in plant.codes.get(kind, {}).values():
                continue
            having = [kind for kind, codes in plant.codes.items() if thing.lower() in codes]
            if having:
                called = " and a ".join(KIND_WORDS[kind] for kind in having)
                remedy = f"Write {' or '.join(f'{kind}:{thing}' for kind in having)}."
                yield Problem("not_clear", f"{thing} is the code of a {called}.", remedy, place)
            else:
                known = kind in plant.codes
                message = f"There is no {KIND_WORDS[kind]} {code}." if known else f"There is nothing called {thing}."
                remedy = "Choose from the list, or write site:, span:, risk: or owner: and the code."
                yield Problem("unknown", message, remedy, place)
    for code in search.exempt:
        if code not in plant.risk_kinds:
            yield Problem("unknown", f"There is no risk group {code}.", "Choose one from the list.", "exempt")


def _elements(plant: Plant, thing: str) -> Iterator[Element | Owned]:
    kind, code = kind_and_code(thing)
    if code not in plant.codes.get(kind, {}).values():
        return
    if kind == "owner":
        yield Owned(code, plant.spans_of_owners[code])
    else:
        yield Element(ElementKind(kind), code)


def _each_once(things: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(thing for thing in things if thing))
