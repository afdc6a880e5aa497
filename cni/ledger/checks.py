"""Whether the books, the charge lines and the documents tell the same story. Pure.

The chain proves that nothing was changed; these sums prove that what was written was right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cni.ledger import chart
from cni.ledger.documents import DocumentKind

INVOICE, SELF_BILLED = DocumentKind.INVOICE, DocumentKind.SELF_BILLED_INVOICE


@dataclass(frozen=True, slots=True)
class Sums:
    """What each side says, in pence: accounts by heading, charge lines, documents by kind.

    `numbers_used` counts documents by kind, `numbers_taken` the numbers handed out by series.
    """

    accounts: Mapping[str, int]
    charge_pence: int
    fee_pence: int
    reserve_pence: int
    gross_pence: Mapping[str, int]
    vat_pence: Mapping[str, int]
    numbers_used: Mapping[str, int]
    numbers_taken: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be equal: what it is, what the books say, what the other side says."""

    title: str
    books: int
    expected: int

    @property
    def holds(self) -> bool:
        """Tell whether both say the same."""
        return self.books == self.expected


def check(sums: Sums) -> list[Check]:
    """Return every comparison, in the order in which an auditor would make them."""

    def account(heading: chart.Heading) -> int:
        return sums.accounts.get(heading.code, 0)

    return [
        Check("All accounts together", sum(sums.accounts.values()), 0),
        Check("Charges to users and the charge lines", -account(chart.LEASE_INCOME), sums.charge_pence),
        Check("Fees to contributors and the charge lines", account(chart.CONTRIBUTOR_FEES), sums.fee_pence),
        Check("Reserve and the charge lines", -account(chart.RESERVE), sums.reserve_pence),
        Check("Owed by users and the invoices", account(chart.RECEIVABLE), sums.gross_pence.get(INVOICE, 0)),
        Check("Owed to contributors and their invoices", -account(chart.PAYABLE), sums.gross_pence.get(SELF_BILLED, 0)),
        Check("VAT to pay and the invoices", -account(chart.VAT_OUTPUT), sums.vat_pence.get(INVOICE, 0)),
        Check("VAT to reclaim and their invoices", account(chart.VAT_INPUT), sums.vat_pence.get(SELF_BILLED, 0)),
        *(
            Check(f"Documents and numbers of {kind.series}", sums.numbers_used.get(kind, 0), taken)
            for kind in DocumentKind
            if (taken := sums.numbers_taken.get(kind.series, 0)) or sums.numbers_used.get(kind)
        ),
    ]
