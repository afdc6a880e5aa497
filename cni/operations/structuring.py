"""Saying how plant is built: the cable of a span with its colours, ducts with what lies in them, splices at sites."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from cni.assets import queries, structure
from cni.assets.colours import ColourScheme, FibreColour, colour_of
from cni.assets.duct_fill import DuctFill, cables_of, fill_of
from cni.assets.edits import forebears
from cni.assets.models import FibrePair, Site, Span
from cni.assets.structure import Duct, SpanCable, Splice
from cni.assets.words import ContributionStatus
from cni.db.paging import read_page
from cni.events.kinds import DuctKept, SpanDescribed, SplicesKept
from cni.events.record import record
from cni.leases.holding import held_pairs
from cni.members.policy import Actor, Permission, may, nothing_here, require
from cni.operations._own_plant import is_owner, live_span_of_owner, may_inspect, own_member, own_spans
from cni.primitives.errors import NotFound, Problem, refuse_if_any
from cni.primitives.paging import FIRST_PAGE, Page, PageRequest
from cni.primitives.period import Period

LEASED = "leased"
MOST_BORE_MM = 1_000


@dataclass(frozen=True, slots=True)
class NewCable:
    """How a cable is built, as it was given; the diameter is in millimetres, None: not known."""

    scheme: ColourScheme
    fibres_per_tube: int
    diameter_mm: Decimal | None = None


@dataclass(frozen=True, slots=True)
class NewDuct:
    """A duct as it was given: diameters in millimetres, length in metres; `parent` and `spans` are codes."""

    code: str
    bore_mm: Decimal
    length_m: Decimal
    parent: str | None = None
    outer_mm: Decimal | None = None
    spans: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewSplice:
    """Two fibres joined, as they were given; `loss_db` None: not measured."""

    from_span: str
    from_fibre: int
    to_span: str
    to_fibre: int
    loss_db: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Fibre:
    """A fibre of a cable: its number, how it looks, its pair (None: it is left over), and that pair's state.

    `state` is "leased" or a word of `PairState`; None for whoever may not know.
    """

    number: int
    colour: FibreColour
    pair: int | None
    state: str | None


@dataclass(frozen=True, slots=True)
class Structure:
    """How a span is built: its cable with the fibres of each tube, if that is known, and the ducts it lies in.

    `ducts` are for its owners and staff; `may_keep`: whether the actor may say more.
    """

    span: Span
    cable: SpanCable | None
    tubes: list[list[Fibre]]
    ducts: Sequence[Duct]
    may_keep: bool

    @property
    def fibres(self) -> list[Fibre]:
        """The fibres of all tubes, by number."""
        return [fibre for tube in self.tubes for fibre in tube]


@dataclass(frozen=True, slots=True)
class DuctFacts:
    """A duct and how full it is; `is_spare`: nothing lies in it."""

    duct: Duct
    fill: DuctFill
    is_spare: bool


def structure_of(session: Session, actor: Actor, code: str, *, on: date) -> Structure:
    """Return how a live span is built, with what its pairs are used for on a day to whoever may know.

    Permission: plant:read.
    Raises:
        NotFound: there is no such span for the actor.
    """
    require(actor, Permission.PLANT_READ)
    span = queries.span_by_code(session, code)
    sees_all = span is not None and may_inspect(actor, span)
    if span is None or not (sees_all or span.contribution.status is ContributionStatus.LIVE):
        raise NotFound(f"There is no span {code}.")
    cable = structure.cable_of(session, span)
    states = _states(session, span, on) if sees_all and cable else {}
    return Structure(
        span,
        cable,
        _tubes(span, cable, states) if cable else [],
        structure.ducts_of_span(session, span) if sees_all else [],
        sees_all and actor.member_id is not None and may(actor, Permission.PLANT_KEEP),
    )


def describe_cable(session: Session, actor: Actor, code: str, given: NewCable, *, at: datetime) -> SpanCable:
    """Say how the cable of a span is built.

    Permission: plant:keep. Event: SpanDescribed.
    Raises:
        NotFound: the member has no such span.
        NotLive: the span is only proposed.
        Invalid: a tube holds more fibres than colours tell apart, or the diameter is none.
    """
    require(actor, Permission.PLANT_KEEP)
    span = live_span_of_owner(session, actor, code)
    refuse_if_any(_cable_problems(given))
    cable = structure.cable_of(session, span) or SpanCable(span_id=span.id)
    cable.scheme, cable.fibres_per_tube, cable.diameter_mm = given.scheme, given.fibres_per_tube, given.diameter_mm
    session.add(cable)
    described = SpanDescribed(
        subject=span.code,
        member_id=span.fibre_owner_id,
        scheme=given.scheme.value,
        fibres_per_tube=given.fibres_per_tube,
    )
    record(session, actor, described, at=at)
    return cable


def list_ducts(session: Session, actor: Actor, page: PageRequest = FIRST_PAGE) -> Page[DuctFacts]:
    """Return a page of the ducts that the actor may see, by code, with how full each is.

    Permission: plant:inspect.
    """
    require(actor, Permission.PLANT_INSPECT)
    found = read_page(session, structure.ducts(actor.member_id), Duct.code, page)
    return Page(_duct_facts(session, found.items), found.next)


def find_duct(session: Session, actor: Actor, code: str) -> DuctFacts:
    """Return a duct and how full it is.

    Permission: plant:inspect.
    Raises:
        NotFound: there is none, or it is another member's.
    """
    require(actor, Permission.PLANT_INSPECT)
    return _duct_facts(session, [_own_duct(session, actor, code)])[0]


def keep_duct(session: Session, actor: Actor, given: NewDuct, *, at: datetime) -> Duct:
    """Register a duct of the actor's member, or correct the one of this code.

    An over-filled duct is registered all the same: that is what the record has to say.

    Permission: plant:keep. Event: DuctKept.
    Raises:
        Invalid: with every problem: a measure is none, a sub-duct is wider than what is around it, a span or the duct
            around it is not the member's, the code is another member's.
    """
    require(actor, Permission.PLANT_KEEP)
    owner_id = own_member(actor)
    standing = structure.duct_by_code(session, given.code)
    parent = structure.duct_by_code(session, given.parent) if given.parent else None
    spans = own_spans(session, owner_id, given.spans)
    problems = [*_duct_problems(given, owner_id, standing, parent), *_unknown_spans(given.spans, spans)]
    refuse_if_any(problems)
    duct = standing or Duct(code=given.code.strip(), owner_id=owner_id, sub_ducts=[])
    duct.bore_mm, duct.outer_mm, duct.length_m = given.bore_mm, given.outer_mm, given.length_m
    duct.parent, duct.spans = parent, spans
    session.add(duct)
    kept = DuctKept(subject=duct.code, member_id=owner_id, spans=[span.code for span in spans])
    record(session, actor, kept, at=at)
    return duct


def splices_at(session: Session, actor: Actor, code: str) -> tuple[Site, list[Splice]]:
    """Return a live site and the splices at it that are on the actor's member's spans (staff: all).

    Permission: plant:inspect.
    Raises:
        NotFound: there is no such site, or no span of the member ends there.
    """
    require(actor, Permission.PLANT_INSPECT)
    site = _site(session, actor, code)
    return site, list(structure.splices_at(session, site, actor.member_id))


def list_splices(session: Session, actor: Actor, code: str, page: PageRequest = FIRST_PAGE) -> Page[Splice]:
    """Return a page of the splices at a live site that are on the actor's member's spans (staff: all).

    Permission: plant:inspect.
    Raises:
        NotFound: there is no such site, or no span of the member ends there.
    """
    require(actor, Permission.PLANT_INSPECT)
    at_site = structure.splices(_site(session, actor, code), actor.member_id)
    return read_page(session, at_site, Splice.id, page)


def keep_splices(session: Session, actor: Actor, code: str, given: Sequence[NewSplice], *, at: datetime) -> None:
    """Say which fibres of the actor's member's spans are spliced at a site: these, and no others.

    Permission: plant:keep. Event: SplicesKept.
    Raises:
        NotFound: there is no such site, or no span of the member ends there.
        Invalid: with every problem: a span does not end there or is not the member's, a fibre is not in its cable or
            is spliced twice, a loss is negative.
    """
    require(actor, Permission.PLANT_KEEP)
    owner_id, site = own_member(actor), _site(session, actor, code)
    session.execute(select(Site.id).where(Site.id == site.id).with_for_update())  # one set of splices at a time
    there = {span.code.casefold(): span for span in queries.spans_at(session, site)}
    own = {span.id for span in there.values() if span.fibre_owner_id == owner_id}
    others = [
        each for each in structure.splices_at(session, site, None) if not {each.from_span_id, each.to_span_id} & own
    ]
    taken = {end for each in others for end in _ends(each)}
    refuse_if_any(_splice_problems(given, there, own, taken))
    theirs = or_(Splice.from_span_id.in_(own), Splice.to_span_id.in_(own))
    session.execute(delete(Splice).where(Splice.site_id == site.id, theirs))
    session.add_all(
        Splice(
            site_id=site.id,
            from_span_id=there[each.from_span.casefold()].id,
            from_fibre=each.from_fibre,
            to_span_id=there[each.to_span.casefold()].id,
            to_fibre=each.to_fibre,
            loss_db=each.loss_db,
        )
        for each in given
    )
    record(session, actor, SplicesKept(subject=site.code, member_id=owner_id, splices=len(given)), at=at)


def _states(session: Session, span: Span, on: date) -> dict[int, str]:
    pairs = session.execute(select(FibrePair.number, FibrePair.state).where(FibrePair.span_id == span.id))
    held = held_pairs(session, [span.id], Period(on, on + timedelta(days=1)))
    return {number: state.value for number, state in pairs} | {each.pair_number: LEASED for each in held}


def _tubes(span: Span, cable: SpanCable, states: dict[int, str]) -> list[list[Fibre]]:
    tubes: dict[int, list[Fibre]] = {}
    for number in range(1, span.fibres + 1):
        pair = (number + 1) // 2
        colour = colour_of(number, cable.scheme, cable.fibres_per_tube)
        in_pair = pair if pair <= span.fibres // 2 else None
        tubes.setdefault(colour.tube, []).append(Fibre(number, colour, in_pair, states.get(pair) if in_pair else None))
    return list(tubes.values())


def _cable_problems(given: NewCable) -> Iterator[Problem]:
    if not 1 <= given.fibres_per_tube <= 24:
        message = f"A tube cannot hold {given.fibres_per_tube} fibres that colours tell apart."
        yield Problem("out_of_range", message, "Give 1 to 24; 12 is common.", "fibres_per_tube")
    if given.diameter_mm is not None and not 0 < given.diameter_mm <= MOST_BORE_MM:
        remedy = "Give it in millimetres, or leave it out."
        yield Problem("out_of_range", "The cable cannot be so thick.", remedy, "diameter_mm")


def _duct_facts(session: Session, ducts: Sequence[Duct]) -> list[DuctFacts]:
    spans = {span.code: span for duct in ducts for span in duct.spans}
    known = structure.diameters(session, [span.id for span in spans.values()])
    before = forebears(session, spans)
    facts = []
    for duct in ducts:
        cables = cables_of({span.code: [each.code for each in before[span.code]] for span in duct.spans})
        widths = [max(filter(None, (known.get(spans[code].id) for code in cable)), default=None) for cable in cables]
        inside = [*widths, *(sub.outer_mm for sub in duct.sub_ducts)]
        facts.append(DuctFacts(duct, fill_of(duct.bore_mm, inside), is_spare=not inside))
    return facts


def _own_duct(session: Session, actor: Actor, code: str) -> Duct:
    duct = structure.duct_by_code(session, code)
    if duct is None or actor.member_id not in (None, duct.owner_id):
        raise nothing_here()
    return duct


def _unknown_spans(codes: Collection[str], spans: Collection[Span]) -> Iterator[Problem]:
    known = {span.code.casefold() for span in spans}
    for code in codes:
        if code.casefold() not in known:
            message = f"Your organisation has no live span {code}."
            yield Problem("unknown_plant", message, "Give ids of your own spans, as the map says them.", "spans")


def _duct_problems(given: NewDuct, owner_id: int, standing: Duct | None, parent: Duct | None) -> Iterator[Problem]:
    if not given.code.strip():
        yield Problem("missing", "The id is missing.", "Enter a short one that is not in use.", "code")
    if standing is not None and standing.owner_id != owner_id:
        yield Problem("taken", f"The id {given.code} is taken.", "Enter another one.", "code")
    for place, most in (("bore_mm", MOST_BORE_MM), ("length_m", 1_000_000)):
        if not 0 < getattr(given, place) <= most:
            yield Problem("out_of_range", f"It cannot be {getattr(given, place)}.", f"Give up to {most}.", place)
    if given.parent:
        yield from _sub_duct_problems(given, owner_id, standing, parent)
    elif given.outer_mm is not None:
        message = "Only a sub-duct has an outer diameter here."
        yield Problem("not_a_sub_duct", message, "Say which duct it lies in, or leave it out.", "outer_mm")


def _sub_duct_problems(given: NewDuct, owner_id: int, standing: Duct | None, parent: Duct | None) -> Iterator[Problem]:
    if parent is None or parent.owner_id != owner_id:
        message = f"Your organisation has no duct {given.parent}."
        yield Problem("unknown_plant", message, "Give the id of a duct of your own.", "parent")
    elif parent.parent_id is not None or (standing is not None and (standing is parent or standing.sub_ducts)):
        message = "A sub-duct lies in a duct that lies in no other."
        yield Problem("not_a_duct", message, "Choose the duct around both.", "parent")
    elif given.outer_mm is not None and given.outer_mm > parent.bore_mm:
        message = f"It is wider than the bore of {parent.code}, {parent.bore_mm} mm."
        yield Problem("out_of_range", message, "Measure both again.", "outer_mm")
    if given.outer_mm is None or given.outer_mm <= given.bore_mm:
        message = "A sub-duct is wider outside than inside."
        yield Problem("out_of_range", message, "Give its outer diameter in millimetres.", "outer_mm")


def _site(session: Session, actor: Actor, code: str) -> Site:
    site = queries.site_by_code(session, code)
    if site is None or site.contribution.status is not ContributionStatus.LIVE:
        raise nothing_here()
    if not any(is_owner(actor, span) for span in queries.spans_at(session, site)):
        raise nothing_here()
    return site


def _ends(splice: Splice) -> tuple[tuple[int, int], tuple[int, int]]:
    return (splice.from_span_id, splice.from_fibre), (splice.to_span_id, splice.to_fibre)


def _splice_problems(
    given: Sequence[NewSplice], there: dict[str, Span], own: set[int], taken: set[tuple[int, int]]
) -> Iterator[Problem]:
    used = set(taken)
    for row, each in enumerate(given, 1):
        yield from _fibre_problems(row, each.from_span, each.from_fibre, there, used)
        yield from _fibre_problems(row, each.to_span, each.to_fibre, there, used)
        ids = [there[code.casefold()].id for code in (each.from_span, each.to_span) if code.casefold() in there]
        if ids and not own.intersection(ids):
            yield _at(row, "not_yours", "Neither fibre is your organisation's.", "Leave it to their owner.")
        if len(ids) > len(set(ids)):
            yield _at(row, "same_span", "A fibre is not spliced to its own span.", "Give two spans.")
        if each.loss_db is not None and each.loss_db < 0:
            yield _at(row, "out_of_range", "A splice has no negative loss.", "Give decibels from 0 on.")


def _fibre_problems(
    row: int, code: str, fibre: int, there: dict[str, Span], used: set[tuple[int, int]]
) -> Iterator[Problem]:
    span = there.get(code.casefold())
    if span is None:
        yield _at(row, "unknown_plant", f"No live span {code} ends here.", "Give the id of one that does.")
    elif not 1 <= fibre <= span.fibres:
        message = f"Span {span.code} has no fibre {fibre}."
        yield _at(row, "out_of_range", message, f"Give a number from 1 to {span.fibres}.")
    elif (span.id, fibre) in used:
        message = f"Fibre {fibre} of {span.code} is spliced already."
        yield _at(row, "spliced_twice", message, "A fibre is spliced to one other.")
    else:
        used.add((span.id, fibre))


def _at(row: int, code: str, message: str, remedy: str) -> Problem:
    return Problem(code, f"Line {row}: {message}", remedy, "splices", row=row)
