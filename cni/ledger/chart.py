"""The chart of accounts. Pure.

A member's accounts carry their slug behind a colon (`receivable:pennine-wave`); the co-op's own stand alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AccountKind(StrEnum):
    """The five kinds of account."""

    ASSET = "asset"
    EQUITY = "equity"
    EXPENSE = "expense"
    INCOME = "income"
    LIABILITY = "liability"


@dataclass(frozen=True, slots=True)
class Heading:
    """An account of the co-op, or the group of the members' accounts of one use."""

    code: str
    name: str
    kind: AccountKind
    per_member: bool = False

    def of(self, slug: str) -> str:
        """Return the code of a member's account under this heading."""
        return f"{self.code}:{slug}"


RECEIVABLE = Heading("receivable", "Invoices to users, unpaid", AccountKind.ASSET, per_member=True)
ACCRUED_CHARGES = Heading("accrued-charges", "Charges settled, not yet invoiced", AccountKind.ASSET, per_member=True)
VAT_INPUT = Heading("vat-input", "VAT on fees, to reclaim", AccountKind.ASSET)
PAYABLE = Heading("payable", "Self-billed invoices to contributors, unpaid", AccountKind.LIABILITY, per_member=True)
ACCRUED_FEES = Heading("accrued-fees", "Fees settled, not yet self-billed", AccountKind.LIABILITY, per_member=True)
SUSPENSE = Heading("suspense", "Fees with no entitled owner", AccountKind.LIABILITY)
VAT_OUTPUT = Heading("vat-output", "VAT on charges, to pay", AccountKind.LIABILITY)
RESERVE = Heading("reserve", "Reserve", AccountKind.EQUITY)
RESERVE_APPROPRIATION = Heading("reserve-appropriation", "Margin put into the reserve", AccountKind.EQUITY)
LEASE_INCOME = Heading("lease-income", "Charges to users", AccountKind.INCOME)
CONTRIBUTOR_FEES = Heading("contributor-fees", "Fees to contributors", AccountKind.EXPENSE)

HEADINGS = {
    heading.code: heading
    for heading in (
        RECEIVABLE,
        ACCRUED_CHARGES,
        VAT_INPUT,
        PAYABLE,
        ACCRUED_FEES,
        SUSPENSE,
        VAT_OUTPUT,
        RESERVE,
        RESERVE_APPROPRIATION,
        LEASE_INCOME,
        CONTRIBUTOR_FEES,
    )
}


def heading_of(code: str) -> Heading:
    """Return the heading that an account's code stands under.

    Raises:
        ValueError: there is no such heading, or it has no member's accounts.
    """
    name, colon, slug = code.partition(":")
    heading = HEADINGS.get(name)
    if heading is None or bool(colon) != heading.per_member or bool(slug) != heading.per_member:
        raise ValueError(f"there is no account {code} in the chart")
    return heading
