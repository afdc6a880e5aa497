"""The books for other programs: Beancount, hledger, CSV. Pure.

Amounts are in pounds with two decimals, made from whole pence. Both ledger formats end with what each account must come
to, so that the other program proves the file.

Source: Beancount 3 language syntax (directives `open`, `balance`); hledger 1.x journal format (`account`, assertions).
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cni.ledger.chart import AccountKind, heading_of
from cni.primitives.formulas import formula_safe

ROOTS = {
    AccountKind.ASSET: "Assets",
    AccountKind.EQUITY: "Equity",
    AccountKind.EXPENSE: "Expenses",
    AccountKind.INCOME: "Income",
    AccountKind.LIABILITY: "Liabilities",
}
COLUMNS = ("journal", "effective_on", "kind", "memo", "account", "amount_pence", "hash")


@dataclass(frozen=True, slots=True)
class ExportedJournal:
    """A journal as it is exported. `postings`: (account code, pence), debits positive."""

    number: int
    effective_on: date
    kind: str
    memo: str
    hash: str
    postings: Sequence[tuple[str, int]]


def beancount(journals: Sequence[ExportedJournal]) -> str:
    """Return the books as a Beancount file."""
    return "\n".join(_beancount_lines(journals)) + "\n"


def hledger(journals: Sequence[ExportedJournal]) -> str:
    """Return the books as an hledger journal that `hledger check --strict` accepts."""
    return "\n".join(_hledger_lines(journals)) + "\n"


def as_csv(journals: Sequence[ExportedJournal]) -> str:
    """Return the books as CSV, one row for each posting, amounts in whole pence."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for journal in journals:
        for account, pence in journal.postings:
            head = (journal.number, journal.effective_on.isoformat(), journal.kind, formula_safe(journal.memo))
            writer.writerow((*head, formula_safe(account), pence, journal.hash))
    return out.getvalue()


FORMATS: Mapping[str, Callable[[Sequence[ExportedJournal]], str]] = {
    "beancount": beancount,
    "csv": as_csv,
    "hledger": hledger,
}


def account_name(code: str) -> str:
    """Return an account's name in both formats: its kind, then each part with a capital.

    >>> account_name("receivable:pennine-wave"), account_name("vat-output")
    ('Assets:Receivable:Pennine-wave', 'Liabilities:Vat-output')
    """
    parts = [_component(part) for part in code.split(":")]
    return ":".join([ROOTS[heading_of(code).kind], *parts])


def pounds_text(pence: int) -> str:
    """Return an amount in pounds for a program to read.

    >>> pounds_text(-123456), pounds_text(5)
    ('-1234.56', '0.05')
    """
    return f"{'-' if pence < 0 else ''}{abs(pence) // 100}.{abs(pence) % 100:02d}"


def _beancount_lines(journals: Sequence[ExportedJournal]) -> Iterator[str]:
    yield 'option "operating_currency" "GBP"'
    first = min((journal.effective_on for journal in journals), default=None)
    last = max((journal.effective_on for journal in journals), default=None)
    totals = _totals(journals)
    for code in totals:
        yield f"{first} open {account_name(code)} GBP"
    for journal in _by_date(journals):
        yield ""
        yield f'{journal.effective_on} * "{_quoted(journal.kind)}" "{_quoted(journal.memo)}"'
        yield f'  journal: "{journal.number}"'
        for code, pence in journal.postings:
            yield f"  {account_name(code)}  {pounds_text(pence)} GBP"
    if last is not None:
        yield ""
        # A balance counts at the start of its day: the day after the last journal.
        for code, pence in totals.items():
            yield f"{last + timedelta(days=1)} balance {account_name(code)}  {pounds_text(pence)} GBP"


def _hledger_lines(journals: Sequence[ExportedJournal]) -> Iterator[str]:
    yield "commodity 1000.00 GBP"
    totals = _totals(journals)
    for code in totals:
        yield f"account {account_name(code)}"
    for journal in _by_date(journals):
        yield ""
        yield f"{journal.effective_on} * ({journal.number}) {_plain(journal.kind)}  ; {_plain(journal.memo)}"
        for code, pence in journal.postings:
            yield f"    {account_name(code)}  {pounds_text(pence)} GBP"
    if journals:
        yield ""
        yield f"{max(journal.effective_on for journal in journals)} * balances of all accounts"
        for code, pence in totals.items():
            yield f"    {account_name(code)}  0.00 GBP = {pounds_text(pence)} GBP"


def _totals(journals: Iterable[ExportedJournal]) -> dict[str, int]:
    totals: defaultdict[str, int] = defaultdict(int)
    for journal in journals:
        for code, pence in journal.postings:
            totals[code] += pence
    return dict(sorted(totals.items()))


def _by_date(journals: Sequence[ExportedJournal]) -> list[ExportedJournal]:
    return sorted(journals, key=lambda journal: (journal.effective_on, journal.number))


def _component(part: str) -> str:
    # Beancount takes letters, digits and hyphens, and a capital or a digit first; a slug may have dots and underlines.
    plain = part.replace(".", "-dot-").replace("_", "-line-")
    return plain[:1].upper() + plain[1:]


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


def _plain(text: str) -> str:
    return " ".join(text.replace(";", ",").replace("|", "/").split())
