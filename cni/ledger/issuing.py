"""The rows that an approved and an issued settlement leave: the run, its charge lines, its documents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from cni.ledger import book, documents, settlement
from cni.ledger.chain import canonical_json, sha256_of
from cni.ledger.documents import DocumentDraft, Issue
from cni.ledger.lines import SettledLine
from cni.ledger.models import ChargeLineRow, DocumentRow, SettlementRunRow
from cni.ledger.parties import Party
from cni.ledger.settlement import Settlement


@dataclass(frozen=True, slots=True)
class Signing:
    """Who acts on a settlement, at which instant, on which civil day."""

    actor_id: int
    at: datetime
    on: date


def approve_run(
    session: Session, run: SettlementRunRow | None, settled: Settlement, signing: Signing
) -> SettlementRunRow:
    """Keep that somebody approved a month's figures; an approval of older figures gives way to this one."""
    run = run or SettlementRunRow(period_id=book.ensure_period(session, settled.month).id)
    run.digest = settled.digest
    run.charge_pence = settled.totals.charge_pence
    run.fee_pence = settled.totals.fee_pence
    run.margin_pence = settled.totals.margin_pence
    run.approved_by_id, run.approved_at = signing.actor_id, signing.at
    session.add(run)
    session.flush()
    return run


def issue_run(session: Session, run: SettlementRunRow, settled: Settlement, signing: Signing) -> None:
    """Freeze a month's charge lines and post its journal; its documents follow one by one."""
    _freeze_lines(session, run, settled.lines)
    draft = settlement.journal_of(settled)
    if draft is not None:
        run.journal_id = book.post(session, draft, actor_id=signing.actor_id, at=signing.at).id
    run.issued_by_id, run.issued_at = signing.actor_id, signing.at
    session.flush()


def issue_document(
    session: Session, run: SettlementRunRow, settled: Settlement, draft: DocumentDraft, coop: Party, signing: Signing
) -> DocumentRow:
    """Number, freeze and post one document."""
    issue = Issue(book.take_number(session, draft.kind.series), signing.on, settled.month)
    snapshot = documents.snapshot_of(draft, coop, issue, settled.lines)
    sha256 = sha256_of(canonical_json(snapshot))
    draft_journal = documents.journal_of(draft, issue, sha256)
    journal = book.post(session, draft_journal, actor_id=signing.actor_id, at=signing.at)
    row = DocumentRow(
        run_id=run.id,
        kind=draft.kind.value,
        number=issue.number,
        member_id=draft.party.member_id,
        issued_on=issue.on,
        tax_point_on=issue.on,
        due_on=issue.due_on,
        net_pence=draft.net_pence,
        vat_pence=draft.vat.pence,
        gross_pence=draft.gross_pence,
        journal_id=journal.id,
        snapshot=snapshot,
        sha256=sha256,
    )
    session.add(row)
    session.flush()
    return row


def _freeze_lines(session: Session, run: SettlementRunRow, lines: Iterable[SettledLine]) -> None:
    rows = [
        {"run_id": run.id, "position": position} | {name: getattr(line, name) for name in SettledLine.__slots__}
        for position, line in enumerate(lines, start=1)
    ]
    if rows:
        session.execute(insert(ChargeLineRow), rows)
