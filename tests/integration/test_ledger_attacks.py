"""Whoever writes SQL past this program is refused by PostgreSQL; who switches the triggers off is found out."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import sessionmaker

from cni.ledger import verification
from cni.operations import bookkeeping
from tests.books import OCTOBER, TODAY, make_books
from tests.conftest import NOW


@pytest.fixture(scope="module")
def settled(module_database):
    """Sessions on a database with an issued month, which is closed."""
    sessions = sessionmaker(module_database, expire_on_commit=False)
    with sessions.begin() as session:
        books = make_books(session)
        books.settle()
        bookkeeping.close_month(session, books.treasurer, OCTOBER, at=NOW, today=TODAY)
    return sessions


@pytest.fixture(scope="module")
def module_database():
    from cni.db.engine import open_engine
    from tests.postgres import migrated_database

    with migrated_database() as url:
        engine = open_engine(url)
        yield engine
        engine.dispose()


NEW_JOURNAL = """
    INSERT INTO journals (kind, period_id, effective_on, recorded_at, memo, key)
    SELECT 'settlement', id, '{day}', now(), 'an attack', 'an attack' FROM periods WHERE starts_on = '{month}'
"""
NOVEMBER = NEW_JOURNAL.format(day="2026-11-22", month="2026-11-01")
IN_OCTOBER = NEW_JOURNAL.format(day="2026-10-31", month="2026-10-01")
POSTINGS = """
    INSERT INTO postings SELECT j.id, p.position, a.id, p.pence
    FROM journals j, accounts a, (VALUES {values}) AS p (position, account, pence)
    WHERE j.key = 'an attack' AND a.code = p.account
"""
BALANCED = POSTINGS.format(values="(1, 'vat-output', 5), (2, 'reserve', -5)")
UNBALANCED = POSTINGS.format(values="(1, 'vat-output', 5), (2, 'reserve', -4)")
ONE_LEG = POSTINGS.format(values="(1, 'vat-output', 5)")
SEAL = """
    INSERT INTO journal_seals (journal_id, chain_number, lines, previous_hash, hash)
    SELECT id, 0, 0, '', '' FROM journals WHERE key = 'an attack'
