"""Load a co-op from a folder of files: all or nothing, every problem named, and the same again changes nothing.

Source: interfaces, A co-op in a folder; rules to the penny, Loading a co-op.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from typing import TypeVar

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from cni.assets.checks import KnownPlant, read_plant
from cni.assets.drafts import Draft, PlantDrafts
from cni.assets.drafts import differences as plant_differences
from cni.assets.models import Contribution, Rack, Site
from cni.assets.registry import add_plant, ids_by_code, lock_codes, registered_plant, waiting_codes
from cni.assets.words import ContributionStatus
from cni.events.kinds import CoopLoaded
from cni.events.record import record
from cni.leases.allocation import FibreTaken, NewLease, RouteSpan, SpanRetired, add_lease
from cni.leases.importing import LeaseDraft, RackLeaseDraft, TariffDraft
from cni.leases.lifecycle import LeaseStatus
from cni.leases.models import RackLease
from cni.leases.pricing import Dated, billed_metres
from cni.leases.registry import differences as lease_differences
from cni.leases.registry import registered_leases, registered_rack_leases, tariff_draft_of
from cni.leases.route_checks import sites_along
from cni.leases.tariffs import rows_of, tariff_versions
from cni.members.models import Cooperative, Member
from cni.members.policy import Actor, Permission, require
from cni.members.registry import (
    add_members,
    add_people,
    member_differences,
    member_draft_of,
    members_by_slug,
    people_by_email,
    person_differences,
)
from cni.operations._folder import COOP_KEYS, FILES, Folder, Placed, Sheet, read_folder
from cni.operations._folder_checks import Known, check_leases, check_names, check_people, check_rack_leases
from cni.primitives.errors import Invalid, Problem, refuse_if_any
from cni.primitives.ids import new_reference
from cni.primitives.tables import Row

__all__ = ["FILES", "LoadReport", "load_coop"]

Drafted = TypeVar("Drafted", bound=Draft)
Given = TypeVar("Given")
Standing = TypeVar("Standing")


@dataclass(frozen=True, slots=True)
class LoadReport:
    """How many rows of each file were added, and how many were there already."""

    added: dict[str, int]
    unchanged: dict[str, int]


def load_coop(
    session: Session, actor: Actor, files: Mapping[str, bytes], *, at: datetime, today: date, chooser: Random
) -> LoadReport:
    """Load the files of a folder, given by name.

    Permission: coop:load
    Event: CoopLoaded
    Raises:
        Invalid: with every problem of every file; nothing is loaded.
    """
    require(actor, Permission.COOP_LOAD)
    load = _Load(session, files, today)
    refuse_if_any(load.problems())
    load.write(at, chooser)
    report = load.report()
    if any(report.added.values()):
        record(session, actor, CoopLoaded(subject="co-op", added=report.added), at=at)
    return report


class _Load:
    """One load: what the files give, what stands already, what is wrong between the two, and what is to be added."""

    def __init__(self, session: Session, files: Mapping[str, bytes], today: date) -> None:
        self.session = session
        self.folder: Folder = read_folder(files, today)
        self.given_files = [file for file in FILES if file in files]
        lock_codes(session)
        self.members = members_by_slug(session)
        self.people = people_by_email(session, (placed.draft.email for placed in self.folder.people.rows))
        self.standing_plant = registered_plant(session)
        self.waiting = waiting_codes(session)
        self.leases = registered_leases(session)
        self.rack_leases = registered_rack_leases(session)
        self.tariffs = {version.effective_from: tariff_draft_of(version) for version in tariff_versions(session)}
        self.coop = session.get(Cooperative, 1)
        self.plant, self.plant_problems = read_plant(self.folder.plant, self._known_plant())
        self._find_what_is_new()

    def problems(self) -> list[Problem]:
        """Return everything that is wrong: with rows, between files, and against what stands already."""
        folder, known = self.folder, self._known()
        lease_references = folder.leases.ids | self.leases.keys()
        return [
            *folder.problems,
            *check_people(folder.people, self._member_ids()),
            *self.plant_problems,
            *self._still_waiting(),
            *check_names(folder.leases, known),
            *check_names(folder.rack_leases, known),
            *check_leases(folder.leases, known, self.leases),
            *check_rack_leases(folder.rack_leases, known, self.rack_leases, lease_references),
            *self._changes(),
        ]

    def write(self, at: datetime, chooser: Random) -> None:
        """Add all that does not stand already, in the order in which it depends on each other.

        Raises:
            Invalid: a lease finds no pair that is free on all its days, though each day has one.
        """
        if self.new_coop:
            self.session.add(Cooperative(id=1, **self.new_coop))
        if self.new_tariff:
            self.session.add(rows_of(self.new_tariff))
        add_members(self.session, (placed.draft for placed in self.new_members))
        members = members_by_slug(self.session)
        add_people(self.session, (placed.draft for placed in self.new_people), members)
        self._write_plant(members, at, chooser)
        self._write_leases(members, at)
        self._write_rack_leases(members)

    def report(self) -> LoadReport:
        """Return the counts by file; a document such as coop.json counts as one."""
        folder, plant, new = self.folder, self.plant, self.new_plant
        counts: dict[str, tuple[Sized, Sized]] = {
            "members.csv": (self.new_members, folder.members.rows),
            "people.csv": (self.new_people, folder.people.rows),
            "sites.csv": (new.sites, plant.sites),
            "risks.csv": (new.risks, plant.risks),
            "spans.csv": (new.spans, plant.spans),
            "racks.csv": (new.racks, plant.racks),
            "leases.csv": (self.new_leases, folder.leases.rows),
            "rack_leases.csv": (self.new_rack_leases, folder.rack_leases.rows),
            "tariff.json": ([1] if self.new_tariff else [], [1]),
            "coop.json": ([1] if self.new_coop else [], [1]),
        }
        return LoadReport(
            added={file: len(counts[file][0]) for file in self.given_files},
            unchanged={file: len(counts[file][1]) - len(counts[file][0]) for file in self.given_files},
        )

    def _find_what_is_new(self) -> None:
        folder, plant, standing = self.folder, self.plant, self.standing_plant
        self.new_coop = folder.coop if self.coop is None else None
        is_known = folder.tariff is None or folder.tariff.effective_from in self.tariffs
        self.new_tariff = None if is_known else folder.tariff
        self.new_members = _not_among(folder.members, self.members, "slug")
        self.new_people = _not_among(folder.people, self.people, "email")
        self.new_plant = PlantDrafts(
            sites=_not_standing(plant.sites, standing.sites),
            risks=_not_standing(plant.risks, standing.risks),
            spans=_not_standing(plant.spans, standing.spans),
            racks=_not_standing(plant.racks, standing.racks),
        )
        self.new_leases = _not_among(folder.leases, self.leases, "reference")
        self.new_rack_leases = _not_among(folder.rack_leases, self.rack_leases, "reference")

    def _known_plant(self) -> KnownPlant:
        sites = {site.code.casefold(): site.position for site in self.standing_plant.sites}
        return KnownPlant(
            members=frozenset(self._member_ids()),
            sites={code: position for code, position in sites.items() if code not in self.waiting},
            risks=frozenset(risk.code.casefold() for risk in self.standing_plant.risks),
        )

    def _known(self) -> Known:
        spans = {draft.code.casefold(): draft for draft in (*self.standing_plant.spans, *self.plant.spans)}
        spans = {code: span for code, span in spans.items() if code not in self.waiting}
        racks = {draft.code.casefold(): draft for draft in (*self.standing_plant.racks, *self.plant.racks)}
        members = {slug: member_draft_of(member) for slug, member in self.members.items()}
        members |= {placed.draft.slug.casefold(): placed.draft for placed in self.folder.members.rows}
        return Known(
            member_ids=self._member_ids(),
            members=members,
            span_ids=spans.keys() | _row_ids(self.folder.plant.spans.rows),
            spans=spans,
            rack_ids=racks.keys() | _row_ids(self.folder.plant.racks.rows),
            racks=racks,
            tariffs=self._tariffs(),
        )

    def _member_ids(self) -> Collection[str]:
        return self.members.keys() | self.folder.members.ids

    def _tariffs(self) -> list[Dated[TariffDraft]] | None:
        """Return the tariffs, those of the files with them; None where the file's own is faulty."""
        if "tariff.json" in self.given_files and self.folder.tariff is None:
            return None
        known = [*self.tariffs.values(), *([self.new_tariff] if self.new_tariff else [])]
        return [Dated(tariff.effective_from, tariff) for tariff in known]

    def _still_waiting(self) -> Iterator[Problem]:
        """Yield a problem for each site and span that a contributor has proposed already."""
        for draft in (*self.plant.sites, *self.plant.spans):
            if draft.code.casefold() in self.waiting:
                message = f"{draft.code} is proposed already, and waits for the network steward."
                remedy = "Have the steward accept or refuse it, then load the folder again."
                yield Problem("still_proposed", message, remedy, None, draft.file, draft.row, "id")

    def _changes(self) -> Iterator[Problem]:
        """Yield a problem for each column in which a row is not what stands under its id: load never updates."""
        folder = self.folder
        leases = {reference: lease.draft for reference, lease in self.leases.items()}
        yield from _row_changes(folder.members, "slug", self.members, member_differences)
        yield from _row_changes(folder.people, "email", self.people, person_differences)
        for given, standing in zip(_kinds(self.plant), _kinds(self.standing_plant), strict=True):
            yield from _plant_changes(given, standing)
        yield from _row_changes(folder.leases, "reference", leases, _lease_columns)
        yield from _row_changes(folder.rack_leases, "reference", self.rack_leases, _lease_columns)
        if folder.tariff and folder.tariff.effective_from in self.tariffs:
            for column in lease_differences(self.tariffs[folder.tariff.effective_from], folder.tariff):
                yield _changed("tariff.json", None, column, f"The tariff of {folder.tariff.effective_from}")
        if folder.coop and self.coop:
            for key in COOP_KEYS:
                if getattr(self.coop, key) != folder.coop.get(key):
                    yield _changed("coop.json", None, key, "The co-op")

    def _write_plant(self, members: Mapping[str, Member], at: datetime, chooser: Random) -> None:
        """Add new plant as one live contribution: it was registered before there was anybody to accept it here."""
        if self.new_plant == PlantDrafts():
            return
        contribution = Contribution(
            reference=new_reference("CON", chooser),
            status=ContributionStatus.LIVE,
            note="Loaded from the co-op's folder",
            proposed_at=at,
            decided_at=at,
        )
        self.session.add(contribution)
        self.session.flush()
        add_plant(self.session, contribution, self.new_plant, {slug: member.id for slug, member in members.items()})

    def _write_leases(self, members: Mapping[str, Member], at: datetime) -> None:
        """Add new leases, those that start earlier first: then enough pairs are free, if no other stands."""
        spans = {span.code.casefold(): span for span in (*self.standing_plant.spans, *self.plant.spans)}
        site_ids = ids_by_code(self.session, Site)
        for placed in sorted(self.new_leases, key=lambda placed: (placed.draft.starts_on, placed.draft.reference)):
            draft = placed.draft
            routes = [[code.casefold() for code in route] for route in draft.routes]
            ends = {code: (spans[code].a.casefold(), spans[code].z.casefold()) for route in routes for code in route}
            sites = sites_along(routes[0], ends) or []
            lease = NewLease(
                reference=draft.reference,
                member_id=members[draft.member.casefold()].id,
                from_site_id=site_ids[sites[0]],
                to_site_id=site_ids[sites[-1]],
                routes=tuple(
                    tuple(RouteSpan(spans[code].code, billed_metres(spans[code].length_m)) for code in route)
                    for route in routes
                ),
                pairs=draft.pairs,
                starts_on=draft.starts_on,
                ends_on=draft.ends_on,
                term_months=draft.term_months,
                status=LeaseStatus.ACCEPTED if draft.accepted_on else LeaseStatus.RESERVED,
                requested_at=at,
                annual_pence=draft.annual_pence,
                accepted_on=draft.accepted_on,
            )
            try:
                add_lease(self.session, lease)
            except (FibreTaken, SpanRetired) as taken:
                # Each day has a free pair, but no single one is free on all days: what stands keeps its pairs.
                raise _at_row(taken, self.folder.leases.file, placed.row) from taken

    def _write_rack_leases(self, members: Mapping[str, Member]) -> None:
        rack_ids = ids_by_code(self.session, Rack)
        for placed in self.new_rack_leases:
            draft = placed.draft
            self.session.add(
                RackLease(
                    reference=draft.reference,
                    member_id=members[draft.member.casefold()].id,
                    rack_id=rack_ids[draft.rack.casefold()],
                    units=Range(draft.first_unit, draft.first_unit + draft.units),
                    size=draft.size,
                    starts_on=draft.starts_on,
                    ends_on=draft.ends_on,
                    accepted_on=draft.accepted_on,
                )
            )
        self.session.flush()


