"""The chain is verified without the database: whatever is changed, the journal is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from cni.ledger.chain import GENESIS, SealedJournal, content_of, seal_hash, sha256_of, verify


def chain(length: int = 3) -> list[SealedJournal]:
    """A chain of sealed journals, numbered from 11."""
    journals: list[SealedJournal] = []
    for number in range(1, length + 1):
        previous = journals[-1].hash if journals else GENESIS
        journal = SealedJournal(
            id=10 + number,
            kind="settlement",
            period_starts_on=date(2026, 10, 1),
            period_ends_on=date(2026, 11, 1),
            effective_on=date(2026, 10, 31),
            recorded_at=datetime(2026, 11, 3, 9, 0, number, tzinfo=UTC),
            actor_id=None,
            reverses_id=None,
            memo=f"memo {number}; sha256 abc",
            key=f"key {number}",
            postings=((1, "accrued-charges:user", 100), (2, "lease-income", -100)),
            chain_number=number,
            lines=2,
            previous_hash=previous,
            hash=None,
            expected_evidence="abc",
        )
        journals.append(replace(journal, hash=seal_hash(number, previous, content_of(journal))))
    return journals


def test_a_whole_chain_is_right_and_tells_its_head():
    journals = chain()
    found = verify(journals)

    assert (found.journals, found.head, found.first_wrong) == (3, journals[-1].hash, None)
    assert verify([]).head == GENESIS


def test_the_content_is_written_as_migration_0005_writes_it():
    assert content_of(chain(1)[0]) == (
        "journal-1|11|settlement|2026-10-01|2026-10-31|2026-11-03T09:00:01.000000|-|-|"
        f"{sha256_of('memo 1; sha256 abc')}|{sha256_of('key 1')}"
        "\n1|accrued-charges:user|100\n2|lease-income|-100"
    )


def test_an_instant_is_the_same_in_every_time_zone():
    journal = chain(1)[0]
    elsewhere = journal.recorded_at.astimezone(timezone(timedelta(hours=1)))

    assert content_of(replace(journal, recorded_at=elsewhere)) == content_of(journal)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"memo": "another"}, "content"),
        ({"key": "another"}, "content"),
        ({"kind": "reversal"}, "content"),
        ({"actor_id": 5}, "content"),
        ({"reverses_id": 11}, "content"),
        ({"effective_on": date(2026, 10, 30)}, "content"),
        ({"period_starts_on": date(2026, 9, 1)}, "content"),
        ({"recorded_at": datetime(2026, 11, 3, 9, 0, 3, tzinfo=UTC)}, "content"),
        ({"postings": ((1, "accrued-charges:user", 101), (2, "lease-income", -101))}, "content"),
        ({"postings": ((1, "accrued-charges:other", 100), (2, "lease-income", -100))}, "content"),
        ({"hash": "f" * 64}, "content"),
        ({"previous_hash": "f" * 64}, "does not follow"),
        ({"chain_number": 4}, "one is missing"),
        ({"chain_number": None}, "no seal"),
        ({"expected_evidence": "def"}, "not what was issued"),
    ],
)
def test_whatever_is_changed_in_a_journal_it_is_named(change, why):
    journals = chain()
    journals[1] = replace(journals[1], **change)
    found = verify(journals)

    assert found.journals == 1
    assert (found.first_wrong.journal, found.first_wrong.key) == (12, journals[1].key)
    assert why in found.first_wrong.why


def test_a_journal_that_is_gone_is_missed_by_the_next():
    first, _gone, last = chain()

    assert verify([first, last]).first_wrong.journal == last.id


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"postings": ((1, "accrued-charges:user", 100), (2, "lease-income", -99))}, "does not balance"),
        ({"postings": ()}, "does not balance"),
        ({"lines": 3}, "does not balance"),
        ({"effective_on": date(2026, 11, 1)}, "outside its period"),
    ],
)
def test_a_forged_seal_does_not_make_a_journal_sound(change, why):
    forged = replace(chain(1)[0], **change)
    forged = replace(forged, hash=seal_hash(1, GENESIS, content_of(forged)))

    assert why in verify([forged]).first_wrong.why
