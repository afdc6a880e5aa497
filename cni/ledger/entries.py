"""Journals before they are written: balanced by construction. Pure.

A debit is positive, a credit negative; a journal's postings sum to zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cni.ledger.chart import heading_of


class JournalKind(StrEnum):
    """Why a journal was written."""

    INVOICE = "invoice"
    REVERSAL = "reversal"
    SELF_BILLED_INVOICE = "self_billed_invoice"
    SETTLEMENT = "settlement"


@dataclass(frozen=True, slots=True)
class Posting:
    """A signed amount of pence on an account, by its code."""

    account: str
    amount_pence: int


@dataclass(frozen=True, slots=True)
class JournalDraft:
    """A journal about to be written. `key` says what it is for, once and for all: the same key is never posted twice.

    Raises:
        ValueError: it does not balance, has fewer than two postings, one of nothing, or an unknown account.
    """

    kind: JournalKind
    effective_on: date
    memo: str
    key: str
    postings: tuple[Posting, ...]
    reverses_id: int | None = None

    def __post_init__(self) -> None:
        total = sum(posting.amount_pence for posting in self.postings)
        if total or len(self.postings) < 2:
            raise ValueError(f"journal {self.key} does not balance: {len(self.postings)} postings, sum {total}")
        if not all(posting.amount_pence for posting in self.postings):
            raise ValueError(f"journal {self.key} has a posting of nothing")
        for posting in self.postings:
            heading_of(posting.account)


def postings_of(amounts: Iterable[tuple[str, int]]) -> tuple[Posting, ...]:
    """Return amounts of pence by account as postings: one for each account, debits first, none of nothing."""
    totals: defaultdict[str, int] = defaultdict(int)
    for account, pence in amounts:
        totals[account] += pence
    in_order = sorted(totals.items(), key=lambda item: (item[1] < 0, item[0]))
    return tuple(Posting(account, pence) for account, pence in in_order if pence)


def reversal(journal_id: int, postings: Iterable[Posting], *, on: date, reason: str) -> JournalDraft:
    """Return the journal that takes another one back: each posting turned about, dated `on`."""
    return JournalDraft(
        kind=JournalKind.REVERSAL,
        effective_on=on,
        memo=reason,
        key=f"reversal:{journal_id}",
        postings=tuple(Posting(posting.account, -posting.amount_pence) for posting in postings),
        reverses_id=journal_id,
    )