def _kinds(plant: PlantDrafts) -> tuple[tuple[Draft, ...], ...]:
    """Return the drafts of each kind."""
    return plant.sites, plant.risks, plant.spans, plant.racks


def _not_among(sheet: Sheet[Given], standing: Collection[str], key: str) -> list[Placed[Given]]:
    return [placed for placed in sheet.rows if getattr(placed.draft, key).casefold() not in standing]


def _not_standing(given: Iterable[Drafted], standing: Iterable[Drafted]) -> tuple[Drafted, ...]:
    there = {draft.code.casefold() for draft in standing}
    return tuple(draft for draft in given if draft.code.casefold() not in there)


def _row_ids(rows: Iterable[Row]) -> set[str]:
    return {row.cells["id"].casefold() for row in rows}


def _row_changes(
    sheet: Sheet[Given],
    key: str,
    standing: Mapping[str, Standing],
    differences: Callable[[Standing, Given], Iterable[str]],
) -> Iterator[Problem]:
    for placed in sheet.rows:
        name = getattr(placed.draft, key)
        there = standing.get(name.casefold())
        for column in differences(there, placed.draft) if there is not None else ():
            yield _changed(sheet.file, placed.row, column, name)


def _plant_changes(given: Iterable[Draft], standing: Iterable[Draft]) -> Iterator[Problem]:
    there = {draft.code.casefold(): draft for draft in standing}
    for draft in given:
        before = there.get(draft.code.casefold())
        for column in plant_differences(before, draft) if before is not None else ():
            yield _changed(draft.file, draft.row, column, draft.code)


def _lease_columns(standing: LeaseDraft | RackLeaseDraft, given: LeaseDraft | RackLeaseDraft) -> Iterator[str]:
    columns = {"routes": "spans", "annual_pence": "quoted_annual_pence"}
    return (columns.get(name, name) for name in lease_differences(standing, given))


def _at_row(refusal: FibreTaken | SpanRetired, file: str, row: int) -> Invalid:
    """Return a refusal as the problems of a row of leases.csv."""
    return Invalid.from_problems(
        Problem(problem.code, problem.message, problem.remedy, None, file, row, "spans") for problem in refusal.problems
    )


def _changed(file: str, row: int | None, column: str, name: str) -> Problem:
    message = f"{name} is there already, with another {column}."
    remedy = "Loading never changes what stands: give the same value, or change it in its own place."
    return Problem("differs", message, remedy, None, file, row, column)
