"""Whatever is settled: the books balance, and nothing is lost between lines, documents and journals."""

from __future__ import annotations

from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from cni.ledger import documents, settlement
from cni.ledger.documents import DocumentKind, Issue
from cni.ledger.entries import Posting, reversal
from cni.ledger.lines import SettledLine, differences, totals_of
from cni.ledger.parties import Party
from cni.ledger.settlement import settle
from cni.primitives.period import Month, Period

OCTOBER = Month(2026, 10)
DAY = date(2026, 11, 3)
AGREED = Period(date(2026, 1, 1), date(2027, 1, 1))
MEMBERS = ("a", "b", "c", "d")
COOP = Party("", "Co-op", "1 Yard", "M99 9ZZ", "GB999111188")
PARTIES = {
    slug: Party(slug, slug, "1 Square", "M99 9ZA", "GB999010196" if slug != "d" else None, self_billing=AGREED)
    for slug in MEMBERS
}


@st.composite
def charge_line(draw) -> SettledLine:
    fee, margin = draw(st.integers(0, 10**9)), draw(st.integers(0, 10**9))
    is_one_off = draw(st.booleans())
    return SettledLine(
        lease=draw(st.sampled_from(["LSE-1", "LSE-2", "LSE-3"])),
        span=None if is_one_off else draw(st.sampled_from(["S1", "S2", "S10", None])),
        contributor=None if is_one_off else draw(st.sampled_from([*MEMBERS, "suspense"])),
        user=draw(st.sampled_from(MEMBERS)),
        code="connection" if is_one_off else None,
        starts_on=OCTOBER.period.start,
        ends_on=OCTOBER.period.start if is_one_off else OCTOBER.period.end,
        days=0 if is_one_off else 31,
        charge_pence=margin if is_one_off else fee + margin,
        fee_pence=0 if is_one_off else fee,
        margin_pence=margin,
        reserve_pence=draw(st.integers(0, margin)),
        working={"about": "1 fibre pair, A to B"},
    )


def unique(lines):
    return list({line.place: line for line in lines}.values())


LINES = st.lists(charge_line(), max_size=12).map(unique)


def all_journals(settled):
    """Every journal that issuing a month with all its documents posts."""
    journals = [settlement.journal_of(settled)]
    for number, draft in enumerate(settled.documents, start=1):
        journals.append(documents.journal_of(draft, Issue(f"{draft.kind.series}-{number:06d}", DAY, OCTOBER), "0" * 64))
    return [journal for journal in journals if journal is not None]


@given(LINES)
def test_nothing_stays_accrued_once_every_document_is_issued(lines):
    settled = settle(OCTOBER, lines, PARTIES, COOP, DAY)
    balances = Counter()
    for journal in all_journals(settled):
        for posting in journal.postings:
            balances[posting.account] += posting.amount_pence

    assert sum(balances.values()) == 0
    assert all(pence == 0 for account, pence in balances.items() if account.startswith("accrued"))
    assert -balances["lease-income"] == settled.totals.charge_pence
    assert balances["contributor-fees"] == settled.totals.fee_pence
    assert -balances["suspense"] == sum(line.fee_pence for line in lines if line.contributor == "suspense")


@given(LINES)
def test_charges_are_the_net_of_invoices_and_fees_the_net_of_self_billed_ones(lines):
    settled = settle(OCTOBER, lines, PARTIES, COOP, DAY)
    net = Counter()
    for draft in settled.documents:
        net[draft.kind] += draft.net_pence
        snapshot = documents.snapshot_of(draft, COOP, Issue("X-000001", DAY, OCTOBER), settled.lines)
        assert sum(line["net_pence"] for line in snapshot["lines"]) == draft.net_pence
        assert draft.gross_pence - draft.net_pence == snapshot["vat_pence"]

    assert net[DocumentKind.INVOICE] == settled.totals.charge_pence
    suspended = sum(line.fee_pence for line in lines if line.contributor == "suspense")
    assert net[DocumentKind.SELF_BILLED_INVOICE] == settled.totals.fee_pence - suspended


@given(LINES, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_makes_no_difference(lines, chance):
    shuffled = lines.copy()
    chance.shuffle(shuffled)

    assert settle(OCTOBER, shuffled, PARTIES, COOP, DAY) == settle(OCTOBER, lines, PARTIES, COOP, DAY)


@given(LINES, LINES)
def test_what_was_issued_and_the_differences_make_what_is_right_now(issued, now):
    found = differences(issued, now)
    before, after = totals_of(issued), totals_of(now)

    assert before.charge_pence + sum(each.charge_pence for each in found) == after.charge_pence
    assert before.fee_pence + sum(each.fee_pence for each in found) == after.fee_pence
    assert all(each.charge_pence == each.fee_pence + each.margin_pence for each in found)


@given(LINES)
def test_a_reversal_takes_every_posting_back(lines):
    for journal in all_journals(settle(OCTOBER, lines, PARTIES, COOP, DAY)):
        mirror = reversal(1, journal.postings, on=DAY, reason="wrong")
        assert [Posting(each.account, -each.amount_pence) for each in mirror.postings] == list(journal.postings)
