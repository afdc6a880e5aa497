"""Look at issued documents, a member's statement, and how an amount came about."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from cni.leases.workings import working_for_contributor
from cni.ledger import queries
from cni.ledger.exports import pounds_text
from cni.ledger.lines import SettledLine
from cni.ledger.parties import Party
from cni.ledger.queries import Balance, DocumentRow
from cni.members.policy import Actor, Permission, nothing_here, require, require_found
from cni.primitives.formulas import formula_safe
from cni.primitives.paging import FIRST_PAGE, Page, PageRequest
from cni.primitives.period import Month


@dataclass(frozen=True, slots=True)
class Statement:
    """How a member stands: what each of its accounts comes to, its documents, and one month's lines.

    `lines`: (position in the month, line). `months`: those that a statement can be asked for, newest first.
    """

    party: Party
    balances: Sequence[Balance]
    documents: Sequence[DocumentRow]
    months: Sequence[Month]
    month: Month | None
    lines: Sequence[tuple[int, SettledLine]]

    @property
    def charges(self) -> list[tuple[int, SettledLine]]:
        """The lines that the member owes."""
        return [(position, line) for position, line in self.lines if line.user == self.party.slug]

    @property
    def fees(self) -> list[tuple[int, SettledLine]]:
        """The lines that the member earns of."""
        return [(position, line) for position, line in self.lines if line.contributor == self.party.slug]

    @property
    def charge_pence(self) -> int:
        """What the member owes for the month."""
        return sum(line.charge_pence for _position, line in self.charges)

    @property
    def fee_pence(self) -> int:
        """What the member earned in the month."""
        return sum(line.fee_pence for _position, line in self.fees)


@dataclass(frozen=True, slots=True)
class TracedLine:
    """An issued line with its working; not `is_whole`: cut to what a contributor may know of another member's lease."""

    month: Month
    line: SettledLine
    is_whole: bool


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
    return require_found(actor, Permission.DOCUMENTS_READ, queries.document(session, number))


def list_statements(session: Session, actor: Actor) -> list[Party]:
    """Return the members whose statements the actor may see, by name: one's own; for staff, all.

    Permission: documents:read.
    """
    require(actor, Permission.DOCUMENTS_READ)
    found = [party for party in queries.parties(session).values() if actor.member_id in (None, party.member_id)]
    return sorted(found, key=lambda party: party.name)


def statement(session: Session, actor: Actor, slug: str, month: Month | None = None) -> Statement:
    """Return how a member stands, with the lines of a month (None: of the newest that has any).

    Permission: documents:read, of the member.
    Raises:
        NotFound: there is no such member, or it is another one than the actor's.
    """
    require(actor, Permission.DOCUMENTS_READ)
    party = require_found(actor, Permission.DOCUMENTS_READ, queries.parties(session).get(slug))
    months = queries.months_of_member(session, slug)
    shown = month or next(iter(months), None)
    return Statement(
        party=party,
        balances=queries.balances(session, member_id=party.member_id),
        documents=queries.documents(session, FIRST_PAGE, member_id=party.member_id).items,
        months=months,
        month=shown,
        lines=queries.lines_of_member(session, slug, shown) if shown else (),
    )


def trace_line(session: Session, actor: Actor, month: Month, position: int) -> TracedLine:
    """Return an issued line with its working; to who only earns of it, no more of that than its own part.

    Permission: documents:read, of the line's user or contributor.
    Raises:
        NotFound: there is none, or it is nobody's of the actor's member.
    """
    require(actor, Permission.DOCUMENTS_READ)
    line = queries.charge_line(session, month, position)
    if line is None:
        raise nothing_here()
    if actor.member_id is None:
        return TracedLine(month, line, is_whole=True)
    own = next(party.slug for party in queries.parties(session).values() if party.member_id == actor.member_id)
    if own not in (line.user, line.contributor):
        raise nothing_here()
    if own == line.user:
        return TracedLine(month, line, is_whole=True)
    return TracedLine(month, replace(line, user="", working=working_for_contributor(line.working)), is_whole=False)


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
    return table_csv(columns, rows)


def statement_csv(found: Statement) -> str:
    """Return a statement's lines as CSV: charges owed and fees earned, amounts in pounds, no cell a formula."""
    columns = ("period", "what", "lease", "span", "code", "from", "to", "days", "amount")
    own = [("charge", line, line.charge_pence) for _position, line in found.charges]
    own += [("fee", line, line.fee_pence) for _position, line in found.fees]
    rows = (
        (
            str(found.month),
            what,
            line.lease,
            line.span or "",
            line.code or "",
            line.starts_on.isoformat(),
            line.ends_on.isoformat(),
            line.days,
            pounds_text(pence),
        )
        for what, line, pence in own
    )
    return table_csv(columns, rows)


def charges_csv(lines: Iterable[SettledLine]) -> str:
    """Return charge lines as CSV, amounts in pounds, no cell a formula."""
    columns = ("lease", "span", "contributor", "user", "code", "from", "to", "days", "charge", "fee", "margin")
    rows = (
        (
            line.lease,
            line.span or "",
            line.contributor or "",
            line.user,
            line.code or "",
            line.starts_on.isoformat(),
            line.ends_on.isoformat(),
            line.days,
            *(pounds_text(pence) for pence in (line.charge_pence, line.fee_pence, line.margin_pence)),
        )
        for line in lines
    )
    return table_csv(columns, rows)


def table_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as CSV with a header; no cell of it is a formula to a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([formula_safe(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue()
