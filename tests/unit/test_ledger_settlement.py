"""What charge lines come to: one order, one digest, journals and documents that add up, warnings with a remedy."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import pytest

from cni.ledger import settlement
from cni.ledger.documents import SELF_BILLED_WORDS, Issue, snapshot_of
from cni.ledger.lines import SettledLine, differences, digest_of
from cni.ledger.parties import Party
from cni.ledger.settlement import settle
from cni.primitives.period import Month, Period

OCTOBER = Month(2026, 10)
DAY = date(2026, 11, 3)
AGREED = Period(date(2026, 1, 1), date(2027, 1, 1))
COOP = Party(
    "", "Demonstration co-op", "1 Yard", "M99 9ZZ", "GB999111188", sort_code="000010", account_number="00000010"
)


def party(slug: str, **more) -> Party:
    given = {"address": "1 Square", "postcode": "M99 9ZA", "vat_number": "GB999010196", "self_billing": AGREED}
    return Party(slug, slug.title(), **(given | more))


PARTIES = {slug: party(slug) for slug in ("council", "trust", "user", "carrier")}


def line(text: str, **more) -> SettledLine:
    """A line of October in short: "LSE-1 S1 council user 100 = 75 + 25" (charge = fee + margin; "-" for none)."""
    lease, span, contributor, user, charge, _, fee, _, margin = text.split()
    return replace(
        SettledLine(
            lease=lease,
            span=None if span == "-" else span,
            contributor=None if contributor == "-" else contributor,
            user=user,
            code=None,
            starts_on=OCTOBER.period.start,
            ends_on=OCTOBER.period.end,
            days=31,
            charge_pence=int(charge),
            fee_pence=int(fee),
            margin_pence=int(margin),
            reserve_pence=int(margin) * 2 // 5,
            working={"about": "1 fibre pair, A to B"},
        ),
        **more,
    )


LINES = [
    line("LSE-1 S1 council user 1000 = 750 + 250"),
    line("LSE-1 S10 trust user 500 = 375 + 125"),
    line("LSE-1 S2 council user 300 = 225 + 75"),
    line("LSE-2 S1 council carrier 200 = 150 + 50"),
    line("LSE-2 - - carrier 150 = 0 + 150", code="connection", ends_on=OCTOBER.period.start, days=0),
]


def settled(lines=None, *, parties=PARTIES, coop=COOP, on=DAY):
    return settle(OCTOBER, LINES if lines is None else lines, parties, coop, on)


def test_lines_stand_in_one_order_whatever_order_they_came_in():
    shuffled = LINES.copy()
    random.Random(3).shuffle(shuffled)

    assert settled(shuffled) == settled()
    assert [(found.lease, found.span) for found in settled(shuffled).lines] == [
        ("LSE-1", "S1"),
        ("LSE-1", "S10"),
        ("LSE-1", "S2"),
        ("LSE-2", None),
        ("LSE-2", "S1"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"charge_pence": 1001, "margin_pence": 251},
        {"contributor": "trust"},
        {"user": "carrier"},
        {"reserve_pence": 99},
        {"days": 30},
        {"working": {"about": "2 fibre pairs, A to B"}},
    ],
)
def test_whatever_changes_in_a_line_changes_the_digest(change):
    assert digest_of(OCTOBER, [replace(LINES[0], **change), *LINES[1:]]) != digest_of(OCTOBER, LINES)
    assert digest_of(OCTOBER.next(), LINES) != digest_of(OCTOBER, LINES)


def test_the_journal_of_a_month_accrues_both_sides_and_fills_the_reserve():
    journal = settlement.journal_of(settled())

    assert {posting.account: posting.amount_pence for posting in journal.postings} == {
        "accrued-charges:user": 1800,
        "accrued-charges:carrier": 350,
        "lease-income": -2150,
        "contributor-fees": 1500,
        "accrued-fees:council": -1125,
        "accrued-fees:trust": -375,
        "reserve-appropriation": 260,
        "reserve": -260,
    }
    assert journal.effective_on == date(2026, 10, 31)
    assert settled().digest in journal.memo


def test_a_month_of_nothing_has_no_journal_and_no_warning():
    assert settlement.journal_of(settled([])) is None
    assert settled([], coop=None).warnings == ()


def test_a_member_that_contributes_and_uses_gets_both_documents():
    own = line("LSE-3 S9 user user 100 = 75 + 25")
    kinds = [(document.kind.value, document.party.slug) for document in settled([own]).documents]

    assert kinds == [("invoice", "user"), ("self_billed_invoice", "user")]


@pytest.mark.parametrize(
    ("slug", "change", "code", "kinds"),
    [
        ("user", {"address": None}, "address_missing", {"invoice"}),
        ("user", {"postcode": ""}, "address_missing", {"invoice"}),
        ("council", {"self_billing": None}, "no_self_billing_agreement", {"self_billed_invoice"}),
        (
            "council",
            {"self_billing": Period(date(2025, 1, 1), DAY)},
            "no_self_billing_agreement",
            {"self_billed_invoice"},
        ),
    ],
)
def test_what_a_document_lacks_withholds_that_document_and_no_other(slug, change, code, kinds):
    found = settled(parties=PARTIES | {slug: party(slug, **change)})

    assert [(warning.code, warning.member) for warning in found.warnings] == [(code, slug)]
    withheld = [document for document in found.documents if document.is_withheld]
    assert {document.party.slug for document in withheld} == {slug}
    assert {document.kind.value for document in withheld} == kinds


@pytest.mark.parametrize("coop", [None, replace(COOP, vat_number=None), replace(COOP, address="")])
def test_a_co_op_without_its_particulars_withholds_everything_and_says_so_once(coop):
    found = settled(coop=coop)

    assert all(document.is_withheld for document in found.documents)
    assert [(warning.code, warning.member) for warning in found.warnings] == [("coop_data_missing", None)]


def test_a_negative_total_is_withheld_and_still_posted():
    found = settled([line("LSE-1 S1 council user -100 = -75 + -25")])

    assert {warning.code for warning in found.warnings} == {"negative_total"}
    assert all(document.is_withheld for document in found.documents)
    assert settlement.journal_of(found) is not None


def test_a_snapshot_has_every_particular_that_the_law_asks_for():
    (council,) = [document for document in settled().documents if document.party.slug == "council"]
    snapshot = snapshot_of(council, COOP, Issue("SBI-000007", DAY, OCTOBER), settled().lines)

    assert snapshot["number"] == "SBI-000007"
    assert (snapshot["issued_on"], snapshot["tax_point_on"]) == ("2026-11-03", "2026-11-03")
    assert (snapshot["supplier"]["name"], snapshot["supplier"]["vat_number"]) == ("Council", "GB999010196")
    assert (snapshot["customer"]["name"], snapshot["customer"]["postcode"]) == ("Demonstration co-op", "M99 9ZZ")
    assert snapshot["words"] == SELF_BILLED_WORDS
    assert snapshot["vat"] == {"category": "S", "percent": "20", "net_pence": 1125, "vat_pence": 225}
    assert [(row["lease"], row["about"], row["net_pence"]) for row in snapshot["lines"]] == [
        ("LSE-1", "Use of span S1", 750),  # and not what else the user leases
        ("LSE-1", "Use of span S2", 225),
        ("LSE-2", "Use of span S1", 150),
    ]
    assert sum(row["net_pence"] for row in snapshot["lines"]) == snapshot["net_pence"]


def test_an_unregistered_supplier_is_self_billed_without_vat_and_without_those_words():
    parties = PARTIES | {"trust": party("trust", vat_number=None)}
    (trust,) = [document for document in settled(parties=parties).documents if document.party.slug == "trust"]
    snapshot = snapshot_of(trust, COOP, Issue("SBI-000008", DAY, OCTOBER), settled().lines)

    assert (snapshot["vat"]["category"], snapshot["vat_pence"]) == ("O", 0)
    assert "HMRC" not in snapshot["words"]


def test_an_invoice_adds_a_lease_up_over_its_spans():
    (invoice,) = [document for document in settled().documents if document.party.slug == "user"]
    snapshot = snapshot_of(invoice, COOP, Issue("INV-000001", DAY, OCTOBER), settled().lines)

    assert [(row["lease"], row["days"], row["net_pence"]) for row in snapshot["lines"]] == [("LSE-1", 31, 1800)]
    assert snapshot["pay_to"]["sort_code"] == "000010"


def test_differences_are_only_what_differs_and_add_up():
    now = [replace(LINES[0], charge_pence=1100, fee_pence=825, margin_pence=275), *LINES[1:4]]
    found = differences(LINES, now)

    assert [(each.lease, each.span, each.code, each.charge_pence) for each in found] == [
        ("LSE-1", "S1", None, 100),
        ("LSE-2", None, "connection", -150),
    ]
    assert differences(LINES, LINES) == ()
