"""The audit trail: who did what, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request

from cni import runtime
from cni.events.kinds import Event
from cni.operations import viewing
from cni.web.pages import asked_page, render
from cni.web.session import actor

FEW = 3
DIGEST_LENGTH = 64  # SHA-256, as a settlement's figures are named by

audit = Blueprint("audit", __name__, url_prefix="/audit")


@audit.get("")
def trail() -> str:
    """The events, newest first; of one kind or about one subject where asked."""
    wanted = viewing.EventFilter(kind=request.args.get("kind") or None, subject=request.args.get("subject") or None)
    with runtime.reading() as session:
        page = viewing.list_events(session, actor(), wanted, asked_page())
    return render("audit/trail.html", page=page, kinds=_kinds(), event_words=event_words, told=told)


def event_words(kind: str) -> str:
    """Return the name of a kind of event as words.

    >>> event_words("MemberAdmitted")
    'Member admitted'
    """
    return "".join(f" {sign.lower()}" if sign.isupper() else sign for sign in kind).strip().capitalize()


@dataclass(frozen=True, slots=True)
class Told:
    """One detail of an event: its name, what is shown of it, and the whole where that is long."""

    name: str
    shown: str
    whole: str | None = None


def told(details: Mapping[str, Any]) -> Iterator[Told]:
    """Yield the details of an event that say something."""
    for field, value in details.items():
        name = field.replace("_", " ")
        words = _words(value)
        if isinstance(value, list | Mapping) and len(value) > FEW:
            yield Told(name, f"{len(value)} {name}", ", ".join(words))
        elif isinstance(value, str) and len(value) == DIGEST_LENGTH:
            yield Told(name, f"{value[:12]}…")
        elif words:
            yield Told(name, ", ".join(words))


def _words(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{name} {number}" for name, number in value.items() if number]
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _kinds() -> list[tuple[str, str]]:
    names = sorted(kind.__name__ for kind in Event.__subclasses__())
    return [(name, event_words(name)) for name in names]
