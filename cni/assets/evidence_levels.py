"""How well a span is known: declared by its owner, surveyed, tested, and accepted by the network steward. Pure.

A span begins as declared. Each step is one person's; the one who accepts took none of the steps before.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from cni.primitives.errors import Conflict


class EvidenceLevel(StrEnum):
    """How well a span is known, by the best evidence there is."""

    DECLARED = "declared"
    SURVEYED = "surveyed"
    TESTED = "tested"
    ACCEPTED = "accepted"


class EvidenceAction(StrEnum):
    """What can be done about a span's evidence; the word is the button's."""

    ACCEPT = "accept"
    RETURN = "return"
    SURVEY = "survey"
    TEST = "test"


STEPS: dict[EvidenceLevel, dict[EvidenceAction, EvidenceLevel]] = {
    EvidenceLevel.DECLARED: {EvidenceAction.SURVEY: EvidenceLevel.SURVEYED},
    EvidenceLevel.SURVEYED: {
        EvidenceAction.TEST: EvidenceLevel.TESTED,
        EvidenceAction.RETURN: EvidenceLevel.DECLARED,
    },
    EvidenceLevel.TESTED: {
        EvidenceAction.ACCEPT: EvidenceLevel.ACCEPTED,
        EvidenceAction.RETURN: EvidenceLevel.DECLARED,
    },
    EvidenceLevel.ACCEPTED: {EvidenceAction.RETURN: EvidenceLevel.DECLARED},
}
"""The whole state machine: which actions each level allows, and what each leads to. A return begins again."""


class WrongLevel(Conflict):
    """The evidence of the span is not at a level that allows this."""

    code = "wrong_level"
    title = "Not possible at this level"


def next_level(level: EvidenceLevel, action: EvidenceAction) -> EvidenceLevel:
    """Return the level that an action leads to.

    Raises:
        WrongLevel: the sentence names the level and what it allows.
    """
    if action not in STEPS[level]:
        allowed = ", ".join(sorted(STEPS[level]))
        raise WrongLevel(f"This span is {level}; “{action}” is not possible. Possible now: {allowed}.")
    return STEPS[level][action]


def may_accept(person_id: int | None, earlier: Collection[int | None]) -> bool:
    """Tell whether a person may accept evidence to which `earlier` people's steps led: none of them was theirs."""
    return person_id is None or person_id not in earlier
