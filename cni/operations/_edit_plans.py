"""What an edit of live plant would make of it: asked as text, judged with every problem at once, not yet done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from cni.assets import queries
from cni.assets.disclosure import Sight
from cni.assets.edits import EditKind
from cni.assets.lines import Cut, Line, cut_line, join_lines, joined_code, nearest_site, part_codes, share_length
from cni.assets.models import FibrePair, Rack, Site, Span
from cni.assets.places import ENDS_WITHIN_M, ends_off_m
from cni.assets.terms import SpanTerms, WithdrawalSpan
from cni.assets.words import LengthBasis
from cni.members.models import Member
from cni.members.policy import Actor
from cni.operations._edit_reading import code_problems, codes_of, line_between, new_site, position_of
from cni.operations._edit_values import (
    Edit,
    NewSite,
    Plan,
    PlannedSite,
    PlannedSpan,
    SiteMove,
    SpanChange,
    SpanMerge,
    SpanSplit,
)
from cni.operations._own_plant import owner_of
from cni.operations.disclosing import own_sight
from cni.primitives.errors import Forbidden, NotFound, Problem, refuse_if_any
from cni.primitives.geo import length_m, line_of
from cni.primitives.tables import Cells, Row, echoed

DRAWN_STEP_M = Decimal("0.1")
BASES = (LengthBasis.DRAWN, LengthBasis.AS_BUILT, LengthBasis.OTDR)
"""From the least to the most trusted: what two spans are together is known no better than the worse of them."""


def plan_edit(session: Session, actor: Actor, asked: Edit) -> Plan:
    """Return what an edit would do.

    Raises:
        Forbidden: it is another member's plant.
        NotFound: there is no such live span or site.
        Invalid: with every problem, each at its field.
    """
    match asked:
        case SpanSplit():
            return _split(session, actor, asked)
        case SpanMerge():
            return _merge(session, actor, asked)
        case SpanChange():
            return _change(session, actor, asked)
        case SiteMove():
            return _move(session, actor, asked)
        case NewSite():
            return _add(session, actor, asked)


def spans_touched(session: Session, asked: Edit) -> Sequence[int]:
    """Return the numbers of the spans that an edit names, or that end at the site that it moves."""
    match asked:
        case SpanSplit(span=code) | SpanChange(span=code):
            named = _coded(Span, code)
        case SpanMerge(first=first, second=second):
            named = _coded(Span, first) | _coded(Span, second)
        case SiteMove(site=code):
            named = or_(Span.a.has(_coded(Site, code)), Span.z.has(_coded(Site, code)))
        case NewSite():
            return ()
    return session.scalars(select(Span.id).where(named)).all()


def own_span(session: Session, actor: Actor, code: str) -> Span:
    """Return a live span that the actor may edit.

    Raises:
        NotFound: there is no such live span.
        Forbidden: it is another member's.
    """
    span = session.scalar(queries.live_spans().where(_coded(Span, code)))
    if span is None:
        raise NotFound(f"There is no live span {code}.")
    if actor.member_id is not None and span.fibre_owner_id != actor.member_id:
        raise Forbidden(f"The fibre of span {span.code} is {span.fibre_owner.name}'s, who can change it.")
    return span


def own_site(session: Session, actor: Actor, code: str) -> Site:
    """Return a live site that the actor may edit.

    Raises:
        NotFound: there is no such live site.
        Forbidden: it is another member's.
    """
    site = session.scalar(queries.live_sites().where(_coded(Site, code)))
    if site is None:
        raise NotFound(f"There is no live site {code}.")
    if actor.member_id is not None and owner_of(site) != actor.member_id:
        raise Forbidden(f"Site {site.code} is not your organisation's. Its owner or the network steward can change it.")
    return site


def planned(span: Span) -> PlannedSpan:
    """Return a span as it stands; its ends must be loaded."""
    drawn = tuple(line_of(span.geometry)) if span.geometry else None
    a, z = planned_site(span.a), planned_site(span.z)
    return PlannedSpan(span.id, span.code, a, z, drawn, span.length_m, span.length_basis)


def planned_site(site: Site) -> PlannedSite:
    """Return a site as it stands."""
    return PlannedSite(site.id, site.code, site.name, site.kind, (site.longitude, site.latitude))


def _coded(kind: type[Site] | type[Span], code: str) -> ColumnElement[bool]:
    return func.lower(kind.code) == code.strip().lower()


def _split(session: Session, actor: Actor, asked: SpanSplit) -> Plan:
    span = own_span(session, actor, asked.span)
    whole = planned(span)
    problems: list[Problem] = []
    site = _site_to_split_at(session, actor, asked, span, problems)
    cut = _cut(whole, site, problems) if site else None
    taken = codes_of(session, Span)
    first, second = part_codes(span.code, taken)
    codes = asked.first.strip() or first, asked.second.strip() or second
    problems += code_problems((("first", codes[0]), ("second", codes[1])), taken)
    lengths = _shared(whole, cut, problems) if cut else None
    refuse_if_any(problems)
    assert site is not None  # without a problem there are all three
    assert cut is not None
    assert lengths is not None
    lines = (cut.before, cut.after) if whole.line else (None, None)
    parts = (
        PlannedSpan(None, codes[0], whole.a, site, lines[0], lengths[0], whole.length_basis),
        PlannedSpan(None, codes[1], site, whole.z, lines[1], lengths[1], whole.length_basis),
    )
    new = (site,) if site.id is None else ()
    words = f"Span {span.code} split at {site.name} ({site.code}) into {codes[0]} and {codes[1]}"
    return Plan(EditKind.SPLIT, span.fibre_owner_id, words, (whole,), parts, (), new)


def _site_to_split_at(
    session: Session, actor: Actor, asked: SpanSplit, span: Span, problems: list[Problem]
) -> PlannedSite | None:
    seen = _seen_sites(session, own_sight(session, actor))
    if asked.site.strip():
        site = seen.get(asked.site.strip().casefold())
        if site is None:
            remedy = "Choose one of yours, or ask the network steward to split the span at another's."
            problems.append(Problem("unknown_site", f"You have no live site {echoed(asked.site)}.", remedy, "site"))
        elif site.id in (span.a_id, span.z_id):
            message = f"The span ends at {site.name} already."
            problems.append(Problem("at_end", message, "Choose a site along it.", "site"))
            return None
        return site
    is_described = any(text.strip() for text in (asked.new.id, asked.new.name, asked.new.kind))
    where = None if is_described else position_of(asked.new.where, "where", [])
    near = where and nearest_site(where, {code: site.position for code, site in seen.items()})
    if near and seen[near].id not in (span.a_id, span.z_id):
        return seen[near]
    draft = new_site(session, asked.new, problems)
    return None if draft is None else PlannedSite(None, draft.code, draft.name, draft.kind, draft.position)


def _cut(whole: PlannedSpan, site: PlannedSite, problems: list[Problem]) -> Cut | None:
    place = "where" if site.id is None else "site"
    try:
        cut = cut_line(whole.drawn, site.position)
    except ValueError:
        message = f"Span {whole.code} would be cut at its end, where nothing would be left on one side."
        problems.append(Problem("at_end", message, "Choose a place along it.", place))
        return None
    if cut.off_m > ENDS_WITHIN_M:
        message = f"The place lies {cut.off_m:,.0f} m from the line of span {whole.code}."
        remedy = f"Choose a place within {ENDS_WITHIN_M} m of it, or mend its line first."
        problems.append(Problem("off_line", message, remedy, place))
    return cut


def _shared(whole: PlannedSpan, cut: Cut, problems: list[Problem]) -> tuple[Decimal, Decimal] | None:
    try:
        return share_length(whole.length_m, cut.share)
    except ValueError:
        message = f"Span {whole.code} is too short to be cut there."
        problems.append(Problem("too_short", message, "Choose a place nearer its middle.", "where"))
        return None


def _merge(session: Session, actor: Actor, asked: SpanMerge) -> Plan:
    first, second = own_span(session, actor, asked.first), own_span(session, actor, asked.second)
    between = {first.a_id, first.z_id} & {second.a_id, second.z_id}
    taken, problems = codes_of(session, Span), list(_unlike(session, first, second))
    code = asked.code.strip() or joined_code(first.code, second.code, taken)
    problems += code_problems((("code", code),), taken)
    if first.id == second.id or len(between) != 1:
        message = f"Spans {first.code} and {second.code} do not meet at exactly one site."
        problems.append(Problem("no_joint", message, "Choose two spans with one site between them.", "second"))
        refuse_if_any(problems)
    joint = first.a if first.a_id in between else first.z
    problems += _joint_problems(session, joint, (first, second))
    if asked.with_site:
        problems += _site_problems(session, actor, joint)
    refuse_if_any(problems)
    before, after = _towards(planned(first), joint.id), _towards(planned(second), joint.id).turned
    drawn = None if before.line is None and after.line is None else join_lines(before.drawn, after.drawn)
    basis = BASES[min(BASES.index(span.length_basis) for span in (first, second))]
    length = first.length_m + second.length_m
    whole = PlannedSpan(None, code, before.a, after.z, drawn, length, basis)
    words = f"Spans {first.code} and {second.code} merged into {code}"
    gone = (before.z,) if asked.with_site else ()
    return Plan(EditKind.MERGE, first.fibre_owner_id, words, (planned(first), planned(second)), (whole,), gone, ())


@dataclass(frozen=True, slots=True)
class _Way:
    """A span walked in one direction."""

    a: PlannedSite
    z: PlannedSite
    line: Line | None
    drawn: Line

    @property
    def turned(self) -> _Way:
        """The same, walked the other way."""
        return _Way(self.z, self.a, self.line and self.line[::-1], self.drawn[::-1])


def _towards(span: PlannedSpan, site: int) -> _Way:
    """Return a span walked towards one of its sites."""
    way = _Way(span.a, span.z, span.line, span.drawn)
    return way if span.z.id == site else way.turned


_ALIKE = {"fibre_owner_id": "owner of the fibre", "fibres": "number of fibres", "foi_label": "label"}
_ALIKE_ON_RECORD: Mapping[str, tuple[Any, ...]] = {
    "offer": (
        SpanTerms.span_id, SpanTerms.fee_basis, SpanTerms.starts_on, SpanTerms.ends_on, SpanTerms.notice_months,
    ),
    "notice of withdrawal": (WithdrawalSpan.span_id, WithdrawalSpan.effective_on),
}  # fmt: skip
"""What must be the same on record of two spans, in the columns after the span's; nothing of either is the same too."""


