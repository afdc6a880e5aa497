"""The jobs, and the worker that runs them. All of them may run twice without harm."""

from __future__ import annotations

from functools import partial
from typing import Any

import procrastinate
import structlog

from cni import runtime
from cni.db.jobs import NAMESPACE
from cni.members.policy import OPERATOR
from cni.operations import assessing, bookkeeping, maintaining, surveying
from cni.operations.assessing import PlantChanged

log = structlog.get_logger()
jobs = procrastinate.Blueprint()


@jobs.periodic(cron="17 2 * * *")
@jobs.task(name="forget_old_sign_ins")
def forget_old_sign_ins(timestamp: int) -> None:
    """Every night: delete sessions that are over and attempts that no longer count."""
    with runtime.transaction() as session:
        forgotten = maintaining.forget_old_sign_ins(session, OPERATOR, at=runtime.now())
    log.info("old sign-ins forgotten", rows=forgotten)


@jobs.periodic(cron="37 2 * * *")
@jobs.task(name="verify_books")
def verify_books(timestamp: int) -> None:
    """Every night: recompute the hash chain of the books, and cry out if it is broken."""
    with runtime.reading() as session:
        report = bookkeeping.verify_books(session, OPERATOR)
    if report.holds:
        log.info("books verified", journals=report.chain.journals)
    else:
        wrong = [check.title for check in report.checks if not check.holds]
        log.critical("the books are broken", first_wrong=report.chain.first_wrong, wrong=wrong)


@jobs.periodic(cron="57 2 * * *")
@jobs.task(name="find_hidden_risks")
def find_hidden_risks(timestamp: int) -> None:
    """Every night: look for spans of different owners that run side by side undeclared."""
    with runtime.transaction() as session:
        waiting = surveying.find_hidden_risks(
            session, OPERATOR, surveying.Limits(), at=runtime.now(), chooser=runtime.chooser()
        )
    log.info("plant looked over", hidden_risks=len(waiting))


@jobs.task(name="audit_network")
def audit_network(revision: str) -> None:
    """When asked for: audit the whole plant at a revision, and note on the way how far it has come."""
    try:
        with runtime.reading() as session:
            result = assessing.make_audit(session, OPERATOR, revision, partial(_note_progress, revision))
        _keep(revision, result)
    except PlantChanged as overtaken:
        with runtime.transaction() as session:
            assessing.forget_audit(session, OPERATOR, revision)
        log.info("audit dropped", reason=overtaken.detail)
    except Exception:
        _keep(revision, None)  # whoever waits for it is told
        raise


def _note_progress(revision: str, percent: int) -> None:
    with runtime.transaction() as session:
        assessing.note_progress(session, OPERATOR, revision, percent)


def _keep(revision: str, result: dict[str, Any] | None) -> None:
    with runtime.transaction() as session:
        assessing.finish_audit(session, OPERATOR, revision, result, at=runtime.now())


def run_worker(url: str, *, wait: bool = True) -> None:
    """Run jobs from the database at a SQLAlchemy URL, until stopped; without `wait`, until none is left."""
    connector = procrastinate.PsycopgConnector(conninfo=url.replace("postgresql+psycopg:", "postgresql:", 1))
    app = procrastinate.App(connector=connector)
    app.add_tasks_from(jobs, namespace=NAMESPACE)
    app.run_worker(wait=wait, delete_jobs="successful")
