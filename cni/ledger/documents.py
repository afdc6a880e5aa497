"""Invoices and self-billed invoices before they are issued, and the frozen snapshot that each is rendered from. Pure.

Source: VAT Regulations 1995 reg. 13(3) and 14(1); HMRC Notice 700/62 (self-billing).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from cni.ledger import chart
from cni.ledger.entries import JournalDraft, JournalKind, postings_of
from cni.ledger.lines import SettledLine
from cni.ledger.parties import Caution, Party, address_warnings, coop_warnings, self_billing_warnings
from cni.ledger.vat import Vat, VatCategory, vat_on
from cni.primitives.period import Month

PAYMENT_DAYS = 30
SELF_BILLED_WORDS = "The VAT shown is your output tax due to HMRC"
"""The words that the law asks for on a self-billed invoice with VAT."""


class DocumentKind(StrEnum):
    """What kind of document."""

    INVOICE = "invoice"
    SELF_BILLED_INVOICE = "self_billed_invoice"

    @property
    def series(self) -> str:
        """The series that its numbers come from."""
        return "INV" if self is DocumentKind.INVOICE else "SBI"


@dataclass(frozen=True, slots=True)
class DocumentDraft:
    """A document that a settlement calls for: one invoice for each user, one self-billed invoice for each contributor.

    `warnings` with `withholds` keep it from being issued.
    """

    kind: DocumentKind
    party: Party
    net_pence: int
    vat: Vat
    warnings: tuple[Caution, ...] = ()

    @property
    def gross_pence(self) -> int:
        """Net and VAT together."""
        return self.net_pence + self.vat.pence

    @property
    def is_withheld(self) -> bool:
        """Tell whether it may not be issued as things stand."""
        return any(warning.withholds for warning in self.warnings)


@dataclass(frozen=True, slots=True)
class Issue:
    """What a draft becomes when it is issued: its number, its day, for which month."""

    number: str
    on: date
    month: Month

    @property
    def due_on(self) -> date:
        """The last day to pay."""
        return self.on + timedelta(days=PAYMENT_DAYS)


def drafts(
    lines: Iterable[SettledLine], parties: dict[str, Party], coop: Party | None, tax_point: date
) -> Iterator[DocumentDraft]:
    """Yield the documents that charge lines call for, invoices first, each kind by the member's slug.

    A fee in suspense is nobody's, and a total of nothing needs no document.
    """
    charges: defaultdict[str, int] = defaultdict(int)
    fees: defaultdict[str, int] = defaultdict(int)
    for line in lines:
        charges[line.user] += line.charge_pence
        if line.contributor not in (None, chart.SUSPENSE.code):
            fees[line.contributor] += line.fee_pence
    lacking = tuple(coop_warnings(coop))
    for slug, pence in sorted(charges.items()):
        if pence:
            yield _invoice(parties[slug], pence, tax_point, lacking)
    for slug, pence in sorted(fees.items()):
        if pence:
            yield _self_billed_invoice(parties[slug], pence, tax_point, lacking)


def snapshot_of(draft: DocumentDraft, coop: Party, issue: Issue, lines: Iterable[SettledLine]) -> dict[str, Any]:
    """Return all that is on a document, as plain JSON values: what is printed is this and nothing else."""
    is_invoice = draft.kind is DocumentKind.INVOICE
    supplier, customer = (coop, draft.party) if is_invoice else (draft.party, coop)
    period = issue.month.period
    return {
        "kind": draft.kind.value,
        "number": issue.number,
        "issued_on": issue.on.isoformat(),
        "tax_point_on": issue.on.isoformat(),
        "due_on": issue.due_on.isoformat(),
        "from": period.start.isoformat(),
        "to": period.end.isoformat(),
        "period": str(issue.month),
        "member": draft.party.slug,
        "supplier": supplier.particulars(),
        "customer": customer.particulars(),
        "lines": _printed_lines(draft, lines),
        "vat": {
            "category": draft.vat.category.value,
            "percent": percent_text(draft.vat.percent),
            "net_pence": draft.net_pence,
            "vat_pence": draft.vat.pence,
        },
        "net_pence": draft.net_pence,
        "vat_pence": draft.vat.pence,
        "gross_pence": draft.gross_pence,
        "pay_to": supplier.bank(),
        "words": _words(draft),
    }


def journal_of(draft: DocumentDraft, issue: Issue, sha256: str) -> JournalDraft:
    """Return the journal that an issued document is posted by; its memo vouches for the document's snapshot."""
    slug = draft.party.slug
    if draft.kind is DocumentKind.INVOICE:
        amounts = [
            (chart.RECEIVABLE.of(slug), draft.gross_pence),
            (chart.ACCRUED_CHARGES.of(slug), -draft.net_pence),
            (chart.VAT_OUTPUT.code, -draft.vat.pence),
        ]
    else:
        amounts = [
            (chart.ACCRUED_FEES.of(slug), draft.net_pence),
            (chart.VAT_INPUT.code, draft.vat.pence),
            (chart.PAYABLE.of(slug), -draft.gross_pence),
        ]
    return JournalDraft(
        kind=JournalKind(draft.kind.value),
        effective_on=issue.on,
        memo=f"{issue.number} for {issue.month}, {slug}; snapshot sha256 {sha256}",
        key=f"document:{issue.number}",
        postings=postings_of(amounts),
    )


