"""How commands answer: one JSON document or plain words on standard output, everything else on standard error."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from cni.primitives.errors import CniError, Problem

Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """Give a command the flag `--json`, as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")(command)


def answer(document: Any, words: str, *, as_json: bool) -> None:
    """Print the answer of a command: the document as JSON, or the words for people."""
    click.echo(json.dumps(document, ensure_ascii=False) if as_json else words)


def explain(error: CniError, *, as_json: bool) -> None:
    """Print a refusal: words on standard error; with `--json` a document on standard output."""
    if [problem.message for problem in error.problems] != [error.detail]:
        click.echo(error.detail, err=True)
    for problem in error.problems:
        click.echo(f"  {_place(problem)}{problem.message} {problem.remedy}", err=True)
    for note in getattr(error, "__notes__", ()):  # so Python keeps what was added on the way
        click.echo(note, err=True)
    if as_json:
        click.echo(json.dumps(refusal(error), ensure_ascii=False))


def refusal(error: CniError) -> dict[str, Any]:
    """Return a refusal as a document: the same shape whatever is wrong; `problems` may be empty."""
    return {
        "error": {"code": error.code, "title": error.title, "detail": error.detail},
        "problems": [as_row(problem) for problem in error.problems],
    }


def _place(problem: Problem) -> str:
    parts = [problem.file, f"row {problem.row}" if problem.row else None, problem.column or problem.place]
    place = ", ".join(part for part in parts if part)
    return f"{place}: " if place else ""


def as_row(problem: Problem) -> dict[str, Any]:
    """Return a problem, or a remark, as documents have it."""
    return {
        "file": problem.file,
        "row": problem.row,
        "column": problem.column or problem.place,
        "code": problem.code,
        "message": problem.message,
        "remedy": problem.remedy,
    }
