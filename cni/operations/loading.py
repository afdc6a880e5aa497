"""Load a co-op from a folder of files: all or nothing, every problem named, and the same again changes nothing.

Source: interfaces, A co-op in a folder; rules to the penny, Loading a co-op.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from typing import TypeVar

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from cni.assets.checks import KnownPlant, read_plant
from cni.assets.drafts import Draft, PlantDrafts
from cni.assets.models import Contribution, Rack, Site, Span
from cni.assets.registry import add_plant, ids_by_code, registered_plant
from cni.assets.registry import differences as plant_differences
from cni.assets.words import ContributionStatus
from cni.events.kinds import CoopLoaded
from cni.events.record import record
from cni.leases.allocation import NewLease, RouteSpan, add_lease, sites_along
from cni.leases.importing import LeaseDraft, RackLeaseDraft
from cni.leases.lifecycle import LeaseStatus
from cni.leases.models import RackLease
from cni.leases.pricing import billed_metres
from cni.leases.registry import differences as lease_differences
from cni.leases.registry import registered_leases, registered_rack_leases, tariff_draft_of
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
from cni.operations._folder_checks import Known, check_leases, check_people, check_rack_leases
from cni.primitives.errors import Problem, refuse_if_any
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
    report = load.write(actor, at, chooser)
    if any(report.added.values()):
        record(session, actor, CoopLoaded(subject="co-op", added=report.added), at=at)
    return report


class _Load:
    """One load: what the files give, what stands already, what is wrong between the two, and what is to be added."""

    def __init__(self, session: Session, files: Mapping[str, bytes], today: date) -> None:
        self.session = session
        self.today = today
        self.folder: Folder = read_folder(files, today)
        self.given_files = [file for file in FILES if file in files]
        self.members = members_by_slug(session)
        self.people = people_by_email(session, (placed.draft.email for placed in self.folder.people.rows))
        self.standing_plant = registered_plant(session)
        self.leases = registered_leases(session)
        self.rack_leases = registered_rack_leases(session)
        self.tariffs = {version.effective_from: tariff_draft_of(version) for version in tariff_versions(session)}
        self.coop = session.get(Cooperative, 1)
        self.plant, self.plant_problems = read_plant(self.folder.plant, self._known_plant())

    def problems(self) -> list[Problem]:
        """Return everything that is wrong: with rows, between files, and against what stands already."""
        folder, known = self.folder, self._known()
        return [
            *folder.problems,
            *check_people(folder.people, self._member_ids()),
            *self.plant_problems,
            *check_leases(folder.leases, known, self.leases),
            *check_rack_leases(folder.rack_leases, known, self.rack_leases, folder.leases.ids | set(self.leases)),
            *self._changes(),
        ]

    def write(self, actor: Actor, at: datetime, chooser: Random) -> LoadReport:
        """Add all that does not stand already, in the order in which it depends on each other."""
        folder, report = self.folder, self._report()
        self._write_coop_and_tariff()
        add_members(self.session, (placed.draft for placed in self._new(folder.members, self.members, "slug")))
        members = members_by_slug(self.session)
        add_people(self.session, (placed.draft for placed in self._new(folder.people, self.people, "email")), members)
        self._write_plant(members, at, chooser)
        self._write_leases(members, at)
        self._write_rack_leases(members)
        return report

    def _known_plant(self) -> KnownPlant:
        return KnownPlant(
            members=frozenset(self._member_ids()),
            sites={site.code.casefold(): site.position for site in self.standing_plant.sites},
            risks=frozenset(risk.code.casefold() for risk in self.standing_plant.risks),
        )

    def _known(self) -> Known:
        spans = {draft.code.casefold(): draft for draft in (*self.standing_plant.spans, *self.plant.spans)}
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
            terms=self._terms(),
        )

    def _member_ids(self) -> Collection[str]:
        return self.members.keys() | self.folder.members.ids

    def _terms(self) -> Collection[int] | None:
        tariffs = [*self.tariffs.values(), *([self.folder.tariff] if self.folder.tariff else [])]
        if "tariff.json" in self.given_files and self.folder.tariff is None:
            return None
        return {line.term_months for tariff in tariffs for line in tariff.lines if line.term_months is not None}

    def _changes(self) -> Iterator[Problem]:
        """Yield a problem for each column in which a row is not what stands under its id: load never updates."""
        folder = self.folder
        yield from _row_changes(folder.members, "slug", self.members, member_differences)
        yield from _row_changes(folder.people, "email", self.people, person_differences)
        for given, standing in zip(_kinds(self.plant), _kinds(self.standing_plant), strict=True):
            yield from _plant_changes(given, standing)
        yield from _row_changes(folder.leases, "reference", self.leases, _lease_columns)
        yield from _row_changes(folder.rack_leases, "reference", self.rack_leases, _lease_columns)
        if folder.tariff and folder.tariff.effective_from in self.tariffs:
            for column in lease_differences(self.tariffs[folder.tariff.effective_from], folder.tariff):
                yield _changed("tariff.json", None, column, f"The tariff of {folder.tariff.effective_from}")
        if folder.coop and self.coop:
            for key in COOP_KEYS:
                if getattr(self.coop, key) != folder.coop.get(key):
                    yield _changed("coop.json", None, key, "The co-op")

    def _new(self, sheet: Sheet[Given], standing: Collection[str], key: str) -> list[Placed[Given]]:
        return [placed for placed in sheet.rows if getattr(placed.draft, key).casefold() not in standing]

    def _write_coop_and_tariff(self) -> None:
        if self.folder.coop and self.coop is None:
            self.session.add(Cooperative(id=1, **self.folder.coop))
        if self.folder.tariff and self.folder.tariff.effective_from not in self.tariffs:
            self.session.add(rows_of(self.folder.tariff))

    def _write_plant(self, members: Mapping[str, Member], at: datetime, chooser: Random) -> None:
        """Add new plant as one live contribution: it was registered before there was anybody to accept it here."""
        given, standing = self.plant, self.standing_plant
        new = PlantDrafts(
            sites=_not_standing(given.sites, standing.sites),
            risks=_not_standing(given.risks, standing.risks),
            spans=_not_standing(given.spans, standing.spans),
            racks=_not_standing(given.racks, standing.racks),
        )
        if new == PlantDrafts():
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
        add_plant(self.session, contribution, new, {slug: member.id for slug, member in members.items()})

    def _write_leases(self, members: Mapping[str, Member], at: datetime) -> None:
        """Add new leases, those that start earlier first: so the lowest free pair always suffices."""
        new = [placed.draft for placed in self._new(self.folder.leases, self.leases, "reference")]
        spans = {span.code.casefold(): span for span in (*self.standing_plant.spans, *self.plant.spans)}
        span_ids, site_ids = ids_by_code(self.session, Span), ids_by_code(self.session, Site)
        for draft in sorted(new, key=lambda draft: (draft.starts_on, draft.reference)):
            routes = [[code.casefold() for code in route] for route in draft.routes]
            ends = {code: (spans[code].a.casefold(), spans[code].z.casefold()) for route in routes for code in route}
            sites = sites_along(routes[0], ends) or []
            lease = NewLease(
                reference=draft.reference,
                member_id=members[draft.member.casefold()].id,
                from_site_id=site_ids[sites[0]],
                to_site_id=site_ids[sites[-1]],
                routes=tuple(
                    tuple(RouteSpan(span_ids[code], code, billed_metres(spans[code].length_m)) for code in route)
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
            add_lease(self.session, lease)

    def _write_rack_leases(self, members: Mapping[str, Member]) -> None:
        rack_ids = ids_by_code(self.session, Rack)
        for placed in self._new(self.folder.rack_leases, self.rack_leases, "reference"):
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

    def _report(self) -> LoadReport:
        """Return the counts by file; a document such as coop.json counts as one."""
        folder, plant, standing = self.folder, self.plant, self.standing_plant
        given = {
            "members.csv": len(folder.members.rows),
            "people.csv": len(folder.people.rows),
            **{file: len(kind) for file, kind in zip(PLANT_FILES, _kinds(plant), strict=True)},
            "leases.csv": len(folder.leases.rows),
            "rack_leases.csv": len(folder.rack_leases.rows),
            "tariff.json": 1,
            "coop.json": 1,
        }
        added = {
            "members.csv": len(self._new(folder.members, self.members, "slug")),
            "people.csv": len(self._new(folder.people, self.people, "email")),
            **{
                file: len(_not_standing(kind, there))
                for file, kind, there in zip(PLANT_FILES, _kinds(plant), _kinds(standing), strict=True)
            },
            "leases.csv": len(self._new(folder.leases, self.leases, "reference")),
            "rack_leases.csv": len(self._new(folder.rack_leases, self.rack_leases, "reference")),
            "tariff.json": int(folder.tariff is not None and folder.tariff.effective_from not in self.tariffs),
            "coop.json": int(self.coop is None),
        }
        return LoadReport(
            added={file: added[file] for file in self.given_files},
            unchanged={file: given[file] - added[file] for file in self.given_files},
        )


PLANT_FILES = ("sites.csv", "risks.csv", "spans.csv", "racks.csv")


def _kinds(plant: PlantDrafts) -> tuple[tuple[Draft, ...], ...]:
    """Return the drafts of each kind, in the order of `PLANT_FILES`."""
    return plant.sites, plant.risks, plant.spans, plant.racks


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


def _changed(file: str, row: int | None, column: str, name: str) -> Problem:
    message = f"{name} is there already, with another {column}."
    remedy = "Loading never changes what stands: give the same value, or change it in its own place."
    return Problem("differs", message, remedy, None, file, row, column)
