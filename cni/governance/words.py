"""The words of meetings and resolutions. Pure."""

from __future__ import annotations

from enum import StrEnum


class Choice(StrEnum):
    """What a member says to a resolution."""

    FOR = "for"
    AGAINST = "against"
    ABSTAIN = "abstain"


class Decides(StrEnum):
    """What a resolution is about. Only a parameter is carried out by closing the vote."""

    TEXT = "text"
    TARIFF = "tariff"
    PARAMETER = "parameter"
    LAST_PAIR = "last_pair"


class Outcome(StrEnum):
    """What became of a resolution, once its vote is closed."""

    CARRIED = "carried"
    NOT_CARRIED = "not_carried"
    NO_QUORUM = "no_quorum"


class ResolutionState(StrEnum):
    """How far a resolution has come; once closed, its outcome says the rest."""

    DRAFTED = "drafted"
    OPEN = "open"
    CLOSED = "closed"


def reference_named(text: str) -> str:
    """Return the reference that a text names, if it names any: its first word, such as that of a tariff's resolution.

    >>> reference_named("GM-2025-03 (demonstration)")
    'GM-2025-03'
    """
    return text.upper().partition(" ")[0]
