"""Plant judged: rows become drafts, and every problem is found at once, each at its row and column.

One fault makes one problem: an id in a faulty row still counts as known elsewhere, and a duplicate is reported at the
later row. Source: rules to the penny, loading 1 to 5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

from cni.assets.drafts import Draft, PlantDrafts, RackDraft, RiskDraft, SiteDraft, SpanDraft
from cni.assets.importing import (
    RACK_COLUMNS,
    RISK_COLUMNS,
    SITE_COLUMNS,
    SPAN_COLUMNS,
    PlantTables,
    Table,
)
from cni.assets.places import ENDS_WITHIN_M, bends, ends_off_m, from_a_to_z, line, site_position
from cni.assets.words import LengthBasis, RiskKind, SiteKind
from cni.primitives.errors import Problem
from cni.primitives.geo import Position, length_m
from cni.primitives.tables import Cells, Columns, Row, echoed, first_of_each, split, whole_number

MOST_FIBRES = 20_000
"""More strands than any cable has: a figure above it is a slip of the hand."""

FORMULA_STARTS = ("=", "+", "-", "@")
"""A cell that begins with one of them is run by a spreadsheet, not shown."""

MICROMETRE = Decimal("0.000001")

Given = TypeVar("Given", bound=Draft)


@dataclass(frozen=True, slots=True)
class KnownPlant:
    """What rows may name beside each other: slugs and codes, casefolded.

    `sites` maps a code to its position (None: a site in a faulty row); `sites_within_m` how far in metres it may really
    be from there (none: it is there). `taken_sites` and `taken_spans` are codes that a row may not use again.
    `proposer`: the member that must own the fibre or the duct of each span, if any must.
    """

    members: frozenset[str] = frozenset()
    sites: Mapping[str, Position | None] = field(default_factory=dict)
    sites_within_m: Mapping[str, int] = field(default_factory=dict)
    risks: frozenset[str] = frozenset()
    taken_sites: frozenset[str] = frozenset()
    taken_spans: frozenset[str] = frozenset()
    proposer: str | None = None


def read_plant(tables: PlantTables, known: KnownPlant) -> tuple[PlantDrafts, list[Problem]]:
    """Return all plant that the rows give, and every problem of theirs; with a problem, the drafts are not complete.

    `known` says what exists beside the rows: in the database, and, for members, in another file.
    """
    risks, risk_problems = _read(tables.risks, RISK_COLUMNS, lambda cells, _: risk_draft(cells))
    sites, site_problems = _read(tables.sites, SITE_COLUMNS, lambda cells, position: site_draft(cells, known, position))
    placed = dict.fromkeys(_ids(tables.sites)) | {site.code.casefold(): site.position for site in sites}
    known = replace(known, sites={**known.sites, **placed}, risks=known.risks | set(_ids(tables.risks)))
    spans, span_problems = _read(tables.spans, SPAN_COLUMNS, lambda cells, line: span_draft(cells, known, line))
    racks, rack_problems = _read(tables.racks, RACK_COLUMNS, lambda cells, _: rack_draft(cells, known))
    drafts = PlantDrafts(tuple(sites), tuple(risks), tuple(spans), tuple(racks))
    return drafts, risk_problems + site_problems + span_problems + rack_problems


def _read(
    table: Table, columns: Columns, draft_of: Callable[[Cells, Any], Given | None]
) -> tuple[list[Given], list[Problem]]:
    """Return the drafts of a table's sound rows, and the problems of all rows in their order."""
    drafts, problems = [], []
    _, repeated = first_of_each(table.rows, lambda row: row.cells["id"] or None)
    repeats = {row.number: first for row, first in repeated}
    absent = dict.fromkeys(columns.required + columns.optional, "")
    for row in table.rows:
        cells = Cells(Row(row.number, absent | row.cells, row.is_whole), table.file)
        if row.number in repeats:
            _note_repeat(cells, repeats[row.number])
        draft = draft_of(cells, table.places.get(row.number))
        problems += cells.problems
        if draft is not None and row.is_whole and not cells.problems:
            drafts.append(draft)
    return drafts, problems


def _note_repeat(cells: Cells, first: Row) -> None:
    message = f"{echoed(cells.row.cells['id'])} is already in row {first.number}."
    cells.problem("duplicate_id", "id", message, "Give each its own id, or remove one of the two.")


def _ids(table: Table) -> list[str]:
    return [row.cells["id"].casefold() for row in table.rows if row.cells["id"]]


def site_draft(cells: Cells, known: KnownPlant, position: Position | None = None) -> SiteDraft | None:
    """Return the site that a row gives, at the `position` that is known or at its own; note what is wrong with it."""
    code = _code(cells, known.taken_sites)
    name = cells.text("name", required=True)
    kind = cells.word("kind", SiteKind, required=True)
    position = position or site_position(cells)
    owner = _member(cells, "owner", known)
    _check_is_proposers(cells, known, "owner")
    if code is None or name is None or kind is None or position is None:
        return None
    return SiteDraft(
        file=cells.file, row=cells.row.number, code=code, name=name, kind=kind, position=position, owner=owner
    )


