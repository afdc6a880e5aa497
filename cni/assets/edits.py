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
    Index,
    Table,
    Text,
    any_,
    cast,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, array
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
    __table_args__ = (
        Index("ix_plant_edits_codes", "codes", postgresql_using="gin", postgresql_ops={"codes": "jsonb_path_ops"}),
    )

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


@dataclass(frozen=True, slots=True)
class PlantRead:
    """Sites and spans as they stand, with what leans on them: read at once, for the images of however many edits.

    `pairs` are (span, number, state), `ending` (span, its code, its two sites) of what is in the plant, `racks` (site,
    code), `records` (table, the spans that a row of it names, which row it is).
    """

    sites: Rows
    spans: Rows
    splices: Rows
    pairs: Sequence[Any]
    ending: Sequence[Any]
    racks: Sequence[Any]
    records: Sequence[Any]

    def image_of(self, touched: Touched) -> dict[str, Any]:
        """Return the image of some of it: the sites and spans themselves, their splices, and what leans on them.

        What leans there no longer as it did after an edit depends on that edit.
        """
        splices = {
            number: row
            for number, row in self.splices.items()
            if not touched.spans.isdisjoint((row["from_span_id"], row["to_span_id"]))
        }
        others = (span for span in self.ending if span.id not in touched.spans)
        leaning = {
            "pairs": [list(pair) for pair in self.pairs if pair.span_id in touched.spans],
            "spans": [span.code for span in others if not touched.sites.isdisjoint((span.a_id, span.z_id))],
            "racks": [rack.code for rack in self.racks if rack.site_id in touched.sites],
            "rows": self._records_of(touched.spans),
        }
        sites, spans = _of(self.sites, touched.sites), _of(self.spans, touched.spans)
        return {"sites": sites, "spans": spans, "splices": splices, "leaning": leaning}

    def _records_of(self, spans: frozenset[int]) -> dict[str, list[list[str | None]]]:
        """Return the rows that name spans, by table: which they are, not only how many."""
        found: dict[str, list[list[str | None]]] = {}
        for table, named, row in self.records:
            if not spans.isdisjoint(named):
                found.setdefault(table, []).append(row)
        return {table: sorted(rows, key=str) for table, rows in found.items()}


def edits_of(member_id: int | None) -> Any:
    """Return the query of the edits of a member's plant (None: of all), with the member."""
    edits = select(PlantEdit).options(joinedload(PlantEdit.member))
    return edits if member_id is None else edits.where(PlantEdit.member_id == member_id)


def successors(session: Session, codes: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return what took the place of those of these spans that were split or merged, by code. At most one statement."""
    replacing = session.execute(_replacements("spans_before", codes)) if codes else ()
    return {code: tuple(told["spans_after"]) for _, told in replacing for code in told["spans_before"]}


def forebears(session: Session, codes: Collection[str]) -> dict[str, list[Forebear]]:
    """Return, for each of these spans by code, those in whose place it stands, the nearest first.

    A statement for each time that one of them was split or merged after the other, and one more.
    """
    before: dict[str, list[Forebear]] = {}
    asked = set(codes)
    while asked:
        replacing = session.execute(_replacements("spans_after", asked)).all()
        asked = set()
        for kind, told in replacing:
            asked |= {*told["spans_before"]}
            before |= dict.fromkeys(told["spans_after"], tuple(Forebear(code, kind) for code in told["spans_before"]))
    return {code: _all_before(code, before) for code in codes}


def _replacements(side: str, spans: Collection[str]) -> Any:
    """Return the query of the splits and merges in force that have any of these spans, by code, on one side.

    Asked of `codes` as a whole, which is what its index answers.
    """
    any_of = any_(cast([{side: [code]} for code in sorted(spans)], ARRAY(JSONB)))
    replacing = PlantEdit.kind.in_((EditKind.SPLIT, EditKind.MERGE)), PlantEdit.undone_at.is_(None)
    return select(PlantEdit.kind, PlantEdit.codes).where(PlantEdit.codes.bool_op("@>")(any_of), *replacing)


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


def read_plant(session: Session, touched: Touched) -> PlantRead:
    """Read sites and spans as they stand, with what leans on them. Seven statements, however many there are."""
    naming = union_all(*(_rows_naming(table, touched.spans) for table in _naming_spans()))
    ends = Span.a_id.in_(touched.sites) | Span.z_id.in_(touched.sites)
    ending = select(Span.id, Span.code, Span.a_id, Span.z_id).where(ends, Span.retired_on.is_(None))
    pairs = select(FibrePair.span_id, FibrePair.number, FibrePair.state).where(FibrePair.span_id.in_(touched.spans))
    racks = select(Rack.site_id, Rack.code).where(Rack.site_id.in_(touched.sites))
    return PlantRead(
        sites=_site_rows(session, touched.sites),
        spans=_span_rows(session, touched.spans),
        splices=_splice_rows(session, touched.spans),
        pairs=session.execute(pairs.order_by(FibrePair.span_id, FibrePair.number)).all(),
        ending=session.execute(ending.order_by(Span.code)).all(),
        racks=session.execute(racks.order_by(Rack.code)).all(),
        records=session.execute(naming).all(),
    )


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


def _of(rows: Rows, ids: Collection[int]) -> Rows:
    return {number: row for number, row in rows.items() if int(number) in ids}


def _rows_naming(table: Table, spans: Collection[int]) -> Any:
    """Select the rows of a table that name spans: each as its own number, or, without one, as all that it says."""
    told = [table.c.id] if "id" in table.c else [column for column in table.c if column.name not in WHO_AND_WHEN]
    naming = _span_columns(table)
    names = or_(*(column.in_(spans) for column in naming))
    return select(literal(table.name), array(naming), array([cast(column, Text) for column in told])).where(names)


def _naming_spans() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if table.name not in NOT_LEANING and _span_columns(table)]


def _span_columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns for key in column.foreign_keys if key.column.table.name == "spans"]
