"""Undoing an import: whether anything rests on what it brought, and all put back as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from cni.assets.drafts import PlantDrafts, SiteDraft, SpanDraft
from cni.assets.imports.records import ImportChange, ImportRow, digest_of
from cni.assets.models import Contribution, FibrePair, Site, Span
from cni.assets.registry import delete_plant, site_drafts, span_drafts, update_plant
from cni.assets.words import LengthBasis, SiteKind
from cni.db.base import Base
from cni.leases.models import Lease, QuoteRow
from cni.members.policy import Actor
from cni.operations._own_plant import shown_spans
from cni.primitives.errors import Conflict, Problem

MOST_NAMED = 10
OWN_TABLES = {"fibre_pairs", "span_risks", "spans"}
"""What goes with spans and sites themselves."""
PROPOSED_BY_OTHERS = "what another member proposes"


class AlreadyUndone(Conflict):
    """The import is undone already, or never came about."""

    code = "already_undone"
    title = "Already undone"


class ImportDependedOn(Conflict):
    """Something rests on what an import brought, or was changed since."""

    code = "import_depended_on"
    title = "Something depends on it"


def stored(draft: SiteDraft | SpanDraft) -> str:
    """Return a site or span as JSON that keeps every figure."""
    if isinstance(draft, SiteDraft):
        said: dict[str, Any] = {
            "name": draft.name,
            "kind": draft.kind,
            "position": draft.position,
            "owner": draft.owner,
        }
        return json.dumps(said)
    return json.dumps(
        {
            "a": draft.a, "z": draft.z, "geometry": draft.geometry, "length_m": str(draft.length_m),
            "length_basis": draft.length_basis, "fibre_owner": draft.fibre_owner, "duct_owner": draft.duct_owner,
            "fibres": draft.fibres, "reserved_pairs": draft.reserved_pairs, "offered_pairs": draft.offered_pairs,
            "risks": draft.risks,
        }
    )  # fmt: skip


def _site_of(code: str, kept: Mapping[str, Any]) -> SiteDraft:
    kind, position = SiteKind(kept["kind"]), tuple(kept["position"])
    return SiteDraft(file="", row=0, code=code, name=kept["name"], kind=kind, position=position, owner=kept["owner"])


def _span_of(code: str, kept: Mapping[str, Any]) -> SpanDraft:
    geometry = kept["geometry"] and tuple((x, y) for x, y in kept["geometry"])
    read = {"geometry": geometry, "length_m": Decimal(kept["length_m"]), "risks": tuple(kept["risks"])}
    return SpanDraft(file="", row=0, code=code, **{**kept, **read, "length_basis": LengthBasis(kept["length_basis"])})


def take_back(session: Session, actor: Actor, row: ImportRow, member_ids: Mapping[str, int], *, on: date) -> None:
    """Delete what an import added, and make what it changed what it was.

    Raises:
        ImportDependedOn: something rests on it, or was changed since; all of that is named.
    """
    changes = session.scalars(select(ImportChange).where(ImportChange.import_id == row.id)).all()
    problems = [*_changed_since(session, changes), *_resting_on(session, actor, row, on)]
    if problems:
        reasons = " ".join(problem.message for problem in problems[:MOST_NAMED])
        raise ImportDependedOn(f"{row.reference} cannot be undone: {reasons}", problems)
    altered = [change for change in changes if change.before is not None]
    before = PlantDrafts(
        sites=tuple(_site_of(each.code, each.before) for each in altered if each.kind == "site" and each.before),
        spans=tuple(_span_of(each.code, each.before) for each in altered if each.kind == "span" and each.before),
    )
    update_plant(session, before, member_ids)
    if (number := row.contribution_id) is not None:
        delete_plant(session, number)
        row.contribution_id = None
        session.flush()
        session.execute(delete(Contribution).where(Contribution.id == number))


def _codes(changes: Sequence[ImportChange], kind: str) -> list[str]:
    return [each.code for each in changes if each.kind == kind]


def _changed_since(session: Session, changes: Sequence[ImportChange]) -> Iterator[Problem]:
    """Yield what is no longer as the import left it."""
    sites, spans = _codes(changes, "site"), _codes(changes, "span")
    now = {("site", draft.code): digest_of(draft) for draft in (site_drafts(session, codes=sites) if sites else ())}
    now |= {("span", draft.code): digest_of(draft) for draft in (span_drafts(session, codes=spans) if spans else ())}
    other = [each.code for each in changes if now.get((each.kind, each.code)) != each.digest]
    if other:
        yield _depends(f"Changed or gone since: {_named(other)}.")


def _resting_on(session: Session, actor: Actor, row: ImportRow, on: date) -> Iterator[Problem]:
    """Yield what rests on the plant that an import added: rows that name its sites, spans and pairs; quotes.

    What edits made of it and is undone is of its contribution too, and goes with it.
    """
    contribution_id = row.contribution_id
    sites = select(Site.id).where(Site.contribution_id == contribution_id)
    spans = select(Span.id).where(Span.contribution_id == contribution_id)
    yield from _ending_at(session, actor, contribution_id)
    own = {"sites": sites, "spans": spans, "fibre_pairs": select(FibrePair.id).where(FibrePair.span_id.in_(spans))}
    for target, ids in own.items():
        for table in Base.metadata.sorted_tables:
            for key in table.foreign_keys:
                if key.column.table.name == target and table.name not in OWN_TABLES:
                    count = session.scalar(select(func.count()).select_from(table).where(key.parent.in_(ids)))
                    if count:
                        yield _depends(f"{count:,} of {table.name.replace('_', ' ')} rest on it.")
    codes = session.scalars(select(Span.code).where(Span.contribution_id == contribution_id)).all()
    if quotes := _open_quotes(session, codes, on):
        yield _depends(f"Quotes offer its spans: {_named(quotes)}.")


def _ending_at(session: Session, actor: Actor, contribution_id: int | None) -> Iterator[Problem]:
    """Yield which spans of other contributions end at an import's sites. One that has left the plant needs its ends.

    What another member only proposes is not named: its id is for that member and for staff.
    """
    sites = select(Site.id).where(Site.contribution_id == contribution_id)
    ending = Span.a_id.in_(sites) | Span.z_id.in_(sites)
    others = select(Span.code).where(ending, Span.contribution_id.is_distinct_from(contribution_id))
    if found := session.scalars(others.where(Span.retired_on.is_(None)).order_by(Span.code)).all():
        shown = shown_spans(session, actor, found)
        names = [code for code in found if code in shown]
        hidden = [PROPOSED_BY_OTHERS] if len(names) < len(found) else []
        yield _depends(f"Spans end at its sites: {_named([*hidden, *names])}.")
    if gone := session.scalars(others.where(Span.retired_on.is_not(None)).order_by(Span.code)).all():
        message = f"Spans that have left the plant ended at its sites and are kept for their past: {_named(gone)}."
        yield _depends(message, "Let the import stay, and withdraw or correct what it brought.")


def _depends(message: str, remedy: str = "Undo or end that first.") -> Problem:
    return Problem("depended_on", message, remedy)


def _open_quotes(session: Session, codes: Sequence[str], on: date) -> Sequence[str]:
    """Return the open quotes that run over these spans."""
    query = select(QuoteRow.reference, QuoteRow.snapshot).where(
        QuoteRow.expires_on >= on, ~select(Lease.id).where(Lease.quote_id == QuoteRow.id).exists()
    )
    own = set(codes)
    return [
        reference
        for reference, snapshot in (session.execute(query) if own else ())
        if own & {span["code"] for route in snapshot["routes"] for span in route["spans"]}
    ]


def _named(codes: Sequence[str]) -> str:
    named = ", ".join(codes[:MOST_NAMED])
    return named if len(codes) <= MOST_NAMED else f"{named} and {len(codes) - MOST_NAMED:,} more"
