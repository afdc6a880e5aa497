"""Look at issued documents, a member's statement, and how an amount came about."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from cni.ledger import queries
from cni.ledger.exports import formula_safe, pounds_text
from cni.ledger.lines import SettledLine
from cni.ledger.parties import Party
from cni.ledger.queries import Balance, DocumentRow
from cni.members.policy import Actor, Permission, require
from cni.primitives.errors import NotFound
from cni.primitives.paging import FIRST_PAGE, Page, PageRequest
from cni.primitives.period import Month


@dataclass(frozen=True, slots=True)
class Fee:
    """What a contributor earned of one line; `position` is the line's in its month."""

    month: Month
    position: int
    line: SettledLine


@dataclass(frozen=True, slots=True)
class Statement:
    """How a member stands: what each of its accounts comes to, and what it earned, newest month first."""

    party: Party
    balances: Sequence[Balance]
    fees: Sequence[Fee]

    @property
    def months(self) -> list[tuple[Month, list[Fee]]]:
        """The fees of each month."""
        return [(month, list(fees)) for month, fees in groupby(self.fees, key=lambda fee: fee.month)]

    @property
    def fee_pence(self) -> int:
        """All fees together."""
        return sum(fee.line.fee_pence for fee in self.fees)


@dataclass(frozen=True, slots=True)
class TracedLine:
    """An issued line with its working. A contributor is not told who leases: `user` is None for them."""

    month: Month
    position: int
    line: SettledLine
    user: str | None


def list_documents(session: Session, actor: Actor, page: PageRequest = FIRST_PAGE) -> Page[DocumentRow]:
    """Return a page of documents, the latest first: one's own member's; for staff, everybody's.

    Permission: documents:read.
    """
    require(actor, Permission.DOCUMENTS_READ)
    return queries.documents(session, page, member_id=actor.member_id)


def find_document(session: Session, actor: Actor, number: str) -> DocumentRow:
    """Return a document by its number.

    Permission: documents:read, of its member.
    Raises:
        NotFound: there is none, or it is another member's.
    """
    require(actor, Permission.DOCUMENTS_READ)
    row = queries.document(session, number)
    if row is None:
        raise NotFound("There is no such document here.")
    require(actor, Permission.DOCUMENTS_READ, row.member_id)
    return row


def statement(session: Session, actor: Actor, slug: str) -> Statement:
    """Return how a member stands.

    Permission: documents:read, of the member.
    Raises:
        NotFound: there is no such member, or it is another one than the actor's.
    """
    require(actor, Permission.DOCUMENTS_READ)
    party = queries.parties(session).get(slug)
    if party is None:
        raise NotFound("There is no such statement here.")
    require(actor, Permission.DOCUMENTS_READ, party.member_id)
    fees = [Fee(*found) for found in queries.lines_of_contributor(session, slug)]
    return Statement(party, queries.balances(session, member_id=party.member_id), fees)


def trace_line(session: Session, actor: Actor, month: Month, position: int) -> TracedLine:
    """Return an issued line with its working: for staff, for who owes it and for who earns of it.

    Permission: documents:read, of the line's user or contributor.
    Raises:
        NotFound: there is none, or it is nobody's of the actor's member.
    """
    require(actor, Permission.DOCUMENTS_READ)
    line = queries.charge_line(session, month, position)
    if line is None:
        raise NotFound("There is no such line here.")
    if actor.member_id is None:
        return TracedLine(month, position, line, user=line.user)
    own = next(party.slug for party in queries.parties(session).values() if party.member_id == actor.member_id)
    if own not in (line.user, line.contributor):
        raise NotFound("There is no such line here.")
    return TracedLine(month, position, line, user=line.user if own == line.user else None)


def document_csv(snapshot: dict[str, Any]) -> str:
    """Return a document's lines as CSV, amounts in pounds, no cell a formula."""
    columns = ("number", "issued_on", "lease", "span", "code", "about", "from", "to", "days", "net")
    rows = (
        (
            snapshot["number"],
            snapshot["issued_on"],
            *(line[name] or "" for name in ("lease", "span", "code", "about", "from", "to")),
            line["days"],
            pounds_text(line["net_pence"]),
        )
        for line in snapshot["lines"]
    )
    return _csv(columns, rows)


def statement_csv(found: Statement) -> str:
    """Return a statement's fees as CSV, amounts in pounds, no cell a formula."""
    columns = ("period", "lease", "span", "from", "to", "days", "charge", "fee")
    rows = (
        (
            str(fee.month),
            fee.line.lease,
            fee.line.span or "",
            fee.line.starts_on.isoformat(),
            fee.line.ends_on.isoformat(),
            fee.line.days,
            pounds_text(fee.line.charge_pence),
            pounds_text(fee.line.fee_pence),
        )
        for fee in found.fees
    )
    return _csv(columns, rows)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([formula_safe(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue()
