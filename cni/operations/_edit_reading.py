"""Places, lines, ids and new sites as they are typed or drawn for an edit of plant; what is wrong is noted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from cni.assets.checks import KnownPlant, site_draft
from cni.assets.drafts import SiteDraft
from cni.assets.importing import SITE_COLUMNS
from cni.assets.lines import Line
from cni.assets.models import Site, Span
from cni.assets.places import ENDS_WITHIN_M, ends_off_m, from_a_to_z, line
from cni.operations._edit_values import NewSite, PlannedSpan
from cni.primitives.coordinates import IRISH_GRID_REFUSED, is_irish_reference, parse_position
from cni.primitives.errors import Problem
from cni.primitives.geo import Position, from_grid, is_in_uk, length_m, parse_grid_reference
from cni.primitives.tables import Cells, Row, echoed

WHERE_REMEDY = "Write a grid reference (SJ 931 997), or latitude and longitude (53.4873, -2.1012)."
LONGEST_CODE = 80
GRID_REFERENCE = re.compile(r"[A-Za-z]{2}[\d\s]+")
GRID_METRES = re.compile(r"(\d{4,7}(?:\.\d+)?)[\s,]+(\d{4,7}(?:\.\d+)?)")


def line_between(text: str, span: PlannedSpan, problems: list[Problem]) -> Line | None:
    """Return a line from site to site, given as WKT or one place to a text line."""
    positions = _wkt(text, problems) if text.strip()[:1].isalpha() and "(" in text else _places(text, problems)
    if positions is None:
        return None
    positions = from_a_to_z(positions, span.a.position, span.z.position)
    for off_m, site in zip(ends_off_m(positions, span.a.position, span.z.position), (span.a, span.z), strict=True):
        if off_m > ENDS_WITHIN_M:
            message = f"The line ends {off_m:,.0f} m from {site.name}."
            remedy = f"Let it end within {ENDS_WITHIN_M} m of its site, or move the site first."
            problems.append(Problem("ends_off", message, remedy, "line"))
    return positions


def _wkt(text: str, problems: list[Problem]) -> Line | None:
    cells = Cells(Row(1, {"geometry": text.strip()}), "")
    positions = line(cells)
    problems += [replace(found, place="line", file=None, row=None, column=None) for found in cells.problems]
    return positions


def _places(text: str, problems: list[Problem]) -> Line | None:
    found = [
        position_of(words, "line", problems, f"Line {number}: ")
        for number, words in enumerate(text.splitlines(), 1)
        if words.strip()
    ]
    positions = tuple(position for position in found if position is not None)
    if len(positions) < len(found):
        return None
    if len(positions) < 2 or not length_m(positions):
        problems.append(Problem("bad_geometry", "A line has two places at least.", "Write one to a line.", "line"))
        return None
    return positions


def new_site(session: Session, given: NewSite, problems: list[Problem]) -> SiteDraft | None:
    """Return the site that is described, judged by the rules of a row of sites.csv."""
    position = position_of(given.where, "where", problems)
    longitude, latitude = position or (-2.0, 53.0)  # any place: what is wrong with the place was said
    cells = dict.fromkeys(SITE_COLUMNS.required + SITE_COLUMNS.optional, "")
    cells |= {"id": given.id.strip(), "name": given.name.strip(), "kind": given.kind.strip()}
    cells |= {"longitude": repr(longitude), "latitude": repr(latitude)}
    row = Cells(Row(1, cells), "")
    taken = codes_of(session, Site)
    draft = site_draft(row, KnownPlant(members=frozenset(), sites={}, risks=frozenset(), taken_sites=frozenset(taken)))
    words = {"id": "The id of the site", "name": "The name of the site", "kind": "The kind of the site"}
    for found in row.problems:
        message = f"{words[found.column or 'id']} is missing." if found.code == "missing" else found.message
        problems.append(replace(found, message=message, place=found.column, file=None, row=None, column=None))
    return draft if position and not row.problems else None


def position_of(text: str, place: str, problems: list[Problem], prefix: str = "") -> Position | None:
    """Return the position that a text says, or note at a field why it says none; `prefix` names the line of text."""
    if not text.strip():
        problems.append(Problem("missing", "The place is missing.", WHERE_REMEDY, place))
        return None
    try:
        position = _read_position(text.strip())
    except ValueError as error:
        problems.append(Problem("bad_position", f"{prefix}{str(error)[:200].rstrip('.')}.", WHERE_REMEDY, place))
        return None
    if not is_in_uk(position):
        message = f"{prefix}{echoed(text.strip())} lies outside the United Kingdom."
        problems.append(Problem("outside_uk", message, "Check the figures and the minus sign.", place))
        return None
    return position


def code_problems(codes: Sequence[tuple[str, str]], taken: frozenset[str]) -> Iterator[Problem]:
    """Yield what is wrong with the ids given to new spans, each at its field."""
    for place, code in codes:
        if ";" in code or not code.isprintable() or len(code) > LONGEST_CODE or code[0] in "=+-@":
            remedy = "Write up to 80 printed characters without a semicolon, beginning with a letter or a figure."
            yield Problem("bad_id", f"{echoed(code)!r} cannot be an id.", remedy, place)
        elif code.casefold() in taken:
            remedy = "Give it an id of its own; ids of spans that have left the plant are not given again."
            yield Problem("already_registered", f"{echoed(code)} is already registered.", remedy, place)
    if len({code.casefold() for _, code in codes}) < len(codes):
        yield Problem("duplicate_id", "Both parts have one id.", "Give each its own.", codes[-1][0])


def codes_of(session: Session, table: type[Site] | type[Span]) -> frozenset[str]:
    """Return every code of a table, also of what has left the plant, casefolded."""
    return frozenset(code.casefold() for code in session.scalars(select(table.code)))


def _read_position(text: str) -> Position:
    """Return the position that a text says: a grid reference, eastings and northings, or two angles.

    Raises:
        ValueError: it says none.
    """
    if is_irish_reference(text):
        raise ValueError(IRISH_GRID_REFUSED)
    if GRID_REFERENCE.fullmatch(text):
        return from_grid(*parse_grid_reference(text))
    if metres := GRID_METRES.fullmatch(text):
        return from_grid(float(metres[1]), float(metres[2]))
    return parse_position(text)
