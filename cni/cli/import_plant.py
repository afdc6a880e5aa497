"""`cni import`: bring plant in from a file of any format that is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from cni import runtime
from cni.assets.imports.crs import SWAPPED
from cni.assets.imports.values import Choices, Counts, DryRun, OpenQuestion
from cni.cli.acting import acting
from cni.cli.main import open_database
from cni.cli.output import answer, as_row, json_option, refusal
from cni.members.policy import OPERATOR
from cni.operations import importing
from cni.primitives.errors import Invalid, Problem

EXIT_INVALID = 2
MOST_SHOWN = 20
"""So many problems, remarks and changes are said in words; `--json` gives all."""


def _pairs(ctx: click.Context, option: click.Parameter, given: Iterable[str]) -> dict[str, str]:
    """Return LEFT=RIGHT as a mapping."""
    found = {}
    for text in given:
        left, equals, right = text.rpartition("=")
        if not equals or not left.strip():
            raise click.BadParameter(f"“{text}” is not of the form {option.metavar}.", ctx, option)
        found[left.strip()] = right.strip()
    return found


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--layer", "layers", multiple=True, metavar="LAYER", help="A layer to take; may be given several times.")
@click.option("--crs", metavar="EPSG:N", help="The reference system of the coordinates, over what the file says.")
@click.option("--map", "columns", multiple=True, metavar="COLUMN=FIELD", callback=_pairs,
              help="Which of our fields a column is; COLUMN= leaves it out.")  # fmt: skip
@click.option("--set", "values", multiple=True, metavar="FIELD=VALUE", callback=_pairs,
              help="What a field is where a row does not say.")  # fmt: skip
@click.option("--swap-axes", is_flag=True, help="Latitude (northing) stands before longitude (easting).")
@click.option("--make-sites", is_flag=True, help="Make a site, a chamber, where a line ends at none.")
@click.option("--snap", is_flag=True, help="Draw lines on to the sites near which they end.")
@click.option("--note", default="", metavar="TEXT", help="What the network steward should know of it.")
@click.option("--as", "email", metavar="EMAIL", help="The person who does it; without it, the server's operator.")
@click.option("--dry-run", is_flag=True, help="Say what it would do, and save nothing.")
@click.option("--failed-rows", type=click.Path(dir_okay=False, writable=True, path_type=Path), metavar="OUT.csv",
              help="Write the rows that have problems here, and those held back by them.")  # fmt: skip
@click.option("--mend", type=click.Path(dir_okay=False, writable=True, path_type=Path), metavar="OUT.csv",
              help="If there are problems, write all rows here, with what is wrong beside them.")  # fmt: skip
@json_option
@click.pass_context
def import_plant(ctx: click.Context, file: Path, as_json: bool, **options: Any) -> None:
    """Bring the sites and spans of FILE in: all or nothing, every problem named. The same again changes nothing."""
    data, choices = file.read_bytes(), _choices(options)
    open_database()
    try:
        reference, trial = _run(data, file.name, choices, options["email"], is_dry=options["dry_run"])
    except OpenQuestion as open_question:
        _ask(open_question, as_json=as_json)
        ctx.exit(EXIT_INVALID)
    found = trial.dry_run
    for option, every_row in (("failed_rows", False), ("mend", True)):
        if options[option] and found.problems:
            options[option].write_text(trial.rows_to_mend(every_row=every_row), encoding="utf-8", newline="")
    answer(_document(reference, found), "\n".join(_words(reference, found)), as_json=as_json)
    ctx.exit(EXIT_INVALID if found.problems else 0)


def _choices(options: dict[str, Any]) -> Choices:
    crs = f"{options['crs'] or ''}{SWAPPED}".strip() if options["swap_axes"] else options["crs"]
    same = {name: options[name] for name in ("columns", "values", "make_sites", "snap", "note")}
    return Choices(layers=tuple(options["layers"]), crs=crs, **same)


def _run(data: bytes, name: str, choices: Choices, email: str | None, *, is_dry: bool) -> tuple[str | None, Any]:
    """Return the reference of the import (None: nothing was brought in), and what was tried."""
    with runtime.transaction() as session:
        actor = acting(session, email) if email else OPERATOR
        trial = importing.begin_import(session, actor, data, name, choices, at=runtime.now(), on_progress=_tell)
        if is_dry or trial.dry_run.problems:
            return None, trial
        row = importing.finish_import(session, actor, trial, chooser=runtime.chooser(), on_progress=_tell)
        return row.reference, trial


def _tell(percent: int) -> None:
    click.echo(f"{percent} % …", err=True)


def _ask(refused: OpenQuestion, *, as_json: bool) -> None:
    question = refused.question
    document = refusal(refused) | {
        "import": None, "question": question.ask.value, "choices": list(question.choices), "message": question.message,
        "field": question.field, "layer": question.layer,
    }  # fmt: skip
    option = {"crs": "--crs", "layer": "--layer", "columns": f"--map COLUMN={question.field}"}[question.ask.value]
    words = [question.message, f"Say it by {option}: {', '.join(question.choices)}."]
    answer(document, "\n".join(words), as_json=as_json)


def _document(reference: str | None, found: DryRun) -> dict[str, Any]:
    refused = refusal(Invalid.from_problems(found.problems)) if found.problems else {"problems": []}
    return refused | {
        "import": reference,
        "format": found.format,
        "crs": found.crs,
        "sites": asdict(found.sites),
        "spans": asdict(found.spans),
        "rows": found.rows,
        "good_rows": found.good_rows,
        "held_back": [as_row(each) for each in found.held_back],
        "quality": found.quality.points,
        "quality_parts": [asdict(part) | {"points": round(part.points, 1)} for part in found.quality.parts],
        "remarks": [as_row(remark) for remark in found.remarks],
        "changes": [asdict(change) for change in found.changes],
        "left_alone": [asdict(left) for left in found.left_alone],
        "ignored_columns": list(found.ignored_columns),
    }


def _words(reference: str | None, found: DryRun) -> Iterator[str]:
    begun = "Nothing was brought in" if found.problems else f"Import {reference}" if reference else "Dry run"
    yield f"{begun}: {found.format}{f', {found.crs}' if found.crs else ''}."
    yield f"Sites: {_counted(found.sites)}. Spans: {_counted(found.spans)}. Quality: {found.quality.points} of 100."
    yield from (f"  {part.words} (−{part.points:.1f})" for part in found.quality.parts)
    if found.ignored_columns:
        yield f"Columns left out: {', '.join(found.ignored_columns)}."
    if found.problems:
        yield f"{found.good_rows:,} of {found.rows:,} rows are good; a file comes in whole or not at all."
    yield from _first("Problems", [_said(problem) for problem in found.problems])
    yield from _first("Held back by those", [_said(each) for each in found.held_back])
    yield from _first("Remarks", [_said(remark) for remark in found.remarks])
    yield from _first("Changed", [f"{each.code}: {', '.join(each.after)}" for each in found.changes])
    yield from _first("Left alone", [f"{each.code}, {each.column}: {each.reason}" for each in found.left_alone])


def _first(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"{title}:"
        yield from (f"  {line}" for line in lines[:MOST_SHOWN])
        if len(lines) > MOST_SHOWN:
            yield f"  and {len(lines) - MOST_SHOWN:,} more; --json gives all"


def _said(problem: Problem) -> str:
    place = ", ".join(part for part in (f"row {problem.row}" if problem.row else "", problem.column or "") if part)
    return f"{place}: {problem.message} {problem.remedy}".removeprefix(": ").strip()


def _counted(counts: Counts) -> str:
    return f"{counts.added:,} added, {counts.changed:,} changed, {counts.unchanged:,} unchanged"
