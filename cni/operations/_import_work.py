"""An import at work: the file read, judged beside what stands, and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from cni.assets.drafts import PlantDrafts, SiteDraft, SpanDraft
from cni.assets.imports.judging import Judged, judge
from cni.assets.imports.looking_over import look_over
from cni.assets.imports.mapping import FIELDS, guess_columns, refuse_wrong_columns, unknown_field
from cni.assets.imports.quality import quality_of
from cni.assets.imports.reading import Brought, arrange, choose_layers
from cni.assets.imports.records import ImportRow, ImportStatus, digest_of, remember_columns, remembered_columns
from cni.assets.imports.values import Choices, DryRun, refuse_long_note
from cni.assets.models import Contribution
from cni.assets.registry import add_plant, copy_rows, lock_codes, site_drafts, span_drafts, update_plant
from cni.assets.words import ContributionStatus
from cni.formats import cage
from cni.formats.layers import Contents
from cni.members.models import Member
from cni.members.policy import Actor, MemberRole
from cni.operations._import_mending import as_csv, held_back
from cni.operations._import_undoing import stored
from cni.operations._import_world import member_ids, world_of
from cni.operations.registering import NotAContributor
from cni.primitives.errors import Forbidden, Problem, refuse_if_any
from cni.primitives.ids import Chooser, new_reference
from cni.primitives.period import london_date

Progress = Callable[[int], None]
"""Told how many per cent of the work are done."""

READ, JUDGED, LOOKED_OVER, WRITTEN = 20, 45, 55, 90
"""How many per cent of the work are done after each of its parts."""


class NotYours(Forbidden):
    """The file would change plant of other members."""

    code = "not_yours"
    title = "Not your plant"


def kept_columns(session: Session, member_id: int | None, contents: Contents) -> dict[str, str]:
    """Return the field of each column of a file as a member read its like the last time."""
    found: dict[str, str] = {}
    for layer in contents.layers:
        found |= remembered_columns(session, member_id, layer.fields)
    return found


def brought_of(name: str, contents: Contents, choices: Choices, kept: dict[str, str]) -> Brought:
    """Return what a file brings, of the layers chosen.

    Raises:
        OpenQuestion: something has to be said first.
        Invalid: a choice names what is not there.
    """
    columns = [field for layer in contents.layers for field in layer.fields]
    refuse_wrong_columns(choices.columns, dict.fromkeys(columns))
    refuse_if_any(unknown_field(field, "values") for field in choices.values if field not in FIELDS)
    taken = choose_layers(contents.layers, choices, kept)
    return arrange(contents.format, name, [contents.of(layer) for layer in taken], choices, kept)


class Trial:
    """A file judged beside what stands; `write` then makes it so, if it is `to_write`.

    The file is read before anything of the database is: that may take minutes, and locks nothing meanwhile.
    """

    def __init__(  # noqa: PLR0913 the file, how to read it, who, when
        self, session: Session, actor: Actor, data: bytes, name: str, choices: Choices, at: datetime,
        on_progress: Progress = lambda percent: None, *, to_write: bool = False,
    ) -> None:  # fmt: skip
        self.session, self.actor, self.name, self.choices, self.at = session, actor, name, choices, at
        refuse_long_note(choices)
        contents = cage.read_file(data, name)
        self.member = _member(session, actor)
        self.kept = kept_columns(session, actor.member_id, contents)
        self.brought = brought_of(name, contents, choices, self.kept)
        on_progress(READ)
        if to_write:
            lock_codes(session)
        proposer = self.member.slug if self.member else None
        world = world_of(session, actor, self.brought, proposer, on=london_date(at))
        self.judged = judge(self.brought, world, choices)
        if self.judged.theirs:
            raise _not_yours(self.judged)
        on_progress(JUDGED)
        self._look_over(world)
        self.held_back = held_back(self.brought, self.judged, world.known.sites)
        on_progress(LOOKED_OVER)
        self.dry_run = self._dry_run()

    def _look_over(self, world: Any) -> None:
        found = self.judged.differences
        spans = [*found.added_spans, *found.changed_spans]
        sites = self.judged.drafts.sites
        places = {**world.known.sites, **{site.code.casefold(): site.position for site in sites}}
        brought = {site.code.casefold() for site in (*found.added_sites, *found.changed_sites)}
        self.judged.remarks += look_over(spans, places, world.joins, brought, world.known.sites)
        if not self.judged.problems and not self.judged.drafts.sites and not self.judged.drafts.spans:
            message = "The file brings no site and no span."
            self.judged.problems.append(Problem("nothing_given", message, "Bring at least one.", file=self.name))

    def _dry_run(self) -> DryRun:
        judged, found = self.judged, self.judged.differences
        problems = sorted(judged.problems, key=lambda problem: (problem.file or "", problem.row or 0))
        return DryRun(
            format=self.brought.format,
            crs=self.brought.system,
            sites=found.sites,
            spans=found.spans,
            problems=tuple(problems),
            remarks=tuple(judged.remarks),
            quality=quality_of(self.brought.count, problems, judged.remarks),
            changes=tuple(found.changes),
            left_alone=tuple(found.left_alone),
            ignored_columns=tuple(dict.fromkeys(self.brought.ignored)),
            added_sites=tuple(found.added_sites),
            added_spans=tuple(found.added_spans),
            changed_sites=tuple(found.changed_sites),
            changed_spans=tuple(found.changed_spans),
            rows=self.brought.count,
            held_back=self.held_back,
        )

    def rows_to_mend(self, *, every_row: bool) -> str:
        """Return the rows with problems, and those held back by them, as CSV, or all rows with what is wrong beside."""
        told = [*self.dry_run.problems, *self.held_back]
        return as_csv(self.brought, told, self.choices, self.kept, every_row=every_row)

    def write(self, row: ImportRow, chooser: Chooser, on_progress: Progress) -> None:
        """Make the plant what the file says, and keep what that changed.

        Raises:
            Invalid: with every problem; nothing is written.
            NotAContributor: the member does not contribute today.
        """
        refuse_if_any(self.judged.problems)
        found, session = self.judged.differences, self.session
        added = PlantDrafts(sites=tuple(found.added_sites), spans=tuple(found.added_spans))
        changed = PlantDrafts(sites=tuple(found.changed_sites), spans=tuple(found.changed_spans))
        numbers = member_ids(session)
        before = self._standing(changed)
        if added.sites or added.spans:
            contribution = self._contribution(chooser)
            session.add(contribution)
            session.flush()
            row.contribution_id = contribution.id
            add_plant(session, contribution, added, numbers)
        update_plant(session, changed, numbers)
        on_progress(WRITTEN)
        session.add(row)
        session.flush()
        columns = ("import_id", "kind", "code", "before", "after", "digest")
        copy_rows(session, "import_changes", columns, _changes(row.id, added, changed, before))
        self._remember()
        row.status, row.percent, row.finished_at = ImportStatus.DONE, 100, self.at
        row.format, row.crs, row.quality = self.brought.format, self.brought.system, self.dry_run.quality.points
        row.counts = {"sites": asdict(found.sites), "spans": asdict(found.spans)}
        session.flush()

    def _standing(self, changed: PlantDrafts) -> dict[tuple[str, str], SiteDraft | SpanDraft]:
        """Return what is to be changed as it is now."""
        sites = site_drafts(self.session, codes=[site.code for site in changed.sites]) if changed.sites else ()
        spans = span_drafts(self.session, codes=[span.code for span in changed.spans]) if changed.spans else ()
        found: dict[tuple[str, str], SiteDraft | SpanDraft] = {("site", site.code): site for site in sites}
        return found | {("span", span.code): span for span in spans}

    def _contribution(self, chooser: Chooser) -> Contribution:
        """Return the contribution of what is new: a member's waits for the network steward."""
        if self.member and MemberRole.CONTRIBUTOR not in self.member.roles_on(london_date(self.at)):
            raise NotAContributor("Your organisation is not a contributor today. The registrar can change that.")
        return Contribution(
            reference=new_reference("CON", chooser),
            member_id=self.member.id if self.member else None,
            status=ContributionStatus.PROPOSED if self.member else ContributionStatus.LIVE,
            note=f"Imported from {self.name}. {self.choices.note}".removesuffix(". "),
            proposed_by_id=self.actor.person_id,
            proposed_at=self.at,
            decided_at=None if self.member else self.at,
        )

    def _remember(self) -> None:
        for features in self.brought.layers:
            fields = guess_columns(features.layer.fields, self.choices.columns, self.kept)
            whole = {name: fields.get(name, "") for name in features.layer.fields}
            remember_columns(self.session, self.actor.member_id, features.layer.fields, whole, at=self.at)


def _not_yours(judged: Judged) -> NotYours:
    """Return the refusal of a file that would change others' plant, with all that is wrong with it."""
    ids = ", ".join(problem.place or "" for problem in judged.theirs)
    detail = f"The file would change plant of other members: {ids}. Nothing was saved."
    return NotYours(detail, [*judged.theirs, *judged.problems])


def _member(session: Session, actor: Actor) -> Member | None:
    if actor.member_id is None:
        return None
    query = select(Member).where(Member.id == actor.member_id).options(selectinload(Member.roles))
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _changes(
    number: int, added: PlantDrafts, changed: PlantDrafts, before: dict[tuple[str, str], SiteDraft | SpanDraft]
) -> Iterator[tuple[Any, ...]]:
    for kind, new, old in (("site", added.sites, changed.sites), ("span", added.spans, changed.spans)):
        for draft in new:
            yield number, kind, draft.code, None, None, digest_of(draft)
        for draft in old:
            was = replace(before[kind, draft.code], file="", row=0)
            yield number, kind, draft.code, stored(was), stored(draft), digest_of(draft)