def risk_draft(cells: Cells) -> RiskDraft | None:
    """Return the risk group that a row gives; note what is wrong with it."""
    code = _code(cells, frozenset())
    name = cells.text("name", required=True)
    kind = cells.word("kind", RiskKind, required=True)
    if code is None or name is None or kind is None:
        return None
    return RiskDraft(file=cells.file, row=cells.row.number, code=code, name=name, kind=kind)


def rack_draft(cells: Cells, known: KnownPlant) -> RackDraft | None:
    """Return the rack that a row gives; note what is wrong with it."""
    code = _code(cells, frozenset())
    site = _site(cells, "site", known)
    owner = _member(cells, "owner", known)
    units = cells.whole("units", least=1, required=True)
    power_kw = cells.decimal("power_kw")
    if power_kw is not None and power_kw < 0:
        cells.problem("bad_power_kw", "power_kw", f"{power_kw} is less than 0.", "Write kilowatts, 0 or more.")
    if code is None or site is None or units is None:
        return None
    return RackDraft(
        file=cells.file, row=cells.row.number, code=code, site=site, owner=owner, units=units, power_kw=power_kw
    )


def span_draft(cells: Cells, known: KnownPlant, drawn: tuple[Position, ...] | None = None) -> SpanDraft | None:
    """Return the span that a row gives, its line turned from a to z, its length measured where none is given.

    `drawn` is its line, if that is known to be right. Notes everything that is wrong with it, references to other plant
    and to members included.
    """
    code = _code(cells, known.taken_spans)
    a, z = _two_ends(cells, known)
    fibre_owner = _member(cells, "fibre_owner", known, required=True)
    duct_owner = _member(cells, "duct_owner", known)
    _check_is_proposers(cells, known, "fibre_owner", "duct_owner")
    counts = _counts(cells)
    risks = _risks(cells, known)
    geometry = drawn or _line_between(cells, known, a, z)
    length = _length(cells)
    if code is None or a is None or z is None or fibre_owner is None or counts is None:
        return None
    measured = length or _measured(cells, geometry or _straight(known, a, z))
    if measured is None:
        return None
    has_other_duct = duct_owner is not None and duct_owner.casefold() != fibre_owner.casefold()
    return SpanDraft(
        file=cells.file, row=cells.row.number, code=code, a=a, z=z, geometry=geometry,
        length_m=measured[0], length_basis=measured[1], fibre_owner=fibre_owner,
        duct_owner=duct_owner if has_other_duct else None,
        fibres=counts[0], reserved_pairs=counts[1], offered_pairs=counts[2], risks=risks,
    )  # fmt: skip


def _code(cells: Cells, taken: frozenset[str]) -> str | None:
    code = cells.text("id", required=True)
    if code is None:
        return None
    if ";" in code or not code.isprintable() or len(code) > 80:
        message = f"{echoed(code)!r} cannot be an id."
        cells.problem("bad_id", "id", message, "Write up to 80 printed characters without a semicolon.")
    elif code.startswith(FORMULA_STARTS):
        message = f"{echoed(code)!r} would be a formula in a spreadsheet."
        cells.problem("bad_id", "id", message, "Begin the id with a letter or a figure.")
    elif code.casefold() in taken:
        cells.problem("already_registered", "id", f"{echoed(code)} is already registered.", "Give it an id of its own.")
    return code


def _site(cells: Cells, column: str, known: KnownPlant) -> str | None:
    site = cells.text(column, required=True)
    if site is not None and site.casefold() not in known.sites:
        remedy = "Write the id of a site that exists, or register the site first."
        cells.problem("unknown_site", column, f"No site is called {echoed(site)}.", remedy)
    return site


def _two_ends(cells: Cells, known: KnownPlant) -> tuple[str | None, str | None]:
    a, z = _site(cells, "a", known), _site(cells, "z", known)
    if a and z and a.casefold() == z.casefold() and a.casefold() in known.sites:
        cells.problem("same_ends", "z", f"The span begins and ends at {a}.", "Give the two sites that it joins.")
    return a, z


def _member(cells: Cells, column: str, known: KnownPlant, *, required: bool = False) -> str | None:
    slug = cells.text(column, required=required)
    if slug is not None and slug.casefold() not in known.members:
        cells.problem(
            "unknown_member", column, f"No member is called {echoed(slug)}.", "Write a member's short name (slug)."
        )
    return slug


