"""Which new spans would be the cheapest so that no single failure divides the plant. Nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from cni.assets.disclosure import Sight, Tier
from cni.assets.queries import places_seen
from cni.assets.snapshot import Plant, live_plant
from cni.members.policy import Actor, Permission, require
from cni.primitives.geo import Position
from cni.topology.failures.candidates import Candidate, read_candidates
from cni.topology.failures.proposals import propose_spans
from cni.topology.failures.reinforce import Reinforcement, reinforce
from cni.topology.questions import Diversity

TIME_LIMIT_S = 8
"""Somebody waits for the page."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """How candidates are proposed: sites at most so many metres apart, at so many pence a metre."""

    within_m: float
    pence_per_metre: int


@dataclass(frozen=True, slots=True)
class Advice:
    """The cheapest of the candidates after which as little as can be is divided by a single failure of the kind.

    `places`: where members see the live sites, by code.
    """

    plant: Plant
    places: Mapping[str, Position]
    against: Diversity
    candidates: Sequence[Candidate]
    found: Reinforcement


def advise(session: Session, actor: Actor, candidates: bytes, against: Diversity) -> Advice:
    """Return the cheapest of these candidates, given as CSV, against failures of a kind.

    Permission: plant:read.
    Raises:
        Invalid: the CSV is wrong; every problem with its row and column.
    """
    require(actor, Permission.PLANT_READ)
    plant = live_plant(session)
    return _advice(plant, _places(session), read_candidates(plant.network, candidates), against)


def advise_on_proposals(session: Session, actor: Actor, proposal: Proposal, against: Diversity) -> Advice:
    """Return the cheapest of straight lines between near sites, at a price a metre: indicative only.

    Measured from where members see the sites, for everyone: the distances would tell where they are.

    Permission: plant:read.
    Raises:
        Invalid: too many sites are that near to each other.
    """
    require(actor, Permission.PLANT_READ)
    plant, places = live_plant(session), _places(session)
    proposed = propose_spans(plant.network, proposal.within_m, against, places)
    candidates = [
        Candidate(number, new.a, new.z, new.length_m * proposal.pence_per_metre, new.length_m)
        for number, new in enumerate(proposed, 1)
    ]
    return _advice(plant, places, candidates, against)


def _advice(
    plant: Plant, places: Mapping[str, Position], candidates: Sequence[Candidate], against: Diversity
) -> Advice:
    return Advice(plant, places, against, candidates, reinforce(plant.network, candidates, against, TIME_LIMIT_S))


def _places(session: Session) -> dict[str, Position]:
    return places_seen(session, Sight(Tier.MEMBERS))
