"""Keeping the registers of wayleaves and funding conditions, and telling in time what runs out.

What stands in them is for the owner and the co-op's staff. Whoever quotes or leases is told the day on which something
ends on their route, and nothing else of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from cni.assets import queries, registers
from cni.assets.expiries import HORIZONS_DAYS, KIND_WORDS, Expiry, RegisterKind, outlived
from cni.assets.registers import RegisterEntry
from cni.db.paging import read_page
from cni.events.kinds import RegisterEntryKept
from cni.events.record import record
from cni.members.policy import Actor, Permission, may, require, require_found
from cni.operations._own_plant import own_member, own_spans, span_of_owner
from cni.operations.tasks import Task
from cni.primitives.errors import Problem, refuse_if_any
from cni.primitives.ids import Chooser, new_reference
from cni.primitives.paging import FIRST_PAGE, Page, PageRequest
from cni.primitives.period import Period, in_words

PREFIXES = {RegisterKind.FUNDING: "FND", RegisterKind.WAYLEAVE: "WAY"}
TASKS_SHOWN = 3
NAMES = {RegisterKind.FUNDING: ("The funder", "The grant"), RegisterKind.WAYLEAVE: ("The grantor", "Their reference")}
"""Who an entry is with and what it is called, as the form says it."""

NAGS_FOR = timedelta(days=90)
"""How long after its end an entry is still called to mind."""


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A wayleave or funding condition as it was given; `covers` are the codes of spans and sites."""

    kind: RegisterKind
    party: str
    title: str
    starts_on: date | None
    ends_on: date | None
    open_access: bool
    covers: tuple[str, ...]
    notes: str | None


def add_entry(session: Session, actor: Actor, given: NewEntry, *, at: datetime, chooser: Chooser) -> RegisterEntry:
    """Enter a wayleave or funding condition over spans and sites of the actor's member.

    Permission: plant:keep. Event: RegisterEntryKept.
    Raises:
        Invalid: with every problem: a name is missing, it ends before it starts, it covers nothing, or what is not
            the member's.
    """
    require(actor, Permission.PLANT_KEEP)
    entry = RegisterEntry(reference=new_reference(PREFIXES[given.kind], chooser), member_id=own_member(actor))
    _fill_in(session, actor, entry, given, at)
    session.add(entry)
    return entry


def correct_entry(session: Session, actor: Actor, reference: str, given: NewEntry, *, at: datetime) -> RegisterEntry:
    """Correct an entry: a wayleave was renewed, or covers more. It stays of the kind that it is.

    Permission: plant:keep. Event: RegisterEntryKept.
    Raises:
        NotFound: the member has no such entry.
        Invalid: as for a new one.
    """
    require(actor, Permission.PLANT_KEEP)
    found = registers.entry_by_reference(session, reference)
    entry = require_found(actor, Permission.PLANT_KEEP, found)
    _fill_in(session, actor, entry, given, at)
    return entry


def list_entries(session: Session, actor: Actor, page: PageRequest = FIRST_PAGE) -> Page[RegisterEntry]:
    """Return a page of the entries that the actor may see, the newest first.

    Permission: plant:inspect.
    """
    require(actor, Permission.PLANT_INSPECT)
    return read_page(session, registers.entries(actor.member_id), RegisterEntry.id, page, newest_first=True)


def ending_within(session: Session, actor: Actor, days: int, *, on: date) -> Sequence[RegisterEntry]:
    """Return the entries that end within so many days or ended in the 90 before, the soonest first.

    Permission: plant:inspect.
    """
    require(actor, Permission.PLANT_INSPECT)
    return _ending(session, actor, days, on)


def find_entry(session: Session, actor: Actor, reference: str) -> RegisterEntry:
    """Return an entry.

    Permission: plant:inspect.
    Raises:
        NotFound: there is none, or it is another member's.
    """
    require(actor, Permission.PLANT_INSPECT)
    return require_found(actor, Permission.PLANT_INSPECT, registers.entry_by_reference(session, reference))


def entries_of_span(session: Session, actor: Actor, code: str) -> Sequence[RegisterEntry]:
    """Return what covers a span, of the entries that the actor may see, by end.

    Permission: plant:inspect.
    Raises:
        NotFound: there is no such span, or it is another member's.
    """
    require(actor, Permission.PLANT_INSPECT)
    return registers.entries_of_span(session, span_of_owner(session, actor, code), actor.member_id)


