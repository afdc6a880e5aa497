"""The import wizard: from a member's file to its plant, one question a page, checked before anything is registered.

What was answered stands in the address of each page, so that it can be reloaded, gone back to and passed on; the file
is kept for a day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cni import runtime
from cni.assets.imports.values import Ask, Choices, OpenQuestion
from cni.config import MEGABYTE
from cni.members.policy import Permission, require
from cni.operations import importing, previewing
from cni.operations.previewing import AT_ONCE_FEATURES
from cni.primitives.errors import Conflict, Invalid, Problem
from cni.schemas.plant import draft_collection
from cni.schemas.problems import answer_to
from cni.web.forms import problems_of, shown_again_by
from cni.web.import_choices import VALUES, YES, address_of, choices_of, chosen_columns
from cni.web.import_pages import (
    FIELD_GROUPS,
    FIELD_WORDS,
    GEOMETRY_WORDS,
    MAP_SHOWN,
    PAGE_OF,
    ROWS_SHOWN,
    STEP_OF,
    Leaf,
    check_facts,
    columns_of,
    drawn_places,
    guesses_of,
    nearest_page,
    next_step,
    step_address,
    system_words,
)
from cni.web.pages import asked_page, render
from cni.web.registering import registration
from cni.web.session import actor

imports = Blueprint("imports", __name__, url_prefix="/imports")


@imports.get("")
def index() -> str:
    """The imports of one's own member."""
    with runtime.reading() as session:
        page = importing.list_imports(session, actor(), asked_page())
        people = previewing.names_of_people(session, actor(), (row.person_id for row in page.items))
    return render("imports/index.html", page=page, people=people)


@registration.get("/upload")
def upload(problems: Sequence[Problem] = (), values: Mapping[str, Any] | None = None) -> str:
    """Where a file is brought: the first page of the import wizard."""
    require(actor(), Permission.PLANT_PROPOSE)
    return render("plant/upload.html", problems=problems, most_mb=_most_mb())


@registration.post("/upload")
@shown_again_by(upload)
def take_upload() -> BaseResponse:
    """Look into a file, and keep it for the pages that follow."""
    require(actor(), Permission.PLANT_PROPOSE)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        problem = Problem("missing", "No file was chosen.", "Choose one of the formats below.", "file")
        raise Invalid.from_problems([problem])
    try:
        return _begin(sent.read(), sent.filename)
    except Invalid as refusal:  # there is one file only, and its field is the place
        raise Invalid.from_problems(replace(each, file=None, place="file") for each in refusal.problems) from None


def _begin(data: bytes, name: str) -> BaseResponse:
    """Keep a file that was sent, and lead to the first page with something to say.

    Raises:
        Invalid: it is not read.
    """
    with runtime.transaction() as session:
        looked = importing.look_into_file(session, actor(), data, name)
        upload = importing.keep_upload(session, actor(), data, name, at=runtime.now(), chooser=runtime.chooser())
    return redirect(step_address(next_step(looked), upload, Choices()))


def _most_mb() -> int:
    """Return how many megabytes a file may have."""
    limit: int = current_app.config["MAX_CONTENT_LENGTH"]
    return limit // MEGABYTE


@imports.get("/files/<upload>/layers")
def layers(upload: str, problems: Sequence[Problem] = ()) -> str:
    """What is in the file: which of its layers to take."""
    (_, name), looked = _look(upload, choices_of(request.args))
    facts = {"looked": looked, "question": _asked(looked, Ask.LAYER), "geometry_words": GEOMETRY_WORDS}
    return _page("layers", upload, name, problems=problems, chosen=looked.layers, **facts)


@imports.post("/files/<upload>/layers")
def take_layers(upload: str) -> Any:
    """Take layers."""
    taken = tuple(request.form.getlist("layers"))
    if not taken:
        problem = Problem("missing", "No layer is taken.", "Take at least one.", "layers")
        return layers(upload, [problem]), 422
    return _go_on("layers", upload, replace(choices_of(request.args), layers=taken))


