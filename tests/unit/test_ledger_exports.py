"""The books for other programs: balanced, asserted, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from datetime import date

from cni.ledger.exports import ExportedJournal, account_name, as_csv, beancount, hledger

JOURNALS = [
    ExportedJournal(
        2,
        date(2026, 11, 3),
        "invoice",
        'INV-000001 "first"; rest | x',
        "b" * 64,
        [("receivable:pennine-wave", 120), ("accrued-charges:pennine-wave", -100), ("vat-output", -20)],
    ),
    ExportedJournal(
        1,
        date(2026, 10, 31),
        "settlement",
        "=2+2",
        "a" * 64,
        [("accrued-charges:pennine-wave", 100), ("lease-income", -100)],
    ),
]


def test_beancount_opens_every_account_and_asserts_the_day_after():
    text = beancount(JOURNALS)

    assert "2026-10-31 open Assets:Receivable:Pennine-wave GBP" in text
    assert "2026-11-04 balance Liabilities:Vat-output  -0.20 GBP" in text
    assert '2026-11-03 * "invoice" "INV-000001 \\"first\\"; rest | x"' in text
    assert text.index("2026-10-31 *") < text.index("2026-11-03 *")


def test_hledger_declares_what_it_uses_and_asserts_every_balance():
    text = hledger(JOURNALS)

    assert "account Income:Lease-income" in text
    assert "    Assets:Receivable:Pennine-wave  0.00 GBP = 1.20 GBP" in text
    assert '2026-11-03 * (2) invoice  ; INV-000001 "first", rest / x' in text


def test_csv_keeps_whole_pence_and_no_formula():
    rows = list(csv.DictReader(io.StringIO(as_csv(JOURNALS))))

    assert sum(int(row["amount_pence"]) for row in rows) == 0
    assert {row["memo"] for row in rows} == {'INV-000001 "first"; rest | x', "'=2+2"}


def test_empty_books_are_exported_too():
    assert "GBP" in beancount([])
    assert "commodity" in hledger([])
    assert as_csv([]).startswith("journal,")


def test_an_account_name_is_one_that_both_programs_take():
    assert account_name("payable:a.b_c") == "Liabilities:Payable:A-dot-b-line-c"
