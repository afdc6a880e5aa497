"""Journals are balanced by construction, a reversal mirrors, and VAT is half-up at the rate of the day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from cni.ledger.chart import HEADINGS, heading_of
from cni.ledger.entries import JournalDraft, JournalKind, Posting, postings_of, reversal
from cni.ledger.vat import VatCategory, standard_rate, vat_on

DAY = date(2026, 10, 31)


def journal(text: str) -> JournalDraft:
    """A journal in the ledger's own notation: "receivable:user 120, lease-income -100, vat-output -20"."""
    postings = [entry.split() for entry in text.split(",")]
    return JournalDraft(
        kind=JournalKind.SETTLEMENT,
        effective_on=DAY,
        memo="a test",
        key="a key",
        postings=tuple(Posting(account, int(pence)) for account, pence in postings),
    )


def test_a_balanced_journal_is_accepted():
    assert len(journal("receivable:user 120, lease-income -100, vat-output -20").postings) == 3


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("receivable:user 120, lease-income -119", "does not balance"),
        ("receivable:user 120", "does not balance"),
        ("receivable:user 0, lease-income 0", "posting of nothing"),
        ("receivable 120, lease-income -120", "no account receivable"),
        ("lease-income:user 120, vat-output -120", "no account lease-income:user"),
        ("petty-cash 1, lease-income -1", "no account petty-cash"),
        ("receivable: 1, lease-income -1", "no account"),
    ],
)
def test_a_journal_that_is_not_whole_is_refused(text, why):
    with pytest.raises(ValueError, match=why):
        journal(text)


def test_amounts_of_one_account_are_added_up_and_nothing_is_left_out():
    postings = postings_of(
        [("lease-income", -5), ("receivable:b", 7), ("receivable:a", 1), ("lease-income", -3), ("reserve", 0)]
    )

    assert postings == (Posting("receivable:a", 1), Posting("receivable:b", 7), Posting("lease-income", -8))


def test_a_reversal_mirrors_and_names_what_it_takes_back():
    taken_back = reversal(17, journal("receivable:user 5, lease-income -5").postings, on=DAY, reason="Entered twice")

    assert taken_back.postings == (Posting("receivable:user", -5), Posting("lease-income", 5))
    assert (taken_back.reverses_id, taken_back.key, taken_back.memo) == (17, "reversal:17", "Entered twice")


def test_every_heading_is_found_by_the_codes_under_it():
    for heading in HEADINGS.values():
        assert heading_of(heading.of("a") if heading.per_member else heading.code) is heading


@pytest.mark.parametrize(
    ("day", "percent"),
    [
        (date(2008, 11, 30), "17.5"),
        (date(2008, 12, 1), "15"),
        (date(2010, 1, 1), "17.5"),
        (date(2011, 1, 3), "17.5"),
        (date(2011, 1, 4), "20"),
        (date(2026, 11, 22), "20"),
    ],
)
def test_the_standard_rate_is_that_of_the_tax_point(day, percent):
    assert standard_rate(day) == Decimal(percent)


def test_before_the_table_begins_no_rate_is_guessed():
    with pytest.raises(ValueError, match="1991-03-31"):
        standard_rate(date(1991, 3, 31))


@pytest.mark.parametrize(("net", "pence"), [(0, 0), (2, 0), (3, 1), (12, 2), (13, 3), (100, 20), (-13, -3)])
def test_vat_is_rounded_half_up_on_the_whole_document(net, pence):
    assert vat_on(net, DAY, registered=True).pence == pence


def test_whoever_is_not_registered_charges_no_vat():
    vat = vat_on(10_000, DAY, registered=False)

    assert (vat.category, vat.pence) == (VatCategory.OUTSIDE, 0)
