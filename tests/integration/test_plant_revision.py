"""Plant that changes while others look at it: real connections, real commits, two real web servers."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.orm import Session, sessionmaker

from cni import runtime
from cni.assets.models import Site, Span
from cni.assets.reading_out import seen_plant
from cni.assets.seen_plant import EYES_OF_MANY
from cni.assets.snapshot import live_plant, plant_revision, read_plant
from cni.config import Config
from cni.db import listening
from cni.db.engine import session_factory
from cni.db.listening import Listener
from cni.members.models import Person
from cni.members.policy import OPERATOR, Role
from cni.members.queries import actor_of, person_by_email
from cni.operations.maintaining import prepare_views
from cni.operations.signing_in import NewToken, create_token
from tests.factories import make_contribution, make_member, make_person, make_span, make_tariff
from tests.plant import lay

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30
"""How long to wait, in seconds, for what must come at once."""


@pytest.fixture
def sessions(own_database: Engine) -> sessionmaker[Session]:
    """Sessions that commit for real, each on a connection of its own."""
    return session_factory(own_database)


def lengthen(session: Session, code: str) -> None:
    session.execute(text("UPDATE spans SET length_m = length_m + 1 WHERE code = :code"), {"code": code})


def revision_now(sessions: sessionmaker[Session]) -> tuple:
    with sessions() as session:
        return plant_revision(session)


def test_two_who_change_plant_at_once_do_not_wait_for_each_other_and_both_renew_the_revision(sessions):
    with sessions.begin() as session:
        lay(session, "A-B 1, C-D 1")
    seen = [revision_now(sessions)]
    with sessions() as first, sessions() as second:
        lengthen(first, "A-B")
        second.execute(text("SET LOCAL lock_timeout = '1s'"))
        lengthen(second, "C-D")
        second.commit()
        seen.append(revision_now(sessions))
        first.commit()
        seen.append(revision_now(sessions))
    assert len(set(seen)) == 3
    with sessions.begin() as session:
        lengthen(session, "A-B")
    assert len(revision_now(sessions)) == 1


def test_a_change_that_is_taken_back_leaves_the_revision_as_it_was(sessions):
    with sessions.begin() as session:
        lay(session, "A-B 1")
    before = revision_now(sessions)
    with sessions() as session:
        lengthen(session, "A-B")
        assert plant_revision(session) != before
        session.rollback()
    assert revision_now(sessions) == before


def test_plant_that_changes_between_two_statements_of_reading_it_is_read_again(sessions, own_database):
    with sessions.begin() as session:
        lay(session, "A-B 1")
    changes = []

    def change_once(_connection, _cursor, statement, *_rest):
        if "FROM sites" in statement and not changes:
            changes.append("begun")
            with sessions.begin() as other:
                lay(other, "B-C 1")

    event.listen(own_database, "after_cursor_execute", change_once)
    with sessions() as session:
        revision, plant = read_plant(session)
    assert set(plant.network.spans) == {"A-B", "B-C"}
    assert revision == revision_now(sessions)


def end(listener):
    """Stop a listener and wait for it, so that its connections are back before the database goes."""
    listener.stop()
    listener.join()


def test_a_listener_has_the_plant_ready_before_anybody_asks(sessions, own_database, monkeypatch):
    monkeypatch.setattr(listening, "LOOK_UP_S", 0.2)
    ready: Queue[tuple] = Queue()

    def prepare():
        with sessions() as session:
            live_plant(session)
            ready.put(plant_revision(session))

    listener = Listener(own_database, "plant_revision", prepare)
    listener.start()
    try:
        ready.get(timeout=PATIENCE_S)  # it has connected
        with sessions.begin() as session:
            lay(session, "A-B 1")
        assert ready.get(timeout=PATIENCE_S) == revision_now(sessions)
    finally:
        end(listener)
    statements = []
    event.listen(own_database, "before_cursor_execute", lambda *given: statements.append(given[2]))
    with sessions() as session:
        assert set(live_plant(session).network.spans) == {"A-B"}
    assert len(statements) == 1


def test_a_web_process_has_what_each_tier_sees_ready_before_it_is_asked_again(own_database, sessions):
    with sessions() as session:
        for eyes in EYES_OF_MANY:
            seen_plant(session, eyes)
    with sessions.begin() as session:
        lay(session, "A-B 1")
        prepare_views(session, OPERATOR)
    statements = []
    event.listen(own_database, "before_cursor_execute", lambda *given: statements.append(given[2]))
    with sessions() as session:
        for eyes in EYES_OF_MANY:
            assert [span.code for span in seen_plant(session, eyes).records.spans] == ["A-B"]
    assert len(statements) == len(EYES_OF_MANY)


def test_a_listener_connects_anew_and_survives_what_it_calls(own_database, monkeypatch):
    monkeypatch.setattr(listening, "AGAIN_AFTER_S", 0)
    monkeypatch.setattr(listening, "LOOK_UP_S", 0.2)
    heard: Queue[str] = Queue()

    def fail():
        heard.put("heard")
        raise ValueError("no matter what")

    listener = Listener(own_database, "plant_revision", fail)
    listener.start()
    try:
        heard.get(timeout=PATIENCE_S)
        with own_database.begin() as connection:
            listeners = "query LIKE 'LISTEN%' AND datname = current_database()"
            connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {listeners}"))
        assert heard.get(timeout=PATIENCE_S) == "heard"
    finally:
        end(listener)


def test_the_settings_decide_whether_a_process_follows_the_plant(sessions, monkeypatch):
    started = []
    monkeypatch.setattr(Listener, "start", lambda listener: started.append(listener.name))
    for follows in (False, True):
        runtime.open_runtime(runtime.Runtime(Config(plant_listener=follows), sessions))
        runtime.follow_plant()
    assert started == ["listening to plant_revision"]


@contextmanager
def web_process(database: Engine) -> Iterator[str]:
    """A web server of one process that does not listen, and its address: a question may come before it is up."""
    settings = {
        "CNI_DATABASE_URL": database.url.render_as_string(hide_password=False),
        "CNI_SECRET_KEY": "a key for the tests",
        "CNI_PLANT_LISTENER": "no",
    }
    with socket.create_server(("127.0.0.1", 0)) as door:
        command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"fd://{door.fileno()}"]
        command += ["--worker-class", "gthread", "--no-control-socket", "--log-level", "warning"]
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, pass_fds=[door.fileno()])
        try:
            yield "http://{}:{}/api/v1".format(*door.getsockname())
        finally:
            process.terminate()
            process.wait()


def post(url: str, token: str, **given: object) -> dict:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with urlopen(Request(url, json.dumps(given).encode(), headers), timeout=PATIENCE_S) as answer:
        return json.load(answer)


def token_of(session: Session, person: Person) -> str:
    actor = actor_of(person_by_email(session, person.email))
    return create_token(session, actor, NewToken("tests"), at=session.scalar(func.now()), chooser=random.Random())[1]


def propose(session: Session, code: str, metres: int) -> str:
    """Propose a span from A to Z and return its contribution's reference."""
    owner = make_member(session)
    contribution = make_contribution(session, owner, live=False)
    a, z = (session.scalars(select(Site).where(Site.code == site)).one() for site in "AZ")
    make_span(session, code, a, z, owner, length_m=metres, contribution_id=contribution.id)
    return contribution.reference


