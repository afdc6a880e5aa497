"""Edits of live plant: what each changed, and the rows that it touched as they were before it and after it.

An image is plain JSON: rows by their number as text. Taking one and putting one back are all that undoing needs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ForeignKey,
    Table,
    Text,
    cast,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from cni.assets import evidence, registers, structure, terms  # noqa: F401  their tables are named below
from cni.assets.models import FibrePair, Rack, Site, Span
from cni.db.base import Base, Identified, Word
from cni.members.models import Member

Rows = dict[str, dict[str, Any]]
"""Rows by their number."""

NOT_LEANING = frozenset({"fibre_pairs", "hidden_risk_spans", "lease_spans", "spans", "splices"})
"""Tables that name spans and are looked at by themselves, or follow of themselves."""


CARRIED: Mapping[str, tuple[str, ...]] = {
    "duct_spans": ("duct_id",),
    "evidence_steps": ("level",),
    "register_entry_spans": ("entry_id",),
    "span_cables": (),
    "span_risks": ("risk_group_id",),
    "span_terms": (),
    "withdrawal_spans": (),
}
"""What is on record of a span and holds for whatever takes its place; of several rows alike in these columns one."""

RECORD_WORDS: Mapping[str, str] = {
    "attachments": "attached files",
    "duct_spans": "ducts",
    "evidence_steps": "evidence",
    "register_entry_spans": "wayleaves and funding",
    "span_cables": "the cable",
    "span_risks": "risk groups",
    "span_terms": "terms",
    "withdrawal_spans": "withdrawal",
}
"""What a table has on record of a span, in words."""

WHO_AND_WHEN = frozenset({"changed_at", "changed_by_id"})
"""Columns that say who wrote a row and when: written again as it was, it is the same."""

PROVEN = "evidence_steps"
"""Two spans together are proven no further than both are."""


class EditKind(StrEnum):
    """What an edit does."""

    MERGE = "merge"
    NEW_SITE = "new_site"
    SITE = "site"
    SPAN = "span"
    SPLIT = "split"


class PlantEdit(Identified, Base):
    """One edit of live plant; `member_id` is whose plant it is, `codes` are the sites and spans that it is about.

    `before` and `after` are images of all that it touched. `undone_at`: it is undone, and can be made again.
    """

    __tablename__ = "plant_edits"

    reference: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[EditKind] = mapped_column(Word(EditKind))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime]
    summary: Mapped[str]
    codes: Mapped[dict[str, Any]]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    undone_at: Mapped[datetime | None]

    member: Mapped[Member | None] = relationship(lazy="raise")


class Forebear(NamedTuple):
    """A span in whose place another stands, and what was done to it."""

    code: str
    kind: EditKind


@dataclass(frozen=True, slots=True)
class Touched:
    """The sites and spans that an edit touches, by number."""

    sites: frozenset[int]
    spans: frozenset[int]


def edits_of(member_id: int | None) -> Any:
    """Return the query of the edits of a member's plant (None: of all), with the member."""
    edits = select(PlantEdit).options(joinedload(PlantEdit.member))
    return edits if member_id is None else edits.where(PlantEdit.member_id == member_id)


def successors(session: Session, code: str) -> list[str]:
    """Return the codes of the spans that took a span's place when it was split or merged; none: nothing did."""
    replacing = _replacements().where(PlantEdit.codes["spans_before"].contains([code]))
    return [after for _, codes in session.execute(replacing) for after in codes["spans_after"]]


def forebears(session: Session, codes: Collection[str]) -> dict[str, list[Forebear]]:
    """Return, for each of these spans by code, those in whose place it stands, the nearest first.

    A statement for each time that one of them was split or merged after the other, and one more.
    """
    before: dict[str, list[Forebear]] = {}
    asked = set(codes)
    while asked:
        named = PlantEdit.codes["spans_after"].has_any(cast(sorted(asked), ARRAY(Text)))
        asked = set()
        for kind, told in session.execute(_replacements().where(named)):
            asked |= {*told["spans_before"]}
            before |= dict.fromkeys(told["spans_after"], tuple(Forebear(code, kind) for code in told["spans_before"]))
    return {code: _all_before(code, before) for code in codes}


def _replacements() -> Any:
    """Return the query of the splits and merges that are in force."""
    replacing = (EditKind.SPLIT, EditKind.MERGE)
    return select(PlantEdit.kind, PlantEdit.codes).where(PlantEdit.kind.in_(replacing), PlantEdit.undone_at.is_(None))


def _all_before(code: str, before: Mapping[str, Sequence[Forebear]]) -> list[Forebear]:
    found = list(before.get(code, ()))
    for forebear in found:
        found += [each for each in before.get(forebear.code, ()) if each not in found]
    return found


def lock_edit(session: Session, reference: str) -> PlantEdit | None:
    """Return an edit that nobody else can undo until the transaction ends."""
    return session.scalar(
        select(PlantEdit).where(func.lower(PlantEdit.reference) == reference.lower()).with_for_update()
    )


def image_of(session: Session, touched: Touched) -> dict[str, Any]:
    """Return sites and spans as they stand, with what leans on them."""
    return {
        "sites": _site_rows(session, touched.sites),
        "spans": _span_rows(session, touched.spans),
        "splices": _splice_rows(session, touched.spans),
        "leaning": _leaning(session, touched),
    }


