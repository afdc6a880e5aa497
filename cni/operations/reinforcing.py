"""Which new spans would be the cheapest so that no single failure divides the plant. Nothing is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from cni.assets.snapshot import Plant, live_plant
from cni.members.policy import Actor, Permission, require
from cni.topology.proposals import propose_spans
from cni.topology.questions import Diversity, Element


@dataclass(frozen=True, slots=True)
class Proposal:
    """How candidates are proposed: sites at most so many metres apart, at so many pence a metre."""

    within_m: float
    pence_per_metre: int


@dataclass(frozen=True, slots=True)
class NewSpan:
    """A span that could be built between two sites, at its cost in pence."""

    a: str
    z: str
    length_m: float | None
    cost_pence: int


@dataclass(frozen=True, slots=True)
class Advice:
    """The cheapest of the candidates after which as little as can be is divided by a single failure of the kind.

    `lower_bound_pence`: no set of them that cures as much is cheaper; proven where it is the cost itself. `cured` and
    `uncured` are the things whose failure divides the plant today, by whether it still does.
    """

    plant: Plant
    against: Diversity
    candidates: tuple[NewSpan, ...]
    chosen: tuple[NewSpan, ...]
    lower_bound_pence: int
    is_proven: bool
    cured: tuple[Element, ...]
    uncured: tuple[Element, ...]

    @property
    def cost_pence(self) -> int:
        """What the chosen ones cost together."""
        return sum(new.cost_pence for new in self.chosen)


def advise(session: Session, actor: Actor, candidates: bytes, against: Diversity) -> Advice:
    """Return the cheapest of these candidates, given as CSV, against failures of a kind.

    Permission: plant:read.
    Raises:
        Invalid: the CSV is wrong; every problem with its row and column.
    """
    require(actor, Permission.PLANT_READ)
    plant = live_plant(session)
    raise NotImplementedError


def advise_on_proposals(session: Session, actor: Actor, proposal: Proposal, against: Diversity) -> Advice:
    """Return the cheapest of straight lines between near sites, at a price a metre: indicative only.

    Permission: plant:read.
    Raises:
        Invalid: too many sites are that near to each other.
    """
    require(actor, Permission.PLANT_READ)
    plant = live_plant(session)
    candidates = [
        NewSpan(new.a, new.z, new.length_m, new.length_m * proposal.pence_per_metre)
        for new in propose_spans(plant.network, proposal.within_m, against)
    ]
    return _advice(plant, candidates, against)


def _advice(plant: Plant, candidates: Sequence[NewSpan], against: Diversity) -> Advice:
    raise NotImplementedError
