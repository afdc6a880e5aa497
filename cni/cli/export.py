"""`cni export`: the live plant as a file."""

from __future__ import annotations

from pathlib import Path

import click

from cni import runtime
from cni.cli.main import open_database
from cni.cli.output import answer, json_option
from cni.members.policy import OPERATOR
from cni.operations import disclosing, publishing_plant, viewing

FORMATS = ("ofds", "geojson", "gpkg", "csv")
OUT = click.Path(path_type=Path, dir_okay=False, writable=True)


@click.command("export")
@click.option("--format", "kind", type=click.Choice(FORMATS), default="ofds", help="csv gives a zip of tables.")
@click.option(
    "--tier", type=click.Choice(("public", "exact")), default="public", help="How finely; public unless told."
)
@click.option("--out", type=OUT, required=True, help="The file to write.")
@json_option
def export(kind: str, tier: str, out: Path, as_json: bool) -> None:
    """Write the live plant to a file: as the public sees it, or exactly."""
    open_database()
    # Late: GDAL and the tables of the standard take a second to load.
    from cni.schemas.open_files import FORMATS as WRITERS
    from cni.schemas.open_files import Sheet

    with runtime.reading() as session:
        who = OPERATOR if tier == "exact" else None
        sight = disclosing.sight_of(session, OPERATOR, on=runtime.today())
        plant = publishing_plant.plant_for(session, who, sight)
        data = WRITERS[kind](plant, Sheet(viewing.coop_name(session), runtime.today()))
    try:
        out.write_bytes(data)
    except OSError as error:
        raise click.BadParameter(f"{out} cannot be written: {error.strerror}. Name a file that can.") from error
    counts = {"sites": len(plant.sites), "spans": len(plant.spans)}
    words = f"{out}: {counts['sites']} sites and {counts['spans']} spans, {tier}."
    answer({"file": str(out), "format": kind, "tier": tier, **counts}, words, as_json=as_json)
