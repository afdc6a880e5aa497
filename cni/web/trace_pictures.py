"""The events of an OTDR trace as a picture: loss along the fibre, with each event at its distance."""

from __future__ import annotations

from dataclasses import dataclass

from cni.assets.otdr import Measured

WIDTH, HEIGHT = 640.0, 220.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 12.0, 14.0, 34.0
STEPS = 4
"""Lines of the scales in each direction."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An event in the picture; `words` say what it is."""

    x: float
    y: float
    is_reflective: bool
    is_end: bool
    words: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture `WIDTH` by `HEIGHT`: the line of the loss as SVG points, the events, and both scales with words."""

    points: str
    marks: tuple[Mark, ...]
    across: tuple[tuple[float, str], ...]
    down: tuple[tuple[float, str], ...]


def picture_of(measured: Measured) -> Picture:
    """Return the picture of a trace. Between events the fibre loses what their slopes say."""
    longest = max([measured.length_m, *(event.distance_m for event in measured.events)])
    path, loss, at = [(0.0, 0.0)], 0.0, 0.0
    places = []
    for event in measured.events:
        loss += max(0.0, event.slope_db_per_km) * (event.distance_m - at) / 1000
        path.append((event.distance_m, loss))
        places.append((event, loss))
        loss, at = loss + max(0.0, event.loss_db), event.distance_m
        path.append((at, loss))
    most = max(loss, measured.loss_db or 0.0, 0.1)

    def x(distance_m: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * distance_m / longest, 1)

    def y(loss_db: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * loss_db / most, 1)

    return Picture(
        points=" ".join(f"{x(distance)},{y(lost)}" for distance, lost in path),
        marks=tuple(
            Mark(
                x(event.distance_m),
                y(lost),
                event.reflectance_db is not None,
                event.is_end,
                f"{'End' if event.is_end else event.kind.capitalize()} at {event.distance_m:,.0f} m",
            )
            for event, lost in places
        ),
        across=tuple((x(longest * step / STEPS), f"{longest * step / STEPS:,.0f}") for step in range(STEPS + 1)),
        down=tuple((y(most * step / STEPS), f"{most * step / STEPS:.2f}") for step in range(STEPS + 1)),
    )
