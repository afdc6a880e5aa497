"""Importing plant: any file of the formats that are read, looked into, tried, brought in whole or not at all, undone.

A member's asset officer brings what is the member's: what is new waits for the network steward, changes to its own
live plant count at once. What the server's operator brings is live at once. Whatever a file says, leases stay true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, selectinload, undefer

from cni.assets.imports.mapping import guess_columns
from cni.assets.imports.reading import choose_layers
from cni.assets.imports.records import (
    ImportChange,
    ImportRow,
    ImportStatus,
    Upload,
    import_by_reference,
    imports_of,
    upload_by_reference,
)
from cni.assets.imports.values import Choices, DryRun, OpenQuestion, Question, refuse_long_note
from cni.assets.registry import lock_codes
from cni.db.jobs import ask_for
from cni.db.paging import read_page
from cni.events.kinds import ImportUndone, PlantImported
from cni.events.record import record
from cni.formats import cage
from cni.formats.layers import Contents
from cni.members.models import Person
from cni.members.policy import Actor, Permission, require, require_found
from cni.members.queries import actor_of
from cni.operations._import_undoing import AlreadyUndone, take_back
from cni.operations._import_work import Progress, Trial, brought_of, kept_columns
from cni.operations._import_world import member_ids
from cni.primitives.ids import Chooser, new_reference
from cni.primitives.paging import FIRST_PAGE, Page, PageRequest
from cni.primitives.period import london_date

KEPT_FOR = timedelta(days=1)
"""How long a file stays that somebody began to bring in."""


MOST_CHANGES = 1_000
"""So many changes of an import are listed at once."""


@dataclass(frozen=True, slots=True)
class LookedInto:
    """What a file holds and how it would be read: the `layers` to take, the field of each column of theirs, the CRS.

    `question` is what is open, if anything is; the next is known once it is answered.
    """

    contents: Contents
    layers: tuple[str, ...]
    columns: Mapping[str, Mapping[str, str]]
    crs: str | None
    question: Question | None


def keep_upload(session: Session, actor: Actor, data: bytes, name: str, *, at: datetime, chooser: Chooser) -> str:
    """Keep a file for a day between the steps of its import, and return its reference.

    Permission: plant:propose.
    """
    require(actor, Permission.PLANT_PROPOSE)
    reference = new_reference("UPL", chooser, 8)
    session.add(
        Upload(
            reference=reference, member_id=actor.member_id, person_id=actor.person_id, name=name, data=data,
            uploaded_at=at,
        )
    )  # fmt: skip
    session.flush()
    return reference


def open_upload(session: Session, actor: Actor, reference: str) -> tuple[bytes, str]:
    """Return the bytes and the name of a kept file.

    Permission: plant:propose.
    Raises:
        NotFound: there is none, it is another member's, or its day is over.
    """
    require(actor, Permission.PLANT_PROPOSE)
    found = require_found(actor, Permission.PLANT_PROPOSE, upload_by_reference(session, reference))
    upload = session.get_one(Upload, found.id, options=[undefer(Upload.data)], populate_existing=True)
    return upload.data, upload.name


def forget_old_uploads(session: Session, actor: Actor, *, at: datetime) -> int:
    """Delete files that were kept longer than `KEPT_FOR`, and return how many.

    Permission: coop:maintain.
    """
    require(actor, Permission.COOP_MAINTAIN)
    old = delete(Upload).where(Upload.uploaded_at < at - KEPT_FOR).returning(Upload.id)
    return len(session.execute(old).all())


def look_into_file(
    session: Session, actor: Actor, data: bytes, name: str, choices: Choices | None = None
) -> LookedInto:
    """Return what a file holds, how it would be read, and the question that is open.

    Permission: plant:propose.
    Raises:
        Invalid: the file is not read, or a choice names what is not there.
    """
    require(actor, Permission.PLANT_PROPOSE)
    chosen = choices or Choices()
    contents = cage.read_file(data, name)
    kept = kept_columns(session, actor.member_id, contents)
    taken: list[str] = []
    brought, question = None, None
    try:
        taken = choose_layers(contents.layers, chosen, kept)
        brought = brought_of(name, contents, chosen, kept)
    except OpenQuestion as open_question:
        question = open_question.question
    layers = [layer for layer in contents.layers if layer.name in taken]
    columns = {layer.name: guess_columns(layer.fields, chosen.columns, kept) for layer in layers}
    system = brought.system if brought else next((layer.crs for layer in layers if layer.crs), None)
    return LookedInto(contents, tuple(taken), columns, chosen.crs or system, question)


def dry_run(session: Session, actor: Actor, data: bytes, name: str, choices: Choices, *, at: datetime) -> DryRun:
    """Return what an import would do, with every problem. Nothing is saved.

    Permission: plant:propose.
    Raises:
        OpenQuestion: something has to be said first.
        Invalid: the file is not read, or a choice names what is not there.
        NotYours: it would change plant of others.
    """
    require(actor, Permission.PLANT_PROPOSE)
    return Trial(session, actor, data, name, choices, at).dry_run


def apply_import(  # noqa: PLR0913 the file, how to read it, and the three things that are passed in everywhere
    session: Session, actor: Actor, data: bytes, name: str, choices: Choices, *, at: datetime, chooser: Chooser,
    on_progress: Progress = lambda percent: None,
) -> ImportRow:  # fmt: skip
    """Bring a file's plant in, all of it or nothing.

    Permission: plant:propose. Event: PlantImported.
    Raises:
        OpenQuestion: something has to be said first.
        Invalid: with every problem.
        NotYours: it would change plant of others.
        NotAContributor: the member does not contribute today.
    """
    require(actor, Permission.PLANT_PROPOSE)
    trial = begin_import(session, actor, data, name, choices, at=at, on_progress=on_progress)
    return finish_import(session, actor, trial, chooser=chooser, on_progress=on_progress)


def begin_import(  # noqa: PLR0913 as above
    session: Session, actor: Actor, data: bytes, name: str, choices: Choices, *, at: datetime,
    on_progress: Progress = lambda percent: None,
) -> Trial:  # fmt: skip
    """Return a file judged, with every problem in its `dry_run`, ready for `finish_import` in the same transaction.

    Permission: plant:propose.
    Raises:
        OpenQuestion: something has to be said first.
        Invalid: the file is not read, or a choice names what is not there.
        NotYours: it would change plant of others.
    """
    require(actor, Permission.PLANT_PROPOSE)
    return Trial(session, actor, data, name, choices, at, on_progress, to_write=True)


def finish_import(
    session: Session, actor: Actor, trial: Trial, row: ImportRow | None = None, *, chooser: Chooser,
    on_progress: Progress = lambda percent: None,
) -> ImportRow:  # fmt: skip
    """Bring in what was judged: all of it or nothing. `row`: the import that was asked for; None: a new one.

    Permission: plant:propose. Event: PlantImported.
    Raises:
        Invalid: with every problem.
        NotAContributor: the member does not contribute today.
    """
    require(actor, Permission.PLANT_PROPOSE)
    written = row or _new_row(actor, trial.name, trial.choices, trial.at, chooser)
    trial.write(written, chooser, on_progress)
    sites, spans = asdict(trial.dry_run.sites), asdict(trial.dry_run.spans)
    imported = PlantImported(
        subject=written.reference, member_id=written.member_id, file=written.file, sites=sites, spans=spans
    )
    record(session, actor, imported, at=trial.at)
    return written


def request_import(
    session: Session, actor: Actor, upload: str, choices: Choices, *, at: datetime, chooser: Chooser
) -> ImportRow:
    """Have the worker bring a kept file in; how far it has come is read from the import.

    Permission: plant:propose.
    Raises:
        Invalid: the note is too long.
        NotFound: there is no such upload.
    """
    require(actor, Permission.PLANT_PROPOSE)
    refuse_long_note(choices)
    found = require_found(actor, Permission.PLANT_PROPOSE, upload_by_reference(session, upload))
    row = _new_row(actor, found.name, choices, at, chooser)
    session.add(row)
    session.flush()
    ask_for(session, "import_plant", reference=row.reference, upload=found.reference)
    return row


def run_import(  # noqa: PLR0913 as above
    session: Session,
    actor: Actor,
    reference: str,
    upload: str,
    *,
    at: datetime,
    chooser: Chooser,
    on_progress: Progress = lambda percent: None,
) -> None:
    """Carry out an import that was asked for, as the person who asked; once only, however often it is called.

    Permission: coop:maintain, and plant:propose of that person. Event: PlantImported.
    Raises:
        CniError: as `apply_import`; `fail_import` then tells the one who waits.
    """
    require(actor, Permission.COOP_MAINTAIN)
    row = require_found(actor, Permission.COOP_MAINTAIN, import_by_reference(session, reference))
    if not row.is_under_way:
        return
    asking = _asking(session, row, actor)
    data, _ = open_upload(session, asking, upload)
    choices = Choices.from_dict(row.choices)
    trial = begin_import(session, asking, data, row.file, choices, at=at, on_progress=on_progress)
    finish_import(session, asking, trial, row, chooser=chooser, on_progress=on_progress)


def note_import_progress(session: Session, actor: Actor, reference: str, percent: int) -> None:
    """Note how far an import has come, for whoever waits for it.

    Permission: coop:maintain.
    """
    require(actor, Permission.COOP_MAINTAIN)
    under_way = ImportRow.status.in_([ImportStatus.WAITING, ImportStatus.RUNNING])
    session.execute(
        update(ImportRow)
        .where(ImportRow.reference == reference, under_way)
        .values(status=ImportStatus.RUNNING, percent=percent)
    )


def fail_import(session: Session, actor: Actor, reference: str, reason: str, *, at: datetime) -> None:
    """Note that nothing came of an import, and why.

    Permission: coop:maintain.
    """
    require(actor, Permission.COOP_MAINTAIN)
    failed = {"status": ImportStatus.FAILED, "failure": reason, "finished_at": at}
    session.execute(update(ImportRow).where(ImportRow.reference == reference).values(failed))


def undo_import(session: Session, actor: Actor, reference: str, *, at: datetime) -> ImportRow:
    """Undo an import while nothing depends on it: what it brought goes, what it changed is again as it was.

    Permission: plant:propose. Event: ImportUndone.
    Raises:
        NotFound: there is no such import, or it is another member's.
        AlreadyUndone: it is undone already, or never came about.
        ImportDependedOn: something rests on what it brought, or was changed since.
    """
    require(actor, Permission.PLANT_PROPOSE)
    row = require_found(actor, Permission.PLANT_PROPOSE, import_by_reference(session, reference, lock=True))
    if row.status is not ImportStatus.DONE:
        raise AlreadyUndone(f"{row.reference} is {row.status.value}; only an import that is done can be undone.")
    lock_codes(session)
    take_back(session, actor, row, member_ids(session), on=london_date(at))
    row.status, row.undone_at = ImportStatus.UNDONE, at
    session.flush()
    record(session, actor, ImportUndone(subject=row.reference, member_id=row.member_id, file=row.file), at=at)
    return row


def list_imports(session: Session, actor: Actor, page: PageRequest = FIRST_PAGE) -> Page[ImportRow]:
    """Return a page of the imports of the actor's member (the operator: of all), the newest first.

    Permission: plant:propose.
    """
    require(actor, Permission.PLANT_PROPOSE)
    return read_page(session, imports_of(actor.member_id), ImportRow.id, page, newest_first=True)


def find_import(session: Session, actor: Actor, reference: str) -> ImportRow:
    """Return an import with its member and contribution.

    Permission: plant:propose.
    Raises:
        NotFound: there is no such import, or it is another member's.
    """
    require(actor, Permission.PLANT_PROPOSE)
    return require_found(actor, Permission.PLANT_PROPOSE, import_by_reference(session, reference))


def list_changes(
    session: Session, actor: Actor, reference: str, *, after: int = 0, limit: int = MOST_CHANGES
) -> Sequence[ImportChange]:
    """Return what an import added and changed, in the order of the file: at most `limit` of it, `after` so many.

    Permission: plant:propose.
    Raises:
        NotFound: there is no such import, or it is another member's.
    """
    require(actor, Permission.PLANT_PROPOSE)
    row = find_import(session, actor, reference)
    changes = select(ImportChange).where(ImportChange.import_id == row.id).order_by(ImportChange.id)
    return session.scalars(changes.offset(after).limit(limit)).all()


def rows_to_mend(  # noqa: PLR0913 the file, how to read it, and which rows
    session: Session, actor: Actor, data: bytes, name: str, choices: Choices, *, at: datetime, every_row: bool = False
) -> str:
    """Return the rows of a file that have problems, and those held back by them, as CSV: each with what is wrong.

    `every_row`: all rows of the file, those that are right too, so that it can be mended and brought again whole.

    Permission: plant:propose.
    Raises: as `dry_run`.
    """
    require(actor, Permission.PLANT_PROPOSE)
    return Trial(session, actor, data, name, choices, at).rows_to_mend(every_row=every_row)


def _new_row(actor: Actor, file: str, choices: Choices, at: datetime, chooser: Chooser) -> ImportRow:
    return ImportRow(
        reference=new_reference("IMP", chooser), member_id=actor.member_id, person_id=actor.person_id, file=file,
        status=ImportStatus.WAITING, percent=0, choices=choices.as_dict(), requested_at=at,
    )  # fmt: skip


def _asking(session: Session, row: ImportRow, operator: Actor) -> Actor:
    """Return the actor that asked for an import, with the roles of now."""
    if row.person_id is None:
        return operator
    query = select(Person).where(Person.id == row.person_id).options(selectinload(Person.roles))
    return actor_of(session.scalars(query.execution_options(populate_existing=True)).one())