def put_back(session: Session, image: Mapping[str, Any], beside: Mapping[str, Any]) -> None:
    """Make sites and spans what they are in an image; `beside` is the image of what they are now."""
    for table, kind in ((Site, "sites"), (Span, "spans")):
        for number, row in image[kind].items():
            if row != beside[kind][number]:
                session.execute(update(table).where(table.id == int(number)).values(_read(row)))
    splices = Base.metadata.tables["splices"]
    for number, row in image["splices"].items():
        if row != beside["splices"][number]:
            session.execute(update(splices).where(splices.c.id == int(number)).values(row))
    read_anew(session)


def read_anew(session: Session) -> None:
    """Let the session read the sites and spans that it holds anew: they were written past it."""
    for thing in list(session):
        if isinstance(thing, Site | Span):
            session.expire(thing)


def repoint_splices(session: Session, ends: Mapping[tuple[int, int], int]) -> None:
    """Let the splices of a span at a site, by both, be those of the span that takes its place there."""
    splices = Base.metadata.tables["splices"]
    for (span, site), new in ends.items():
        for column in (splices.c.from_span_id, splices.c.to_span_id):
            at_end = (column == span) & (splices.c.site_id == site)
            session.execute(update(splices).where(at_end).values({column.name: new}))


def carry_over(session: Session, old: Sequence[int], new: int) -> None:
    """Give a new span what is on record of the spans in whose place it stands: risk groups, ducts, terms, entries."""
    for name, keys in CARRIED.items():
        table = Base.metadata.tables[name]
        kept = [column for column in table.columns if column.name != "id"]
        found = session.execute(select(*kept).where(table.c.span_id.in_(old))).mappings().all()
        alike: dict[tuple[Any, ...], dict[int, dict[str, Any]]] = {}
        for row in found:
            alike.setdefault(tuple(row[key] for key in keys), {})[row["span_id"]] = dict(row)
        given = [by_span[min(by_span)] for by_span in alike.values() if name != PROVEN or len(by_span) == len(old)]
        if given:
            session.execute(insert(table), [{**row, "span_id": new} for row in given])


def _site_rows(session: Session, ids: Collection[int]) -> Rows:
    columns = (Site.code, Site.longitude, Site.latitude, Site.retired_on)
    return _rows(session, select(Site.id, *columns).where(Site.id.in_(ids)))


def _span_rows(session: Session, ids: Collection[int]) -> Rows:
    columns = (Span.code, Span.geometry, Span.length_m, Span.length_basis, Span.retired_on)
    return _rows(session, select(Span.id, *columns).where(Span.id.in_(ids)))


def _splice_rows(session: Session, ids: Collection[int]) -> Rows:
    splices = Base.metadata.tables["splices"].c
    naming = splices.from_span_id.in_(ids) | splices.to_span_id.in_(ids)
    return _rows(session, select(splices.id, splices.from_span_id, splices.to_span_id).where(naming))


def _rows(session: Session, query: Any) -> Rows:
    found = session.execute(query.execution_options(populate_existing=True)).mappings()
    return {str(row["id"]): {name: _written(value) for name, value in row.items() if name != "id"} for row in found}


def _written(value: Any) -> Any:
    """Return a value as JSON has it."""
    match value:
        case bytes():
            return value.hex()
        case Decimal() | date():
            return str(value)
    return value


def _read(row: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(row)
    for name, read in (("geometry", bytes.fromhex), ("length_m", Decimal), ("retired_on", date.fromisoformat)):
        if values.get(name) is not None:
            values[name] = read(values[name])
    return values


def _leaning(session: Session, touched: Touched) -> dict[str, Any]:
    """Return what stands on the sites and spans: the states of pairs, other spans and racks, rows that name the spans.

    What is not the same here as it was after an edit depends on that edit.
    """
    pairs = select(FibrePair.span_id, FibrePair.number, FibrePair.state).where(FibrePair.span_id.in_(touched.spans))
    ends = Span.a_id.in_(touched.sites) | Span.z_id.in_(touched.sites)
    others = select(Span.code).where(ends, Span.retired_on.is_(None), Span.id.not_in(touched.spans))
    racks = select(Rack.code).where(Rack.site_id.in_(touched.sites))
    return {
        "pairs": [list(row) for row in session.execute(pairs.order_by(FibrePair.span_id, FibrePair.number))],
        "spans": sorted(session.scalars(others)),
        "racks": sorted(session.scalars(racks)),
        "rows": _records(session, touched.spans),
    }


def _records(session: Session, spans: Collection[int]) -> dict[str, list[list[str | None]]]:
    """Return the rows that name these spans, by table: which they are, not only how many. One statement."""
    found: dict[str, list[list[str | None]]] = {}
    for name, row in session.execute(union_all(*(_rows_naming(table, spans) for table in _naming_spans()))):
        found.setdefault(name, []).append(row)
    return {name: sorted(rows, key=str) for name, rows in found.items()}


def _rows_naming(table: Table, spans: Collection[int]) -> Any:
    """Select the rows of a table that name spans: each as its own number, or, without one, as all that it says."""
    told = [table.c.id] if "id" in table.c else [column for column in table.c if column.name not in WHO_AND_WHEN]
    names = or_(*(column.in_(spans) for column in _span_columns(table)))
    return select(literal(table.name), array([cast(column, Text) for column in told])).where(names)


def _naming_spans() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if table.name not in NOT_LEANING and _span_columns(table)]


def _span_columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns for key in column.foreign_keys if key.column.table.name == "spans"]