def _unlike(session: Session, first: Span, second: Span) -> Iterator[Problem]:
    """Yield a problem for each thing that spans must have in common to be one."""
    remedy = "Only spans that are one cable in all but the record can be merged."
    differing = [words for name, words in _ALIKE.items() if getattr(first, name) != getattr(second, name)]
    for words, columns in _ALIKE_ON_RECORD.items():
        said = {
            span: row for span, *row in session.execute(select(*columns).where(columns[0].in_((first.id, second.id))))
        }
        if said.get(first.id) != said.get(second.id):
            differing.append(words)
    for words in differing:
        message = f"The {words} of {first.code} and {second.code} is not the same."
        yield Problem("not_alike", message, remedy, "second")
    if (first.duct_owner_id or first.fibre_owner_id) != (second.duct_owner_id or second.fibre_owner_id):
        yield Problem("not_alike", f"The ducts of {first.code} and {second.code} have two owners.", remedy, "second")
    states: dict[int, list[tuple[int, str]]] = {first.id: [], second.id: []}
    pairs = select(FibrePair.span_id, FibrePair.number, FibrePair.state).where(FibrePair.span_id.in_(states))
    for span, number, state in session.execute(pairs.order_by(FibrePair.number)):
        states[span].append((number, state))
    if states[first.id] != states[second.id]:
        message = f"The pairs of {first.code} and {second.code} are not reserved, offered and dark alike."
        yield Problem("not_alike", message, remedy, "second")


