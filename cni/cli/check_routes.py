"""`cni check-routes`: answers of `cni routes`, checked without the engine that found them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from cni.cli.networks import DATES, FILE, network_of, network_options
from cni.cli.output import answer, json_option
from cni.primitives.errors import Invalid, Problem, refuse_if_any
from cni.topology.checking.answer import Fault, check_answer
from cni.topology.checking.documents import shape_faults
from cni.topology.network import Network
from cni.topology.questions import MOST_PAIRS, MOST_ROUTES, MOST_SEPARATION_M
from cni.topology.text import text_of

EXIT_FAULTY = 2

BOUNDS = {"routes": (1, MOST_ROUTES), "pairs": (1, MOST_PAIRS), "separation_m": (0, MOST_SEPARATION_M)}
"""What can be asked for, from the least to the most."""
MOST_DIGITS = 20
SOUND_ROUTE = {"spans": [], "sites": [], "length_m": 0}
"""The shape of a route, to hold one field of another in."""


@click.command("check-routes")
@click.argument("file", type=FILE)
@click.option("--from", "from", help="Id of the site to begin at.")
@click.option("--to", "to", help="Id of the site to end at.")
@click.option("--diverse", type=click.Choice(["span", "site", "risk"]), help="What the routes were not to share.")
@click.option("--routes", type=int, help="How many routes were asked for.")
@click.option("--pairs", type=int, help="How many free fibre pairs each span had to have.")
@click.option("--exempt", multiple=True, help="A risk group that did not count against diversity.")
@click.option("--without", multiple=True, help="What was to be left out: span:ID, site:ID or risk:ID.")
@click.option("--must-use", multiple=True, help="What some route had to use: span:ID, site:ID or risk:ID.")
@click.option("--separation-m", type=float, help="How many metres apart the routes had to be.")
@network_options
@json_option
@click.pass_context
def check_routes(ctx: click.Context, file: Path, network_file: Path | None, as_json: bool, **options: Any) -> None:
    """Check an answer of `cni routes --json`, or one on each line, and list what is wrong.

    What the answer says of its question is taken from it, unless an option says otherwise.
    """
    documents = _read_answers(text_of(file.read_bytes()))
    network = network_of(network_file, {name: options.pop(name) for name in DATES})
    asked = {name: list(given) if isinstance(given, tuple) else given for name, given in options.items()}
    asked = {name: given for name, given in asked.items() if given not in (None, [])}
    refuse_if_any(_bound_problems(asked))
    faults = [
        Fault(fault.code, fault.message, f"{where}{fault.place}")
        for where, document in documents
        for fault in _faults_of(network, document, asked)
    ]
    rows = [{"code": fault.code, "message": fault.message, "place": fault.place} for fault in faults]
    number = "The answer holds." if len(documents) == 1 else f"All {len(documents):,} answers hold."
    words = "\n".join(f"{_place_in_words(fault.place)}: {fault.message}" for fault in faults) or number
    answer({"valid": not faults, "faults": rows}, words, as_json=as_json)
    ctx.exit(EXIT_FAULTY if faults else 0)


def _bound_problems(asked: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield which numbers of a question cannot be asked for; what is no number is left to the check itself."""
    for name, (least, most) in BOUNDS.items():
        number = asked.get(name)
        if isinstance(number, int | float) and not least <= number <= most:  # not-a-number is outside too
            said = str(number) if len(str(number)) <= MOST_DIGITS else f"{str(number)[:MOST_DIGITS]}…"
            message = f"The question's {name} is {said}; it can be from {least} to {most:,}."
            yield Problem("out_of_range", message, "Give a number within these bounds.", name)


def _faults_of(network: Network, document: dict[str, Any], asked: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with an answer, each fault at the very route and field that it is in."""
    question = document.get("question")
    told = question if isinstance(question, dict) else {}
    beyond = list(_bound_problems({**told, **asked}))
    for problem in beyond:
        yield Fault(problem.code, problem.message, f"question.{problem.place}")
    for fault in () if beyond else check_answer(network, document, asked):
        within = list(_misshapen_routes(document)) if (fault.code, fault.place) == ("shape", "routes") else []
        yield from within or [fault]


def _misshapen_routes(document: dict[str, Any]) -> Iterator[Fault]:
    routes = document.get("routes")
    for number, route in enumerate(routes if isinstance(routes, list) else ()):
        for field in SOUND_ROUTE:
            held = {field: route.get(field)} if isinstance(route, dict) else {field: None}
            faults = shape_faults({**document, "routes": [SOUND_ROUTE | held]})
            if any(fault.place == "routes" for fault in faults):
                message = f"The route's {field} is missing, or is not of the kind that it has to be."
                yield Fault("shape", message, f"routes[{number}].{field}")


def _place_in_words(place: str) -> str:
    """Return a place with its route counted from 1, as `cni routes` numbers them.

    >>> _place_in_words("line 3, routes[1].length_m")
    'line 3, route 2, length_m'
    """
    return re.sub(r"routes\[(\d+)\]\.", lambda found: f"route {int(found[1]) + 1}, ", place)


def _read_answers(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Return each answer with what its places begin with: nothing where the file is one document.

    Raises:
        Invalid: something in the file is no answer; the problem says where.
    """
    whole = _parsed(text)
    if whole is not None:
        return [("", _as_answer(whole, 1))]
    return list(_read_lines(text))


def _read_lines(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    for number, line in lines or [(1, "")]:
        yield f"line {number}, ", _as_answer(_parsed(line), number)


def _parsed(text: str) -> Any:
    """Return what JSON says; None if it is no JSON, or says what is no text."""
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()  # half a character can be escaped, and could not be printed
    except (ValueError, RecursionError):
        return None
    return value


def _as_answer(value: Any, line: int) -> dict[str, Any]:
    if isinstance(value, dict) and "outcome" in value:
        return value
    message = f"Line {line} is not an answer of cni routes: a JSON object with an outcome and routes."
    remedy = "Give what `cni routes --json` printed, or what it printed for --queries, one answer on each line."
    raise Invalid.from_problems([Problem("not_an_answer", message, remedy, row=line)])
