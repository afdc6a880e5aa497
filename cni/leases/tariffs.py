"""The tariff as published: from its tables to the prices and the fee policy that are calculated with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from cni.leases.importing import NEEDED, TariffDraft
from cni.leases.models import TariffLine, TariffVersion
from cni.leases.pricing import Dated, FeePolicy, History, TariffPrices, tariff_in_force
from cni.primitives.errors import Problem

TERM_FACTOR = "term_factor"


def tariff_versions(session: Session) -> list[TariffVersion]:
    """Return every published version with its lines, oldest first. Two statements."""
    found = session.scalars(
        select(TariffVersion).options(selectinload(TariffVersion.lines)).order_by(TariffVersion.effective_from)
    )
    return list(found)


def version_in_force(versions: Iterable[TariffVersion], on: date) -> TariffVersion:
    """Return the version in force on a day; before the first one the first counts.

    Raises:
        Invalid: no tariff has been published.
    """
    return tariff_in_force(versions, on)


def prices_of(version: TariffVersion) -> TariffPrices:
    """Return the prices of a version, to calculate with."""
    return TariffPrices(
        name=version.name,
        effective_from=version.effective_from,
        resolution=version.resolution,
        pence={line.code: line.amount_pence for line in version.lines if line.amount_pence is not None},
        term_percent={
            line.term_months: line.percent
            for line in version.lines
            if line.term_months is not None and line.percent is not None
        },
    )


def fee_policy_of(version: TariffVersion) -> FeePolicy:
    """Return the fee policy that was published with a version."""
    return FeePolicy(
        contributor_percent=version.contributor_percent,
        reserve_percent=version.reserve_percent,
        running_costs_percent=version.running_costs_percent,
        duct_share_percent=version.duct_share_percent,
    )


def fee_policies(versions: Iterable[TariffVersion]) -> History[FeePolicy]:
    """Return the fee policies, each from the day on which its tariff takes effect."""
    return [Dated(version.effective_from, fee_policy_of(version)) for version in versions]


def tariff_problems(draft: TariffDraft) -> Iterator[Problem]:
    """Yield what keeps a draft from being a tariff that a lease can be priced by."""
    for place, words in (("name", "has no name"), ("resolution", "names no resolution")):
        if not getattr(draft, place).strip():
            yield Problem("missing", f"The tariff {words}.", f"Give its {place}.", place)
    codes = {line.code for line in draft.lines}
    for code in [code for code in (*NEEDED, TERM_FACTOR) if code not in codes]:
        yield Problem("missing_line", f"The tariff has no line {code}.", "Add it, at 0 pence if it is free.", "lines")


def rows_of(draft: TariffDraft) -> TariffVersion:
    """Return the rows that keep a draft."""
    lines = [
        TariffLine(
            code=line.code,
            unit=line.unit,
            amount_pence=line.amount_pence,
            term_months=line.term_months,
            percent=line.percent,
        )
        for line in draft.lines
    ]
    policy = draft.policy
    return TariffVersion(
        name=draft.name,
        effective_from=draft.effective_from,
        resolution=draft.resolution,
        contributor_percent=policy.contributor_percent,
        reserve_percent=policy.reserve_percent,
        running_costs_percent=policy.running_costs_percent,
        duct_share_percent=policy.duct_share_percent,
        lines=lines,
    )