def _joint_problems(session: Session, site: Site, meeting: tuple[Span, Span]) -> Iterator[Problem]:
    """Yield a problem where others than the two spans that meet at a site end there."""
    others = [span.code for span in queries.spans_at(session, site) if span not in meeting]
    if others:
        message = f"At {site.name} {', '.join(others)} ends too."
        yield Problem("joint_used", message, "Two spans can be merged where only they meet.", "second")


def _site_problems(session: Session, actor: Actor, site: Site) -> Iterator[Problem]:
    """Yield a problem for each thing that keeps a site from leaving the plant."""
    if actor.member_id is not None and owner_of(site) != actor.member_id:
        yield Problem("not_yours", f"Site {site.code} is not your organisation's.", "Let it stay.", "with_site")
    racks = list(session.scalars(select(Rack.code).where(Rack.site_id == site.id).order_by(Rack.code)))
    if racks:
        message = f"At {site.name} stands {', '.join(racks)}."
        yield Problem("site_used", message, "Let the site stay.", "with_site")


def _change(session: Session, actor: Actor, asked: SpanChange) -> Plan:
    span = own_span(session, actor, asked.span)
    now = planned(span)
    problems: list[Problem] = []
    drawn = line_between(asked.line, now, problems) if asked.line.strip() else now.line
    cells = Cells(Row(1, {"length_m": asked.length_m.strip(), "length_basis": asked.length_basis.strip()}), "")
    given = cells.decimal("length_m")
    if given is not None and given <= 0:
        cells.problem("bad_length", "length_m", "A length is more than 0 m.", "Leave it empty to have it measured.")
    basis = cells.word("length_basis", LengthBasis)
    problems += [replace(problem, place=problem.column, file=None, row=None, column=None) for problem in cells.problems]
    refuse_if_any(problems)
    measured = _measured(drawn or now.drawn)
    then = replace(now, line=drawn, length_m=given or measured, length_basis=basis or now.length_basis)
    if given is None:
        then = replace(then, length_basis=LengthBasis.DRAWN)
    if then == now:
        refuse_if_any(
            [Problem("no_change", "This is what the span is already.", "Change the line or the length.", "line")]
        )
    return Plan(EditKind.SPAN, span.fibre_owner_id, f"Span {span.code} changed", (now,), (then,))


