"""Read what was submitted, by a form or as JSON, against one rule set; tell every problem at once, at its place.

`Request` is the base of what comes in, `View` of what goes out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import marshmallow as ma

from cni.primitives.errors import Invalid, Problem


class Request(ma.Schema):
    """The base of what comes in: a field that is not named in the schema is refused.

    A field's `metadata` may give `label` (its name in a sentence) and `remedy`.
    """

    class Meta:
        """What every request has in common."""

        unknown = ma.RAISE


class View(ma.Schema):
    """The base of what goes out. Readers must expect fields that are added later."""

    class Meta:
        """What every view has in common."""

        unknown = ma.EXCLUDE


def load(schema: ma.Schema, submitted: Mapping[str, Any]) -> Any:
    """Return what was submitted as the schema's types, or what its `post_load` makes of them.

    Raises:
        Invalid: with every problem, `place` being the field's name (of a nested one `outer.inner`).
    """
    try:
        return schema.load(submitted)
    except ma.ValidationError as error:
        raise Invalid.from_problems(problems_of(error, schema)) from None


def problems_of(error: ma.ValidationError, schema: ma.Schema) -> list[Problem]:
    """Return the problems that a schema found, in the order of its fields."""
    return [_problem(place, message, schema) for place, message in _flattened(error.normalized_messages())]


def _flattened(messages: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            # Of a list of plain values the field is the place, and not the value's number in it.
            stays = name == "_schema" or (isinstance(name, int) and not isinstance(inner, Mapping))
            yield from _flattened(inner, place if stays else f"{place}.{name}".strip("."))
    elif isinstance(messages, list):
        for message in messages:
            yield from _flattened(message, place)
    else:
        yield place, str(messages)


SENTENCES = {
    "Missing data for required field.": ("missing", "{label} is missing.", "Enter it."),
    "Field may not be null.": ("missing", "{label} is missing.", "Enter it."),
    "Not a valid integer.": ("not_a_number", "{label} is not a whole number.", "Use digits only."),
    "Not a valid number.": ("not_a_number", "{label} is not a number.", "Use digits and a decimal point only."),
    "Special numeric values (nan or infinity) are not permitted.": (
        "not_a_number",
        "{label} is not a number.",
        "Use digits and a decimal point only.",
    ),
    "Number too large.": ("too_large", "{label} is too large.", "Give a smaller number."),
    "Not a valid date.": ("not_a_date", "{label} is not a date.", "Write it as year-month-day: 2026-11-30."),
    "Not a valid string.": ("not_a_text", "{label} is not a text.", "Send it as a string."),
    "Not a valid email address.": (
        "not_an_email",
        "{label} is not an e-mail address.",
        "Write it as name@example.org.",
    ),
    "Not a valid list.": ("not_a_list", "{label} is not a list.", "Send it as a list, even of one thing."),
    "Not a valid boolean.": ("not_a_truth", "{label} is neither true nor false.", "Send true or false."),
    "Not a valid mapping type.": ("not_an_object", "{label} is not an object.", 'Send it as {"name": value}.'),
    "Invalid input type.": ("not_an_object", "{label} is not a JSON object.", 'Send one: {"name": value}.'),
    "Unknown field.": ("unknown_field", "There is no field “{name}” here.", "Leave it out."),
}
"""marshmallow's own sentences, as code, message and remedy of ours."""


def _problem(place: str, message: str, schema: ma.Schema) -> Problem:
    name = place.partition(".")[0]
    field = schema.fields.get(name)
    metadata = field.metadata if field else {}
    label = metadata.get("label") or place.replace("_", " ").capitalize() or "What was sent"
    code, sentence, remedy = SENTENCES.get(message, ("invalid", message, ""))
    return Problem(
        code=code,
        message=sentence.replace("{label}", label).replace("{name}", place),
        remedy=metadata.get("remedy", remedy),
        place=place or None,
    )
