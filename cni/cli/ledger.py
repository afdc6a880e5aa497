"""`cni ledger`: verify and read the books, export them, close a month."""

from __future__ import annotations

import sys
from datetime import date

import click

from cni import runtime
from cni.cli.acting import acting, as_option
from cni.cli.main import open_database
from cni.cli.output import answer, json_option
from cni.ledger.exports import FORMATS
from cni.members.policy import OPERATOR
from cni.operations import bookkeeping
from cni.operations.bookkeeping import BooksReport
from cni.primitives.money import pounds
from cni.schemas.ledger import BalanceView, BooksReportView, PeriodView, day_of, month_of

BROKEN_EXIT_CODE = 5
"""Books that are not right: the state of things is against it, as in a conflict."""


@click.group()
def ledger() -> None:
    """Look after the books."""


@ledger.command("verify")
@json_option
def verify(as_json: bool) -> None:
    """Read all the books back. Names the first wrong journal, if there is one, and then exits with 5."""
    open_database()
    with runtime.reading() as session:
        report = bookkeeping.verify_books(session, OPERATOR)
    answer(BooksReportView().dump(report), "\n".join(_report_words(report)), as_json=as_json)
    if not report.holds:
        sys.exit(BROKEN_EXIT_CODE)


@ledger.command("trial-balance")
@click.option("--on", "day", metavar="DATE", help="The day at whose end to look; otherwise today.")
@json_option
def trial_balance(day: str | None, as_json: bool) -> None:
    """Show what each account comes to at the end of a day."""
    asked = day_of(day) if day else None
    open_database()
    on: date = asked or runtime.today()
    with runtime.reading() as session:
        balances = bookkeeping.trial_balance(session, OPERATOR, on=on)
    total = sum(balance.amount_pence for balance in balances)
    document = {"on": on.isoformat(), "accounts": BalanceView(many=True).dump(balances), "total_pence": total}
    words = [f"{balance.code:<44} {pounds(balance.amount_pence):>16}" for balance in balances]
    answer(document, "\n".join([*words, f"{'Sum':<44} {pounds(total):>16}"]), as_json=as_json)


@ledger.command("export")
@click.option("--format", "form", required=True, type=click.Choice(sorted(FORMATS)))
@json_option
def export(form: str, as_json: bool) -> None:
    """Write all journals to standard output, for another program."""
    open_database()
    with runtime.reading() as session:
        text = bookkeeping.export_books(session, OPERATOR, form)
    if as_json:
        answer({"format": form, "text": text}, "", as_json=True)
    else:
        click.echo(text, nl=False)


@ledger.command("close")
@click.argument("period")
@as_option
@json_option
def close(period: str, email: str, as_json: bool) -> None:
    """Close PERIOD, such as 2026-10, for good, as treasurer: nothing more is posted in it."""
    month = month_of(period)
    open_database()
    with runtime.transaction() as session:
        actor = acting(session, email)
        closed = bookkeeping.close_month(session, actor, month, at=runtime.now(), today=runtime.today())
    document = PeriodView().dump(closed)
    answer(document, f"{month} is closed.", as_json=as_json)


def _report_words(report: BooksReport) -> list[str]:
    wrong = report.chain.first_wrong
    lines = [f"{report.chain.journals} journals are as they were sealed; the last has the hash {report.chain.head}."]
    if wrong is not None:
        lines.append(f"Journal {wrong.journal} ({wrong.key}) is the first that is wrong: {wrong.why}.")
    lines += [
        f"{check.title}: {check.books} and {check.expected} are not the same."
        for check in report.checks
        if not check.holds
    ]
    return lines
