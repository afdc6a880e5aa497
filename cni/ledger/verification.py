"""Read the books back and check them: the chain in `chain`, the sums in `checks`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cni.ledger import book, chain, checks, queries
from cni.ledger.chain import SealedJournal, Verification, canonical_json, sha256_of
from cni.ledger.checks import Check, Sums
from cni.ledger.entries import JournalKind, Posting
from cni.ledger.lines import digest_of, totals_of
from cni.ledger.models import (
    ChargeLineRow,
    DocumentRow,
    JournalRow,
    JournalSeal,
    LedgerPeriod,
    NumberSeries,
    SettlementRunRow,
)
from cni.members.models import Member
from cni.primitives.period import Month

BATCH = 1_000
BROKEN = "not what was issued"
"""Evidence that no memo carries."""


def verify_chain(session: Session) -> Verification:
    """Return what a check of every journal, from the first on, finds; it trusts no trigger and no stored total."""
    session.expire_all()  # what this session read before may have been changed behind its back
    return chain.verify(sealed_journals(session))


def check_sums(session: Session) -> list[Check]:
    """Return whether the books, the charge lines and the documents add up to the same."""
    return checks.check(_sums(session))


def sealed_journals(session: Session) -> Iterator[SealedJournal]:
    """Yield every journal in the order of the chain, those without a seal last."""
    evidence, mirrors = _evidence(session), _true_reversals(session)
    rows = iter(
        session.execute(
            select(JournalRow, LedgerPeriod, JournalSeal)
            .join(LedgerPeriod, LedgerPeriod.id == JournalRow.period_id)
            .outerjoin(JournalSeal, JournalSeal.journal_id == JournalRow.id)
            .order_by(JournalSeal.chain_number.asc().nulls_last(), JournalRow.id)
        )
    )
    while batch := list(islice(rows, BATCH)):
        numbers = [journal.id for journal, _period, _seal in batch]
        postings = queries.postings_by_journal(session, min(numbers), max(numbers))
        for journal, period, seal in batch:
            yield SealedJournal(
                id=journal.id,
                kind=journal.kind,
                period_starts_on=period.starts_on,
                period_ends_on=period.ends_on,
                effective_on=journal.effective_on,
                recorded_at=journal.recorded_at,
                actor_id=journal.actor_id,
                reverses_id=journal.reverses_id,
                memo=journal.memo,
                key=journal.key,
                postings=tuple(postings.get(journal.id, ())),
                chain_number=seal.chain_number if seal else None,
                lines=seal.lines if seal else None,
                previous_hash=seal.previous_hash if seal else None,
                hash=seal.hash if seal else None,
                expected_evidence=None if journal.id in mirrors else evidence.get(journal.id, BROKEN),
            )


def _evidence(session: Session) -> dict[int, str]:
    """Return, by journal, the hash of what it vouches for as that is now."""
    found: dict[int, str] = {}
    for view in queries.runs(session):
        if view.run.journal_id is not None:
            found[view.run.journal_id] = _run_evidence(session, view.run, view.month)
    rows = session.execute(select(DocumentRow, Member.slug).join(Member, Member.id == DocumentRow.member_id))
    for document, slug in rows:
        found[document.journal_id] = _document_evidence(document, slug)
    return found


def _true_reversals(session: Session) -> set[int]:
    """Return the reversals that mirror what they take back, posting by posting; they vouch for nothing else."""
    reversals = select(JournalRow.id, JournalRow.reverses_id).where(JournalRow.kind == JournalKind.REVERSAL)
    return {
        journal_id
        for journal_id, reversed_id in session.execute(reversals)
        if reversed_id is not None and _mirrors(session, journal_id, reversed_id)
    }


def _mirrors(session: Session, journal_id: int, reversed_id: int) -> bool:
    postings = book.postings_of_journal(session, journal_id)
    original = book.postings_of_journal(session, reversed_id)
    return list(postings) == [Posting(posting.account, -posting.amount_pence) for posting in original]


def _run_evidence(session: Session, run: SettlementRunRow, month: Month) -> str:
    lines = queries.lines_of(session, run.id)
    digest, totals = digest_of(month, lines), totals_of(lines)
    stored = (run.digest, run.charge_pence, run.fee_pence, run.margin_pence)
    computed = (digest, totals.charge_pence, totals.fee_pence, totals.margin_pence)
    return digest if stored == computed else BROKEN


def _document_evidence(row: DocumentRow, slug: str) -> str:
    """Return the hash of a document's snapshot, if the columns beside it say the same."""
    names = ("kind", "number", "net_pence", "vat_pence", "gross_pence")
    stored = {name: getattr(row, name) for name in names}
    stored |= {name: getattr(row, name).isoformat() for name in ("issued_on", "tax_point_on", "due_on")}
    stored["member"] = slug
    if any(row.snapshot.get(name) != value for name, value in stored.items()):
        return BROKEN
    sha256 = sha256_of(canonical_json(row.snapshot))
    return sha256 if sha256 == row.sha256 else BROKEN


def _sums(session: Session) -> Sums:
    accounts: dict[str, int] = {}
    for balance in queries.balances(session):
        heading = balance.code.partition(":")[0]
        accounts[heading] = accounts.get(heading, 0) + balance.amount_pence
    lines = session.execute(
        select(
            func.sum(ChargeLineRow.charge_pence),
            func.sum(ChargeLineRow.fee_pence),
            func.sum(ChargeLineRow.reserve_pence),
        )
    ).one()
    documents = list(
        session.execute(
            select(
                DocumentRow.kind,
                func.sum(DocumentRow.gross_pence),
                func.sum(DocumentRow.vat_pence),
                func.count(),
            ).group_by(DocumentRow.kind)
        )
    )
    series = session.execute(select(NumberSeries.name, NumberSeries.next_number))
    return Sums(
        accounts=accounts,
        charge_pence=int(lines[0] or 0),
        fee_pence=int(lines[1] or 0),
        reserve_pence=int(lines[2] or 0),
        gross_pence={kind: int(gross) for kind, gross, _vat, _count in documents},
        vat_pence={kind: int(vat) for kind, _gross, vat, _count in documents},
        numbers_used={kind: count for kind, _gross, _vat, count in documents},
        numbers_taken={name: next_number - 1 for name, next_number in series},
    )
