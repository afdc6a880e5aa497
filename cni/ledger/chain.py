"""The chain of seals, computed a second time: what PostgreSQL hashed on commit, worked out here without it. Pure.

Each seal hashes its number, the hash before it and its journal's whole content (version `journal-1`, migration 0005).
Change any of it afterwards, by whatever means, and this file disagrees from that journal on. Journals vouch in turn for
what stands outside the books: a settlement's memo carries the digest of its charge lines, a document's memo the hash of
its snapshot.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

GENESIS = "0" * 64
"""The hash before the first."""


@dataclass(frozen=True, slots=True)
class SealedJournal:
    """A journal as it stands in the tables, with its seal. `postings`: (position, account code, pence) by position.

    `expected_evidence` is the hash that the memo must carry: of the charge lines or of the document as they are *now*.
    None: this journal vouches for nothing else, as a reversal that mirrors its original.
    """

    id: int
    kind: str
    period_starts_on: date
    period_ends_on: date
    effective_on: date
    recorded_at: datetime
    actor_id: int | None
    reverses_id: int | None
    memo: str
    key: str
    postings: tuple[tuple[int, str, int], ...]
    chain_number: int | None
    lines: int | None
    previous_hash: str | None
    hash: str | None
    expected_evidence: str | None = None


@dataclass(frozen=True, slots=True)
class WrongJournal:
    """The first journal that is not what was sealed, and why that is known."""

    journal: int
    key: str
    why: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of a check of the chain: how many journals are right, the hash of the last, the first wrong one.

    Keep `head` somewhere else: whoever rewrites the whole chain cannot rewrite that.
    """

    journals: int
    head: str
    first_wrong: WrongJournal | None = None


def canonical_json(value: Any) -> str:
    """Return the one way to write a value as JSON: sorted keys, no spaces, no escapes that are not needed.

    >>> canonical_json({"b": [1, None], "a": "£"})
    '{"a":"£","b":[1,null]}'
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256_of(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def content_of(journal: SealedJournal) -> str:
    """Return a journal's canonical content, the very text that `journal_content` makes in PostgreSQL."""
    head = "|".join(
        (
            "journal-1",
            str(journal.id),
            journal.kind,
            journal.period_starts_on.isoformat(),
            journal.effective_on.isoformat(),
            journal.recorded_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f"),
            _or_dash(journal.actor_id),
            _or_dash(journal.reverses_id),
            sha256_of(journal.memo),
            sha256_of(journal.key),
        )
    )
    return head + "".join(f"\n{position}|{account}|{pence}" for position, account, pence in journal.postings)


def seal_hash(chain_number: int, previous_hash: str, content: str) -> str:
    """Return the hash that a seal must carry."""
    return sha256_of(f"{chain_number}|{previous_hash}|{content}")


def verify(journals: Iterable[SealedJournal]) -> Verification:
    """Return how far all journals are right; they come in the order of the chain, those without a seal last."""
    number, head = 0, GENESIS
    for journal in journals:
        why = _fault(journal, number + 1, head)
        if why:
            return Verification(number, head, WrongJournal(journal.id, journal.key, why))
        number, head = number + 1, journal.hash or GENESIS
    return Verification(number, head)


def _fault(journal: SealedJournal, number: int, previous_hash: str) -> str | None:
    """Return why a journal is not what was sealed as the chain's `number`-th, or None."""
    if journal.chain_number is None:
        return "it has no seal"
    if journal.chain_number != number:
        return f"it is number {journal.chain_number} of the chain where number {number} should follow: one is missing"
    if journal.previous_hash != previous_hash:
        return "its seal does not follow from the seal before it"
    if journal.hash != seal_hash(number, previous_hash, content_of(journal)):
        return "its content is not what was sealed"
    return _unsound(journal)


def _unsound(journal: SealedJournal) -> str | None:
    """Return why a journal should never have been sealed, or no longer vouches for what stands on it, or None."""
    total = sum(pence for _position, _account, pence in journal.postings)
    if total or len(journal.postings) < 2 or len(journal.postings) != journal.lines:
        return f"it does not balance: {len(journal.postings)} postings, sum {total}"
    if not journal.period_starts_on <= journal.effective_on < journal.period_ends_on:
        return "it is dated outside its period"
    if journal.expected_evidence is not None and journal.expected_evidence not in journal.memo:
        return "what it stands for (charge lines, a document, a journal taken back) is not what was issued"
    return None


def _or_dash(number: int | None) -> str:
    return "-" if number is None else str(number)