def _measured(drawn: Line) -> Decimal:
    return max(Decimal(length_m(drawn)).quantize(DRAWN_STEP_M), DRAWN_STEP_M)


def _move(session: Session, actor: Actor, asked: SiteMove) -> Plan:
    site = own_site(session, actor, asked.site)
    problems: list[Problem] = []
    position = position_of(asked.where, "where", problems)
    now = planned_site(site)
    if position == now.position:
        problems.append(Problem("no_change", f"{site.name} is there already.", "Give another place.", "where"))
    refuse_if_any(problems)
    assert position  # without a problem there is one
    then = replace(now, position=position)
    owner, before, after = owner_of(site), [], []
    ending = select(Span).where((Span.a_id == site.id) | (Span.z_id == site.id), Span.retired_on.is_(None))
    for span in session.scalars(ending.options(*queries.SPAN_PARTS).order_by(Span.code)):
        if owner is None or span.fibre_owner_id == owner:
            before.append(planned(span))
            after.append(_following(before[-1], then))
        else:
            problems += _left_behind(planned(span), then)
    refuse_if_any(problems)
    words = f"Site {site.name} ({site.code}) moved"
    return Plan(EditKind.SITE, owner, words, tuple(before), tuple(after), (now,), (then,))


def _following(span: PlannedSpan, site: PlannedSite) -> PlannedSpan:
    """Return a span whose line follows a site that moves; a length that is drawn is measured anew."""
    at_a = span.a.id == site.id
    drawn = span.line and ((site.position, *span.line[1:]) if at_a else (*span.line[:-1], site.position))
    then = replace(span, a=site if at_a else span.a, z=span.z if at_a else site, line=drawn)
    is_measured = span.length_basis is LengthBasis.DRAWN and span.line is not None
    return replace(then, length_m=_measured(then.drawn)) if is_measured else then


def _left_behind(span: PlannedSpan, site: PlannedSite) -> Iterator[Problem]:
    """Yield a problem where another owner's line would no longer end at the site."""
    ends = ends_off_m(
        span.drawn, *((site.position, span.z.position) if span.a.id == site.id else (span.a.position, site.position))
    )
    if span.line and max(ends) > ENDS_WITHIN_M:
        message = f"Span {span.code}, which is another member's, would no longer end there."
        remedy = f"Move the site by less than {ENDS_WITHIN_M} m, or ask the network steward."
        yield Problem("others_line", message, remedy, "where")


def _add(session: Session, actor: Actor, asked: NewSite) -> Plan:
    problems: list[Problem] = []
    draft = new_site(session, asked, problems)
    owner = actor.member_id
    if owner is None and asked.owner.strip():
        owner = session.scalar(select(Member.id).where(func.lower(Member.slug) == asked.owner.strip().lower()))
        if owner is None:
            message = f"There is no member {echoed(asked.owner)}."
            problems.append(Problem("unknown_member", message, "Choose one from the directory.", "owner"))
    refuse_if_any(problems)
    assert draft  # without a problem there is one
    new = PlannedSite(None, draft.code, draft.name, draft.kind, draft.position)
    return Plan(EditKind.NEW_SITE, owner, f"Site {draft.name} ({draft.code}) added", (), (), (), (new,))


def _seen_sites(session: Session, sight: Sight) -> dict[str, PlannedSite]:
    """Return the live sites that the actor sees exactly, by casefolded code. No others: an edit would tell of them."""
    seen = (site for site in session.scalars(queries.live_sites()) if sight.why_site(site) is not None)
    return {site.code.casefold(): planned_site(site) for site in seen}