def _check_is_proposers(cells: Cells, known: KnownPlant, *columns: str) -> None:
    """Note a problem where none of the owners given is the member that proposes."""
    owners = [cells.row.cells[column].casefold() for column in columns if cells.row.cells[column]]
    if known.proposer is None or not owners or known.proposer.casefold() in owners:
        return
    if known.members.issuperset(owners):
        message = f"{cells.row.cells[columns[0]]} is not your organisation."
        cells.problem("not_yours", columns[0], message, f"Register plant of {known.proposer} only.")


def _counts(cells: Cells) -> tuple[int, int, int] | None:
    """Return strands, reserved pairs and offered pairs; the pairs must find room in the cable."""
    fibres = cells.parsed("fibres", _fibre_count, f"Write a whole number, 1 to {MOST_FIBRES:,}.", required=True)
    reserved, offered = _pairs(cells, "reserved_pairs"), _pairs(cells, "offered_pairs")
    if fibres is None or reserved is None or offered is None:
        return None
    if 2 * (reserved + offered) > fibres:
        message = (
            f"{reserved} reserved and {offered} offered pairs need {2 * (reserved + offered)} fibres; "
            f"the cable has {fibres}."
        )
        cells.problem("too_many_pairs", "offered_pairs", message, f"Reserve and offer {fibres // 2} pairs at most.")
    return fibres, reserved, offered


def _fibre_count(text: str) -> int:
    """Return how many strands a cable has.

    Raises:
        ValueError: no cable has so many.
    """
    fibres = whole_number(text, least=-(10**15))
    if not 1 <= fibres <= MOST_FIBRES:
        raise ValueError(f"A cable of {fibres:,} fibres does not exist")
    return fibres


def _pairs(cells: Cells, column: str) -> int | None:
    return cells.whole(column, least=0) if cells.is_given(column) else 0


def _risks(cells: Cells, known: KnownPlant) -> tuple[str, ...]:
    risks = {risk.casefold(): risk for risk in split(cells.row.cells["risks"])}
    for risk in risks.values():
        if risk.casefold() not in known.risks:
            cells.problem(
                "unknown_risk", "risks", f"No risk group is called {echoed(risk)}.", "Write ids, joined by “;”."
            )
    return tuple(risks.values())


def _line_between(cells: Cells, known: KnownPlant, a: str | None, z: str | None) -> tuple[Position, ...] | None:
    """Return the row's line turned from a to z; note an end that is too far from its site.

    A row of a form may give `bends` instead, the points between the two sites.
    """
    at_a, at_z = known.sites.get((a or "").casefold()), known.sites.get((z or "").casefold())
    between = bends(cells)
    if between:
        return (at_a, *between, at_z) if at_a and at_z else None
    positions = line(cells)
    if positions is None or at_a is None or at_z is None or at_a == at_z:
        return positions
    turned = from_a_to_z(positions, at_a, at_z)
    for site, off_m in zip((a, z), ends_off_m(turned, at_a, at_z), strict=True):
        allowed_m = ENDS_WITHIN_M + known.sites_within_m.get((site or "").casefold(), 0)
        if off_m > allowed_m:
            message = f"The line ends {off_m:,.0f} m from the site {site}; {allowed_m} m are allowed."
            cells.problem("ends_too_far", "geometry", message, "Draw it from site to site, or name the right sites.")
            break
    return turned


def _length(cells: Cells) -> tuple[Decimal, LengthBasis] | None:
    """Return the length that is given, in metres to the micrometre, and where it comes from (unsaid: drawn)."""
    basis = cells.word("length_basis", LengthBasis)
    if not cells.is_given("length_m"):
        if basis not in (None, LengthBasis.DRAWN):
            message = f"The length is said to be {basis}, but length_m is empty."
            cells.problem("missing", "length_m", message, "Give the length, or leave length_basis empty.")
        return None
    metres = cells.decimal("length_m", above=0)
    if metres is None:
        return None
    if _to_micrometre(metres) == 0:
        cells.problem("bad_length_m", "length_m", f"{metres} m is no length.", "Write the length in metres.")
    return _to_micrometre(metres), basis or LengthBasis.DRAWN


def _straight(known: KnownPlant, a: str, z: str) -> tuple[Position, ...]:
    at_a, at_z = known.sites.get(a.casefold()), known.sites.get(z.casefold())
    return () if at_a is None or at_z is None else (at_a, at_z)


def _measured(cells: Cells, positions: tuple[Position, ...]) -> tuple[Decimal, LengthBasis] | None:
    """Return the geodesic length in metres along the line, or straight between the sites."""
    if not positions or cells.problems:
        return None
    metres = _to_micrometre(Decimal(repr(length_m(positions))))
    if metres == 0:
        message = "The two sites stand at one place, so no length can be measured."
        cells.problem("missing", "length_m", message, "Give the length of the cable in metres.")
        return None
    return metres, LengthBasis.DRAWN


def _to_micrometre(metres: Decimal) -> Decimal:
    rounded = metres.quantize(MICROMETRE, ROUND_HALF_UP)
    return metres if rounded == metres else rounded
