"""What a month's charge lines come to: totals, documents, the journal, warnings and a digest. Pure.

The digest is the SHA-256 of the lines alone, in their one order: it depends on nothing but what is charged, never on
when it was computed or in which order the rows came. It is what the second approver approves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from cni.ledger import chart
from cni.ledger.documents import DocumentDraft, drafts
from cni.ledger.entries import JournalDraft, JournalKind, postings_of
from cni.ledger.lines import SettledLine, Totals, digest_of, totals_of
from cni.ledger.parties import Caution, Party
from cni.primitives.money import pounds
from cni.primitives.period import Month


@dataclass(frozen=True, slots=True)
class Settlement:
    """A month, settled. `documents` are those that its lines call for, whether they may be issued or not."""

    month: Month
    lines: tuple[SettledLine, ...]
    totals: Totals
    documents: tuple[DocumentDraft, ...]
    warnings: tuple[Caution, ...]
    digest: str

    def warning_only_of(self, documents: Iterable[DocumentDraft]) -> Settlement:
        """Return it without the warnings of documents other than these, which are issued already."""
        about_documents = {warning for document in self.documents for warning in document.warnings}
        kept = {warning for document in documents for warning in document.warnings}
        warnings = tuple(w for w in self.warnings if w in kept or w not in about_documents)
        return replace(self, warnings=warnings)


def settle(
    month: Month, lines: Iterable[SettledLine], parties: dict[str, Party], coop: Party | None, tax_point: date
) -> Settlement:
    """Return a month's settlement, its documents as they would be if issued on `tax_point`."""
    in_order = tuple(sorted(lines, key=lambda line: line.place))
    documents = tuple(drafts(in_order, parties, coop, tax_point))
    warnings = [*_suspense_warnings(in_order), *(warning for document in documents for warning in document.warnings)]
    return Settlement(
        month=month,
        lines=in_order,
        totals=totals_of(in_order),
        documents=documents,
        # What the co-op lacks keeps every document back, but is said once.
        warnings=tuple(dict.fromkeys(warnings)),
        digest=digest_of(month, in_order),
    )


def journal_of(settlement: Settlement) -> JournalDraft | None:
    """Return the journal of a month, dated on its last day; None where there is nothing to post.

    What users owe is accrued until it is invoiced, what contributors earn until it is self-billed. Its memo vouches
    for the charge lines.
    """
    amounts: list[tuple[str, int]] = []
    for line in settlement.lines:
        amounts.append((chart.ACCRUED_CHARGES.of(line.user), line.charge_pence))
        amounts.append((chart.LEASE_INCOME.code, -line.charge_pence))
        amounts.append((chart.CONTRIBUTOR_FEES.code, line.fee_pence))
        amounts.append((_fee_account(line), -line.fee_pence))
        amounts.append((chart.RESERVE_APPROPRIATION.code, line.reserve_pence))
        amounts.append((chart.RESERVE.code, -line.reserve_pence))
    postings = postings_of(amounts)
    if not postings:
        return None
    return JournalDraft(
        kind=JournalKind.SETTLEMENT,
        effective_on=settlement.month.last_day,
        memo=f"Settlement of {settlement.month}; charge lines sha256 {settlement.digest}",
        key=f"settlement:{settlement.month}",
        postings=postings,
    )


def _fee_account(line: SettledLine) -> str:
    if line.contributor in (None, chart.SUSPENSE.code):
        return chart.SUSPENSE.code
    return chart.ACCRUED_FEES.of(line.contributor)


def _suspense_warnings(lines: Iterable[SettledLine]) -> Iterator[Caution]:
    fees: defaultdict[tuple[str, str | None], int] = defaultdict(int)
    for line in lines:
        if line.contributor == chart.SUSPENSE.code:
            fees[line.lease, line.span] += line.fee_pence
    for (lease, span), pence in fees.items():
        if pence:
            where = f"{f'span {span}' if span else 'rack space'} of lease {lease}"
            yield Caution(
                "fee_in_suspense",
                None,
                f"Nobody has a right to the fee of {pounds(pence)} for {where}: it is kept in suspense.",
                "Check the owner of the plant and the days on which it is a contributor.",
            )
