"""Write OTDR files as SR-4731, version 2, has them: no more than a reader needs, for lack of one that may be shared."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import UTC, datetime

C_M_PER_US = 299.792458
INDEX = 1.4682
MEASURED_AT = datetime(2026, 11, 2, 10, 30, tzinfo=UTC)


def write_sor(
    length_m: float = 1_000.0,
    *,
    wavelength_nm: int = 1310,
    loss_db: float = 0.35,
    events: Sequence[tuple[float, float]] = ((400.0, 0.05),),
    version: int = 200,
) -> bytes:
    """Return a trace of a fibre: `events` are splices, each with its distance in metres and its loss in decibels."""
    blocks = {
        "GenParams": _general(wavelength_nm),
        "SupParams": b"".join(_text(word) for word in ("Demonstration", "OTDR", "1", "Module", "1", "1.0", "")),
        "FxdParams": _fixed(wavelength_nm),
        "DataPts": _points(16),
        "KeyEvents": _events(length_m, loss_db, events),
        "Cksum": struct.pack("<H", 0),
    }
    whole = {name: _text(name) + content for name, content in blocks.items()}
    entries = b"".join(_text(name) + struct.pack("<HI", version, len(block)) for name, block in whole.items())
    head = 4 + 2 + 4 + 2 + len(entries)
    return _text("Map") + struct.pack("<HIH", version, head, len(whole) + 1) + entries + b"".join(whole.values())


def _text(words: str) -> bytes:
    return words.encode("latin-1") + b"\0"


def _general(wavelength_nm: int) -> bytes:
    names = b"EN" + _text("Cable 1") + _text("1") + struct.pack("<hH", 652, wavelength_nm)
    return names + _text("A") + _text("B") + _text("Cable") + b"BC" + struct.pack("<ii", 0, 0) + _text("") + _text(" ")


def _fixed(wavelength_nm: int) -> bytes:
    return b"".join(
        [
            struct.pack("<I", int(MEASURED_AT.timestamp())),
            b"mt",
            struct.pack("<HiiH", wavelength_nm * 10, 0, 0, 1),
            struct.pack("<HIII", 100, 50_000, 16, int(INDEX * 100_000)),
            struct.pack("<HIHIiiHhHHHH", 800, 1000, 15, 100_000, 0, 0, 0, 1, 0, 50, 40_000, 3_000),
            b"ST",
            struct.pack("<iiii", 0, 0, 0, 0),
        ]
    )


def _points(count: int) -> bytes:
    return struct.pack("<IHIH", count, 1, count, 1000) + struct.pack(f"<{count}H", *range(0, 100 * count, 100))


def _time(distance_m: float) -> int:
    """The time of travel to a distance, in tenths of a nanosecond."""
    return round(distance_m * INDEX / C_M_PER_US * 1000 * 10)


def _events(length_m: float, loss_db: float, events: Sequence[tuple[float, float]]) -> bytes:
    rows = [(distance, loss, 0.0, b"0F9999LS") for distance, loss in events]
    rows.append((length_m, 0.0, -45.0, b"1E9999LS"))
    written = [
        struct.pack("<HIhhi", number, _time(distance), 320, round(loss * 1000), round(reflectance * 1000))
        + kind
        + struct.pack("<iiiii", 0, 0, 0, 0, 0)
        + _text(" ")
        for number, (distance, loss, reflectance, kind) in enumerate(rows, 1)
    ]
    end = struct.pack("<iiiHii", round(loss_db * 1000), 0, _time(length_m), 30_000, 0, _time(length_m))
    return struct.pack("<H", len(rows)) + b"".join(written) + end
