"""The tables of the books. Amounts are signed whole pence: a debit is positive, a credit negative."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CHAR, ForeignKey, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cni.db.base import Base, Identified, Word
from cni.ledger.chart import AccountKind
from cni.members.models import Member


class Account(Identified, Base):
    """A place where money is counted; `member_id` where it is one member's."""

    __tablename__ = "accounts"

    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[AccountKind] = mapped_column(Word(AccountKind))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id"), index=True)


class LedgerPeriod(Identified, Base):
    """A calendar month of the books. Once closed it stays closed."""

    __tablename__ = "periods"

    starts_on: Mapped[date] = mapped_column(unique=True)
    ends_on: Mapped[date]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class JournalRow(Identified, Base):
    """A dated set of postings that sum to zero. It cannot be committed without its seal."""

    __tablename__ = "journals"
    __table_args__ = (
        ForeignKeyConstraint(
            ["id"],
            ["journal_seals.journal_id"],
            name="fk_journals_id_journal_seals",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
    )

    kind: Mapped[str]
    period_id: Mapped[int] = mapped_column(ForeignKey("periods.id"), index=True)
    effective_on: Mapped[date] = mapped_column(index=True)
    recorded_at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    memo: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("journals.id"), unique=True)

    period: Mapped[LedgerPeriod] = relationship(lazy="raise")
    postings: Mapped[list[PostingRow]] = relationship(lazy="raise", order_by="PostingRow.position")
    seal: Mapped[JournalSeal] = relationship(
        lazy="raise", viewonly=True, primaryjoin="JournalRow.id == foreign(JournalSeal.journal_id)"
    )

    @property
    def debit_pence(self) -> int:
        """What its debits, and so its credits, add up to; the postings must be loaded."""
        return sum(posting.amount_pence for posting in self.postings if posting.amount_pence > 0)


class PostingRow(Base):
    """One signed amount on one account."""

    __tablename__ = "postings"
    __table_args__ = (PrimaryKeyConstraint("journal_id", "position"),)

    journal_id: Mapped[int] = mapped_column(ForeignKey("journals.id"))
    position: Mapped[int]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    amount_pence: Mapped[int]

    account: Mapped[Account] = relationship(lazy="raise")


class JournalSeal(Base):
    """What makes a journal final: its place in the chain and the hash over its content and the hash before it.

    The trigger on insert fills in everything but `journal_id`, and refuses what is not whole.
    """

    __tablename__ = "journal_seals"

    journal_id: Mapped[int] = mapped_column(ForeignKey("journals.id"), primary_key=True, autoincrement=False)
    chain_number: Mapped[int] = mapped_column(unique=True, insert_default=0)
    lines: Mapped[int] = mapped_column(insert_default=0)
    previous_hash: Mapped[str] = mapped_column(CHAR(64), unique=True, insert_default="")
    hash: Mapped[str] = mapped_column(CHAR(64), unique=True, insert_default="")


class SettlementRunRow(Identified, Base):
    """One month's settlement: approved figures by their digest, then issued by another person."""

    __tablename__ = "settlement_runs"

    period_id: Mapped[int] = mapped_column(ForeignKey("periods.id"), unique=True)
    digest: Mapped[str] = mapped_column(CHAR(64))
    charge_pence: Mapped[int]
    fee_pence: Mapped[int]
    margin_pence: Mapped[int]
    approved_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    approved_at: Mapped[datetime]
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    issued_at: Mapped[datetime | None]
    journal_id: Mapped[int | None] = mapped_column(ForeignKey("journals.id"), unique=True)

    period: Mapped[LedgerPeriod] = relationship(lazy="raise")


class ChargeLineRow(Base):
    """One issued line: what a user owes for a reference and a span, and what a contributor earns of it.

    `span`, `contributor` and `user` are public codes; `working` says how it came about, for the page that traces it.
    """

    __tablename__ = "charge_lines"
    __table_args__ = (PrimaryKeyConstraint("run_id", "position"),)

    run_id: Mapped[int] = mapped_column(ForeignKey("settlement_runs.id"))
    position: Mapped[int]
    lease: Mapped[str] = mapped_column(index=True)
    span: Mapped[str | None]
    contributor: Mapped[str | None] = mapped_column(index=True)
    user: Mapped[str] = mapped_column(index=True)
    code: Mapped[str | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    days: Mapped[int]
    charge_pence: Mapped[int]
    fee_pence: Mapped[int]
    margin_pence: Mapped[int]
    reserve_pence: Mapped[int]
    working: Mapped[dict[str, Any]]


class NumberSeries(Base):
    """The next number of a series of documents: a counter row, not a sequence, so that a rollback leaves no gap."""

    __tablename__ = "number_series"

    name: Mapped[str] = mapped_column(primary_key=True)
    next_number: Mapped[int]


class DocumentRow(Identified, Base):
    """An issued invoice or self-billed invoice, as it was: everything on it is in `snapshot`, hashed in `sha256`."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("run_id", "kind", "member_id"),)

    run_id: Mapped[int] = mapped_column(ForeignKey("settlement_runs.id"), index=True)
    kind: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    issued_on: Mapped[date]
    tax_point_on: Mapped[date]
    due_on: Mapped[date]
    net_pence: Mapped[int]
    vat_pence: Mapped[int]
    gross_pence: Mapped[int]
    journal_id: Mapped[int] = mapped_column(ForeignKey("journals.id"), unique=True)
    snapshot: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(CHAR(64))

    member: Mapped[Member] = relationship(lazy="raise")
    run: Mapped[SettlementRunRow] = relationship(lazy="raise")
