"""Proving plant: what a span's owner declares is surveyed and tested, and accepted by the network steward.

Files are kept with the span; an OTDR trace among them is read and compared with the record. That a contribution was
accepted says that the span may be used; evidence says how well it is known.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import PurePath
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cni.assets import evidence
from cni.assets.edits import Forebear, forebears
from cni.assets.evidence import ATTACHMENT_BYTES, Attachment, EvidenceStep, Trace
from cni.assets.evidence_levels import STEPS, EvidenceAction, EvidenceLevel, may_accept, next_level
from cni.assets.models import FibrePair, Span
from cni.assets.otdr import Finding, Measured, TraceEvent, is_within, verdict
from cni.assets.words import LengthBasis
from cni.db.paging import read_page
from cni.events.kinds import EvidenceStepTaken, FileAttached, SpanLengthMeasured
from cni.events.record import record
from cni.formats.traces import is_trace, read_trace
from cni.members.policy import Actor, Permission, SamePerson, may, nothing_here, require
from cni.operations._own_plant import is_owner, live_span_of_owner, span_of_owner
from cni.operations.tasks import Task
from cni.primitives.errors import Conflict, Problem, refuse_if_any
from cni.primitives.ids import Chooser, new_reference
from cni.primitives.paging import FIRST_PAGE, Page, PageRequest
from cni.primitives.period import in_words, london_date

OWNERS = frozenset({EvidenceAction.SURVEY, EvidenceAction.TEST})
"""What the owner does; the rest is for the network steward."""

LONGEST_NAME = 200


class NoTrace(Conflict):
    """The file is no OTDR trace, or the record has its length already."""

    code = "no_trace"
    title = "Nothing to take over"


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to keep with a span; `pair_number`: the pair that a trace was measured on, where that is known."""

    name: str
    data: bytes
    pair_number: int | None = None


@dataclass(frozen=True, slots=True)
class NewStep:
    """A step as it was given: what was done, on which day, and what there is to say about it."""

    action: EvidenceAction
    done_on: date
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """A trace, what it measured, and how that compares with the record; `offers_length`: it could be taken over."""

    attachment: Attachment
    measured: Measured
    findings: list[Finding]
    offers_length: bool


@dataclass(frozen=True, slots=True)
class TracedBefore:
    """A trace of a span in whose place another stands. It stays evidence of the one that it was measured on."""

    measured_on: Forebear
    compared: Compared


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """All about a span's evidence: its level, the steps so far, the files, and what the actor may do now.

    `traced_before` are the traces from before it was split or merged, the nearest span first.
    """

    span: Span
    level: EvidenceLevel
    steps: Sequence[EvidenceStep]
    attachments: Sequence[Attachment]
    traces: list[Compared]
    traced_before: list[TracedBefore]
    actions: frozenset[EvidenceAction]
    may_attach: bool


def levels(session: Session, actor: Actor, codes: Collection[str]) -> dict[str, EvidenceLevel]:
    """Return how well each of these spans is known, by code: what all members may know.

    Permission: plant:read.
    """
    require(actor, Permission.PLANT_READ)
    return evidence.levels_of(session, codes)


def evidence_of(session: Session, actor: Actor, code: str) -> EvidenceFile:
    """Return all about the evidence of a span.

    Permission: plant:inspect.
    Raises:
        NotFound: there is no such span, or it is another member's.
    """
    require(actor, Permission.PLANT_INSPECT)
    span = span_of_owner(session, actor, code)
    steps, files = evidence.steps_of(session, span), evidence.attachments_of(session, span)
    level = steps[-1].level if steps else EvidenceLevel.DECLARED
    is_there = span.retired_on is None
    keeps = is_there and may(actor, Permission.PLANT_KEEP) and actor.member_id is not None
    decides = is_there and may(actor, Permission.EVIDENCE_ACCEPT)
    possible = frozenset(action for action in STEPS[level] if (keeps if action in OWNERS else decides))
    traces = [_compared(file, file.trace, span) for file in files if file.trace]
    return EvidenceFile(span, level, steps, files, traces, _traced_before(session, actor, span), possible, keeps)


def record_step(session: Session, actor: Actor, code: str, given: NewStep, *, at: datetime) -> EvidenceStep:
    """Say that a span of the actor's member was surveyed or tested.

    Permission: plant:keep. Event: EvidenceStepTaken.
    Raises:
        NotFound: the member has no such span.
        NotLive: the span is only proposed.
        WrongLevel: its evidence is not at the level before.
        Invalid: the day is to come, or the step is not the owner's.
    """
    require(actor, Permission.PLANT_KEEP)
    span = live_span_of_owner(session, actor, code)
    problems = []
    if given.done_on > london_date(at):
        remedy = f"Give {in_words(london_date(at))} or an earlier day."
        problems.append(Problem("day_not_possible", f"{in_words(given.done_on)} is to come.", remedy, "done_on"))
    if given.action not in OWNERS:
        remedy = "Survey or test it; the network steward accepts."
        problems.append(Problem("not_the_owners", "That step is the network steward's.", remedy, "action"))
    refuse_if_any(problems)
    return _step(session, actor, span, given, at)


