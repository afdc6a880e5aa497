"""The one writer of the books: what it posts, refuses, takes back and closes."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import sessionmaker

from cni.events.models import EventRow
from cni.ledger import book, chain, queries, verification
from cni.ledger.entries import JournalDraft, JournalKind, Posting
from cni.ledger.models import JournalRow, JournalSeal, PostingRow
from cni.members.models import Cooperative
from cni.members.policy import Role
from cni.operations import bookkeeping, settling
from cni.operations.settling import MonthNotOver
from cni.primitives.errors import Forbidden, Invalid, NotFound
from cni.primitives.paging import PageRequest
from cni.primitives.period import Month
from tests.books import OCTOBER, TODAY, make_books, on
from tests.conftest import NOW
from tests.factories import make_actor, make_member

DAY = date(2026, 10, 31)


def draft(key="a key", *, pence=100, day=DAY, memo="a test", kind=JournalKind.INVOICE) -> JournalDraft:
    return JournalDraft(
        kind=kind,
        effective_on=day,
        memo=memo,
        key=key,
        postings=(Posting("contributor-fees", pence), Posting("suspense", -pence)),
    )


def post(session, *args, **more) -> JournalRow:
    return book.post(session, draft(*args, **more), actor_id=None, at=NOW)


def verify_seals(session):
    """What the seals alone say: the journals of these tests stand for no charge lines and no documents."""
    return chain.verify(replace(row, expected_evidence=None) for row in verification.sealed_journals(session))


def count(session, table):
    return session.scalar(select(func.count()).select_from(table))


def test_a_posted_journal_is_sealed_and_python_agrees_with_postgresql(session):
    for number in range(3):
        post(session, f"key {number}", memo="a | memo\nwith “marks” and £")
    found = verify_seals(session)

    assert (found.journals, found.first_wrong) == (3, None)
    assert found.head == session.scalar(select(JournalSeal.hash).order_by(JournalSeal.chain_number.desc()).limit(1))


@pytest.mark.parametrize("style", ["SQL, DMY", "German", "Postgres, MDY"])
def test_a_seal_is_the_same_however_the_session_writes_days(session, style):
    session.execute(text(f"SET LOCAL datestyle = '{style}'"))
    post(session)
    session.execute(text("SET LOCAL datestyle = 'ISO'"))

    assert verify_seals(session).first_wrong is None


def test_a_seal_is_not_taken_in_by_a_table_of_the_sessions_own(session):
    journal = post(session, "first")
    session.execute(text("CREATE TEMPORARY TABLE journals AS SELECT * FROM public.journals"))
    content = session.scalar(text("SELECT journal_content(:id)"), {"id": journal.id})
    session.execute(text("UPDATE pg_temp.journals SET kind = 'false'"))

    assert session.scalar(text("SELECT journal_content(:id)"), {"id": journal.id}) == content


def test_the_same_key_posts_once_and_another_draft_under_it_is_refused(session):
    first = post(session)

    assert post(session) is first
    with pytest.raises(book.KeyTaken):
        post(session, pence=101)
    with pytest.raises(book.KeyTaken):
        post(session, memo="another")
    assert count(session, PostingRow) == 2


def test_a_members_account_belongs_to_the_member(session):
    member = make_member(session, "user")
    numbers = book.ensure_accounts(session, ["receivable:user", "vat-output"])

    assert book.ensure_accounts(session, ["receivable:user"])["receivable:user"] == numbers["receivable:user"]
    owners = session.execute(text("SELECT code, member_id FROM accounts ORDER BY code")).all()
    assert owners == [("receivable:user", member.id), ("vat-output", None)]


def test_numbers_have_no_gap_when_a_transaction_fails(session):
    assert book.take_number(session, "INV") == "INV-000001"
    failing = session.begin_nested()
    assert book.take_number(session, "INV") == "INV-000002"
    failing.rollback()

    assert book.take_number(session, "INV") == "INV-000002"
    assert book.take_number(session, "SBI") == "SBI-000001"


def test_a_reversal_brings_every_account_back_and_happens_once(session):
    journal = post(session)
    reverse = {"on": TODAY, "actor_id": None, "at": NOW}
    reversal = book.reverse(session, journal, reason="Entered twice", **reverse)

    assert queries.balances(session) == []
    assert queries.balances(session, DAY) != []
    assert book.reverse(session, journal, reason="Entered twice", **reverse) is reversal
    with pytest.raises(book.AlreadyReversed):
        book.reverse(session, journal, reason="Another reason", **reverse)
    assert verify_seals(session).first_wrong is None


def test_a_closed_month_takes_nothing_more(session):
    treasurer = make_actor(session, None, Role.TREASURER)

    assert book.close_period(session, OCTOBER, actor_id=treasurer.person_id, at=NOW)
    assert not book.close_period(session, OCTOBER, actor_id=treasurer.person_id, at=NOW)
    with pytest.raises(book.PeriodIsClosed, match="31 October 2026"):
        post(session)
    assert post(session, day=date(2026, 11, 1)).id


def test_a_trial_balance_is_of_its_day_and_sums_to_nothing(session):
    auditor = make_actor(session, None, Role.AUDITOR)
    post(session, "one", pence=100, day=date(2026, 10, 1))
    post(session, "two", pence=50, day=date(2026, 10, 2))

    def balances(day):
        return {found.code: found.amount_pence for found in bookkeeping.trial_balance(session, auditor, on=day)}

    assert balances(date(2026, 9, 30)) == {}
    assert balances(date(2026, 10, 1)) == {"contributor-fees": 100, "suspense": -100}
    assert balances(date(2026, 10, 2)) == {"contributor-fees": 150, "suspense": -150}


def test_journals_come_page_by_page_the_latest_first(session):
    auditor = make_actor(session, None, Role.AUDITOR)
    for number in range(5):
        post(session, f"key {number}")
    first = bookkeeping.list_journals(session, auditor, PageRequest(limit=3))
    rest = bookkeeping.list_journals(session, auditor, PageRequest(after=first.next, limit=3))

    assert [row.seal.chain_number for row in [*first.items, *rest.items]] == [5, 4, 3, 2, 1]
    assert rest.next is None
    assert bookkeeping.list_journals(session, auditor, month=Month(2026, 9)).items == []


# Reversing and closing, as the treasurer does ------------------------------------------------------------------------


def test_the_treasurer_reverses_a_journal_with_a_reason(session):
    treasurer = make_actor(session, None, Role.TREASURER)
    post(session)
    view = bookkeeping.reverse_journal(session, treasurer, 1, " Entered twice ", at=NOW, today=TODAY)

    assert (view.journal.memo, view.reverses.seal.chain_number) == ("Entered twice", 1)
    assert view.reverses.id == view.journal.reverses_id
    assert not bookkeeping.find_journal(session, treasurer, 1).can_be_reversed
    event = session.scalars(select(EventRow)).one()
    assert (event.kind, event.details) == ("JournalReversed", {"reason": "Entered twice"})


def test_a_reversal_asked_for_twice_is_recorded_once(session):
    treasurer = make_actor(session, None, Role.TREASURER)
    post(session)
    first = bookkeeping.reverse_journal(session, treasurer, 1, "Entered twice", at=NOW, today=TODAY)
    again = bookkeeping.reverse_journal(session, treasurer, 1, "Entered twice", at=NOW, today=TODAY)

    assert again == first
    assert count(session, EventRow) == 1


def test_a_reversal_is_refused_without_reason_role_or_journal(session):
    treasurer, auditor = make_actor(session, None, Role.TREASURER), make_actor(session, None, Role.AUDITOR)
    post(session)

    with pytest.raises(Invalid):
        bookkeeping.reverse_journal(session, treasurer, 1, "  ", at=NOW, today=TODAY)
    with pytest.raises(Forbidden):
        bookkeeping.reverse_journal(session, auditor, 1, "Wrong", at=NOW, today=TODAY)
    with pytest.raises(NotFound):
        bookkeeping.reverse_journal(session, treasurer, 2, "Wrong", at=NOW, today=TODAY)


def test_what_a_document_stands_on_is_not_reversed(session):
    books = make_books(session)
    books.settle()

    assert not bookkeeping.find_journal(session, books.treasurer, 2).can_be_reversed
    with pytest.raises(bookkeeping.DocumentStands, match="INV-000001"):
        bookkeeping.reverse_journal(session, books.treasurer, 2, "Wrong", at=NOW, today=TODAY)


def test_a_settlement_is_not_reversed_and_issues_what_it_withheld(session):
    books = make_books(session)
    coop = session.scalars(select(Cooperative)).one()
    coop.address = None
    books.settle()

    assert not bookkeeping.find_journal(session, books.treasurer, 1).can_be_reversed
    with pytest.raises(bookkeeping.SettlementStands, match="by the difference, in an open month"):
        bookkeeping.reverse_journal(session, books.treasurer, 1, "Settled by mistake", at=NOW, today=TODAY)
    coop.address = "1 Yard"
    session.flush()

    assert all(document.number for document in books.issue().documents)
    assert [check.title for check in verification.check_sums(session) if not check.holds] == []


def test_verify_notices_a_settlement_that_was_taken_back(session):
    make_books(session).settle()
    settlement = queries.journal(session, 1)
    book.reverse(session, settlement, on=TODAY, reason="Past the program", actor_id=None, at=NOW)

    assert [check.title for check in verification.check_sums(session) if not check.holds] == [
        "Charges to users and the charge lines",
        "Fees to contributors and the charge lines",
        "Reserve and the charge lines",
    ]


def test_a_month_is_closed_when_it_is_over_and_settled(session):
    books = make_books(session)
    with pytest.raises(MonthNotOver):
        bookkeeping.close_month(session, books.treasurer, Month(2026, 11), at=NOW, today=TODAY)
    with pytest.raises(bookkeeping.MonthNotSettled):
        bookkeeping.close_month(session, books.treasurer, OCTOBER, at=NOW, today=TODAY)
    with pytest.raises(Forbidden):
        bookkeeping.close_month(session, books.approver, OCTOBER, at=NOW, today=TODAY)
    books.settle()

    assert bookkeeping.close_month(session, books.treasurer, OCTOBER, at=NOW, today=TODAY).closed_at == NOW
    later = on(date(2026, 11, 25))
    assert bookkeeping.close_month(session, books.treasurer, OCTOBER, at=later, today=TODAY).closed_at == NOW
    assert session.scalars(select(EventRow.kind)).all().count("PeriodClosed") == 1


def test_verify_notices_sums_that_do_not_agree(session):
    auditor = make_actor(session, None, Role.AUDITOR)
    assert bookkeeping.verify_books(session, auditor).holds
    book.take_number(session, "INV")  # a number that is on no document
    report = bookkeeping.verify_books(session, auditor)

    assert (report.holds, report.chain.first_wrong) == (False, None)
    assert [check.title for check in report.checks if not check.holds] == ["Documents and numbers of INV"]


def test_verify_names_a_reversal_that_does_not_mirror(session):
    journal = post(session)
    false = replace(draft("false", pence=-99), kind=JournalKind.REVERSAL, reverses_id=journal.id)
    book.post(session, false, actor_id=None, at=NOW)
    evidence = {row.key: row.expected_evidence for row in verification.sealed_journals(session)}

    assert evidence["false"] == verification.BROKEN
    mirror = book.reverse(session, post(session, "b"), on=TODAY, reason="Wrong", actor_id=None, at=NOW)
    evidence = {row.key: row.expected_evidence for row in verification.sealed_journals(session)}
    assert evidence[mirror.key] is None


def test_verify_names_a_journal_that_stands_for_nothing(session):
    post(session, kind=JournalKind.SETTLEMENT)  # without charge lines
    found = verification.verify_chain(session)

    assert (found.journals, found.first_wrong.key) == (0, "a key")
    assert "not what was issued" in found.first_wrong.why


# At once -------------------------------------------------------------------------------------------------------------


def test_many_writers_at_once_make_one_chain_without_gaps(own_database):
    sessions = sessionmaker(own_database, expire_on_commit=False)
    barrier = threading.Barrier(4)
    faults = []

    def write(writer):
        barrier.wait()
        for number in range(10):
            key = f"shared {number}" if writer < 2 else f"writer {writer} {number}"
            try:
                with sessions.begin() as session:
                    post(session, key)
                    book.take_number(session, "INV")
                    if number % 3 == 2:
                        raise ZeroDivisionError  # a transaction that fails takes all of it back
            except ZeroDivisionError:
                continue
            except Exception as fault:
                faults.append(fault)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    with sessions() as session:
        found = verify_seals(session)
        assert session.scalars(select(JournalSeal.chain_number).order_by(JournalSeal.chain_number)).all() == list(
            range(1, 22)
        )
        assert book.take_number(session, "INV") == "INV-000029"
    assert (found.journals, found.first_wrong) == (21, None)


def test_whoever_posts_while_a_month_is_being_closed_waits_and_is_shut_out(own_database):
    sessions = sessionmaker(own_database, expire_on_commit=False)
    with sessions.begin() as session:
        person_id = make_actor(session, None, Role.TREASURER).person_id
        book.ensure_period(session, OCTOBER)
    closing, outcome = sessions(), []
    closing.begin()
    book.close_period(closing, OCTOBER, actor_id=person_id, at=NOW)

    def write():
        try:
            with sessions.begin() as session:
                post(session)
        except book.PeriodIsClosed as refusal:
            outcome.append(refusal)

    writer = threading.Thread(target=write)
    writer.start()
    writer.join(timeout=0.5)
    assert writer.is_alive()
    closing.commit()
    closing.close()
    writer.join()

    assert len(outcome) == 1


def test_a_settlement_is_not_reversed_while_its_withheld_documents_are_being_issued(own_database):
    sessions = sessionmaker(own_database, expire_on_commit=False)
    with sessions.begin() as session:
        books = make_books(session)
        treasurer, coop = books.treasurer, session.scalars(select(Cooperative)).one()
        coop.address = None
        digest = books.settle().settlement.digest
        coop.address = "1 Yard"
    outcome = []

    def issue():
        with sessions.begin() as session:
            outcome.append(settling.issue_settlement(session, treasurer, OCTOBER, digest, at=NOW, today=TODAY))

    with sessions.begin() as reversing:
        book.lock_chain(reversing)
        issuing = threading.Thread(target=issue)
        issuing.start()
        wait_until_something_waits_for_the_chain(reversing)
        with pytest.raises(bookkeeping.SettlementStands):
            bookkeeping.reverse_journal(reversing, treasurer, 1, "Wrong", at=NOW, today=TODAY)
    issuing.join()

    assert all(document.number for document in outcome[0].documents)
    with sessions() as session:
        assert [check.title for check in verification.check_sums(session) if not check.holds] == []


def wait_until_something_waits_for_the_chain(session):
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = :chain AND NOT granted")
    until = time.monotonic() + 10
    while not session.scalar(waiting, {"chain": book.CHAIN_LOCK}):
        assert time.monotonic() < until, "nothing came to wait for the end of the chain"
        time.sleep(0.02)
