"""Settlements, documents and the books as they come in and go out. Amounts are whole pence."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow.validate import Length

from cni.primitives.errors import Invalid, NotFound, Problem
from cni.primitives.period import Month, parse_date
from cni.schemas.reading import Request, View


def month_of(text: str) -> Month:
    """Return the month that somebody typed.

    Raises:
        Invalid: it is not a month.
    """
    try:
        month = Month.parse(text)
        month.period  # noqa: B018 - December 9999 has no following month
    except (ValueError, OverflowError):
        problem = Problem("not_a_month", f"“{text}” is not a month.", "Write it like 2026-10.", "period")
        raise Invalid.from_problems([problem]) from None
    return month


def month_at(address: str) -> Month:
    """Return the month that stands in an address.

    Raises:
        NotFound: it is not a month.
    """
    try:
        return month_of(address)
    except Invalid:
        raise NotFound(f"There is no month “{address}”; write it like 2026-10.") from None


class DigestRequest(Request):
    """Which figures are approved or issued."""

    digest = ma.fields.String(
        required=True,
        validate=Length(equal=64, error="A digest has 64 characters."),
        metadata={"label": "The digest", "remedy": "Take it from the preview of the month."},
    )


class ReversalRequest(Request):
    """Why a journal is taken back."""

    reason = ma.fields.String(
        required=True,
        validate=Length(max=500, error="The reason has more than 500 characters."),
        metadata={"label": "The reason", "remedy": "Say in a sentence why it was wrong."},
    )


class BalanceQuery(Request):
    """The day of a trial balance."""

    on = ma.fields.Date(metadata={"label": "The day", "remedy": "Write it as year-month-day: 2026-11-30."})


def day_of(text: str) -> Any:
    """Return the day that somebody typed.

    Raises:
        Invalid: it is not a day.
    """
    try:
        return parse_date(text)
    except ValueError:
        problem = Problem("not_a_date", f"“{text}” is not a date.", "Write it like 2026-10-31.", "on")
        raise Invalid.from_problems([problem]) from None


class ChargeView(View):
    """A charge line. `to` is the first day not charged; a one-off charge has a `code`, no span and no contributor."""

    lease = ma.fields.String()
    span = ma.fields.String(allow_none=True)
    contributor = ma.fields.String(allow_none=True)
    user = ma.fields.String()
    from_ = ma.fields.Date(data_key="from", attribute="starts_on")
    to = ma.fields.Date(attribute="ends_on")
    days = ma.fields.Integer()
    charge_pence = ma.fields.Integer()
    fee_pence = ma.fields.Integer()
    margin_pence = ma.fields.Integer()
    code = ma.fields.String(metadata={"description": "Only on one-off charges: the tariff line."})

    @ma.post_dump
    def _leave_out_no_code(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if name != "code" or value is not None}


class TotalsView(View):
    """What all charge lines add up to: charge = fee + margin, margin = reserve + running costs."""

    charge_pence = ma.fields.Integer()
    fee_pence = ma.fields.Integer()
    margin_pence = ma.fields.Integer()
    reserve_pence = ma.fields.Integer()
    running_costs_pence = ma.fields.Integer()


class DocumentLineView(View):
    """A document that a month calls for; `number` is null until it is issued."""

    kind = ma.fields.String()
    member = ma.fields.String()
    net_pence = ma.fields.Integer()
    vat_pence = ma.fields.Integer()
    gross_pence = ma.fields.Integer()
    number = ma.fields.String(allow_none=True)
    withheld = ma.fields.Boolean()


class WarningView(View):
    """What to mend; `withholds` where a document is not issued until then."""

    code = ma.fields.String()
    member = ma.fields.String(allow_none=True)
    message = ma.fields.String()
    remedy = ma.fields.String()
    withholds = ma.fields.Boolean()


class DifferenceView(View):
    """What a line of an issued month would be today, less what was issued."""

    lease = ma.fields.String()
    span = ma.fields.String(allow_none=True)
    contributor = ma.fields.String(allow_none=True)
    code = ma.fields.String(allow_none=True)
    charge_pence = ma.fields.Integer()
    fee_pence = ma.fields.Integer()
    margin_pence = ma.fields.Integer()


class SettlementView(View):
    """A month's settlement: its figures and how far it has come."""

    period = ma.fields.Function(lambda preview: str(preview.settlement.month))
    state = ma.fields.String(metadata={"description": "provisional, open, approved or issued"})
    provisional = ma.fields.Boolean(attribute="is_provisional")
    digest = ma.fields.String(attribute="settlement.digest")
    charges = ma.fields.List(ma.fields.Nested(ChargeView), attribute="settlement.lines")
    totals = ma.fields.Nested(TotalsView, attribute="settlement.totals")
    documents = ma.fields.List(ma.fields.Nested(DocumentLineView))
    warnings = ma.fields.List(ma.fields.Nested(WarningView), attribute="settlement.warnings")
    differences = ma.fields.List(ma.fields.Nested(DifferenceView))