def decide_evidence(
    session: Session, actor: Actor, code: str, action: EvidenceAction, note: str | None, *, at: datetime
) -> EvidenceStep:
    """Accept what was tested, or return a span to declared and say why.

    Permission: evidence:accept. Event: EvidenceStepTaken.
    Raises:
        NotFound: there is no such span.
        NotLive: the span is only proposed.
        WrongLevel: its evidence is not at a level that allows this.
        SamePerson: the actor took one of the steps that led here.
        Invalid: it is returned without a reason.
    """
    require(actor, Permission.PLANT_INSPECT)  # who may not even see it is told that there is none
    span = live_span_of_owner(session, actor, code)
    require(actor, Permission.EVIDENCE_ACCEPT)
    if action is not EvidenceAction.ACCEPT and not (note or "").strip():
        remedy = "Say why, in words that help the owner."
        refuse_if_any([Problem("missing", "The reason is missing.", remedy, "note")])
    return _step(session, actor, span, NewStep(action, london_date(at), note), at)


def attach_file(
    session: Session, actor: Actor, code: str, file: NewFile, *, at: datetime, chooser: Chooser
) -> Attachment:
    """Keep a file with a span of the actor's member; an OTDR trace is read.

    Permission: plant:keep. Event: FileAttached.
    Raises:
        NotFound: the member has no such span.
        NotLive: the span is only proposed.
        Invalid: the file is empty, too large, attached already, or a trace that cannot be read; or there is no such
            fibre pair.
    """
    require(actor, Permission.PLANT_KEEP)
    span = live_span_of_owner(session, actor, code)
    digest = sha256(file.data).hexdigest()
    refuse_if_any(_file_problems(session, span, file, digest))
    trace = _trace_of(file) if is_trace(file.data) or file.name.lower().endswith(".sor") else None
    attachment = Attachment(
        reference=new_reference("ATT", chooser),
        span_id=span.id,
        name=_plain_name(file.name),
        content=file.data,
        size_bytes=len(file.data),
        sha256=digest,
        attached_by_id=actor.person_id,
        attached_at=at,
        trace=trace,
    )
    session.add(attachment)
    attached = FileAttached(subject=span.code, member_id=actor.member_id, name=attachment.name, sha256=digest)
    record(session, actor, attached, at=at)
    return attachment


def list_attachments(
    session: Session, actor: Actor, page: PageRequest = FIRST_PAGE, *, span: str | None = None
) -> Page[Attachment]:
    """Return a page of the files that are kept with the actor's member's spans (staff: all), the newest first.

    `span`: only those of the span of this code.

    Permission: plant:inspect.
    Raises:
        NotFound: there is no such span, or it is another member's.
    """
    require(actor, Permission.PLANT_INSPECT)
    files = evidence.attachments(actor.member_id)
    if span is not None:
        files = files.where(Attachment.span_id == span_of_owner(session, actor, span).id)
    return read_page(session, files, Attachment.id, page, newest_first=True)


def attached_file(session: Session, actor: Actor, reference: str) -> Attachment:
    """Return a file that is kept with a span; its content is read when it is asked for.

    Permission: plant:inspect.
    Raises:
        NotFound: there is none, or it is of another member's span.
    """
    require(actor, Permission.PLANT_INSPECT)
    found = evidence.attachment_by_reference(session, reference)
    if found is None:
        raise nothing_here()
    span_of_owner(session, actor, found.span.code)
    return found


def trace_of(session: Session, actor: Actor, reference: str) -> Compared:
    """Return a trace and how it compares with the record of its span.

    Permission: plant:inspect.
    Raises:
        NotFound: there is no such trace, or it is of another member's span.
    """
    found = attached_file(session, actor, reference)
    if found.trace is None:
        raise nothing_here()
    return _compared(found, found.trace, found.span)


def take_over_length(session: Session, actor: Actor, reference: str, *, at: datetime) -> Span:
    """Set the length of a span to what a trace measured. Quotes and leases keep the metres that they were made with.

    Permission: plant:keep. Event: SpanLengthMeasured.
    Raises:
        NotFound: the member has no such trace.
        NotLive: the span has left the plant.
        NoTrace: the record has this length already.
    """
    require(actor, Permission.PLANT_KEEP)
    compared = trace_of(session, actor, reference)
    span = live_span_of_owner(session, actor, compared.attachment.span.code)
    if not compared.offers_length:
        raise NoTrace("The record has this length already, measured by OTDR.")
    before, length_m = span.length_m, _rounded(compared.measured.length_m)
    span.length_m, span.length_basis = length_m, LengthBasis.OTDR
    measured = SpanLengthMeasured(
        subject=span.code, member_id=span.fibre_owner_id, before=str(before), length_m=str(length_m)
    )
    record(session, actor, measured, at=at)
    return span


