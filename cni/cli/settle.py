"""`cni settle`: preview, approve and issue a month."""

from __future__ import annotations

import click

from cni import runtime
from cni.cli.acting import acting, as_option
from cni.cli.main import open_database
from cni.cli.output import answer, json_option
from cni.members.policy import OPERATOR
from cni.operations import settling
from cni.operations.settling import Preview
from cni.primitives.money import pounds
from cni.schemas.ledger import SettlementView, month_of


@click.group()
def settle() -> None:
    """Settle a month."""


@settle.command("preview")
@click.argument("period")
@json_option
def preview(period: str, as_json: bool) -> None:
    """Show what everyone owes and earns in PERIOD, such as 2026-10; of an issued month, what was issued."""
    month = month_of(period)
    open_database()
    with runtime.reading() as session:
        found = settling.preview_settlement(session, OPERATOR, month, today=runtime.today())
    _answer(found, as_json)


@settle.command("approve")
@click.argument("period")
@click.option("--digest", required=True, help="The digest of the figures, from the preview.")
@as_option
@json_option
def approve(period: str, digest: str, email: str, as_json: bool) -> None:
    """Approve the figures of PERIOD, as its second approver."""
    month = month_of(period)
    open_database()
    with runtime.transaction() as session:
        actor = acting(session, email)
        approved = settling.approve_settlement(session, actor, month, digest, at=runtime.now(), today=runtime.today())
    _answer(approved, as_json)


@settle.command("issue")
@click.argument("period")
@click.option("--digest", required=True, help="The digest of the approved figures.")
@as_option
@json_option
def issue(period: str, digest: str, email: str, as_json: bool) -> None:
    """Issue the approved figures of PERIOD, as treasurer; once more: only documents that were withheld."""
    month = month_of(period)
    open_database()
    with runtime.transaction() as session:
        actor = acting(session, email)
        issued = settling.issue_settlement(session, actor, month, digest, at=runtime.now(), today=runtime.today())
    _answer(issued, as_json)


def _answer(found: Preview, as_json: bool) -> None:
    document = SettlementView().dump(found) if as_json else None
    answer(document, "" if as_json else "\n".join(_words(found)), as_json=as_json)


def _words(found: Preview) -> list[str]:
    settled = found.settlement
    totals = settled.totals
    lines = [
        f"Settlement of {settled.month}: {found.state}, {len(settled.lines)} charge lines",
        f"  charges {pounds(totals.charge_pence)} = fees {pounds(totals.fee_pence)}"
        f" + margin {pounds(totals.margin_pence)} (of which reserve {pounds(totals.reserve_pence)})",
        f"  digest {settled.digest}",
    ]
    for document in found.documents:
        number = document.number or ("withheld" if document.withheld else "to be issued")
        amounts = " + VAT ".join(pounds(pence) for pence in (document.net_pence, document.vat_pence))
        lines.append(f"  {document.kind:<20} {document.member:<24} {amounts:>32}  {number}")
    lines += [f"  Warning: {warning.message} {warning.remedy}" for warning in settled.warnings]
    if found.differences:
        total = sum(difference.charge_pence for difference in found.differences)
        lines.append(f"  {len(found.differences)} lines would differ if computed today, by {pounds(total)} in all.")
    return lines
