"""Meetings and resolutions as they are given, and what is wrong with them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cni.governance.parameters import PARAMETERS
from cni.governance.words import Decides
from cni.primitives.errors import Problem
from cni.primitives.period import in_words, london_date

REFERENCE = re.compile(r"[A-Z0-9][A-Z0-9-]{2,29}")


@dataclass(frozen=True, slots=True)
class NewMeeting:
    """A general meeting to be called; `notice_on` is the day on which its notice was given."""

    title: str
    held_at: datetime
    place: str
    notice_on: date


@dataclass(frozen=True, slots=True)
class NewResolution:
    """A resolution to be drafted. `reference`: the co-op's own number for it, such as GM-2025-03; empty: one is drawn.

    The last three say which parameter is to have which value from which day on, where it decides one.
    """

    title: str
    text: str
    decides: Decides
    reference: str = ""
    parameter_code: str | None = None
    parameter_value: int | None = None
    effective_from: date | None = None


def meeting_problems(given: NewMeeting, today: date) -> Iterator[Problem]:
    """Yield what keeps a meeting from being called today."""
    for place, words in (("title", "title"), ("place", "place")):
        if not getattr(given, place).strip():
            yield Problem("missing", f"The {words} of the meeting is missing.", "Enter it.", place)
    if given.notice_on > today:
        yield Problem(
            "not_yet", "The notice is dated in the future.", "Give the day on which it was given.", "notice_on"
        )
    if given.notice_on >= london_date(given.held_at):
        message = "The notice was not given before the day of the meeting."
        yield Problem("no_notice", message, "Give a later meeting, or the day of its notice.", "notice_on")


def draft_problems(given: NewResolution, reference: str, is_taken: bool, today: date) -> Iterator[Problem]:
    """Yield what keeps a resolution from being drafted; a parameter can count from the day after `today` on."""
    for place in ("title", "text"):
        if not getattr(given, place).strip():
            yield Problem("missing", f"The {place} of the resolution is missing.", "Enter it.", place)
    if not REFERENCE.fullmatch(reference):
        remedy = "Use 3 to 30 letters, digits and dashes, such as GM-2025-03."
        yield Problem("not_a_reference", f"“{reference}” is no reference.", remedy, "reference")
    elif is_taken:
        yield reference_taken(reference)
    if given.decides is Decides.PARAMETER:
        yield from _parameter_problems(given, today)
    elif (given.parameter_code, given.parameter_value, given.effective_from) != (None, None, None):
        message = "Only a resolution that decides a parameter names one."
        yield Problem("names_a_parameter", message, "Leave it out, or let it decide a parameter.", "decides")


def reference_taken(reference: str) -> Problem:
    """Return the problem of a reference that another resolution has."""
    message = f"There is a resolution {reference} already."
    return Problem("taken", message, "Give another reference, or none.", "reference")


def _parameter_problems(given: NewResolution, today: date) -> Iterator[Problem]:
    kind = PARAMETERS.get(given.parameter_code or "")
    if kind is None:
        message = f"There is no parameter “{given.parameter_code or ''}”."
        yield Problem("unknown_parameter", message, f"Choose from: {', '.join(PARAMETERS)}.", "parameter_code")
    elif given.parameter_value is None or not kind.low <= given.parameter_value <= kind.high:
        message = f"{kind.name} is a whole number from {kind.low} to {kind.high} ({kind.unit})."
        yield Problem("out_of_range", message, "Give such a number.", "parameter_value")
    if given.effective_from is None or given.effective_from <= today:
        message = "A parameter counts from a day after the meeting, and after today."
        remedy = f"Give {in_words(today + timedelta(days=1))} or a later day."
        yield Problem("not_to_come", message, remedy, "effective_from")