def todo(session: Session, actor: Actor, today: date) -> list[Task]:
    """Return what was tested and waits for the network steward."""
    if not may(actor, Permission.EVIDENCE_ACCEPT):
        return []
    last = select(func.max(EvidenceStep.id)).group_by(EvidenceStep.span_id)
    tested = select(Span.code).join(EvidenceStep, EvidenceStep.span_id == Span.id)
    waiting = session.scalars(
        tested.where(EvidenceStep.level == EvidenceLevel.TESTED, EvidenceStep.id.in_(last)).order_by(EvidenceStep.id)
    ).all()
    if not waiting:
        return []
    title = f"Accept the evidence of span {waiting[0]}" if len(waiting) == 1 else "Accept the evidence of tested spans"
    count = len(waiting) if len(waiting) > 1 else None
    return [Task(about="evidence", title=title, reference=waiting[0], count=count, text="It was surveyed and tested.")]


def _step(session: Session, actor: Actor, span: Span, given: NewStep, at: datetime) -> EvidenceStep:
    session.execute(select(Span.id).where(Span.id == span.id).with_for_update())  # one step at a time
    steps = evidence.steps_of(session, span)
    level = next_level(steps[-1].level if steps else EvidenceLevel.DECLARED, given.action)
    if level is EvidenceLevel.ACCEPTED and not may_accept(actor.person_id, _people_since_declared(span, steps)):
        raise SamePerson("You took one of the steps before yourself; another network steward has to accept.")
    step = EvidenceStep(
        span_id=span.id,
        level=level,
        done_on=given.done_on,
        note=(given.note or "").strip() or None,
        person_id=actor.person_id,
        recorded_at=at,
    )
    session.add(step)
    taken = EvidenceStepTaken(
        subject=span.code, member_id=span.fibre_owner_id, action=given.action.value, level=level.value
    )
    record(session, actor, taken, at=at)
    return step


def _people_since_declared(span: Span, steps: Sequence[EvidenceStep]) -> set[int | None]:
    declared = max((i for i, step in enumerate(steps, 1) if step.level is EvidenceLevel.DECLARED), default=0)
    return {span.contribution.proposed_by_id, *(step.person_id for step in steps[declared:])}


def _file_problems(session: Session, span: Span, file: NewFile, digest: str) -> list[Problem]:
    problems = []
    if not file.data:
        problems.append(Problem("empty", "The file is empty, or none was chosen.", "Choose a file.", "file"))
    if len(file.data) > ATTACHMENT_BYTES:
        problems.append(Problem("too_large", "The file has more than 20 MB.", "Attach a smaller one.", "file"))
    same = select(Attachment.reference).where(Attachment.span_id == span.id, Attachment.sha256 == digest)
    if standing := session.scalar(same):
        message = f"The same file is attached already, as {standing}."
        problems.append(Problem("already_attached", message, "Choose another file.", "file"))
    pair = select(FibrePair.id).where(FibrePair.span_id == span.id, FibrePair.number == file.pair_number)
    if file.pair_number is not None and session.scalar(pair) is None:
        message = f"The span has no fibre pair {file.pair_number}."
        remedy = f"Give a number from 1 to {span.fibres // 2}, or none."
        problems.append(Problem("unknown_pair", message, remedy, "pair_number"))
    return problems


def _plain_name(name: str) -> str:
    last = PurePath(name.replace("\\", "/")).name
    return "".join(letter for letter in last if letter.isprintable())[-LONGEST_NAME:] or "file"


def _trace_of(file: NewFile) -> Trace:
    read = read_trace(file.data)
    return Trace(
        pair_number=file.pair_number,
        measured_at=datetime.fromisoformat(read["measured_at"]) if read["measured_at"] else None,
        wavelength_nm=read["wavelength_nm"],
        length_m=read["length_m"],
        loss_db=read["loss_db"],
        events=[dict[str, Any](event) for event in read["events"]],
    )


def _compared(attachment: Attachment, trace: Trace, span: Span) -> Compared:
    events = tuple(TraceEvent(**event) for event in trace.events)
    measured = Measured(trace.wavelength_nm, trace.length_m, trace.loss_db, events)
    stands = span.length_basis is LengthBasis.OTDR and is_within(trace.length_m, float(span.length_m))
    offers_length = not stands and span.retired_on is None
    return Compared(attachment, measured, verdict(measured, float(span.length_m)), offers_length)


def _traced_before(session: Session, actor: Actor, span: Span) -> list[TracedBefore]:
    before = forebears(session, [span.code])[span.code]
    files = evidence.traces_of(session, [each.code for each in before])
    compared = [_compared(file, file.trace, file.span) for file in files if file.trace and is_owner(actor, file.span)]
    return [TracedBefore(each, of) for each in before for of in compared if of.attachment.span.code == each.code]


def _rounded(length_m: float) -> Decimal:
    return Decimal(str(round(length_m, 1)))
