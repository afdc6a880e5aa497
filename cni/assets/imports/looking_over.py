"""What is odd about plant as a whole without being wrong: what looks twice there, crosses itself, or does not meet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from cni.assets.drafts import SiteDraft, SpanDraft
from cni.assets.places import LONGER, LONGEST, SHORTER, SHORTEST
from cni.assets.words import LengthBasis
from cni.primitives.errors import Problem
from cni.primitives.geo import Position, distance_m

Floats = NDArray[np.float64]
EARTH_M = 6_371_000

SAME_LINE_M = 5
"""Two spans between the same sites whose lines keep this near are likely one, written twice."""

OVERLAP_SHARE = 0.5
"""Spans that share more than this of the shorter one's line are likely in one trench, or one of them is a mistake."""

GAP_M = 50
"""Two parts of the network that come this near each other may have been meant to meet."""

FAR_KM = 100
"""Plant this far from all that stands is more likely in a wrong reference system than the co-op's first there."""

SAME_TRENCH_M = 2
"""Lines this near each other are drawn along one trench: surveys of one street differ by as much."""

MOST_BESIDE = 10_000
"""So many pairs of lines beside each other are measured; a file with more says by then what is odd about it."""

SAMPLES = 100
"""So many points of a line tell how much of it lies beside another, to a hundredth."""

SHORTEST_COMPARED_M = 10
"""A shorter line lies near whatever it joins."""


def look_over(
    spans: Sequence[SpanDraft], places: Mapping[str, Position | None], joins: Iterable[tuple[str, str]], rows: set[str],
    standing: Collection[str] = (),
) -> list[Problem]:  # fmt: skip
    """Return a remark for each thing that is odd; `places` of sites and `joins` by casefolded id.

    `rows` are the ids of the sites that are being brought in or changed: gaps far from them are no news. `standing`
    are those of the sites that stand already.
    """
    drawn = [span for span in spans if span.geometry is not None]
    lines = _lines(drawn)
    drawn_m = _lengths_m(drawn)
    return [
        *_self_crossing(drawn, lines),
        *_odd_lengths(spans, places, dict(zip((span.code for span in drawn), drawn_m.tolist(), strict=True))),
        *_twice(drawn, lines),
        *_overlapping(drawn),
        *_odd_counts(spans),
        *_without_duct_owner(spans),
        *_gaps(spans, places, joins, rows),
        *_far_away(places, rows, standing),
    ]


def _remark(code: str, draft: SpanDraft | SiteDraft, column: str, message: str, remedy: str) -> Problem:
    return Problem(code, message, remedy, None, draft.file, draft.row, column)


def _points(drawn: Sequence[SpanDraft]) -> tuple[Floats, NDArray[np.int64]]:
    """Return the points of all lines, and the number of the line of each."""
    counts = [len(span.geometry or ()) for span in drawn]
    points = np.array([point for span in drawn for point in span.geometry or ()], dtype=float).reshape(-1, 2)
    return points, np.repeat(np.arange(len(drawn)), counts)


def _lines(drawn: Sequence[SpanDraft]) -> NDArray[np.object_]:
    if not drawn:
        return np.array([], dtype=object)
    points, line = _points(drawn)
    return np.asarray(shapely.linestrings(points, indices=line), dtype=object)


def _lengths_m(drawn: Sequence[SpanDraft]) -> Floats:
    """Return the geodesic metres of each line."""
    points, line = _points(drawn)
    if not len(points):
        return np.zeros(0)
    joined = line[1:] == line[:-1]
    begin, end = points[:-1][joined], points[1:][joined]
    _, _, metres = Geod(ellps="WGS84").inv(begin[:, 0], begin[:, 1], end[:, 0], end[:, 1])
    return np.asarray(np.bincount(line[1:][joined], metres, len(drawn)), dtype=float)


def _self_crossing(drawn: Sequence[SpanDraft], lines: NDArray[np.object_]) -> Iterator[Problem]:
    for number in np.flatnonzero(~shapely.is_simple(lines)).tolist():
        message = "The line crosses itself."
        yield _remark("self_crossing", drawn[number], "geometry", message, "Look whether its points are in order.")


def _odd_lengths(
    spans: Sequence[SpanDraft], places: Mapping[str, Position | None], drawn_m: Mapping[str, float]
) -> Iterator[Problem]:
    straight = _straight_m(spans, places)
    for span, straight_m in zip(spans, straight.tolist(), strict=True):
        message = _length_message(span, straight_m, drawn_m.get(span.code))
        if message:
            yield _remark("odd_length", span, "length_m", message, "Check the length, and that it is in metres.")


def _straight_m(spans: Sequence[SpanDraft], places: Mapping[str, Position | None]) -> Floats:
    nowhere = (np.nan, np.nan)
    ends = np.array(
        [(*(places.get(span.a.casefold()) or nowhere), *(places.get(span.z.casefold()) or nowhere)) for span in spans],
        dtype=float,
    ).reshape(-1, 4)
    known = ~np.isnan(ends).any(axis=1)
    metres = np.zeros(len(spans))
    _, _, metres[known] = Geod(ellps="WGS84").inv(*ends[known].T)
    return metres


