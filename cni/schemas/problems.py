"""The one table that turns a refusal into an HTTP status and an exit code, and its JSON shape (RFC 9457)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import marshmallow as ma

from cni.assets.imports.values import Ask, OpenQuestion
from cni.primitives.errors import CniError, Conflict, Forbidden, Invalid, NotFound, TooBusy, TooSoon
from cni.schemas.reading import View


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
    TooBusy: Answer(status=503, exit_code=5),
    TooSoon: Answer(status=429, exit_code=4),
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
    if isinstance(error, OpenQuestion):
        document["question"] = {name: value for name, value in asdict(error.question).items() if value is not None}
    if error.problems:
        document["problems"] = [problem.as_dict() for problem in error.problems]
    return document


class ProblemView(View):
    """One thing wrong with a submission."""

    code = ma.fields.String(required=True)
    message = ma.fields.String(required=True)
    remedy = ma.fields.String(required=True)
    place = ma.fields.String(metadata={"description": "The field, of a nested one `outer.inner`."})
    file = ma.fields.String()
    row = ma.fields.Integer(metadata={"description": "The spreadsheet's row: the header is 1."})
    column = ma.fields.String()


class FileQuestionView(View):
    """What a file leaves open; `choices` are values for the choice `ask`, the likeliest first."""

    ask = ma.fields.Enum(Ask, by_value=True, required=True)
    message = ma.fields.String(required=True)
    choices = ma.fields.List(ma.fields.String(), required=True)
    field = ma.fields.String(metadata={"description": "Of a question about columns: the field that is looked for."})
    layer = ma.fields.String()


class ProblemDocumentView(View):
    """A refusal (RFC 9457)."""

    type = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True, metadata={"description": "A sentence about this case."})
    code = ma.fields.String(required=True, metadata={"description": "Stable, for programs."})
    problems = ma.fields.List(ma.fields.Nested(ProblemView), metadata={"description": "All that is wrong, at once."})
    question = ma.fields.Nested(FileQuestionView, metadata={"description": "Of an import: what has to be said first."})
