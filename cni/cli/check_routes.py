"""`cni check-routes`: answers of `cni routes`, checked without the engine that found them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from cni.cli.networks import DATES, FILE, network_of, network_options
from cni.cli.output import answer, json_option
from cni.primitives.errors import Invalid, Problem
from cni.topology.checking.answer import Fault, check_answer
from cni.topology.text import text_of

EXIT_FAULTY = 2


@click.command("check-routes")
@click.argument("file", type=FILE)
@click.option("--from", "from", help="Id of the site to begin at.")
@click.option("--to", "to", help="Id of the site to end at.")
@click.option("--diverse", type=click.Choice(["span", "site", "risk"]), help="What the routes were not to share.")
@click.option("--routes", type=click.IntRange(1), help="How many routes were asked for.")
@click.option("--pairs", type=click.IntRange(1), help="How many free fibre pairs each span had to have.")
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
    faults = [
        Fault(fault.code, fault.message, f"{where}{fault.place}")
        for where, document in documents
        for fault in check_answer(network, document, asked)
    ]
    rows = [{"code": fault.code, "message": fault.message, "place": fault.place} for fault in faults]
    number = "The answer holds." if len(documents) == 1 else f"All {len(documents):,} answers hold."
    words = "\n".join(f"{fault.place}: {fault.message}" for fault in faults) or number
    answer({"valid": not faults, "faults": rows}, words, as_json=as_json)
    ctx.exit(EXIT_FAULTY if faults else 0)


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
