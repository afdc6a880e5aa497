"""How resilient plant, sites and leases are, and the audit that the worker makes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from cni import runtime
from cni.assets.audits import AuditStatus, NetworkAudit
from cni.config import Config
from cni.db.engine import session_factory
from cni.events.models import EventRow
from cni.members.policy import OPERATOR, Role
from cni.operations import assessing
from cni.operations.assessing import PlantChanged
from cni.primitives.errors import Forbidden, NotFound
from cni.topology.failures.exposure import Standing
from cni.topology.questions import Diversity
from cni.worker.jobs import run_worker
from tests.conftest import NOW
from tests.factories import make_actor, make_member
from tests.leases import SITE_DIVERSE, START, make_coop
from tests.plant import lay

PLANT = "A-B 1200 [K1], B-Z 900, A-C 1500, C-Z 1100 [K1], Z-D 700"
"""A ring with two spans in one risk group, and D behind a bridge."""


@pytest.fixture
def coop(session):
    return make_coop(session, PLANT)


@pytest.fixture
def rival(session, coop):
    """The same co-op as another user sees it."""
    member = make_member(session, "rival", roles="user")
    return replace(coop, user=member, planner=make_actor(session, member, Role.PLANNER))


def audited(session, actor, **given):
    return assessing.audit_plant(session, actor, on=START, **given)


# The audit


def test_a_small_plant_is_audited_at_once(session, coop):
    found = audited(session, coop.planner)

    assert found.document["bridges"] == ["Z-D"]
    assert found.document["articulation_sites"] == ["Z"]
    assert found.document["single_point_risks"] == ["K1"]
    assert found.run is None


def test_a_member_sees_its_own_leases_on_a_bridge_and_staff_see_all(session, coop, rival):
    own, other = coop.accepted(a="A", z="D"), rival.accepted(a="Z", z="D")

    assert audited(session, coop.planner).leases == {"Z-D": [own.reference]}
    assert audited(session, coop.steward).leases == {"Z-D": sorted([own.reference, other.reference])}
    officer = make_actor(session, coop.user, Role.ASSET_OFFICER)
    assert audited(session, officer).leases is None  # its role may not read leases


def test_an_audit_of_the_demonstrations_size_takes_few_statements(session, coop, count_queries):
    audited(session, coop.planner)

    with count_queries() as statements:
        audited(session, coop.planner)

    assert len(statements) <= 4  # the revision twice, the audit kept, the leases


def test_a_large_plant_is_audited_by_the_worker_once_it_is_asked_for(session, coop):
    assert audited(session, coop.planner, at_once=4).document is None

    assert assessing.request_audit(session, coop.planner, at=NOW)
    assert not assessing.request_audit(session, coop.steward, at=NOW)

    assert audited(session, coop.planner, at_once=4).run.status is AuditStatus.WAITING
    events = select(func.count()).select_from(EventRow).where(EventRow.kind == "NetworkAuditRequested")
    assert session.scalar(events) == 1


def test_a_change_of_the_plant_makes_an_audit_void(session, coop):
    assessing.request_audit(session, coop.planner, at=NOW)
    revision = session.scalar(select(NetworkAudit.revision))
    lay(session, "X-Y 100")

    assert audited(session, coop.planner, at_once=4).run is None
    with pytest.raises(PlantChanged):
        assessing.make_audit(session, OPERATOR, revision, progress=lambda percent: None)
    assessing.request_audit(session, coop.planner, at=NOW)
    assert session.scalars(select(NetworkAudit.revision)).one() != revision
    with pytest.raises(PlantChanged):
        assessing.note_progress(session, OPERATOR, revision, 50)


def test_an_audit_that_failed_can_be_asked_for_again(session, coop):
    assessing.request_audit(session, coop.planner, at=NOW)
    revision = session.scalar(select(NetworkAudit.revision))
    assessing.finish_audit(session, OPERATOR, revision, None, at=NOW)
    session.flush()

    assert audited(session, coop.planner, at_once=4).run.status is AuditStatus.FAILED
    assert assessing.request_audit(session, coop.planner, at=NOW)


def test_only_the_server_itself_notes_how_far_an_audit_is(session, coop):
    with pytest.raises(Forbidden):
        assessing.finish_audit(session, coop.steward, "any", {}, at=NOW)


def test_the_worker_makes_the_audit_that_was_asked_for(own_database):
    """The whole way: asked for in one transaction, made by a worker, read in another, forgotten with the plant."""
    sessions = session_factory(own_database)
    runtime.open_runtime(runtime.Runtime(Config(secret_key="for tests"), sessions, clock=lambda: NOW))
    with sessions.begin() as session:
        planner = make_coop(session, PLANT).planner
    with runtime.transaction() as session:
        assessing.request_audit(session, planner, at=NOW)

    url = own_database.url.render_as_string(hide_password=False)
    with ThreadPoolExecutor(1) as threads:  # a browser's test may have left a running event loop in this one
        threads.submit(run_worker, url, wait=False).result()

    with runtime.reading() as session:
        found = audited(session, planner, at_once=0)
    assert (found.run.status, found.run.percent, found.run.finished_at) == (AuditStatus.DONE, 100, NOW)
    assert found.document["bridges"] == ["Z-D"]


def test_a_request_that_is_rolled_back_leaves_no_job(own_database):
    sessions = session_factory(own_database)
    with sessions.begin() as session:
        planner = make_coop(session, PLANT).planner
    with sessions() as session:
        assessing.request_audit(session, planner, at=NOW)
        session.rollback()

    with own_database.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM procrastinate_jobs").scalar() == 0


# A site


def test_a_site_is_told_what_stands_alone_between_it_and_the_core(session, coop):
    found = assessing.assess_site(session, coop.planner, "d")

    assert found.exposure.standing is Standing.SPAN
    assert (found.exposure.spans, found.exposure.sites) == (("Z-D",), ("Z",))
    assert assessing.assess_site(session, coop.planner, "Z").cut_off == ("D",)


def test_a_site_that_is_not_live_has_no_resilience(session, coop):
    lay(session, "P-Q 100", live=False)

    for code in ("P", "nowhere"):
        with pytest.raises(NotFound):
            assessing.assess_site(session, coop.planner, code)


# A lease


def test_a_lease_is_told_what_its_two_routes_really_share(session, coop):
    lease = coop.accepted(**SITE_DIVERSE)

    found = assessing.assess_lease(session, coop.planner, lease.reference)

    assert found.relies_on.diversity is Diversity.SITE
    assert found.relies_on.risks == ("K1",)
    assert found.relies_on.ends == ("A", "Z")


def test_anothers_lease_is_not_there(session, coop, rival):
    lease = rival.accepted(a="Z", z="D")

    with pytest.raises(NotFound):
        assessing.assess_lease(session, coop.planner, lease.reference)
    assert assessing.assess_lease(session, coop.steward, lease.reference).relies_on.spans == ("Z-D",)