def percent_text(percent: Decimal) -> str:
    """Return a percentage without needless zeros, the same however it was stored.

    >>> percent_text(Decimal("20.00")), percent_text(Decimal("17.5"))
    ('20', '17.5')
    """
    return f"{percent.normalize():f}"


def _invoice(party: Party, pence: int, tax_point: date, lacking: tuple[Caution, ...]) -> DocumentDraft:
    # The co-op's own VAT number is on every invoice; without one none is issued (coop_warnings).
    vat = vat_on(pence, tax_point, registered=True)
    warnings = (*lacking, *address_warnings(party), *_negative(party, pence, "charges"))
    return DocumentDraft(DocumentKind.INVOICE, party, pence, vat, warnings)


def _self_billed_invoice(party: Party, pence: int, tax_point: date, lacking: tuple[Caution, ...]) -> DocumentDraft:
    vat = vat_on(pence, tax_point, registered=party.is_vat_registered)
    warnings = (
        *lacking,
        *address_warnings(party),
        *self_billing_warnings(party, tax_point),
        *_negative(party, pence, "fees"),
    )
    return DocumentDraft(DocumentKind.SELF_BILLED_INVOICE, party, pence, vat, warnings)


def _negative(party: Party, pence: int, what: str) -> Iterator[Caution]:
    if pence < 0:
        yield Caution(
            "negative_total",
            party.slug,
            f"The {what} of {party.name} add up to less than nothing: its document is withheld.",
            "A credit note is needed; settle it by hand until then.",
            withholds=True,
        )


def _printed_lines(draft: DocumentDraft, lines: Iterable[SettledLine]) -> list[dict[str, Any]]:
    """Return the lines of a document: an invoice by lease, a self-billed invoice by lease and span."""
    is_invoice = draft.kind is DocumentKind.INVOICE
    totals: dict[tuple[Any, ...], int] = {}
    for line in lines:
        if (line.user if is_invoice else line.contributor) != draft.party.slug:
            continue
        span = None if is_invoice else line.span
        # What the user leases beyond this span is not the contributor's affair.
        about = f"Use of span {span}" if span else line.about
        key = (line.lease, line.code, span, line.starts_on, line.ends_on, about)
        totals[key] = totals.get(key, 0) + (line.charge_pence if is_invoice else line.fee_pence)
    return [
        {
            "lease": lease,
            "code": code,
            "span": span,
            "about": about,
            "from": starts_on.isoformat(),
            "to": ends_on.isoformat(),
            "days": (ends_on - starts_on).days,
            "net_pence": pence,
        }
        for (lease, code, span, starts_on, ends_on, about), pence in totals.items()
        if pence
    ]


def _words(draft: DocumentDraft) -> str | None:
    if draft.kind is DocumentKind.INVOICE:
        return None
    if draft.vat.category is VatCategory.OUTSIDE:
        return "The supplier is not registered for VAT: no VAT is charged"
    return SELF_BILLED_WORDS
