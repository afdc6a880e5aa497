"""Reading one object of a JSON file field by field, collecting what is wrong instead of stopping at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cni.primitives.errors import Problem

KINDS = {"nodes": "Site", "edges": "Span", "spans": "Span"}


def fields_of(document: dict[str, Any], listed: str, id_name: str, problems: list[Problem]) -> Iterator[Fields]:
    """Yield the elements of a list of the document, in order; `id_name` is the field that names one."""
    for number, values in enumerate(document[listed]):
        if isinstance(values, dict):
            yield Fields(values, (listed, number, id_name), problems)
        else:
            place = f"{listed}[{number}]"
            remedy = "Write it in braces, with named fields."
            problems.append(Problem("bad_element", f"{KINDS[listed]} {place} is not an object.", remedy, place))


class Fields:
    """The fields of one site or span. `listed`: the name of its list, its number there, and the field that names it.

    Each reader returns the value or, adding to `problems`, what stands in for it.
    """

    __slots__ = ("_listed", "_problems", "_values")

    def __init__(self, values: dict[str, Any], listed: tuple[str, int, str], problems: list[Problem]) -> None:
        self._values, self._listed, self._problems = values, listed, problems

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def raw(self, name: str) -> Any:
        """Return a field as it is in the file, None if it is not given."""
        return self._values.get(name)

    def wrong(self, code: str, what: str, remedy: str) -> None:
        """Add a problem: what is wrong with this element, said after what it is called."""
        listed, number, id_name = self._listed
        place = _as_id(self.raw(id_name)) or f"{listed}[{number}]"
        self._problems.append(Problem(code, f"{KINDS[listed]} {place} {what}.", remedy, place))

    def id(self, name: str) -> str:
        """Return an id: text, or a whole number as text; empty if there is none."""
        found = _as_id(self.raw(name))
        if not found:
            self.wrong("missing_id", f"has no {name}", f"Give {name} as text.")
        return found

    def ids(self, name: str) -> tuple[str, ...]:
        """Return a list of ids, each once; an absent one is empty."""
        listed = self.raw(name)
        if not listed:
            return ()
        if not isinstance(listed, list) or not all(_as_id(value) for value in listed):
            self.wrong(f"bad_{name}", f"has {name} that are no list of ids", f"Give {name} as a list of texts.")
            return ()
        return tuple(dict.fromkeys(_as_id(value) for value in listed))

    def name(self) -> str | None:
        """Return the name, if it has one."""
        found = self.raw("name")
        if found is not None and not isinstance(found, str):
            self.wrong("bad_name", "has a name that is not text", "Give the name in quotation marks.")
            return None
        return found or None

    def number(self, name: str, unit: str) -> float:
        """Return a number of some unit, 0 or more."""
        found = self.raw(name)
        if is_number(found) and found >= 0:
            return float(found) if isinstance(found, float) else int(found)
        what = f"has no {name}" if found is None else f"has the {name} {_shortened(found)}"
        self.wrong(f"bad_{name}", what, f"Give {name} as a number of {unit}, 0 or more.")
        return 0

    def count(self, name: str) -> int | None:
        """Return a whole number, 0 or more; None if it is not given."""
        found = self.raw(name)
        if found is None:
            return None
        if is_number(found) and found >= 0 and found == int(found):
            return int(found)
        self.wrong(
            f"bad_{name}", f"has the {name} {_shortened(found)}", f"Give {name} as a whole number, or leave it out."
        )
        return None

    def position(self, values: Any) -> tuple[float, float] | None:
        """Return (longitude, latitude) in degrees, from the first two of `values`; None if they are not a place."""
        if isinstance(values, list) and len(values) >= 2 and is_number(values[0]) and is_number(values[1]):
            longitude, latitude = float(values[0]), float(values[1])
            if abs(longitude) <= 180 and abs(latitude) <= 90:
                return longitude, latitude
        what = f"has the position {_shortened(values)}"
        self.wrong("bad_position", what, "Give degrees: longitude from -180 to 180, latitude from -90 to 90.")
        return None


def is_number(value: Any) -> bool:
    """Tell whether a JSON value is a number that can be reckoned with: no truth value, and within all bounds."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _as_id(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _shortened(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
