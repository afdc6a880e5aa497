"""Tariffs and leases as they come in files: one row to one draft, with all that is wrong with it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from cni.leases.pricing import FeePolicy
from cni.leases.words import RackSize
from cni.primitives.errors import Invalid, Problem
from cni.primitives.period import parse_date
from cni.primitives.tables import Cells, Columns, split

LEASE_COLUMNS = Columns(
    required=("reference", "member", "spans", "pairs", "starts_on", "term_months"),
    optional=("second_spans", "ends_on", "accepted_on", "quoted_annual_pence"),
)
RACK_LEASE_COLUMNS = Columns(
    required=("reference", "member", "rack", "first_unit", "units", "size", "starts_on"),
    optional=("ends_on", "accepted_on"),
)
AMOUNTS = (
    "pair_metre_year",
    "minimum",
    "connection",
    "splice",
    "rack_quarter",
    "rack_half",
    "rack_full",
    "cross_connect_install",
    "cross_connect_month",
    "survey",
    "abortive_visit",
)
"""The tariff lines that have an amount; the one that has not is `term_factor`."""
NEEDED = ("pair_metre_year", "minimum", "connection", "splice")
"""The tariff lines without which no lease of fibre can be priced."""
POLICY = ("contributor_percent", "reserve_percent", "running_costs_percent", "duct_share_percent")
TARIFF_KEYS = ("name", "effective_from", "resolution", "fee_policy", "lines")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseDraft:
    """A lease as a file gives it; the routes are codes of spans in order, the second empty where there is one route."""

    reference: str
    member: str
    routes: tuple[tuple[str, ...], ...]
    pairs: int
    starts_on: date
    ends_on: date | None
    term_months: int
    accepted_on: date | None
    annual_pence: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RackLeaseDraft:
    """A lease of rack units as a file gives it; `first_unit` counts from 1."""

    reference: str
    member: str
    rack: str
    first_unit: int
    units: int
    size: RackSize
    starts_on: date
    ends_on: date | None
    accepted_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffLineDraft:
    """A tariff line: an amount in pence, or for `term_factor` a term in months and a percentage."""

    code: str
    unit: str
    amount_pence: int | None = None
    term_months: int | None = None
    percent: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffDraft:
    """A version of the tariff as a file gives it."""

    name: str
    effective_from: date
    resolution: str
    policy: FeePolicy
    lines: tuple[TariffLineDraft, ...]

    @property
    def terms(self) -> frozenset[int]:
        """The terms on offer, in months."""
        return frozenset(line.term_months for line in self.lines if line.term_months is not None)


def lease_draft(cells: Cells, today: date) -> LeaseDraft | None:
    """Return the lease of a row of leases.csv; None, with problems noted, where the row is faulty."""
    reference, member = cells.text("reference", required=True), cells.text("member", required=True)
    first, second = _span_codes(cells, "spans"), _span_codes(cells, "second_spans")
    if cells.is_given("spans") and not first:
        cells.problem("missing", "spans", "It names no span.", "Write the spans' ids in route order, joined by ;.")
    cells.text("spans", required=True)
    pairs = cells.whole("pairs", least=1, required=True)
    term_months = cells.whole("term_months", least=1, required=True)
    starts_on = cells.day("starts_on", required=True)
    ends_on, accepted_on = cells.day("ends_on"), cells.day("accepted_on")
    annual_pence = cells.whole("quoted_annual_pence", least=1)
    _check_days(cells, starts_on, ends_on, accepted_on, today)
    if cells.problems or not (reference and member and pairs and term_months and starts_on):
        return None
    return LeaseDraft(
        reference=reference,
        member=member,
        routes=(first, second) if second else (first,),
        pairs=pairs,
        starts_on=starts_on,
        ends_on=ends_on,
        term_months=term_months,
        accepted_on=accepted_on,
        annual_pence=annual_pence,
    )


def rack_lease_draft(cells: Cells, today: date) -> RackLeaseDraft | None:
    """Return the lease of a row of rack_leases.csv; None, with problems noted, where the row is faulty."""
    reference, member = cells.text("reference", required=True), cells.text("member", required=True)
    rack, size = cells.text("rack", required=True), cells.word("size", RackSize, required=True)
    first_unit = cells.whole("first_unit", least=1, required=True)
    units = cells.whole("units", least=1, required=True)
    starts_on = cells.day("starts_on", required=True)
    ends_on, accepted_on = cells.day("ends_on"), cells.day("accepted_on")
    _check_days(cells, starts_on, ends_on, accepted_on, today)
    if cells.problems or not (reference and member and rack and size and first_unit and units and starts_on):
        return None
    return RackLeaseDraft(
        reference=reference,
        member=member,
        rack=rack,
        first_unit=first_unit,
        units=units,
        size=size,
        starts_on=starts_on,
        ends_on=ends_on,
        accepted_on=accepted_on,
    )


def read_tariff(data: bytes, file: str) -> tuple[TariffDraft | None, list[Problem]]:
    """Return the tariff version in a tariff.json, or None and all that is wrong with it."""
    try:
        # parse_float: a percentage written 92.5 stays exactly that.
        given = json.loads(data.decode("utf-8-sig"), parse_float=Decimal)
    except (UnicodeDecodeError, ValueError) as error:
        return None, [Problem("not_json", f"The file is not JSON: {error}.", "Mend it at that place.", file=file)]
    if not isinstance(given, dict):
        return None, [Problem("not_a_tariff", "The file holds no tariff.", "Begin with {.", file=file)]
    reader = _TariffReader(given, file)
    draft = reader.draft()
    return (None, reader.problems) if reader.problems else (draft, [])


class _TariffReader:
    """Reads a tariff's JSON, gathering what is wrong with it by the path of the value."""

    def __init__(self, given: Mapping[str, Any], file: str) -> None:
        self.given = given
        self.file = file
        self.problems: list[Problem] = []

    def draft(self) -> TariffDraft | None:
        """Return the tariff; None where anything is wrong with it."""
        self._only_known(self.given, TARIFF_KEYS, "")
        name, resolution = self._text("name"), self._text("resolution")
        effective_from = self._effective_from()
        policy, lines = self._policy(), tuple(self._lines())
        if self.problems or not effective_from or not policy:
            return None
        return TariffDraft(name=name, effective_from=effective_from, resolution=resolution, policy=policy, lines=lines)

    def _problem(self, code: str, path: str, message: str, remedy: str) -> None:
        self.problems.append(Problem(code, message, remedy, None, self.file, None, path))

    def _only_known(self, given: Mapping[str, Any], known: tuple[str, ...], path: str) -> None:
        for key in given:
            if key not in known:
                remedy = f"Remove it, or name it one of: {', '.join(known)}."
                self._problem("unknown_key", f"{path}{key}", f"There is no {key!r} here.", remedy)

    def _text(self, key: str) -> str:
        value = self.given.get(key)
        if not isinstance(value, str) or not value.strip():
            self._problem("missing", key, f"{key} is missing.", "Give it as text.")
            return ""
        return value.strip()

    def _effective_from(self) -> date | None:
        text = self._text("effective_from")
        try:
            return parse_date(text) if text else None
        except ValueError as error:
            self._problem("bad_effective_from", "effective_from", f"{error}.", "Write a day that exists.")
            return None

    def _policy(self) -> FeePolicy | None:
        given = self.given.get("fee_policy")
        if not isinstance(given, dict):
            self._problem("missing", "fee_policy", "fee_policy is missing.", f"Give {', '.join(POLICY)}.")
            return None
        self._only_known(given, POLICY, "fee_policy.")
        percents = {key: self._number(given, key, "fee_policy.") for key in POLICY}
        if None in percents.values():
            return None
        try:
            return FeePolicy(**{key: Decimal(percent) for key, percent in percents.items() if percent is not None})
        except Invalid as error:
            for found in error.problems:
                self._problem(found.code, f"fee_policy.{found.place or ''}".rstrip("."), found.message, found.remedy)
            return None

    def _lines(self) -> Iterator[TariffLineDraft]:
        given = self.given.get("lines")
        if not isinstance(given, list):
            self._problem("missing", "lines", "lines is missing.", "Give a list of tariff lines.")
            return
        seen: set[tuple[str, int | None]] = set()
        for number, entry in enumerate(given):
            line = self._line(entry, f"lines[{number}].")
            if line and (line.code, line.term_months) in seen:
                self._problem("duplicate_line", f"lines[{number}]", f"{line.code} stands twice.", "Keep one.")
            elif line:
                seen.add((line.code, line.term_months))
                yield line
        codes = {entry.get("code") for entry in given if isinstance(entry, dict)}
        for code in (*NEEDED, "term_factor"):
            if code not in codes:
                self._problem(
                    "missing_line", "lines", f"There is no line {code}.", "Add it; no lease has a price without."
                )

    def _line(self, entry: object, path: str) -> TariffLineDraft | None:
        if not isinstance(entry, dict):
            self._problem("bad_line", path.rstrip("."), "A tariff line is an object.", "Give code, amount_pence, unit.")
            return None
        code, unit = entry.get("code"), entry.get("unit")
        if unit is not None and not isinstance(unit, str):
            self._problem("bad_unit", f"{path}unit", f"{unit!r} is not a unit.", "Give it as text.")
            return None
        if code == "term_factor":
            self._only_known(entry, ("code", "term_months", "percent", "unit"), path)
            term, percent = self._whole(entry, "term_months", path, 1), self._number(entry, "percent", path)
            if not term or not percent:
                return None
            return TariffLineDraft(code=code, unit=unit or "percent", term_months=term, percent=Decimal(percent))
        if code not in AMOUNTS:
            remedy = f"Write one of: {', '.join((*AMOUNTS, 'term_factor'))}."
            self._problem("unknown_code", f"{path}code", f"{code!r} is not a tariff line's code.", remedy)
            return None
        self._only_known(entry, ("code", "amount_pence", "unit"), path)
        amount = self._whole(entry, "amount_pence", path, 0)
        return None if amount is None else TariffLineDraft(code=code, unit=unit or "", amount_pence=amount)

    def _whole(self, given: Mapping[str, Any], key: str, path: str, least: int) -> int | None:
        value = given.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 10**12:
            remedy = f"Give a whole number, {least} or more."
            self._problem(f"bad_{key}", f"{path}{key}", f"{value!r} cannot be {key}.", remedy)
            return None
        return value

    def _number(self, given: Mapping[str, Any], key: str, path: str) -> Decimal | int | None:
        value = given.get(key)
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 <= value <= 1000:
            self._problem(
                f"bad_{key}", f"{path}{key}", f"{value!r} is not a percentage.", "Give a number such as 92.5."
            )
            return None
        return value


def _span_codes(cells: Cells, column: str) -> tuple[str, ...]:
    return tuple(split(cells.row.cells[column]))


def _check_days(
    cells: Cells, starts_on: date | None, ends_on: date | None, accepted_on: date | None, today: date
) -> None:
    """Note the days that cannot be together: rules to the penny, loading 7."""
    if starts_on and ends_on and ends_on <= starts_on:
        message = f"The lease ends ({ends_on}) before it has had a day (it starts {starts_on})."
        cells.problem("ends_before_start", "ends_on", message, "Give the first day after the lease, or leave it empty.")
    if accepted_on and accepted_on > today:
        message = f"The lease was accepted on {accepted_on}, which is still to come."
        cells.problem("in_the_future", "accepted_on", message, "Give the day of acceptance, or leave it empty.")
    elif accepted_on and ends_on and accepted_on > ends_on:
        message = f"The lease was accepted ({accepted_on}) after its end ({ends_on})."
        cells.problem("accepted_after_end", "accepted_on", message, "Give the day of acceptance, or leave it empty.")
