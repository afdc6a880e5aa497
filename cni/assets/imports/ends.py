"""At which sites the lines of spans end, where a file does not say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from scipy.spatial import cKDTree

from cni.assets.imports.drawn import EARTH_M, SURELY, Reach, apart_m
from cni.assets.imports.reading import Given
from cni.assets.places import ENDS_WITHIN_M
from cni.primitives.errors import Problem
from cni.primitives.geo import Position
from cni.primitives.grid import to_grid_many
from cni.primitives.tables import Row

Floats = NDArray[np.float64]
TOLD_M = 1
"""A gap of less than so many metres between a line and its site is not worth a word."""


@dataclass(frozen=True, eq=False)
class Sites:
    """Sites that lines may end at: their codes and positions, and how far each may really be from there, in metres."""

    codes: Sequence[str]
    positions: Floats
    within_m: Floats

    @classmethod
    def of(cls, places: Mapping[str, Position | None], within_m: Mapping[str, int]) -> Sites:
        """Return the sites among these that stand anywhere."""
        placed = {code: position for code, position in places.items() if position is not None}
        within = np.array([float(within_m.get(code, 0)) for code in placed])
        return cls(list(placed), np.array(list(placed.values()), dtype=float).reshape(-1, 2), within)

    def nearest(self, points: Floats) -> tuple[NDArray[np.int64], Floats]:
        """Return the number of the nearest site to each point (n x 2), and how many metres it is away, geodesic."""
        if not len(self.codes) or not len(points):
            return np.full(len(points), -1), np.full(len(points), np.inf)
        _, number = cKDTree(_in_space(self.positions)).query(_in_space(points))
        there = self.positions[number]
        _, _, metres = Geod(ellps="WGS84").inv(points[:, 0], points[:, 1], there[:, 0], there[:, 1])
        return np.asarray(number, dtype=np.int64), np.asarray(metres)


def _in_space(positions: Floats) -> Floats:
    """Return positions as points in space in metres, between which short straight lines are nearly geodesic."""
    longitude, latitude = np.radians(positions).T
    return EARTH_M * np.column_stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    )


@dataclass(eq=False)
class Ends:
    """What came of looking for ends: sites that were made for lines that end at none, problems and remarks."""

    made: dict[str, tuple[Position, str, int]]
    problems: list[Problem]
    remarks: list[Problem]


def find_ends(spans: Sequence[Given], sites: Sites, names: Mapping[str, str], *, make_sites: bool) -> Ends:
    """Write the sites at which lines end into the cells `a` and `z` that are empty; `names` are the sites' codes.

    A site is one's end within ENDS_WITHIN_M of it. Where none is so near: a site is made, or there is a problem that
    names the nearest.
    """
    found = Ends({}, [], [])
    for given in spans:
        open_rows = [
            (row, shape)
            for row, shape in zip(given.rows, given.shapes, strict=True)
            if shape is not None and not (row.cells["a"] and row.cells["z"])
        ]
        if not open_rows:
            continue
        lines = np.array([shape for _, shape in open_rows], dtype=object)
        starts, stops = (shapely.get_coordinates(shapely.get_point(lines, place)) for place in (0, -1))
        both = [sites.nearest(points) for points in (starts, stops)]
        for place, (row, _) in enumerate(open_rows):
            ends = [
                (points[place], number[place], metres[place])
                for points, (number, metres) in zip((starts, stops), both, strict=True)
            ]
            _settle(found, given.file, row, ends, (sites, names), make_sites)
    return found


def _settle(found: Ends, file: str, row: Row, ends: list, about: tuple[Sites, Mapping[str, str]], make: bool) -> None:  # type: ignore[type-arg]
    sites, names = about
    given = (row.cells["a"] or row.cells["z"]).casefold()
    if given and ends[0][1] >= 0 and sites.codes[ends[0][1]] == given and row.cells["z"]:
        ends = ends[::-1]  # the line begins at z
    elif given and ends[1][1] >= 0 and sites.codes[ends[1][1]] == given and row.cells["a"]:
        ends = ends[::-1]
    told = []
    for column, (point, number, metres) in zip(("a", "z"), ends, strict=True):
        if row.cells[column]:
            continue
        if number >= 0 and metres <= ENDS_WITHIN_M + sites.within_m[number]:
            code = names[sites.codes[number]]
            told.append(f"{code} ({metres:,.1f} m)")
        elif make:
            code = _code_at(point)
            found.made.setdefault(code.casefold(), ((float(point[0]), float(point[1])), file, row.number))
            told.append(f"{code} (made)")
        else:
            nearest = f"; the nearest, {names[sites.codes[number]]}, is {metres:,.0f} m away" if number >= 0 else ""
            message = f"The line ends at no site{nearest}. {ENDS_WITHIN_M} m are allowed."
            remedy = "Bring the site too, name the ends in columns, or have sites made where lines end."
            found.problems.append(Problem("no_site_at_end", message, remedy, None, file, row.number, column))
            continue
        row.cells[column] = code
    if told:
        message = f"Its ends are taken to be the sites nearest to its line: {', '.join(told)}."
        found.remarks.append(Problem("ends_found", message, "", None, file, row.number, "a"))


def _code_at(point: Floats) -> str:
    """Return the id of a site that is made: its metres on the National Grid, so that the next import finds the same."""
    east, north = to_grid_many(point[:1], point[1:])
    if np.isnan(east[0]):
        return f"CH {point[1]:.5f} {point[0]:.5f}"
    return f"CH {east[0]:.0f} {north[0]:.0f}"


def draw_on(spans: Sequence[Given], places: Mapping[str, Position | None], *, snap: bool) -> list[Problem]:
    """Return a remark for each line that ends some metres from its sites; with `snap`, draw it on to them."""
    return [
        remark
        for given in spans
        for number in _perhaps_apart(given, places)
        for remark in _gap(given, number, given.rows[number], places, snap)
    ]


def _perhaps_apart(given: Given, places: Mapping[str, Position | None]) -> list[int]:
    """Return the numbers of lines that may end some metres from their sites."""
    reach = Reach.of(given, places)
    gaps_m = np.column_stack([reach.forward.max(axis=1), reach.backward.max(axis=1)])
    near = (gaps_m > TOLD_M * SURELY) & (gaps_m <= ENDS_WITHIN_M / SURELY)
    return np.flatnonzero(near.any(axis=1)).tolist()


def _gap(given: Given, number: int, row: Row, places: Mapping[str, Position | None], snap: bool) -> list[Problem]:
    a, z = (places.get(row.cells[column].casefold()) for column in ("a", "z"))
    if a is None or z is None:
        return []
    points = shapely.get_coordinates(given.shapes[number])
    first, last = points[0], points[-1]
    turned = apart_m(first, a) + apart_m(last, z) > apart_m(first, z) + apart_m(last, a)
    begins, stops = (z, a) if turned else (a, z)
    gap_m = max(apart_m(first, begins), apart_m(last, stops))
    if not TOLD_M < gap_m <= ENDS_WITHIN_M:
        return []
    message = f"The line ends {gap_m:,.1f} m from its site"
    if snap:
        points[0], points[-1] = begins, stops
        given.shapes[number] = shapely.linestrings(points)
        return [Problem("snapped", f"{message}; it is drawn on to it.", "", None, given.file, row.number, "geometry")]
    remedy = "Have lines drawn on to their sites, if that is where they end."
    return [Problem("gap_at_site", f"{message}.", remedy, None, given.file, row.number, "geometry")]
