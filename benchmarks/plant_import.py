"""Bringing 100,000 spans in, beside reading the file with pyogrio and writing its rows with COPY, in one run.

`python3 dev.py bench plant_import [--spans N] [--rounds N]`. The yardstick checks nothing, keeps nothing of what
changed and gives no span its fibre pairs; with `with_pairs`, it writes those too, as the import has to.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pyogrio.raw
import shapely
from sqlalchemy import Engine
from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.measuring import KB_PER_MB, in_a_child, peak_mb  # noqa: E402
from cni.assets.imports.values import Choices  # noqa: E402
from cni.assets.registry import copy_rows  # noqa: E402
from cni.db.engine import open_engine  # noqa: E402
from cni.members.models import Member  # noqa: E402
from cni.members.policy import OPERATOR  # noqa: E402
from cni.operations import importing  # noqa: E402
from tests.imports import make_plant, write  # noqa: E402
from tests.postgres import migrated_database  # noqa: E402

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
OWNER = "demonstration"
ALLOWED = 4
"""So many times the yardstick an import may take, by the issue."""


def compare(spans: int, rounds: int) -> dict[str, object]:
    """Return the seconds of each and their ratios, the middle of the rounds, and the peaks of memory."""
    data = write(make_plant(spans, OWNER), "GPKG", "gpkg")["plant.gpkg"]
    seconds: dict[str, list[float]] = {"read": [], "copy": [], "copy_pairs": [], "import": [], "import_again": []}
    for _ in range(rounds):
        with tempfile.NamedTemporaryFile(suffix=".gpkg") as file:
            file.write(data)
            file.flush()
            for name, spent in _on_a_fresh_database(lambda engine: _yardstick(engine, Path(file.name))).items():
                seconds[name].append(spent)
        found = in_a_child(lambda: _on_a_fresh_database(lambda engine: _imports(engine, data)))
        seconds["import"].append(found["import"])
        seconds["import_again"].append(found["import_again"])
    middle = {name: round(median(spent), 2) for name, spent in seconds.items()}
    yardstick = middle["read"] + middle["copy"]
    with_pairs = yardstick + middle["copy_pairs"]
    return {
        "spans": spans,
        "rounds": rounds,
        "file_mb": round(len(data) / KB_PER_MB**2, 1),
        "seconds": middle,
        "ratio": round(middle["import"] / with_pairs, 2),
        "ratio_without_pairs": round(middle["import"] / yardstick, 2),
        "allowed": ALLOWED,
        "peak_mb": {"import": round(found["peak_mb"]), "reader": round(found["reader_peak_mb"])},
    }


def _on_a_fresh_database(work: Callable[[Engine], dict[str, float]]) -> dict[str, float]:
    with migrated_database() as url:
        engine = open_engine(url)
        with Session(engine) as session:
            session.add(Member(slug=OWNER, name="Demonstration"))
            session.commit()
        try:
            return work(engine)
        finally:
            engine.dispose()


def _yardstick(engine: Engine, path: Path) -> dict[str, float]:
    """Read both layers and copy them into the plant's tables as they are."""
    began = time.perf_counter()
    layers = {layer: pyogrio.raw.read(path, layer=layer) for layer in ("sites", "spans")}
    read = time.perf_counter()
    with Session(engine) as session:
        _copy(session, layers)
        session.flush()
        copied = time.perf_counter()
        states = [("reserved", 4), ("offered", 8), ("dark", 12)]
        pairs = [state for state, count in states for _ in range(count)]
        numbers = range(1, len(layers["spans"][2]) + 1)
        rows = ((span, number, state) for span in numbers for number, state in enumerate(pairs, 1))
        copy_rows(session, "fibre_pairs", ("span_id", "number", "state"), rows)
        session.commit()
    return {"read": read - began, "copy": copied - read, "copy_pairs": time.perf_counter() - copied}


def _copy(session: Session, layers: dict[str, tuple]) -> None:
    """Copy sites and spans, every span's ends found by their ids."""
    decided = ("reference", "status", "proposed_at", "decided_at")
    copy_rows(session, "contributions", decided, [("CON-1", "live", AT, AT)])
    _, _, points, (ids, names, kinds) = layers["sites"]
    places = shapely.get_coordinates(shapely.from_wkb(points)) / 1e6  # somewhere on the Earth
    columns = ("code", "name", "kind", "longitude", "latitude", "contribution_id")
    rows = zip(ids, names, kinds, places[:, 0].tolist(), places[:, 1].tolist(), strict=True)
    copy_rows(session, "sites", columns, ((*row, 1) for row in rows))
    number = {code: place for place, code in enumerate(ids, 1)}
    about, _, lines, fields = layers["spans"]
    given = dict(zip(about["fields"], fields, strict=True))
    columns = (
        "code", "a_id", "z_id", "geometry", "length_m", "length_basis", "fibre_owner_id", "fibres", "contribution_id",
    )  # fmt: skip
    spans = zip(
        given["id"], given["a"], given["z"], lines, given["length_m"].tolist(), given["length_basis"],
        given["fibres"].tolist(), strict=True,
    )  # fmt: skip
    rows = (
        (code, number[a], number[z], bytes(line), length_m, basis, 1, fibres, 1)
        for code, a, z, line, length_m, basis, fibres in spans
    )
    copy_rows(session, "spans", columns, rows)


def _imports(engine: Engine, data: bytes) -> dict[str, float]:
    """Bring the file in, and then once more, when nothing is new."""
    found = {}
    for name, added in (("import", True), ("import_again", False)):
        began = time.perf_counter()
        with Session(engine) as session:
            row = importing.apply_import(
                session, OPERATOR, data, "plant.gpkg", Choices(), at=AT, chooser=random.Random(name)
            )
            if bool(row.counts["spans"]["added"]) is not added:
                raise RuntimeError(f"The import did not do what it should: {row.counts}")
            session.commit()
        found[name] = time.perf_counter() - began
        if added:
            found["peak_mb"] = peak_mb()
    found["reader_peak_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / KB_PER_MB
    return found


def main() -> None:
    """Measure, and print the figures as JSON."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--spans", type=int, default=100_000)
    words.add_argument("--rounds", type=int, default=1)
    given = words.parse_args()
    print(json.dumps(compare(given.spans, given.rounds), indent=2))


if __name__ == "__main__":
    main()
