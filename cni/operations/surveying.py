"""Looking over the plant as it was drawn: places where owners' spans run side by side, and nobody has said so.

Whoever stewards the network decides on each: a risk group is made of its spans, or it is dismissed and not proposed
again. Routes heed the new risk group from then on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from cni.assets import hidden_risks as found_risks
from cni.assets.checks import risk_draft
from cni.assets.hidden_risks import HiddenRisk, HiddenRiskStatus
from cni.assets.importing import RISK_COLUMNS
from cni.assets.models import RiskGroup, Span, span_risks
from cni.assets.registry import lock_codes
from cni.assets.snapshot import live_plant
from cni.db.paging import read_page
from cni.events.kinds import HiddenRiskAccepted, HiddenRiskDismissed, HiddenRisksFound
from cni.events.record import record
from cni.leases.occupancy import PairUse, pair_use
from cni.members.policy import Actor, Permission, may, nothing_here, require
from cni.operations.browsing import PlantOnMap, SpanFacts
from cni.operations.tasks import Task
from cni.primitives.errors import Conflict, Problem, refuse_if_any
from cni.primitives.ids import Chooser, new_reference
from cni.primitives.paging import FIRST_PAGE, Page, PageRequest
from cni.primitives.tables import Cells, Row
from cni.topology.ground import paper_diversity

WITHIN_M = 10.0
ALONG_M = 100.0


class HiddenRiskDecided(Conflict):
    """The place where spans run side by side was decided on before."""

    code = "hidden_risk_decided"
    title = "Decided already"


@dataclass(frozen=True, slots=True)
class Limits:
    """Which spans count as side by side: within so many metres of each other, for more than so many."""

    within_m: float = WITHIN_M
    along_m: float = ALONG_M


@dataclass(frozen=True, slots=True)
class NewRiskGroup:
    """What a risk group shall be called, as it was typed."""

    code: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class HiddenRiskFile:
    """All about one place: what was found, its spans as they are today, and whether the actor may decide on it now."""

    risk: HiddenRisk
    plant: PlantOnMap
    may_accept: bool
    may_dismiss: bool


def find_hidden_risks(
    session: Session, actor: Actor, limits: Limits, *, at: datetime, chooser: Chooser
) -> Sequence[HiddenRisk]:
    """Compare the lines of all live spans and return what waits for a decision, with spans, the longest first.

    What was found before keeps its reference; what is no longer so goes, unless it was decided on, or was found within
    more metres than are looked at now.

    Permission: risks:decide. Event: HiddenRisksFound, if anything came or went.
    Raises:
        Invalid: the limits make no sense.
    """
    require(actor, Permission.RISKS_DECIDE)
    lock_codes(session)
    waiting = {risk.span_codes: risk for risk in found_risks.hidden_risks_with(session, HiddenRiskStatus.PROPOSED)}
    out_of_sight = {spans for spans, risk in waiting.items() if not _would_show(risk, limits)}
    dismissed = found_risks.hidden_risks_with(session, HiddenRiskStatus.DISMISSED)
    known = [*out_of_sight, *(risk.span_codes for risk in dismissed)]
    found = {place.spans: place for place in _side_by_side(session, limits, known)}
    gone = [waiting.pop(spans) for spans in waiting.keys() - found.keys() - out_of_sight]
    came = [_proposal(session, spans, at, chooser) for spans in found.keys() - waiting.keys()]
    waiting |= {risk.span_codes: risk for risk in came}
    for spans, place in found.items():
        _measure(waiting[spans], place)
    for risk in gone:
        session.delete(risk)
    session.add_all(came)
    session.flush()
    if came or gone:
        found_and_gone = HiddenRisksFound(
            subject="co-op", found=[risk.reference for risk in came], gone=[risk.reference for risk in gone]
        )
        record(session, actor, found_and_gone, at=at)
    return sorted(waiting.values(), key=lambda risk: (-risk.metres, risk.span_codes))


def list_hidden_risks(
    session: Session, actor: Actor, page: PageRequest = FIRST_PAGE, *, is_decided: bool = False
) -> Page[HiddenRisk]:
    """Return a page of the places that wait for a decision, or were decided on, the newest first, with their spans.

    Permission: risks:read.
    """
    require(actor, Permission.RISKS_READ)
    chosen = found_risks.hidden_risks(is_decided=is_decided)
    return read_page(session, chosen, HiddenRisk.id, page, newest_first=True)


def find_hidden_risk(session: Session, actor: Actor, reference: str, *, on: date) -> HiddenRiskFile:
    """Return all about one place.

    Permission: risks:read.
    Raises:
        NotFound: there is no such place.
    """
    require(actor, Permission.RISKS_READ)
    risk = _existing(session, reference)
    uses = pair_use(session, [span.id for span in risk.spans], on)
    facts = [_facts(span, uses.get(span.id, PairUse())) for span in risk.spans]
    ends = {end.id: end for span in risk.spans for end in (span.a, span.z)}
    decides = may(actor, Permission.RISKS_DECIDE)
    return HiddenRiskFile(
        risk,
        PlantOnMap(list(ends.values()), facts),
        may_accept=decides and risk.status is not HiddenRiskStatus.ACCEPTED,
        may_dismiss=decides and risk.status is HiddenRiskStatus.PROPOSED,
    )


def accept_hidden_risk(
    session: Session, actor: Actor, reference: str, group: NewRiskGroup, *, at: datetime
) -> HiddenRisk:
    """Make a risk group of the spans of a place, also of one that was dismissed before.

    Permission: risks:decide. Event: HiddenRiskAccepted.
    Raises:
        NotFound: there is no such place.
        HiddenRiskDecided: it is a risk group already.
        Invalid: the code is taken or cannot be one, or the name or kind is missing.
    """
    require(actor, Permission.RISKS_DECIDE)
    lock_codes(session)
    risk = _existing(session, reference)
    if risk.status is HiddenRiskStatus.ACCEPTED:
        raise HiddenRiskDecided(f"{risk.reference} is a risk group already.")
    made = _risk_group(session, group)
    session.add(made)
    session.flush()
    rows = [{"span_id": span.id, "risk_group_id": made.id} for span in risk.spans]
    session.execute(insert(span_risks), rows)
    risk.status, risk.risk_group_id, risk.reason = HiddenRiskStatus.ACCEPTED, made.id, None
    risk.decided_by_id, risk.decided_at = actor.person_id, at
    accepted = HiddenRiskAccepted(subject=risk.reference, risk_group=made.code, spans=list(risk.span_codes))
    record(session, actor, accepted, at=at)
    return risk


def dismiss_hidden_risk(session: Session, actor: Actor, reference: str, reason: str, *, at: datetime) -> HiddenRisk:
    """Say why a place is no risk to name; the same spans are not proposed again.

    Permission: risks:decide. Event: HiddenRiskDismissed.
    Raises:
        NotFound: there is no such place.
        HiddenRiskDecided: it does not wait any more.
        Invalid: no reason is given.
    """
    require(actor, Permission.RISKS_DECIDE)
    lock_codes(session)
    risk = _existing(session, reference)
    if risk.status is not HiddenRiskStatus.PROPOSED:
        raise HiddenRiskDecided(f"{risk.reference} was {risk.status} already.")
    if not reason.strip():
        remedy = "Say why they don't break together, for whoever looks at the place next."
        refuse_if_any([Problem("missing", "The reason is missing.", remedy, "reason")])
    risk.status, risk.reason = HiddenRiskStatus.DISMISSED, reason.strip()
    risk.decided_by_id, risk.decided_at = actor.person_id, at
    record(session, actor, HiddenRiskDismissed(subject=risk.reference, reason=reason.strip()), at=at)
    return risk


def todo(session: Session, actor: Actor, today: date) -> list[Task]:
    """Return the places that wait for the network steward."""
    if not may(actor, Permission.RISKS_DECIDE):
        return []
    waiting = found_risks.count_waiting(session)
    if not waiting:
        return []
    places = "One place" if waiting == 1 else f"{waiting} places"
    title = f"{places} where owners' spans run side by side undeclared"
    text = "Name each as a risk group, or dismiss it: until then, routes can be diverse on paper only."
    return [Task(about="hidden_risks", title=title, text=text)]


def _would_show(risk: HiddenRisk, limits: Limits) -> bool:
    """Tell whether a place that was found before would be found within these limits, if it is still so."""
    return risk.within_m <= limits.within_m and risk.metres > limits.along_m


def _side_by_side(session: Session, limits: Limits, known: Sequence[Sequence[str]]) -> list[paper_diversity.HiddenRisk]:
    """Return what is found in the live plant, without the places all of whose spans are known together."""
    plant = live_plant(session)
    owners = {code: slugs[0] for code, slugs in plant.owners.items()}  # the fibre's, then the duct's
    found = paper_diversity.find_hidden_risks(plant.network, owners, limits.within_m, limits.along_m)
    return [place for place in found if not any({*place.spans} <= {*spans} for spans in known)]


def _proposal(session: Session, codes: tuple[str, ...], at: datetime, chooser: Chooser) -> HiddenRisk:
    spans = list(session.scalars(select(Span).where(Span.code.in_(codes)).order_by(Span.code)))
    reference = new_reference("HR", chooser)
    return HiddenRisk(reference=reference, status=HiddenRiskStatus.PROPOSED, found_at=at, spans=spans)


def _measure(risk: HiddenRisk, place: paper_diversity.HiddenRisk) -> None:
    risk.within_m, risk.metres = Decimal(str(place.within_m)), Decimal(str(place.metres))
    risk.longitude, risk.latitude = place.position
    risk.lines = {"type": "MultiLineString", "coordinates": [[list(at) for at in line] for line in place.lines]}


def _existing(session: Session, reference: str) -> HiddenRisk:
    risk = found_risks.hidden_risk_by_reference(session, reference)
    if risk is None:
        raise nothing_here()
    return risk


def _facts(span: Span, use: PairUse) -> SpanFacts:
    return SpanFacts(span, use.offered, use.free, use)


def _risk_group(session: Session, given: NewRiskGroup) -> RiskGroup:
    """Return the risk group that was typed, judged by the rules of a row of risks.csv."""
    values = {"id": given.code.strip(), "name": given.name.strip(), "kind": given.kind.strip()}
    cells = Cells(Row(1, dict.fromkeys(RISK_COLUMNS.required, "") | values), "")
    draft = risk_draft(cells)
    taken = set(session.scalars(select(RiskGroup.code)))
    if values["id"].casefold() in {code.casefold() for code in taken}:
        message = f"{values['id']} is already a risk group."
        cells.problem("already_registered", "id", message, "Give this one a code of its own.")
    refuse_if_any([_at_field(problem) for problem in cells.problems])
    assert draft is not None  # without a problem there is one
    return RiskGroup(code=draft.code, name=draft.name, kind=draft.kind)


def _at_field(problem: Problem) -> Problem:
    place = "code" if problem.column == "id" else problem.column
    message = f"The {place} is missing." if problem.code == "missing" else problem.message
    return replace(problem, message=message, place=place, file=None, row=None, column=None)