def test_plant_changed_through_one_web_process_is_seen_by_the_next_question_of_the_other(sessions, own_database):
    with sessions.begin() as session:
        lay(session, "A-B 1000, B-Z 1000")
        make_tariff(session)
        shorter, shortest = propose(session, "SHORTER", 1500), propose(session, "SHORTEST", 1400)
        planner = token_of(session, make_person(session, make_member(session), Role.PLANNER))
        steward = token_of(session, make_person(session, None, Role.NETWORK_STEWARD))
        starts_on = session.scalar(select(func.current_date() + 7)).isoformat()

    def route(web: str) -> list[str]:
        found = post(f"{web}/routes", planner, **{"from": "A", "to": "Z"}, starts_on=starts_on, term_months=12)
        return found["routes"][0]["spans"]

    with web_process(own_database) as one, web_process(own_database) as other:
        assert route(one) == route(other) == ["A-B", "B-Z"]
        post(f"{one}/contributions/{shorter}/accept", steward)
        assert route(other) == ["SHORTER"]
        post(f"{other}/contributions/{shortest}/accept", steward)
        assert route(one) == route(other) == ["SHORTEST"]
    assert set(live_spans(sessions)) == {"A-B", "B-Z", "SHORTER", "SHORTEST"}


def live_spans(sessions: sessionmaker[Session]) -> list[str]:
    with sessions() as session:
        return list(session.scalars(select(Span.code)))
