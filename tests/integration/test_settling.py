"""A month is previewed, approved by one person and issued by another: every penny traced, nothing done twice."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import sessionmaker

from cni.events.models import EventRow
from cni.ledger import queries, verification
from cni.ledger.models import ChargeLineRow, DocumentRow, JournalRow, PostingRow, SettlementRunRow
from cni.members.models import Cooperative, MemberRoleHeld
from cni.members.policy import OPERATOR, Role, SamePerson
from cni.members.queries import actor_of
from cni.operations import settling
from cni.primitives.errors import Forbidden
from cni.primitives.period import Month
from tests.books import OCTOBER, TODAY, make_books, make_lease, on
from tests.factories import make_person


@pytest.fixture
def books(session):
    return make_books(session)


def count(session, table):
    return session.scalar(select(func.count()).select_from(table))


# Arithmetic -----------------------------------------------------------------------------------------------------------


def naive_half_up(exact: Fraction) -> int:
    """The nearest whole number of a positive fraction, halves up."""
    return int(exact + Fraction(1, 2))


def naive_shares(total: int, weights: list[int]) -> list[int]:
    """Largest remainder, first come first served, written as a beginner would."""
    shares = [total * weight // sum(weights) for weight in weights]
    remainders = [total * weight % sum(weights) for weight in weights]
    while sum(shares) < total:
        winner = remainders.index(max(remainders))
        shares[winner] += 1
        remainders[winner] = -1
    return shares


def naive_october() -> dict[tuple, tuple[int, int]]:
    """Charge and fee of each line of October in `make_books`, worked out step by step from the rules alone."""
    expected = {}

    def days(annual, first_day, last_day):
        def until(n):
            return naive_half_up(Fraction(annual * n, 365))

        return until(last_day) - until(first_day)

    # LSE-ONE: 2,011 m, two pairs, 36 months at 92 %; October is days 214 to 245 of the year from 1 March 2026.
    annual = max(120_000, naive_half_up(Fraction(2_011 * 2 * 60 * 92, 100)))
    one = days(annual, 214, 245)
    # LSE-TWO: 777 m, one pair, 12 months: below the minimum; from 12 October, 20 days.
    two = days(max(120_000, 777 * 60), 0, 20)
    for lease, charge, metres in (("LSE-ONE", one, [1_234, 777]), ("LSE-TWO", two, [777])):
        margin = naive_half_up(Fraction(charge * 25, 100))
        charges = naive_shares(charge, metres)
        margins = naive_shares(margin, charges)
        spans = ["A-B", "B-C"][-len(metres) :]
        for span, span_charge, span_margin in zip(spans, charges, margins, strict=True):
            if span == "A-B":
                expected[lease, span, "council", None] = (span_charge, span_charge - span_margin)
                continue
            fibre, duct = naive_shares(span_charge, [70, 30])
            fibre_margin, duct_margin = naive_shares(span_margin, [fibre, duct])
            expected[lease, span, "council", None] = (fibre, fibre - fibre_margin)
            expected[lease, span, "tramway", None] = (duct, duct - duct_margin)
    # Connection at both ends; no site between them, so no splice.
    expected["LSE-TWO", None, None, "connection"] = (150_000, 0)
    # A quarter rack, £220 a month; October is days 273 to 304 of the year from 1 January 2026.
    rack = days(22_000 * 12, 273, 304)
    expected["LSE-RACK", None, "council", None] = (rack, rack - naive_half_up(Fraction(rack * 25, 100)))
    return expected


def test_the_preview_is_what_a_naive_reckoning_comes_to(books):
    settled = books.preview().settlement

    assert {line.key: (line.charge_pence, line.fee_pence) for line in settled.lines} == naive_october()


def test_charges_are_fees_and_margin_and_the_net_of_all_invoices(books):
    preview = books.preview()
    totals = preview.settlement.totals
    net = {"invoice": 0, "self_billed_invoice": 0}
    for document in preview.documents:
        net[document.kind] += document.net_pence

    assert totals.charge_pence == totals.fee_pence + totals.margin_pence == net["invoice"] > 0
    assert totals.margin_pence == totals.reserve_pence + totals.running_costs_pence
    assert totals.fee_pence == net["self_billed_invoice"]


def test_vat_is_half_up_on_each_document_and_none_without_a_number(books):
    documents = {(document.kind, document.member): document for document in books.preview().documents}

    assert set(documents) == {
        ("invoice", "user"),
        ("invoice", "carrier"),
        ("self_billed_invoice", "council"),
        ("self_billed_invoice", "tramway"),
    }
    assert documents["self_billed_invoice", "tramway"].vat_pence == 0
    for key in set(documents) - {("self_billed_invoice", "tramway")}:
        assert documents[key].vat_pence == naive_half_up(Fraction(documents[key].net_pence * 20, 100))


def test_a_preview_takes_as_many_statements_for_thirty_leases_as_for_two(books, session, count_queries):
    treasurer = books.treasurer

    def statements():
        session.expire_all()
        with count_queries() as counted:
            settling.preview_settlement(session, treasurer, OCTOBER, today=TODAY)
        return len(counted)

    few = statements()
    for number in range(30):
        make_lease(session, f"LSE-MANY{number}", books.user, list(books.spans.values()))

    assert statements() == few <= 10


# Digest ---------------------------------------------------------------------------------------------------------------


def test_the_digest_is_the_same_on_every_day_and_changes_with_the_figures(books):
    digest = books.preview().settlement.digest

    assert books.preview(today=date(2027, 3, 1)).settlement.digest == digest
    assert books.preview(Month(2026, 9)).settlement.digest != digest
    make_lease(books.session, "LSE-NEW", books.user, [books.spans["A-B"]])
    assert books.preview().settlement.digest != digest


def test_a_month_that_is_not_over_is_provisional_and_cannot_be_approved(books):
    november = Month(2026, 11)

    assert books.preview(november).is_provisional
    with pytest.raises(settling.MonthNotOver, match="1 December 2026"):
        books.approve(november)


# Approve and issue ----------------------------------------------------------------------------------------------------


def test_an_issued_month_posts_all_of_it(books, session):
    preview = books.settle()

    assert preview.state == "issued"
    assert [document.number for document in preview.documents] == [
        "INV-000001",
        "INV-000002",
        "SBI-000001",
        "SBI-000002",
    ]
    assert session.scalar(select(func.sum(PostingRow.amount_pence))) == 0
    assert verification.verify_chain(session).first_wrong is None
    assert [check.title for check in verification.check_sums(session) if not check.holds] == []
    assert session.scalars(select(EventRow.kind).order_by(EventRow.id)).all() == [
        "SettlementApproved",
        "SettlementIssued",
    ]


def test_issuing_and_approving_twice_change_nothing(books, session):
    first = books.settle()
    tables = (JournalRow, PostingRow, ChargeLineRow, DocumentRow, SettlementRunRow, EventRow)
    before = [count(session, table) for table in tables]

    again = books.issue()
    books.approve()

    assert replace(again, run=None) == replace(first, run=None)
    assert [count(session, table) for table in tables] == before


def test_only_approved_figures_are_issued(books):
    digest = books.preview().settlement.digest
    with pytest.raises(settling.NotApproved):
        books.issue(digest=digest)
    books.approve()
    with pytest.raises(settling.FiguresChanged):
        books.issue(digest="0" * 64)

    make_lease(books.session, "LSE-NEW", books.user, [books.spans["A-B"]])
    with pytest.raises(settling.FiguresChanged):
        books.issue(digest=digest)
    with pytest.raises(settling.FiguresChanged, match="new approval"):
        books.issue()
    assert books.preview().state == "open"

    assert books.settle().state == "issued"


def test_whoever_approved_does_not_issue(books, session):
    books.approver_person.roles.append(type(books.approver_person.roles[0])(role=Role.TREASURER))
    session.flush()
    books.approve()

    with pytest.raises(SamePerson):
        books.issue(actor=books.approver)


def test_each_role_does_its_own_part_only(books, session):
    auditor = actor_of(make_person(session, None, Role.AUDITOR))
    planner = actor_of(make_person(session, books.user, Role.PLANNER))
    digest = books.preview().settlement.digest

    for actor in (auditor, planner, books.treasurer):
        with pytest.raises(Forbidden):
            settling.approve_settlement(session, actor, OCTOBER, digest, at=on(TODAY), today=TODAY)
    for actor in (auditor, planner, books.approver):
        with pytest.raises(Forbidden):
            settling.issue_settlement(session, actor, OCTOBER, digest, at=on(TODAY), today=TODAY)
    with pytest.raises(Forbidden):
        settling.preview_settlement(session, planner, OCTOBER, today=TODAY)
    with pytest.raises(Forbidden, match="--as"):
        settling.approve_settlement(session, OPERATOR, OCTOBER, digest, at=on(TODAY), today=TODAY)


# What is withheld -----------------------------------------------------------------------------------------------------


def test_a_document_that_lacks_something_is_withheld_and_issued_later(books, session):
    books.council.self_billing_to = date(2026, 11, 1)
    books.user.address = None
    preview = books.settle()

    assert {(warning.code, warning.member) for warning in preview.settlement.warnings} == {
        ("no_self_billing_agreement", "council"),
        ("address_missing", "user"),
    }
    assert all(warning.remedy for warning in preview.settlement.warnings)
    assert {document.member for document in preview.documents if document.withheld} == {"council", "user"}
    assert {document.member for document in preview.documents if document.number} == {"carrier", "tramway"}

    books.council.self_billing_to = date(2028, 1, 1)
    books.user.address = "1 Mended Street"
    session.flush()
    later = books.issue(today=date(2026, 12, 3))

    assert all(document.number for document in later.documents)
    assert later.settlement.warnings == ()
    assert [check.title for check in verification.check_sums(session) if not check.holds] == []
    assert verification.verify_chain(session).first_wrong is None


def test_what_is_withheld_is_counted_without_reading_charge_lines(books, session, count_queries):
    books.settle(Month(2026, 9))
    books.council.self_billing_to = date(2026, 11, 1)
    books.user.address = None
    preview = books.settle()
    with count_queries() as counted:
        withheld = queries.withheld_by_month(session)

    assert withheld == {OCTOBER: sum(document.withheld for document in preview.documents)} == {OCTOBER: 2}
    assert not [statement for statement in counted if "charge_lines" in statement]


def test_a_co_op_without_its_own_particulars_issues_no_document(books, session):
    session.scalars(select(Cooperative)).one().vat_number = None
    preview = books.settle()

    assert preview.state == "issued"
    assert all(document.withheld for document in preview.documents)
    assert [warning.code for warning in preview.settlement.warnings] == ["coop_data_missing"]


def test_a_fee_that_nobody_has_a_right_to_waits_in_suspense(books, session):
    role = session.scalars(select(MemberRoleHeld).where(MemberRoleHeld.member_id == books.tramway.id)).one()
    role.ends_on = date(2026, 10, 20)
    session.flush()
    preview = books.settle()

    suspended = sum(line.fee_pence for line in preview.settlement.lines if line.contributor == "suspense")
    assert suspended > 0
    assert {warning.code for warning in preview.settlement.warnings} == {"fee_in_suspense"}
    balance = session.scalar(select(func.sum(PostingRow.amount_pence)).where(PostingRow.account.has(code="suspense")))
    assert balance == -suspended
    assert [check.title for check in verification.check_sums(session) if not check.holds] == []


def test_a_late_fact_shows_as_a_difference_of_the_issued_month(books):
    issued = books.settle().settlement
    make_lease(books.session, "LSE-LATE", books.user, [books.spans["A-B"]])
    preview = books.preview()

    assert preview.settlement.lines == issued.lines
    (difference,) = [found for found in preview.differences if found.span]
    assert (difference.lease, difference.span, difference.contributor) == ("LSE-LATE", "A-B", "council")
    assert difference.charge_pence == difference.fee_pence + difference.margin_pence > 0


def test_an_empty_month_is_settled_without_a_journal(books, session):
    preview = books.settle(Month(2025, 5))

    assert (preview.state, preview.settlement.lines, count(session, JournalRow)) == ("issued", (), 0)


# Racing ---------------------------------------------------------------------------------------------------------------


def test_of_two_treasurers_issuing_at_once_one_wins_and_both_are_answered(own_database):
    sessions = sessionmaker(own_database, expire_on_commit=False)
    with sessions.begin() as session:
        books = make_books(session)
        treasurers = [books.treasurer, actor_of(make_person(session, None, Role.TREASURER))]
        digest = books.approve().settlement.digest
    barrier = threading.Barrier(2)
    answers, faults = [], []

    def issue(actor):
        barrier.wait()
        try:
            with sessions.begin() as session:
                answers.append(settling.issue_settlement(session, actor, OCTOBER, digest, at=on(TODAY), today=TODAY))
        except Exception as fault:  # whatever it is, the test must tell
            faults.append(fault)

    threads = [threading.Thread(target=issue, args=(actor,)) for actor in treasurers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert [answer.state for answer in answers] == ["issued", "issued"]
    assert answers[0].documents == answers[1].documents
    assert answers[0].run.run.issued_by_id == answers[1].run.run.issued_by_id
    with sessions() as session:
        assert count(session, DocumentRow) == 4
        assert count(session, JournalRow) == 5
        assert verification.verify_chain(session).first_wrong is None


def test_months_issued_at_once_wait_for_each_other_and_never_deadlock(own_database):
    sessions = sessionmaker(own_database, expire_on_commit=False)
    months = [Month(2026, number) for number in (6, 7, 8, 9, 10)]
    with sessions.begin() as session:
        books = make_books(session)
        digests = {month: books.approve(month).settlement.digest for month in months}
        treasurer = books.treasurer
    barrier = threading.Barrier(len(months))
    faults = []

    def issue(month):
        barrier.wait()
        try:
            with sessions.begin() as session:
                settling.issue_settlement(session, treasurer, month, digests[month], at=on(TODAY), today=TODAY)
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=issue, args=(month,)) for month in months]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    with sessions() as session:
        assert verification.verify_chain(session).first_wrong is None
        assert [check.title for check in verification.check_sums(session) if not check.holds] == []
