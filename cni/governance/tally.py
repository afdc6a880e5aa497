"""Count votes: one for each member organisation, however many people of it can sign in. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from cni.governance.words import Choice, Outcome


@dataclass(frozen=True, slots=True)
class Ballot:
    """What somebody said for a member."""

    member_id: int
    choice: Choice


@dataclass(frozen=True, slots=True)
class Rule:
    """When a resolution is carried.

    `quorum_percent`: of the entitled members at least so many per cent have to vote, abstentions counted.
    `majority_percent`: of the votes for and against more than so many per cent have to be for; 50 is a simple majority.
    """

    quorum_percent: int
    majority_percent: int

    def least_voters(self, entitled: int) -> int:
        """Return how many of so many entitled members have to vote."""
        return -(-entitled * self.quorum_percent // 100)


@dataclass(frozen=True, slots=True)
class Tally:
    """The votes of a resolution, counted, and what follows from them."""

    entitled: int
    votes_for: int
    votes_against: int
    abstentions: int
    outcome: Outcome

    @property
    def voted(self) -> int:
        """How many members voted, abstentions counted."""
        return self.votes_for + self.votes_against + self.abstentions


def tally(entitled: Collection[int], ballots: Iterable[Ballot], rule: Rule) -> Tally:
    """Count the ballots of the entitled members, given in the order in which they were cast.

    Of each member the first counts and no other; whoever is not entitled counts for nothing.
    """
    standing: dict[int, Choice] = {}
    for ballot in ballots:
        standing.setdefault(ballot.member_id, ballot.choice)
    members = set(entitled)
    counted = Counter(choice for member, choice in standing.items() if member in members)
    outcome = outcome_of(len(members), counted, rule)
    return Tally(len(members), counted[Choice.FOR], counted[Choice.AGAINST], counted[Choice.ABSTAIN], outcome)


def outcome_of(entitled: int, counted: Counter[Choice], rule: Rule) -> Outcome:
    """Return what becomes of a resolution with so many votes of each kind."""
    voted = counted.total()
    if not voted or voted < rule.least_voters(entitled):
        return Outcome.NO_QUORUM
    decided = counted[Choice.FOR] + counted[Choice.AGAINST]
    is_carried = counted[Choice.FOR] * 100 > decided * rule.majority_percent
    return Outcome.CARRIED if is_carried else Outcome.NOT_CARRIED
