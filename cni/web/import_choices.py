"""The choices of an import in the address of its pages: what was answered so far, and nothing that can be guessed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from cni.assets.imports.mapping import guess_columns
from cni.assets.imports.values import Choices

YES = "yes"
VALUES = ("fibres", "reserved_pairs", "offered_pairs", "kind", "length_basis")
"""The fields that may be the same for each row."""


def choices_of(args: MultiDict[str, str]) -> Choices:
    """Return the choices that an address holds: `column=id:SPAN_REF` is a column and the field that it is."""
    columns = (given.partition(":") for given in args.getlist("column"))
    return Choices(
        layers=tuple(args.getlist("layer")),
        crs=args.get("crs") or None,
        columns={column: field for field, _, column in columns if column},
        values={name: text for name in VALUES if (text := args.get(name, "").strip())},
        make_sites=args.get("make_sites") == YES,
        snap=args.get("snap") == YES,
    )


def address_of(choices: Choices) -> dict[str, Any]:
    """Return choices as what follows the question mark of an address."""
    said: dict[str, Any] = {
        "layer": list(choices.layers),
        "crs": choices.crs,
        "column": [f"{field}:{column}" for column, field in choices.columns.items()],
        "make_sites": YES if choices.make_sites else None,
        "snap": YES if choices.snap else None,
        **choices.values,
    }
    return {name: value for name, value in said.items() if value}


def chosen_columns(chosen: Mapping[str, str], guesses: Mapping[str, str]) -> dict[str, str]:
    """Return what has to be said of columns so that each is the field that was chosen ("": left out).

    `guesses` are the fields that they are if nothing is said. A column that is none and would be none is left unsaid:
    a file may have hundreds. So is one whose guess was given to another column: it is guessed again.
    """
    moved = {field for name, field in chosen.items() if field and guesses.get(name) != field}
    settled = {name: field for name, field in chosen.items() if field not in moved or guesses.get(name) != field}
    said = {name: field for name, field in settled.items() if field or guesses.get(name)}
    for _round in range(len(settled)):
        astray = {name for name in guess_columns(list(settled), said, {}) if not settled[name]}
        if not astray:
            break
        said |= dict.fromkeys(astray, "")
    return said
