"""The demonstration co-op: built through the ordinary operations, with something of everything, and books that hold."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from cni.assets.hidden_risks import HiddenRiskStatus, hidden_risks_with
from cni.assets.models import Contribution
from cni.cli.demo import SETTLED, Demonstration
from cni.leases.lifecycle import LeaseState, state_on
from cni.leases.models import Lease
from cni.members.policy import OPERATOR
from cni.operations.bookkeeping import verify_books
from cni.operations.settling import SettlementState, preview_settlement
from tests.conftest import NOW

TODAY = NOW.date()


@pytest.fixture
def demonstration(session, test_runtime, monkeypatch):
    monkeypatch.setattr("cni.members.registry.hash_password", lambda password: f"hash of {password}")
    Demonstration(session).build()
    session.flush()
    return session


def test_it_has_leases_in_every_state_and_two_diverse_ones(demonstration):
    leases = demonstration.scalars(select(Lease)).all()
    states = {
        state_on(lease.status, TODAY, starts_on=lease.starts_on, ends_on=lease.ends_on, accepted_on=lease.accepted_on)
        for lease in leases
    }

    assert states >= set(LeaseState) - {LeaseState.ACCEPTED}
    assert len(leases) >= 12


def test_three_months_are_issued_and_every_penny_of_them_is_accounted_for(demonstration):
    for month in SETTLED:
        preview = preview_settlement(demonstration, OPERATOR, month, today=TODAY)
        totals = preview.settlement.totals
        invoices = [document for document in preview.documents if document.kind == "invoice"]

        assert preview.state is SettlementState.ISSUED
        assert totals.charge_pence > 0
        assert totals.charge_pence == totals.fee_pence + totals.margin_pence
        assert totals.charge_pence == sum(document.net_pence for document in invoices)
        assert preview.differences == ()
        assert not any(document.withheld for document in preview.documents)
    assert verify_books(demonstration, OPERATOR).holds


def test_spans_side_by_side_wait_for_the_steward(demonstration):
    waiting = hidden_risks_with(demonstration, HiddenRiskStatus.PROPOSED)

    assert {risk.span_codes for risk in waiting} == {
        ("AUD-CEM-A", "DRO-CEM", "DRO-EDG"),
        ("PIC-MAN-A", "PIC-MAN-B"),
    }


def test_plant_waits_for_the_steward(demonstration):
    waiting = select(func.count()).select_from(Contribution).where(Contribution.status == "proposed")

    assert demonstration.scalar(waiting) == 1
