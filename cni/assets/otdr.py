"""What an OTDR trace says about a span, compared with the record. Pure; how a file is read: `cni.formats.traces`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LENGTH_TOLERANCE = 0.02
"""A measured length may differ from the record by this share: fibre is a little longer than its cable."""

LEAST_TOLERANCE_M = 10.0
"""And by so many metres on a short span: patch cords, and the width of a pulse."""

BAND_NM = 40.0
"""A limit holds for wavelengths within so many nanometres of its own."""

LIMITS_DB_PER_KM = {1310.0: 0.40, 1550.0: 0.28, 1590.0: 0.40}
"""The most loss that a span may have, by wavelength in nanometres.

Source: SSNf, Tjänstespecifikation Svartfiber 3.0: 0.40 dB/km at 1310 nm, 0.28 at 1550, 0.40 at 1590."""


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """Something on the fibre: distance in metres, "reflective" or "non-reflective" …, loss and reflectance in dB.

    `slope_db_per_km` is the loss of the fibre before it.
    """

    distance_m: float
    kind: str
    loss_db: float
    reflectance_db: float | None = None
    slope_db_per_km: float = 0.0
    is_end: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """What one trace measured: wavelength in nanometres, length in metres, loss in dB (None: not said), its events."""

    wavelength_nm: float
    length_m: float
    loss_db: float | None
    events: tuple[TraceEvent, ...]

    @property
    def loss_db_per_km(self) -> float | None:
        """Its loss over its length; None where it says no loss."""
        return None if self.loss_db is None else self.loss_db / (self.length_m / 1000)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing compared, in words, and whether it is as it should be (None: that cannot be said)."""

    words: str
    is_good: bool | None


def limit_at(wavelength_nm: float) -> float | None:
    """Return the most loss per kilometre at a wavelength, in dB; None: there is no limit for it."""
    nearest = min(LIMITS_DB_PER_KM, key=lambda of: abs(of - wavelength_nm))
    return LIMITS_DB_PER_KM[nearest] if abs(nearest - wavelength_nm) <= BAND_NM else None


def verdict(measured: Measured, length_m: float) -> list[Finding]:
    """Return how a trace compares with a span whose length stands as `length_m` in the record."""
    return [
        _of_length(measured.length_m, length_m),
        _of_loss(measured),
        *_of_events(measured.events, length_m),
    ]


def is_within(measured_m: float, recorded_m: float) -> bool:
    """Tell whether two lengths in metres are the same, as far as an OTDR can tell."""
    return abs(measured_m - recorded_m) <= max(LEAST_TOLERANCE_M, LENGTH_TOLERANCE * recorded_m)


def _of_length(measured_m: float, recorded_m: float) -> Finding:
    difference = measured_m - recorded_m
    if is_within(measured_m, recorded_m):
        return Finding(f"The length agrees with the record: {measured_m:,.0f} m for {recorded_m:,.0f} m.", True)
    how = "longer" if difference > 0 else "shorter"
    return Finding(f"The fibre is {abs(difference):,.0f} m {how} than the record's {recorded_m:,.0f} m.", False)


def _of_loss(measured: Measured) -> Finding:
    loss, limit = measured.loss_db_per_km, limit_at(measured.wavelength_nm)
    at = f"at {measured.wavelength_nm:,.0f} nm"
    if loss is None:
        return Finding("The file says no loss.", None)
    if limit is None:
        return Finding(f"It loses {loss:.2f} dB/km {at}, for which there is no limit.", None)
    if loss <= limit:
        return Finding(f"It loses {loss:.2f} dB/km {at}, within the limit of {limit:.2f}.", True)
    return Finding(f"It loses {loss:.2f} dB/km {at}, more than the limit of {limit:.2f}.", False)


def _of_events(events: Sequence[TraceEvent], length_m: float) -> Iterator[Finding]:
    beyond = [event for event in events if event.distance_m > length_m and not is_within(event.distance_m, length_m)]
    if beyond:
        where = ", ".join(f"{event.distance_m:,.0f} m" for event in beyond)
        one = len(beyond) == 1
        words = f"{'An event lies' if one else f'{len(beyond)} events lie'} beyond the span's end, at {where}."
        yield Finding(words, False)