@imports.get("/files/<upload>/columns")
def columns(upload: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """Which column of the file is which of ours."""
    choices = choices_of(request.args)
    (data, name), looked = _look(upload, choices)
    with runtime.reading() as session:
        guessed = importing.look_into_file(session, actor(), data, name, replace(choices, columns={}))
        rows = previewing.first_rows(session, actor(), data, name, looked.layers)
    shown = columns_of(looked, guessed, rows)
    if problems:  # what was chosen stays chosen
        shown = [
            replace(column, field=field) for column, field in zip(shown, request.form.getlist("field"), strict=False)
        ]
    facts = {"columns": shown, "field_words": FIELD_WORDS, "field_groups": FIELD_GROUPS}
    facts |= {"values": values or choices.values, "question": _asked(looked, Ask.COLUMNS)}
    return _page("columns", upload, name, problems=problems, **facts)


@imports.post("/files/<upload>/columns")
@shown_again_by(columns)
def take_columns(upload: str) -> BaseResponse:
    """Say what the columns are."""
    names = request.form.getlist("column")
    chosen = dict(zip(names, request.form.getlist("field"), strict=False))
    guesses = dict(zip(names, request.form.getlist("guess"), strict=False))
    values = {name: text for name in VALUES if (text := request.form.get(name, "").strip())}
    said = chosen_columns(chosen, guesses)
    _refuse_twice(said)
    return _go_on("columns", upload, replace(choices_of(request.args), columns=said, values=values))


def _refuse_twice(said: Mapping[str, str]) -> None:
    """Refuse two columns that are said to be one field.

    Raises:
        Invalid: with every such field.
    """
    problems = []
    for field in dict.fromkeys(field for field in said.values() if field):
        same = [name for name, chosen in said.items() if chosen == field]
        if len(same) > 1:
            message = f"{' and '.join(same)} are both said to be “{FIELD_WORDS.get(field, field)}”."
            problems.append(Problem("duplicate_column", message, "Choose one of them.", "columns"))
    if problems:
        raise Invalid.from_problems(problems)


@imports.get("/files/<upload>/coordinates")
def coordinates(upload: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """In which reference system the coordinates are, and where the first places would lie."""
    choices = choices_of(request.args)
    (data, name), looked = _look(upload, choices)
    with runtime.reading() as session:
        places = previewing.first_rows(session, actor(), data, name, looked.layers).places
    guesses = guesses_of(looked, places, looked.crs)
    possible = [guess.crs for guess in guesses if guess.position]
    shown = next((crs for crs in (request.args.get("show"), looked.crs, *possible) if crs in possible), None)
    question = _asked(looked, Ask.CRS)
    facts = {
        "guesses": guesses if len(places) else [],
        "choices": [(guess.crs, guess.words) for guess in guesses],
        "shown_crs": shown,
        "shown": system_words(shown) if shown else "",
        "drawn": drawn_places(places, shown) if shown else {"features": []},
        "shown_address": {guess.crs: _showing(upload, choices, guess.crs) for guess in guesses},
        "said": f"Read as {system_words(looked.crs)}." if looked.crs and not question else "",
    }
    values = values or {"crs": choices.crs or shown or looked.crs or ""}
    return _page("coordinates", upload, name, problems=problems, values=values, question=question, **facts)


def _showing(upload: str, choices: Choices, crs: str) -> str:
    return url_for("imports.coordinates", upload=upload, show=crs, **address_of(choices))


@imports.post("/files/<upload>/coordinates")
@shown_again_by(coordinates)
def take_coordinates(upload: str) -> BaseResponse:
    """Say in which reference system the coordinates are."""
    crs = request.form.get("crs", "").strip()
    if not crs:
        problem = Problem("missing", "No reference system is chosen.", "Choose where the places lie rightly.", "crs")
        raise Invalid.from_problems([problem])
    return _go_on("coordinates", upload, replace(choices_of(request.args), crs=crs))


@imports.get("/files/<upload>/check")
def check(upload: str, refusals: Sequence[Problem] = ()) -> Any:
    """What would be added and changed, all that is wrong, and how good the file is. Nothing is saved."""
    choices = choices_of(request.args)
    with runtime.reading() as session:
        data, name = importing.open_upload(session, actor(), upload)
        try:
            run = importing.dry_run(session, actor(), data, name, choices, at=runtime.now())
        except OpenQuestion as asked:
            return redirect(step_address(STEP_OF[asked.question.ask], upload, choices))
        sites, spans = (*run.added_sites, *run.changed_sites), (*run.added_spans, *run.changed_spans)
        drawn = previewing.on_a_map(session, actor(), sites[:MAP_SHOWN], spans[:MAP_SHOWN])
    leaves = {table: request.args.get(name, 1, type=int) for table, name in PAGE_OF.items()}
    values = {"make_sites": choices.make_sites, "snap": choices.snap, "note": request.form.get("note", "")}
    facts = {"run": run, "drawn": draft_collection(drawn), "values": values, "refusals": refusals, "page_of": PAGE_OF}
    facts |= check_facts(run, leaves)
    return _page("check", upload, name, answers=_answers(upload, name, choices, run), **facts)


def _answers(upload: str, name: str, choices: Choices, run: Any) -> list[tuple[str, ...]]:
    """Return what was answered, each with the address where it can be changed."""
    of = {step: step_address(step, upload, choices) for step in ("layers", "columns", "coordinates")}
    said = [f"{FIELD_WORDS[field]}: {column}" for column, field in choices.columns.items() if field in FIELD_WORDS]
    said += [f"{FIELD_WORDS[field]}: {text} where a row does not say" for field, text in choices.values.items()]
    left = f"; left out: {', '.join(run.ignored_columns)}" if run.ignored_columns else ""
    return [
        ("File", f"{name} ({run.format})", url_for("registration.upload"), "Change"),
        ("Layers", ", ".join(choices.layers) or "As found", of["layers"], "Change"),
        ("Columns", ("; ".join(said) or "As they are named") + left, of["columns"], "Change"),
        ("Coordinates", system_words(run.crs) if run.crs else "None in the file", of["coordinates"], "Change"),
    ]


@imports.post("/files/<upload>/check")
def check_again(upload: str) -> BaseResponse:
    """Check once more, with sites made or lines drawn on."""
    make_sites, snap = (request.form.get(name) == YES for name in ("make_sites", "snap"))
    choices = replace(choices_of(request.args), make_sites=make_sites, snap=snap)
    with runtime.reading() as session:
        importing.open_upload(session, actor(), upload)
    return redirect(step_address("check", upload, choices))


@imports.get("/files/<upload>/file-to-mend.csv")
def file_to_mend(upload: str) -> Response:
    """All rows, with what is wrong beside those that have problems: mended, it does the whole job."""
    return _to_mend(upload, "file-to-mend.csv", every_row=True)


@imports.get("/files/<upload>/failed-rows.csv")
def failed_rows(upload: str) -> Response:
    """The rows with problems and those held back by them, each with what is wrong."""
    return _to_mend(upload, "rows-to-mend.csv", every_row=False)


def _to_mend(upload: str, called: str, *, every_row: bool) -> Response:
    choices = choices_of(request.args)
    with runtime.reading() as session:
        data, name = importing.open_upload(session, actor(), upload)
        rows = importing.rows_to_mend(session, actor(), data, name, choices, at=runtime.now(), every_row=every_row)
    headers = {"Content-Disposition": f'attachment; filename="{called}"'}
    return Response(rows, content_type="text/csv; charset=utf-8", headers=headers)


@imports.post("/files/<upload>/apply")
def apply(upload: str) -> Any:
    """Bring the file in: at once, or a large one by the worker."""
    choices = replace(choices_of(request.args), note=request.form.get("note", "").strip())
    at, chooser = runtime.now(), runtime.chooser()
    try:
        with runtime.transaction() as session:
            data, name = importing.open_upload(session, actor(), upload)
            looked = importing.look_into_file(session, actor(), data, name, choices)
            if sum(layer.features for layer in looked.contents.layers) > AT_ONCE_FEATURES:
                row = importing.request_import(session, actor(), upload, choices, at=at, chooser=chooser)
            else:
                row = importing.apply_import(session, actor(), data, name, choices, at=at, chooser=chooser)
    except (Invalid, Conflict) as refusal:
        return check(upload, problems_of(refusal)), answer_to(refusal).status
    return redirect(url_for("imports.show", imported=row.reference))


@imports.get("/<imported>")
def show(imported: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> Any:
    """An import: how far it has come (for htmx, that part alone), what it did, and how to undo it."""
    with runtime.reading() as session:
        row = importing.find_import(session, actor(), imported)
        is_part = "HX-Request" in request.headers
        if is_part and row.is_under_way:
            return render("imports/_progress.html", row=row)
        if is_part:  # who waited for it is led to the whole page
            return Response(headers={"HX-Redirect": url_for("imports.show", imported=row.reference)})
        page, pages = nearest_page(request.args.get("page", 1, type=int), row.change_count)
        after = (page - 1) * ROWS_SHOWN
        changes = importing.list_changes(session, actor(), imported, after=after, limit=ROWS_SHOWN)
    leaf = Leaf(changes, row.change_count, page, pages)
    return render("imports/show.html", row=row, leaf=leaf, problems=problems)


@imports.post("/<imported>/undo")
@shown_again_by(show)
def undo(imported: str) -> BaseResponse:
    """Take back what the import brought."""
    with runtime.transaction() as session:
        row = importing.undo_import(session, actor(), imported, at=runtime.now())
    flash(f"{row.reference} is undone: what it brought is gone, what it changed is as it was.", "success")
    return redirect(url_for("imports.show", imported=row.reference))


def _look(upload: str, choices: Choices) -> tuple[tuple[bytes, str], importing.LookedInto]:
    with runtime.reading() as session:
        data, name = importing.open_upload(session, actor(), upload)
        return (data, name), importing.look_into_file(session, actor(), data, name, choices)


def _go_on(step: str, upload: str, choices: Choices) -> BaseResponse:
    """Lead to the page that comes after a step.

    Raises:
        Invalid: a choice names what is not there.
    """
    _, looked = _look(upload, choices)
    return redirect(step_address(next_step(looked, step), upload, choices))


def _asked(looked: importing.LookedInto, ask: Ask) -> Any:
    return looked.question if looked.question and looked.question.ask is ask else None


def _page(template: str, upload: str, name: str, **facts: Any) -> str:
    file = {"reference": upload, "name": name}
    address = address_of(choices_of(request.args))
    return render(f"imports/{template}.html", upload=file, address=address, **facts)