"""

REFUSED = {
    "change a posting": "UPDATE postings SET amount_pence = amount_pence + 1 WHERE journal_id = 1 AND position = 1",
    "delete a posting": "DELETE FROM postings WHERE journal_id = 1 AND position = 1",
    "empty the postings": "TRUNCATE postings",
    "empty the journals and all that hangs on them": "TRUNCATE journals CASCADE",
    "post into a sealed journal": "INSERT INTO postings SELECT 1, 99, id, 5 FROM accounts WHERE code = 'reserve'",
    "change a journal": "UPDATE journals SET memo = 'another' WHERE id = 1",
    "delete a journal": "DELETE FROM journals WHERE id = 1",
    "change a seal": "UPDATE journal_seals SET hash = repeat('f', 64) WHERE chain_number = 1",
    "delete a seal": "DELETE FROM journal_seals WHERE chain_number = 1",
    "empty the seals": "TRUNCATE journal_seals CASCADE",
    "seal a journal twice": "INSERT INTO journal_seals SELECT 1, 0, 0, '', ''",
    "rename an account": "UPDATE accounts SET code = 'another' WHERE code = 'reserve'",
    "change a charge line": "UPDATE charge_lines SET fee_pence = fee_pence + 1, margin_pence = margin_pence - 1",
    "delete a charge line": "DELETE FROM charge_lines WHERE position = 1",
    "empty the charge lines": "TRUNCATE charge_lines",
    "add a charge line to an issued month": (
        'INSERT INTO charge_lines SELECT run_id, 99, lease, span, contributor, "user", code, starts_on, ends_on, days, '
        "charge_pence, fee_pence, margin_pence, reserve_pence, working FROM charge_lines WHERE position = 1"
    ),
    "change a document": "UPDATE documents SET snapshot = '{}' WHERE number = 'INV-000001'",
    "delete a document": "DELETE FROM documents WHERE number = 'INV-000001'",
    "empty the documents": "TRUNCATE documents",
    "change an issued month": "UPDATE settlement_runs SET issued_at = now()",
    "delete an issued month": "DELETE FROM settlement_runs",
    "empty the months": "TRUNCATE settlement_runs CASCADE",
    "open a closed month again": "UPDATE periods SET closed_at = NULL, closed_by_id = NULL WHERE closed_at IS NOT NULL",
    "move a month": "UPDATE periods SET starts_on = '2020-01-01', ends_on = '2020-02-01' WHERE closed_at IS NULL",
    "delete a month": "DELETE FROM periods WHERE starts_on = '2026-11-01'",
    "commit a journal without a seal": NOVEMBER + ";" + BALANCED,
    "commit a journal without postings": NOVEMBER + ";" + SEAL,
    "commit an unbalanced journal": NOVEMBER + ";" + UNBALANCED + ";" + SEAL,
    "commit a journal of one posting": NOVEMBER + ";" + ONE_LEG + ";" + SEAL,
    "commit a journal in a closed month": IN_OCTOBER + ";" + BALANCED + ";" + SEAL,
    "commit a journal dated outside its month": (
        NEW_JOURNAL.format(day="2026-12-01", month="2026-11-01") + ";" + BALANCED + ";" + SEAL
    ),
    "post nothing": POSTINGS.format(values="(1, 'vat-output', 0)").replace("j.key = 'an attack'", "j.id = 1"),
    "approve and issue alone": (
        "INSERT INTO settlement_runs (period_id, digest, charge_pence, fee_pence, margin_pence, approved_by_id, "
        "approved_at, issued_by_id, issued_at) SELECT p.id, repeat('0', 64), 0, 0, 0, w.id, now(), w.id, now() "
        "FROM periods p, people w WHERE p.starts_on = '2026-11-01' LIMIT 1"
    ),
}


def commit(session, statements):
    for statement in statements:
        session.execute(text(statement))
    session.commit()


@pytest.mark.parametrize("attack", REFUSED)
def test_postgresql_refuses_to(settled, attack):
    with settled() as session:
        with pytest.raises(IntegrityError):
            commit(session, REFUSED[attack].split(";"))
        session.rollback()
        assert verification.verify_chain(session).first_wrong is None


def test_a_whole_journal_can_be_committed_by_sql_too(settled):
    """The attacks above fail for what is wrong with them, not because every statement of theirs would."""
    with settled() as session:
        for statement in (NOVEMBER, BALANCED, SEAL):
            session.execute(text(statement))
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        session.rollback()


TAMPERED = {
    "a posting": (
        "UPDATE postings SET amount_pence = amount_pence + 1 WHERE journal_id = {id} AND position = 1",
        "content",
    ),
    "two postings that still balance": (
        "UPDATE postings SET amount_pence = amount_pence + CASE position WHEN 1 THEN 1 ELSE -1 END "
        "WHERE journal_id = {id} AND position <= 2",
        "content",
    ),
    "a posting's account": (
        "UPDATE postings SET account_id = (SELECT id FROM accounts WHERE code = 'reserve') "
        "WHERE journal_id = {id} AND position = 1",
        "content",
    ),
    "a memo": ("UPDATE journals SET memo = memo || '.' WHERE id = {id}", "content"),
    "an instant": (
        "UPDATE journals SET recorded_at = recorded_at + interval '1 microsecond' WHERE id = {id}",
        "content",
    ),
    "a hash": ("UPDATE journal_seals SET hash = repeat('f', 64) WHERE journal_id = {id}", "content"),
    "a seal that is gone": ("DELETE FROM journal_seals WHERE journal_id = {id}", "missing"),
    "the charge lines": (
        "UPDATE charge_lines SET fee_pence = fee_pence + 1, margin_pence = margin_pence - 1 WHERE position = 1",
        "not what was issued",
    ),
    "the working of a charge line": (
        'UPDATE charge_lines SET working = working || \'{{"about": "another"}}\' WHERE position = 1',
        "not what was issued",
    ),
    "a charge line that is gone": ("DELETE FROM charge_lines WHERE position = 1", "not what was issued"),
    "the totals of the month": (
        "UPDATE settlement_runs SET fee_pence = fee_pence + 1, margin_pence = margin_pence - 1",
        "not what was issued",
    ),
}
WITH_DOCUMENT = {
    "a document's snapshot": 'UPDATE documents SET snapshot = snapshot || \'{{"words": "x"}}\' WHERE journal_id = {id}',
    "a document's amount": (
        "UPDATE documents SET net_pence = net_pence + 1, gross_pence = gross_pence + 1 WHERE journal_id = {id}"
    ),
    "a document's hash and snapshot together": (
        "UPDATE documents SET snapshot = '{{}}', sha256 = encode(sha256('{{}}'), 'hex') WHERE journal_id = {id}"
    ),
    "a document's member": (
        "UPDATE documents SET member_id = (SELECT id FROM members WHERE slug = 'tramway') WHERE journal_id = {id}"
    ),
    "a document that is gone": "DELETE FROM documents WHERE journal_id = {id}",
}


def tampered(sessions, statement: str, number: int):
    """What verify finds after a superuser switched every trigger off and ran a statement on the n-th journal."""
    with sessions() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        changed = session.execute(
            text("SELECT journal_id FROM journal_seals WHERE chain_number = :number"), {"number": number}
        ).scalar_one()
        assert session.execute(text(statement.format(id=changed))).rowcount >= 1
        found = verification.verify_chain(session).first_wrong
        session.rollback()
    return found, changed


@pytest.mark.parametrize("what", TAMPERED)
def test_with_the_triggers_off_verify_names_the_journal_of(settled, what):
    statement, why = TAMPERED[what]
    found, changed = tampered(settled, statement, 1)

    # Where the seal itself is gone, the next journal in the chain is the first that is wrong.
    assert found.journal == changed + (1 if why == "missing" else 0)
    assert why in found.why


@pytest.mark.parametrize("what", WITH_DOCUMENT)
def test_with_the_triggers_off_verify_names_the_journal_behind(settled, what):
    found, changed = tampered(settled, WITH_DOCUMENT[what], 3)

    assert found.journal == changed
    assert "not what was issued" in found.why


def test_disabling_a_tables_triggers_hides_nothing_either(settled):
    with settled() as session:
        session.execute(text("ALTER TABLE postings DISABLE TRIGGER ALL"))
        session.execute(text("UPDATE postings SET amount_pence = -amount_pence WHERE journal_id = 2"))
        found = verification.verify_chain(session).first_wrong
        session.rollback()

    assert found.journal == 2


def test_a_last_journal_cut_off_with_its_document_is_missed_by_the_numbers(settled):
    with settled() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        for table, column in (
            ("documents", "journal_id"),
            ("postings", "journal_id"),
            ("journal_seals", "journal_id"),
            ("journals", "id"),
        ):
            session.execute(text(f"DELETE FROM {table} WHERE {column} = 5"))
        chain, checks = verification.verify_chain(session), verification.check_sums(session)
        session.rollback()

    assert chain.first_wrong is None  # a chain cannot miss its end: hence the numbers, and the head kept elsewhere
    assert [check.title for check in checks if not check.holds] == ["Documents and numbers of SBI"]