def _length_message(span: SpanDraft, straight_m: float, drawn_m: float | None) -> str | None:
    metres = float(span.length_m)
    if metres < straight_m * SHORTEST:
        return f"Its length, {metres:,.0f} m, is less than the straight line between its sites, {straight_m:,.0f} m."
    if drawn_m is None:
        return None
    most = LONGEST if span.length_basis is LengthBasis.DRAWN else LONGER
    if metres > drawn_m * most or metres < drawn_m * SHORTER:
        return f"Its length, {metres:,.0f} m, is {metres / drawn_m:.2f} times that of its line, {drawn_m:,.0f} m."
    return None


def _twice(drawn: Sequence[SpanDraft], lines: NDArray[np.object_]) -> Iterator[Problem]:
    """Yield a remark for each span that has the ends of an earlier one and keeps near its line.

    Of more than `MOST_COMPARED` between the same two sites only the first so many are looked at.
    """
    by_ends: dict[frozenset[str], list[int]] = {}
    for number, span in enumerate(drawn):
        by_ends.setdefault(_ends(span), []).append(number)
    for numbers in by_ends.values():
        flat = {number: _flat(lines[number], lines[numbers[0]]) for number in numbers[:MOST_COMPARED]}
        for place, later in enumerate(flat):
            earlier = (each for each in islice(flat, place) if _is_same_line(flat[each], flat[later]))
            if (first := next(earlier, None)) is not None:
                message = f"It joins the same sites along the same line as {drawn[first].code}."
                remedy = "Remove one, if they are one cable; leave both, if two lie side by side."
                yield _remark("duplicate_span", drawn[later], "geometry", message, remedy)


def _ends(span: SpanDraft) -> frozenset[str]:
    return frozenset((span.a.casefold(), span.z.casefold()))


def _is_same_line(one: shapely.LineString, other: shapely.LineString) -> bool:
    return _keep_near(one, other) and _keep_near(other, one)


def _keep_near(line: shapely.LineString, other: shapely.LineString) -> bool:
    """Tell whether all points of a line lie near another, lines in metres of a plane."""
    shapely.prepare(other)  # once: a line of many points is compared with many others
    return bool(shapely.dwithin(other, shapely.points(shapely.get_coordinates(line)), SAME_LINE_M).all())


MOST_COMPARED = 20
"""Of more spans than this between two sites, or beside one span, only so many are compared."""


def _flat(line: shapely.LineString, beside: shapely.LineString) -> shapely.LineString:
    """Return a line on a plane in metres that touches where `beside` begins."""
    longitude, latitude = beside.coords[0]
    scale = np.radians(1) * EARTH_M
    east = scale * np.cos(np.radians(latitude))
    return shapely.transform(line, lambda points: (points - (longitude, latitude)) * (east, scale))


def _overlapping(drawn: Sequence[SpanDraft]) -> Iterator[Problem]:
    """Yield a remark for each two spans of other ends of which one runs along the other, wherever their points are.

    If it does so in one piece for more than half of it, its middle lies beside the other: so few are compared.
    """
    points, line = _points(drawn)
    if not len(points):
        return
    metres = np.radians(1) * EARTH_M * np.array([np.cos(np.radians(points[:, 1].mean())), 1])
    lines = np.asarray(shapely.linestrings(points * metres, indices=line), dtype=object)
    long = shapely.length(lines)
    beside = (pair for pair in _beside(lines, long) if _ends(drawn[pair[0]]) != _ends(drawn[pair[1]]))
    pairs = {
        (one, other) if (long[one], one) < (long[other], other) else (other, one)
        for one, other in islice(beside, MOST_BESIDE)
    }
    shares = {tuple(sorted(pair)): share for pair, share in _shared(lines, pairs)}
    for (first, later), share in sorted(shares.items()):
        if share > OVERLAP_SHARE:
            message = f"It runs along {drawn[first].code} for {100 * share:.0f} % of the shorter."
            remedy = "If they share a trench, put both into one risk group; if one is a mistake, remove it."
            yield _remark("overlapping_spans", drawn[later], "geometry", message, remedy)


def _shared(lines: NDArray[np.object_], pairs: Collection[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], float]]:
    """Yield how much of the shorter line of each pair runs along the longer, which stands second.

    Told by points along it: what that takes grows with the points of both lines alone, however they wind.
    """
    by_longer = groupby(sorted(pairs, key=itemgetter(1, 0)), key=itemgetter(1))
    for longer, pairs_of_it in by_longer:
        shapely.prepare(lines[longer])
        for pair in pairs_of_it:
            yield pair, float(shapely.dwithin(lines[longer], _along(lines[pair[0]]), SAME_TRENCH_M).mean())
        shapely.destroy_prepared(lines[longer])


