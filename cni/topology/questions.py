"""Asking for routes: what can be asked, and everything that can be wrong with a question."""

from __future__ import annotations

import csv
import math
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from io import StringIO
from typing import Literal

from cni.primitives.errors import Invalid, NotFound, Problem, refuse_if_any
from cni.topology.network import Network
from cni.topology.text import text_of

MOST_ROUTES = 8
MOST_PAIRS = 10_000
"""More than the largest cables have."""

MOST_SEPARATION_M = 10_000
"""Further apart than the places where routes are sought need; it keeps the spans to compare few enough."""
TIME_LIMIT_S = 10.0
MOST_TIME_S = 86_400.0

REQUIRED_COLUMNS = ("from", "to")
MORE_COLUMNS = ("diverse", "routes", "pairs", "exempt", "without", "must_use", "separation_m", "time_limit_s")
COLUMNS = (*REQUIRED_COLUMNS, *MORE_COLUMNS)


class Diversity(StrEnum):
    """What routes must not have in common.

    `SPAN`: a span. `SITE`: nor any site but their ends. `RISK`: nor any risk group, those exempt aside.
    """

    SPAN = "span"
    SITE = "site"
    RISK = "risk"


class ElementKind(StrEnum):
    """What a network is made of, as far as a question can name it."""

    SPAN = "span"
    SITE = "site"
    RISK = "risk"


@dataclass(frozen=True, slots=True)
class Element:
    """A span, a site with the spans that end there, or a risk group with all its spans."""

    kind: ElementKind
    id: str


@dataclass(frozen=True, slots=True)
class Owned:
    """The spans of an owner, by ids, to be named like an element: a network does not know who owns what."""

    id: str
    spans: tuple[str, ...]
    kind: Literal["owner"] = "owner"


@dataclass(frozen=True, slots=True)
class Question:
    """Which routes are sought: how many from site `a` to site `z`, how diverse, with how many free pairs on each span.

    No route uses anything of `without`; of each element of `must_use`, some route uses at least one span. `exempt` risk
    groups do not count against diversity of risk, nor among what two routes share. The two routes of a pair keep
    `separation_m` metres apart, measured without the surroundings of their ends. The search for an answer that cannot
    be found at once ends after `time_limit_s` seconds or so, with the best found and what none can be better than.
    """

    a: str
    z: str
    diversity: Diversity = Diversity.SPAN
    routes: int = 1
    pairs: int = 1
    exempt: tuple[str, ...] = ()
    without: tuple[Element | Owned, ...] = ()
    must_use: tuple[Element | Owned, ...] = ()
    separation_m: float | None = None
    time_limit_s: float = TIME_LIMIT_S


def read_question(network: Network, asked: Mapping[str, str]) -> Question:
    """Return the question that these words ask, by the names in `COLUMNS`; `from` and `to` are needed.

    An empty word is one not given; several ids in one are joined by `;`. There are 2 routes where diversity or a
    separation is asked for, else 1.

    Raises:
        NotFound: a site, span or risk group is not in the network, and nothing else is wrong.
        Invalid: something else is wrong, with every problem.
    """
    question, problems = _read(asked)
    problems += question_problems(network, question)
    refuse(problems)
    return question


def read_queries(network: Network, data: bytes | str, defaults: Mapping[str, str] | None = None) -> list[Question]:
    """Return the questions of a CSV file, in its order; `defaults` stand in for empty cells and missing columns.

    Raises:
        Invalid: the file, or a row of it, is wrong; every problem with its row (the header is row 1) and column.
    """
    try:
        rows = list(csv.reader(StringIO(text_of(data)), strict=True))
    except csv.Error as error:
        problem = Problem("bad_csv", f"The file is not CSV: {error}.", "Save it as CSV, separated by commas.")
        raise Invalid.from_problems([problem]) from error
    header = [cell.strip() for cell in rows[0]] if rows else []
    refuse_if_any(_header_problems(header))

    questions, problems = [], list[Problem]()
    for row, cells in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header):
            message = f"Row {row} has {len(cells)} cells, the header {len(header)}."
            problems.append(Problem("bad_row", message, "Put quotation marks round a cell that has a comma.", row=row))
        given = {column: cell.strip() for column, cell in zip(header, cells, strict=False) if cell.strip()}
        question, wrong = _read({**(defaults or {}), **given})
        wrong += question_problems(network, question)
        problems += [Problem(each.code, each.message, each.remedy, row=row, column=each.place) for each in wrong]
        questions.append(question)
    refuse_if_any(problems)
    return questions


def refuse(problems: list[Problem]) -> None:
    """Raise what these problems amount to, if there are any.

    Raises:
        NotFound: all of them are things that are not in the network.
        Invalid: some of them are not.
    """
    if problems and all(problem.code == "unknown" for problem in problems):
        raise NotFound(" ".join(problem.message for problem in problems), problems)
    refuse_if_any(problems)


def question_problems(network: Network, question: Question) -> list[Problem]:
    """Return everything that is wrong with asking this of this network."""
    return [
        *_missing(network, question),
        *_end_problems(question),
        *_out_of_range("routes", question.routes, MOST_ROUTES),
        *_out_of_range("pairs", question.pairs, MOST_PAIRS),
        *_separation_problems(question),
        *_time_problems(question),
    ]


def _missing(network: Network, question: Question) -> Iterator[Problem]:
    view = network.view
    known: dict[str, Container[str]] = {
        "site": view.site_numbers,
        "span": view.span_numbers,
        "risk": view.risk_numbers,
    }
    words = {"site": "site", "span": "span", "risk": "risk group"}
    sought = [("from", "site", question.a), ("to", "site", question.z)]
    sought += [("exempt", "risk", risk) for risk in question.exempt]
    for place, elements in (("without", question.without), ("must_use", question.must_use)):
        sought += [(place, each.kind, each.id) for each in elements if isinstance(each, Element)]
    for place, kind, id in sought:
        if id and id not in known[kind]:
            message = f"There is no {words[kind]} {id} in the network."
            yield Problem("unknown", message, f"Check the id of the {words[kind]}.", place)


