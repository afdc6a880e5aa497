"""What an answer says, and which question it says that it answers: read for checking, whatever its faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

MICROMETRES = 1_000_000
BEYOND_ANY_LENGTH_M = 1e15
OUTCOMES = ("found", "partly_diverse", "none")
DIVERSITIES = ("span", "site", "risk")
BLOCKER_KINDS = ("span", "site", "risk", "capacity")
ELEMENT_KINDS = ("span", "site", "risk")
OPTIONAL = ("question", "separation_radius_m")

Element = tuple[str, str]
"""(kind, id)"""
Checks = Mapping[str, Callable[[Any], bool]]
"""For each field, whether it has a value of its kind."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an answer: a code for programs, a sentence, and the field of the answer that it is in."""

    code: str
    message: str
    place: str


@dataclass(frozen=True, slots=True)
class SaidRoute:
    """A route as the answer tells it."""

    place: str
    spans: tuple[str, ...]
    sites: tuple[str, ...]
    length_um: int


@dataclass(frozen=True, slots=True)
class SaidBlocker:
    """Something that is said to stand in the way."""

    place: str
    kind: str
    id: str
    why: str


@dataclass(frozen=True, slots=True)
class SaidAnswer:
    """An answer as its document tells it; lengths are whole micrometres."""

    outcome: str
    routes: tuple[SaidRoute, ...]
    total_um: int | None
    bound_um: int | None
    proven: bool
    shared: Mapping[str, tuple[str, ...]]
    separation_m: float | None
    separation_radius_m: float | None
    blockers: tuple[SaidBlocker, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The question that an answer is held against. `routes` is None where nobody says how many."""

    a: str
    z: str
    diversity: str
    routes: int | None
    pairs: int
    exempt: frozenset[str]
    without: frozenset[Element]
    must_use: frozenset[Element]
    separation_m: float | None


def micrometres(metres: float) -> int:
    """Return metres as whole micrometres."""
    return round(Decimal(str(metres)) * MICROMETRES)


def shape_faults(document: Mapping[str, Any]) -> list[Fault]:
    """Return what keeps this document from being read as an answer at all."""
    checks: Checks = {
        "outcome": lambda value: value in OUTCOMES,
        "routes": lambda value: isinstance(value, list) and all(map(_is_route, value)),
        "total_length_m": _is_length_or_none,
        "lower_bound_m": _is_length_or_none,
        "proven_optimal": lambda value: isinstance(value, bool),
        "shared": _is_shared,
        "separation_m": _is_length_or_none,
        "blocked_by": lambda value: isinstance(value, list) and all(map(_is_blocker, value)),
        "question": lambda value: value is None or isinstance(value, dict),
        "separation_radius_m": _is_length_or_none,
    }
    given = dict.fromkeys(OPTIONAL) | dict(document)
    return [
        Fault("shape", f"The answer's {field} is missing, or is not of the kind that it has to be.", field)
        for field, holds in checks.items()
        if field not in given or not holds(given[field])
    ]


def read_answer(document: Mapping[str, Any]) -> SaidAnswer:
    """Return what a document without `shape_faults` says."""
    total, bound = document["total_length_m"], document["lower_bound_m"]
    return SaidAnswer(
        outcome=document["outcome"],
        routes=tuple(_read_route(number, route) for number, route in enumerate(document["routes"])),
        total_um=None if total is None else micrometres(total),
        bound_um=None if bound is None else micrometres(bound),
        proven=document["proven_optimal"],
        shared={kind: tuple(document["shared"][f"{kind}s"]) for kind in ELEMENT_KINDS},
        separation_m=document["separation_m"],
        separation_radius_m=document.get("separation_radius_m"),
        blockers=tuple(_read_blocker(number, blocker) for number, blocker in enumerate(document["blocked_by"])),
    )


def read_asked(document: Mapping[str, Any], asked: Mapping[str, Any]) -> tuple[Asked | None, list[Fault]]:
    """Return the question: what `asked` gives, else what the document says of it, else what the answer itself shows.

    With it, what is wrong with the question as it is told; it is None if it cannot be told.
    """
    told = {**(document.get("question") or {}), **asked}
    faults = list(_question_faults(told))
    if faults:
        return None, faults
    routes: list[Mapping[str, Any]] = document["routes"]
    ends = (routes[0]["sites"] or [""]) if routes else [""]
    a, z = told.get("from") or ends[0], told.get("to") or ends[-1]
    if not a or not z:
        message = "Neither the answer nor the options say from which site to which site was asked."
        return None, [Fault("no_question", message, "question")]
    diverse, count = told.get("diverse"), told.get("routes")
    question = Asked(
        a=a,
        z=z,
        diversity=diverse or "span",
        routes=count if count is not None else 2 if diverse else None,
        pairs=told.get("pairs") or 1,
        exempt=frozenset(told.get("exempt") or ()),
        without=frozenset(map(read_element, told.get("without") or ())),
        must_use=frozenset(map(read_element, told.get("must_use") or ())),
        separation_m=told.get("separation_m"),
    )
    return question, []


def read_element(told: str | Mapping[str, str]) -> Element:
    """Return (kind, id) of what is written "span:S12" or {"kind": "span", "id": "S12"}."""
    if isinstance(told, Mapping):
        return told["kind"], told["id"]
    kind, _, id = told.partition(":")
    return kind, id


def _question_faults(told: Mapping[str, Any]) -> Iterator[Fault]:
    checks: Checks = {
        "from": lambda value: isinstance(value, str),
        "to": lambda value: isinstance(value, str),
        "diverse": lambda value: value in DIVERSITIES,
        "routes": lambda value: isinstance(value, int) and value >= 1,
        "pairs": lambda value: isinstance(value, int) and value >= 1,
        "exempt": _is_ids,
        "without": _is_elements,
        "must_use": _is_elements,
        "separation_m": _is_length_or_none,
    }
    for field, holds in checks.items():
        if told.get(field) is not None and not holds(told[field]):
            message = f"The question's {field} cannot be read: {str(told[field])[:40]}."
            yield Fault("bad_question", message, f"question.{field}")


def _read_route(number: int, route: Mapping[str, Any]) -> SaidRoute:
    spans, sites = tuple(route["spans"]), tuple(route["sites"])
    return SaidRoute(f"routes[{number}]", spans, sites, micrometres(route["length_m"]))


def _read_blocker(number: int, blocker: Mapping[str, Any]) -> SaidBlocker:
    return SaidBlocker(f"blocked_by[{number}]", blocker["kind"], blocker["id"], blocker["why"])


def _is_route(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and _is_ids(value.get("spans"))
        and _is_ids(value.get("sites"))
        and _is_length(value.get("length_m"))
    )


def _is_shared(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_ids(value.get(f"{kind}s")) for kind in ELEMENT_KINDS)


def _is_blocker(value: Any) -> bool:
    if not isinstance(value, dict) or value.get("kind") not in BLOCKER_KINDS:
        return False
    return all(isinstance(value.get(field), str) and value[field] for field in ("id", "name", "why"))


def _is_elements(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_element, value))


def _is_element(value: Any) -> bool:
    if isinstance(value, dict) and set(value) >= {"kind", "id"}:
        value = f"{value['kind']}:{value['id']}"
    return isinstance(value, str) and value.partition(":")[0] in ELEMENT_KINDS and value[-1:] != ":"


def _is_ids(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(id, str) for id in value)


def _is_length(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < BEYOND_ANY_LENGTH_M


def _is_length_or_none(value: Any) -> bool:
    return value is None or _is_length(value)
