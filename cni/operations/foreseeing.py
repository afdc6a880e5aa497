"""What would become of sites and leases if things failed. Nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from cni.assets.snapshot import Plant, live_plant
from cni.leases.queries import free_in
from cni.leases.searches import KIND_WORDS, kind_and_code
from cni.leases.serving import ServingLease, leases_in_service
from cni.members.policy import Actor, Permission, may, require
from cni.primitives.errors import Problem, refuse_if_any
from cni.primitives.period import Period
from cni.topology.failures.exposure import core_of, cut_off_sites, spans_in_risk
from cni.topology.failures.simulate import Hit, Simulation, simulate
from cni.topology.questions import Element, ElementKind

MOST_CUTS = 30
BECOMES = ("lost", "rerouted", "survives")
"""What can become of a lease, the worst first."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Things that fail together, and the sites that this cuts off from the core of the network, by id."""

    plant: Plant
    cuts: tuple[Element, ...]
    cut_off: tuple[str, ...]

    @property
    def spans(self) -> frozenset[str]:
        """All spans out of service, those that end at a failed site included."""
        return frozenset(span for cut in self.cuts for span in _spans_of(self.plant, cut))


def read_cuts(plant: Plant, given: Sequence[str]) -> tuple[Element, ...]:
    """Return the things that fail, each once, from words such as `span:PICC-NISL`; codes compare without case.

    Raises:
        Invalid: a word is none, or names nothing in the live plant; every problem at once.
    """
    words = [word.strip() for word in dict.fromkeys(given) if word.strip()]
    problems = list(_cut_problems(plant, words))
    refuse_if_any(problems)
    cuts = map(kind_and_code, words)
    return tuple(dict.fromkeys(Element(ElementKind(kind), plant.codes[kind][code.lower()]) for kind, code in cuts))


def _cut_problems(plant: Plant, words: Sequence[str]) -> Iterator[Problem]:
    if len(words) > MOST_CUTS:
        message = f"{len(words)} things are to fail together."
        yield Problem("too_many", message, f"Choose {MOST_CUTS} at most.", "cut")
        return
    for word in words:
        kind, code = kind_and_code(word)
        if kind not in set(ElementKind):
            yield Problem(
                "bad_cut", f"“{word}” names nothing that can fail.", "Write span:, site: or risk: and a code.", "cut"
            )
        elif code.lower() not in plant.codes[kind]:
            yield Problem(
                "unknown", f"There is no live {KIND_WORDS[kind]} {code}.", "Choose one from the lists.", "cut"
            )


def _spans_of(plant: Plant, cut: Element) -> Iterator[str]:
    match cut.kind:
        case ElementKind.SPAN:
            yield cut.id
        case ElementKind.SITE:
            yield from (span for _a, _z, span in plant.network.graph.edges(cut.id, keys=True))
        case ElementKind.RISK:
            yield from spans_in_risk(plant.network, cut.id)


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a lease; `lacks_pairs`: it is lost for want of free pairs alone."""

    lease: ServingLease
    hit: Hit
    lacks_pairs: bool

    @property
    def ways(self) -> tuple[tuple[str, ...], ...]:
        """The routes that it has or could have after the failure: the one in service, then a second one."""
        second = self.hit.second.route.spans if self.hit.second and self.hit.second.route else None
        return tuple(way for way in (self.hit.route, second) if way)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a failure does: to sites and, for those who may read leases (else None), to the leases that it touches.

    They are led another way in `simulate.ORDER`.
    """

    failure: Failure
    fates: tuple[Fate, ...] | None


def choices(session: Session, actor: Actor) -> Plant:
    """Return the live plant, of which things are chosen to fail.

    Permission: plant:read.
    """
    require(actor, Permission.PLANT_READ)
    return live_plant(session)


def what_if(session: Session, actor: Actor, cuts: Sequence[str], *, on: date) -> Foreseen:
    """Return what becomes of sites, and of the actor's leases in service (for staff: of all), if these things fail.

    A member's leases are led another way as if nobody else needed the pairs that are free: what others hold and would
    need is not told, not even by its effect.

    Permission: plant:read; leases only with leases:read.
    Raises:
        Invalid: something named is not in the live plant.
    """
    require(actor, Permission.PLANT_READ)
    plant = live_plant(session)
    failure = _fail(plant, read_cuts(plant, cuts))
    if not may(actor, Permission.LEASES_READ):
        return Foreseen(failure, None)
    leases = leases_in_service(session, actor.member_id, on, across=failure.spans)
    network = free_in(session, plant, Period(on, on + timedelta(days=1)))
    simulation = simulate(network, [lease.on(network) for lease in leases], failure.cuts)
    return Foreseen(failure, tuple(_fates(leases, simulation)))


def _fates(leases: Sequence[ServingLease], simulation: Simulation) -> Iterator[Fate]:
    """Yield what becomes of each lease, the worst first."""
    by_reference = {lease.reference: lease for lease in leases}
    regardless = {hit.lease.reference: hit for hit in simulation.regardless_of_pairs}
    for hit in sorted(simulation.hits, key=lambda hit: (BECOMES.index(hit.becomes), hit.lease.reference)):
        reference = hit.lease.reference
        lacks_pairs = hit.becomes == "lost" and regardless[reference].becomes != "lost"
        yield Fate(by_reference[reference], hit, lacks_pairs)


def _fail(plant: Plant, cuts: tuple[Element, ...]) -> Failure:
    failure = Failure(plant, cuts, ())
    sites = {cut.id for cut in cuts if cut.kind is ElementKind.SITE}
    cut_off = cut_off_sites(plant.network, core_of(plant.network), failure.spans, sites)
    return Failure(plant, cuts, tuple(cut_off))
