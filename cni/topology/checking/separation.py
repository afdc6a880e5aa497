"""How far apart routes are on the ground, worked out a second time.

Lines are laid on the ellipsoid as chords in space that are short enough for the curve of the Earth not to matter; what
lies within the radius of a shared site is cut away; of what is left every chord of one route is measured against every
chord of the other.

Source: closest points of two segments: Ericson, Real-Time Collision Detection (2005), section 5.1.9.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from math import cos, dist, radians, sin, sqrt

from cni.topology.checking.documents import Asked, Fault, SaidAnswer
from cni.topology.checking.plant import Place, Plant

WGS84_A_M, WGS84_B_M = 6_378_137.0, 6_356_752.314245
LONGEST_CHORD_M = 5000.0
"""A chord of this length runs half a metre below the ground at most."""
USUAL_RADIUS_M = 100.0

Point = tuple[float, float, float]
"""Metres from the middle of the Earth."""
Chord = tuple[Point, Point]


def separation_faults(plant: Plant, question: Asked, answer: SaidAnswer) -> Iterator[Fault]:
    """Yield what is wrong with the separation that an answer tells, and with that of one that had to keep some."""
    place, said, asked = "separation_m", answer.separation_m, question.separation_m
    is_placed = all(plant.line(span) for route in answer.routes for span in route.spans)
    if answer.outcome == "found" and asked is not None and (not is_placed if said is None else said < asked):
        apart = "nobody can tell how far apart these are" if said is None else f"these are said to be {said:g} m"
        yield Fault("too_near", f"Routes {asked:g} m apart were asked for; {apart}.", place)
    if len(answer.routes) > 2 and said is None:  # it is told of pairs alone
        return
    radius = answer.separation_radius_m or max(USUAL_RADIUS_M, asked or 0)
    measured = separation(plant, [(route.spans, route.sites) for route in answer.routes], radius)
    if (said is None) != (measured is None):
        words = ["no distance" if each is None else f"{each:,.1f} m" for each in (said, measured)]
        yield Fault("separation", f"The routes are said to be {words[0]} apart, and there is {words[1]}.", place)
    elif said is not None and measured is not None and abs(said - measured) > _tolerance(measured):
        message = f"The routes are said to be {said:,.1f} m apart; they are {measured:,.1f} m."
        yield Fault("separation", message, place)


def _tolerance(metres: float) -> float:
    """What two ways of measuring may differ by: straight lines of many kilometres are not drawn alike by all."""
    return 2 + metres / 50


def separation(plant: Plant, routes: Sequence[tuple[Sequence[str], Sequence[str]]], radius_m: float) -> float | None:
    """Return the least metres between any two routes (spans, sites) away from the sites that they share.

    None: something has no place, or nothing is left of a route.
    """
    if any(plant.line(span) is None for spans, _ in routes for span in spans):
        return None
    found = []
    for (spans, sites), (other_spans, other_sites) in combinations(routes, 2):
        if set(spans) & set(other_spans):
            return 0.0
        shared = [plant.sites[site] for site in set(sites) & set(other_sites)]
        placed = [_point(place) for place in shared if place is not None]
        if len(placed) < len(shared):
            return None
        one, other = (_trimmed(plant, each, placed, radius_m) for each in (spans, other_spans))
        if one and other:
            found.append(_least_distance(one, other))
    return min(found, default=None)


def _trimmed(plant: Plant, spans: Sequence[str], centres: Sequence[Point], radius_m: float) -> list[Chord]:
    chords = [chord for span in spans for chord in _chords(plant.line(span) or ())]
    for centre in centres:
        chords = [left for chord in chords for left in _outside(chord, centre, radius_m)]
    return chords


def _point(place: Place) -> Point:
    longitude, latitude = map(radians, place)
    flat = WGS84_A_M**2 / sqrt((WGS84_A_M * cos(latitude)) ** 2 + (WGS84_B_M * sin(latitude)) ** 2)
    height = flat * (WGS84_B_M / WGS84_A_M) ** 2
    return (
        flat * cos(latitude) * cos(longitude),
        flat * cos(latitude) * sin(longitude),
        height * sin(latitude),
    )


def _chords(line: Sequence[Place]) -> Iterator[Chord]:
    for here, there in pairwise(map(_point, line)):
        count = 1 + int(dist(here, there) / LONGEST_CHORD_M)
        points = [_on_the_ground(_between(here, there, number / count)) for number in range(count + 1)]
        yield from pairwise(points)


def _between(here: Point, there: Point, part: float) -> Point:
    return (
        here[0] + (there[0] - here[0]) * part,
        here[1] + (there[1] - here[1]) * part,
        here[2] + (there[2] - here[2]) * part,
    )


def _on_the_ground(point: Point) -> Point:
    x, y, z = point
    up = 1 / sqrt((x / WGS84_A_M) ** 2 + (y / WGS84_A_M) ** 2 + (z / WGS84_B_M) ** 2)
    return x * up, y * up, z * up


def _outside(chord: Chord, centre: Point, radius_m: float) -> Iterator[Chord]:
    """Yield the one or two parts of a chord that lie outside a ball; all of it, or nothing."""
    here, there = chord
    along, start = _minus(there, here), _minus(here, centre)
    a, b, c = _dot(along, along), _dot(start, along), _dot(start, start) - radius_m**2
    if a == 0 or b * b <= a * c:
        if c >= 0 or a > 0:
            yield chord
        return
    enters, leaves = (-b - sqrt(b * b - a * c)) / a, (-b + sqrt(b * b - a * c)) / a
    if leaves <= 0 or enters >= 1:
        yield chord
        return
    if enters > 0:
        yield here, _between(here, there, enters)
    if leaves < 1:
        yield _between(here, there, leaves), there


def _least_distance(one: Sequence[Chord], other: Sequence[Chord]) -> float:
    best = float("inf")
    others = [(chord, _between(*chord, 0.5), dist(*chord) / 2) for chord in other]
    for chord in one:
        middle, half = _between(*chord, 0.5), dist(*chord) / 2
        for against, other_middle, other_half in others:
            if dist(middle, other_middle) - half - other_half < best:
                best = min(best, _distance(chord, against))
    return best


def _distance(one: Chord, other: Chord) -> float:
    """Return the metres between two segments: inside both, or from an end of one to the other."""
    u, v, w = _minus(one[1], one[0]), _minus(other[1], other[0]), _minus(one[0], other[0])
    a, b, c, d, e = _dot(u, u), _dot(u, v), _dot(v, v), _dot(u, w), _dot(v, w)
    determinant = a * c - b * b
    distances = [_to_segment(point, other) for point in one] + [_to_segment(point, one) for point in other]
    if determinant > 1e-12 * a * c:
        s, t = (b * e - c * d) / determinant, (a * e - b * d) / determinant
        if 0 <= s <= 1 and 0 <= t <= 1:
            distances.append(dist(_between(*one, s), _between(*other, t)))
    return min(distances)


def _to_segment(point: Point, segment: Chord) -> float:
    along = _minus(segment[1], segment[0])
    length = _dot(along, along)
    part = _dot(_minus(point, segment[0]), along) / length if length else 0
    return dist(point, _between(*segment, min(1, max(0, part))))


def _minus(one: Point, other: Point) -> Point:
    return one[0] - other[0], one[1] - other[1], one[2] - other[2]


def _dot(one: Point, other: Point) -> float:
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]
