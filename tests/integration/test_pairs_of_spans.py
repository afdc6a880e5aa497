"""A fibre pair is of a span that there is, whatever is written and whoever writes at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, NotSupportedError
from sqlalchemy.orm import Session

from cni.assets.models import FibrePair, Span
from tests.plant import lay

PAIR = "INSERT INTO fibre_pairs (span_id, number, state) SELECT :span, 99, 'dark'"
PAIRS_GO = "DELETE FROM fibre_pairs WHERE span_id = :span"
SPAN_GOES = "DELETE FROM spans WHERE id = :span"
PATIENCE_S = 15


@pytest.fixture
def span(own_database):
    with Session(own_database) as session:
        lay(session, "A-B 1, C-D 1")
        number = session.scalars(select(Span.id).where(Span.code == "A-B")).one()
        session.commit()
    return number


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO fibre_pairs (span_id, number, state) VALUES (:span, 98, 'dark'), (0, 1, 'dark')",
        "UPDATE fibre_pairs SET span_id = 0 WHERE span_id = :span",
        SPAN_GOES,
        "DELETE FROM spans WHERE id >= :span",
        "UPDATE spans SET id = DEFAULT WHERE id = :span",
        "TRUNCATE spans CASCADE",
    ],
)
def test_no_pair_is_without_its_span(own_database, span, statement):
    with own_database.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(text(statement), {"span": span})


def test_a_span_goes_once_its_pairs_are_gone(own_database, span):
    with own_database.begin() as connection:
        connection.execute(text(PAIRS_GO), {"span": span})
        connection.execute(text(SPAN_GOES), {"span": span})
        assert connection.scalars(select(Span.code)).all() == ["C-D"]
        assert connection.scalar(select(FibrePair.id).where(FibrePair.span_id == span)) is None


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
@pytest.mark.parametrize("statement", [PAIR, SPAN_GOES])
def test_where_a_statement_would_not_see_what_others_committed_nothing_is_written(own_database, span, level, statement):
    strict = own_database.execution_options(isolation_level=level)
    with strict.connect() as connection, pytest.raises(NotSupportedError, match="READ COMMITTED only"):
        connection.execute(text(statement), {"span": span})


@pytest.mark.parametrize(("first", "second"), [(PAIR, SPAN_GOES), (SPAN_GOES, PAIR)])
def test_of_two_at_once_the_one_that_waited_is_refused(own_database, span, first, second):
    with own_database.begin() as connection:
        connection.execute(text(PAIRS_GO), {"span": span})

    def act():
        with own_database.begin() as connection:
            connection.execute(text(second), {"span": span})

    with ThreadPoolExecutor() as threads, own_database.connect() as connection:
        connection.execute(text(first), {"span": span})
        waiting = threads.submit(act)
        until_someone_waits(own_database)
        connection.commit()
        with pytest.raises(IntegrityError):
            waiting.result()


def until_someone_waits(engine):
    asked = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    until = time.monotonic() + PATIENCE_S
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.execute(text(asked)).all():
            assert time.monotonic() < until, "nobody waits"
            time.sleep(0.01)
