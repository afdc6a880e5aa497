"""Read forms by the schemas that the API uses too; show a refused one again with its problems."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import marshmallow as ma
from flask import make_response, request
from werkzeug.wrappers import Response

from cni.primitives.errors import Conflict, Invalid, Problem
from cni.schemas.problems import answer_to
from cni.schemas.reading import load

View = Callable[..., Any]

BESIDE = ("csrf_token", "act")
"""What a form sends that is no field: its token, and which of several buttons was pressed."""


def read_form(schema: ma.Schema) -> Any:
    """Return the submitted form as `cni.schemas.reading.load` does; a field left empty counts as not given.

    Raises:
        Invalid: with every problem, each at its field.
    """
    return load(schema, _filled_in(schema))


def read_correction(schema: ma.Schema) -> Any:
    """Return the submitted form as `read_form` does; but a field left empty takes away what stood there.

    Raises:
        Invalid: with every problem, each at its field.
    """
    return load(schema, {name: value for name, value in request.form.items() if name not in BESIDE})


def entered(standing: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stands as a form shows it: nothing for what is not known."""
    return {name: "" if value is None else value for name, value in standing.items()}


def _filled_in(schema: ma.Schema) -> dict[str, Any]:
    filled: dict[str, Any] = {}
    for name, values in request.form.lists():
        given = [value.strip() for value in values if value.strip()]
        if given and name not in BESIDE:
            filled[name] = given if isinstance(schema.fields.get(name), ma.fields.List) else given[0]
    return filled


def problems_of(error: Invalid | Conflict) -> list[Problem]:
    """Return what a form page lists: the problems, or else the sentence of the refusal."""
    return list(error.problems) or [Problem(code=error.code, message=error.detail, remedy="")]


def shown_again_by(page: View) -> Callable[[View], View]:
    """Decorate what takes a form: when it is refused, `page` is shown again with what was entered and the problems.

    `page` is the view that shows the form; it takes `values` and `problems` besides the address's own parameters.
    """

    def decorate(take: View) -> View:
        @wraps(take)
        def taking(**address: Any) -> Any:
            try:
                return take(**address)
            except (Invalid, Conflict) as refusal:
                shown = page(**address, values=request.form, problems=problems_of(refusal))
                response: Response = make_response(shown)
                response.status_code = answer_to(refusal).status
                return response

        return taking

    return decorate
