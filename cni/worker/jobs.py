"""The jobs, and the worker that runs them. All of them may run twice without harm."""

from __future__ import annotations

from functools import partial
from typing import Any

import procrastinate
import structlog

from cni import runtime
from cni.db.jobs import NAMESPACE
from cni.members.policy import OPERATOR
from cni.operations import assessing, bookkeeping, importing, maintaining, surveying, withdrawing
from cni.operations.assessing import PlantChanged
from cni.primitives.errors import CniError

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


@jobs.periodic(cron="7 0 * * *")
@jobs.task(name="finish_withdrawals")
def finish_withdrawals(timestamp: int) -> None:
    """Every night: take out of the plant the spans whose notice has run out and that no lease holds."""
    with runtime.transaction() as session:
        codes = withdrawing.finish_withdrawals(session, OPERATOR, at=runtime.now())
    log.info("withdrawals finished", spans=codes)


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


@jobs.periodic(cron="27 2 * * *")
@jobs.task(name="forget_old_uploads")
def forget_old_uploads(timestamp: int) -> None:
    """Every night: delete files that somebody began to bring in more than a day ago."""
    with runtime.transaction() as session:
        forgotten = importing.forget_old_uploads(session, OPERATOR, at=runtime.now())
    log.info("old uploads forgotten", rows=forgotten)


@jobs.task(name="import_plant")
def import_plant(reference: str, upload: str) -> None:
    """When asked for: bring a file's plant in, and note on the way how far it has come."""
    try:
        with runtime.transaction() as session:
            importing.run_import(
                session, OPERATOR, reference, upload, at=runtime.now(), chooser=runtime.chooser(),
                on_progress=partial(_note_import_progress, reference),
            )  # fmt: skip
    except CniError as refusal:
        reason = " ".join([refusal.detail, *(problem.message for problem in refusal.problems[:MOST_TOLD])])
        _fail_import(reference, reason)
        log.info("import refused", reference=reference, reason=refusal.detail)
    except Exception:
        _fail_import(reference, "A fault of ours: nothing was saved, and it has been noted.")
        raise


MOST_TOLD = 5
"""So many problems of an import are told to whoever waits; trying it again shows all."""


def _note_import_progress(reference: str, percent: int) -> None:
    with runtime.transaction() as session:
        importing.note_import_progress(session, OPERATOR, reference, percent)


def _fail_import(reference: str, reason: str) -> None:
    with runtime.transaction() as session:
        importing.fail_import(session, OPERATOR, reference, reason, at=runtime.now())


def run_worker(url: str, *, wait: bool = True) -> None:
    """Run jobs from the database at a SQLAlchemy URL, until stopped; without `wait`, until none is left."""
    connector = procrastinate.PsycopgConnector(conninfo=url.replace("postgresql+psycopg:", "postgresql:", 1))
    app = procrastinate.App(connector=connector)
    app.add_tasks_from(jobs, namespace=NAMESPACE)
    app.run_worker(wait=wait, delete_jobs="successful")
