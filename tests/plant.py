"""Plant in the database from one line, in the notation of `tests.notation`: `lay(session, "A-B 1200 x2 [K1]")`."""

from __future__ import annotations

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from cni.assets.models import Contribution, Site, Span, span_risks
from cni.members.models import Member
from tests.factories import make_contribution, make_member, make_risk_group, make_site, make_span
from tests.notation import network

OFFERED = 4
"""The offered pairs of a span for which the notation gives none."""


def lay(session: Session, text: str, *, owner: Member | None = None, live: bool = True) -> dict[str, Span]:
    """Lay the plant that `text` writes down, and return its spans by code; `xN` are the offered pairs."""
    drawn = network(text)
    owner = owner or make_member(session, roles="contributor")
    contribution = make_contribution(session, owner, live=live)
    sites = {code: _site(session, code, contribution) for code in drawn.graph}
    risks = {code: make_risk_group(session, code) for code in sorted(drawn.risk_ids)}
    spans = {}
    for span in drawn.spans.values():
        offered = OFFERED if span.pairs is None else span.pairs
        ends = sites[span.a], sites[span.z]
        more = {"length_m": span.length_m, "contribution_id": contribution.id}
        spans[span.id] = make_span(session, span.id, *ends, owner, offered=offered, **more)
        for risk in span.risks:
            session.execute(insert(span_risks).values(span_id=spans[span.id].id, risk_group_id=risks[risk].id))
    return spans


def _site(session: Session, code: str, contribution: Contribution) -> Site:
    return session.scalar(select(Site).where(Site.code == code)) or make_site(session, code, contribution)
