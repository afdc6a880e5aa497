"""`cni settle` and `cni ledger` as typed: one JSON document, and an exit code that tells the kind of refusal."""

from __future__ import annotations

import json
import sys

import pytest
from sqlalchemy import text

from cni.cli.main import main
from tests.books import make_books

ZEROS = "0" * 64


@pytest.fixture
def cni(test_runtime, monkeypatch, capsys):
    """Run a command on the test's own session; return its exit code, its JSON document and its messages."""
    for module in ("ledger", "settle"):
        monkeypatch.setattr(f"cni.cli.{module}.open_database", lambda: None)

    def run(*words: str, as_json: bool = True):
        monkeypatch.setattr(sys, "argv", ["cni", *words, *(["--json"] if as_json else [])])
        with pytest.raises(SystemExit) as left:
            main()
        printed = capsys.readouterr()
        return left.value.code or 0, json.loads(printed.out) if as_json else printed.out, printed.err

    return run


@pytest.fixture
def books(session):
    books = make_books(session)
    session.commit()
    return books


def test_a_month_from_preview_to_verify(cni, books, session):
    treasurer, approver = books.treasurer_person.email, books.approver_person.email
    _, preview, _ = cni("settle", "preview", "2026-08")
    assert {"digest", "charges", "totals", "documents", "warnings", "differences", "provisional"} <= preview.keys()
    assert preview["charges"][0] == {
        "lease": "LSE-ONE",
        "span": "A-B",
        "contributor": "council",
        "user": "user",
        "from": "2026-08-01",
        "to": "2026-09-01",
        "days": 31,
        "charge_pence": 11_571,
        "fee_pence": 8_678,
        "margin_pence": 2_893,
    }
    digest = preview["digest"]

    assert cni("settle", "issue", "2026-08", "--digest", digest, "--as", treasurer)[0] == 5
    assert cni("settle", "approve", "2026-08", "--digest", ZEROS, "--as", approver)[0] == 5
    assert cni("settle", "approve", "2026-08", "--digest", digest, "--as", approver.upper())[0] == 0
    code, issued, _ = cni("settle", "issue", "2026-08", "--digest", digest, "--as", treasurer)
    assert (code, issued["state"], issued["digest"]) == (0, "issued", digest)
    assert cni("settle", "issue", "2026-08", "--digest", digest, "--as", treasurer)[1] == issued
    assert cni("settle", "preview", "2026-08")[1] == issued
    assert cni("ledger", "close", "2026-08", "--as", treasurer)[1]["period"] == "2026-08"

    code, balance, _ = cni("ledger", "trial-balance", "--on", "2026-08-31")
    assert (code, balance["total_pence"]) == (0, 0)
    assert {row["account"] for row in balance["accounts"]} >= {"lease-income", "accrued-charges:user"}
    code, report, _ = cni("ledger", "verify")
    assert (code, report["holds"], report["first_wrong"], report["journals"]) == (0, True, None, 4)

    session.execute(text("SET LOCAL session_replication_role = replica"))
    wrong = session.scalar(text("SELECT journal_id FROM journal_seals WHERE chain_number = 3"))
    session.execute(text(f"UPDATE postings SET amount_pence = amount_pence + 1 WHERE journal_id = {wrong}"))
    session.commit()
    code, report, _ = cni("ledger", "verify")
    assert (code, report["holds"], report["first_wrong"]["journal"]) == (5, False, wrong)
    code, words, _ = cni("ledger", "verify", as_json=False)
    assert (code, f"Journal {wrong} (document:" in words) == (5, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("settle", "preview", "October"), 2),
        (("settle", "preview", "2026-13"), 2),
        (("settle", "preview", "9999-12"), 2),
        (("ledger", "trial-balance", "--on", "30 February"), 2),
        (("settle", "approve", "2026-08", "--digest", ZEROS, "--as", "nobody@demonstration.example"), 3),
        (("settle", "approve", "2026-08", "--digest", ZEROS, "--as", "TREASURER"), 4),
        (("settle", "issue", "2026-08", "--digest", ZEROS, "--as", "APPROVER"), 4),
        (("ledger", "close", "2026-08", "--as", "APPROVER"), 4),
        (("settle", "issue", "2026-08", "--digest", ZEROS, "--as", "TREASURER"), 5),
        (("ledger", "close", "2026-08", "--as", "TREASURER"), 5),
    ],
)
def test_a_refusal_has_its_exit_code_and_says_why(cni, books, words, code):
    people = {"TREASURER": books.treasurer_person.email, "APPROVER": books.approver_person.email}
    found, document, messages = cni(*(people.get(word, word) for word in words))

    assert found == code
    assert document.keys() <= {"problems", "error"}
    assert len(messages) > 20
    assert "Traceback" not in messages


@pytest.mark.parametrize("form", ["beancount", "hledger", "csv"])
def test_the_books_are_exported_to_standard_output(cni, books, form):
    code, exported, _ = cni("ledger", "export", "--format", form, as_json=False)

    assert code == 0
    assert exported
