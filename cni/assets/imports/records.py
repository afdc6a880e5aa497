"""The tables of imports: uploads kept between the steps of one, imports, what each changed, how columns were read.

Texts of plant in `before` and `after` are by column, as a file's rows say them; both are None for what is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from sqlalchemy import ForeignKey, Select, UniqueConstraint, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from cni.assets.drafts import SiteDraft, SpanDraft
from cni.assets.models import Contribution
from cni.db.base import Base, Identified, Word
from cni.members.models import Member


class ImportStatus(StrEnum):
    """How far an import has come."""

    DONE = "done"
    FAILED = "failed"
    RUNNING = "running"
    UNDONE = "undone"
    WAITING = "waiting"


class Upload(Identified, Base):
    """A file that someone is bringing, kept for a day between the steps of the import."""

    __tablename__ = "uploads"

    reference: Mapped[str] = mapped_column(unique=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str]
    data: Mapped[bytes] = mapped_column(deferred=True)
    uploaded_at: Mapped[datetime] = mapped_column(index=True)


class ImportRow(Identified, Base):
    """An import: one file brought in by one person, all of it or nothing.

    `member_id` None: by the operator. `contribution`: what was new; a member's waits for the network steward. `counts`
    are of sites and spans: added, changed, unchanged. `failure`: why nothing came of it.
    """

    __tablename__ = "imports"

    reference: Mapped[str] = mapped_column(unique=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    contribution_id: Mapped[int | None] = mapped_column(ForeignKey("contributions.id", ondelete="SET NULL"), index=True)
    file: Mapped[str]
    format: Mapped[str | None]
    crs: Mapped[str | None]
    status: Mapped[ImportStatus] = mapped_column(Word(ImportStatus))
    percent: Mapped[int]
    choices: Mapped[dict[str, Any]]
    counts: Mapped[dict[str, Any] | None]
    quality: Mapped[int | None]
    failure: Mapped[str | None]
    requested_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]

    member: Mapped[Member | None] = relationship(lazy="raise")
    contribution: Mapped[Contribution | None] = relationship(lazy="raise")

    @property
    def is_under_way(self) -> bool:
        """Whether a result is still to come."""
        return self.status in (ImportStatus.WAITING, ImportStatus.RUNNING)

    @property
    def change_count(self) -> int:
        """How many sites and spans it added and changed."""
        return sum(kind[done] for kind in (self.counts or {}).values() for done in ("added", "changed"))


class ImportChange(Identified, Base):
    """A site or span that an import added or changed; `digest` is that of what it then was."""

    __tablename__ = "import_changes"

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"), index=True)
    kind: Mapped[str]
    code: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    digest: Mapped[str]


class ImportMapping(Identified, Base):
    """How a member last read a file with these columns (casefolded, one a line, sorted)."""

    __tablename__ = "import_mappings"
    __table_args__ = (UniqueConstraint("member_id", "columns", postgresql_nulls_not_distinct=True),)

    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    columns: Mapped[str]
    choices: Mapped[dict[str, Any]]
    used_at: Mapped[datetime]


def digest_of(draft: SiteDraft | SpanDraft) -> str:
    """Return a digest of what a site or span is, wherever it was given."""
    if isinstance(draft, SiteDraft):
        said: Any = (draft.name, draft.kind.value, draft.position, (draft.owner or "").casefold())
    else:
        said = (
            draft.a.casefold(), draft.z.casefold(), draft.geometry, format(draft.length_m.normalize(), "f"),
            draft.length_basis.value, draft.fibre_owner.casefold(), (draft.duct_owner or "").casefold(), draft.fibres,
            draft.reserved_pairs, draft.offered_pairs, sorted(risk.casefold() for risk in draft.risks),
        )  # fmt: skip
    return blake2b(repr(said).encode(), digest_size=12).hexdigest()


def imports_of(member_id: int | None) -> Select[Any]:
    """Return the query of the imports of a member (None: of all), with member and contribution."""
    query = select(ImportRow).options(joinedload(ImportRow.member), joinedload(ImportRow.contribution))
    return query if member_id is None else query.where(ImportRow.member_id == member_id)


def import_by_reference(session: Session, reference: str, *, lock: bool = False) -> ImportRow | None:
    """Return an import with member and contribution; or, to `lock` it, alone: nobody else can undo it meanwhile."""
    named = func.lower(ImportRow.reference) == reference.lower()
    if lock:
        query = select(ImportRow).where(named).with_for_update().execution_options(populate_existing=True)
        return session.scalar(query)
    return session.scalar(imports_of(None).where(named))


def upload_by_reference(session: Session, reference: str) -> Upload | None:
    """Return an upload, its bytes not yet read."""
    return session.scalar(select(Upload).where(func.lower(Upload.reference) == reference.lower()))


def key_of(columns: Iterable[str]) -> str:
    """Return a set of columns as one text."""
    return "\n".join(sorted({column.casefold() for column in columns}))


def remembered_columns(session: Session, member_id: int | None, columns: Iterable[str]) -> dict[str, str]:
    """Return the field that each of these columns was the last time, "" for one left out; empty: not yet seen."""
    member = ImportMapping.member_id.is_not_distinct_from(member_id)
    found = session.scalar(select(ImportMapping.choices).where(member, ImportMapping.columns == key_of(columns)))
    return dict((found or {}).get("columns", {}))


def remember_columns(
    session: Session, member_id: int | None, columns: Iterable[str], fields: Mapping[str, str], *, at: datetime
) -> None:
    """Keep the field that each of these columns was."""
    row = {"member_id": member_id, "columns": key_of(columns), "choices": {"columns": dict(fields)}, "used_at": at}
    kept = insert(ImportMapping).values(row)
    again = {"choices": kept.excluded.choices, "used_at": kept.excluded.used_at}
    session.execute(kept.on_conflict_do_update(index_elements=["member_id", "columns"], set_=again))
