"""The one table that turns a refusal into an HTTP status and an exit code, and its JSON shape (RFC 9457)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cni.primitives.errors import CniError, Conflict, Forbidden, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Answer:
    """How the doors answer one kind of refusal."""

    status: int
    exit_code: int


ANSWERS: dict[type[CniError], Answer] = {
    NotFound: Answer(status=404, exit_code=3),
    Forbidden: Answer(status=403, exit_code=4),
    Conflict: Answer(status=409, exit_code=5),
    Invalid: Answer(status=422, exit_code=2),
}


def answer_to(error: CniError) -> Answer:
    """Return how to answer an error, by its kind."""
    return next(answer for kind, answer in ANSWERS.items() if isinstance(error, kind))


def as_problem_json(error: CniError) -> dict[str, Any]:
    """Return an error as a problem document; `problems` lists all that is wrong.

    Source: RFC 9457, Problem Details for HTTP APIs, §3.
    """
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": error.title,
        "status": answer_to(error).status,
        "detail": error.detail,
        "code": error.code,
    }
    if error.problems:
        document["problems"] = [problem.as_dict() for problem in error.problems]
    return document
