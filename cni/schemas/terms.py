"""The terms of contributed spans and notices of withdrawal, as they come in and go out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import count, groupby
from typing import Any

import marshmallow as ma
from marshmallow.validate import Length

from cni.assets.terms import NOTICE_MONTHS, FeeBasis
from cni.assets.words import PairState
from cni.operations.offering import NewTerms
from cni.operations.withdrawing import NewNotice
from cni.schemas.reading import Request, View
from cni.schemas.registers import lines_of

MOST_PAIRS = 10_000
RANGE = re.compile(r"(\d{1,5})(?:\s*[-–]\s*(\d{1,5}))?")


def numbers_of(text: str) -> tuple[int, ...]:
    """Return the numbers that a text like "1-4, 9" names.

    >>> numbers_of("1-4, 9")
    (1, 2, 3, 4, 9)

    Raises:
        ValidationError: it is not of that form.
    """
    found: list[int] = []
    for part in filter(None, (part.strip() for part in re.split("[,;]", text))):
        match = RANGE.fullmatch(part)
        if match is None or int(match[2] or match[1]) > MOST_PAIRS:
            raise ma.ValidationError("Write the numbers of pairs like 1-4, 9.")
        found += range(int(match[1]), int(match[2] or match[1]) + 1)
    return tuple(dict.fromkeys(found))


def in_ranges(numbers: Iterable[int]) -> str:
    """Return numbers, in order, as a text.

    >>> in_ranges([1, 2, 3, 9])
    '1-3, 9'
    """
    return ", ".join(_ranges(numbers))


def _ranges(numbers: Iterable[int]) -> Iterator[str]:
    steps = count()
    for _, group in groupby(numbers, key=lambda number: number - next(steps)):
        run = list(group)
        yield str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}"


class PairNumbers(ma.fields.String):
    """Numbers of pairs as people write them: "1-4, 9"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return numbers_of(super()._deserialize(value, attr, data, **kwargs))


class TermsRequest(Request):
    """Terms of a span; loads to `NewTerms`."""

    fee_basis = ma.fields.Enum(FeeBasis, by_value=True, required=True, metadata={"label": "What the fee is for"})
    offered = PairNumbers(load_default=(), metadata={"description": "Numbers of pairs, such as 3-6, 9."})
    reserved = PairNumbers(load_default=(), metadata={"description": "Numbers of pairs; the rest is dark."})
    starts_on = ma.fields.Date(load_default=None, allow_none=True, metadata={"label": "The first day"})
    ends_on = ma.fields.Date(load_default=None, allow_none=True, metadata={"label": "The first day without it"})
    notice_months = ma.fields.Integer(load_default=NOTICE_MONTHS, metadata={"label": "The notice"})

    @ma.post_load
    def _terms(self, given: dict[str, Any], **_rest: Any) -> NewTerms:
        return NewTerms(**given)


class NoticeRequest(Request):
    """Notice of withdrawal; loads to `NewNotice`."""

    spans = ma.fields.List(ma.fields.String(), load_default=list, metadata={"description": "Codes of own spans."})
    effective_on = ma.fields.Date(
        load_default=None, allow_none=True, metadata={"label": "The day", "description": "Null: at once."}
    )
    reason = ma.fields.String(load_default="", validate=Length(max=2000, error="At most 2,000 characters."))

    @ma.post_load
    def _notice(self, given: dict[str, Any], **_rest: Any) -> NewNotice:
        return NewNotice(lines_of(given["spans"]), given["effective_on"], given["reason"])


class TermsView(View):
    """On what terms a span is contributed, as its owner and the co-op's staff see it."""

    span = ma.fields.String(attribute="span.code", required=True)
    fee_basis = ma.fields.String(attribute="terms.fee_basis", dump_default=None, allow_none=True)
    starts_on = ma.fields.Date(attribute="terms.starts_on", dump_default=None, allow_none=True)
    ends_on = ma.fields.Date(attribute="terms.ends_on", dump_default=None, allow_none=True)
    notice_months = ma.fields.Integer(attribute="terms.notice_months", dump_default=NOTICE_MONTHS)
    offered = ma.fields.Function(lambda of: of.numbers(PairState.OFFERED), metadata={"type": "array", "items": {}})
    reserved = ma.fields.Function(lambda of: of.numbers(PairState.RESERVED), metadata={"type": "array", "items": {}})


class LeavingView(View):
    """A span under notice, and the references of the leases that hold it."""

    span = ma.fields.String(attribute="span.code", required=True)
    effective_on = ma.fields.Date(
        required=True, metadata={"description": "The first day on which nobody can newly lease it."}
    )
    leaves_on = ma.fields.Date(
        allow_none=True,
        metadata={"description": "The first day without it, as leases say today; null: one has no end."},
    )
    withdrawn_on = ma.fields.Date(attribute="span.retired_on", allow_none=True)
    leases = ma.fields.Function(
        lambda leaving: [each.lease for each in leaving.leases],
        metadata={"type": "array", "items": {"type": "string"}},
    )


class NoticeCheckView(View):
    """What a notice would do, span by span."""

    spans = ma.fields.List(ma.fields.Nested(LeavingView), required=True)


class WithdrawalView(View):
    """A withdrawal, span by span."""

    reference = ma.fields.String(attribute="withdrawal.reference", required=True)
    member = ma.fields.String(attribute="withdrawal.member.slug", required=True)
    reason = ma.fields.String(attribute="withdrawal.reason", required=True)
    given_at = ma.fields.AwareDateTime(attribute="withdrawal.given_at", required=True)
    spans = ma.fields.List(ma.fields.Nested(LeavingView), attribute="leaving", required=True)


class WithdrawalEntryView(View):
    """A withdrawal in a list."""

    reference = ma.fields.String(required=True)
    member = ma.fields.String(attribute="member.slug", required=True)
    given_at = ma.fields.AwareDateTime(required=True)
    spans = ma.fields.Function(
        lambda withdrawal: [notice.span.code for notice in withdrawal.spans],
        metadata={"type": "array", "items": {"type": "string"}},
    )