def _end_problems(question: Question) -> Iterator[Problem]:
    for place, end in (("from", question.a), ("to", question.z)):
        if not end:
            yield Problem("missing", f"The site to go {place} is missing.", "Give the id of a site.", place)
        if Element(ElementKind.SITE, end) in question.without:
            message = f"Site {end} is an end of the route, so it cannot be left out."
            yield Problem("end_left_out", message, "Leave out another site or choose other ends.", "without")
    if question.a and question.a == question.z:
        message = f"The route would start and end at the same site, {question.a}."
        yield Problem("same_ends", message, "Choose two different sites.", "to")


def _out_of_range(place: str, number: int, most: int) -> Iterator[Problem]:
    if not 1 <= number <= most:
        message = f"The number of {place} is {number}; it can be from 1 to {most:,}."
        yield Problem("out_of_range", message, f"Ask for 1 to {most:,} {place}.", place)


def _separation_problems(question: Question) -> Iterator[Problem]:
    metres = question.separation_m
    if metres is None:
        return
    if not 0 < metres <= MOST_SEPARATION_M:  # not-a-number fails this too
        message = f"The separation is {metres:g} m; it can be more than 0 and up to {MOST_SEPARATION_M:,} m."
        yield Problem("out_of_range", message, "Give metres within these bounds.", "separation_m")
    if question.routes != 2:
        message = f"A separation is kept between two routes, not {question.routes}."
        yield Problem("not_a_pair", message, "Ask for two routes, or leave the separation out.", "separation_m")


def _time_problems(question: Question) -> Iterator[Problem]:
    if not 0 < question.time_limit_s <= MOST_TIME_S:
        limit = f"{question.time_limit_s:g} s"
        message = f"The time limit is {limit}; it can be more than 0 and up to {MOST_TIME_S:,.0f} s."
        yield Problem("out_of_range", message, "Give seconds within these bounds.", "time_limit_s")


def _header_problems(header: list[str]) -> Iterator[Problem]:
    for column in REQUIRED_COLUMNS:
        if column not in header:
            message = f"The column {column} is missing."
            yield Problem("missing_column", message, "The first row names the columns; from and to are needed.", row=1)
    for column in dict.fromkeys(header):
        if column not in COLUMNS or header.count(column) > 1:
            message = f"The column {column or 'without a name'} is not known, or is there twice."
            yield Problem("bad_column", message, f"Keep to one each of {', '.join(COLUMNS)}.", row=1, column=column)


def _read(asked: Mapping[str, str]) -> tuple[Question, list[Problem]]:
    """Return the question with what cannot be read left at its default, and the problems of reading it."""
    problems: list[Problem] = []
    diverse = asked.get("diverse", "")
    is_pair = bool(diverse or asked.get("separation_m"))
    question = Question(
        a=asked.get("from", ""),
        z=asked.get("to", ""),
        diversity=_read_diversity(diverse, problems),
        routes=_read_number("routes", asked.get("routes", ""), 2 if is_pair else 1, problems),
        pairs=_read_number("pairs", asked.get("pairs", ""), 1, problems),
        exempt=tuple(_ids(asked.get("exempt", ""))),
        without=tuple(_read_elements("without", asked.get("without", ""), problems)),
        must_use=tuple(_read_elements("must_use", asked.get("must_use", ""), problems)),
        separation_m=_read_measure("separation_m", asked.get("separation_m", ""), problems),
        time_limit_s=_read_measure("time_limit_s", asked.get("time_limit_s", ""), problems) or TIME_LIMIT_S,
    )
    return question, problems


def _ids(joined: str) -> Iterator[str]:
    return (id.strip() for id in joined.split(";") if id.strip())


def _read_diversity(text: str, problems: list[Problem]) -> Diversity:
    if text in {"", *Diversity}:
        return Diversity(text or Diversity.SPAN)
    message = f"{text} is not a kind of diversity."
    problems.append(Problem("bad_diversity", message, "Ask for span, site or risk.", "diverse"))
    return Diversity.SPAN


def _read_number(place: str, text: str, default: int, problems: list[Problem]) -> int:
    if not text:
        return default
    try:
        return int(text)
    except ValueError:
        message = f"The number of {place} is not a whole number: {text[:40]}."
        problems.append(Problem("not_a_number", message, f"Give the number of {place} in figures.", place))
        return default


def _read_measure(place: str, text: str, problems: list[Problem]) -> float | None:
    """Return a measure that is more than 0; None if it is not given, or no such number."""
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isfinite(number) and number > 0:
        return number
    words = {"separation_m": "separation in metres", "time_limit_s": "time limit in seconds"}
    message = f"The {words[place]} is not a number above 0: {text[:40]}."
    problems.append(Problem("not_a_number", message, "Give it in figures, or leave it out.", place))
    return None


def _read_elements(place: str, joined: str, problems: list[Problem]) -> Iterator[Element]:
    for text in _ids(joined):
        kind, _, id = text.partition(":")
        if kind in set(ElementKind) and id:
            yield Element(ElementKind(kind), id)
        else:
            remedy = "Write span:ID, site:ID or risk:ID."
            if place == "without":
                problem = Problem("bad_exclusion", f"{text} does not say what to leave out.", remedy, place)
            else:
                problem = Problem("bad_element", f"{text} does not say what to use.", remedy, place)
            problems.append(problem)