def ends_before_lease(
    session: Session, actor: Actor, spans: Collection[str], sites: Collection[str], period: Period
) -> list[Expiry]:
    """Return what ends on these spans and sites before a lease for `period` would: days and codes, no names.

    Permission: leases:read.
    """
    require(actor, Permission.LEASES_READ)
    return outlived(registers.covers_of(session, spans, sites), period)


def todo(session: Session, actor: Actor, today: date) -> list[Task]:
    """Return what runs out within a year: to its owner's asset officer, and to the network steward."""
    keeps = may(actor, Permission.PLANT_KEEP) and actor.member_id is not None
    if not keeps and not may(actor, Permission.EVIDENCE_ACCEPT):
        return []
    ending = _ending(session, actor, HORIZONS_DAYS[-1], today)
    if len(ending) > TASKS_SHOWN:
        soonest = ending[0].ends_on or today
        title = "Wayleaves and funding conditions run out within a year"
        return [_task(title, None, soonest, today, count=len(ending))]
    return [
        _task(
            f"The {KIND_WORDS[entry.kind]} {entry.reference} runs out",
            entry.reference,
            entry.ends_on or today,
            today,
            text=f"{entry.party}: {_few(entry.covers)}",
        )
        for entry in ending
    ]


def _task(
    title: str, reference: str | None, ends_on: date, today: date, *, text: str = "", count: int | None = None
) -> Task:
    return Task(
        about="register_entry" if reference else "registers",
        title=title,
        reference=reference,
        text=text,
        count=count,
        due=f"{'first on' if count else 'on'} {in_words(ends_on)}",
        tone="now" if ends_on < today + timedelta(days=HORIZONS_DAYS[0]) else "soon",
    )


def _few(codes: Sequence[str]) -> str:
    more = len(codes) - TASKS_SHOWN
    return ", ".join(codes[:TASKS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _ending(session: Session, actor: Actor, days: int, on: date) -> Sequence[RegisterEntry]:
    ending = registers.ending_before(registers.entries(actor.member_id), on + timedelta(days=days + 1))
    return session.scalars(ending.where(RegisterEntry.ends_on > on - NAGS_FOR)).all()


def _fill_in(session: Session, actor: Actor, entry: RegisterEntry, given: NewEntry, at: datetime) -> None:
    """Write into an entry what was given."""
    spans = own_spans(session, entry.member_id, given.covers)
    named = queries.live_sites_coded(session, given.covers)
    sites = [site for site in named if entry.member_id in (site.owner_id, site.contribution.member_id)]
    known = {code.casefold() for code in (*(span.code for span in spans), *(site.code for site in sites))}
    refuse_if_any([*_problems(given), *_unknown(given.covers, known)])
    entry.kind = entry.kind or given.kind
    entry.party, entry.title, entry.notes = given.party.strip(), given.title.strip(), given.notes
    entry.starts_on, entry.ends_on, entry.open_access = given.starts_on, given.ends_on, given.open_access
    entry.spans, entry.sites = spans, sites
    entry.changed_by_id, entry.changed_at = actor.person_id, at
    kept = RegisterEntryKept(
        subject=entry.reference,
        member_id=entry.member_id,
        covers=entry.covers,
        ends_on=entry.ends_on.isoformat() if entry.ends_on else None,
    )
    record(session, actor, kept, at=at)


def _problems(given: NewEntry) -> Iterator[Problem]:
    for place, words in zip(("party", "title"), NAMES[given.kind], strict=True):
        if not getattr(given, place).strip():
            yield Problem("missing", f"{words} is missing.", "Enter it.", place)
    if given.starts_on and given.ends_on and given.ends_on <= given.starts_on:
        message = "It would end before it starts."
        yield Problem("ends_before_start", message, "Give a later first day without it.", "ends_on")
    if not given.covers:
        message = "It covers nothing."
        yield Problem("covers_nothing", message, "Give the id of at least one span or site.", "covers")


def _unknown(covers: Sequence[str], known: Collection[str]) -> Iterator[Problem]:
    for code in covers:
        if code.casefold() not in known:
            message = f"Your organisation has no live span or site {code}."
            yield Problem("unknown_plant", message, "Give ids of your own, as the map says them.", "covers")