class SettlementMonthView(View):
    """A month in the list of settlements; `withheld` counts the documents that it still lacks."""

    period = ma.fields.Function(lambda view: str(view.month))
    state = ma.fields.String()
    digest = ma.fields.Function(lambda view: view.run.run.digest if view.run else None, allow_none=True)
    withheld = ma.fields.Integer()


class SettlementsView(View):
    """The months, newest first."""

    items = ma.fields.List(ma.fields.Nested(SettlementMonthView))


class DocumentView(View):
    """An issued document."""

    number = ma.fields.String()
    kind = ma.fields.String()
    member = ma.fields.String(attribute="snapshot.member")
    period = ma.fields.String(attribute="snapshot.period")
    issued_on = ma.fields.Date()
    tax_point_on = ma.fields.Date()
    due_on = ma.fields.Date()
    net_pence = ma.fields.Integer()
    vat_pence = ma.fields.Integer()
    gross_pence = ma.fields.Integer()


class DocumentDetailView(DocumentView):
    """An issued document with all that is on it."""

    snapshot = ma.fields.Dict(metadata={"description": "Everything on the document, as it was issued."})
    sha256 = ma.fields.String(metadata={"description": "Of the snapshot as JSON: sorted keys, no spaces, UTF-8."})


class BalanceView(View):
    """What an account comes to; a debit is positive, a credit negative."""

    account = ma.fields.String(attribute="code")
    name = ma.fields.String()
    kind = ma.fields.String()
    amount_pence = ma.fields.Integer()


class TrialBalanceView(View):
    """What each account comes to at the end of a day; together nothing."""

    on = ma.fields.Date()
    accounts = ma.fields.List(ma.fields.Nested(BalanceView))


class PeriodView(View):
    """A month of the books; `closed_at` is null while it is open."""

    period = ma.fields.Function(lambda row: str(Month.of(row.starts_on)))
    closed_at = ma.fields.DateTime(format="iso", allow_none=True)


class CheckView(View):
    """A comparison of the books with charge lines or documents."""

    title = ma.fields.String()
    books = ma.fields.Integer()
    expected = ma.fields.Integer()
    holds = ma.fields.Boolean()


class WrongJournalView(View):
    """The first wrong journal."""

    journal = ma.fields.Integer()
    key = ma.fields.String()
    why = ma.fields.String()


class BooksReportView(View):
    """What came of reading all the books back."""

    holds = ma.fields.Boolean()
    journals = ma.fields.Integer(attribute="chain.journals", metadata={"description": "How many are right."})
    head = ma.fields.String(attribute="chain.head", metadata={"description": "The hash of the last that is right."})
    first_wrong = ma.fields.Nested(WrongJournalView, attribute="chain.first_wrong", allow_none=True)
    checks = ma.fields.List(ma.fields.Nested(CheckView))