def _along(line: shapely.LineString) -> NDArray[np.object_]:
    """Return `SAMPLES` points along a line, each in the middle of its part."""
    points = shapely.get_coordinates(line)
    run_m = np.concatenate([[0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
    at_m = (np.arange(SAMPLES) + 0.5) / SAMPLES * run_m[-1]
    return np.asarray(shapely.points(np.interp(at_m, run_m, points[:, 0]), np.interp(at_m, run_m, points[:, 1])))


def _beside(lines: NDArray[np.object_], long: Floats) -> Iterator[tuple[int, int]]:
    """Yield the numbers of each line and of those that its middle lies beside, lines in metres of a plane.

    Lines so short that what they join is beside their middle are left out.
    """
    numbers = np.flatnonzero(long > SHORTEST_COMPARED_M)
    middles = shapely.line_interpolate_point(lines[numbers], 0.5, normalized=True)
    of, other = shapely.STRtree(lines).query(middles, predicate="dwithin", distance=SAME_TRENCH_M)
    of = numbers[of]
    kept = (of != other) & (long[other] > SHORTEST_COMPARED_M)
    seen: dict[int, int] = {}
    for number, beside in zip(of[kept].tolist(), other[kept].tolist(), strict=True):
        seen[number] = seen.get(number, 0) + 1
        if seen[number] <= MOST_COMPARED:
            yield number, beside


def _odd_counts(spans: Sequence[SpanDraft]) -> Iterator[Problem]:
    for span in spans:
        if span.fibres % 2:
            message = f"{span.fibres} fibres are an odd number; fibre is leased in pairs, so one stays over."
            yield _remark("odd_fibres", span, "fibres", message, "Count the fibres, not the fibres in use.")


def _without_duct_owner(spans: Sequence[SpanDraft]) -> Iterator[Problem]:
    """Yield one remark for all spans whose duct is taken to be the fibre owner's."""
    silent = [span for span in spans if span.duct_owner is None]
    if silent:
        message = f"{len(silent):,} spans name no owner of the duct; it is taken to be the fibre's owner."
        if len(silent) == 1:
            message = f"{silent[0].code} names no owner of the duct; it is taken to be the fibre's owner."
        remedy = "Say so in duct_owner where the duct is another's: part of the rent is theirs."
        yield Problem("no_duct_owner", message, remedy, file=silent[0].file, column="duct_owner")


def _gaps(
    spans: Sequence[SpanDraft], places: Mapping[str, Position | None], joins: Iterable[tuple[str, str]], rows: set[str]
) -> Iterator[Problem]:
    """Yield a remark for each two sites that are near, and in parts of the network that nothing joins."""
    ends = [(span.a.casefold(), span.z.casefold()) for span in spans]
    pairs = [pair for pair in {*ends, *joins} if places.get(pair[0]) and places.get(pair[1])]
    codes = sorted({code for pair in pairs for code in pair})
    if not codes:
        return
    number = {code: place for place, code in enumerate(codes)}
    a, z = np.array([(number[a], number[z]) for a, z in pairs]).T
    _, part = connected_components(coo_array((np.ones(len(a)), (a, z)), shape=(len(codes), len(codes))), directed=False)
    positions = np.array([places[code] for code in codes], dtype=float)
    near = cKDTree(_in_space(positions)).query_pairs(GAP_M, output_type="ndarray")
    touched = {end for pair in ends for end in pair} | rows
    by_end = {end: span for span, pair in zip(spans, ends, strict=True) for end in pair}
    for first, second in near[part[near[:, 0]] != part[near[:, 1]]].tolist():
        one, other = codes[first], codes[second]
        about = by_end.get(one) or by_end.get(other)
        if about is None or not touched & {one, other}:
            continue
        metres = distance_m(tuple(positions[first].tolist()), tuple(positions[second].tolist()))
        message = (
            f"The sites {one.upper()} and {other.upper()} are {metres:,.0f} m apart, and nothing joins their parts."
        )
        yield _remark(
            "gap", about, "a", message, "If fibre joins them, bring that span too; if they are one site, merge."
        )


def _in_space(positions: Floats) -> Floats:
    """Return positions as points in space in metres, between which short straight lines are nearly geodesic."""
    longitude, latitude = np.radians(positions).T
    return EARTH_M * np.column_stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    )


def _far_away(places: Mapping[str, Position | None], rows: set[str], standing: Collection[str]) -> Iterator[Problem]:
    """Yield one remark for all sites brought that are far from every site that stands."""
    there = [position for code in standing if code not in rows and (position := places.get(code))]
    brought = [position for code in sorted(rows) if (position := places.get(code))]
    if not there or not brought:
        return
    apart, _ = cKDTree(_in_space(np.array(there))).query(_in_space(np.array(brought)))
    far = apart > FAR_KM * 1000
    if far.any():
        nearest = f"{apart[far].min() / 1000:,.0f} km"
        are = "1 site is" if far.sum() == 1 else f"{far.sum():,} sites are"
        message = f"{are} {nearest} or more from the nearest plant of the co-operative."
        yield Problem("far_away", message, "Is the reference system of the coordinates right?", column="latitude")
