"""The jobs, and the worker that runs them. All of them may run twice without harm."""

from __future__ import annotations

import procrastinate
import structlog

from cni import runtime
from cni.members.policy import OPERATOR
from cni.operations import bookkeeping, maintaining

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


def run_worker(url: str, *, wait: bool = True) -> None:
    """Run jobs from the database at a SQLAlchemy URL, until stopped; without `wait`, until none is left."""
    connector = procrastinate.PsycopgConnector(conninfo=url.replace("postgresql+psycopg:", "postgresql:", 1))
    app = procrastinate.App(connector=connector)
    app.add_tasks_from(jobs, namespace="cni")
    app.run_worker(wait=wait, delete_jobs="successful")
