"""Which spans a member is a party to: those of its live leases, and those that a firm quote offers it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Select, and_, func, literal_column, or_, select

from cni.assets.models import Span
from cni.leases.lifecycle import LeaseStatus
from cni.leases.models import Lease, LeaseSpan, QuoteRow

OVER = (LeaseStatus.CANCELLED, LeaseStatus.REFUSED)


def leased_spans(member_id: int, on: date) -> Select[int, int, int]:
    """Select the spans, with their two ends, of a member's leases that are requested, reserved or accepted on a day."""
    goes_on = or_(Lease.ends_on.is_(None), Lease.ends_on > on)
    return (
        select(Span.id, Span.a_id, Span.z_id)
        .join(LeaseSpan, LeaseSpan.span_id == Span.id)
        .join(Lease, Lease.id == LeaseSpan.lease_id)
        .where(Lease.member_id == member_id, Lease.status.not_in(OVER), goes_on)
    )


def quoted_spans(member_id: int, on: date) -> Select[int, int, int]:
    """Select the spans, with their two ends, of a member's quotes that a lease can still be requested from on a day."""
    is_open = and_(
        QuoteRow.member_id == member_id,
        QuoteRow.expires_on >= on,
        QuoteRow.starts_on >= on,
        ~select(Lease.id).where(Lease.quote_id == QuoteRow.id).exists(),
    )
    # As text of the statement itself: a parameter would be of no type that PostgreSQL takes for a path.
    every_code = func.jsonb_path_query_array(QuoteRow.snapshot, literal_column("'$.routes[*].spans[*].code'"))
    codes = select(func.jsonb_array_elements_text(every_code))
    return select(Span.id, Span.a_id, Span.z_id).where(Span.code.in_(codes.where(is_open)))
