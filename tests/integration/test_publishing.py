"""Publishing versions of the tariff."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from cni.events.models import EventRow
from cni.leases.importing import NEEDED, TariffDraft, TariffLineDraft
from cni.leases.pricing import FeePolicy
from cni.leases.registry import tariff_draft_of
from cni.leases.tariffs import prices_of
from cni.members.policy import OPERATOR, Role
from cni.operations import publishing
from cni.primitives.errors import Forbidden, Invalid, NotFound
from tests.conftest import NOW
from tests.factories import make_actor, make_tariff


@pytest.fixture
def treasurer(session):
    return make_actor(session, None, Role.TREASURER)


@pytest.fixture
def draft(session):
    """The demonstration tariff, in force since 2025, as a draft of what is to come."""
    return replace(tariff_draft_of(make_tariff(session)), name="The next tariff", effective_from=date(2027, 1, 1))


def publish(session, actor, draft):
    version = publishing.publish_tariff(session, actor, draft, at=NOW)
    session.flush()
    return version


def problems(session, actor, draft):
    with pytest.raises(Invalid) as refusal:
        publish(session, actor, draft)
    return [(problem.code, problem.place) for problem in refusal.value.problems]


def test_a_new_version_takes_effect_on_its_day(session, treasurer, draft):
    publish(session, treasurer, draft)
    assert publishing.tariff_on(session, treasurer, date(2026, 12, 31)).name == "Demonstration tariff 2025"
    assert publishing.tariff_on(session, treasurer, date(2027, 1, 1)).name == "The next tariff"
    assert [version.name for version in publishing.tariffs(session, treasurer)] == [
        "Demonstration tariff 2025",
        "The next tariff",
    ]


def test_what_was_published_is_what_was_drafted(session, treasurer, draft):
    version = publish(session, treasurer, draft)
    session.expire_all()
    (read,) = [one for one in publishing.tariffs(session, treasurer) if one.id == version.id]
    assert tariff_draft_of(read) == draft
    assert prices_of(read).pence_for("pair_metre_year") == 60


def test_publishing_leaves_an_event(session, treasurer, draft):
    publish(session, treasurer, draft)
    event = session.scalars(select(EventRow)).one()
    assert (event.kind, event.subject, event.actor_id) == ("TariffPublished", "2027-01-01", treasurer.person_id)


def test_a_later_version_is_published_ahead(session, treasurer, draft):
    today = replace(draft, effective_from=NOW.date())
    assert problems(session, treasurer, today) == [("not_to_come", "effective_from")]
    assert publish(session, treasurer, replace(draft, effective_from=date(2026, 11, 23)))


def test_the_first_version_may_count_from_any_day(session, treasurer):
    lines = tuple(TariffLineDraft(code=code, unit="each", amount_pence=1) for code in NEEDED)
    term = TariffLineDraft(code="term_factor", unit="per cent", term_months=12, percent=Decimal(100))
    policy = FeePolicy(Decimal(75), Decimal(10), Decimal(15), Decimal(30))
    first = TariffDraft(
        name="The first", effective_from=date(2019, 4, 1), resolution="GM-1", policy=policy, lines=(*lines, term)
    )
    assert publish(session, treasurer, first).effective_from == date(2019, 4, 1)


def test_a_day_is_taken_once(session, treasurer, draft):
    publish(session, treasurer, draft)
    assert problems(session, treasurer, draft) == [("day_taken", "effective_from")]


def test_every_fault_of_a_draft_is_told_at_once(session, treasurer, draft):
    lines = tuple(line for line in draft.lines if line.code not in ("minimum", "term_factor"))
    faulty = replace(draft, name=" ", resolution="", effective_from=date(2020, 1, 1), lines=lines)
    assert problems(session, treasurer, faulty) == [
        ("missing", "name"),
        ("missing", "resolution"),
        ("missing_line", "lines"),
        ("missing_line", "lines"),
        ("not_to_come", "effective_from"),
    ]


def test_only_the_treasurer_publishes(session, draft):
    with pytest.raises(Forbidden):
        publish(session, make_actor(session, None, Role.SECOND_APPROVER), draft)


def test_before_the_first_tariff_there_is_none(session):
    assert publishing.tariffs(session, OPERATOR) == []
    with pytest.raises(NotFound):
        publishing.tariff_on(session, OPERATOR, NOW.date())
