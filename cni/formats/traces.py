"""Reading an OTDR file (.sor) in the cage: wavelength, length, loss and events.

What a hostile file makes of the parser ends with the process there; see `cni.formats.cage`.

Source: Telcordia SR-4731, version 2, as `otdrparser` reads it.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from math import isfinite
from typing import Any, TypedDict, cast

from cni.formats import cage
from cni.formats.layers import FileRefused
from cni.primitives.errors import Invalid, Problem

MOST_BYTES = 4 * 1024 * 1024
"""Of a file: a trace of 128,000 points has a quarter of a megabyte."""
MOST_EVENTS = 2_000
LONGEST_M = 500_000
WAVELENGTHS_NM = (600.0, 2_000.0)


class EventRead(TypedDict):
    """Something on the fibre, as a file says it; `slope_db_per_km` is the loss of the fibre before it."""

    distance_m: float
    kind: str
    loss_db: float
    reflectance_db: float | None
    slope_db_per_km: float
    is_end: bool


class TraceRead(TypedDict):
    """What a file says. `loss_db` None: nothing; `measured_at`: an instant in ISO 8601, or None."""

    wavelength_nm: float
    length_m: float
    loss_db: float | None
    measured_at: str | None
    events: list[EventRead]


def is_trace(data: bytes) -> bool:
    """Tell whether a file begins as an OTDR file of version 2 does."""
    return data.startswith(b"Map\0")


def read_trace(data: bytes) -> TraceRead:
    """Return what an OTDR file says.

    Raises:
        Invalid: it is too large, takes too long, or cannot be read as such a file.
    """
    if len(data) > MOST_BYTES:
        raise _refused("too_large", "An OTDR file has at most 4 MB.", "Export the trace with fewer points.")
    try:
        return cast(TraceRead, cage.parse_trace(data))
    except FileRefused as refusal:
        if refusal.problems[0].code == "took_too_long":
            raise _refused("took_too_long", "The file took too long to read.", "Export the trace again.") from None
        remedy = "Export it from the instrument as SOR (SR-4731), version 2."
        raise _refused("not_a_trace", "The file cannot be read as an OTDR trace.", remedy) from None


def _refused(code: str, message: str, remedy: str) -> Invalid:
    return Invalid.from_problems([Problem(code, message, remedy, "file")])


def parse(data: bytes) -> TraceRead:
    """Return what a file says, in the cage alone; any error means that it cannot be read."""
    import otdrparser  # here: the process that asks never parses anything

    blocks = otdrparser.parse2(io.BytesIO(data))
    fixed, key = blocks["FxdParams"], blocks["KeyEvents"]
    events = [_event(event) for event in key["events"]]
    ends = [event["distance_m"] for event in events if event["is_end"]]
    read = TraceRead(
        wavelength_nm=round(fixed["wavelength"], 1),
        length_m=round(ends[-1] if ends else key["fiber_length"], 2),
        loss_db=round(key["total_loss"], 3) if key["total_loss"] > 0 else None,
        measured_at=datetime.fromtimestamp(fixed["date_time"], UTC).isoformat() if fixed["date_time"] else None,
        events=events,
    )
    _require_sensible(read)
    return read


def _event(event: dict[str, Any]) -> EventRead:
    details = event["event_type_details"]
    reflects = details["event"] != "non-reflective"
    return EventRead(
        distance_m=round(event["distance_of_travel"], 2),
        kind=details["event"] or "unknown",
        loss_db=round(event["splice_loss"], 3),
        reflectance_db=round(event["reflection_loss"], 3) if reflects else None,
        slope_db_per_km=round(event["slope"], 3),
        is_end=details["note"] in ("end-of-fiber", "modified-end-of-fiber"),
    )


def _require_sensible(read: TraceRead) -> None:
    numbers = [read["wavelength_nm"], read["length_m"], *(event["distance_m"] for event in read["events"])]
    least, most = WAVELENGTHS_NM
    if not all(isfinite(number) for number in numbers) or not least <= read["wavelength_nm"] <= most:
        raise ValueError("no wavelength of an OTDR")
    if not 0 < read["length_m"] <= LONGEST_M or len(read["events"]) > MOST_EVENTS:
        raise ValueError("no length of a fibre")
