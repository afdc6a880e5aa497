"""The parameters of the co-op that a general meeting sets: which there are, and what they may be. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ParameterKind:
    """A parameter: a whole number of `unit` from `low` to `high`; `default` counts until a resolution sets another."""

    code: str
    name: str
    unit: str
    low: int
    high: int
    default: int
    meaning: str


PARAMETERS = {
    kind.code: kind
    for kind in (
        ParameterKind(
            "quorum_percent", "Quorum", "%", 1, 100, 25,
            "Of the members entitled to vote on a resolution, at least so many vote, abstentions counted.",
        ),
        ParameterKind(
            "majority_percent", "Majority", "%", 50, 99, 50,
            "Of the votes for and against, more than so many are for. 50 % is a simple majority.",
        ),
        ParameterKind(
            "share_limit_percent", "Share limit", "%", 1, 100, 100,
            "Of the fibre pairs offered on a span, one member leases at most so many. 100 % is no limit.",
        ),
        ParameterKind(
            "light_by_days", "Light-by date", "days", 1, 3650, 365,
            "So many days after its acceptance a leased pair is in use, or it is released after warnings.",
        ),
        ParameterKind(
            "objection_working_days", "Time to object", "working days", 1, 60, 10,
            "So many working days a contributor has to object to a request on its span.",
        ),
    )
}  # fmt: skip
"""Every parameter, by code. The defaults are demonstration rules: a co-op's own rule book says others."""
